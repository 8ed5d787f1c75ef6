"""Owns random sequences: what a model sends and what others do meanwhile, drawn step by step from one seed.

The author looks at the reference's files, so that most of what it writes makes sense; it never looks at the real ones.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal, get_args

from tests.reference.contents import NAMES, draw_body, draw_data, draw_mode, draw_new_text
from tests.reference.facts import Refusal
from tests.reference.faults import draw_fault
from tests.reference.model import ReferenceTool
from tests.reference.nodes import WRITE_BITS, Node
from tests.reference.parameters import Command
from tests.reference.texts import Text, decoded, places

VERSIONS_PLAYED = (
    "text_editor_20241022", "text_editor_20250124", "text_editor_20250429", "text_editor_20250124",
    "text_editor_20250728", "text_editor_20241022", "schema", "text_editor_20250124", "text_editor_20241022",
)  # fmt: skip
"""In turn; those with undo_edit more often, so that it is as frequent as the other commands."""
LENGTH = 10
"""Commands in a sequence."""
FAULTY = 0.27
"""Share of the commands that are drawn to be refused."""
OTHERS = 0.12
"""How often somebody else does something before a command."""

Action = Literal["write", "replace", "touch", "delete", "chmod", "link"]
ACTIONS: tuple[Action, ...] = get_args(Action)


@dataclass(frozen=True, slots=True)
class Outside:
    """What somebody else does to a file."""

    action: Action
    path: str
    data: bytes = b""
    mode: int = 0o644
    target: str = ""
    """The other name of a link."""


class Author:
    """Draws one sequence."""

    def __init__(self, seed: int, root: str, new_file_mode: int) -> None:
        self.random = Random(seed)
        self.folder = f"s{seed}"
        self.version = VERSIONS_PLAYED[seed % len(VERSIONS_PLAYED)]
        self.limit = self.random.choice((None, None, None, None, 100, 300, 1_000))
        self.reference = ReferenceTool(root, self.version, self.limit, new_file_mode)
        self.reference.folders.add(self.folder)

    def beginning(self) -> list[Outside]:
        """Put the first files there."""
        names = self.random.sample(NAMES, self.random.randint(2, 5))
        return [self._written("replace", f"{self.folder}/{name}") for name in names]

    def interruption(self) -> Outside | None:
        """Perhaps let somebody else do something."""
        if self.random.random() >= OTHERS or not self.reference.nodes:
            return None
        nodes = sorted(self.reference.nodes)
        edited = [path for path in nodes if self.reference.changes.get(path)]
        path = self.random.choice(edited if edited and self.random.random() < 0.6 else nodes)
        action = self.random.choice(ACTIONS)
        match action:
            case "write" | "replace":
                return self._written(action, path)
            case "link":
                names = (f"{posixpath.dirname(path)}/link{number}" for number in range(len(nodes) + 1))
                return Outside("link", next(name for name in names if name not in nodes), target=path)
            case _:
                return Outside(action, path, mode=self.random.choice((0o444, draw_mode(self.random))))

    def command(self) -> Command:
        """Draw what the model sends next."""
        name = self._drawn_name()
        if self.random.random() < FAULTY:
            return draw_fault(self.random, self.reference, self.folder, name)
        drawn: dict[str, Callable[[], Command | None]] = {
            "view": self._view,
            "create": self._create,
            "str_replace": self._str_replace,
            "insert": self._insert,
            "undo_edit": self._undo_edit,
        }
        command = drawn[name]() or self._create()
        if self.random.random() < 0.05:
            command |= {self.random.choice(("view_range", "file_text", "insert_line")): None} | command
        return command

    def apply(self, outside: Outside) -> None:
        """Let the reference know what somebody else did."""
        nodes = self.reference.nodes
        match outside.action:
            case "write":
                nodes[outside.path].data = outside.data
            case "replace":
                self.reference.make_folders(outside.path)
                nodes[outside.path] = Node(outside.data, outside.mode)
            case "delete":
                del nodes[outside.path]
            case "chmod":
                nodes[outside.path].mode = outside.mode
            case "link":
                nodes[outside.path] = nodes[outside.target]
            case "touch":
                pass

    def _written(self, action: Literal["write", "replace"], path: str) -> Outside:
        return Outside(action, path, draw_data(self.random), draw_mode(self.random))

    def _drawn_name(self) -> str:
        weights = {"view": 18, "create": 14, "str_replace": 24, "insert": 18, "undo_edit": 26}
        names = self.reference.version.commands
        return self.random.choices(names, [weights[name] for name in names])[0]

    def _view(self) -> Command | None:
        if self.random.random() < 0.15:
            return {"command": "view", "path": self._spelled(self.random.choice(sorted(self.reference.folders)))}
        path = self._text_file()
        if path is None:
            return None
        command: Command = {"command": "view", "path": self._spelled(path)}
        total = len(self.reference.text(path).pieces)
        if self.random.random() < 0.6:
            first = self.random.randint(1, max(total, 1))
            last = self.random.choice((-1, first, self.random.randint(first, max(total, 1) + 3)))
            whole: object = [self._number(first), self._number(last)]
            command["view_range"] = f"[{first}, {last}]" if self.random.random() < 0.1 else whole
        return command

    def _create(self) -> Command:
        nodes = self.reference.nodes
        names = [f"{self.folder}/{name}" for name in NAMES]
        names = [name for name in names if name not in nodes] + self._empty_files() * 4
        names = [name for name in names if self._is_free(name)] or [f"{self.folder}/new{self.random.randrange(999)}"]
        return {
            "command": "create",
            "path": self._spelled(self.random.choice(names)),
            "file_text": draw_body(self.random),
        }

    def _empty_files(self) -> list[str]:
        nodes = self.reference.nodes
        return [path for path in nodes if not nodes[path].data and nodes[path].mode & WRITE_BITS]

    def _str_replace(self) -> Command | None:
        path = self._editable_file()
        if path is None:
            return None
        text = self.reference.text(path)
        old = next((old for old in (self._stretch(text) for _ in range(12)) if len(places(text.body, old)) == 1), None)
        if old is None:
            return None
        if self.random.random() < 0.3:
            old = old.replace("\r\n", "\n")
        new = self._new_text(path)
        return {"command": "str_replace", "path": self._spelled(path), "old_str": old, "new_str": new}

    def _stretch(self, text: Text) -> str:
        """Something that stands in the text; of an unknown encoding, ASCII only."""
        body = text.body
        if not body:
            return ""
        if self.random.random() < 0.5:
            first = self.random.randrange(len(text.pieces))
            drawn = "".join(text.pieces[first : first + self.random.randint(1, 3)])[:5_000]
        else:
            start = self.random.randrange(len(body))
            drawn = body[start : start + self.random.randint(1, 60)]
        if not text.is_of_unknown_encoding:
            return drawn
        return max("".join(sign if sign.isascii() else "\0" for sign in drawn).split("\0"), key=len)

    def _insert(self) -> Command | None:
        path = self._editable_file()
        if path is None:
            return None
        total = len(self.reference.text(path).pieces)
        line = self.random.choice((0, total, total + 1, *([self.random.randint(0, total)] * 4)))
        text = self._new_text(path)
        own = self.reference.version.insert_text
        names = self.random.choice(((own,), (own,), (own,), ("new_str",), ("insert_text",), ("insert_text", "new_str")))
        command: Command = {"command": "insert", "path": self._spelled(path), "insert_line": self._number(line)}
        return command | dict.fromkeys(names, text)

    def _undo_edit(self) -> Command | None:
        able = [path for path, changes in self.reference.changes.items() if changes and self._is_as_left(path)]
        if not able:
            return self._str_replace()
        return {"command": "undo_edit", "path": self._spelled(self.random.choice(able))}

    def _is_as_left(self, path: str) -> bool:
        node = self.reference.nodes.get(path)
        return bool(node and node.mode & WRITE_BITS and node.data == self.reference.changes[path][-1].after)

    def _is_free(self, path: str) -> bool:
        """Whether a file could be made at a path."""
        try:
            return self.reference.located(path) not in self.reference.folders
        except Refusal:
            return False

    def _text_file(self) -> str | None:
        nodes = self.reference.nodes
        paths = [path for path in sorted(nodes) if decoded(nodes[path].data)]
        return self.random.choice(paths) if paths else None

    def _editable_file(self) -> str | None:
        nodes = self.reference.nodes
        paths = [path for path in sorted(nodes) if decoded(nodes[path].data) and nodes[path].mode & WRITE_BITS]
        return self.random.choice(paths) if paths else None

    def _new_text(self, path: str) -> str:
        """What is written into a file: of an unknown encoding ASCII, or what it surely has no place for.

        Whether damaged UTF-8 takes other characters is left open.
        """
        if not self.reference.text(path).is_of_unknown_encoding:
            return draw_new_text(self.random)
        is_damaged = not self.reference.nodes[path].data.decode("utf-8", "ignore").isascii()
        if is_damaged or self.random.random() < 0.8:
            return draw_new_text(self.random).encode("ascii", "ignore").decode()
        return "日本語 😀"

    def _number(self, number: int) -> object:
        """As models write whole numbers."""
        return self.random.choice((number, number, number, number, str(number), float(number)))

    def _spelled(self, path: str) -> str:
        """One of the ways to write a path of the workspace."""
        folder, name = posixpath.split(path)
        ways = (f"{self.reference.root}/{path}", f"./{path}", f"{folder or '.'}/./{name}", f"no/../{path}")
        return self.random.choice((path, path, path, *ways))
