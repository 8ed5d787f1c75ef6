"""Owns commands that are likely to be refused, each for one reason."""

from __future__ import annotations

from random import Random

from tests.reference.model import ReferenceTool
from tests.reference.nodes import WRITE_BITS
from tests.reference.parameters import Command
from tests.reference.texts import Text, decoded

NONSENSE: tuple[object, ...] = (True, 3, [], {}, ["x"], 1.5, "")


def draw_fault(random: Random, reference: ReferenceTool, folder: str, name: str) -> Command:
    """Draw a call that is wrong in one way, or that may not fit the file that it names."""
    command = _complete(random, reference, folder, name)
    if "undo_edit" not in reference.version.commands and random.random() < 0.1:
        return {"command": "undo_edit", "path": command["path"]}
    if random.random() < 0.03:
        return command | {"command": random.choice(("edit", "VIEW", "", None, 3, "undo"))}
    own = {
        "view": _wrong_range,
        "create": _as_it_is,
        "str_replace": _wrong_text,
        "insert": _wrong_line,
        "undo_edit": _not_to_be_undone,
    }
    common = (_wrong_path, _as_it_is, random.choice((_without_one, _of_wrong_type, _with_one_more)))
    return random.choice((*common, own[name], own[name], own[name]))(random, reference, command)


def _as_it_is(random: Random, reference: ReferenceTool, command: Command) -> Command:
    return command


def _not_to_be_undone(random: Random, reference: ReferenceTool, command: Command) -> Command:
    """A file that nobody edited, or an edited one that was changed since, made read-only, or deleted."""
    able = {path: node.data for path, node in reference.nodes.items() if node.mode & WRITE_BITS}
    changes = reference.changes
    unable = [path for path in changes if changes[path] and changes[path][-1].after != able.get(path)]
    return command | {"path": random.choice(unable or sorted(reference.nodes) or ["absent.txt"])}


def _complete(random: Random, reference: ReferenceTool, folder: str, name: str) -> Command:
    """A call with all parameters, on any file, which may well not fit."""
    path = random.choice([*sorted(reference.nodes), f"{folder}/absent.txt"])
    more: dict[str, Command] = {
        "view": {},
        "create": {"file_text": "x\n"},
        "str_replace": {"old_str": "x", "new_str": "y"},
        "insert": {"insert_line": 0, reference.version.insert_text: "x"},
        "undo_edit": {},
    }
    return {"command": name, "path": path, **more[name]}


def _wrong_path(random: Random, reference: ReferenceTool, command: Command) -> Command:
    path = str(command["path"])
    folders = [*sorted(reference.folders), *sorted(reference.folders)]
    ways = ("../outside.txt", "/repo/" + path, reference.root + "2/x", path + "/below", "a\0b", "", ".git/config")
    return command | {"path": random.choice((*ways, path + ".absent", *folders))}


def _without_one(random: Random, reference: ReferenceTool, command: Command) -> Command:
    """Leave a parameter out, or send null for it."""
    name = random.choice([name for name in command if name != "command"])
    if random.random() < 0.5:
        return command | {name: None}
    return {other: value for other, value in command.items() if other != name}


def _of_wrong_type(random: Random, reference: ReferenceTool, command: Command) -> Command:
    name = random.choice([name for name in command if name != "command"])
    return command | {name: random.choice(NONSENSE)}


def _with_one_more(random: Random, reference: ReferenceTool, command: Command) -> Command:
    if command["command"] == "insert":
        return command | {"insert_text": "one", "new_str": "another"}
    return command | {random.choice(("explanation", "old_string", "insert_line")): 1}


def _wrong_range(random: Random, reference: ReferenceTool, command: Command) -> Command:
    path, text = _drawn_file(random, reference)
    total = len(text.pieces)
    outside = [[total + 1, -1], [total + 5, total + 9], [0, 1], [-1, 2]] if total else []
    ways = [*outside, [3, 2], [2, 0], [1], [1, 2, 3], [1, True], ["one", 2], [1.5, 2], "1-2", {"start": 1}, [None, 1]]
    return command | {"path": path, "view_range": random.choice(ways)}


def _wrong_text(random: Random, reference: ReferenceTool, command: Command) -> Command:
    """An old_str that stands nowhere, or at several places, or that is not to be changed."""
    path, text = _drawn_file(random, reference)
    line = random.choice([line for line in text.rows if line] or ["x"])
    several = ("x", "a", "e", "\n", "aXa", "return x", "return x\n", "    ")
    ways = (line.swapcase() + "?", line + " ", f"     1\t{line}", line.replace("\t", "    ") + "!", "nowhere\nat all")
    old = random.choice((*ways, *several, ""))
    new = old if random.random() < 0.1 else "new"
    return command | {"path": path, "old_str": old, "new_str": new}


def _wrong_line(random: Random, reference: ReferenceTool, command: Command) -> Command:
    path, text = _drawn_file(random, reference)
    total = len(text.pieces)
    ways = (total + 2, total + 100, -1, str(-1), True, 1.5, "1.5", "end", [1])
    return command | {"path": path, "insert_line": random.choice(ways)}


def _drawn_file(random: Random, reference: ReferenceTool) -> tuple[str, Text]:
    """A text file, or a name that no file has."""
    texts = {path: decoded(node.data) for path, node in sorted(reference.nodes.items())}
    found = [(path, text) for path, text in texts.items() if text]
    return random.choice(found or [("absent.txt", Text(""))])
