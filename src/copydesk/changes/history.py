"""Owns the History: every applied change of one workspace, as commits in copydesk's own store.

One commit a step: `step.json`, and `pre-<i>` and `post-<i>` with the bytes of its files; one chain of commits a
session, at `refs/sessions/<session>`; one count of steps for the workspace. Never touches the workspace itself, and
never rewrites a step: what turned out otherwise is said by a later one.
"""

import fcntl
import os
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from threading import Lock
from time import sleep

from copydesk.changes.ledger import LOCK, Ledger
from copydesk.changes.steps import Operation, Step, StepFile, StepMeta, StoredImage, read_step, step_document
from copydesk.domain.errors import GitError, HistoryError, UsageError
from copydesk.domain.proposals import FileChange, FileImage
from copydesk.workspace.store import PrivateStore

_SESSIONS, _OVERLAYS = "refs/sessions", "refs/overlays"
_SESSION_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_NO_COMMIT = b"0" * 40
_PATIENCE = 30.0
"""Seconds to wait for another process that makes a step; one that is at work needs less than one."""
_SHORTEST_WAIT, _LONGEST_WAIT = 0.001, 0.05
"""Seconds between two tries."""


@dataclass(slots=True)
class _Known:
    """What was read of the steps; it grows with them, so that the next one costs the same however many there are."""

    steps: list[Step] = field(default_factory=list)
    """In the order of their numbers."""
    tips: dict[str, str] = field(default_factory=dict)
    """Session → the commit of its last step."""
    blobs: set[str] = field(default_factory=set)
    """Names of the bytes that the store holds."""

    def add(self, steps: Iterable[Step]) -> None:
        """Take steps in; those of a session come in the order of their numbers."""
        for step in steps:
            self.steps.append(step)
            self.tips[step.meta.session] = step.commit
            self.blobs.update(image.blob for image in _stored_images(step))


class History:
    """The applied changes of one workspace; several processes may share its store."""

    def __init__(self, store: PrivateStore, patience: float = _PATIENCE) -> None:
        self._store = store
        self._patience = patience
        """Seconds after which `locked` gives up."""
        self._sessions = store.directory / _SESSIONS
        self._ledger = Ledger(store.directory)
        self._cache = Lock()
        """Guards the two below: a screen may list the steps while a thread makes one."""
        self._known = _Known()
        self._read_at = 0
        """Modification time of the refs' directory, in nanoseconds, that `_known` goes with.

        Every step renames a ref into it and takes longer than the file system's clock ticks, so no two steps share one.
        """

    @property
    def store(self) -> PrivateStore:
        """The repository that it lives in, with room for what is not applied yet."""
        return self._store

    def steps(self) -> list[Step]:
        """Give all steps, oldest first; HistoryError where one cannot be read."""
        with self._cache:
            return list(self._refreshed().steps)

    @property
    def last_number(self) -> int:
        """The number of the step finished last; 0 where none was. HistoryError where that cannot be read."""
        with self._sentences():
            return self._ledger.last

    def find(self, prefix: str) -> Step:
        """Give the step whose id starts so; UsageError unless it is exactly one."""
        found = [step for step in self.steps() if prefix and step.commit.startswith(prefix.lower())]
        match found:
            case [step]:
                return step
            case []:
                raise UsageError(f"This workspace has no step {prefix}; `copydesk history` lists those it has.")
            case _:
                raise UsageError(f"{prefix} is the beginning of {len(found)} steps; give more of its digits.")

    def has_session(self, session: str) -> bool:
        """Tell whether anything is kept of a session: a step, or an edit that waits."""
        return any(self.store.has_ref(f"{folder}/{session}") for folder in (_SESSIONS, _OVERLAYS))

    def images(self, images: Sequence[StoredImage | None]) -> list[FileImage | None]:
        """Give the bytes and modes of several images, with one process; HistoryError where some are lost."""
        stored = [image for image in images if image]
        contents = iter(self._store.cat([image.blob for image in stored]) if stored else [])
        return [_image(image, next(contents)) if image else None for image in images]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes and threads from making a step meanwhile; waits for theirs to end.

        HistoryError where the store cannot be made or written, or another does not end in time.
        """
        lock = self._open_lock()
        try:
            self._take(lock)
            self._initialise()
            yield
        finally:
            os.close(lock)

    def begin(self, meta: StepMeta, at: float, files: Sequence[StepFile], changes: Sequence[FileChange]) -> Step:
        """Record a step that is about to be made, durably and with all bytes. Needs the lock."""
        number = self._next_number()
        with self._sentences():
            self._ledger.begin(number)
        return self._append(Step(number, "", at, meta, tuple(files)), changes)

    def finish(self) -> None:
        """Say that the step begun last is made or settled. Needs the lock."""
        with self._sentences():
            self._ledger.finish()

    def settle(self, step: Step, at: float, standing: Sequence[StepFile]) -> None:
        """Record which files of a step stand; the others never happened. Needs the lock."""
        meta = step.meta
        settled = StepMeta(Operation.SETTLE, meta.session, meta.turn, meta.call, meta.model, meta.title, step.number)
        self._append(Step(self._next_number(), "", at, settled, tuple(standing)), ())

    def may_be_interrupted(self) -> bool:
        """Tell without the lock whether a step is being made, by a process alive or killed, or left files behind."""
        with self._sentences():
            return self._ledger.begun is not None or bool(self._ledger.uncleared)

    def interrupted(self) -> Step | None:
        """Give the step that was begun and neither finished nor settled. Needs the lock.

        Whoever holds the lock and finds the mark knows that its process is gone; one of git's may live for an instant
        yet, and decides nothing any more.
        """
        with self._sentences():
            number = self._ledger.begun
            if number is None:
                return None
            self._store.clear_leftovers()
            for step in reversed(self.steps()):
                if step.meta.operation is Operation.SETTLE and step.meta.target == number:
                    self._ledger.finish()
                    return None
                if step.number == number:
                    return step
            self._ledger.forget()
            return None

    def uncleared(self) -> list[Step]:
        """Give the steps that could not remove all of their temporary files, oldest first. Needs the lock."""
        with self._sentences():
            numbers = self._ledger.uncleared
        steps = [step for step in self.steps() if step.number in numbers] if numbers else []
        if len(steps) < len(numbers):
            # Their sessions were cleared, and with them what is known of the files.
            self.keep_uncleared(steps)
        return steps

    def keep_uncleared(self, steps: Iterable[Step]) -> None:
        """Remember, durably, which steps these are. Needs the lock."""
        with self._sentences():
            self._ledger.keep_uncleared(tuple(sorted({step.number for step in steps})))

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            message = f"The history cannot be kept in {self._store.directory}: {error.strerror}."
            raise HistoryError(message) from error

    def _open_lock(self) -> int:
        directory = self._store.directory
        with self._sentences():
            for folder in (*reversed(directory.parents), directory):
                with suppress(FileExistsError):
                    folder.mkdir(mode=0o700)
            return os.open(directory / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _take(self, lock: int) -> None:
        """Lock, and look again in ever longer steps while another does; no call to the system waits and gives up."""
        waited, wait = 0.0, _SHORTEST_WAIT
        while not self._is_taken(lock):
            if waited >= self._patience:
                raise HistoryError(
                    f"Another copydesk has kept the history of this workspace locked for {self._patience:g} seconds. "
                    "Wait until it has ended; one that is stopped or hangs has to be continued or killed."
                )
            sleep(wait)
            waited, wait = waited + wait, min(2 * wait, _LONGEST_WAIT)

    def _initialise(self) -> None:
        try:
            self._store.initialise()
        except GitError:
            # A git process that was killed while it made the store has left a lock there.
            self._store.clear_leftovers()
            self._store.initialise()

    def _is_taken(self, lock: int) -> bool:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            raise HistoryError(
                f"The history in {self._store.directory} cannot be locked ({error.strerror}), so no edit is made. "
                "Set COPYDESK_STATE_DIR to a directory of a local disk."
            ) from error
        return True

    def _next_number(self) -> int:
        """Count on from the last step, or from the last that was given should its session be cleared by now.

        A step that was settled has one number more than what is noted of it.
        """
        with self._sentences():
            given = self._ledger.last
        with self._cache:
            steps = self._refreshed().steps
            last = steps[-1].number if steps else 0
        return last + 1 if last >= given else given + 2

    def _changed_at(self) -> int:
        with self._sentences(), suppress(FileNotFoundError):
            return self._sessions.stat().st_mtime_ns
        return 0

    def _refreshed(self) -> _Known:
        """Read what other processes wrote since the last look; needs `_cache`."""
        changed_at = self._changed_at()
        if changed_at != self._read_at:
            self._known = self._reread()
            self._read_at = changed_at
        return self._known

    def _reread(self) -> _Known:
        """Add what is new, or begin anew where sessions were cleared."""
        is_longer = self._known.tips.keys() <= self._names()
        for known in (self._known, _Known()) if is_longer else (_Known(),):
            with suppress(GitError, HistoryError):
                return self._extended(known)
        # A session that leaves while it is read is not listed the next time.
        return self._extended(_Known())

    def _names(self) -> set[str]:
        with self._sentences(), suppress(FileNotFoundError):
            return set(os.listdir(self._sessions))  # noqa: PTH208 - names alone are wanted
        return set()

    def _extended(self, known: _Known) -> _Known:
        commits = self._store.run(("rev-list", f"--glob={_SESSIONS}/*", "--not", *known.tips.values()))
        names = commits.decode("ascii").split()
        documents = self._store.cat([f"{name}:step.json" for name in names]) if names else []
        found = [read_step(name, document or b"") for name, document in zip(names, documents, strict=True)]
        known.add(sorted(found, key=_number))
        known.steps.sort(key=_number)
        return known

    def _append(self, step: Step, changes: Sequence[FileChange]) -> Step:
        """Write a step's commit and point its session's ref at it.

        One `fast-import` writes all objects, loose and synced: 12 ms against 18 for the plumbing commands that do the
        same (5 as a pack, but then each step would leave a pack). It moves no ref: a git process may live on for a
        moment when this one is killed, and must not be able to decide anything then.
        """
        session = step.meta.session
        if not _SESSION_NAME.fullmatch(session):
            raise HistoryError(f"{session!r} cannot name a session; use letters, digits, - and _.")
        with self._cache:
            known = self._refreshed()
        tip = known.tips.get(session)
        try:
            answer = self._store.fast_import(_commit_stream(step, changes, tip, known.blobs))
        except GitError as error:
            if "not found" not in str(error):
                raise
            # Something is lost that the store should hold; what this step needs is at hand.
            answer = self._store.fast_import(_commit_stream(step, changes, tip, ()))
        commit = answer.decode("ascii").strip()
        recorded = replace(step, commit=commit)
        with self._cache, self._sentences():
            self._store.point(f"{_SESSIONS}/{session}", commit)
            self._known.add([recorded])
            self._read_at = self._changed_at()
        return recorded


def _image(stored: StoredImage, data: bytes | None) -> FileImage:
    if data is None:
        raise HistoryError(f"The History has lost the bytes {stored.blob}; `copydesk doctor` looks for the damage.")
    return FileImage(data, stored.mode, attributes=stored.attributes)


def _number(step: Step) -> int:
    return step.number


def _stored_images(step: Step) -> Iterator[StoredImage]:
    return (image for file in step.files for image in (file.before, file.after) if image)


def _commit_stream(
    step: Step, changes: Sequence[FileChange], parent: str | None, stored: Container[str]
) -> Iterator[bytes]:
    """Write a commit for `git fast-import`, which answers with its name and keeps no ref to it.

    What is `stored` already, under the names given, is only named again.
    """
    yield b"feature done\ncommit refs/copydesk/step\nmark :1\n"
    yield b"committer copydesk <copydesk@localhost> %d +0000\n" % step.at
    yield from _data(_message(step))
    if parent:
        yield b"from %s\ndeleteall\n" % parent.encode("ascii")
    yield b"M 100644 inline step.json\n"
    yield from _data(step_document(step))
    yield from _tree(step, changes, stored)
    yield b"reset refs/copydesk/step\nfrom %s\n\nget-mark :1\ndone\n" % _NO_COMMIT


def _tree(step: Step, changes: Sequence[FileChange], stored: Container[str]) -> Iterator[bytes]:
    for index, (file, change) in enumerate(zip(step.files, changes, strict=False)):
        sides = (("pre", file.before, change.before), ("post", file.after, change.after))
        for side, image, content in sides:
            if image is None or content is None:
                continue
            if image.blob in stored:
                yield b"M 100644 %s %s-%d\n" % (image.blob.encode("ascii"), side.encode("ascii"), index)
            else:
                yield b"M 100644 inline %s-%d\n" % (side.encode("ascii"), index)
                yield from _data(content.data)


def _data(data: bytes) -> Iterator[bytes]:
    yield from (b"data %d\n" % len(data), data, b"\n")


def _message(step: Step) -> bytes:
    """Say in words and trailers what `git log` is to show."""
    meta = step.meta
    trailers = {"Session": meta.session, "Step": step.number, "Turn": meta.turn, "Tool-Use-Id": meta.call}
    lines = [meta.title or meta.operation, "", *(f"{name}: {value}" for name, value in trailers.items() if value)]
    text = "\n".join("".join(sign if sign.isprintable() else "?" for sign in line) for line in lines)
    return f"{text}\nOp: {meta.operation}\n".encode("utf-8", "replace")
