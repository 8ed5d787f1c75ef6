"""Owns what the section of a file is called that a line lies in: its function, class or heading.

It is a guess from the lines above, for people's eyes; it parses no language, and nothing may depend on it.
"""

import re
from collections.abc import Sequence

FARTHEST = 2_000
"""Lines that are looked at above; what lies further above is not named."""
LONGEST = 200
"""Characters of a line that are looked at, and shown."""

_MARKDOWN = re.compile(r" {0,3}#{1,6}\s+\S")
_PYTHON = re.compile(r"\s*(?:async\s+)?(?:def|class)\s+\w")
_BRACES = re.compile(
    r"\s*(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|override|unsafe|pub"
    r"(?:\([^)]*\))?)\s+)*(?:class|interface|struct|enum|trait|impl|fn|func|function|def|module|namespace)\b"
    r"|[A-Za-z_$]"
)
_BY_SUFFIX = {"md": _MARKDOWN, "markdown": _MARKDOWN, "py": _PYTHON, "pyi": _PYTHON}


def section_at(path: str, lines: Sequence[str], index: int) -> str:
    """The line that begins the section in which a line lies, by its index, without what is around it; else empty.

    Where depth is shown by indentation, it is the nearest line above that begins something and stands less deep.
    """
    pattern = _BY_SUFFIX.get(path.rpartition(".")[2].lower(), _BRACES)
    depth = None if pattern is _MARKDOWN else _depth_at(lines, index)
    for line in reversed(lines[max(index - FARTHEST, 0) : index]):
        begin = line[:LONGEST]
        if (depth is None or _depth(begin) < depth) and pattern.match(begin):
            return begin.strip()
    return ""


def _depth_at(lines: Sequence[str], index: int) -> int:
    """The indentation of a line; of a blank one, that of the next that is not."""
    return next((_depth(line) for line in lines[index : index + FARTHEST] if line.strip()), 0)


def _depth(line: str) -> int:
    begin = line[:LONGEST].expandtabs()
    return len(begin) - len(begin.lstrip())
