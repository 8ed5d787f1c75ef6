"""Owns which names a document from elsewhere, a patch or a bundle, may give to files.

It looks at the name alone; whether something is there, and what leads to it, is for the workspace to say.
"""

import unicodedata

LONGEST = 4_096
"""Bytes of a path."""
DEEPEST = 250
"""Components of a path."""


def path_fault(path: str) -> str:
    """What is wrong with a path that somebody else wrote, as the end of a sentence; empty where nothing is."""
    parts = path.split("/")
    if not path or "\0" in path:
        return "is empty" if not path else "holds a NUL character"
    if path.startswith("/"):
        return "is absolute; only paths relative to the workspace are taken"
    if any(part in ("", ".", "..") for part in parts):
        return "has a component that is empty, `.` or `..`"
    if any(map(is_git_name, parts)):
        return "is inside a .git directory, which copydesk neither reads nor writes"
    if len(parts) > DEEPEST or len(path.encode("utf-8", "surrogateescape")) > LONGEST:
        return f"is longer than {LONGEST:,} bytes or {DEEPEST} levels"
    return ""


def is_git_name(name: str) -> bool:
    """Tell whether some file system takes a name for `.git`: by case, form, 8.3 name, stream or trailing dot."""
    if name.isascii() and "git" not in name.lower():
        return False
    visible = "".join(character for character in name if unicodedata.category(character) != "Cf")
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold())
    head = folded.replace("\\", ":").partition(":")[0].rstrip(". ")
    return head in (".git", "git~1")
