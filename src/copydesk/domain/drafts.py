"""Owns what can be read of a tool call's input while it is still being written.

It reads raw JSON piece by piece, each once. What it says is for the eyes only; calls are parsed strictly elsewhere.
"""

import json
import re
from dataclasses import dataclass, replace

_STRING_BEGINS = re.compile(r'[\s,{]*"((?:[^"\\]|\\.)*)"\s*:\s*"')
_OTHER_VALUE = re.compile(r'[\s,{]*"((?:[^"\\]|\\.)*)"\s*:\s*(\[[^\]"]*\]|[^\s,"{}\[\]]+)\s*(?=[,}])')
_CHARACTERS = re.compile(
    r'(?:[^"\\]|\\[^u]|\\u[dD][89abAB][0-9a-fA-F]{2}(?=[^\\]|\\[^u])|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[0-9a-fA-F]{4}'
    r"|\\u(?![dD][89abAB])[0-9a-fA-F]{4})*"
)
"""All but an escape that is not whole yet; the halves of a surrogate pair belong together."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The beginning of an input, an object with values that are mostly texts."""

    values: tuple[tuple[str, object], ...] = ()
    """Names with values that are whole, in the order they came."""
    name: str | None = None
    """Whose text is being written; None between two values."""
    text: str = ""
    """Of it, as far as it came."""
    unread: str = ""
    """Raw input that cannot be read before more has come."""

    def grown(self, raw: str) -> "Draft":
        """The draft with more of the raw input."""
        draft = replace(self, unread=self.unread + raw)
        while (following := _read_on(draft)) is not draft:
            draft = following
        return draft

    def whole(self, name: str) -> object:
        """A value that is whole; None where it is not there yet."""
        return next((value for key, value in self.values if key == name), None)


def _read_on(draft: Draft) -> Draft:
    """Read up to the end of a value; the same draft where nothing more can be read."""
    return _between(draft) if draft.name is None else _inside(draft, draft.name)


def _between(draft: Draft) -> Draft:
    if begins := _STRING_BEGINS.match(draft.unread):
        return replace(draft, name=_decoded(begins[1]), text="", unread=draft.unread[begins.end() :])
    if other := _OTHER_VALUE.match(draft.unread):
        value = (_decoded(other[1]), _read(other[2]))
        return replace(draft, values=(*draft.values, value), unread=draft.unread[other.end() :])
    return draft


def _inside(draft: Draft, name: str) -> Draft:
    match = _CHARACTERS.match(draft.unread)
    end = match.end() if match else 0
    text, rest = draft.text + _decoded(draft.unread[:end]), draft.unread[end:]
    if rest.startswith('"'):
        return Draft((*draft.values, (name, text)), unread=rest[1:])
    return replace(draft, text=text, unread=rest) if end else draft


def _decoded(raw: str) -> str:
    value = _read(f'"{raw}"')
    return value if isinstance(value, str) else raw


def _read(raw: str) -> object:
    """A JSON value; what is none, as it is."""
    try:
        value: object = json.loads(raw, strict=False)
    except ValueError:
        return raw
    return value
