"""Owns the surroundings of every test: a home of its own, files in memory, no credentials, a closed network."""

from __future__ import annotations

import gc
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

LOOPBACK = ("127.0.0.1", "::1", "localhost")
STRIPPED_PREFIXES = ("GIT_", "ANTHROPIC_", "COPYDESK_", "XDG_")
CAMPAIGN = int(os.environ.get("COPYDESK_CAMPAIGN", "0"))
MEMORY = Path("/dev/shm")
ROOM = 2 << 30
"""Bytes that have to be free in memory for the files of all tests."""
STRIPPED_NAMES = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")

# Else each process of each run compiles every module anew: a third of the time that a run takes to begin.
sys.dont_write_bytecode = False

# The machine's load is not a property of the code: the time limit of a test is pytest's. A change is judged by the
# same examples each time; a campaign looks for new ones.
settings.register_profile("copydesk", deadline=None, max_examples=1000 if CAMPAIGN else 30, derandomize=not CAMPAIGN)
settings.load_profile("copydesk")


def pytest_configure() -> None:
    """Keep the files of tests in memory where there is room: every write is synced, and no test is about the disk."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK):
        found = os.statvfs(MEMORY)
        if found.f_bavail * found.f_frsize >= ROOM and not found.f_flag & os.ST_NOEXEC:
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_finish() -> None:
    """Take what was imported and collected out of the collector's sight: it lives as long as the tests do.

    Several hundred thousand objects would else be looked through again and again, half of the time that an app takes.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def isolated_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test, and every process that it starts, an empty home and no word from the outer environment."""
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith(STRIPPED_PREFIXES) or name in STRIPPED_NAMES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    for name, folder in [
        ("CONFIG", ".config"),
        ("CACHE", ".cache"),
        ("DATA", ".local/share"),
        ("STATE", ".local/state"),
    ]:
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / folder))
    monkeypatch.setenv("COPYDESK_STATE_DIR", str(home / "state"))


@pytest.fixture
def state_dir(isolated_environment: None) -> Path:
    """The state directory that copydesk uses in this test; it does not exist yet."""
    return Path(os.environ["COPYDESK_STATE_DIR"])


@pytest.fixture(autouse=True, scope="session")
def closed_network() -> Iterator[None]:
    """Refuse every connection that leaves this machine; sockets of the file system and loopback work."""
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, _loopback_only(getattr(socket.socket, name)))
    yield
    patch.undo()


def _loopback_only(connect: Any) -> Any:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOOPBACK:
            raise PermissionError(f"Tests reach loopback only, not {address[0]}.")
        return connect(self, address)

    return guarded
