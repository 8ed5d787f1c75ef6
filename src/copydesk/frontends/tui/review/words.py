"""Owns the words and signs of a review: how a hunk or a file stands, what finishing would do, what was remarked.

Everything that it gives is safe to show.
"""

from collections.abc import Iterator
from enum import Enum

from copydesk.domain.decisions import Choice, Remark
from copydesk.domain.diffs import ChangeStatus
from copydesk.domain.display import show
from copydesk.frontends.present import counts, plural
from copydesk.frontends.tui.review.offer import OfferedFile
from copydesk.frontends.tui.review.state import Part, ReviewState

FRESH = "new since you looked"


class Standing(Enum):
    """How a part, or a file, stands: a sign, a word, and the name of a style of the palette."""

    TO_DECIDE = "●", "to decide", "waiting"
    ACCEPTED = "✓", "accepted", "added"
    REJECTED = "✗", "rejected", "removed"
    PARTLY = "◐", "partly", "warning"
    REWRITTEN = "✎", "you changed it", "accent"
    CONFLICT = "!", "in conflict", "warning"
    DROPPED = "✗", "dropped", "removed"

    @property
    def sign(self) -> str:
        """One character."""
        return self.value[0]

    @property
    def word(self) -> str:
        """The same for who does not know the sign."""
        return self.value[1]

    @property
    def style(self) -> str:
        """Of the palette."""
        return self.value[2]


_STANDINGS = {
    Choice.ACCEPT: Standing.ACCEPTED,
    Choice.REJECT: Standing.REJECTED,
    Choice.EDIT: Standing.REWRITTEN,
}


def standing_of(state: ReviewState, part: Part) -> Standing:
    """How a part stands."""
    answer = state.answers.get(part)
    if state.offer.file(part.path).conflict:
        return Standing.DROPPED if answer else Standing.CONFLICT
    return _STANDINGS[answer.choice] if answer else Standing.TO_DECIDE


def file_standing(state: ReviewState, path: str) -> Standing:
    """How a file stands: as all its parts do, else partly."""
    found = {standing_of(state, part) for part in state.parts_of(path)}
    if found == {Standing.ACCEPTED, Standing.REWRITTEN}:
        return Standing.REWRITTEN
    return found.pop() if len(found) == 1 else Standing.PARTLY


def part_mark(state: ReviewState, part: Part) -> str:
    """What stands in the header of a hunk."""
    reviewed = " · reviewed" if (part.path, part.hunk) in state.reviewed else ""
    return f"{_standing_words(state, part)}{reviewed}"


def part_name(state: ReviewState, part: Part) -> str:
    """What a part is called, by the number that stands over it on screen."""
    parts = state.parts_of(part.path)
    return f"hunk {parts.index(part) + 1} of {part.path}" if part.hunk and part in parts else part.path


def place_sentence(state: ReviewState, part: Part) -> str:
    """Where a part is, and how it stands."""
    parts = state.parts_of(part.path)
    number = f"hunk {parts.index(part) + 1} of {len(parts)}  " if part.hunk else ""
    return f"{show(part.path)}  {number}{_standing_words(state, part)}"


def _standing_words(state: ReviewState, part: Part) -> str:
    standing = standing_of(state, part)
    fresh = f" · {FRESH}" if (part.path, part.hunk) in state.fresh else ""
    return f"{standing.sign} {standing.word}{fresh}"


def tally_sentence(state: ReviewState) -> str:
    """How many hunks there are, and how many stand how."""
    tally = state.tally
    said = [(tally.accepted, "accepted"), (tally.rejected, "rejected"), (tally.undecided, "to decide")]
    said.append((sum((part.path, part.hunk) in state.reviewed for part in state.parts), "reviewed"))
    return " · ".join(f"{count} {word}" for count, word in said if count)


def size_sentence(state: ReviewState) -> str:
    """How much is offered: `3 files  5 hunks`, or the one file."""
    files = state.offer.files
    if len(files) != 1:
        return f"{plural(len(files), 'file')}  {plural(len(state.parts), 'hunk')}"
    hunks = f"  {plural(len(state.parts), 'hunk')}" if files[0].diff.hunks else ""
    return f"{show(files[0].path)}  {extent(files[0])}{hunks}"


def extent(file: OfferedFile) -> str:
    """A file's counts, and what happens to it as a whole where that is more than a change."""
    word = {ChangeStatus.CREATED: "new ", ChangeStatus.DELETED: "del ", ChangeStatus.RENAMED: "moved "}
    if file.conflict:
        return "conflict"
    return word.get(file.diff.status, "") + (counts((file.diff,)) if not file.diff.is_void else "")


def finish_sentence(state: ReviewState) -> str:
    """What applying would do, as a question."""
    tally = state.tally
    said = [f"Apply {plural(tally.accepted, 'hunk')} in {plural(len(state.accepted_paths), 'file')}"]
    if not tally.accepted:
        said = ["Apply nothing"]
    if tally.rejected:
        said.append(f"reject {tally.rejected}")
    if tally.undecided:
        said.append(f"{tally.undecided} undecided {'counts' if tally.undecided == 1 else 'count'} as rejected")
    return ", ".join(said) + "?"


def consequences(state: ReviewState, conflict: str) -> Iterator[str]:
    """What would become of each file, a line each, and the words that go with it; `conflict` of one in conflict."""
    for file in state.offer.files:
        standing = file_standing(state, file.path)
        parts = state.parts_of(file.path)
        taken = sum(state.answers[part].choice is not Choice.REJECT for part in parts if part in state.answers)
        share = f"  {taken} of {plural(len(parts), 'hunk')}" if len(parts) > 1 else ""
        waits = f"  {conflict}" if standing is Standing.CONFLICT else ""
        mark = f"  ⚠ {show(file.mark)}" if file.is_protected else ""
        yield f"  {standing.sign} {show(file.path)}  {extent(file)}{share}{waits}{mark}"
    if state.has_words:
        yield ""
        yield f"With {plural(len(state.remarks) + len(state.notes), 'comment')}:"
        yield from (f"  {show(path)}: {show(said)}" for path, said in state.notes.items())
        yield from (f"  {remark_sentence(remark)}" for remark in state.remarks)


def remark_sentence(remark: Remark) -> str:
    """A remark in one line."""
    return f"{show(remark.path)}, {line_words(remark)} · {remark.weight}: {show(remark.text)}"


def line_words(remark: Remark) -> str:
    """The lines that a remark is on: `line 39`, `old lines 3–5`."""
    old = "old " if remark.is_old else ""
    if remark.last and remark.last != remark.line:
        return f"{old}lines {remark.line}–{remark.last}"
    return f"{old}line {remark.line}"
