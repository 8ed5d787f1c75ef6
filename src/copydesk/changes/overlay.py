"""Owns the overlay: what a session's model proposed in mode `review` and nobody decided yet, kept durably.

All of it is one commit in copydesk's own store at `refs/overlays/<session>`: `overlay.json`, and the bytes of every
image that it names. Each change of the overlay is a new commit, without a parent, to which the ref moves at once; the
former state holds until then. Never touches the workspace: what waits here reaches the disk through the applier.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from copydesk.changes.gathered import (
    Gathered,
    GatheredFile,
    images_of,
    overlay_document,
    read_overlay,
    undoable,
    without,
)
from copydesk.changes.history import History
from copydesk.changes.steps import Operation, StepMeta, StoredImage
from copydesk.changes.undo import Undoable
from copydesk.changes.waiting import OVERLAYS, SESSION_NAME, damaged
from copydesk.domain.errors import StaleFile
from copydesk.domain.proposals import FileChange, FileImage, Proposal, digest
from copydesk.workspace.files import DiskFiles
from copydesk.workspace.overlay import OverlayFiles
from copydesk.workspace.store import PrivateStore

_NO_COMMIT = b"0" * 40


@dataclass(frozen=True, slots=True)
class OverlaidFile:
    """A file that the overlay shows otherwise than the disk had it."""

    path: str
    """Relative to the workspace root, without links."""
    base: FileImage | None
    """What the first of the proposals was computed from: what the disk held then."""
    image: FileImage | None
    """What the overlay shows."""
    encoding: str
    """The codec that people are shown it in."""
    proposals: tuple[str, ...]
    """Ids of those that touch it, in order."""


@dataclass(frozen=True, slots=True)
class _State:
    """The overlay at one moment; it is replaced, never changed."""

    gathered: tuple[Gathered, ...] = ()
    files: Mapping[str, OverlaidFile] = field(default_factory=dict)
    images: Mapping[str, FileImage | None] = field(default_factory=dict)


class Overlay:
    """What waits for one session's review; several threads may use it, and one process at a time."""

    def __init__(self, store: PrivateStore, disk: DiskFiles, session: str) -> None:
        """Begin an empty one; ValueError for a session's name that cannot name a ref."""
        if not SESSION_NAME.fullmatch(session):
            raise ValueError(f"{session!r} cannot name a session")
        self.files = OverlayFiles(disk, self.images)
        """The workspace as the model sees it."""
        self._store = store
        self._history = History(store)
        self._disk = disk
        self._ref = f"{OVERLAYS}/{session}"
        self._state = _State()

    @classmethod
    def load(cls, store: PrivateStore, disk: DiskFiles, session: str) -> Self:
        """Give a session's overlay as it was last kept, empty where there is none; HistoryError where it is damaged."""
        overlay = cls(store, disk, session)
        overlay._state = _state_of(overlay._kept(), overlay._history.images)
        return overlay

    @property
    def proposals(self) -> tuple[Gathered, ...]:
        """What was gathered, in order."""
        return self._state.gathered

    @property
    def overlaid(self) -> tuple[OverlaidFile, ...]:
        """The files that wait, in the order in which they were first touched."""
        return tuple(self._state.files.values())

    def images(self) -> Mapping[str, FileImage | None]:
        """Path → what the overlay shows there, None for no file; a mapping that was given does not change any more."""
        return self._state.images

    def base(self, path: str) -> FileImage | None:
        """What the first pending edit of a file was computed from; KeyError where none is pending."""
        return self._state.files[path].base

    def gather(self, proposal: Proposal, meta: StepMeta) -> Gathered:
        """Take a proposal in; it is durable when this returns (blocking).

        StaleFile or another WorkspaceError unless every change was computed from what `files` shows; HistoryError or
        GitError where it cannot be kept. The overlay is then as it was.
        """
        if len(set(proposal.paths)) < len(proposal.paths):
            raise ValueError("a proposal changes a file twice")
        with self._history.locked():
            for change in proposal.changes:
                self._check(change)
            gathered = _gathered(proposal, meta)
            contents = dict(_contents(gathered, proposal.changes))
            self._keep(_added(self._state, gathered, proposal.changes), contents)
        return gathered

    def discard(self, paths: Collection[str], proposals: Collection[str] | None = None) -> None:
        """Let go of files, durably (blocking); HistoryError or GitError where that fails, and all is as it was.

        Only of what these proposals did to them, where they are given: what was gathered since goes on waiting, on
        the base of what it was computed from.
        """
        if self._state.files.keys().isdisjoint(paths):
            return
        with self._history.locked():
            kept = without(self._state.gathered, frozenset(paths), proposals)
            self._keep(_state_of(kept, self._history.images), {})

    def clear(self) -> None:
        """Let go of everything, as `discard` does."""
        self.discard(self._state.files)

    def last_change(self, path: str) -> Undoable | None:
        """The last pending change of a file that can be undone, with its bytes (blocking); None where there is none."""
        file = undoable(self._state.gathered, path)
        if file is None:
            return None
        before, after = self._history.images([file.before, file.after])
        return Undoable(FileChange(path, before, after, file.encoding))

    def trail(self, path: str, proposals: Collection[str]) -> list[FileChange]:
        """What each of these proposals did to a file, in order, with the bytes (blocking)."""
        files = [
            file for one in self._state.gathered if one.proposal in proposals for file in one.files if file.path == path
        ]
        found = self._history.images([image for file in files for image in (file.before, file.after)])
        pairs = zip(files, found[::2], found[1::2], strict=True)
        return [FileChange(path, before, after, file.encoding) for file, before, after in pairs]

    def calls(self, path: str, proposals: Collection[str]) -> list[str]:
        """The `tool_use` ids of these proposals, as often and in the order that `trail` has what they did to a file."""
        meant = (one for one in self._state.gathered if one.proposal in proposals)
        return [one.call for one in meant for file in one.files if file.path == path]

    def _check(self, change: FileChange) -> None:
        if self._disk.real_path(change.path) != change.path:
            # Whatever the link leads to is not what the policy ruled on.
            raise StaleFile(change.path)
        shown = self.files.read(change.path)
        if digest(shown.data if shown else None) != change.before_digest:
            raise StaleFile(change.path)

    def _kept(self) -> tuple[Gathered, ...]:
        if not self._store.directory.exists():
            return ()
        commit = self._store.ref(self._ref)
        if commit:
            return read_overlay(self._store.cat([f"{commit}:overlay.json"])[0] or b"")
        file = self._store.directory / self._ref
        if file.exists():
            raise damaged(file)
        return ()

    def _keep(self, state: _State, contents: Mapping[str, bytes]) -> None:
        """Make a state the durable one, and then the one that is shown. Needs the lock."""
        stored = images_of(self._state.gathered).keys()
        fresh = {blob: data for blob, data in contents.items() if blob not in stored}
        commit = self._store.fast_import(_commit_stream(state.gathered, fresh)).decode("ascii").strip()
        self._store.point(self._ref, commit)
        self._state = state


def _gathered(proposal: Proposal, meta: StepMeta) -> Gathered:
    files = tuple(
        GatheredFile(change.path, _stored(change.before), _stored(change.after), change.encoding)
        for change in proposal.changes
    )
    is_undo = meta.operation is Operation.UNDO
    return Gathered(proposal.id, proposal.call, meta.turn, proposal.summary, files, is_undo, meta.emptied_directories)


def _stored(image: FileImage | None) -> StoredImage | None:
    return StoredImage.of(image) if image else None


def _contents(gathered: Gathered, changes: Sequence[FileChange]) -> Iterator[tuple[str, bytes]]:
    """The bytes of each image by blob."""
    for file, change in zip(gathered.files, changes, strict=True):
        for stored, image in ((file.before, change.before), (file.after, change.after)):
            if stored and image:
                yield stored.blob, image.data


def _added(state: _State, gathered: Gathered, changes: Sequence[FileChange]) -> _State:
    files = dict(state.files)
    for change in changes:
        known = files.get(change.path)
        if known is None:
            known = OverlaidFile(change.path, change.before, None, change.encoding, ())
        proposals = (*known.proposals, gathered.proposal)
        files[change.path] = replace(known, image=change.after, proposals=proposals)
    images = {path: file.image for path, file in files.items()}
    return _State((*state.gathered, gathered), files, images)


def _state_of(
    gathered: tuple[Gathered, ...], read: Callable[[Sequence[StoredImage | None]], list[FileImage | None]]
) -> _State:
    """Put a state together from what was gathered; `read` gives the bytes of images."""
    trails: dict[str, list[tuple[str, GatheredFile]]] = {}
    for one in gathered:
        for file in one.files:
            trails.setdefault(file.path, []).append((one.proposal, file))
    ends = [(trail[0][1].before, trail[-1][1].after) for trail in trails.values()]
    found = read([image for end in ends for image in end])
    bases, images = found[::2], found[1::2]
    files = {
        path: OverlaidFile(path, base, image, trail[0][1].encoding, tuple(proposal for proposal, _ in trail))
        for (path, trail), base, image in zip(trails.items(), bases, images, strict=True)
    }
    return _State(gathered, files, dict(zip(trails, images, strict=True)))


def _commit_stream(gathered: Sequence[Gathered], contents: Mapping[str, bytes]) -> Iterator[bytes]:
    """Write a commit for `git fast-import`, which answers with its name and keeps no ref to it.

    Images whose bytes are not given are stored already, and only named. Nothing reads the date.
    """
    yield b"feature done\ncommit refs/copydesk/overlay\nmark :1\ncommitter copydesk <copydesk@localhost> 0 +0000\n"
    yield from _data(b"Edits that wait for a review\n")
    yield b"M 100644 inline overlay.json\n"
    yield from _data(overlay_document(gathered))
    for name in images_of(gathered):
        blob = name.encode("ascii")
        if name in contents:
            yield b"M 100644 inline %s\n" % blob
            yield from _data(contents[name])
        else:
            yield b"M 100644 %s %s\n" % (blob, blob)
    yield b"reset refs/copydesk/overlay\nfrom %s\n\nget-mark :1\ndone\n" % _NO_COMMIT


def _data(data: bytes) -> Iterator[bytes]:
    yield from (b"data %d\n" % len(data), data, b"\n")
