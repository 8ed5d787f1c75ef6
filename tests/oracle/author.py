"""Owns chance in the campaign of consent: what the model sends, what the user writes, what the person says.

It knows nothing of the program. Lines are never written twice, so that each tells whose it is; in the sequences that
repeat lines they come from a few.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from random import Random

from tests.oracle.oracle import File, Share, Shown, ShownHunk, Verdict

NAMES = ("a.txt", "b.txt", "c.txt", "new/d.txt")
COMMON = tuple(f"common {number}\n" for number in range(4))
LONGEST = 30
"""Lines of a file at the beginning: enough for three hunks."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A command for the editor tool, and what it makes of the file."""

    given: Mapping[str, object]
    path: str
    after: File
    """None where the file goes; the file as it is where the command is to be refused."""
    is_undo: bool = False


class Author:
    """One sequence's chance."""

    def __init__(self, random: Random, folder: str, *, repeats: bool, undoes: bool) -> None:
        self.random = random
        self.paths = tuple(f"{folder}/{name}" for name in NAMES)
        self._repeats = repeats
        self._undoes = undoes
        """Whether the model takes edits back."""
        self._numbers = count(random.randrange(10**6) * 10**4)

    def lines(self, who: str, least: int, most: int) -> tuple[str, ...]:
        """New lines."""
        return tuple(self._line(who) for _ in range(self.random.randint(least, most)))

    def _line(self, who: str) -> str:
        if self._repeats and self.random.random() < 0.6:
            return self.random.choice(COMMON)
        return f"{who} {next(self._numbers)}\n"

    def edited(self, lines: tuple[str, ...], who: str, places: int) -> tuple[str, ...]:
        """The same with a few places changed: lines put in, taken out, or others in their place."""
        new = list(lines)
        for _ in range(self.random.randint(1, places)):
            at = self.random.randint(0, len(new))
            removed = self.random.choice((0, 0, 1, 1, 2))
            new[at : at + removed] = self.lines(who, 0 if removed else 1, 2)
        return tuple(new)

    def edit(self, path: str, view: File, undone: tuple[File, File] | None) -> Edit:
        """Something that the model wants; `undone` is what an undo would make."""
        if self.random.random() < 0.12 and self._undoes:
            return Edit({"command": "undo_edit", "path": path}, path, undone[1] if undone else view, True)
        if view is None:
            after = self.lines("model", 1, 10)
            return Edit({"command": "create", "path": path, "file_text": "".join(after)}, path, after)
        if not view or self.random.random() < 0.25:
            return self._insert(path, view)
        return self._replace(path, view)

    def _insert(self, path: str, view: tuple[str, ...]) -> Edit:
        at, new = self.random.randint(0, len(view)), self.lines("model", 1, 3)
        given = {"command": "insert", "path": path, "insert_line": at, "new_str": "".join(new)}
        return Edit(given, path, (*view[:at], *new, *view[at:]))

    def _replace(self, path: str, view: tuple[str, ...]) -> Edit:
        first, length = (0, len(view)) if self.random.random() < 0.5 else (self.random.randrange(len(view)), 3)
        old = view[first : first + length]
        new = self.edited(old, "model", 3)
        given = {"command": "str_replace", "path": path, "old_str": "".join(old), "new_str": "".join(new)}
        places = sum(view[at : at + len(old)] == old for at in range(len(view)))
        is_sure = places == 1 and old != new
        return Edit(given, path, (*view[:first], *new, *view[first + length :]) if is_sure else view)

    def user_edit(self, lines: File) -> File:
        """What the user makes of a file, which may be nothing at all."""
        if lines is None:
            return self.lines("user", 1, 8)
        chance = self.random.random()
        if chance < 0.1:
            return None
        return lines if chance < 0.2 else self.edited(lines, "user", 2)

    def verdict(self, shown: Shown) -> Verdict:
        """What the person says of a file's change."""
        chance = self.random.random()
        if chance < 0.45 or not shown.hunks:
            return Verdict(chance < 0.32)
        if chance < 0.5:
            return Verdict(False, text=self.edited(shown.after or shown.before or (), "person", 2) or ("person\n",))
        shares = [share for number, hunk in enumerate(shown.hunks, 1) for share in self._shares(number, hunk)]
        notes = tuple(f"word {next(self._numbers)}" for _ in shares) if self.random.random() < 0.3 else ()
        return Verdict(self.random.random() < 0.5, tuple(shares), notes=notes)

    def note(self) -> str:
        """Words on the whole, or none."""
        return f"word {next(self._numbers)}" if self.random.random() < 0.2 else ""

    def _shares(self, number: int, hunk: ShownHunk) -> list[Share]:
        """Nothing, one word on the whole hunk, or one on some of its lines."""
        size, chance = len(hunk.lines), self.random.random()
        if chance < 0.2:
            return []
        first, end = (0, size) if chance < 0.7 else sorted(self.random.sample(range(size + 1), 2))
        choice = self.random.choice(("accept", "accept", "reject", "reject", "edit"))
        if choice != "edit":
            return [Share(number, first, end, choice)]
        new = tuple(text for sign, text in hunk.lines[first:end] if sign != "-")
        return [Share(number, first, end, choice, self.edited(new, "person", 2) or ("person\n",))]
