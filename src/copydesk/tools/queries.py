"""Owns what a model sends to the exploring tools: how it is read, and what of it is refused.

Never looks at a file; every malformed input becomes an EditError that says what to send instead.
"""

import re
from dataclasses import dataclass

from copydesk.domain.errors import EditError
from copydesk.domain.globs import glob_matches
from copydesk.editor.inputs import Values, echo, refuse_unknown, sent_values, switch, type_name
from copydesk.tools.declarations import FIND_FILES, SEARCH_TEXT
from copydesk.workspace.search import Query

LONGEST_PATTERN = 2_000
"""Characters of a pattern, of either kind."""
MOST_STARS = 8
"""Stars of a path pattern."""
MOST_DEPTHS = 3
"""Double stars of a path pattern; each one multiplies the time that it takes."""
MOST_ALTERNATIVES = 64
"""Patterns that one with braces may stand for."""

_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")
_STARS = re.compile(r"\*+")


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern for paths; without alternatives it takes every path."""

    text: str
    alternatives: tuple[str, ...]

    def matches(self, path: str, under: str) -> bool:
        """Whether a path matches, taken from the root on or from a directory above it."""
        if not self.alternatives:
            return True
        names = {path, path.removeprefix(f"{under}/")}
        return any(glob_matches(glob, name) for glob in self.alternatives for name in names)


@dataclass(frozen=True, slots=True)
class FindRequest:
    """A call of `find_files`."""

    glob: Glob
    path: str
    """Where to look; empty for the whole workspace."""


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A call of `search_text`."""

    query: Query
    glob: Glob
    path: str
    """Where to look; empty for the whole workspace."""


def read_find(given: object) -> FindRequest:
    """Read a call of `find_files`; raises EditError with a sentence for the model."""
    values = _values(FIND_FILES, given, ("pattern", "path"))
    return FindRequest(_glob(values, "pattern"), _string(values, "path"))


def read_search(given: object) -> SearchRequest:
    """Read a call of `search_text`; raises EditError with a sentence for the model."""
    values = _values(SEARCH_TEXT, given, ("pattern", "path", "glob", "literal", "ignore_case"))
    if "pattern" not in values:
        raise EditError(f"`pattern` is missing for `{SEARCH_TEXT}`: it is what to search for.")
    pattern = _string(values, "pattern")
    _refuse_pattern(pattern)
    query = Query(pattern, _boolean(values, "literal"), _boolean(values, "ignore_case"))
    return SearchRequest(query, _glob(values, "glob"), _string(values, "path"))


def _values(tool: str, given: object, known: tuple[str, ...]) -> Values:
    if not isinstance(given, dict):
        raise EditError(f"The input of `{tool}` must be an object, not {type_name(given)}.")
    values = sent_values(given)
    refuse_unknown(tool, values, known)
    return values


def _string(values: Values, name: str) -> str:
    value = values.get(name, "")
    if not isinstance(value, str):
        raise EditError(f"`{name}` must be a string, not {type_name(value)}.")
    return value


def _boolean(values: Values, name: str) -> bool:
    value = switch(values.get(name, False))
    if value is None:
        raise EditError(f"`{name}` must be true or false, not {echo(values[name])}.")
    return value


def _refuse_pattern(pattern: str) -> None:
    if not pattern:
        raise EditError("`pattern` must not be empty; find_files lists files whatever is in them.")
    if "\n" in pattern or "\0" in pattern:
        raise EditError("`pattern` is matched within one line, so it can hold neither a line end nor a NUL character.")
    if len(pattern) > LONGEST_PATTERN:
        raise EditError(f"`pattern` has {len(pattern):,} characters; at most {LONGEST_PATTERN:,} are taken.")


def _glob(values: Values, name: str) -> Glob:
    text = _string(values, name)
    if len(text) > LONGEST_PATTERN:
        raise EditError(f"`{name}` has {len(text):,} characters; at most {LONGEST_PATTERN:,} are taken.")
    if len(_STARS.findall(text)) > MOST_STARS:
        raise EditError(f"`{name}` has more than {MOST_STARS} stars; use fewer.")
    if text.count("**") > MOST_DEPTHS:
        raise EditError(f"`{name}` has `**` more than {MOST_DEPTHS} times; use it less often.")
    return Glob(text, _alternatives(text, name) if text else ())


def _alternatives(glob: str, name: str) -> tuple[str, ...]:
    """The pattern as it is, for names with braces, and what its braces stand for."""
    pending, done = [glob], {glob: None}
    while pending:
        current = pending.pop()
        done[current] = None
        if found := _BRACES.search(current):
            pending += [current[: found.start()] + part + current[found.end() :] for part in found[1].split(",")]
        if len(pending) + len(done) > MOST_ALTERNATIVES:
            raise EditError(f"`{name}` stands for more than {MOST_ALTERNATIVES} patterns; use fewer braces.")
    return tuple(done)
