"""Owns a review without a screen: what there is to decide as plain data, and what a decision file makes of it.

Nothing is approved by silence: a listing is no verdict, and what no entry accepts is rejected.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from copydesk.changes.changeset import Conflict
from copydesk.changes.gate import Gate
from copydesk.domain.decision_files import DecisionFile
from copydesk.domain.decisions import Choice, Decision, FileDecision, Weight
from copydesk.domain.diffs import FileDiff
from copydesk.domain.hunks import Hunk
from copydesk.domain.proposals import FileChange, Proposal
from copydesk.domain.unified import hunk_lines
from copydesk.frontends.change_texts import texts_of
from copydesk.review.comments import Comment, CommentKind, ReviewReport, Verdict, comments_of
from copydesk.review.landing import Landed, land
from copydesk.review.sources import Source

IN_CONFLICT = "This cannot be applied to the file as it is now; make it anew."
FORMAT = "copydesk-review-files/1"
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Compared:
    """A file with its texts, for the quotes of comments."""

    path: str
    diff: FileDiff
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision file made of a source."""

    report: ReviewReport
    refusal: str = ""
    """Why what was accepted was not applied; empty where it was, or where there was nothing to apply."""
    unused: tuple[str, ...] = ()
    """Entries of the file that nothing was there for."""


def listing(source: Source) -> Document:
    """What there is to decide, as plain data (blocking); docs/schemas/review-files.schema.json describes it."""
    return {
        "format": FORMAT,
        "source": source.origin,
        "kind": source.kind.value,
        "base_commit": source.base_commit or None,
        "notes": list(source.notes),
        "files": [_file(file.path, file.old_path, file.note, file.diff) for file in source.files],
        "conflicts": [{"path": one.path, "reason": one.reason} for one in _conflicts(source)],
    }


def _file(path: str, old_path: str, note: str, diff: FileDiff) -> Document:
    return {
        "path": path,
        "old_path": old_path or None,
        "status": diff.status.value,
        "added": diff.added,
        "removed": diff.removed,
        "is_binary": diff.is_binary,
        "note": note,
        "hunks": [_hunk(number, hunk) for number, hunk in enumerate(diff.hunks, 1)],
    }


def _hunk(number: int, hunk: Hunk) -> Document:
    return {"hunk": number, "diff": "".join(hunk_lines([hunk]))}


def decide(
    source: Source, decisions: DecisionFile, gate: Gate | None, is_closed: Callable[[FileChange], bool]
) -> Decided:
    """Carry out what was decided beforehand (blocking): what is accepted is applied, where it is not made yet.

    Approved is what is accepted as a whole, and could be applied as a whole.
    """
    changes = [file.change for file in source.files]
    digest = source.arrival.changeset.digest if source.arrival else Proposal("", "", tuple(changes)).digest
    decision = _without_closed(decisions.decision_on(changes, digest), changes, is_closed)
    landed = asyncio.run(land(source.arrival, decision, gate)) if source.arrival and gate else Landed()
    compared = [Compared(file.path, file.diff, *texts_of(file.change)) for file in source.files]
    comments = (*comments_of(_spelled_out(decision, changes), compared), *map(_on_conflict, _conflicts(source)))
    is_approved = _is_approval(decision, changes) and not (landed.reason or _conflicts(source))
    verdict = Verdict.APPROVED if is_approved else Verdict.CHANGES_REQUESTED
    about = source.origin, source.kind.value, source.base_commit
    report = ReviewReport(*about, verdict, decision.note, comments, landed.checkpoint)
    return Decided(report, landed.reason, decisions.unused())


def _on_conflict(conflict: Conflict) -> Comment:
    return Comment(CommentKind.FILE, conflict.path, None, None, False, Weight.MUST.value, IN_CONFLICT)


def _conflicts(source: Source) -> Sequence[Conflict]:
    return source.arrival.changeset.conflicts if source.arrival else ()


def _without_closed(
    decision: Decision, changes: Iterable[FileChange], is_closed: Callable[[FileChange], bool]
) -> Decision:
    """No file opens what is protected."""
    closed = [change.path for change in changes if is_closed(change)]
    kept = [file for file in decision.files if file.path not in closed]
    said = [FileDecision(path, Choice.REJECT, note=f"{path} is protected: a file cannot allow it.") for path in closed]
    return replace(decision, files=(*kept, *said))


def _spelled_out(decision: Decision, changes: Iterable[FileChange]) -> Decision:
    """With a word on every file, so that what is rejected by default is a comment too."""
    return replace(decision, files=tuple(decision.on(change.path) for change in changes))


def _is_approval(decision: Decision, changes: Iterable[FileChange]) -> bool:
    said = [decision.on(change.path) for change in changes]
    accepts = all(
        file.choice is Choice.ACCEPT and all(hunk.choice is Choice.ACCEPT for hunk in file.hunks) for file in said
    )
    return accepts and not any(remark.weight is Weight.MUST for remark in decision.remarks)
