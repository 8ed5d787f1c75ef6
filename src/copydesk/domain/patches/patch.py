"""Owns a patch that was read, as a value, and what it makes of the bytes of one file: exactly that or an error."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from copydesk.domain.diffs import ChangeStatus, FileDiff
from copydesk.domain.display import show
from copydesk.domain.errors import PatchError
from copydesk.domain.hunks import Hunk, HunkLine
from copydesk.domain.patches.binary import BinaryContent
from copydesk.domain.patches.placing import MovedHunk, placed
from copydesk.domain.splicing import splice_hunks


@dataclass(frozen=True, slots=True)
class Applied:
    """What a patch makes of a file."""

    data: bytes | None
    """The new bytes; None where the file is deleted."""
    moved: tuple[MovedHunk, ...] = ()
    """Hunks that fit elsewhere than the patch says."""


@dataclass(frozen=True, slots=True)
class PatchedFile:
    """What a patch says of one file."""

    path: str
    """Relative to where the patch is applied; surrogates for bytes that are not UTF-8."""
    status: ChangeStatus
    hunks: tuple[Hunk, ...] = ()
    """Lines as text of which `encoded(text, "utf-8")` makes the bytes of the patch again."""
    old_path: str = ""
    """Whose content it is made of, where it is renamed or copied."""
    is_copy: bool = False
    """The file is made beside the old one, which stays; its status is that of a created one."""
    old_mode: int | None = None
    """As git writes it, such as 0o100755; None where the patch does not say."""
    new_mode: int | None = None
    is_binary: bool = False
    binary: BinaryContent | None = None
    """What a binary file becomes; None where the patch says only that it differs."""
    old_blob: str = ""
    """Git's name of the bytes before, maybe abbreviated; empty where the patch does not say."""
    new_blob: str = ""
    is_converted: bool = False
    """The patch was given CR LF line ends on its way; whether the file has them is to be seen from the file."""
    line: int = 1
    """Where in the patch it begins."""
    part: int = 0
    """Which mail or changeset it belongs to; later ones are applied to what earlier ones made."""

    @property
    def source(self) -> str:
        """The file that it is applied to."""
        return self.old_path or self.path

    @property
    def diff(self) -> FileDiff:
        """It as a difference for people, while the file itself is not at hand."""
        kept = self.old_path if self.status is ChangeStatus.RENAMED else ""
        return FileDiff(self.path, self.status, self.hunks, self.is_binary, kept, self.old_mode, self.new_mode)

    def was_made_from(self, before: bytes | None) -> bool:
        """True where git's name of these bytes is the one that the patch gives."""
        return before is not None and _names(self.old_blob, before)

    def makes(self, after: bytes) -> bool:
        """True where git's name of these bytes is the one that the patch gives for its result."""
        return _names(self.new_blob, after)

    def apply(self, before: bytes | None) -> Applied:
        """What the patch makes of the bytes of its source, None for no file; PatchError where it does not fit them."""
        try:
            return self._applied(before)
        except PatchError as error:
            raise PatchError(f"{show(self.path)}: {error}") from error

    def _applied(self, before: bytes | None) -> Applied:
        is_new = self.status is ChangeStatus.CREATED and not self.is_copy
        if is_new and before is not None:
            raise PatchError("The patch creates it, and it is there already.")
        if before is None and not is_new and not self._may_create:
            raise PatchError(f"The patch changes {show(self.source)}, which is not there.")
        made = self._binary(before or b"") if self.is_binary else self._text(before or b"")
        if self.status is not ChangeStatus.DELETED:
            return made
        if made.data:
            raise PatchError("The patch deletes it, and does not have all of its content.")
        return replace(made, data=None)

    @property
    def _may_create(self) -> bool:
        """Some tools do not tell a file that is not there from an empty one."""
        is_plain = self.status is ChangeStatus.MODIFIED and not (self.old_blob or self.old_path)
        return is_plain and len(self.hunks) == 1 and not self.hunks[0].old_length

    def _binary(self, before: bytes) -> Applied:
        if self.binary is None:
            raise PatchError("The patch says that it differs, and does not have its bytes; make it with --binary.")
        after = self.binary.made_of(before)
        if before and self.old_blob and not _names(self.old_blob, before):
            raise PatchError("It is not the binary file that the patch was made from.")
        if after and self.new_blob and not _names(self.new_blob, after):
            raise PatchError("The binary content is not the one that its index line names.")
        return Applied(after)

    def _text(self, before: bytes) -> Applied:
        try:
            return self._spliced(before, self.hunks)
        except PatchError:
            if not self.is_converted:
                raise
            return self._spliced(before, [_with_carriage_returns(hunk) for hunk in self.hunks])

    def _spliced(self, before: bytes, hunks: Sequence[Hunk]) -> Applied:
        found, shifts = placed(before, hunks, is_base=self.was_made_from(before))
        return Applied(splice_hunks(before, found), shifts)


@dataclass(frozen=True, slots=True)
class Patch:
    """All that a patch says, in its order."""

    files: tuple[PatchedFile, ...]

    @property
    def parts(self) -> int:
        """How many mails or changesets change a file."""
        return len({file.part for file in self.files})

    @property
    def diffs(self) -> tuple[FileDiff, ...]:
        """The differences for people, file by file."""
        return tuple(file.diff for file in self.files)


def blob_name(data: bytes, digits: int = 40) -> str:
    """Git's name of bytes, in as many hexadecimal digits: 40, or 64 in a repository that uses SHA-256."""
    head = b"blob %d\0" % len(data)
    if digits > 40:
        return hashlib.sha256(head + data).hexdigest()
    return hashlib.sha1(head + data, usedforsecurity=False).hexdigest()


def _names(abbreviated: str, data: bytes) -> bool:
    return len(abbreviated) >= 4 and blob_name(data, len(abbreviated)).startswith(abbreviated)


def _with_carriage_returns(hunk: Hunk) -> Hunk:
    lines = [HunkLine(line.kind, _crlf(line.text)) for line in hunk.lines]
    return Hunk(hunk.old_start, hunk.new_start, tuple(lines))


def _crlf(line: str) -> str:
    return f"{line[:-1]}\r\n" if line.endswith("\n") else line
