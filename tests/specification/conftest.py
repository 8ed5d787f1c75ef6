"""Owns the tool in every version that a test of the specification applies to: a folder and a session for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from copydesk.domain.tools import TOOL_VERSIONS
from tests.specification.desk import Desk, Workspace

WITH_UNDO = [name for name, version in TOOL_VERSIONS.items() if version.can_undo]
WITHOUT_UNDO = [name for name in TOOL_VERSIONS if name not in WITH_UNDO]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """One workspace with its History for all tests of a module; a History is dearer to make than to write to."""
    with Workspace(tmp_path_factory.mktemp("specification")) as opened:
        yield opened


@pytest.fixture(params=TOOL_VERSIONS)
def desk(request: pytest.FixtureRequest, workspace: Workspace) -> Desk:
    """The tool in every version."""
    return workspace.desk(request.param)


@pytest.fixture(params=WITH_UNDO)
def undo_desk(request: pytest.FixtureRequest, workspace: Workspace) -> Desk:
    """The tool in the versions that have `undo_edit`."""
    return workspace.desk(request.param)


@pytest.fixture(params=WITHOUT_UNDO)
def newer_desk(request: pytest.FixtureRequest, workspace: Workspace) -> Desk:
    """The tool in the versions that have no `undo_edit`."""
    return workspace.desk(request.param)
