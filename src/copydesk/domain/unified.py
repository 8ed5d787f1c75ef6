"""Owns the unified form of a diff, as git writes and takes it: quoted paths, modes, hunks."""

from collections.abc import Iterable, Iterator

from copydesk.domain.hunks import Hunk, LineKind, joined, touching

REGULAR, PROGRAM = 0o100644, 0o100755
"""The modes that git knows of regular files."""

_SIGNS = {LineKind.CONTEXT: " ", LineKind.ADDED: "+", LineKind.REMOVED: "-"}
_ESCAPES = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}


def git_mode(permissions: int | None) -> int | None:
    """What git keeps of a regular file's permission bits; None where they are not known."""
    if permissions is None:
        return None
    return PROGRAM if permissions & 0o100 else REGULAR


def hunk_lines(hunks: Iterable[Hunk]) -> Iterator[str]:
    """Write hunks; the parts of a split one as one, because git wants unchanged lines around each."""
    for group in touching(hunks):
        hunk = joined(group)
        yield hunk.header + "\n"
        for line in hunk.lines:
            yield _SIGNS[line.kind] + line.text
            if not line.text.endswith("\n"):
                yield "\n\\ No newline at end of file\n"


def quoted_path(path: str) -> str:
    """Write a path as git does: C-style quotes where it holds control characters, quotes or backslashes."""
    raw = path.encode("utf-8", "surrogateescape")
    if all(byte >= 0x20 and byte not in b'"\\\x7f' for byte in raw):
        return path
    parts = []
    for byte in raw:
        if byte in _ESCAPES:
            parts.append("\\" + _ESCAPES[byte])
        elif 0x20 <= byte < 0x7F:
            parts.append(chr(byte))
        else:
            parts.append(f"\\{byte:03o}")
    return '"' + "".join(parts) + '"'
