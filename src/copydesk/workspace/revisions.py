"""Owns reading what differs between two states of the user's repository: commits, or a commit and the files on disk.

Contents are as a checkout would have them (line ends included), so that they compare with the files on disk; programs
that the repository names run for none of it. Nothing is written, the index included.
"""

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from copydesk.domain.diffs import FileDiff, diff_images
from copydesk.domain.errors import FileTooLarge, GitError, UsageError, WorkspaceError
from copydesk.domain.proposals import FileChange, FileImage
from copydesk.workspace.files import DiskFiles
from copydesk.workspace.git import UserRepository, checked

LARGEST: Final = 16 * 1024 * 1024
"""Bytes of a file that is compared."""
_EMPTY_TREE: Final = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_EMPTY_TREE_OF_SHA256: Final = "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
_RAW = ("--raw", "-r", "-z", "-M", "--no-abbrev", "--relative", "--ignore-submodules=all")
_NOTHING = b"\0"
_LINK, _SUBMODULE = 0o120000, 0o160000
_TOO_LARGE: Final = f"It is larger than {LARGEST // (1024 * 1024)} MiB."


@dataclass(frozen=True, slots=True)
class RevisedFile:
    """A file that is not the same on both sides."""

    path: str
    """Relative to the root."""
    before: FileImage | None
    after: FileImage | None
    old_path: str = ""
    """What it was called, where it was renamed."""
    note: str = ""
    """What is to be said of it beside its lines, such as why they are not there."""

    @property
    def change(self) -> FileChange:
        """It as a change of the file under its new name."""
        return FileChange(self.path, self.before, self.after)

    @property
    def diff(self) -> FileDiff:
        """Its lines (blocking for long files)."""
        before, after = self.before, self.after
        data = before.data if before else None, after.data if after else None
        modes = before.mode if before else None, after.mode if after else None
        return diff_images(self.path, *data, modes=modes, old_path=self.old_path)


@dataclass(frozen=True, slots=True)
class _Side:
    mode: int
    """As git writes it; 0 for none."""
    blob: str
    """All zeros for what is on disk."""

    @property
    def is_on_disk(self) -> bool:
        return bool(self.mode) and not self.blob.strip("0")

    @property
    def is_stored(self) -> bool:
        return bool(self.mode) and not self.is_on_disk and self.mode != _SUBMODULE


@dataclass(frozen=True, slots=True)
class _Entry:
    path: str
    old_path: str
    before: _Side
    after: _Side


class Revisions:
    """Compares states of one repository; GitError where git fails, UsageError for a revision that is none."""

    def __init__(self, repository: UserRepository, files: DiskFiles) -> None:
        self._repository = repository
        self._files = files

    def working_tree(self) -> tuple[RevisedFile, ...]:
        """What the files on disk have otherwise than the last commit, files that git does not know included."""
        head = self._repository.base_commit()
        base = head or self._empty_tree()
        entries = list(_entries(self._ask(("diff-index", *_RAW, base))))
        listed = self._ask(("ls-files", "-z", "--others", "--exclude-standard"))
        known = {entry.path for entry in entries}
        absent, present = _Side(0, ""), _Side(stat.S_IFREG, "0")
        for name in map(os.fsdecode, listed.split(_NOTHING)[:-1]):
            if name not in known and not name.endswith("/"):
                entries.append(_Entry(name, "", absent, present))
        return self._read(entries)

    def between(self, old: str, new: str) -> tuple[RevisedFile, ...]:
        """What the second of two revisions has otherwise than the first."""
        return self._read(list(_entries(self._ask(("diff-tree", *_RAW, self.commit(old), self.commit(new))))))

    def of_commit(self, revision: str) -> tuple[RevisedFile, ...]:
        """What a commit has otherwise than its first parent."""
        commit = self.commit(revision)
        parent = self._id(f"{commit}^1^{{commit}}") or self._empty_tree()
        return self._read(list(_entries(self._ask(("diff-tree", *_RAW, parent, commit)))))

    def head(self) -> str:
        """The full id of the commit that is checked out; empty where there is none."""
        return self._repository.base_commit() or ""

    def merge_base(self, old: str, new: str) -> str:
        """The commit that both come from."""
        answer = self._repository.run(("merge-base", self.commit(old), self.commit(new)))
        if answer.status:
            raise UsageError(f"{old} and {new} have no commit in common.")
        return answer.output.split()[0].decode("ascii")

    def commit(self, revision: str) -> str:
        """The full id of a commit; UsageError where it names none."""
        # What begins with a hyphen would be read as an option.
        found = None if revision.startswith("-") else self._id(f"{revision or 'HEAD'}^{{commit}}")
        if found is None:
            raise UsageError(f"{revision} is no commit, no range and no file here.")
        return found

    def _id(self, name: str) -> str | None:
        answer = self._repository.run(("rev-parse", "--verify", "--quiet", "--end-of-options", name))
        return answer.output.decode("ascii").strip() if answer.status == 0 else None

    def _empty_tree(self) -> str:
        listed = self._repository.run(("rev-parse", "--show-object-format"))
        return _EMPTY_TREE_OF_SHA256 if listed.output.strip() == b"sha256" else _EMPTY_TREE

    def _ask(self, arguments: Sequence[str], stdin: bytes = b"") -> bytes:
        return checked(self._repository.run(arguments, stdin), arguments[0])

    def _read(self, entries: Sequence[_Entry]) -> tuple[RevisedFile, ...]:
        """The files with their contents, in the order of their names; what turns out to be the same is left out."""
        stored = [side for entry in entries for side in (entry.before, entry.after) if side.is_stored]
        contents = self._contents(list(dict.fromkeys(side.blob for side in stored)))
        found = []
        for entry in entries:
            before, why = self._image(entry.before, entry.old_path or entry.path, contents)
            after, why_not = self._image(entry.after, entry.path, contents)
            if entry.after.is_on_disk and before and after:
                before, after = self._as_checked_out(entry, before, after), _with_git_mode(after)
            if why or why_not or entry.old_path or before != after:
                found.append(RevisedFile(entry.path, before, after, entry.old_path, why or why_not))
        return tuple(sorted(found, key=lambda file: file.path))

    def _image(self, side: _Side, path: str, contents: Mapping[str, bytes | None]) -> tuple[FileImage | None, str]:
        """One side of a file, None where there is none to show; and a sentence where it is not that of a file."""
        if not side.mode:
            return None, ""
        if side.mode == _SUBMODULE:
            return None, "It is a submodule; review it in its own repository."
        if side.is_on_disk:
            return self._on_disk(path)
        data = contents[side.blob]
        if data is None:
            return None, _TOO_LARGE
        note = "It is a symbolic link; its text is where it leads." if side.mode == _LINK else ""
        return FileImage(data, side.mode & 0o777 or 0o644), note

    def _on_disk(self, path: str) -> tuple[FileImage | None, str]:
        try:
            if self._files.real_path(path) != path:
                return None, "It is a symbolic link on disk."
            return self._files.read(path, LARGEST), ""
        except FileTooLarge:
            return None, _TOO_LARGE
        except (WorkspaceError, OSError) as error:
            return None, str(error)

    def _as_checked_out(self, entry: _Entry, before: FileImage, after: FileImage) -> FileImage:
        """What the commit has as a checkout would write it, where that is another than what git stores."""
        has_other_form = any((sign in after.data) > (sign in before.data) for sign in (b"\r\n", b"\0"))
        if not has_other_form or before.data == after.data:
            return before
        data = self._ask(("cat-file", "--filters", f"--path={entry.old_path or entry.path}", entry.before.blob))
        return FileImage(data, before.mode)

    def _contents(self, blobs: Sequence[str]) -> dict[str, bytes | None]:
        """What these blobs hold, None for one that is too large."""
        if not blobs:
            return {}
        listed = self._ask(("cat-file", "--batch-check=%(objectsize)"), _lines(blobs)).split()
        if len(listed) != len(blobs):
            raise GitError("git has not all of the contents that differ; a shallow or partial clone lacks them.")
        small = [blob for blob, size in zip(blobs, listed, strict=True) if int(size) <= LARGEST]
        return dict.fromkeys(blobs) | dict(zip(small, self._batch(small), strict=True))

    def _batch(self, blobs: Sequence[str]) -> Iterator[bytes]:
        output = self._ask(("cat-file", "--batch=%(objectsize)"), _lines(blobs)) if blobs else b""
        place = 0
        while place < len(output):
            end = output.index(b"\n", place)
            size = int(output[place:end])
            yield output[end + 1 : end + 1 + size]
            place = end + size + 2


def _entries(raw: bytes) -> Iterator[_Entry]:
    """Read what `--raw -z` writes; what is in conflict is listed a second time as changed."""
    fields = iter(raw.split(_NOTHING)[:-1])
    for head in fields:
        old_mode, new_mode, old_blob, new_blob, status = head.decode("ascii").removeprefix(":").split()
        path, old_path = os.fsdecode(next(fields)), ""
        if status[0] in "RC":
            path, old_path = os.fsdecode(next(fields)), path
        if status[0] != "U":
            before, after = _Side(int(old_mode, 8), old_blob), _Side(int(new_mode, 8), new_blob)
            yield _Entry(path, old_path if status[0] == "R" else "", before, after)


def _lines(blobs: Sequence[str]) -> bytes:
    return "".join(f"{blob}\n" for blob in blobs).encode("ascii")


def _with_git_mode(image: FileImage) -> FileImage:
    """With those of the permission bits that git keeps."""
    return image.with_mode(0o755 if (image.mode or 0) & 0o100 else 0o644)
