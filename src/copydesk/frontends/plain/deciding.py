"""Owns the words with which a person decides about what waits, and asks again where a word could do harm.

It writes nothing itself: what was decided is handed over once, bound to exactly what was said aloud.
"""

from collections.abc import Awaitable, Callable

from copydesk.domain.decisions import Choice, Decision, Weight
from copydesk.domain.errors import UsageError
from copydesk.frontends.plain.dialogue import READING_SECONDS, TOO_QUICK, Dialogue, Line
from copydesk.frontends.plain.marks import Marks
from copydesk.frontends.plain.offer import HOW, Offer
from copydesk.frontends.plain.writing import Editor, write_text
from copydesk.frontends.present import plural

WORDS = {
    "accept": "everything that waits, as it was read to you",
    "accept N": "hunk N (several: accept 1 3)",
    "reject WHY": "everything; with a reason Claude goes on, without one the turn stops",
    "reject N WHY": "hunk N",
    "edit N": "write hunk N yourself",
    "comment LINE TEXT": "on a line of the new file; must, question or nit may come before the line",
    "show N": "read hunk N again; show reads everything",
    "undo": "forget what was said of single hunks",
    "finish": "carry out what was said of single hunks; the others are rejected",
    "later": "leave the review of what was gathered; it goes on waiting",
}
CHOICES = {"accept": Choice.ACCEPT, "reject": Choice.REJECT}
GONE = "Nothing was decided: it no longer waits as it was read to you."
Decide = Callable[[Decision], Awaitable[str]]
"""Hands a decision over; gives what is to be said, empty where the events say it."""


class Deciding:
    """One offer, from when it is read out until it is decided."""

    def __init__(self, offer: Offer, dialogue: Dialogue, editor: Editor, decide: Decide) -> None:
        self.offer = offer
        self.is_over = False
        self._dialogue = dialogue
        self._editor = editor
        self._decide = decide
        self._marks = Marks.on(offer.diffs)
        self._read_at = 0.0

    def read_out(self) -> None:
        """Say what waits, and how it is answered."""
        self._dialogue.say(*self.offer.lines(), HOW)
        self._read_at = self._dialogue.now

    async def answer(self, line: Line) -> None:
        """Carry out a word about it; UsageError for what is none."""
        word, _, rest = line.text.strip().partition(" ")
        match word.lower():
            case "accept" | "reject" as verb:
                if line.at < self._read_at + READING_SECONDS:
                    self._dialogue.say(TOO_QUICK)
                else:
                    await self._choose(CHOICES[verb], rest)
            case "edit":
                await self._write(self._number(rest))
            case "comment":
                self._comment(rest.strip())
            case "show":
                self._dialogue.say(*(self.offer.hunk_lines(self._number(rest)) if rest else self.offer.lines()))
            case "undo":
                self._marks = self._marks.without()
                self._dialogue.say("Nothing is said of any hunk now.")
            case "finish":
                await self._finish()
            case "later" if not self.offer.proposal:
                self.is_over = True
                self._dialogue.say("It goes on waiting; nothing was applied.")
            case _:
                raise UsageError(f"Something waits for your decision. {HOW} A prompt for later: /prompt and the words.")

    async def _choose(self, choice: Choice, rest: str) -> None:
        numbers, words = _numbers(rest)
        if numbers:
            self._marks = self._marks.marking(numbers, choice, note=words)
            self._say_marks()
        elif self._marks.said:
            raise UsageError("You spoke of single hunks. Say finish to carry that out, or undo to forget it.")
        elif choice is Choice.REJECT:
            await self._hand_over(self._marks.whole(self.offer.digest, accepted=False, note=words))
        elif words:
            raise UsageError("accept takes the numbers of hunks and nothing else. Nothing was decided.")
        elif await self._is_sure():
            await self._hand_over(self._marks.whole(self.offer.digest, accepted=True))

    async def _finish(self) -> None:
        if not self._marks.said:
            raise UsageError("Nothing was said of single hunks yet; accept or reject speaks of everything.")
        taken = [number for number, one in self._marks.said.items() if one.choice is not Choice.REJECT]
        left = f" {plural(len(self._marks.open), 'hunk')} of which nothing was said will be rejected."
        said = f"This applies {plural(len(taken), 'hunk')}.{left if self._marks.open else ''}"
        if await self._dialogue.agrees(said) and (not taken or await self._is_sure()):
            await self._hand_over(self._marks.decision(self.offer.digest))
        else:
            self._dialogue.say("Nothing was decided.")

    async def _is_sure(self) -> bool:
        """What is protected takes a second word."""
        if not self.offer.is_protected:
            return True
        sure = await self._dialogue.agrees(f"Protected ({self.offer.mark}). Is it really to be accepted?")
        if not sure:
            self._dialogue.say("Nothing was decided.")
        return sure

    async def _hand_over(self, decision: Decision) -> None:
        said = await self._decide(decision)
        self.is_over = True
        self._dialogue.say(*[said] * bool(said))

    async def _write(self, number: int) -> None:
        part = self._marks.part(number)
        if not part.hunk:
            raise UsageError("This file has no hunk that could be written anew; accept or reject it.")
        before = "".join(part.diff.hunks[part.hunk - 1].new_texts)
        text = await write_text(self._editor, self._dialogue, before)
        if text is None or text == before:
            self._dialogue.say("The hunk is as it was; nothing was said of it.")
            return
        self._marks = self._marks.marking([number], Choice.EDIT, text=text.replace("\r\n", "\n"))
        self._dialogue.say("Instead of the hunk's new lines:", *(f"+ {line}" for line in text.splitlines()))
        self._say_marks()

    def _comment(self, rest: str) -> None:
        first, _, more = rest.partition(" ")
        weight = Weight(first) if first in list(Weight) else Weight.MUST
        place, _, text = (more.strip() if first in list(Weight) else rest).partition(" ")
        self._marks = self._marks.remarking(place, text.strip(), weight)
        self._dialogue.say(f"Kept for Claude, {weight}: {text.strip()}")

    def _say_marks(self) -> None:
        said = ", ".join(f"{number} {one.choice}" for number, one in sorted(self._marks.said.items()))
        left = ", ".join(map(str, self._marks.open))
        self._dialogue.say(f"So far: {said}. {f'Open: {left}.' if left else 'None is open.'} finish carries it out.")

    def _number(self, text: str) -> int:
        if text.strip().isdecimal():
            return int(text)
        if not text.strip() and len(self._marks.parts) == 1:
            return 1
        raise UsageError("Name the hunk by its number, such as: edit 1.")


def _numbers(text: str) -> tuple[list[int], str]:
    """The numbers at the beginning, apart by blanks or commas, and the words after them."""
    words = text.replace(",", " ").split() if text[:1].isdecimal() else []
    numbers: list[int] = []
    for word in words:
        if not word.isdecimal():
            break
        numbers.append(int(word))
    rest = text.strip()
    for _ in numbers:
        rest = rest.lstrip(" ,").partition(" ")[2] if " " in rest.lstrip(" ,") else ""
    return numbers, rest.strip()
