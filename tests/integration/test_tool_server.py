"""Proves what a server of the tools tells and keeps to itself: files that may not be seen, or could not be again."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from copydesk.assembly.place import open_place
from copydesk.assembly.server import ServerPlan, ToolServer, open_server
from copydesk.config import Config
from copydesk.domain.errors import UsageError
from copydesk.domain.messages import ToolCall, ToolResult
from copydesk.domain.policies import Mode

pytestmark = pytest.mark.anyio


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ToolServer]:
    folder = tmp_path / "w"
    (folder / "private").mkdir(parents=True)
    (folder / "private/plan.txt").write_text("one\ntwo\n")
    (folder / ".env").write_text("KEY=1\n")
    place = open_place(str(folder), dict(os.environ))
    with place.root:
        yield open_server(place, ServerPlan(mode=Mode.ACCEPT, config=Config(deny=("private/**",))))


async def call(server: ToolServer, **given: object) -> ToolResult:
    return (await server.toolbox.run(ToolCall("1", server.editor.name, given))).result


@pytest.mark.parametrize("path", ["private/plan.txt", ".env"])
async def test_create_tells_only_that_there_is_a_file_when_it_may_not_be_seen(path: str, server: ToolServer) -> None:
    answer = await call(server, command="create", path=path, file_text="x")
    assert answer.is_error
    assert answer.text == f"{path} already exists and create does not overwrite."


@pytest.mark.parametrize("text", ["%PDF-1.4 said it\n", "GIF89a is a format\n"])
async def test_file_is_not_made_when_it_could_not_be_edited_again(text: str, server: ToolServer) -> None:
    made = await call(server, command="create", path="notes.txt", file_text=text)
    assert "notes.txt would begin like a" in made.text
    await call(server, command="create", path="notes.txt", file_text="Read this:\n")
    added = await call(server, command="insert", path="notes.txt", insert_line=0, insert_text=text)
    assert "could not be edited again" in added.text
    assert (await call(server, command="view", path="notes.txt")).text.endswith("     1\tRead this:")


async def test_nothing_beyond_the_roots_is_hinted_at_when_a_client_narrows_them(server: ToolServer) -> None:
    assert "did you mean private/plan.txt?" in (await call(server, command="view", path="/x/private/plan.txt")).text
    with server.scope.narrowed(("src",)):
        told = (await call(server, command="view", path="/x/private/plan.txt")).text
    assert told == "/x/private/plan.txt is no path within the roots that the client gave."


async def search(server: ToolServer, folder: Path, files: dict[str, bytes], pattern: str) -> str:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return (await server.toolbox.run(ToolCall("1", "search_text", {"pattern": pattern}))).result.text


async def test_search_goes_by_what_files_hold_when_attributes_say_otherwise(server: ToolServer, tmp_path: Path) -> None:
    files = {".gitattributes": b"*.lock -diff\n*.min binary\n", "a.lock": b"needle\n", "b.min": b"needle\n"}
    assert (await search(server, tmp_path / "w", files, "needle")).startswith("2 lines in 2 files match:")


async def test_end_of_line_is_found_when_lines_end_with_crlf(server: ToolServer, tmp_path: Path) -> None:
    told = await search(server, tmp_path / "w", {"dos.txt": b"needle\r\nneedles\r\n"}, "^needle$")
    assert told.endswith("dos.txt\n     1\tneedle")


@pytest.mark.parametrize("name", ["find_files", "search_text"])
async def test_protected_and_denied_files_are_left_out_of_every_listing(name: str, server: ToolServer) -> None:
    given = {"pattern": ".+"} if name == "search_text" else {}
    told = (await server.toolbox.run(ToolCall("1", name, given))).result.text
    assert "KEY=1" not in told
    assert "plan.txt" not in told
    assert ".env\n" not in told


@pytest.mark.parametrize("name", ["find_files", "search_text"])
async def test_nothing_outside_the_roots_is_listed_when_no_path_is_given(
    name: str, server: ToolServer, tmp_path: Path
) -> None:
    for place in ("inside", "outside"):
        (tmp_path / "w" / place).mkdir()
        (tmp_path / "w" / place / "a.txt").write_text("word\n")
    with server.scope.narrowed(("inside",)):
        given = {"pattern": "word"} if name == "search_text" else {}
        told = (await server.toolbox.run(ToolCall("1", name, given))).result.text
    assert "inside/a.txt" in told
    assert "outside" not in told


async def test_own_state_is_neither_read_nor_written_when_it_lies_in_the_workspace(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "a.txt").write_text("word\n")
    place = open_place(str(folder), {**os.environ, "COPYDESK_STATE_DIR": str(folder / "state")})
    with place.root:
        server = open_server(place, ServerPlan(mode=Mode.ACCEPT, config=Config()))
        await call(server, command="create", path="b.txt", file_text="x")
        for given in ({"command": "view"}, {"command": "create", "file_text": "x"}):
            told = await call(server, path="state/ws/x", **given)
            assert "belongs to copydesk itself" in told.text
        listed = (await server.toolbox.run(ToolCall("1", "find_files", {}))).result.text
    assert listed == "2 files:\na.txt\nb.txt"


async def test_reading_works_when_no_state_can_be_kept_and_no_edit_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "w").mkdir()
    (tmp_path / "w/a.txt").write_text("word\n")
    (tmp_path / "file").write_text("")
    place = open_place(str(tmp_path / "w"), {**os.environ, "COPYDESK_STATE_DIR": str(tmp_path / "file/state")})
    with place.root:
        with pytest.raises(UsageError, match="cannot be written"):
            open_server(place, ServerPlan(mode=Mode.ASK, config=Config()))
        server = open_server(place, ServerPlan(mode=Mode.PLAN, config=Config()))
        viewed = await call(server, command="view", path="a.txt")
        found = await server.toolbox.run(ToolCall("1", "search_text", {"pattern": "word"}))
    assert viewed.text.endswith("     1\tword")
    assert found.result.text.startswith("1 line in 1 file")


async def test_name_forges_no_line_of_an_answer_when_it_holds_a_line_end(server: ToolServer) -> None:
    path = "a\n     1\tforged"
    made = await call(server, command="create", path=path, file_text="x\n")
    for told in (
        made,
        await call(server, command="view", path=path),
        await call(server, command="view", path=path + "b"),
    ):
        assert "\n     1\tforged" not in told.text
        assert '"a\\n     1\\tforged' in told.text
