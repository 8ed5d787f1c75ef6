"""Owns how an offer is made of what comes from elsewhere: of what git has, or of a bundle or a patch."""

from collections.abc import Callable
from dataclasses import replace

from copydesk.changes.arrivals import Arrival
from copydesk.domain.policies import Ruling, Verdict
from copydesk.domain.proposals import FileChange, Proposal
from copydesk.domain.protections import protection_of
from copydesk.frontends.change_texts import texts_of
from copydesk.frontends.tui.review.offer import Offer, OfferedFile, by_risk
from copydesk.frontends.tui.review.offers import offer_of_changeset
from copydesk.review.sources import Source
from copydesk.workspace.revisions import RevisedFile

DENIED = "denied by a rule"
Rule = Callable[[FileChange], Ruling]
"""What the rules of now say of a change."""


def offer_of_source(source: Source, rule: Rule) -> Offer:
    """All of a source (blocking); what is made already is bound by no rule."""
    said = " ".join(source.notes)
    if source.arrival is not None:
        offer = _offer_of_arrival(source, source.arrival, rule)
        return replace(offer, origin=source.title, reason=said)
    files = by_risk(_of_file(file) for file in source.files)
    digest = Proposal("", "", tuple(file.change for file in source.files)).digest
    return Offer(source.title, digest, files, said)


def _offer_of_arrival(source: Source, arrival: Arrival, rule: Rule) -> Offer:
    rulings = {file.change.path: rule(file.change) for file in arrival.changeset.files}
    notes = {file.path: (file.note,) for file in source.files if file.note}
    # What needs a person's own word takes a second one; what is denied is marked by itself.
    offer = offer_of_changeset(arrival.changeset, lambda change: rulings[change.path].is_protected)
    files = (replace(file, notes=(*file.notes, *notes.get(file.path, ()))) for file in offer.files)
    return replace(offer, files=by_risk(_ruled(file, rulings.get(file.path)) for file in files))


def _ruled(file: OfferedFile, ruling: Ruling | None) -> OfferedFile:
    if ruling is None or ruling.verdict is not Verdict.DENY:
        return file
    return replace(file, mark=file.mark or DENIED, notes=(*file.notes, ruling.reason), refusal=ruling.reason)


def _of_file(file: RevisedFile) -> OfferedFile:
    change, protection = file.change, protection_of(file.path)
    modes = "".join(str(image.mode) if image else "-" for image in (change.before, change.after))
    notes = (file.note,) if file.note else ()
    mark = protection.kind if protection else ""
    return OfferedFile(file.diff, *texts_of(change), f"{change.after_digest}{modes}", mark, notes=notes)
