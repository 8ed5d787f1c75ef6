"""Owns what going back ought to do: a model of files and of who changed them, which knows nothing of the program.

A file's story is the list of all that happened to it, by sessions and by the user. What a file holds is made of the
moments that are met on a walk back from its end, where a return leads straight to what it returned to. Going back loses
something exactly where that walk meets, before the place that is aimed at, what is not the session's own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from itertools import chain, count
from random import Random

USER = "the user"
MODES = (0o644, 0o600, 0o755)


@dataclass(frozen=True, slots=True)
class Version:
    """A file as it is at one time."""

    data: bytes
    mode: int | None
    """None where a step was recorded before the umask had decided."""


@dataclass
class Author:
    """Writes texts in which no line occurs twice, in any version of any file."""

    numbers: Iterator[int] = field(default_factory=count)

    def line(self, ending: bytes = b"\n") -> bytes:
        return b"line %d" % next(self.numbers) + ending

    def text(self, lines: int, ending: bytes = b"\n") -> bytes:
        return b"".join(self.line(ending) for _ in range(lines))

    def version(self, random: Random, old: Version | None) -> Version | None:
        """The next version of a file, never the same as the old one."""
        match random.randrange(16):
            case 0 if old:
                return None
            case 1:
                return Version(b"\0" + self.line(), old.mode if old else 0o644)
            case 2 if old:
                return Version(old.data, random.choice([mode for mode in MODES if mode != old.mode]))
            case 3 if old and old.data:
                return Version(b"", old.mode)
            case _ if old and old.data and b"\0" not in old.data:
                return Version(self.edited(random, old.data), old.mode)
            case chosen:
                ending = b"\r\n" if chosen == 4 else b"\n"
                text = self.text(random.choice([2, 20]), ending)
                return Version(text, old.mode if old else random.choice([*MODES, None]))

    def edited(self, random: Random, data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        for _ in range(random.randint(1, 3)):
            start = random.randrange(len(lines) + 1)
            end = min(start + random.randint(0, 2), len(lines))
            lines[start:end] = [self.line() for _ in range(random.randint(start == end, 2))]
        if random.randrange(8) == 0 and lines:
            lines[-1] = lines[-1].rstrip(b"\r\n")
        found = b"".join(lines)
        return found if found != data else self.line() + data


Disk = Mapping[str, Version | None]


def alike(left: Version | None, right: Version | None) -> bool:
    if left is None or right is None:
        return left is right
    return left.data == right.data and (None in (left.mode, right.mode) or left.mode == right.mode)


class Kind(Enum):
    """What made a moment."""

    WORK = auto()
    """An edit, or a return of some hunks only, which is an edit on top."""
    RETURN = auto()
    """The file became what it had been."""
    MERGE = auto()
    """Only what some moments did was taken out of it."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One change of one file."""

    number: int
    """Of the step; 0 where the user changed the file."""
    kind: Kind
    owners: frozenset[str]
    """Who made it; of a return, whose work it took away."""
    before: Version | None
    after: Version | None
    place: int = 0
    """For a return: the place in the story that it led back to."""
    out: frozenset[int] = frozenset()
    """For a merge: the places of what it took out."""
    folders: tuple[str, ...] = ()
    """Folders that had to be made."""


@dataclass(frozen=True, slots=True)
class Way:
    """What going back would do to one file."""

    path: str
    start: int
    """The place in the story that it leads back to."""
    target: Version | None
    own: frozenset[int]
    """Places of what is taken back."""
    lost: tuple[Moment, ...]
    """What others made of the file, which would be lost."""
    work: tuple[int, ...]
    """Places of what is in the file of that which is taken back, the last first."""
    workers: frozenset[str]
    """Whose work it takes back."""
    folders: tuple[str, ...]
    """Those that were made for what is taken back."""

    @property
    def losers(self) -> frozenset[str]:
        """Whose work would be lost."""
        return frozenset(owner for moment in self.lost for owner in moment.owners)


@dataclass
class Story:
    """All that happened to one file since copydesk first touched it."""

    moments: list[Moment] = field(default_factory=list)
    is_clear: bool = True
    """False once a merge took out of the file what another return had led past: nobody can say then what stands."""

    def catch_up(self, current: Version | None) -> None:
        """Note what the user made of the file since the last moment; nothing where they put it back."""
        if self.moments and self.moments[-1].number == 0:
            self.moments.pop()
        if self.moments and not alike(self.moments[-1].after, current):
            left = self.moments[-1].after
            self.moments.append(Moment(0, Kind.WORK, frozenset({USER}), left, current))

    def walk(self, start: int = 0) -> tuple[list[int], list[int]]:
        """Places of what the file is made of since a place, the last first; and of the returns that it is due to."""
        made, returns = [], []
        out: set[int] = set()
        place = len(self.moments) - 1
        while place >= start:
            moment = self.moments[place]
            if place not in out:
                match moment.kind:
                    case Kind.WORK:
                        made.append(place)
                    case Kind.RETURN if moment.place >= start:
                        returns.append(place)
                        place = moment.place
                    case Kind.MERGE if min(moment.out) >= start:
                        returns.append(place)
                        out |= moment.out
                    case Kind.RETURN | Kind.MERGE:
                        # It took away what is older than the place, and going back takes it away again.
                        made.append(place)
            place -= 1
        return made, returns

    def standing(self) -> set[int]:
        """Numbers of the steps that stand."""
        made, returns = self.walk()
        return {self.moments[place].number for place in (*made, *returns)} - {0}


class World:
    """The workspace as it ought to be."""

    def __init__(self, created_mode: int) -> None:
        self.created_mode = created_mode
        """What the umask makes of a file for which no mode was asked."""
        self.disk: dict[str, Version | None] = {}
        self.folders: set[str] = set()
        self.found_folders: set[str] = set()
        """Those that were there when the last step began."""
        self.stories: dict[str, Story] = {}
        self.sessions: list[str] = []
        """Of each step, by its number less one."""
        self.rollbacks: list[tuple[int, tuple[str, ...]]] = []
        """Numbers and files of those that reached the disk, the last one last."""
        self.reached: dict[int, set[str]] = {}
        """By step, the files in which it reached the disk."""
        self.replaced: list[tuple[str, Version]] = []
        """What the user wrote and copydesk put something else in the place of."""

    def user_writes(self, path: str, version: Version | None) -> None:
        if version:
            self.folders.update(parents(path))
        self.disk[path] = version

    def step(self, session: str) -> int:
        """Number the next step, whatever comes of it."""
        self.sessions.append(session)
        return len(self.sessions)

    def works(self, number: int, after: Disk) -> None:
        """A session's step reached the disk."""
        owners = frozenset({self.sessions[number - 1]})
        for path, version in after.items():
            self._reaches(path, Moment(number, Kind.WORK, owners, None, version))

    def returns(self, number: int, way: Way, after: Version | None, kind: Kind, *, with_lost: bool = False) -> None:
        """A return reached one file: wholly, as a merge, or (work) in some of its hunks."""
        owners, out = way.workers, frozenset[int]()
        if kind is Kind.WORK:
            owners = frozenset({self.sessions[number - 1]})
        elif kind is Kind.MERGE:
            out = frozenset(way.work)
            self.stories[way.path].is_clear &= out <= {*chain(*self.stories[way.path].walk())}
            owners = frozenset(owner for place in out for owner in self.stories[way.path].moments[place].owners)
        elif with_lost:
            owners |= way.losers - {USER}
        self._reaches(way.path, Moment(number, kind, owners, None, after, place=way.start, out=out))

    def _reaches(self, path: str, moment: Moment) -> None:
        story, current = self.stories.setdefault(path, Story()), self.disk.get(path)
        story.catch_up(current)
        if current and (not story.moments or story.moments[-1].number == 0):
            self.replaced.append((path, current))
        if moment.number not in self.reached:
            self.found_folders = set(self.folders)
        made = tuple(folder for folder in parents(path) if folder not in self.found_folders) if moment.after else ()
        story.moments.append(replace(moment, before=current, folders=made))
        self.reached.setdefault(moment.number, set()).add(path)
        self.folders.update(made)
        after = moment.after
        self.disk[path] = replace(after, mode=self.created_mode) if after and after.mode is None else after

    def empties(self, folders: Iterable[str]) -> None:
        """Remove those in which nothing is left, the innermost first."""
        for folder in sorted(set(folders) & self.folders, reverse=True):
            files = {path for path, version in self.disk.items() if version}
            if not any(name.startswith(f"{folder}/") for name in files | self.folders):
                self.folders.discard(folder)

    def ways(self, number: int, session: str, only: Collection[str] | None = None) -> list[Way]:
        """The way of each file that a session touched since a step, back to before that step."""
        found = []
        for path, story in sorted(self.stories.items()):
            story.catch_up(self.disk.get(path))
            own = {place for place, moment in enumerate(story.moments) if _is_own(moment, number, session)}
            if own and (only is None or path in only):
                found.append(_way(path, story, own))
        return found

    def moves(self, way: Way) -> bool:
        """Whether the file is not as it was already."""
        return not alike(self.disk.get(way.path), way.target)

    def standing(self) -> dict[str, set[int]]:
        return {path: story.standing() for path, story in self.stories.items()}

    @property
    def is_clear(self) -> bool:
        return all(story.is_clear for story in self.stories.values())

    def redoable(self) -> int | None:
        """Number of the rollback that a redo takes back: the last that stands, if no file of it was edited since."""
        standing = self.standing()
        for number, paths in reversed(self.rollbacks):
            if any(number in standing[path] for path in paths):
                return None if any(self._worked_since(number, path) for path in paths) else number
        return None

    def led_past(self, path: str) -> set[int]:
        """Numbers of the returns in a file that a later return led past, whether it names them or not."""
        story = self.stories[path]
        numbers = {moment.number for moment in story.moments if moment.kind is not Kind.WORK}
        return numbers - story.standing()

    def _worked_since(self, number: int, path: str) -> bool:
        moments = self.stories[path].moments
        made = [moments[place] for place in self.stories[path].walk()[0]]
        return any(moment.number > number and moment.kind is Kind.WORK for moment in made)


def _is_own(moment: Moment, number: int, session: str) -> bool:
    return moment.number >= number and (moment.number == number or moment.owners == {session})


def _way(path: str, story: Story, own: Collection[int]) -> Way:
    start = min(own)
    made = story.walk(start)[0]
    lost = tuple(story.moments[place] for place in made if place not in own)
    work = tuple(place for place in made if place in own)
    folders = tuple(folder for place in own for folder in story.moments[place].folders)
    workers = frozenset(owner for place in own for owner in story.moments[place].owners)
    return Way(path, start, story.moments[start].before, frozenset(own), lost, work, workers, folders)


def parents(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: end + 1]) for end in range(len(parts))]


def merge_breaks(current: bytes, merged: bytes, own: Iterable[tuple[bytes, bytes]]) -> str:
    """Say what is wrong with a merge that takes steps (before and after) out of a text; no line occurs twice anywhere.

    What the steps did not write stays; what they wrote goes; nothing comes but what they took away.
    """
    written: set[bytes] = set()
    removed: set[bytes] = set()
    for before, after in own:
        old, new = set(_lines(before)), set(_lines(after))
        written |= new - old
        removed |= old - new
    now, then = set(_lines(current)), set(_lines(merged))
    if lost := now - then - written:
        return f"lost {lost}"
    if kept := (now & then & written) - removed:
        return f"left {kept}"
    if strange := then - now - removed:
        return f"made up {strange}"
    order = [line for line in _lines(current) if line in then]
    return "" if order == [line for line in _lines(merged) if line in now] else "moved lines"


def _lines(data: bytes) -> list[bytes]:
    return [line.rstrip(b"\r") for line in data.split(b"\n") if line.rstrip(b"\r")]
