"""Owns reading JSON that anybody may have written: bounded before it is built, then one typed look at a time.

What is wrong goes to a complaint that its reader gives, which raises; nothing is guessed and nothing converted.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

DEEPEST = 100
"""Levels of lists and objects."""
MOST_VALUES = 2_000_000
"""Values in one document, about."""
_MOST_QUOTES = 16_000_000
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
Complaint = Callable[[str], NoReturn]
"""Raises an error; the reason is a sentence without its stop."""


def load_object(data: bytes, complain: Complaint) -> "JsonObject":
    """Build the object that a document in UTF-8 is; complains of what `load_value` does, and of anything else."""
    value = load_value(data, complain)
    return JsonObject("", value, complain) if isinstance(value, dict) else complain("it is no JSON object")


def load_value(data: bytes, complain: Complaint) -> Any:
    """Build what a document in UTF-8 is; complains of what is too deep, too much, repeated, or no JSON."""
    _require_bounds(data, complain)

    def once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
        if len(pairs) > 1 and (repeated := _repeated(pairs)):
            complain(f"an object of it has {repeated[:80]!r} more than once")
        return dict(pairs)

    def constant(name: str) -> NoReturn:
        complain(f"{name} is no number in JSON")

    try:
        return json.loads(data.decode("utf-8-sig"), object_pairs_hook=once, parse_constant=constant)
    except (ValueError, RecursionError) as error:
        complain(f"it is not JSON in UTF-8 ({error})")


def _repeated(pairs: Sequence[tuple[str, object]]) -> str:
    key, count = Counter(key for key, _ in pairs).most_common(1)[0]
    return key if count > 1 else ""


def _require_bounds(data: bytes, complain: Complaint) -> None:
    """Count what stands between the strings: building many small values takes far more memory than their text."""
    bones = _STRING.sub(b"", data) if data.count(b'"') <= _MOST_QUOTES else b"," * (MOST_VALUES + 1)
    if sum(map(bones.count, (b",", b"[", b"{"))) > MOST_VALUES:
        complain(f"it holds more than {MOST_VALUES:,} values")
    depth = 0
    for bracket in re.findall(rb"[\[\]{}]", bones):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEEPEST:
            complain(f"it is more than {DEEPEST} levels deep")


@dataclass(frozen=True, slots=True)
class JsonObject:
    """An object of a document, and how a complaint calls it; each look complains of a value of another type."""

    name: str
    """Such as `files[3].before`; empty for the document itself."""
    values: Mapping[str, Any]
    complain: Complaint

    def at(self, key: str) -> str:
        """How a complaint calls a value of it."""
        return f"{self.name}.{key}" if self.name else key

    def wrong(self, key: str, wanted: str) -> NoReturn:
        """Complain of a value."""
        given = _shown(self.values[key]) if key in self.values else "missing"
        self.complain(f"{self.at(key)} is {given}, and has to be {wanted}")

    def text(self, key: str) -> str:
        """A text."""
        value = self.values.get(key)
        return value if isinstance(value, str) else self.wrong(key, "a text")

    def optional_text(self, key: str) -> str | None:
        """A text or null."""
        return None if key in self.values and self.values[key] is None else self.text(key)

    def flag(self, key: str) -> bool:
        """True or false."""
        value = self.values.get(key)
        return value if isinstance(value, bool) else self.wrong(key, "true or false")

    def number(self, key: str, lowest: int = 0) -> int:
        """A whole number."""
        value = self.values.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value < 2**63:
            self.wrong(key, f"a whole number from {lowest} on")
        return value

    def optional_real(self, key: str) -> float | None:
        """A number from 0 on, or null."""
        value = self.values.get(key)
        if key in self.values and value is None:
            return None
        is_real = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**63
        return value if is_real else self.wrong(key, "a number or null")

    def object(self, key: str) -> "JsonObject":
        """An object."""
        value = self.values.get(key)
        return (
            JsonObject(self.at(key), value, self.complain) if isinstance(value, dict) else self.wrong(key, "an object")
        )

    def objects(self, key: str, most: int) -> "Iterator[JsonObject]":
        """The objects of a list, of at most so many."""
        for number, value in enumerate(self._list(key, most)):
            name = f"{self.at(key)}[{number}]"
            yield (
                JsonObject(name, value, self.complain)
                if isinstance(value, dict)
                else self.complain(f"{name} is no object")
            )

    def texts(self, key: str, most: int = 10_000) -> Iterator[str]:
        """The texts of a list, of at most so many."""
        for number, value in enumerate(self._list(key, most)):
            yield value if isinstance(value, str) else self.complain(f"{self.at(key)}[{number}] is no text")

    def _list(self, key: str, most: int) -> list[Any]:
        values = self.values.get(key)
        if not isinstance(values, list):
            self.wrong(key, "a list")
        if len(values) > most:
            self.complain(f"{self.at(key)} has {len(values):,} entries, and may have {most:,}")
        return values


def _shown(value: object) -> str:
    """A value as a complaint quotes it."""
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case str():
            return json.dumps(value[:80])
        case _:
            return json.dumps(value)[:80]
