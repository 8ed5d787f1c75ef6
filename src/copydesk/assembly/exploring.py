"""Owns how the exploring tools are joined, for sessions and for tool servers alike."""

from pathlib import Path

from copydesk.assembly.place import Place
from copydesk.changes.gate import Gate
from copydesk.domain.policies import Verdict
from copydesk.tools.calls import Tool
from copydesk.tools.explore import ExplorePorts, FindFiles, Report, SearchText
from copydesk.workspace.files import Files
from copydesk.workspace.scope import Scope
from copydesk.workspace.search import FileSearch


def exploring_tools(place: Place, files: Files, gate: Gate, scope: Scope, report: Report) -> list[Tool]:
    """The exploring tools: they see what may be viewed without asking anybody, within the client's limits."""
    search = FileSearch(files, Path(place.root.path), place.git, place.state.scratch)

    def is_visible(path: str) -> bool:
        return scope.covers(path) and gate.ruling_on_view(path).verdict is Verdict.ALLOW

    ports = ExplorePorts(files, scope.real_path, scope.covers, is_visible, search, report)
    return [FindFiles(ports), SearchText(ports)]
