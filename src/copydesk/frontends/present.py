"""Owns the words that all front ends share: tool cards, usage, modes and rollbacks as plain lines of text.

It draws nothing and colours nothing; what it returns has passed `show`, so it is safe on any screen.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from copydesk.domain.checkpoints import Answers, HistoryRow, Remedy, RollbackPreview, RowState
from copydesk.domain.decisions import Choice, Decision, FileDecision
from copydesk.domain.diffs import ChangeStatus, FileDiff
from copydesk.domain.display import hidden_characters, lookalike_letters, runs_right_to_left, show
from copydesk.domain.drafts import Draft
from copydesk.domain.policies import SELECTABLE, Mode
from copydesk.domain.rewinds import RewindPreview
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
    "denied": "denied",
    "stale": "stale",
}
"""State of a tool card → the word that people see."""

REMEDY_WORDS = {
    Remedy.KEEP: "stays as it is now",
    Remedy.RESTORE: "becomes what it was; what is there now is recorded first",
    Remedy.MERGE: "merged: only what copydesk did goes, what others wrote stays",
}
"""What becomes of a file that somebody else changed, by the person's answer."""
ONE_LINE_CHARACTERS = 500
"""Of a text that is shown as one line of a list."""
MOST_LISTED = 12
"""Files that one sentence names."""

_BECOMES = {ChangeStatus.CREATED: "comes back", ChangeStatus.DELETED: "is deleted"}
_STANDS = (RowState.APPLIED, RowState.PARTLY)
_EDITS = ("edit", "undo")

MODE_SENTENCES = {
    Mode.PLAN: "Mode plan: Claude reads and describes, every edit is refused.",
    Mode.ASK: "Mode ask: each edit waits for your decision.",
    Mode.REVIEW: "Mode review: edits gather beside your files until you review them.",
    Mode.ACCEPT: "Mode accept: edits are applied as they come; protected paths still ask.",
}


@dataclass(frozen=True, slots=True)
class CardLine:
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


def rollback_sentence(preview: RollbackPreview, doing: str = "Going back before this step") -> str:
    """What going back would change, in files and lines; what stands in its way is not in it."""
    if not preview.diffs:
        return f"{doing} would change nothing{' yet' if preview.conflicts else ''}."
    listed = [f"{show(diff.path)} {counts((diff,))}" for diff in preview.diffs]
    return f"{doing} would change {plural(len(listed), 'file')}: {_listed(listed)}"


def reach_sentences(rows: Sequence[HistoryRow], chosen: HistoryRow, preview: RollbackPreview) -> tuple[str, ...]:
    """What goes back together with a step, and what does not, with the reason; `rows` are all of the History."""
    later = [row for row in rows if row.number > chosen.number and row.state in _STANDS and row.operation in _EDITS]
    own = [row for row in later if row.session == chosen.session]
    moved = {diff.path for diff in preview.diffs} | {conflict.path for conflict in preview.conflicts}
    said = []
    if own:
        turns = list(dict.fromkeys(row.turn for row in reversed(own) if row.turn))
        among = f" (turn {', '.join(map(show, turns))})" if turns else ""
        said.append(f"With it {'goes' if len(own) == 1 else 'go'} {plural(len(own), 'later edit')}{among}.")
    touched = list(dict.fromkeys(path for row in [chosen, *own] for path in row.paths))
    if as_it_was := [show(path) for path in touched if path not in moved]:
        said.append(f"Already as it was: {_listed(as_it_was)}.")
    for session in dict.fromkeys(row.session for row in later if row.session != chosen.session):
        theirs = dict.fromkeys(path for row in later if row.session == session for path in row.paths)
        if stays := [show(path) for path in theirs if path not in moved]:
            said.append(f"Stays, as session {show(session)} changed it: {_listed(stays)}.")
    return tuple(said)


def let_through(preview: RollbackPreview, decision: Decision | None) -> tuple[FileDiff, ...]:
    """The differences that a decision lets through, file by file; all of them where nothing was decided."""
    if decision is None:
        return preview.diffs
    taken = (_let_through(diff, decision.on(diff.path)) for diff in preview.diffs)
    return tuple(diff for diff in taken if diff)


def confirmation(preview: RollbackPreview, answers: Answers, decision: Decision | None = None) -> str:
    """Say exactly what happens if the person agrees: each file that changes and how, and each that stays."""
    whole = {diff.path: diff for diff in preview.diffs}
    through = let_through(preview, decision)
    lines = [f"This changes {plural(len(through), 'file')}:" if through else "This changes no file."]
    lines += [_consequence(diff, whole[diff.path], answers) for diff in through]
    stays = [*preview.kept, *(path for path in whole if path not in {diff.path for diff in through})]
    lines += [f"  {show(path)} stays as it is, as you said." for path in stays]
    if through:
        lines.append("All of it happens or nothing; it becomes a step of its own, which can be taken back.")
    return "\n".join(lines)


def rewind_sentence(preview: RewindPreview) -> str:
    """What is cut from the conversation, prompt by prompt."""
    quoted = [f"  turn {row.turn}  “{show(row.words)}”" for row in preview.turns]
    cut = f"{plural(len(quoted), 'prompt')} and all that was answered"
    return "\n".join([f"From the conversation {'goes' if len(quoted) == 1 else 'go'} {cut}:", *quoted])


def left_sentence(preview: RewindPreview) -> str:
    """What becomes of the files where only the conversation is cut."""
    if not preview.changed:
        return "The files stay as they are, which is as they were then."
    names = _listed([show(path) for path in preview.changed])
    return f"The files stay as they are. Not as they were then, and Claude is told so: {names}."


def _let_through(diff: FileDiff, decision: FileDecision) -> FileDiff | None:
    named = {hunk.hunk: hunk.choice for hunk in decision.hunks}
    chosen = [n for n in range(1, len(diff.hunks) + 1) if named.get(n, decision.choice) is Choice.ACCEPT]
    if not diff.hunks:
        return diff if decision.choice is Choice.ACCEPT else None
    return diff.select(chosen) if chosen else None


def _consequence(diff: FileDiff, whole: FileDiff, answers: Answers) -> str:
    """What becomes of one file."""
    notes = [_BECOMES[diff.status]] if diff.status in _BECOMES else []
    notes += file_notes(diff)[len(notes) :]
    changes = [sum(len(hunk.changes) for hunk in one.hunks) for one in (diff, whole)]
    if changes[0] != changes[1]:
        notes.append("only the hunks that you chose")
    if words := REMEDY_WORDS.get(answers.on(diff.path)):
        notes.append(words)
    return f"  {counts((diff,)):>9}  {show(diff.path)}{'  ' * bool(notes)}{' · '.join(notes)}"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_LISTED
    return ", ".join(names[:MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


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
