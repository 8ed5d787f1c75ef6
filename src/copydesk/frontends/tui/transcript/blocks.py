"""Owns how each item of a transcript looks: an item and a width in, lines out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, assert_never

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from copydesk.domain.display import show, show_lines
from copydesk.domain.items import Item, Notice, Prompt, Reply, Thought, ToolCard
from copydesk.frontends.present import VERB_WIDTH, CardLine, card_line, drafted_text, shorten
from copydesk.frontends.tui.lines.wrapping import wrap_segments, wrap_text
from copydesk.frontends.tui.theme import Palette

if TYPE_CHECKING:
    from copydesk.domain.diffs import FileDiff
    from copydesk.domain.drafts import Draft

MARGIN = 3
"""Cells left of everything in the transcript."""
PREVIEWED_LINES = 5
"""Lines of a waiting edit that are shown in the transcript; the review shows all."""
UNFOLDED_LINES = 400
"""Lines of an unfolded tool call; what is left out is counted."""
UNFOLDED_DRAFT = 40
"""Lines of what is being drafted that are shown on demand."""
LONGEST_DRAFTED = 400
"""Characters of a line, on the average, that the last lines of a draft are looked for in."""
PROSE_WIDTH = 100
"""Cells; longer lines are hard to read."""

_CALLS = (ToolCard, Thought)


class Look(NamedTuple):
    """How items are to be drawn."""

    width: int
    palette: Palette
    review_key: str = "^r"
    is_unfolded: bool = False
    waited: int | None = None
    """Seconds since a wait was announced that is not over yet."""

    @property
    def prose_width(self) -> int:
        """Cells for text that is read."""
        return prose_width(self.width)


def prose_width(width: int) -> int:
    """Cells for text that is read, in a transcript of this width."""
    return max(min(width - MARGIN - 1, PROSE_WIDTH), 8)


def render_item(item: Prompt | Thought | ToolCard | Notice, look: Look) -> list[Strip]:
    """Draw an item that is drawn as a whole; replies are drawn in sections, see `reply`."""
    match item:
        case Prompt():
            return _prompt(item, look)
        case Thought():
            return _thought(item, look)
        case ToolCard():
            return _card(item, look)
        case Notice():
            return _notice(item, look)
        case _:
            assert_never(item)


def is_spaced(above: Item | None, item: Item) -> bool:
    """Whether a blank line stands between two items: tool calls stand together, and so do notices."""
    if isinstance(item, Notice):
        return above is not None and not isinstance(above, Notice)
    is_call = isinstance(item, _CALLS) and isinstance(above, _CALLS)
    return above is not None and not is_call


def space_above(item: Item, look: Look) -> Strip:
    """The line between two items: blank, and a rule where another turn begins."""
    if isinstance(item, Prompt) and item.turn > 1:
        return Strip([Segment(f" {'─' * max(look.width - 2, 0)}", look.palette.secondary)])
    return Strip([])


def estimated_lines(item: Item, width: int) -> int:
    """Guess the height of an item without rendering it."""
    match item:
        case Prompt(text=text) | Reply(text=text) | Notice(text=text):
            return text.count("\n") + len(text) // max(width, 1) + 1
        case Thought():
            return 1
        case ToolCard():
            return 1 + (PREVIEWED_LINES + 1) * (item.state in ("waits", "drafts"))
        case _:
            assert_never(item)


def indented(strips: list[Strip]) -> list[Strip]:
    """Put the transcript's margin before each line."""
    margin = Segment(" " * MARGIN)
    return [Strip([margin, *strip]) for strip in strips]


def _prompt(item: Prompt, look: Look) -> list[Strip]:
    bar = Segment(" ▌ ", look.palette.accent)
    rows = wrap_text(show_lines(item.text), look.prose_width, look.palette.strong)
    return [Strip([bar, *row]) for row in rows]


def _thought(item: Thought, look: Look) -> list[Strip]:
    lasted = f"{item.seconds:.0f} s" if item.seconds >= 0.5 else "under 1 s"
    word = "thinking …" if item.is_live else f"thought {lasted}"
    rows = [Strip([Segment(word, look.palette.secondary)])]
    if look.is_unfolded:
        rows += wrap_text(show_lines(item.text), look.prose_width, look.palette.secondary)
    return indented(rows)


def _notice(item: Notice, look: Look) -> list[Strip]:
    signs = {"error": "! ", "retry": "↻ ", "outside": "↻ "}
    style = look.palette.warning if item.kind in signs else look.palette.secondary
    text = item.text
    if item.retry and look.waited is not None:
        text = f"{item.retry.sentence(max(item.retry.seconds - look.waited, 0))}  esc stops."
    return indented(wrap_text(signs.get(item.kind, "") + show_lines(text), look.prose_width, style))


def _card(card: ToolCard, look: Look) -> list[Strip]:
    rows = [_card_row(card, card_line(card), look)]
    if card.state == "waits":
        return [*rows, *_preview(card, look)]
    if card.draft is not None:
        return [*rows, *_drafted(card.draft, look)]
    if look.is_unfolded:
        return [*rows, *_details(card, look)]
    remark = _remark(card)
    return [*rows, *_remarked(remark, look)] if remark else rows


def _card_row(card: ToolCard, line: CardLine, look: Look) -> Strip:
    """Verb and path at the left, extent and outcome at the right edge."""
    palette = look.palette
    outcome_style = palette.secondary
    outcome = line.right
    if card.state == "waits":
        outcome, outcome_style = f"{line.extent}  waits ◂ ", palette.waiting
    elif card.state in ("failed", "rejected", "denied", "stale"):
        outcome_style = palette.warning
    room = max(look.width - MARGIN - VERB_WIDTH - 1 - len(outcome) - 3, 8)
    path_style = palette.strong if card.state == "waits" else palette.text
    path = shorten(line.path + (f"  ⚠ {show(card.mark)}" if card.mark else ""), room)
    left = [Segment(" " * MARGIN), Segment(f"{line.verb:<{VERB_WIDTH}} ", palette.secondary), Segment(path, path_style)]
    gap = max(look.width - Segment.get_line_length(left) - len(outcome) - 1, 1)
    return Strip([*left, Segment(" " * gap), Segment(outcome, outcome_style)])


def _remark(card: ToolCard) -> str:
    """Why what a call asked for is not there, in one line."""
    if card.reason and card.state in ("rejected", "undone", "denied", "stale", "failed"):
        return card.reason
    return card.answer.strip().split("\n", 1)[0] if card.state == "failed" else ""


def _remarked(remark: str, look: Look) -> list[Strip]:
    """Words on a call, folded between words, since they are read and not compared."""
    style = look.palette.secondary
    bar = Segment(" " * MARGIN + "┊ ", style)
    words = wrap_text(show_lines(f"╰ {remark}"), look.width - MARGIN - 3, style)
    return [Strip([bar, *row]) for row in words]


def _preview(card: ToolCard, look: Look) -> list[Strip]:
    """The first lines of an edit that waits, and how to see all of it."""
    lines = [line for diff in card.diffs for line in _diff_lines(diff, look.palette)]
    rows = _behind_bar(lines[:PREVIEWED_LINES], look, is_cut=True)
    more = f"…  {len(lines) - PREVIEWED_LINES} more" if len(lines) > PREVIEWED_LINES else show(card.reason)
    key = f"{look.review_key} review"
    bar = [Segment(" " * MARGIN), Segment("┊ ", look.palette.secondary)]
    room = max(look.width - MARGIN - 2 - len(key) - 2, 8)
    said = Segment(f"{shorten(more, room):<{room}} ", look.palette.secondary)
    return [*rows, Strip([*bar, said, Segment(key, look.palette.waiting)])]


def _drafted(draft: Draft, look: Look) -> list[Strip]:
    """The last lines of what is being written; dim and without signs, for it is no difference yet."""
    most = UNFOLDED_DRAFT if look.is_unfolded else PREVIEWED_LINES
    text = drafted_text(draft)[-most * LONGEST_DRAFTED :].removesuffix("\n")
    lines = text.split("\n")[-most:] if text else []
    return _behind_bar([(line, look.palette.secondary) for line in lines], look, is_cut=True)


def _details(card: ToolCard, look: Look) -> list[Strip]:
    palette = look.palette
    lines = [line for diff in card.diffs for line in _diff_lines(diff, palette)]
    lines += [(f"╰ {card.reason}", palette.secondary)] * bool(card.reason)
    if not card.diffs:
        lines += [(line, palette.secondary) for line in card.answer.split("\n")]
    left_out = len(lines) - UNFOLDED_LINES
    kept = lines[:UNFOLDED_LINES] + [(f"… {left_out} more lines", palette.secondary)] * (left_out > 0)
    return _behind_bar(kept, look)


def _diff_lines(diff: FileDiff, palette: Palette) -> Iterator[tuple[str, Style]]:
    from copydesk.domain.diffs import ChangeStatus, LineKind

    looks = {
        LineKind.CONTEXT: (" ", palette.secondary),
        LineKind.ADDED: ("+", palette.added),
        LineKind.REMOVED: ("-", palette.removed),
    }
    for hunk in diff.hunks:
        yield "@@ new file @@" if diff.status is ChangeStatus.CREATED else hunk.header, palette.secondary
        for line in hunk.lines:
            sign, style = looks[line.kind]
            yield f"{sign} {line.text.rstrip(chr(10)).removesuffix(chr(13))}", style


def _behind_bar(lines: list[tuple[str, Style]], look: Look, is_cut: bool = False) -> list[Strip]:
    """Lines that belong to the call above them; a cut line says so by an ellipsis."""
    bar = Segment(" " * MARGIN + "┊ ", look.palette.secondary)
    width = max(look.width - MARGIN - 3, 8)
    rows: list[Strip] = []
    for text, style in lines:
        folded = wrap_segments([Segment(show(text), style)], width - is_cut, bar)
        if is_cut and len(folded) > 1:
            folded = [Strip([*folded[0], Segment("…", look.palette.secondary)])]
        rows += folded
    return rows
