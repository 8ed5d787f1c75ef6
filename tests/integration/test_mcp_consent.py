"""Proves what the person at an MCP client is asked about, and that their word shows nothing else to the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_mcp import edit
from tests.mcp_client import ERAS, Person, connect, open_desk, text_of

pytestmark = pytest.mark.parametrize("era", ERAS)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "a.txt").write_text("one\ntwo\n")
    return folder


@pytest.mark.parametrize(
    ("name", "arguments"), [("view", {}), ("str_replace", {"old_str": "KEY=first secret word", "new_str": ""})]
)
async def test_no_other_secret_is_shown_than_the_person_was_asked_about_when_a_link_is_swapped(
    workspace: Path, era: str, name: str, arguments: dict[str, Any]
) -> None:
    for secret in ("first", "second"):
        (workspace / f"{secret}.pem").write_text(f"KEY={secret} secret word\n")
    link = workspace / "link"
    link.symlink_to("first.pem")

    def swap() -> None:
        link.unlink()
        link.symlink_to("second.pem")

    person = Person(meanwhile=swap)
    async with connect(open_desk(workspace), era, person) as client:
        told = text_of(await client.call_tool(name, {"path": "link", **arguments}))
    assert "first.pem" in person.asked[0]
    assert ("KEY=second" in told) is any("second.pem" in asked for asked in person.asked)
    assert (workspace / "second.pem").read_text() == "KEY=second secret word\n"


async def test_nobody_is_asked_about_what_is_outside_the_roots(workspace: Path, era: str) -> None:
    (workspace / "src").mkdir()
    (workspace / "src/link").symlink_to("../a.txt")
    (workspace / ".env").write_text("KEY=hidden\n")
    person = Person()
    async with connect(open_desk(workspace), era, person, [f"file://{workspace}/src"]) as client:
        refused = [
            await client.call_tool("view", {"path": ".env"}),
            await client.call_tool("str_replace", edit("two", "2")),
            await client.call_tool("str_replace", edit("two", "2", "src/link")),
            await client.call_tool("create", {"path": "new.txt", "file_text": "x"}),
        ]
        assert person.asked == []
        assert not (await client.call_tool("create", {"path": "src/new.txt", "file_text": "x"})).is_error
    assert all(result.is_error and "outside the roots that the client gave" in text_of(result) for result in refused)
    assert len(person.asked) == 1
