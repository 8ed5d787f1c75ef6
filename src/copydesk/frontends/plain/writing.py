"""Owns how a person writes a longer text: in their own editor, or line by line where they named none."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from copydesk.frontends.editors import EditorCommand, edit_text
from copydesk.frontends.plain.dialogue import Dialogue

END = "."
"""Alone on a line it ends a text that is typed line by line."""


@dataclass(frozen=True, slots=True)
class Editor:
    """The person's editor."""

    command: EditorCommand
    lent: Callable[[], AbstractContextManager[None]]
    """Leaves the terminal to another program for as long as it lasts."""


async def write_text(editor: Editor, dialogue: Dialogue, text: str) -> str | None:
    """Have a text written, beginning with this one; None where the person gave up."""
    if not editor.command.line:
        return await _typed(dialogue)
    dialogue.say("Your editor is open.")
    with editor.lent():
        written = await asyncio.to_thread(edit_text, editor.command, text)
    dialogue.say("Your editor is closed.")
    return written


async def _typed(dialogue: Dialogue) -> str | None:
    dialogue.say(f"Type the lines; {END!r} alone on a line ends, the end of input gives up.")
    lines: list[str] = []
    while line := await dialogue.next_line():
        if line.is_broken_off:
            return None
        if line.text == END:
            return "".join(f"{one}\n" for one in lines)
        lines.append(line.text)
    return None
