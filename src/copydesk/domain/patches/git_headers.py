"""Owns what git writes above the hunks of a file: names, modes, renames and copies, blob names, binary content."""

import re
from dataclasses import dataclass

from copydesk.domain.diffs import ChangeStatus
from copydesk.domain.hunks import Hunk
from copydesk.domain.patches.binary import BEGINNING, BinaryContent, read_binary
from copydesk.domain.patches.hunk_reading import read_hunks
from copydesk.domain.patches.names import NOWHERE, git_names, likelier, name_line, prefix_length, stripped, unquoted
from copydesk.domain.patches.patch import PatchedFile
from copydesk.domain.patches.patch_text import PatchText, quoted
from copydesk.domain.unified import PROGRAM, REGULAR

_KEYS = (
    *("old mode", "new mode", "deleted file mode", "new file mode", "copy from", "copy to", "rename from", "rename to"),
    *("similarity index", "dissimilarity index", "index"),
)
_INDEX = re.compile(r"([0-9a-f]{4,64})\.\.([0-9a-f]{4,64})(?: ([0-7]{1,6}))?")
_OTHER_KINDS = {0o120000: "a symbolic link", 0o160000: "a submodule", 0o040000: "a directory"}
_BINARY = "Binary files "
Facts = dict[str, str]
"""The extended header, by the words that its lines begin with."""


@dataclass(frozen=True, slots=True)
class _Names:
    path: str
    old_path: str = ""
    level: int | None = None


@dataclass(frozen=True, slots=True)
class _Content:
    """What comes below the header."""

    hunks: tuple[Hunk, ...] = ()
    is_binary: bool = False
    binary: BinaryContent | None = None


def is_plain_header(text: PatchText) -> bool:
    """True where the next lines name a file's two sides and begin a hunk."""
    is_named = text.peek().startswith("--- ") and text.peek(1).startswith("+++ ")
    return is_named and text.peek(2).startswith("@@ -")


def read_git_file(text: PatchText) -> tuple[PatchedFile, int | None]:
    """Read a file from its `diff --git` line on, and how many components of its names are a prefix."""
    start, is_converted = text.number, text.peek().endswith("\r")
    try:
        given = git_names(text.header().removeprefix("diff --git "))
        text.take()
        facts = _facts(text)
        old_blob, new_blob = _blobs(text, facts)
        modes = _modes(text, facts)
        names = _names(text, given, facts, start)
    except ValueError as error:
        raise text.error(f"the name of the file cannot be read: {error}", start) from error
    status = _status(facts)
    content = _content(text, is_converted=is_converted)
    is_copy = "copy from" in facts
    _refuse_contradiction(text, ChangeStatus.MODIFIED if is_copy else status, content, start)
    file = PatchedFile(
        *(names.path, status, content.hunks, names.old_path, is_copy, *modes),
        *(content.is_binary, content.binary, old_blob, new_blob, is_converted, start),
    )
    return file, names.level


def _facts(text: PatchText) -> Facts:
    facts: Facts = {}
    while True:
        line = text.header()
        key = next((key for key in _KEYS if line.startswith(f"{key} ")), "")
        if not key:
            return facts
        if key in facts:
            raise text.error(f"the header says `{key}` a second time")
        facts[key] = line[len(key) + 1 :]
        text.take()


def _blobs(text: PatchText, facts: Facts) -> tuple[str, str]:
    """Git's names of both sides, empty for a side that is not there, and what the index line says of the mode."""
    if "index" not in facts:
        return "", ""
    match = _INDEX.fullmatch(facts["index"])
    if match is None:
        raise text.error(f"{quoted(facts['index'])} names no two blobs")
    if match[3]:
        facts.setdefault("old mode", match[3])
        facts.setdefault("new mode", match[3])
    old, new = (blob if blob.strip("0") else "" for blob in match.group(1, 2))
    return old, new


def _modes(text: PatchText, facts: Facts) -> tuple[int | None, int | None]:
    old, new = facts.get("deleted file mode", facts.get("old mode")), facts.get("new file mode", facts.get("new mode"))
    if "new file mode" in facts:
        old = None
    if "deleted file mode" in facts:
        new = None
    return _mode(text, old), _mode(text, new)


def _mode(text: PatchText, written: str | None) -> int | None:
    """One of the two modes of regular files; others are of what copydesk does not change."""
    if written is None:
        return None
    if not re.fullmatch(r"[0-7]{1,6}", written):
        raise text.error(f"{quoted(written)} is no mode of a file")
    mode = int(written, 8)
    if mode & 0o170000 != 0o100000:
        kind = _OTHER_KINDS.get(mode & 0o170000, "something else")
        raise text.error(f"the patch is about {kind}; copydesk changes regular files only")
    return PROGRAM if mode & 0o100 else REGULAR


def _status(facts: Facts) -> ChangeStatus:
    if "new file mode" in facts or "copy from" in facts:
        return ChangeStatus.CREATED
    if "deleted file mode" in facts:
        return ChangeStatus.DELETED
    return ChangeStatus.RENAMED if "rename from" in facts else ChangeStatus.MODIFIED


def _names(text: PatchText, given: tuple[str, str] | None, facts: Facts, start: int) -> _Names:
    """Both names, of the lines that say them most plainly; all lines that name the file have to agree."""
    named = _side_names(text)
    for name, other in zip(named or (), given or (), strict=False):
        if name not in (NOWHERE, other):
            raise text.error(f"the file is called {quoted(name)} here, and {quoted(other)} above")
    for word in ("rename", "copy"):
        if f"{word} from" in facts:
            if f"{word} to" not in facts:
                raise text.error(f"the header says where the {word} is from, and not to", start)
            return _Names(unquoted(facts[f"{word} to"]), unquoted(facts[f"{word} from"]))
    pair = given or named
    if pair is None or NOWHERE in pair:
        raise text.error("it cannot be told which file this is", start)
    level = prefix_length(*pair)
    if level is None:
        return _Names(stripped(likelier(*pair), 1))
    return _Names(stripped(pair[0], level), level=level)


def _side_names(text: PatchText) -> tuple[str, str] | None:
    if not is_plain_header(text):
        return None
    old, new = (name_line(line.removesuffix("\r")[4:]).name for line in (text.peek(), text.peek(1)))
    return old, new


def _content(text: PatchText, *, is_converted: bool) -> _Content:
    if is_plain_header(text):
        text.take(), text.take()
        return _Content(read_hunks(text, is_converted=is_converted))
    if text.header() == BEGINNING:
        text.take()
        return _Content(is_binary=True, binary=read_binary(text))
    if text.header().startswith(_BINARY) and text.header().endswith(" differ"):
        text.take()
        return _Content(is_binary=True)
    return _Content()


def _refuse_contradiction(text: PatchText, status: ChangeStatus, content: _Content, start: int) -> None:
    """What is created has nothing before, and what is deleted nothing after."""
    hunks = content.hunks
    if status is ChangeStatus.CREATED and any(hunk.old_length for hunk in hunks):
        raise text.error("the file is created, and has lines before", start)
    if status is ChangeStatus.DELETED and any(hunk.new_length for hunk in hunks):
        raise text.error("the file is deleted, and has lines after", start)
