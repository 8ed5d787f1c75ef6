"""Owns the words that all front ends share: tool cards, usage, modes and rollbacks as plain lines of text.

It draws nothing and colours nothing; what it returns has passed `show`, so it is safe on any screen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, assert_never

from copydesk.domain.display import hidden_characters, lookalike_letters, runs_right_to_left, show
from copydesk.domain.modes import SELECTABLE, Mode

if TYPE_CHECKING:
    from copydesk.domain.diffs import FileDiff
    from copydesk.domain.drafts import Draft
    from copydesk.domain.transcript import ToolCard, Transcript

MINUS = "\u2212"
VERB_WIDTH = 7
"""Cells of the longest verb and a space; every front end lines up on it."""
OUTCOME_WIDTH = 8

_NUMBERED_LINE = re.compile(r"^\s*\d+[\t:]", re.MULTILINE)
_PICTURE = re.compile(r" is an? \S+ (image|document) \(.*\):\Z")
_FOUND = re.compile(r"([\d,]+ (?:line|file)s?)\b")

NEW_TEXTS = ("file_text", "new_str", "insert_text")
"""Parameters of the editor tool that hold what is written into a file."""

OUTCOMES = {
    "drafts": "drafts",
    "running": "…",
    "waits": "waits",
    "done": "",
    "failed": "failed",
    "applied": "applied",
    "partly_applied": "partly",
    "gathered": "gathered",
    "rejected": "rejected",
    "undone": "undone",
    "denied": "denied",
    "stale": "stale",
}
"""State of a tool card → the word that people see."""

ONE_LINE_CHARACTERS = 500
"""Of a text that is shown as one line of a list."""
MODE_SENTENCES = {
    Mode.PLAN: "Mode plan: Claude reads and describes, every edit is refused.",
    Mode.ASK: "Mode ask: each edit waits for your decision.",
    Mode.REVIEW: "Mode review: edits gather beside your files until you review them.",
    Mode.ACCEPT: "Mode accept: edits are applied as they come; protected paths still ask.",
}


class CardLine(NamedTuple):
    """A tool call in one line, in parts, so that each front end can align them."""

    verb: str
    path: str
    """With the viewed range, where there is one."""
    extent: str
    """`+3 −1` for an edit, `41 lines` for a view; may be empty."""
    outcome: str
    """One word; empty for a view that went well."""

    def text(self, width: int) -> str:
        """Lay it out in at most `width` characters, path shortened from the left; a narrow width is exceeded."""
        right = self.right
        room = max(width - VERB_WIDTH - 1 - len(right) - 2, 8)
        return f"{self.verb:<{VERB_WIDTH}} {shorten(self.path, room):<{room}}  {right}".rstrip()

    @property
    def right(self) -> str:
        """Extent and outcome as two steady columns."""
        if not self.outcome:
            return self.extent
        return f"{self.extent}  {self.outcome:<{OUTCOME_WIDTH}}"


def card_line(card: ToolCard) -> CardLine:
    """Say a tool call in one line."""
    extent = counts(card.diffs) if card.diffs else _answered_extent(card)
    outcome = OUTCOMES.get(card.state, card.state)
    return CardLine(show(card.verb), show(card.path) + _viewed_range(card), extent, outcome)


def counts(diffs: Sequence[FileDiff]) -> str:
    """Lines added and removed, such as `+3 −1`; a side that is zero is left out, binary files are named."""
    is_binary = any(diff.is_binary for diff in diffs)
    return line_counts(sum(diff.added for diff in diffs), sum(diff.removed for diff in diffs), is_binary)


def line_counts(added: int, removed: int, is_binary: bool = False) -> str:
    """The same for lines that are counted already."""
    parts = [f"+{added}"] * bool(added) + [f"{MINUS}{removed}"] * bool(removed)
    return " ".join(parts) or ("binary" if is_binary else "+0")


def file_notes(diff: FileDiff) -> tuple[str, ...]:
    """What a reader must know of a file's change beside its lines: creation, deletion, line ends, hidden characters."""
    notes = list(_status_notes(diff))
    if diff.is_binary:
        notes.append("binary, not shown")
    if diff.changes_mode:
        notes.append(f"mode {_permissions(diff.old_mode)} → {_permissions(diff.new_mode)}")
    notes += _line_end_notes(diff)
    return (*notes, *_character_notes([line.text for hunk in diff.hunks for line in hunk.lines]))


def usage_line(transcript: Transcript) -> str:
    """Tokens and cost of the session so far, such as `12.4k in · 94% cached · 0.9k out · $0.021`; empty before."""
    usage = transcript.usage
    if not usage.context_tokens and not usage.output_tokens:
        return ""
    read = f"{tokens(usage.context_tokens)} in · {usage.cache_share:.0%} cached"
    return f"{read} · {tokens(usage.output_tokens)} out · {dollars(transcript.cost_usd)}"


def tokens(count: int) -> str:
    """A count of tokens in thousands, or in millions from a million up."""
    return f"{count / 1e6:.1f}M" if count >= 1_000_000 else f"{count / 1e3:.1f}k"


def dollars(cost: Decimal | None) -> str:
    """An amount with three decimals; None is an unknown price."""
    return "price unknown" if cost is None else f"${cost:.3f}"


def is_key(text: str) -> bool:
    """True for what looks like one of Anthropic's keys; such a prompt is never sent to the model."""
    return text.startswith("sk-ant-") and len(text.split()) == 1


def next_mode(mode: str) -> Mode:
    """The mode that follows when the person cycles: plan, ask, review, accept, plan."""
    return SELECTABLE[(SELECTABLE.index(Mode(mode)) + 1) % len(SELECTABLE)] if mode in SELECTABLE else Mode.ASK


def painted(unified: str) -> str:
    """Colour a unified diff that is safe to show: added green, removed red, headers bold and dim."""
    return "\n".join(_painted_line(line) for line in unified.split("\n"))


def _painted_line(line: str) -> str:
    styles = {"+++": "1", "---": "1", "diff": "1", "@@": "2", "+": "32", "-": "31"}
    code = next((style for start, style in styles.items() if line.startswith(start)), "")
    return f"\x1b[{code}m{line}\x1b[0m" if code else line


def plural(count: int, noun: str) -> str:
    """A count with its noun: `1 file`, `2 files`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def shorten(text: str, width: int) -> str:
    """Keep the end of a text that is longer than `width` characters: of a path, the name matters most."""
    return text if len(text) <= width else "…" + text[len(text) - width + 1 :]


def shorten_end(text: str, width: int) -> str:
    """Keep the beginning of a text that is longer than `width` characters."""
    return text if len(text) <= width else text[: width - 1] + "…"


def one_line(text: str) -> str:
    """The beginning of a text as words of one line, safe to show; a huge one costs no more than a long line."""
    beginning = text[:ONE_LINE_CHARACTERS]
    return " ".join(show(" ".join(beginning.split())).split()) + ("…" if len(text) > ONE_LINE_CHARACTERS else "")


def _viewed_range(card: ToolCard) -> str:
    match card.input.get("view_range"):
        case [int(first), int(last)]:
            return f"  {first}–{last if last != -1 else ''}"
        case _:
            return ""


def _answered_extent(card: ToolCard) -> str:
    """How much a call that only reads has shown."""
    if card.draft is not None:
        return _drafted_extent(card.draft)
    if card.state != "done":
        return ""
    match card.verb:
        case "view" if picture := _PICTURE.search(card.answer):
            return picture[1]
        case "view":
            lines = len(_NUMBERED_LINE.findall(card.answer))
            return plural(lines, "line") if lines else "listed"
        case "find" | "search":
            found = _FOUND.match(card.answer)
            return found[1] if found else "nothing"
        case _:
            return ""


def _drafted_extent(draft: Draft) -> str:
    """How much has been written so far, which is never said as `+3 −1`: more may come."""
    lines = drafted_text(draft).count("\n")
    return f"{plural(lines, 'line')} …" if lines else ""


def drafted_text(draft: Draft) -> str:
    """The text that a call is going to put into a file, as far as it is written."""
    if draft.name in NEW_TEXTS:
        return draft.text
    return next((text for name, text in reversed(draft.values) if name in NEW_TEXTS and isinstance(text, str)), "")


def _status_notes(diff: FileDiff) -> Iterator[str]:
    """What happens to the file as a whole."""
    from copydesk.domain.diffs import ChangeStatus

    match diff.status:
        case ChangeStatus.CREATED:
            yield "new file"
        case ChangeStatus.DELETED:
            yield "deleted"
        case ChangeStatus.RENAMED:
            yield f"renamed from {show(diff.old_path)}"
        case ChangeStatus.MODIFIED:
            return
        case _:
            assert_never(diff.status)


def _character_notes(lines: Sequence[str]) -> list[str]:
    """What a reader would not see, or see as something else."""
    counted = {
        "hidden character": sum(map(hidden_characters, lines)),
        "look-alike letter": sum(map(lookalike_letters, lines)),
    }
    notes = [plural(count, noun) for noun, count in counted.items() if count]
    return [*notes, *["right-to-left text"] * any(map(runs_right_to_left, lines))]


def _permissions(mode: int | None) -> str:
    return f"{(mode or 0) & 0o7777:o}"


def _line_end_notes(diff: FileDiff) -> list[str]:
    removed = [line.text for hunk in diff.hunks for line in hunk.lines if line.kind == "removed"]
    added = [line.text for hunk in diff.hunks for line in hunk.lines if line.kind == "added"]
    if not removed or not added:
        return []
    was, becomes = _line_end(removed), _line_end(added)
    return [f"line ends {was} → {becomes}"] if was != becomes else []


def _line_end(lines: Sequence[str]) -> str:
    ended = [line.endswith("\r\n") for line in lines if line.endswith("\n")]
    if not any(ended):
        return "LF"
    return "CRLF" if all(ended) else "mixed"
