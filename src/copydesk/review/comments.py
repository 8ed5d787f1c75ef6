"""Owns what a review said, as a value, and the forms in which it is written out: text, Markdown, plain data.

Each comment is anchored `path:line` and quotes what it is about. Nothing is read or written here.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import Enum, IntEnum
from typing import Any, Protocol

from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision, Remark, Weight
from copydesk.domain.diffs import FileDiff
from copydesk.domain.display import show, show_lines
from copydesk.domain.hunks import Hunk, LineKind

FORMAT = "copydesk-review/1"
MOST_QUOTED = 12
"""Lines of one comment that are quoted."""
_MUST = Weight.MUST.value


class ComparedFile(Protocol):
    """A file as it was shown."""

    @property
    def path(self) -> str:
        """Relative to the workspace."""

    @property
    def diff(self) -> FileDiff:
        """Its hunks, as they are numbered in a decision."""

    @property
    def before(self) -> str | None:
        """All of its old text, where that is at hand."""

    @property
    def after(self) -> str | None:
        """All of its text as it is proposed."""


class Verdict(IntEnum):
    """What a review came to; the number is the exit code."""

    APPROVED = 0
    CHANGES_REQUESTED = 10
    LEFT = 11

    @property
    def word(self) -> str:
        """As it is written out."""
        return self.name.lower()


class CommentKind(Enum):
    """What a comment is about."""

    LINES = "lines"
    FILE = "file"
    REJECTION = "rejection"
    """A hunk that is not wanted, without words of its own."""
    SUGGESTION = "suggestion"
    """The person's own text in place of a hunk."""


@dataclass(frozen=True, slots=True)
class Comment:
    """One thing that was said."""

    kind: CommentKind
    path: str
    line: int | None
    """Counts from 1 in the file as it is proposed, in the old one where `is_old`; None for the file as a whole."""
    last: int | None
    """The last line; None where it is one, or the file as a whole."""
    is_old: bool
    weight: str
    """`must`, `question` or `nit`."""
    text: str
    quoted: tuple[str, ...] = ()
    """The lines that it is about."""

    @property
    def anchor(self) -> str:
        """`path:line`, or the path alone; what is on lines that go says so."""
        if self.line is None:
            return self.path
        last = f"-{self.last}" if self.last else ""
        return f"{self.path}:{self.line}{last}{' (old)' if self.is_old else ''}"


@dataclass(frozen=True, slots=True)
class ReviewReport:
    """All that a review came to."""

    source: str
    kind: str
    """Of the source."""
    base_commit: str
    verdict: Verdict
    note: str
    """Words on all of it."""
    comments: tuple[Comment, ...]
    checkpoint: str = ""
    """The step under which the History has what was applied."""

    @property
    def has_words(self) -> bool:
        """Whether there is anything to write out."""
        return bool(self.note or self.comments)


def comments_of(decision: Decision, files: Iterable[ComparedFile]) -> tuple[Comment, ...]:
    """All that a decision says of these files, by file and line.

    A hunk that is rejected is a comment of its own, unless one is on its lines.
    """
    by_path = {file.path: file for file in files}
    said = [comment for file in decision.files for comment in _of_file(file, by_path.get(file.path))]
    remarks = [_of_remark(remark, by_path.get(remark.path)) for remark in decision.remarks]
    said = [one for one in said if one.kind is not CommentKind.REJECTION or not _has_words(one, remarks)]
    return tuple(sorted((*said, *remarks), key=lambda comment: (comment.path, comment.line or 0)))


def as_text(report: ReviewReport) -> str:
    """For a terminal: an anchor a line, what is quoted and said below it."""
    return "".join(f"{line}\n" for line in _text_lines(report))


def as_message(report: ReviewReport) -> str:
    """For the model, as one prompt of the person's own words, each with its anchor.

    Nothing of the change itself is quoted, and names stand in backticks: what others wrote is not to be read as the
    person's `@path`.
    """
    applied = "What was accepted is in the files." if report.checkpoint else "Nothing of it was applied."
    lines = [f"I reviewed {_code(report.source)} and ask for changes. {applied} View the files, and make the changes."]
    lines += ["", *show_lines(report.note).split("\n")] if report.note else []
    for comment in report.comments:
        text = show_lines(comment.text).replace("\n", "\n  ")
        lines += ["", f"- {_code(comment.anchor)} ({_title(comment)}){f': {text}' if text else ''}"]
    return "\n".join(lines)


def as_markdown(report: ReviewReport) -> str:
    """For a pull request or a message: a list item a comment."""
    return "".join(f"{line}\n" for line in _markdown_lines(report))


def as_document(report: ReviewReport) -> dict[str, Any]:
    """It as plain data; docs/schemas/review.schema.json describes it."""
    comments = [{**asdict(one), "kind": one.kind.value, "quoted": list(one.quoted)} for one in report.comments]
    return {
        "format": FORMAT,
        "source": report.source,
        "kind": report.kind,
        "base_commit": report.base_commit or None,
        "verdict": report.verdict.word,
        "exit_code": int(report.verdict),
        "note": report.note,
        "comments": comments,
        "checkpoint": report.checkpoint or None,
    }


def _text_lines(report: ReviewReport) -> Iterator[str]:
    if report.note:
        yield from show_lines(report.note).split("\n")
        yield ""
    for comment in report.comments:
        yield f"{show(comment.anchor)}: {_title(comment)}"
        yield from (f"    | {show(line)}" for line in comment.quoted)
        yield from (f"    {line}".rstrip() for line in show_lines(comment.text).split("\n") if comment.text)
        yield ""


def _markdown_lines(report: ReviewReport) -> Iterator[str]:
    title = report.verdict.word.replace("_", " ").capitalize()
    yield f"**{title}**: {_code(report.source)}"
    yield ""
    if report.note:
        yield from show_lines(report.note).split("\n")
        yield ""
    for comment in report.comments:
        yield f"- {_code(comment.anchor)} **{_title(comment)}**"
        yield from (f"  {line}".rstrip() for line in _fenced(comment.quoted))
        if comment.kind is CommentKind.SUGGESTION:
            yield from (f"  {line}".rstrip() for line in _fenced(comment.text.split("\n"), "suggestion"))
        elif comment.text:
            yield ""
            yield from (f"  {line}".rstrip() for line in show_lines(comment.text).split("\n"))
        yield ""


def _title(comment: Comment) -> str:
    match comment.kind:
        case CommentKind.REJECTION:
            return "this change is not wanted"
        case CommentKind.SUGGESTION:
            return "write it as"
        case CommentKind.LINES | CommentKind.FILE:
            return comment.weight


def _code(text: str) -> str:
    """As code in Markdown, whatever backticks it has."""
    shown = show(text)
    marks = "`" * (_longest_run(shown) + 1)
    return f"{marks} {shown} {marks}" if "`" in shown else f"`{shown}`"


def _fenced(lines: Iterable[str], word: str = "") -> Iterator[str]:
    shown = [show(line) for line in lines]
    if not shown:
        return
    fence = "`" * max(3, max(map(_longest_run, shown)) + 1)
    yield f"{fence}{word}"
    yield from shown
    yield fence


def _longest_run(text: str) -> int:
    return max((len(run) for run in "".join(sign if sign == "`" else " " for sign in text).split()), default=0)


def _of_file(file: FileDecision, shown: ComparedFile | None) -> Iterator[Comment]:
    if file.note:
        yield Comment(CommentKind.FILE, file.path, None, None, False, _MUST, file.note)
    hunks = shown.diff.hunks if shown else ()
    if file.choice is Choice.REJECT and not (hunks or file.note):
        yield Comment(CommentKind.REJECTION, file.path, None, None, False, _MUST, "")
    for number, hunk in enumerate(hunks, 1):
        said = [one for one in file.hunks if one.hunk == number]
        for one in said:
            if one.choice is Choice.EDIT:
                text = one.text.rstrip("\n")
                yield _on_hunk(CommentKind.SUGGESTION, file.path, hunk, _changes(hunk, one), text)
        left = _left_out(hunk, file.choice, said)
        if left:
            yield _on_hunk(CommentKind.REJECTION, file.path, hunk, left, "")


def _changes(hunk: Hunk, said: HunkDecision) -> list[int]:
    """Those of its changes that a decision is about, as indices of lines."""
    first, end = said.lines or (0, len(hunk.lines))
    return [index for index in hunk.changes if first <= index < end]


def _left_out(hunk: Hunk, otherwise: Choice, said: Iterable[HunkDecision]) -> list[int]:
    """Those of its changes that are not wanted, as indices of lines."""
    left = set(hunk.changes) if otherwise is Choice.REJECT else set()
    for one in said:
        changes = set(_changes(hunk, one))
        left = left | changes if one.choice is Choice.REJECT else left - changes
    return sorted(left)


def _on_hunk(kind: CommentKind, path: str, hunk: Hunk, changes: Sequence[int], text: str) -> Comment:
    """A comment on some changes of a hunk: on the lines that are added, or on those that go where none is."""
    is_old = all(hunk.lines[index].kind is LineKind.REMOVED for index in changes)
    skipped, number = (LineKind.ADDED, hunk.old_from) if is_old else (LineKind.REMOVED, hunk.new_from)
    found: list[tuple[int, str]] = []
    for index, line in enumerate(hunk.lines):
        number += line.kind is not skipped
        if index in changes and line.kind is not skipped:
            found.append((number, line.text.rstrip("\r\n")))
    first, last = found[0][0], found[-1][0]
    quoted = tuple(line for _, line in found[:MOST_QUOTED])
    return Comment(kind, path, first, last if last != first else None, is_old, _MUST, text, quoted)


def _of_remark(remark: Remark, shown: ComparedFile | None) -> Comment:
    whole = (shown.before if remark.is_old else shown.after) if shown else None
    lines = [line.removesuffix("\r") for line in (whole or "").split("\n")]
    quoted = tuple(lines[remark.line - 1 : remark.last or remark.line][:MOST_QUOTED])
    last = remark.last if remark.last != remark.line else None
    kind, weight = CommentKind.LINES, remark.weight.value
    return Comment(kind, remark.path, remark.line, last, remark.is_old, weight, remark.text, quoted)


def _has_words(rejection: Comment, remarks: Iterable[Comment]) -> bool:
    """Whether a rejected hunk is spoken of already, on one of its lines."""
    first, last = rejection.line or 0, rejection.last or rejection.line or 0
    on_it = (one for one in remarks if (one.path, one.is_old) == (rejection.path, rejection.is_old))
    return any(first <= (one.line or 0) <= last for one in on_it)
