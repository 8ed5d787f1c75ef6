"""Owns how an offer is made of what comes from elsewhere: of what git has, or of a bundle or a patch."""

from collections.abc import Callable
from dataclasses import replace

from copydesk.changes.arrivals import Arrival
from copydesk.domain.proposals import FileChange, Proposal
from copydesk.domain.protections import protection_of
from copydesk.frontends.change_texts import texts_of
from copydesk.frontends.tui.review.offer import Offer, OfferedFile, by_risk
from copydesk.frontends.tui.review.offers import offer_of_changeset
from copydesk.review.sources import Source
from copydesk.workspace.revisions import RevisedFile


def offer_of_source(source: Source, is_closed: Callable[[FileChange], bool]) -> Offer:
    """All of a source (blocking); `is_closed` tells what takes a second word to be applied."""
    said = " ".join(source.notes)
    if source.arrival is not None:
        offer = _offer_of_arrival(source, source.arrival, is_closed)
        return replace(offer, origin=source.title, reason=said)
    files = by_risk(_of_file(file) for file in source.files)
    digest = Proposal("", "", tuple(file.change for file in source.files)).digest
    return Offer(source.title, digest, files, said)


def _offer_of_arrival(source: Source, arrival: Arrival, is_closed: Callable[[FileChange], bool]) -> Offer:
    offer = offer_of_changeset(arrival.changeset, is_closed)
    notes = {file.path: (file.note,) for file in source.files if file.note}
    return replace(offer, files=tuple(replace(f, notes=(*f.notes, *notes.get(f.path, ()))) for f in offer.files))


def _of_file(file: RevisedFile) -> OfferedFile:
    change, protection = file.change, protection_of(file.path)
    modes = "".join(str(image.mode) if image else "-" for image in (change.before, change.after))
    notes = (file.note,) if file.note else ()
    mark = protection.kind if protection else ""
    return OfferedFile(file.diff, *texts_of(change), f"{change.after_digest}{modes}", mark, notes=notes)
