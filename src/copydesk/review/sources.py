"""Owns what `review` can be asked to show, and how it is found: what git has, a bundle, a patch.

What git has is made already and only read; a bundle or a patch is planned against the files as they are. Nothing is
written.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from copydesk.changes.arrivals import Arrival
from copydesk.changes.bundling import Preimages
from copydesk.domain.bundles import Bundle
from copydesk.domain.errors import BundleError, GitError, PatchError, UsageError
from copydesk.domain.patches.patch import Patch
from copydesk.review.made import already_made
from copydesk.review.proposed import Proposed, notes_of, plan, read_proposed
from copydesk.workspace.files import DiskFiles
from copydesk.workspace.revisions import RevisedFile, Revisions

STANDARD_INPUT = "-"
SHORT = 10
"""Digits of a commit that are shown."""
MADE = "All of it is in the files already, so approving it writes nothing."


class SourceKind(Enum):
    """Where changes come from."""

    WORKING_TREE = "working tree"
    COMMIT = "commit"
    RANGE = "range"
    BUNDLE = "bundle"
    PATCH = "patch"


@dataclass(frozen=True, slots=True)
class Source:
    """What is to be reviewed."""

    kind: SourceKind
    origin: str
    """What people call it: `working tree`, `main...topic`, `fix.patch`."""
    files: tuple[RevisedFile, ...]
    base_commit: str = ""
    """What it is a change of, in full; empty where that is not known."""
    arrival: Arrival | None = None
    """What it would change here, where it is not made yet; then a verdict can apply it."""
    notes: tuple[str, ...] = ()
    """Sentences on all of it."""
    session: str = ""
    """The session whose model proposed it, where that is known."""

    @property
    def identity(self) -> str:
        """Under which is kept what was seen and said of it, for the next round."""
        named = self.base_commit if self.kind is SourceKind.COMMIT else self.session or self.origin
        text = f"{self.kind.value}\0{named}"
        return f"review-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:24]}"

    @property
    def title(self) -> str:
        """It in the words of a title: with the commit that it is, or is a change of."""
        base = self.base_commit[:SHORT]
        name = self.origin.rsplit("/", 1)[-1] if self.is_proposed else self.origin
        if not base:
            return name
        match self.kind:
            case SourceKind.COMMIT:
                return f"commit {self.origin}" if self.origin.startswith(base) else f"commit {self.origin} ({base})"
            case SourceKind.WORKING_TREE | SourceKind.RANGE | SourceKind.BUNDLE | SourceKind.PATCH:
                return f"{name} against {base}"
            case _:
                assert_never(self.kind)

    @property
    def is_proposed(self) -> bool:
        """Whether somebody handed it over as a file, rather than git having it."""
        return self.kind in (SourceKind.BUNDLE, SourceKind.PATCH)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look at."""
        return not self.files and not (self.arrival and self.arrival.changeset.conflicts)


@dataclass(frozen=True, slots=True)
class Reach:
    """Where sources are looked for."""

    revisions: Revisions
    files: DiskFiles
    preimages: Preimages
    read: Callable[[str], bytes | None]
    """The bytes of a file named by the person, or of standard input for `-`; None where there is no such file."""


def find_source(word: str, reach: Reach) -> Source:
    """Find what a word means: nothing, `-`, a file, a range or a commit, in this order (blocking).

    UsageError with a sentence for what is none of these.
    """
    data = reach.read(word) if word else None
    if data is not None:
        return _proposed(word, data, reach)
    try:
        return _of_git(word, reach.revisions)
    except GitError as error:
        raise UsageError(f"git cannot say what is to be reviewed: {error} A patch or a bundle needs no git.") from error


def _of_git(word: str, revisions: Revisions) -> Source:
    if not word:
        files = revisions.working_tree()
        return Source(SourceKind.WORKING_TREE, "working tree", files, revisions.head())
    if "..." in word:
        old, _, new = word.partition("...")
        base = revisions.merge_base(old, new)
        return Source(SourceKind.RANGE, word, revisions.between(base, new), base)
    if ".." in word:
        old, _, new = word.partition("..")
        return Source(SourceKind.RANGE, word, revisions.between(old, new), revisions.commit(old))
    return Source(SourceKind.COMMIT, word, revisions.of_commit(word), revisions.commit(word))


def _proposed(word: str, data: bytes, reach: Reach) -> Source:
    name = "standard input" if word == STANDARD_INPUT else word
    try:
        proposed = read_proposed(data)
    except (BundleError, PatchError) as error:
        raise UsageError(f"{name}: {error}") from error
    arrival = plan(proposed, reach.files, reach.preimages)
    if isinstance(proposed, Patch) and not arrival.changeset.files:
        made = tuple(RevisedFile(path, was, now, old) for path, old, was, now in already_made(proposed, reach.files))
        if made:
            return Source(SourceKind.PATCH, name, made, notes=(MADE,))
    kind = SourceKind.BUNDLE if isinstance(proposed, Bundle) else SourceKind.PATCH
    there = tuple(f"{path} is already as it would be." for path in arrival.changeset.unchanged)
    notes = (*notes_of(proposed), *arrival.notes, *there)
    session = proposed.provenance.session if isinstance(proposed, Bundle) else ""
    return Source(kind, name, _offered(arrival), _base_of(proposed), arrival, notes, session)


def _offered(arrival: Arrival) -> tuple[RevisedFile, ...]:
    """The changes as they would be made here; a renamed file is two of them, and both say so."""
    came_from = arrival.renamed
    went_to = {old: new for new, old in came_from.items()}
    found = []
    for file in arrival.changeset.files:
        path, note = file.change.path, ""
        if path in came_from:
            note = f"It comes from {came_from[path]}; both are taken, or neither is."
        elif path in went_to:
            note = f"It goes to {went_to[path]}; both are taken, or neither is."
        found.append(RevisedFile(path, file.change.before, file.change.after, note=note))
    return tuple(found)


def _base_of(proposed: Proposed) -> str:
    return (proposed.base_commit or "") if isinstance(proposed, Bundle) else ""
