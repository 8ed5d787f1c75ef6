"""Owns the reference: the text editor tool on a dictionary of files, written from the specification.

It must never import the program, and gives facts, not sentences.
"""

from __future__ import annotations

import posixpath
from dataclasses import replace

from tests.reference.facts import Done, Edited, Facts, Listed, Reason, Refusal, Refused, Shown, refuse
from tests.reference.nodes import WRITE_BITS, Change, Node
from tests.reference.parameters import VERSIONS, Parameters, read
from tests.reference.texts import Text, decoded, is_declared, newline_of, places, with_line_ends

DEFAULT_LIMIT = 24_000
"""Characters that a view shows where nothing else is said."""
NAMED_LINES = 5
"""Lines that an answer has to name where old_str stands at more."""
GENERATED = ("node_modules", "__pycache__")


class ReferenceTool:
    """One session of the tool; whoever else writes changes `nodes` and `folders`."""

    def __init__(self, root: str, version: str, limit: int | None, new_file_mode: int) -> None:
        self.root = root
        self.version = VERSIONS[version]
        self.limit = limit or DEFAULT_LIMIT
        self.new_file_mode = new_file_mode
        self.nodes: dict[str, Node] = {}
        self.folders = {"."}
        self.changes: dict[str, list[Change]] = {}

    def call(self, given: object) -> Facts:
        """Carry a command out as a model sends it."""
        try:
            return self._answer(read(self.version, given))
        except Refusal as refusal:
            return refusal.facts

    def make_folders(self, path: str) -> tuple[str, ...]:
        """Make the directories that lead to a file; gives those that were missing."""
        made = tuple(folder for folder in _parents(path) if folder not in self.folders)
        self.folders.update(made)
        return made

    def text(self, path: str) -> Text:
        """The text of a file that is one, or the refusal."""
        if path in self.folders:
            raise refuse(Reason.DIRECTORY, path)
        if path not in self.nodes:
            raise refuse(Reason.ABSENT, path)
        text = decoded(self.nodes[path].data)
        if text is None:
            raise refuse(Reason.BINARY, path)
        return text

    def _answer(self, given: Parameters) -> Facts:
        match given.command:
            case "view":
                return self._view(self.located(given.text("path")), given.view_range())
            case "create":
                content = given.content("file_text")
                return self._create(self.located(given.text("path")), content)
            case "str_replace":
                old, new = given.text("old_str"), given.content("new_str")
                return self._str_replace(self.located(given.text("path")), old, new)
            case "insert":
                line, content = given.insert_line(), given.insert_text(self.version)
                return self._insert(self.located(given.text("path")), line, content)
            case _:
                return self._undo_edit(self.located(given.text("path")))

    def located(self, given: str) -> str:
        """Give a path relative to the root, `.` for the root itself."""
        if not given or "\0" in given:
            raise refuse(Reason.PATH)
        inside = posixpath.relpath(posixpath.join(self.root, given), self.root)
        parts = inside.split("/")
        if parts[0] == "..":
            raise refuse(Reason.PATH, self.root, *self._same_tail(given))
        if ".git" in map(str.lower, parts):
            raise refuse(Reason.PATH, ".git")
        if any(parent in self.nodes for parent in _parents(inside)):
            raise refuse(Reason.PATH, parts[0])
        return inside

    def _same_tail(self, given: str) -> list[str]:
        """The file that is meant by a path under an invented root."""
        parts = given.split("/")
        tails = ["/".join(parts[start:]) for start in range(1, len(parts))] if given.startswith("/") else []
        return [tail for tail in tails if tail in self.nodes][:1]

    def _view(self, path: str, asked: tuple[int, int] | None) -> Facts:
        if path in self.folders:
            if asked:
                raise refuse(Reason.DIRECTORY, path, "view_range")
            return self._list(path)
        rows = self.text(path).rows
        if not rows:
            return Shown(path, (), 0, 0, self.limit)
        first, last = asked or (1, -1)
        last = len(rows) if last == -1 else last
        if not 1 <= first <= len(rows):
            raise refuse(Reason.RANGE, path, numbers=(1, len(rows)))
        if last < first:
            raise refuse(Reason.RANGE, "view_range", numbers=(first,))
        return Shown(path, rows[first - 1 : last], first, len(rows), self.limit)

    def _list(self, path: str) -> Listed:
        entries, left_out = [], 0
        for name in self._names_in(path):
            below = posixpath.normpath(f"{path}/{name}")
            inner = self._names_in(below)
            if _is_left_out(name):
                left_out += 1
                continue
            entries.append(self._entry(below))
            entries += [self._entry(f"{below}/{inside}") for inside in inner if not _is_left_out(inside)]
            left_out += sum(map(_is_left_out, inner))
        return Listed(path, tuple(entries), left_out, self.limit)

    def _names_in(self, path: str) -> list[str]:
        known = self.nodes.keys() | self.folders - {"."}
        return sorted(posixpath.basename(other) for other in known if (posixpath.dirname(other) or ".") == path)

    def _entry(self, path: str) -> str:
        return f"{path}/" if path in self.folders else path

    def _create(self, path: str, content: str) -> Facts:
        is_new = path not in self.nodes and path not in self.folders
        text = Text("") if is_new else self._editable(path)
        if text.body:
            raise refuse(Reason.EXISTS, path, numbers=(len(text.pieces),))
        self._write(path, text.encoded(content))
        return Done(path)

    def _str_replace(self, path: str, old: str, new: str) -> Facts:
        if not old:
            raise refuse(Reason.PARAMETER, "old_str")
        if old == new:
            raise refuse(Reason.UNCHANGED, "old_str", "new_str")
        text = self._editable(path)
        found = places(text.body, old)
        if not found:
            raise refuse(Reason.NOT_FOUND, "old_str", path, rows=text.rows)
        if len(found) > 1:
            lines = tuple(text.line_of(start) for start, _ in found[:NAMED_LINES])
            raise refuse(Reason.NOT_UNIQUE, "old_str", path, numbers=lines)
        [(start, end)] = found
        return self._splice(
            path, text, start, end, with_line_ends(new, newline_of(text.body[start:end]) or text.newline)
        )

    def _insert(self, path: str, line: int, given: str) -> Facts:
        text = self._editable(path)
        total = len(text.pieces)
        if not 0 <= line <= total + 1:
            raise refuse(Reason.RANGE, path, numbers=(0, total))
        new = with_line_ends(given, text.newline)
        at = len("".join(text.pieces[:line]))
        if at == len(text.body) and not text.body.endswith("\n"):
            new = (text.newline if text.body else "") + new
        elif not new.endswith("\n"):
            new += text.newline
        return self._splice(path, text, at, at, new)

    def _editable(self, path: str) -> Text:
        text = self.text(path)
        self._check_writable(path)
        return text

    def _splice(self, path: str, text: Text, start: int, end: int, new: str) -> Facts:
        """Put new text in the place of a stretch; nothing outside it changes."""
        if not text.can_hold(new):
            raise refuse(Reason.ENCODING, path)
        body = text.body[:start] + new + text.body[end:]
        if body == text.body and start < end:
            raise refuse(Reason.UNCHANGED, "old_str", "new_str")
        data = text.encoded(body)
        if data == self.nodes[path].data:
            return Done(path)
        if text.is_declared and not data.isascii() and not is_declared(data):
            raise refuse(Reason.ENCODING, path)
        self._write(path, data)
        edited = replace(text, body=body)
        total = len(edited.pieces)
        first, last = (min(edited.line_of(at), total) for at in (start, max(start, start + len(new) - 1)))
        shift = total - len(text.pieces)
        return Edited(path, edited.rows, (first, last), shift if last < total else 0)

    def _write(self, path: str, data: bytes) -> None:
        """Give a file new bytes, which break a hard link; a file that is there keeps its mode."""
        node = self.nodes.get(path)
        if node and data == node.data:
            return
        made = self.make_folders(path)
        self.nodes[path] = Node(data, node.mode if node else self.new_file_mode)
        self.changes.setdefault(path, []).append(Change(node.data if node else None, data, made))

    def _undo_edit(self, path: str) -> Facts:
        if path in self.folders:
            raise refuse(Reason.DIRECTORY, path)
        if not self.changes.get(path):
            raise refuse(Reason.NO_CHANGE_TO_UNDO, path)
        last, node = self.changes[path][-1], self.nodes.get(path)
        if node is None or node.data != last.after:
            raise refuse(Reason.CHANGED_SINCE, path)
        self._check_writable(path)
        self.changes[path].pop()
        if last.before is None:
            del self.nodes[path]
            self._remove_empty(last.folders)
        else:
            self.nodes[path] = Node(last.before, node.mode)
        return Done(path)

    def _remove_empty(self, folders: tuple[str, ...]) -> None:
        for folder in reversed(folders):
            if not self._names_in(folder):
                self.folders.discard(folder)

    def _check_writable(self, path: str) -> None:
        node = self.nodes.get(path)
        if node and not node.mode & WRITE_BITS:
            raise refuse(Reason.READ_ONLY, path)


def succeeded(facts: Facts) -> bool:
    return not isinstance(facts, Refused)


def _parents(path: str) -> list[str]:
    """The directories that lead to a path, outermost first."""
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _is_left_out(name: str) -> bool:
    return name.startswith(".") or name in GENERATED
