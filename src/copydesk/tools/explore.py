"""Owns the exploring tools: files by the pattern of their path, lines by what is in them. They only read.

What the policy would not let be viewed without asking is neither listed nor searched, and nothing in an answer
depends on what such a file holds.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from threading import Event
from typing import TypeVar

from copydesk.domain.errors import EditError, GitError, WorkspaceError
from copydesk.domain.messages import ToolCall
from copydesk.domain.unified import quoted_path
from copydesk.editor.snippets import VIEW_LIMIT, counted
from copydesk.tools.calls import CallOutcome, answered, answering_errors
from copydesk.tools.declarations import FIND_FILES, SEARCH_TEXT, find_definition, search_definition
from copydesk.tools.directories import GENERATED
from copydesk.tools.matches import Found, Matches, choose, show_matches
from copydesk.tools.ports import Report, unheard
from copydesk.tools.queries import FindRequest, SearchRequest, read_find, read_search
from copydesk.workspace.files import Files
from copydesk.workspace.search import FileSearch, Hit, Query, Search
from copydesk.workspace.tree import Tree

FILES_SHOWN = 200
"""Paths in one answer."""
MOST_ENTRIES = 50_000
"""Names that are looked at where git cannot list the files."""
LEFT_OUT_NAMED = 10
"""Paths named in one answer that were not searched."""
ADVICE = "Narrow it with `path` or a pattern for paths, or use a simpler pattern."
"""What helps where git did not come to the end of the files."""
WITHOUT_GIT = "Without it there is find_files to list files, and view to look into them."
"""What helps where git does not even say which files there are."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class ExplorePorts:
    """What the exploring tools need of the world."""

    files: Files
    real_path: Callable[[str], str]
    """From a name as the model gives it to the path without links relative to the root (blocking)."""
    covers: Callable[[str], bool]
    """Whether a real path is within what the client of the call may know of."""
    is_visible: Callable[[str], bool]
    """Whether a real path may be viewed without asking anybody."""
    search: FileSearch
    report: Report = unheard


class FindFiles:
    """Lists the files whose path matches a pattern."""

    name = FIND_FILES

    def __init__(self, ports: ExplorePorts) -> None:
        self._ports = ports

    def definition(self) -> dict[str, object]:
        """The entry of `tools` that declares it."""
        return find_definition()

    async def call(self, call: ToolCall) -> CallOutcome:
        """Answer with paths; every expected failure is an answer with `is_error`."""
        return await answering_errors(call, self._answer(call))

    async def _answer(self, call: ToolCall) -> CallOutcome:
        request = read_find(call.input)
        return answered(call, await _stoppable(lambda stop: self._find(request, stop)))

    def _find(self, request: FindRequest, stop: Event) -> str:
        under = _place(self._ports, request.path)
        self._ports.report(0, 1, "Listing files")
        paths, notes = self._paths(under, stop)
        there = self._there(path for path in paths if request.glob.matches(path, under))
        visible = [path for path, is_visible in there if is_visible]
        if len(visible) < len(there):
            notes.append(f"{counted(len(there) - len(visible), 'matching path')} left out: protected.")
        self._ports.report(1, 1, "Listed the files")
        return _show_files(visible, request, notes)

    def listed(self, stop: Event) -> list[str]:
        """Every file that the model may be shown, for a person to choose from (blocking), until it is told to stop."""
        return [path for path, is_visible in self._there(self._paths(".", stop)[0]) if is_visible]

    def _there(self, paths: Iterable[str]) -> list[tuple[str, bool]]:
        """The files among the paths that the client may know of, and whether each may be viewed without asking."""
        tree = Tree(self._ports.files)
        files = [path for path in paths if self._ports.covers(path) and self._is_file(path, tree)]
        return [(path, self._may_be_seen(path, tree)) for path in files]

    def _paths(self, under: str, stop: Event) -> tuple[list[str], list[str]]:
        """All files at or below a path, and what should be said about them."""
        try:
            with self._ports.search.begin(stop) as search:
                return search.listing.paths(under), _notes_on_listing(search, under)
        except GitError as error:
            if stop.is_set():
                raise
            paths, is_cut = _walk(self._ports.files, under, MOST_ENTRIES, stop)
            note = f"Ignored files are listed too, since git could not be asked: {error}"
            return paths, [note, f"Only {MOST_ENTRIES:,} names were looked at; narrow `path`."] if is_cut else [note]

    def _is_file(self, path: str, tree: Tree) -> bool:
        kind = tree.kind(path)
        return kind == "file" or (kind == "link" and _kind_behind(self._ports, path) == "file")

    def _may_be_seen(self, path: str, tree: Tree) -> bool:
        """A link by its own name and by that of the file that it leads to."""
        is_link = tree.kind(path) == "link"
        return self._ports.is_visible(path) and (not is_link or self._ports.is_visible(self._ports.real_path(path)))


class SearchText:
    """Shows the lines that match a pattern."""

    name = SEARCH_TEXT

    def __init__(self, ports: ExplorePorts) -> None:
        self._ports = ports

    def definition(self) -> dict[str, object]:
        """The entry of `tools` that declares it."""
        return search_definition()

    async def call(self, call: ToolCall) -> CallOutcome:
        """Answer with numbered lines; every expected failure is an answer with `is_error`."""
        return await answering_errors(call, self._answer(call))

    async def _answer(self, call: ToolCall) -> CallOutcome:
        request = read_search(call.input)
        try:
            return answered(call, await _stoppable(lambda stop: self._search(request, stop)))
        except GitError as error:
            raise EditError(f"{error} {WITHOUT_GIT}") from error

    def _search(self, request: SearchRequest, stop: Event) -> str:
        under = _place(self._ports, request.path)
        if self._ports.files.kind(under) == "file" and not self._ports.is_visible(under):
            raise EditError(f"{under} is protected, so it is not searched; to see it, view it.")
        with self._ports.search.begin(stop) as search:
            self._ports.report(0, 3, "Listing files")
            paths = [path for path in search.listing.paths(under) if request.glob.matches(path, under)]
            notes = _notes_on_listing(search, under)
            counts, found = self._lines(search, paths, request.query)
        if not paths:
            notes.append("There was no file to search.")
        if search.is_posix:
            notes.append("This git has no Perl expressions; the pattern was read as an extended POSIX one.")
        if search.left_out:
            notes.append(_note_on_left_out(search.left_out))
        unread = counts.keys() - {file.path for file in found}
        self._ports.report(3, 3, "Searched")
        more = Matches(found, len(unread), sum(counts[path] for path in unread))
        return show_matches(self._ports.files, more, notes)

    def _lines(self, search: Search, paths: list[str], query: Query) -> tuple[dict[str, int], tuple[Found, ...]]:
        """Count the lines that match, by file, and find those that are shown."""
        try:
            self._ports.report(1, 3, f"Searching {counted(len(paths), 'file')}")
            counts = search.counts(paths, query, self._ports.is_visible)
            most = choose(counts)
            self._ports.report(2, 3, f"Reading from {counted(len(most), 'file')}")
            hits = search.hits(most, query, max(most.values(), default=1))
        except GitError as error:
            raise EditError(f"{error} {ADVICE}") from error
        return counts, tuple(Found(path, counts[path], _first(hits.get(path), most[path])) for path in most)


def _first(hits: list[Hit] | None, most: int) -> tuple[Hit, ...] | None:
    return None if hits is None else tuple(hits[:most])


async def _stoppable(work: Callable[[Event], Answer]) -> Answer:
    """Do blocking work in a thread; where the task is cancelled, it is told to stop."""
    stop = Event()
    try:
        return await asyncio.to_thread(work, stop)
    finally:
        stop.set()


def _place(ports: ExplorePorts, path: str) -> str:
    """The real path to look under; EditError where nothing is there."""
    under = ports.real_path(path) if path else "."
    if ports.files.kind(under) is None:
        raise EditError(f"{path} does not exist. Leave `path` out to look everywhere.")
    return under


def _kind_behind(ports: ExplorePorts, path: str) -> str | None:
    """What a link leads to; None where that is nothing, or nothing in the workspace."""
    try:
        return ports.files.kind(ports.real_path(path))
    except (WorkspaceError, OSError):
        return None


def _notes_on_listing(search: Search, under: str) -> list[str]:
    notes = []
    if under != "." and search.listing.is_ignored(under):
        notes.append(
            f"{quoted_path(under)} is ignored by git, so only tracked files in it count; view shows the others."
        )
    if search.listing.is_cut:
        notes.append("There are too many repositories in the workspace; give one of the others as `path`.")
    return notes


def _note_on_left_out(paths: Sequence[str]) -> str:
    named = ", ".join(map(quoted_path, paths[:LEFT_OUT_NAMED]))
    more = f" and {counted(len(paths) - LEFT_OUT_NAMED, 'other')}" if len(paths) > LEFT_OUT_NAMED else ""
    return f"Not searched, since an edit of it waits for review and it is too large: {named}{more}. View it in ranges."


def _show_files(paths: list[str], request: FindRequest, notes: list[str]) -> str:
    if not paths:
        none = f"No file matches {request.glob.text!r}." if request.glob.text else "There are no files."
        return "\n".join([none, *(f"NOTE: {note}" for note in notes)])
    shown, room = list[str](), VIEW_LIMIT
    for path in map(quoted_path, paths[:FILES_SHOWN]):
        room -= len(path) + 1
        if room < 0:
            break
        shown.append(path)
    more = len(paths) - len(shown)
    ends = [f"… {more:,} more; narrow `pattern` or `path`."] if more else []
    return "\n".join([f"{counted(len(paths), 'file')}:", *shown, *ends, *(f"NOTE: {note}" for note in notes)])


def _walk(files: Files, under: str, most: int, stop: Event) -> tuple[list[str], bool]:
    """List files without git, following no links; True where there are more names than are looked at."""
    if files.kind(under) == "file":
        return [under], False
    found, pending, room = list[str](), [under], most
    while pending and room > 0 and not stop.is_set():
        folder = pending.pop()
        try:
            entries = files.entries(folder)
        except (WorkspaceError, OSError):
            continue
        room -= len(entries)
        for entry in entries:
            path = entry.name if folder == "." else f"{folder}/{entry.name}"
            if entry.kind != "directory":
                found.append(path)
            elif entry.name not in GENERATED:
                pending.append(path)
    return sorted(found), bool(pending)
