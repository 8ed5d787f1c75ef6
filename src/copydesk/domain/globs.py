"""Owns path patterns: what a glob of a rule matches, and what is wrong with one that can match nothing.

Paths are relative to the root with `/` between names. Whoever wrote a pattern, matching takes a bounded time.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

STAR = "[^/]*"
ANY_FOLDERS = "(?:.*/)?"
ANYTHING = ".*"
NOTHING = "(?!)"
_SLASH = "/"
_STARS = (STAR, ANY_FOLDERS, ANYTHING)
_SPECIAL = re.compile(r"([*?\[])")
_LITERAL = re.compile(r"\[([*?\[])]")

_CLASS = re.compile(r"\[(?P<negation>[!^]?)(?P<members>.[^]]*)]", re.DOTALL)
"""A `]` that comes first is a member."""
_MEMBER = re.compile(r"(.)(?:-(.))?", re.DOTALL)


def glob_matches(glob: str, path: str) -> bool:
    """Match as `.gitignore` does: a pattern without `/` matches a name at any depth, and a directory what is in it."""
    return compile_glob(glob).fullmatch(path) is not None


@lru_cache(maxsize=1024)
def compile_glob(glob: str) -> re.Pattern[str]:
    """The pattern as a regular expression, for `fullmatch` on a path."""
    anchored = glob.removeprefix("./")
    is_rooted = "/" in anchored.rstrip("/").removesuffix("/**")
    start = "" if is_rooted else ANY_FOLDERS
    return re.compile(start + joined(_tokens(anchored.strip("/"))) + "(?:/.*)?", re.DOTALL)


def names_path(glob: str, path: str) -> bool:
    """True where the pattern is this very path, from the root on, and no other's."""
    body = glob.removeprefix("./").removeprefix("/")
    return body == path or _LITERAL.sub(r"\1", body) == path


def is_literal(glob: str) -> bool:
    """True where the pattern holds no wildcard, so that it can name a path."""
    return not _SPECIAL.search(_LITERAL.sub("", glob))


def fault_of_glob(glob: str) -> str:
    """Say what is wrong with a pattern that is malformed or can match no file; empty for every other."""
    body = glob.removeprefix("./").strip("/")
    if body in ("", "."):
        return "can match no file; `**` is every file"
    if not {"", ".", ".."}.isdisjoint(body.split("/")):
        return "can match no file: paths here are without `.`, `..` and empty names"
    tokens = _tokens(body)
    if re.escape("[") in tokens:
        return "has a `[` without its `]`; `[[]` is the character itself"
    return "has a `[...]` that no character can match" if NOTHING in tokens else ""


def joined(tokens: Sequence[str]) -> str:
    """Join the tokens so that a star before another one stops at the first place that fits, and is not tried again.

    What lies between has a fixed length, or a fixed number of names, so the first place is as good as any later one;
    without this, a path that nearly matches takes a time that grows with the power of the number of stars.
    """
    written, place = "", 0
    while place < len(tokens):
        end = _next_alike(tokens, place)
        if end:
            star = {STAR: "[^/]*?", ANYTHING: ".*?", ANY_FOLDERS: "(?:.*?/)??"}[tokens[place]]
            written, place = f"{written}(?>{star}{joined(tokens[place + 1 : end])})", end
        else:
            written, place = written + tokens[place], place + 1
    return written


def _next_alike(tokens: Sequence[str], place: int) -> int:
    """Where the star stands that takes in all that this one could have; 0 where this is none, or there is no such."""
    star = tokens[place]
    if star not in _STARS:
        return 0
    later = (at for at in range(place + 1, len(tokens)) if tokens[at] in _STARS)
    if star == ANY_FOLDERS:
        deep = next((at for at in later if tokens[at] != STAR), 0)
        return deep if deep and tokens[deep - 1] == _SLASH and tokens[deep] == ANY_FOLDERS else 0
    following = next(later, 0)
    return following if following and tokens[following] == star else 0


def _tokens(body: str) -> list[str]:
    tokens, position = list[str](), 0
    while position < len(body):
        token, length = _glob_token(body, position)
        tokens.append(token)
        position += length
    return tokens


def _glob_token(body: str, position: int) -> tuple[str, int]:
    if body.startswith("**/", position):
        return ANY_FOLDERS, 3
    if body.startswith("**", position):
        return ANYTHING, 2
    if body[position] == "*":
        return STAR, 1
    if body[position] == "?":
        return "[^/]", 1
    found = _CLASS.match(body, position)
    if found:
        return character_class(_MEMBER.findall(found["members"]), is_negated=bool(found["negation"])), len(found[0])
    return re.escape(body[position]), 1


def character_class(members: Sequence[tuple[str, str]], *, is_negated: bool) -> str:
    """Write a class of single characters and of ranges (first, last), each escaped, so that none means more to `re`.

    A range that is none holds nothing, and no class ever stands for the slash between two names.
    """
    written = ""
    for first, last in members:
        if not last:
            written += re.escape(first) if first != "/" else ""
        elif first <= last:
            written += f"{re.escape(first)}-{re.escape(last)}"
    if not written:
        return "[^/]" if is_negated else NOTHING
    return f"(?!/)[{'^' if is_negated else ''}{written}]"
