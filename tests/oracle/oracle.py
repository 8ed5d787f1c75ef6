"""Owns the truth about consent: what each file has to hold, whose every line is, and what the model believes of it.

It knows nothing of the program: a file is a tuple of lines, a decision a value of its own, and what lands is worked out
anew from what the person was shown. Never touches a disk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

File = tuple[str, ...] | None
"""Lines with their ends; None for no file."""


CONFLICT = "conflict"
"""What stands for the file that two sides contradict each other about."""


class Mark(StrEnum):
    """Whose a line is."""

    START = "there from the start"
    MODEL = "proposed by the model"
    USER = "written by the user"
    PERSON = "written by the person in a decision"


@dataclass(frozen=True, slots=True)
class ShownHunk:
    """A hunk as the person sees it."""

    start: int
    """How many lines of the old file come before it."""
    lines: tuple[tuple[str, str], ...]
    """A blank, `-` or `+`, and the line."""

    @property
    def old(self) -> tuple[str, ...]:
        return tuple(text for sign, text in self.lines if sign != "+")

    @property
    def new(self) -> tuple[str, ...]:
        return tuple(text for sign, text in self.lines if sign != "-")


@dataclass(frozen=True, slots=True)
class Shown:
    """What the person sees of one file's change."""

    path: str
    before: File
    after: File
    hunks: tuple[ShownHunk, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """What the person says of some lines of a hunk: `accept`, `reject` or `edit`."""

    hunk: int
    """Counts from 1."""
    first: int
    end: int
    choice: str
    text: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the person says of one file's change."""

    accepts: bool
    """What no share names."""
    shares: tuple[Share, ...] = ()
    text: File = None
    """All of the file, where the person wrote it anew."""
    notes: tuple[str, ...] = ()
    """Words that the model has to hear."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that the overlay shows otherwise than the disk had it."""

    base: File
    image: File


Change = tuple[File, File]
"""A file before and after."""


@dataclass(slots=True)
class Truth:
    """What holds after each action; the player says what happens, and asks what that makes wrong."""

    disk: dict[str, tuple[str, ...]] = field(default_factory=dict)
    waiting: dict[str, Waiting] = field(default_factory=dict)
    told: dict[str, File] = field(default_factory=dict)
    """What the model was told last of a file, unless the user or a rollback changed it since."""
    steps: dict[str, dict[str, Change]] = field(default_factory=dict)
    """What each step of the History did, by its id, in order."""
    _marks: dict[str, Mark] = field(default_factory=dict, init=False)
    _accepted: set[str] = field(default_factory=set, init=False)
    """Lines that may be on disk: those of the start, the user's, and what decisions let through."""
    _landed_edits: dict[str, list[Change]] = field(default_factory=dict, init=False)
    _waiting_edits: dict[str, list[Change]] = field(default_factory=dict, init=False)

    def view(self, path: str) -> File:
        """What the model reads."""
        return self.waiting[path].image if path in self.waiting else self.disk.get(path)

    def begin(self, path: str, lines: tuple[str, ...]) -> None:
        self._mark(lines, Mark.START)
        self._accepted.update(lines)
        self.disk[path] = lines

    def user_writes(self, path: str, lines: File) -> None:
        self._mark(lines or (), Mark.USER)
        self._accepted.update(lines or ())
        self._put(path, lines)
        if path not in self.waiting:
            self.told.pop(path, None)

    def model_writes(self, lines: File) -> None:
        """The model sends lines; whether they land is another matter."""
        self._mark(lines or (), Mark.MODEL)

    def lands(self, step: str, changes: Mapping[str, Change], *, is_undo: bool = False) -> None:
        """A decision let these changes through, and nothing else."""
        self.steps[step] = dict(changes)
        for path, (before, after) in changes.items():
            self._mark(after or (), Mark.PERSON)
            self._accepted.update(after or ())
            self._put(path, after)
            edits = self._landed_edits.setdefault(path, [])
            if not is_undo:
                edits.append((before, after))
            elif edits:
                edits.pop()

    def gathers(self, path: str, after: File, *, is_undo: bool) -> None:
        """An edit waits for a review."""
        before, edits = self.view(path), self._waiting_edits.setdefault(path, [])
        base = self.waiting[path].base if path in self.waiting else before
        self.waiting[path] = Waiting(base, after)
        if not is_undo:
            edits.append((before, after))
        elif edits:
            edits.pop()

    def lets_go(self, paths: Iterable[str]) -> None:
        """What waited for these files waits no more."""
        for path in paths:
            self.waiting.pop(path, None)
            self._waiting_edits.pop(path, None)

    def undone(self, path: str) -> Change | None:
        """What an undo would make of a file; None where it is refused."""
        edits = self._waiting_edits.get(path) or self._landed_edits.get(path)
        current = self.view(path)
        return (current, edits[-1][0]) if edits and edits[-1][1] == current else None

    def rollback(self, step: str) -> dict[str, Change] | None:
        """What going back to before a step moves; None where it would lose what others wrote, or an edit that waits."""
        trails: dict[str, list[Change]] = {}
        for changes in list(self.steps.values())[list(self.steps).index(step) :]:
            for path, change in changes.items():
                trails.setdefault(path, []).append(change)
        moved = {
            path: (self.disk.get(path), trail[0][0])
            for path, trail in trails.items()
            if self.disk.get(path) != trail[0][0]
        }
        is_broken = any(_is_broken(trails[path], current) for path, (current, _) in moved.items())
        return None if is_broken or moved.keys() & self.waiting.keys() else moved

    def resumes(self) -> None:
        """After a crash in the middle of a step: nobody knows what the model was told, and steps count anew."""
        self.told.clear()
        self.steps.clear()

    def rolls_back(self, step: str, changes: Mapping[str, Change]) -> None:
        self.steps[step] = dict(changes)
        for path, (_, after) in changes.items():
            self._put(path, after)
            self._landed_edits.pop(path, None)
            self.told.pop(path, None)

    def disk_problems(self, actual: Mapping[str, File]) -> Iterator[str]:
        """Laws 1 and 2: nothing is on disk that nobody let through, and nothing is gone that nobody took away."""
        for path in sorted({*self.disk, *(path for path, lines in actual.items() if lines is not None)}):
            wanted, found = self.disk.get(path), actual.get(path)
            aliens = [text for text in found or () if text not in self._accepted]
            yield from (f"law 1: {path} holds {self._named(text)}, unaccepted" for text in aliens)
            if found == wanted:
                continue
            extra, missing = Counter(found or ()), Counter(wanted or ())
            yield from (
                f"law 1: {path} holds {self._named(text)}, which nobody let through" for text in extra - missing
            )
            yield from (f"law 2: {path} has lost {self._named(text)}" for text in missing - extra)
            yield f"{path} is {found} and should be {wanted}"

    def told_problems(self, viewed: Mapping[str, File]) -> Iterator[str]:
        """Law 3: what the model was told last is what it reads now."""
        for path, told in sorted(self.told.items()):
            if viewed.get(path) != told:
                yield f"law 3: the model was told that {path} is {told}; it reads {viewed.get(path)}"

    def _named(self, text: str) -> str:
        return f"{text!r}, {self._marks.get(text, 'nobody knows whose')}"

    def _mark(self, lines: Iterable[str], mark: Mark) -> None:
        for text in lines:
            self._marks.setdefault(text, mark)

    def _put(self, path: str, lines: File) -> None:
        if lines is None:
            self.disk.pop(path, None)
        else:
            self.disk[path] = lines


def _is_broken(trail: list[Change], current: File) -> bool:
    found = [before for before, _ in trail[1:]] + [current]
    return any(left != later for (_, left), later in zip(trail, found, strict=True))


def landed(shown: Shown, verdict: Verdict) -> File:
    """What a file holds once a verdict on what was shown has landed."""
    if verdict.text is not None:
        return verdict.text
    if not shown.hunks:
        # An empty file that is made or deleted has no lines to tell apart.
        return shown.after if verdict.accepts else shown.before
    old, lines, position = shown.before or (), list[str](), 0
    for number, hunk in enumerate(shown.hunks, 1):
        lines += old[position : hunk.start]
        lines += _decided(hunk, [share for share in verdict.shares if share.hunk == number], accepts=verdict.accepts)
        position = hunk.start + len(hunk.old)
    lines += old[position:]
    return None if not lines and None in (shown.before, shown.after) else tuple(lines)


def _decided(hunk: ShownHunk, shares: list[Share], *, accepts: bool) -> Iterator[str]:
    for index, (sign, text) in enumerate(hunk.lines):
        share = next((share for share in shares if share.first <= index < share.end), None)
        choice = share.choice if share else ("accept" if accepts else "reject")
        if share and choice == "edit":
            yield from share.text if index == share.first else ()
        elif sign == " " or (sign == "+") is (choice == "accept"):
            yield text


def merge_problems(base: File, ours: File, theirs: File, found: File | str) -> Iterator[str]:
    """Say what is wrong with a merge, or with the refusal of one; `found` is the file or `CONFLICT`."""
    counts = [Counter(lines or ()) for lines in (base, ours, theirs)]
    if base in (ours, theirs) or all(most == 1 for count in counts for most in count.values()):
        wanted = merged(base, ours, theirs)
        yield from [] if found == wanted else [f"the merge is {found} and should be {wanted}"]
    elif not isinstance(found, str):
        yield from _miscounted(counts, Counter(found or ()))


def merged(base: File, ours: File, theirs: File) -> File | str:
    """Put together what two sides made of a file without lines that repeat; `CONFLICT` where they contradict."""
    if base in (ours, theirs) or ours == theirs:
        return theirs if ours == base else ours
    if base is None or ours is None or theirs is None:
        return CONFLICT
    common = [text for text in base if text in ours and text in theirs]
    lines: list[str] = []
    for parts in zip(*(_between(side, common) for side in (base, ours, theirs)), strict=True):
        was, mine, others = parts
        if was not in (mine, others) and mine != others:
            return CONFLICT
        lines += others if mine == was else mine
    return tuple(lines)


def _between(lines: tuple[str, ...], common: list[str]) -> Iterator[tuple[str, ...]]:
    """Cut a file behind each line that all sides have."""
    position = 0
    for text in common:
        end = lines.index(text) + 1
        yield lines[position:end]
        position = end
    yield lines[position:]


def _miscounted(sides: list[Counter[str]], found: Counter[str]) -> Iterator[str]:
    """Where lines repeat, only how often each is there is known."""
    for text in set(found).union(*sides):
        (was, mine, others), now = (side[text] for side in sides), found[text]
        changes = mine - was, others - was
        wanted = [sum(changes)]
        if changes[0] * changes[1] > 0:
            # Both did the same: once for both, or each for itself.
            wanted.append(max(changes, key=abs))
        if not min(wanted) <= now - was <= max(wanted):
            yield f"the merge has {text!r} {now} times; there were {was}, the model left {mine}, the user {others}"
