"""Owns the talk with a person: lines that are said, lines that are heard, and questions that wait for an answer.

Everything said passes `show_lines` here. Nothing that is said moves the cursor, has a colour or is ever taken back.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from copydesk.domain.display import is_unsafe, show_lines

READING_SECONDS = 0.3
"""A line that comes sooner after a question answers something else: it was typed before the question was there."""
TOO_QUICK = "That line came before the question was there to be read. Say it again."
NOT_TAKEN = "That line held control characters, such as arrow keys; nothing was done. Type it again."
_YES = ("y", "yes")


@dataclass(frozen=True, slots=True)
class Line:
    """What was heard."""

    text: str
    at: float
    """By the clock of the dialogue."""
    is_broken_off: bool = False
    """Nobody said it: the person interrupted."""


class Dialogue:
    """Says lines and hears lines; the end of what there is to hear is None."""

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float]) -> None:
        self._write = write
        self._clock = clock
        self._heard: asyncio.Queue[Line | None] = asyncio.Queue()
        self._is_over = False

    def say(self, *texts: str) -> None:
        """Say these, each from the beginning of a line."""
        if texts:
            self._write("".join(f"{show_lines(text)}\n" for text in texts))

    def hear(self, text: str) -> None:
        """Take in a line that was typed, without its end; one that holds what no keyboard writes is refused."""
        if any(is_unsafe(character) and character != "\t" for character in text):
            self.say(NOT_TAKEN)
        else:
            self._heard.put_nowait(Line(text, self._clock()))

    def end(self) -> None:
        """There is nobody any more: questions are answered with nothing."""
        self._heard.put_nowait(None)

    def break_off(self) -> None:
        """Answer the question that waits, if one does, with nothing."""
        self._heard.put_nowait(Line("", self._clock(), is_broken_off=True))

    @property
    def now(self) -> float:
        """The time by the clock of the lines."""
        return self._clock()

    async def next_line(self) -> Line | None:
        """The next line; None once there is nobody."""
        if self._is_over:
            return None
        line = await self._heard.get()
        self._is_over = line is None
        return line

    async def ask(self, question: str) -> str:
        """Say a question and wait for the line that answers it; empty where there is none."""
        self.say(question)
        asked = self._clock()
        while line := await self.next_line():
            if line.is_broken_off:
                return ""
            if line.at >= asked + READING_SECONDS:
                return line.text.strip()
            self.say(TOO_QUICK)
        return ""

    async def agrees(self, question: str) -> bool:
        """Ask for a yes; everything else is a no."""
        return (await self.ask(f"{question} Say yes or no.")).lower() in _YES
