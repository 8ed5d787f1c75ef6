"""Owns ignore files: what a list of patterns in the syntax of `.gitignore` leaves out.

The file lies in the root, so paths are matched from there. `?` stands for a character, where git has a byte. Whoever
wrote the file, matching takes a bounded time. Never reads a file.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from copydesk.domain.errors import UsageError
from copydesk.domain.globs import ANY_FOLDERS, ANYTHING, NOTHING, STAR, character_class, joined

MOST_WILDCARDS = 4_000
"""Wildcards that are taken, of all patterns together: what has one is tried on every path."""

_TOKEN = re.compile(
    r"""
      (?P<folders>(?:^|(?<=/))\*{2,}/)
    | (?P<all>(?:^|(?<=/))\*{2,}$)
    | (?P<star>\*+)
    | (?P<one>\?)
    | \[(?P<negation>[!^]?)(?P<members>(?:\[:[a-z]+:]|\\.|[^\\])(?:\[:[a-z]+:]|\\.|[^]\\])*)]
    | \\(?P<escaped>.)
    | (?P<plain>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_MEMBER = re.compile(r"\[:(?P<named>[a-z]+):]|(?P<first>\\.|.)(?:-(?P<last>\\.|[^\\]))?", re.DOTALL)
_BROKEN = ("[", "\\")
"""What opens a wildcard or an escape, where it is not completed: git finds nothing by such a pattern."""
_NAMED = {
    "alnum": (("0", "9"), ("A", "Z"), ("a", "z")),
    "alpha": (("A", "Z"), ("a", "z")),
    "blank": ((" ", ""), ("\t", "")),
    "cntrl": (("\0", "\x1f"), ("\x7f", "")),
    "digit": (("0", "9"),),
    "graph": (("!", "~"),),
    "lower": (("a", "z"),),
    "print": ((" ", "~"),),
    "punct": (("!", "/"), (":", "@"), ("[", "`"), ("{", "~")),
    "space": ((" ", ""), ("\t", "\r")),
    "upper": (("A", "Z"),),
    "xdigit": (("0", "9"), ("A", "F"), ("a", "f")),
}
"""Classes of characters that have a name, as ranges of ASCII."""


@dataclass(frozen=True)
class IgnorePattern:
    """One line of an ignore file."""

    tokens: tuple[str, ...]
    """Regular expressions for the parts of the whole path, or of its last name; case-sensitive."""
    literal: str
    """All of it where there is no wildcard; else the longest text that whatever matches has in it."""
    wildcards: int
    is_name: bool
    """It is matched with the last name, wherever that stands."""
    is_negated: bool = False
    """It takes back what a line above left out."""
    is_folder: bool = False
    """It stands for folders only."""

    def takes(self, text: str) -> bool:
        """Whether a path, or its last name, matches; most need no look at the expression."""
        return self.literal in text and bool(self._compiled.fullmatch(text))

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(joined(self.tokens), re.DOTALL)


class _Together:
    """Patterns in order: those without wildcards are looked up, however many they are, and the others are tried."""

    def __init__(self, patterns: Sequence[IgnorePattern]) -> None:
        self._patterns = patterns
        self._literals: dict[tuple[bool, str], int] = {}
        """By whether it is a name, and the text: the place of the last such pattern."""
        self._wild: list[tuple[int, IgnorePattern]] = []
        """Patterns with wildcards and their places, the last first."""
        for place, pattern in enumerate(patterns):
            if pattern.wildcards:
                self._wild.append((place, pattern))
            else:
                self._literals[pattern.is_name, pattern.literal] = place
        self._wild.reverse()

    def leave_out(self, path: str) -> bool:
        """Whether the last pattern that matches leaves the path out; those of folders above it are not looked at."""
        last = self._last(path, path[path.rfind("/") + 1 :])
        return last >= 0 and not self._patterns[last].is_negated

    def _last(self, path: str, name: str) -> int:
        """The place of the last pattern that matches, -1 where none does."""
        literal = max(self._literals.get((True, name), -1), self._literals.get((False, path), -1))
        for place, pattern in self._wild:
            if place < literal:
                break
            if pattern.takes(name if pattern.is_name else path):
                return place
        return literal


@dataclass(frozen=True)
class IgnorePatterns:
    """The lines of an ignore file in order; the last one that matches decides."""

    patterns: tuple[IgnorePattern, ...] = ()

    def matches(self, path: str) -> bool:
        """True where the path is left out: by itself, or because a folder above it is.

        The path of a folder ends in `/`; the root never is left out.
        """
        if path == ".":
            return False
        folder, _, name = path.rpartition("/")
        return bool(folder and self._leaves_out_folder(folder)) or bool(name and self._of_files.leave_out(path))

    def _leaves_out_folder(self, path: str) -> bool:
        known = self._folders.get(path)
        if known is None:
            above = path.rpartition("/")[0]
            known = bool(above and self._leaves_out_folder(above)) or self._of_folders.leave_out(path)
            self._folders[path] = known
        return known

    @cached_property
    def _folders(self) -> dict[str, bool]:
        """Folders that were asked about: many files lie in one."""
        return {}

    @cached_property
    def _of_folders(self) -> _Together:
        return _Together(self.patterns)

    @cached_property
    def _of_files(self) -> _Together:
        return _Together([pattern for pattern in self.patterns if not pattern.is_folder])


def read_ignores(data: bytes) -> IgnorePatterns:
    """Read an ignore file, in UTF-8 or whatever bytes the names of files have; UsageError for too many wildcards."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    patterns = tuple(pattern for line in text.split("\n") if (pattern := _read_line(line.removesuffix("\r"))))
    wildcards = sum(pattern.wildcards for pattern in patterns)
    if wildcards > MOST_WILDCARDS:
        raise UsageError(f"Its patterns have {wildcards:,} wildcards; at most {MOST_WILDCARDS:,} are taken.")
    return IgnorePatterns(patterns)


def _read_line(line: str) -> IgnorePattern | None:
    """None for a comment and an empty line."""
    if line.startswith("#"):
        return None
    text = _without_trailing_spaces(line)
    is_negated = text.startswith("!")
    text = text.removeprefix("!")
    is_folder = text.endswith("/")
    text = text.removesuffix("/")
    if not text:
        return None
    body = text.removeprefix("/")
    texts = _literals(body)
    tokens = tuple(_tokens(body))
    return IgnorePattern(tokens, max(texts, key=len), len(texts) - 1, "/" not in text, is_negated, is_folder)


def _without_trailing_spaces(line: str) -> str:
    """A space at the end counts only after a backslash."""
    kept = line.rstrip(" ")
    backslashes = len(kept) - len(kept.rstrip("\\"))
    return f"{kept} " if backslashes % 2 and kept != line else kept


def _literals(text: str) -> list[str]:
    """The texts between the wildcards of a pattern; a single one where it has none."""
    texts = [""]
    for found in _TOKEN.finditer(text):
        letter = found["escaped"] or found["plain"]
        if letter and found["plain"] not in _BROKEN:
            texts[-1] += letter
        else:
            texts.append("")
    return texts


def _tokens(text: str) -> Iterator[str]:
    for found in _TOKEN.finditer(text):
        match found.lastgroup:
            case "folders":
                yield ANY_FOLDERS
            case "all":
                yield ANYTHING
            case "star":
                yield STAR
            case "one":
                yield "[^/]"
            case "members":
                yield _class(found["members"], is_negated=bool(found["negation"]))
            case "plain" if found["plain"] in _BROKEN:
                yield NOTHING
            case _:
                yield re.escape(found["escaped"] or found["plain"])


def _class(members: str, *, is_negated: bool) -> str:
    ranges = list[tuple[str, str]]()
    for found in _MEMBER.finditer(members):
        if found["named"] is None:
            ranges.append((found["first"][-1], (found["last"] or "")[-1:]))
        elif found["named"] in _NAMED:
            ranges.extend(_NAMED[found["named"]])
        else:
            return NOTHING
    return character_class(ranges, is_negated=is_negated)
