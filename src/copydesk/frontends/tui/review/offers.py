"""Owns how an offer is made of what a session has waiting: one edit, or all that was gathered."""

from collections.abc import Callable, Iterator

from copydesk.changes.changeset import Changeset, Conflict, ReviewedFile
from copydesk.domain.diffs import ChangeStatus, FileDiff
from copydesk.domain.display import show
from copydesk.domain.proposals import FileChange, Proposal
from copydesk.domain.protections import protection_of
from copydesk.domain.transcript import Prompt, ToolCard, Transcript
from copydesk.frontends.change_texts import texts_of
from copydesk.frontends.present import plural, shorten_end
from copydesk.frontends.tui.diff.shown_files import TitledDiffs
from copydesk.frontends.tui.diff.three_ways import contradiction, one_way
from copydesk.frontends.tui.review.offer import Offer, OfferedFile, by_risk

LONGEST_ORIGIN = 24
"""Characters of a prompt that are quoted."""
SIDES = "it was", "proposed", "on disk now"
"""What base, ours and theirs are called in a review."""
OVERRULES = "puts lines over what others wrote"
CLOSED_BY_RULE = "asked about by a rule"


def offer_of_edit(card: ToolCard, proposal: Proposal | None, transcript: Transcript) -> Offer:
    """The edit that waits, or the question whether a file may be read, or a check run."""
    changes = {change.path: change for change in proposal.changes} if proposal else {}
    files = [_of_card(card, diff, changes.get(diff.path)) for diff in card.diffs]
    asked = OfferedFile(
        FileDiff(card.path, ChangeStatus.MODIFIED, ()),
        mark=card.mark,
        is_protected=card.is_protected,
        notes=(f"{card.verb} {card.path}", card.reason),
    )
    return Offer(origin_of(transcript), card.digest, by_risk(files or [asked]), card.reason)


def offer_of_changeset(changeset: Changeset, is_closed: Callable[[FileChange], bool]) -> Offer:
    """All that was gathered, against the disk as it is (blocking)."""
    files = [_of_gathered(file, is_closed(file.change)) for file in changeset.files]
    files += [_of_conflict(conflict) for conflict in changeset.conflicts]
    origin = f"mode review, {plural(len(changeset.proposals), 'edit')}"
    return Offer(origin, changeset.digest, by_risk(files))


def origin_of(transcript: Transcript) -> str:
    """The turn, and the first words of its prompt."""
    prompt = next((item.text for item in reversed(transcript.items) if isinstance(item, Prompt)), "")
    return f'turn {transcript.turn}  "{shorten_end(show(prompt.split(chr(10), 1)[0]), LONGEST_ORIGIN)}"'


def _of_card(card: ToolCard, diff: FileDiff, change: FileChange | None) -> OfferedFile:
    before, after = texts_of(change) if change else (None, None)
    content = change.after_digest if change else ""
    return OfferedFile(diff, before, after, content, card.mark, card.is_protected)


def _of_gathered(file: ReviewedFile, is_closed: bool) -> OfferedFile:
    change = file.change
    protection = protection_of(change.path)
    mark = protection.kind if protection else CLOSED_BY_RULE if is_closed else ""
    if file.overruled:
        mark = f"{mark}, {OVERRULES}" if mark else OVERRULES
        return OfferedFile(
            change.diff,
            *texts_of(change),
            change.after_digest,
            mark,
            is_protected=True,
            ways=tuple(_ways(file.overruled)),
            can_be_overruled=True,
            notes=("The lines that go are what others wrote meanwhile; a hunk that is rejected leaves theirs.",),
        )
    notes = ("Others changed this file meanwhile; what they wrote is in it.",) if file.is_rebased else ()
    return OfferedFile(change.diff, *texts_of(change), change.after_digest, mark, is_closed, notes=notes)


def _of_conflict(conflict: Conflict) -> OfferedFile:
    diff = FileDiff(conflict.path, ChangeStatus.MODIFIED, ())
    ways, can_be_overruled = tuple(_ways(conflict)), conflict.overruling is not None
    return OfferedFile(diff, conflict=conflict.reason, ways=ways, can_be_overruled=can_be_overruled)


def _ways(conflict: Conflict) -> Iterator[TitledDiffs]:
    """What others made of the file, what was proposed, and where the two contradict."""
    others, edit = (change.diff if change else None for change in (conflict.others, conflict.edit))
    yield one_way("what others made of it", others, "It cannot be shown as a difference.")
    yield one_way("what was proposed", edit, "It cannot be shown as a difference.")
    places = tuple(line for place in conflict.places for line in contradiction(place, SIDES))
    yield "where they contradict", (), places or ("Not in single lines: it is the file as a whole.",)
