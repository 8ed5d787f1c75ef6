"""Owns the tool's versions and the reading of what a model sends, as the specification's 1.1, 1.2 and 1.8 say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tests.reference.facts import Reason, refuse

Command = dict[str, object]
"""What a model sends."""
BASE = ("view", "create", "str_replace", "insert")


@dataclass(frozen=True, slots=True)
class Version:
    """What the versions differ in; all of them read `insert`'s text from either name."""

    type: str
    commands: tuple[str, ...]
    insert_text: str
    """The name by which the version itself knows the text of `insert`."""


VERSIONS = {
    version.type: version
    for version in (
        Version("text_editor_20241022", (*BASE, "undo_edit"), "new_str"),
        Version("text_editor_20250124", (*BASE, "undo_edit"), "new_str"),
        Version("text_editor_20250429", BASE, "new_str"),
        Version("text_editor_20250728", BASE, "insert_text"),
        Version("schema", BASE, "insert_text"),
    )
}
TAKEN = {
    "view": {"path", "view_range"},
    "create": {"path", "file_text"},
    "str_replace": {"path", "old_str", "new_str"},
    "insert": {"path", "insert_line", "insert_text", "new_str"},
    "undo_edit": {"path"},
}
NOT_FOR_FILES = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Parameters:
    """A call's parameters; each method checks one and gives its value."""

    command: str
    values: Mapping[str, object]

    def text(self, name: str) -> str:
        value = self.values.get(name)
        if not isinstance(value, str):
            raise refuse(Reason.PARAMETER, name)
        return value

    def content(self, name: str) -> str:
        """Text that goes into a file."""
        value = self.text(name)
        if NOT_FOR_FILES.search(value):
            raise refuse(Reason.PARAMETER, name)
        return value

    def insert_line(self) -> int:
        line = whole_number(self.values.get("insert_line"))
        if line is None:
            raise refuse(Reason.PARAMETER, "insert_line")
        return line

    def insert_text(self, version: Version) -> str:
        names = [name for name in ("insert_text", "new_str") if name in self.values]
        texts = {self.content(name) for name in names or [version.insert_text]}
        if len(texts) > 1:
            raise refuse(Reason.PARAMETER, *names)
        text = texts.pop()
        if not text:
            raise refuse(Reason.PARAMETER, names[0])
        return text

    def view_range(self) -> tuple[int, int] | None:
        value = self.values.get("view_range")
        if value is None:
            return None
        if isinstance(value, str) and re.fullmatch(r"\s*\[[^\[\]]*\]\s*", value):
            value = value.strip()[1:-1].split(",")
        numbers = [whole_number(item) for item in value] if isinstance(value, list) else []
        if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:
            raise refuse(Reason.PARAMETER, "view_range")
        return numbers[0], numbers[1]


def read(version: Version, given: object) -> Parameters:
    """Find the command, and refuse what it does not take; null stands for what is not sent."""
    if not isinstance(given, dict):
        raise refuse(Reason.PARAMETER)
    values = {name: value for name, value in given.items() if value is not None}
    command = values.pop("command", None)
    if command == "undo_edit" and command not in version.commands:
        raise refuse(Reason.COMMAND, "roll", *version.commands)
    if not isinstance(command, str) or command not in version.commands:
        raise refuse(Reason.COMMAND, *version.commands)
    unknown = [name for name in values if name not in TAKEN[command]]
    if unknown:
        raise refuse(Reason.PARAMETER, unknown[0])
    return Parameters(command, values)


def whole_number(value: object) -> int | None:
    """Take 3, 3.0 and "3" for 3, but no truth value."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d+\s*", value, re.ASCII):
        return int(value)
    return None
