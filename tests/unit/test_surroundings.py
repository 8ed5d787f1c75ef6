"""Owns the proof that conftest.py shuts out what it says: credentials, git variables, the network."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest


def test_connection_is_refused_when_it_leaves_the_machine() -> None:
    with socket.socket() as outgoing, pytest.raises(PermissionError, match=r"not 192\.0\.2\.1"):
        outgoing.connect(("192.0.2.1", 80))


async def test_loopback_works_when_the_network_is_closed() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


def test_socket_of_the_file_system_works_when_the_network_is_closed(tmp_path: Path) -> None:
    address = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(address)
        server.listen()
        client.connect(address)


def test_environment_holds_no_credentials_and_no_git_variables(state_dir: Path) -> None:
    assert [name for name in os.environ if name.startswith(("ANTHROPIC_", "GIT_"))] == []
    assert Path.home() in state_dir.parents
    assert not state_dir.exists()
