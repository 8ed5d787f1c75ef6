"""Owns asking git which lines of which files match.

git searches through an empty repository whose index holds just the chosen names, so nothing else is looked at and no
setting of the user's repository has a say. It gives numbers of lines, never text: that is read where all text is read.
"""

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from copydesk.domain.errors import EditError, FileTooLarge, GitError, WorkspaceError
from copydesk.workspace.empty_repository import EmptyRepository, literal
from copydesk.workspace.files import Files
from copydesk.workspace.git import GitRunner, UserRepository
from copydesk.workspace.listing import Listing

COPY_LIMIT = 16 * 1024 * 1024
"""Bytes of a file that is searched as a copy."""
COPIES_LIMIT = 256 * 1024 * 1024
"""Bytes of all copies that are searched together."""

_GREP = ("grep", "-I", "-z")
_ANY_LINE_END = "(*ANYCRLF)"
_COUNT = re.compile(rb"([^\0]+)\0([0-9]+)\n")
_HIT = re.compile(rb"([^\0]+)\0([0-9]+)\0([0-9]+)\0[^\n]*\n")


@dataclass(frozen=True, slots=True)
class Query:
    """What lines are searched for."""

    pattern: str
    """One line: a regular expression in Perl's syntax, or the text itself."""
    is_literal: bool = False
    ignores_case: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that matches."""

    line: int
    """Number, from 1; lines end at LF only."""
    column: int
    """Byte of the line, from 1, at which the first match begins."""


@dataclass(frozen=True, slots=True)
class _Corpus:
    """Files that git searches together, with an index of the same name."""

    name: str
    directory: str
    """Absolute path of the directory that the names are relative to."""
    paths: Mapping[str, str]
    """Name in the directory → path in the workspace."""


class FileSearch:
    """Lists and searches the files of one workspace."""

    def __init__(self, files: Files, root: Path, git: GitRunner, scratch: Path) -> None:
        self._files = files
        self._root = root
        self._git = git
        self._scratch = scratch
        """Where a private directory is made for each search, and removed after it."""

    @contextmanager
    def begin(self, stop: Event) -> Iterator["Search"]:
        """Begin a search (blocking); what it does breaks off with GitError soon after `stop` is set."""
        with EmptyRepository.made_in(self._scratch, self._git, stop) as own:
            listing = Listing(self._files, self._root, UserRepository(self._root, self._git), own, stop)
            yield Search(self._files, self._root, listing, own, stop)


class Search:
    """One search that is under way; GitError where git is missing, fails or takes too long."""

    def __init__(self, files: Files, root: Path, listing: Listing, own: EmptyRepository, stop: Event) -> None:
        self.listing = listing
        self.is_posix = False
        """True where git has no Perl expressions, so that the pattern was read as an extended POSIX one."""
        self.left_out: tuple[str, ...] = ()
        """Files that were not counted: they are otherwise than on disk, and too large for a copy."""
        self._files = files
        self._root = root
        self._own = own
        self._stop = stop

    def counts(self, paths: Sequence[str], query: Query, is_visible: Callable[[str], bool]) -> dict[str, int]:
        """Count the matching lines of those files that may be seen and have any; EditError for a bad pattern."""
        try:
            return self._counts(paths, query, is_visible)
        except GitError:
            # Ruling on all files takes longer than searching them, so it comes after. But a file that may not be seen
            # can have made git fail, and that would tell what is in it.
            visible = [path for path in paths if is_visible(path)]
            if len(visible) == len(paths) or self._stop.is_set():
                raise
        return self._counts(visible, query, is_visible)

    def hits(self, paths: Iterable[str], query: Query, most: int) -> dict[str, list[Hit]]:
        """Find the first matching lines, at most `most` a file, in files that were counted.

        They are looked for in copies of what is read as everything is read: while git looked at the disk, somebody may
        have put a link in its way. Files that are too large for that are missing in the answer.
        """
        corpus, _ = self._copies("found", paths)
        found: dict[str, list[Hit]] = {}
        if corpus.paths:
            self._own.fill_index(corpus.name, corpus.paths)
            output = self._grep(corpus, query, ("-n", "--column", f"--max-count={most}"))
            found = {path: [] for path in corpus.paths.values()}
            for name, line, column in _HIT.findall(output):
                found[corpus.paths[os.fsdecode(name)]].append(Hit(int(line), int(column)))
        return found

    def _counts(self, paths: Sequence[str], query: Query, is_visible: Callable[[str], bool]) -> dict[str, int]:
        overlaid = frozenset(self._files.overlaid())
        on_disk = self._disk([path for path in paths if path not in overlaid])
        copied, self.left_out = self._copies("copies", [p for p in paths if p in overlaid and is_visible(p)])
        counts: dict[str, int] = {}
        for corpus in (on_disk, copied):
            if not corpus.paths:
                continue
            self._own.fill_index(corpus.name, corpus.paths)
            found = _COUNT.findall(self._grep(corpus, query, ("-c",)))
            counts |= {corpus.paths[os.fsdecode(name)]: int(count) for name, count in found}
        return {path: counts[path] for path in sorted(counts) if is_visible(path)}

    def _disk(self, paths: Sequence[str]) -> _Corpus:
        """The files as they are on disk, without those behind a link; git leaves out links themselves."""
        real = _real_folders(self._root, set(map(_folder, paths)))
        return _Corpus("disk", str(self._root), {path: path for path in paths if _folder(path) in real})

    def _copies(self, index: str, paths: Iterable[str]) -> tuple[_Corpus, tuple[str, ...]]:
        """Copies of files as they are read through `Files`, and those for which there is no room."""
        names: dict[str, str] = {}
        left_out: list[str] = []
        room = COPIES_LIMIT
        for path in paths:
            try:
                data = self._content(path, min(room, COPY_LIMIT))
            except FileTooLarge:
                left_out.append(path)
                continue
            if data is not None:
                names[self._own.copy(data)] = path
                room -= len(data)
        return _Corpus(index, self._own.copies, names), tuple(left_out)

    def _content(self, path: str, limit: int) -> bytes | None:
        """Read a file, None where none can be read; `FileTooLarge` beyond so many bytes."""
        try:
            image = self._files.read(path, limit)
        except FileTooLarge:
            raise
        except (WorkspaceError, OSError):
            return None
        return image.data if image else None

    def _grep(self, corpus: _Corpus, query: Query, options: Sequence[str], names: Sequence[str] = ()) -> bytes:
        syntax = "-F" if query.is_literal else "-E" if self.is_posix else "-P"
        case = ("-i",) if query.ignores_case else ()
        # A CR before the end of a line belongs to it, as in a view.
        pattern = f"{_ANY_LINE_END}{query.pattern}" if syntax == "-P" else query.pattern
        arguments = (*_GREP, *options, syntax, *case, "-e", pattern, "--", *map(literal, names))
        answer = self._own.run(corpus.directory, arguments, corpus.name)
        if answer.status in (0, 1):
            return answer.output
        if syntax == "-P" and "LIBPCRE" in answer.complaint:
            self.is_posix = True
            return self._grep(corpus, query, options, names)
        raise _refusal(query, answer.complaint)


def _real_folders(root: Path, folders: set[str]) -> set[str]:
    """The directories on disk, among these and those above them, that are reached without a link."""
    above = set[str]()
    for folder in folders:
        while folder != "." and folder not in above:
            above.add(folder)
            folder = _folder(folder)
    real = {"."}
    for folder in sorted(above):  # What is above a directory sorts before it.
        if _folder(folder) in real and _is_directory(f"{root}/{folder}"):
            real.add(folder)
    return real


def _is_directory(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def _refusal(query: Query, complaint: str) -> EditError | GitError:
    fault = complaint.partition(f"{query.pattern}': ")[2]
    if fault:
        return EditError(
            f"The pattern is no valid regular expression: {fault}. Correct it, or pass literal: true to search for it "
            "as it is written."
        )
    return GitError(f"git could not search: {complaint or 'it gave no reason'}.")


def _folder(path: str) -> str:
    return path.rpartition("/")[0] or "."
