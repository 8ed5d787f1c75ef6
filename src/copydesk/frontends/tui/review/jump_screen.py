"""Owns the table of contents of a file's change: its hunks by the function or heading they are in, to go to one.

It moves nothing itself.
"""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from copydesk.domain.display import show
from copydesk.frontends.present import line_counts, one_line
from copydesk.frontends.tui.lines.choice_screen import ChoiceScreen
from copydesk.frontends.tui.lines.row_list import Row
from copydesk.frontends.tui.review.state import Part, ReviewState
from copydesk.frontends.tui.review.words import standing_of


class JumpScreen(ChoiceScreen):
    """Asks for a hunk of a file; the one that was read is offered first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "go there", id="jump.choose", key_display="enter"),
        Binding("escape,q,g", "back", "back", id="jump.back", key_display="esc"),
        Binding("question_mark", "app.help", "keys", id="help"),
    ]

    def __init__(self, state: ReviewState, here: Part, sections: Sequence[str]) -> None:
        """`sections` has the name of what each part of the file is in; empty where that is not known."""
        parts = state.parts_of(here.path)
        title = [(" hunks", "accent"), (f"  {show(here.path)}", "strong")]
        rows = [_row(state, part, section) for part, section in zip(parts, sections, strict=True)]
        super().__init__(title, rows, parts.index(here))


def _row(state: ReviewState, part: Part, section: str) -> Row:
    hunk, standing = state.hunk(part), standing_of(state, part)
    added = sum(line.kind == "added" for line in hunk.lines)
    removed = sum(line.kind == "removed" for line in hunk.lines)
    stands = f"  {standing.sign} {standing.word:<9} "
    right = (f"  {line_counts(added, removed)}", "secondary"), (stands, standing.style)
    first = hunk.new_from + 1 + (hunk.changes or [0])[0]
    return Row(one_line(section) or "…", f"line {first:<6} ", right)
