"""Owns how a patch names files: C-style quotes, timestamps after names, prefixes that are not part of them."""

import re
from collections.abc import Sequence
from typing import NamedTuple

NOWHERE = "/dev/null"
_ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}
_ESCAPE = re.compile(rb"\\([0-3][0-7]{2}|.)", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_EPOCH = re.compile(r"1970-01-01 [01]\d:|1969-12-31 [12]\d:|\b1970$|\b1970 [+-]\d{4}$|\((?:nonexistent|revision 0)\)$")
_KNOWN_PREFIX = re.compile(r"[abciow12]/")


class NameLine(NamedTuple):
    """What a `---` or `+++` line says."""

    name: str
    """As it stands there, its quotes resolved."""
    is_absent: bool
    """There is no file on this side: `/dev/null`, or a time that stands for it where the hunks agree."""


def unquoted(text: str) -> str:
    """A name without C-style quotes; ValueError where they are not closed or hold what is no escape."""
    if not text.startswith('"'):
        return text
    match = _QUOTED.fullmatch(text)
    if match is None:
        raise ValueError("its quotes are not closed")
    raw = _ESCAPE.sub(_unescaped, match[1].encode("utf-8", "surrogateescape"))
    return raw.decode("utf-8", "surrogateescape")


def _unescaped(match: re.Match[bytes]) -> bytes:
    escape = match[1].decode("latin-1")
    if len(escape) == 3:
        return bytes([int(escape, 8)])
    if escape not in _ESCAPES:
        raise ValueError(f"\\{escape} is no escape")
    return bytes([_ESCAPES[escape]])


def name_line(line: str) -> NameLine:
    """Read what comes after `--- ` or `+++ `; ValueError for broken quotes."""
    match = _QUOTED.match(line)
    cut = match.end() if match else line.find("\t")
    name, rest = (line, "") if cut < 0 else (line[:cut], line[cut:].strip())
    name = unquoted(name)
    return NameLine(name, name == NOWHERE or bool(_EPOCH.search(rest)))


def git_names(text: str) -> tuple[str, str] | None:
    """The two names of a `diff --git` line; None where it cannot be told where one ends, and other lines have to."""
    if '"' in (text[:1], text[-1:]):
        return _quoted_names(text)
    places = [place for place, character in enumerate(text) if character == " "]
    pairs = [(text[:place], text[place + 1 :]) for place in places[:1000]]
    alike = [pair for pair in pairs if pair[0].partition("/")[2] == pair[1].partition("/")[2] != ""]
    alike = alike or [pair for pair in pairs if pair[0] == pair[1]]
    if len(alike) == 1:
        return alike[0]
    return pairs[0] if len(pairs) == 1 else None


def _quoted_names(text: str) -> tuple[str, str] | None:
    if match := _QUOTED.match(text):
        return unquoted(match[0]), unquoted(text[match.end() + 1 :])
    old, _, new = text.partition(' "')
    return old, unquoted(f'"{new}')


def stripped(name: str, level: int) -> str:
    """A name without so many components; empty where it has no more than these."""
    return "/".join(name.split("/")[level:])


def prefix_length(old: str, new: str) -> int | None:
    """How many components are not part of the name: the fewest after which both sides agree; None where none do."""
    for level in range(min(old.count("/"), new.count("/")) + 1):
        if stripped(old, level) == stripped(new, level):
            return level
    return None


def likely_prefix(name: str, others: Sequence[int]) -> int:
    """How many components to leave off a name that stands alone: as the other files of the patch have it."""
    if others:
        return max(sorted(set(others)), key=others.count)
    return 1 if _KNOWN_PREFIX.match(name) else 0


def likelier(old: str, new: str) -> str:
    """Which of two names the file has, where a file is compared with a copy of it: the shorter one."""
    return min((new, old), key=lambda name: (name.count("/"), len(name)))
