"""Owns reading a patch: what `git diff`, `git format-patch`, `diff -u`, hg, Subversion and GitHub write.

What stands around the differences is passed over; what would be half a difference, or one of a kind that cannot be
applied exactly, is refused with the number of its line. It trusts nothing: neither counts nor names.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from copydesk.domain.diffs import ChangeStatus
from copydesk.domain.errors import PatchError
from copydesk.domain.foreign_paths import path_fault
from copydesk.domain.patches.git_headers import is_plain_header, read_git_file
from copydesk.domain.patches.hunk_reading import read_hunks
from copydesk.domain.patches.names import likelier, likely_prefix, name_line, prefix_length, stripped
from copydesk.domain.patches.patch import Patch, PatchedFile
from copydesk.domain.patches.patch_text import PatchText, quoted

MOST_FILES = 20_000
"""Files of one patch."""
_PART = re.compile(r"From [0-9a-f]{40} |# HG changeset patch$")
_MERCURIAL_FILE = re.compile(r"diff -r [0-9a-f]{12} ")
"""Ends the message of a changeset, also where no lines of the file follow."""
_REFUSED = {
    r"diff --(cc|combined) |@@@ ": "it is a combined difference of a merge; make one against a single parent",
    r"\*{15}$": "it is a context difference; make a unified one with `diff -u`",
    r"(Binary files|Files) .+ and .+ differ$|Cannot display: file marked as": "the bytes of a binary file are missing",
    r"Binary file .+ has changed$": "the bytes of a binary file are missing; make it with `hg diff --git`",
    r"Only in .+: .": "a file stands on one side only, and is not in the patch; make it with `diff -ruN`",
    r"@@ -\d": "the hunk belongs to no file",
}
"""How a line begins that is half a difference → why it is refused."""
_ENCODED = re.compile(r"content-transfer-encoding: *(quoted-printable|base64)", re.IGNORECASE)
_REFUSALS = [(re.compile(pattern), reason) for pattern, reason in _REFUSED.items()]


@dataclass(frozen=True, slots=True)
class _Found:
    """A file of the patch of which one thing may still be open."""

    file: PatchedFile
    lone: str = ""
    """Its only name, where the patch's other files have to tell how much of it is a prefix."""
    level: int | None = None
    """How many components were a prefix."""


def read_patch(data: bytes) -> Patch:
    """Read a patch; PatchError, naming line and reason, for what cannot be applied exactly or is not safe to.

    Nothing but blank space is a patch without files; other text without a difference in it is an error.
    """
    text = PatchText(data)
    found = list(_read(text))
    levels = [one.level for one in found if one.level is not None]
    files = [_named(text, one, levels) for one in found]
    if not files and data.strip():
        raise PatchError("There is no unified difference in this text.")
    _refuse_repeated(text, files)
    return Patch(tuple(files))


def _read(text: PatchText) -> Iterator[_Found]:
    part = count = 0
    is_mail = False
    while not text.is_done:
        line = text.header()
        if line.startswith("diff --git "):
            file, level = read_git_file(text)
            found = _Found(file, level=level)
        elif is_plain_header(text):
            found = _plain_file(text)
        else:
            starts_part = _PART.match(line)
            is_mail = bool(starts_part) or (is_mail and not _MERCURIAL_FILE.match(line))
            part += bool(starts_part)
            _refuse_other(text, line, is_mail=is_mail)
            text.take()
            continue
        is_mail = False
        count += 1
        if count > MOST_FILES:
            raise text.error(f"there are more than {MOST_FILES:,} files")
        yield replace(found, file=replace(found.file, part=part))


def _refuse_other(text: PatchText, line: str, *, is_mail: bool) -> None:
    """Refuse what looks like half a difference, but in the message of a mail, where anything may stand."""
    if _ENCODED.match(line):
        raise text.error("the mail is encoded; save the patch as plain text")
    for pattern, reason in _REFUSALS:
        if not is_mail and pattern.match(line):
            raise text.error(reason)


def _plain_file(text: PatchText) -> _Found:
    """A file with nothing but `---` and `+++` above its hunks."""
    start, is_converted = text.number, text.peek().endswith("\r")
    try:
        old, new = (name_line(text.header()[4:]), name_line(text.peek(1).removesuffix("\r")[4:]))
    except ValueError as error:
        raise text.error(f"the name of the file cannot be read: {error}") from error
    text.take(), text.take()
    hunks = read_hunks(text, is_converted=is_converted)
    is_created = old.is_absent and not any(hunk.old_length for hunk in hunks)
    is_deleted = new.is_absent and not any(hunk.new_length for hunk in hunks)
    if is_created and is_deleted:
        raise text.error("the file is on neither side", start)
    status = ChangeStatus.CREATED if is_created else ChangeStatus.DELETED if is_deleted else ChangeStatus.MODIFIED
    file = PatchedFile("", status, hunks, is_converted=is_converted, line=start)
    names = [line.name for line in (old, new) if line.name != "/dev/null"]
    for name in names:
        _refuse_fault(text, name, start)
    if len(names) == 1:
        return _Found(file, lone=names[0])
    if not names:
        raise text.error("the file has no name", start)
    level = prefix_length(*names)
    path = likelier(*names) if level is None else stripped(names[0], level)
    return _Found(replace(file, path=path), level=level)


def _named(text: PatchText, found: _Found, levels: list[int]) -> PatchedFile:
    file = found.file
    if found.lone:
        file = replace(file, path=stripped(found.lone, likely_prefix(found.lone, levels)))
    for name in (file.path, *filter(None, (file.old_path,))):
        _refuse_fault(text, name, file.line)
    return file


def _refuse_fault(text: PatchText, name: str, line: int) -> None:
    if fault := path_fault(name):
        raise text.error(f"the path {quoted(name)} {fault}", line)


def _refuse_repeated(text: PatchText, files: list[PatchedFile]) -> None:
    """In one mail a file is made once, and moved away once; later mails may change it again."""
    seen: set[tuple[int, str, bool]] = set()
    for file in files:
        moves = [(file.part, file.path, False)]
        if file.status is ChangeStatus.RENAMED:
            moves.append((file.part, file.old_path, True))
        for move in moves:
            if move in seen:
                raise text.error(f"the file {quoted(move[1])} comes a second time", file.line)
            seen.add(move)
