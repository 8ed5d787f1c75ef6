"""Owns what a person said of a file before they finished its review, bound to the hunks it was said of, as a record.

What was said of a hunk that is not offered any more, line for line, is not said of another; words are never lost with
it: their line is looked for. It decides nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from copydesk.domain.decisions import Choice, Remark, Weight
from copydesk.frontends.tui.review.marks import exact_marks_of
from copydesk.frontends.tui.review.offer import OfferedFile
from copydesk.frontends.tui.review.state import Answer, Part, ReviewState


@dataclass(frozen=True, slots=True)
class SaidPart:
    """What was said of a hunk, or of some of its lines."""

    mark: str
    """By which the hunk is known."""
    first: int
    end: int
    choice: Choice
    text: str = ""


@dataclass(frozen=True, slots=True)
class SaidWords:
    """A remark, and the hunk that it stands in."""

    remark: Remark
    mark: str = ""
    """By which the hunk is known; empty outside of all of them."""
    offset: int = 0
    """Of its line in the hunk."""
    reads: str = ""
    """Its line as it was."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """All that was said of a file so far."""

    parts: tuple[SaidPart, ...] = ()
    cuts: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """Mark of a hunk → the lines before which it is split."""
    words: tuple[SaidWords, ...] = ()
    note: str = ""


TELLING = 4
"""Characters of a line that hardly stands in a file twice; a bracket does."""
UNSAID = Unfinished()
"""Nothing."""


def unfinished_of(state: ReviewState, path: str) -> Unfinished:
    """What was said of a file that is offered."""
    marks = dict(zip(state.hunks_of(path), exact_marks_of(state.offer.file(path)), strict=True))
    parts = (
        SaidPart(marks[part.hunk], part.first, part.end, answer.choice, answer.text)
        for part, answer in sorted(state.answers.items())
        if part.path == path
    )
    cuts = ((marks[hunk], rows) for (name, hunk), rows in sorted(state.cuts.items()) if name == path)
    words = (_bound(remark, state.offer.file(path), marks) for remark in state.remarks if remark.path == path)
    return Unfinished(tuple(parts), tuple(cuts), tuple(words), state.notes.get(path, ""))


def taken_up(state: ReviewState, path: str, said: Unfinished) -> ReviewState:
    """Say again what was said of a file, of the hunks that are line for line what they were."""
    file = state.offer.file(path)
    hunks = dict(zip(exact_marks_of(file), state.hunks_of(path), strict=True))
    cuts = {(path, hunks[mark]): rows for mark, rows in said.cuts if mark in hunks}
    split = replace(state, cuts={**state.cuts, **cuts})
    known = set(split.parts_of(path))
    answers = {
        part: Answer(one.choice, one.text)
        for one in said.parts
        if one.mark in hunks and (part := Part(path, hunks[one.mark], one.first, one.end)) in known
    }
    remarks = (_found(words, file, hunks) for words in said.words)
    return replace(
        split,
        answers={**state.answers, **answers},
        remarks=(*state.remarks, *(replace(remark, path=path) for remark in remarks)),
        notes={**state.notes, path: said.note} if said.note else state.notes,
    )


def words_on(said: SaidWords, file: OfferedFile) -> str:
    """What was said before, in a sentence that tells whether its place is another by now."""
    remark = said.remark
    side = "old line" if remark.is_old else "line"
    became = "changed since you said this" if has_changed(said, file) else "as it was"
    return f"you said of {side} {remark.line}: {' '.join(remark.text.split())} ({became})"


def has_changed(said: SaidWords, file: OfferedFile) -> bool:
    """Whether what words are on is another by now; where others beside it changed, the line itself tells."""
    if said.mark in exact_marks_of(file):
        return False
    return len(said.reads.strip()) < TELLING or said.reads not in _lines(file, said.remark.is_old)


def record_of(said: Unfinished) -> dict[str, Any]:
    """It as JSON has it."""
    return asdict(said)


def read_unfinished(record: object) -> Unfinished:
    """Read it back; what is damaged counts as not said."""
    match record:
        case {"parts": list(parts), "cuts": list(cuts), "words": list(words), "note": str(note)}:
            try:
                return Unfinished(
                    tuple(map(_read_part, parts)),
                    tuple((str(mark), tuple(map(int, rows))) for mark, rows in cuts),
                    tuple(map(_read_words, words)),
                    note,
                )
            except (AttributeError, KeyError, TypeError, ValueError):
                return UNSAID
        case _:
            return UNSAID


def read_said(records: object) -> tuple[SaidWords, ...]:
    """Words that were said, read back; what is damaged counts as not said."""
    try:
        return tuple(map(_read_words, records)) if isinstance(records, list) else ()
    except (AttributeError, KeyError, TypeError, ValueError):
        return ()


def _read_part(record: Mapping[str, Any]) -> SaidPart:
    first, end = int(record["first"]), int(record["end"])
    return SaidPart(str(record["mark"]), first, end, Choice(record["choice"]), str(record["text"]))


def _read_words(record: Mapping[str, Any]) -> SaidWords:
    said = record["remark"]
    last = None if said["last"] is None else int(said["last"])
    weight, is_old = Weight(said["weight"]), bool(said["is_old"])
    remark = Remark(str(said["path"]), int(said["line"]), str(said["text"]), weight, is_old, last)
    return SaidWords(remark, str(record["mark"]), int(record["offset"]), str(record.get("reads", "")))


def _starts(file: OfferedFile, is_old: bool) -> Iterator[tuple[int, int, int]]:
    """Number, first line and length of each hunk, on one side."""
    for number, hunk in enumerate(file.diff.hunks, 1):
        start, length = (hunk.old_from, hunk.old_length) if is_old else (hunk.new_from, hunk.new_length)
        yield number, start + 1, length


def _bound(remark: Remark, file: OfferedFile, marks: Mapping[int, str]) -> SaidWords:
    lines = _lines(file, remark.is_old)
    reads = lines[remark.line - 1] if 1 <= remark.line <= len(lines) else ""
    for number, start, length in _starts(file, remark.is_old):
        if start <= remark.line < start + length:
            return SaidWords(remark, marks[number], remark.line - start, reads)
    return SaidWords(remark, reads=reads)


def _found(words: SaidWords, file: OfferedFile, hunks: Mapping[str, int]) -> Remark:
    """The remark where its hunk is now; if that is gone, on the nearest line that reads as its own did."""
    remark = words.remark
    for number, start, _ in _starts(file, remark.is_old):
        if number == hunks.get(words.mark):
            return _moved(remark, start + words.offset)
    lines = _lines(file, remark.is_old)
    return _moved(remark, nearest_line(remark.line, words.reads, lines)) if lines else remark


def nearest_line(line: int, reads: str, lines: Sequence[str]) -> int:
    """The number of the line nearest to this one that reads so; where there is none, of the last that can be meant."""
    alike = [number for number, text in enumerate(lines, 1) if text == reads]
    return min(alike, key=lambda number: abs(number - line), default=max(min(line, len(lines)), 1))


def _moved(remark: Remark, line: int) -> Remark:
    return replace(remark, line=line, last=None if remark.last is None else remark.last + line - remark.line)


def _lines(file: OfferedFile, is_old: bool) -> list[str]:
    text = file.before if is_old else file.after
    return text.split("\n") if text else []
