"""Owns reading a change that was proposed elsewhere, as a bundle or as a patch, whatever its file is called."""

from copydesk.changes.arrivals import Arrival
from copydesk.changes.bundling import Preimages, plan_bundle, plan_patch
from copydesk.domain.bundle_reading import read_bundle
from copydesk.domain.bundles import Bundle
from copydesk.domain.patches.patch import Patch
from copydesk.domain.patches.reading import read_patch
from copydesk.workspace.files import DiskFiles

Proposed = Bundle | Patch


def read_proposed(data: bytes) -> Proposed:
    """Read a bundle, which begins as a JSON object does, or else a patch; BundleError or PatchError for neither."""
    begins_as_object = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
    return read_bundle(data) if begins_as_object else read_patch(data)


def plan(proposed: Proposed, disk: DiskFiles, preimages: Preimages) -> Arrival:
    """Say what it would change in these files (blocking)."""
    match proposed:
        case Bundle():
            return plan_bundle(proposed, disk)
        case Patch():
            return plan_patch(proposed, disk, preimages)


def notes_of(proposed: Proposed) -> tuple[str, ...]:
    """Sentences that came with it."""
    return proposed.notes if isinstance(proposed, Bundle) else ()
