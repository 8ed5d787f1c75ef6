"""Owns the History: every applied change of one workspace, as commits in copydesk's own store.

One commit a step: `step.json`, and `pre-<i>` and `post-<i>` with the bytes of its files; one chain of commits a
session, at `refs/sessions/<session>`; one count of steps for the workspace. Never touches the workspace itself, and
never rewrites a step: what turned out otherwise is said by a later one.
"""

import fcntl
import os
import re
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from threading import Lock

from copydesk.changes.steps import Operation, Step, StepFile, StepMeta, StoredImage, read_step, step_document
from copydesk.domain.errors import GitError, HistoryError, UsageError
from copydesk.domain.proposals import FileChange, FileImage
from copydesk.workspace.store import PrivateStore, make_durable

_SESSIONS = "refs/sessions"
_SESSION_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_NO_COMMIT = b"0" * 40


class History:
    """The applied changes of one workspace; several processes may share its store."""

    def __init__(self, store: PrivateStore) -> None:
        self._store = store
        self._sessions = store.directory / _SESSIONS
        self._mark = store.directory / "copydesk.step"
        """A link that names the step being made; it outlives only a killed process."""
        self._cache = Lock()
        """Guards the two below: a screen may list the steps while a thread makes one."""
        self._steps: list[Step] = []
        self._read_at = 0
        """Modification time of the refs' directory, in nanoseconds, that `_steps` goes with.

        Every step renames a ref into it and takes longer than the file system's clock ticks, so no two steps share one.
        """

    @property
    def store(self) -> PrivateStore:
        """The repository that it lives in, with room for what is not applied yet."""
        return self._store

    def steps(self) -> list[Step]:
        """Give all steps, oldest first; HistoryError where one cannot be read."""
        with self._cache:
            changed_at = self._changed_at()
            if changed_at != self._read_at:
                self._steps = self._load({step.commit: step for step in self._steps})
                self._read_at = changed_at
            return list(self._steps)

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

    def images(self, images: Sequence[StoredImage | None]) -> list[FileImage | None]:
        """Give the bytes and modes of several images, with one process; HistoryError where some are lost."""
        stored = [image for image in images if image]
        contents = iter(self._store.cat([image.blob for image in stored]) if stored else [])
        return [_image(image, next(contents)) if image else None for image in images]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes and threads from making a step meanwhile; waits for theirs to end.

        HistoryError where the store cannot be made or written.
        """
        lock = self._open_lock()
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._store.initialise()
            yield
        finally:
            os.close(lock)

    def begin(self, meta: StepMeta, at: float, files: Sequence[StepFile], changes: Sequence[FileChange]) -> Step:
        """Record a step that is about to be made, durably and with all bytes. Needs the lock."""
        number = self._next_number()
        with self._sentences():
            self._mark.symlink_to(str(number))
            make_durable(self._mark.parent)
        return self._append(Step(number, "", at, meta, tuple(files)), changes)

    def finish(self) -> None:
        """Say that the step begun last is made or settled. Needs the lock."""
        with self._sentences():
            self._mark.unlink(missing_ok=True)

    def settle(self, step: Step, at: float, standing: Sequence[StepFile]) -> None:
        """Record which files of a step stand; the others never happened. Needs the lock."""
        meta = step.meta
        settled = StepMeta(Operation.SETTLE, meta.session, meta.turn, meta.call, meta.model, meta.title, step.number)
        self._append(Step(self._next_number(), "", at, settled, tuple(standing)), ())

    def may_be_interrupted(self) -> bool:
        """Tell without the lock whether a step is being made, by a process alive or killed."""
        return self._mark.is_symlink()

    def interrupted(self) -> Step | None:
        """Give the step that was begun and neither finished nor settled. Needs the lock.

        Whoever holds the lock and finds the mark knows that its process is gone.
        """
        try:
            number = int(self._mark.readlink().name)
        except FileNotFoundError:
            return None
        for step in reversed(self.steps()):
            if step.meta.operation is Operation.SETTLE and step.meta.target == number:
                break
            if step.number == number:
                return step
        self.finish()
        return None

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
            return os.open(directory / "copydesk.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _next_number(self) -> int:
        steps = self.steps()
        return steps[-1].number + 1 if steps else 1

    def _changed_at(self) -> int:
        with self._sentences(), suppress(FileNotFoundError):
            return self._sessions.stat().st_mtime_ns
        return 0

    def _load(self, known: dict[str, Step]) -> list[Step]:
        commits = self._store.run(("rev-list", f"--glob={_SESSIONS}/*")).decode("ascii").split()
        unknown = [commit for commit in commits if commit not in known]
        documents = self._store.cat([f"{commit}:step.json" for commit in unknown]) if unknown else []
        for commit, document in zip(unknown, documents, strict=True):
            known[commit] = read_step(commit, document or b"")
        return sorted((known[commit] for commit in commits), key=lambda step: step.number)

    def _append(self, step: Step, changes: Sequence[FileChange]) -> Step:
        """Write a step's commit and point its session's ref at it.

        One `fast-import` writes all objects, loose and synced: 12 ms against 18 for the plumbing commands that do the
        same (5 as a pack, but then each step would leave a pack). It moves no ref: a git process may live on for a
        moment when this one is killed, and must not be able to decide anything then.
        """
        session = step.meta.session
        if not _SESSION_NAME.fullmatch(session):
            raise HistoryError(f"{session!r} cannot name a session; use letters, digits, - and _.")
        earlier = self.steps()
        chain = [other.commit for other in earlier if other.meta.session == session]
        stored = frozenset(image.blob for other in earlier for image in _stored_images(other))
        try:
            answer = self._store.fast_import(_commit_stream(step, changes, chain[-1:], stored))
        except GitError as error:
            if "not found" not in str(error):
                raise
            # Something is lost that the store should hold; what this step needs is at hand.
            answer = self._store.fast_import(_commit_stream(step, changes, chain[-1:], ()))
        commit = answer.decode("ascii").strip()
        recorded = replace(step, commit=commit)
        with self._cache, self._sentences():
            self._store.point(f"{_SESSIONS}/{session}", commit)
            self._steps.append(recorded)
            self._read_at = self._changed_at()
        return recorded


def _image(stored: StoredImage, data: bytes | None) -> FileImage:
    if data is None:
        raise HistoryError(f"The History has lost the bytes {stored.blob}; `copydesk doctor` looks for the damage.")
    return FileImage(data, stored.mode)


def _stored_images(step: Step) -> Iterator[StoredImage]:
    return (image for file in step.files for image in (file.before, file.after) if image)


def _commit_stream(
    step: Step, changes: Sequence[FileChange], parent: Sequence[str], stored: Container[str]
) -> Iterator[bytes]:
    """Write a commit for `git fast-import`, which answers with its name and keeps no ref to it.

    What is `stored` already, under the names given, is only named again.
    """
    yield b"feature done\ncommit refs/copydesk/step\nmark :1\n"
    yield b"committer copydesk <copydesk@localhost> %d +0000\n" % step.at
    yield from _data(_message(step))
    yield from (b"from %s\ndeleteall\n" % name.encode("ascii") for name in parent)
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
