"""Owns the reading of a tool call's input: from whatever JSON a model sent to an `EditCommand`.

Never looks at a file; every malformed input becomes an EditError that says what to send instead.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from copydesk.domain.edits import Create, EditCommand, Insert, StrReplace, UndoEdit, View
from copydesk.domain.errors import EditError
from copydesk.domain.tools import COMMAND_PARAMETERS, ToolVersion
from copydesk.editor.inputs import (
    WHOLE_NUMBER,
    Values,
    echo,
    refuse_unknown,
    sent_values,
    type_name,
    whole_number,
)

_RANGE = re.compile(rf"\s*\[{WHOLE_NUMBER.pattern},{WHOLE_NUMBER.pattern}\]\s*")
_UNWRITABLE = re.compile("[\0\ud800-\udfff]")


def parse(version: ToolVersion, given: object) -> EditCommand:
    """Read the input of a call; raises EditError with a sentence for the model.

    Whole numbers and ranges may come as strings; `insert` takes `insert_text` or `new_str` in every version.
    """
    if not isinstance(given, dict):
        raise EditError(f"The input must be an object with `command` and `path`, not {type_name(given)}.")
    values = sent_values(given)
    command = _command(version, values)
    parameters = {name: value for name, value in values.items() if name != "command"}
    refuse_unknown(command, parameters, COMMAND_PARAMETERS[command])
    return _READERS[command](version, values)


def _command(version: ToolVersion, values: Values) -> str:
    allowed = ", ".join(version.commands)
    if "command" not in values:
        raise EditError(f"`command` is missing; it is one of {allowed}.")
    command = values["command"]
    if command == "undo_edit" and not version.can_undo:
        raise EditError(
            "This tool has no `undo_edit`. Edit the file again, or ask the person to take the edit back with "
            f"`copydesk rollback`; the commands are {allowed}."
        )
    if not isinstance(command, str) or command not in version.commands:
        raise EditError(f"There is no command {echo(command)}; the commands are {allowed}.")
    return command


def _view(version: ToolVersion, values: Values) -> EditCommand:
    given = values.get("view_range")
    return View(_text(values, "path", "view"), None if given is None else _view_range(given))


def _create(version: ToolVersion, values: Values) -> EditCommand:
    file_text = _content(values, "file_text", "create", 'pass "" for an empty file')
    return Create(_text(values, "path", "create"), file_text)


def _str_replace(version: ToolVersion, values: Values) -> EditCommand:
    path = _text(values, "path", "str_replace")
    old_str = _text(values, "old_str", "str_replace")
    if not old_str:
        raise EditError("`old_str` must not be empty. To add text use `insert`; for a new file use `create`.")
    new_str = _content(values, "new_str", "str_replace", 'pass new_str: "" to delete old_str')
    if old_str == new_str:
        raise EditError("`old_str` and `new_str` are the same, so nothing would change.")
    return StrReplace(path, old_str, new_str)


def _insert(version: ToolVersion, values: Values) -> EditCommand:
    path = _text(values, "path", "insert")
    if "insert_line" not in values:
        raise EditError("`insert_line` is missing for `insert`: 0 puts the text before line 1, n after line n.")
    line = whole_number(values["insert_line"])
    if line is None:
        raise EditError(f"`insert_line` must be a whole number, not {echo(values['insert_line'])}.")
    names = [name for name in ("insert_text", "new_str") if name in values]
    name = names[0] if names else version.insert_text_parameter
    text = _content(values, name, "insert", "it is the text to put in")
    if len(names) == 2 and _content(values, "new_str", "insert", "") != text:
        raise EditError("`insert_text` and `new_str` differ; send the text once, in one of them.")
    if not text:
        raise EditError(f'`{name}` is empty, so there is nothing to insert; "\\n" inserts an empty line.')
    return Insert(path, line, text)


def _undo_edit(version: ToolVersion, values: Values) -> EditCommand:
    return UndoEdit(_text(values, "path", "undo_edit"))


_READERS: Final[Mapping[str, Callable[[ToolVersion, Values], EditCommand]]] = MappingProxyType(
    {"view": _view, "create": _create, "str_replace": _str_replace, "insert": _insert, "undo_edit": _undo_edit}
)


def _text(values: Values, name: str, command: str, advice: str = "") -> str:
    if name not in values:
        raise EditError(f"`{name}` is missing for `{command}`" + (f": {advice}." if advice else "."))
    value = values[name]
    if not isinstance(value, str):
        raise EditError(f"`{name}` must be a string, not {type_name(value)}.")
    return value


def _content(values: Values, name: str, command: str, advice: str) -> str:
    """A string that goes into a file, so every character of it must be one that a text file can hold."""
    text = _text(values, name, command, advice)
    unwritable = _UNWRITABLE.search(text)
    if unwritable:
        code = f"U+{ord(unwritable.group()):04X}"
        raise EditError(f"`{name}` holds {code}, which no text file can hold; write it as an escape sequence.")
    return text


def _view_range(value: object) -> tuple[int, int]:
    if isinstance(value, str) and (match := _RANGE.fullmatch(value)):
        value = list(match.groups())
    numbers = [whole_number(item) for item in value] if isinstance(value, list | tuple) and len(value) == 2 else []
    match numbers:
        case [int(first), int(last)]:
            return first, last
        case _:
            raise EditError(
                "`view_range` must be two whole numbers of at most 18 digits, such as [1, 50] or [51, -1] to the end, "
                f"not {echo(value)}."
            )
