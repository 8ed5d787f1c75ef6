"""Owns how the exploring tools are joined, for sessions and for tool servers alike."""

from collections.abc import Callable
from pathlib import Path
from tempfile import gettempdir
from threading import Event

from copydesk.assembly.place import Place
from copydesk.changes.gate import Gate
from copydesk.config import StateHome
from copydesk.domain.errors import UsageError
from copydesk.domain.policies import Verdict
from copydesk.tools.calls import Tool
from copydesk.tools.explore import ExplorePorts, FindFiles, SearchText
from copydesk.tools.ports import Report, unheard
from copydesk.workspace.files import Files
from copydesk.workspace.scope import Scope
from copydesk.workspace.search import FileSearch


def exploring_tools(place: Place, files: Files, gate: Gate, scope: Scope, report: Report) -> list[Tool]:
    """The exploring tools: they see what may be viewed without asking anybody, within the client's limits."""
    ports = _ports(place, files, gate, scope, report)
    return [FindFiles(ports), SearchText(ports)]


def files_to_mention(place: Place, files: Files, gate: Gate, scope: Scope) -> Callable[[Event], list[str]]:
    """What lists the files that a person may choose from: the ones that the model finds, offered or not."""
    return FindFiles(_ports(place, files, gate, scope, unheard)).listed


def _ports(place: Place, files: Files, gate: Gate, scope: Scope, report: Report) -> ExplorePorts:
    search = FileSearch(files, Path(place.root.path), place.git, _scratch(place))

    def is_visible(path: str) -> bool:
        return scope.covers(path) and gate.ruling_on_view(path).verdict is Verdict.ALLOW

    return ExplorePorts(files, scope.real_path, scope.covers, is_visible, search, report)


def _scratch(place: Place) -> Path:
    """Where a search puts what it needs: with the state, or where that cannot be in a new temporary directory."""
    try:
        StateHome(place.state.home).ensure()
    except UsageError:
        return Path(gettempdir(), f"copydesk-{place.circumstances.draw('scratch', 8)}")
    return place.state.scratch
