"""Proves the MCP server with the client of the official SDK, in each era of the protocol."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from mcp.types import ElicitResult, EmbeddedResource, ImageContent

from copydesk.domain.messages import ToolCall
from copydesk.domain.policies import Mode
from copydesk.frontends.mcp.progress import report_progress
from copydesk.tools.calls import CallOutcome, answered
from tests.mcp_client import ERAS, Person, connect, connect_process, open_desk, text_of
from tests.programs import copydesk

OLDER_VERSION = "text_editor_20250124"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)

pytestmark = pytest.mark.parametrize("era", ERAS)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "a.txt").write_text("one\ntwo\n")
    return folder


def edit(old: str, new: str, path: str = "a.txt") -> dict[str, Any]:
    return {"path": path, "old_str": old, "new_str": new}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_commands_are_listed_as_tools_that_say_what_they_do(workspace: Path, era: str) -> None:
    async with connect(open_desk(workspace), era) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert client.server_info is not None
        assert client.server_info.name == "copydesk"
        assert "copydesk rollback" in (client.instructions or "")
    assert {"view", "create", "str_replace", "insert"} <= set(tools)
    assert "undo_edit" not in tools
    assert tools["insert"].input_schema["required"] == ["path", "insert_line", "insert_text"]
    assert tools["view"].input_schema["required"] == ["path"]
    assert set(tools["view"].input_schema["properties"]) == {"path", "view_range"}
    for name, tool in tools.items():
        Draft202012Validator.check_schema(tool.input_schema)
        assert tool.title
        assert tool.description
        assert tool.annotations is not None
        assert tool.annotations.open_world_hint is False
        assert tool.annotations.read_only_hint is (name not in ("create", "str_replace", "insert"))
        assert tool.annotations.destructive_hint is (name in ("str_replace", "insert"))


async def test_older_version_has_undo_edit_and_its_own_name_for_the_text(workspace: Path, era: str) -> None:
    desk = open_desk(workspace, Mode.ACCEPT, OLDER_VERSION)
    async with connect(desk, era) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tools["insert"].input_schema["required"] == ["path", "insert_line", "new_str"]
        assert "insert_text" not in (tools["insert"].description or "")
        done = await client.call_tool("insert", {"path": "a.txt", "insert_line": 0, "new_str": "zero"})
        assert not done.is_error
        assert (workspace / "a.txt").read_text() == "zero\none\ntwo\n"
        undone = await client.call_tool("undo_edit", {"path": "a.txt"})
    assert undone.structured_content is not None
    assert undone.structured_content["status"] == "applied"
    assert (workspace / "a.txt").read_text() == "one\ntwo\n"


async def test_view_answers_with_text_and_the_same_as_data(workspace: Path, era: str) -> None:
    async with connect(open_desk(workspace), era) as client:
        seen = await client.call_tool("view", {"path": "a.txt", "view_range": [2, 2]})
        listed = await client.call_tool("view", {"path": "."})
    assert "     2\ttwo" in text_of(seen)
    assert seen.structured_content == {"path": "a.txt", "text": text_of(seen)}
    assert "a.txt" in text_of(listed)


async def test_image_and_document_come_as_blocks_when_viewed(workspace: Path, era: str) -> None:
    document = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
    (workspace / "dot.png").write_bytes(PIXEL)
    (workspace / "page one.pdf").write_bytes(document)
    async with connect(open_desk(workspace), era) as client:
        image = (await client.call_tool("view", {"path": "dot.png"})).content[-1]
        page = (await client.call_tool("view", {"path": "page one.pdf"})).content[-1]
    assert isinstance(image, ImageContent)
    assert (image.mime_type, base64.b64decode(image.data)) == ("image/png", PIXEL)
    assert isinstance(page, EmbeddedResource)
    assert page.resource.uri == (workspace / "page one.pdf").as_uri()
    assert base64.b64decode(page.resource.model_dump()["blob"]) == document


async def test_edit_is_written_and_can_be_rolled_back_when_the_person_approves(workspace: Path, era: str) -> None:
    person = Person()
    async with connect_process(workspace, era, person) as client:
        done = await client.call_tool("str_replace", edit("two", "2"))
    assert not done.is_error
    assert done.structured_content is not None
    assert (workspace / "a.txt").read_text() == "one\n2\n"
    assert "-two\n+2\n" in person.asked[0]
    assert "-two\n+2\n" in done.structured_content["diff"]
    assert (done.structured_content["path"], done.structured_content["status"]) == ("a.txt", "applied")
    ran = await asyncio.to_thread(copydesk, "rollback", done.structured_content["checkpoint"], "--root", str(workspace))
    assert ran.code == 0, ran.talk
    assert (workspace / "a.txt").read_text() == "one\ntwo\n"


async def test_note_reaches_the_model_when_the_person_rejects(workspace: Path, era: str) -> None:
    person = Person(approve=False, note="Leave two alone; change three.")
    async with connect(open_desk(workspace), era, person) as client:
        refused = await client.call_tool("str_replace", edit("two", "2"))
    assert refused.is_error
    assert "Leave two alone; change three." in text_of(refused)
    assert refused.structured_content is not None
    assert (refused.structured_content["status"], refused.structured_content["checkpoint"]) == ("rejected", None)
    assert (workspace / "a.txt").read_text() == "one\ntwo\n"


@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_nothing_is_written_when_the_form_is_closed(workspace: Path, era: str, action: str) -> None:
    async with connect(open_desk(workspace), era, Person(action=action)) as client:
        refused = await client.call_tool("str_replace", edit("two", "2"))
    assert refused.is_error
    assert "No change was made." in text_of(refused)
    assert (workspace / "a.txt").read_text() == "one\ntwo\n"


@pytest.mark.parametrize("filled_in", [{"approve": "yes"}, {"approve": 1}, {}, None], ids=str)
async def test_form_that_is_not_filled_in_is_no_approval(workspace: Path, era: str, filled_in: object) -> None:
    async with connect(open_desk(workspace), era, Person(filled_in=filled_in)) as client:
        refused = await client.call_tool("str_replace", edit("two", "2"))
    assert refused.is_error
    assert (workspace / "a.txt").read_text() == "one\ntwo\n"


async def test_edit_is_refused_when_the_client_shows_no_forms(workspace: Path, era: str) -> None:
    async with connect(open_desk(workspace), era) as client:
        refused = [
            await client.call_tool("str_replace", edit("two", "2")),
            await client.call_tool("create", {"path": "new.txt", "file_text": "x"}),
        ]
    assert all(result.is_error and "Nobody can be asked here." in text_of(result) for result in refused)
    assert names(workspace) == ["a.txt"]
    assert (workspace / "a.txt").read_text() == "one\ntwo\n"


async def test_unseen_edit_is_not_written_when_the_file_changes_while_the_person_reads(
    workspace: Path, era: str
) -> None:
    person = Person(meanwhile=lambda: (workspace / "a.txt").write_text("zero\none\ntwo\n"))
    async with connect(open_desk(workspace), era, person) as client:
        done = await client.call_tool("str_replace", edit("two", "2"))
    assert done.structured_content is not None
    if era == "legacy":
        assert done.structured_content["status"] == "stale"
        assert (workspace / "a.txt").read_text() == "zero\none\ntwo\n"
    else:
        # The answer was to another question, so the person was asked again, with the edit as it had become.
        assert len(person.asked) == 2
        assert " zero\n" not in person.asked[0]
        assert " zero\n" in person.asked[1]
        assert (workspace / "a.txt").read_text() == "zero\none\n2\n"


async def test_mode_accept_asks_for_protected_paths_only(workspace: Path, era: str) -> None:
    person = Person()
    async with connect(open_desk(workspace, Mode.ACCEPT), era, person) as client:
        assert not (await client.call_tool("str_replace", edit("two", "2"))).is_error
        assert person.asked == []
        assert not (await client.call_tool("create", {"path": "AGENTS.md", "file_text": "x"})).is_error
    assert len(person.asked) == 1
    assert "AGENTS.md is protected" in person.asked[0]


async def test_mode_plan_refuses_without_asking(workspace: Path, era: str) -> None:
    person = Person()
    async with connect(open_desk(workspace, Mode.PLAN), era, person) as client:
        refused = await client.call_tool("str_replace", edit("two", "2"))
        seen = await client.call_tool("view", {"path": "a.txt"})
    assert refused.is_error
    assert "Mode plan" in text_of(refused)
    assert not seen.is_error
    assert person.asked == []
    assert (workspace / "a.txt").read_text() == "one\ntwo\n"


async def test_secret_is_read_only_when_the_person_lets_it(workspace: Path, era: str) -> None:
    (workspace / ".env").write_text("KEY=hidden\n")
    answers = {}
    for name, person in {"allowed": Person(), "refused": Person(approve=False), "unasked": None}.items():
        async with connect(open_desk(workspace), era, person) as client:
            answers[name] = await client.call_tool("view", {"path": ".env"})
            edited = await client.call_tool("str_replace", edit("hidden", "shown", ".env"))
            assert edited.is_error is (name != "allowed")
    assert "KEY=hidden" in text_of(answers["allowed"])
    assert all(answers[name].is_error and "hidden" not in text_of(answers[name]) for name in ("refused", "unasked"))
    assert (workspace / ".env").read_text() == "KEY=shown\n"


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("insert", {"path": "a.txt", "insert_line": "x", "insert_text": "y"}, "`insert_line` must be a whole number"),
        ("insert", {"path": "a.txt", "insert_line": True, "insert_text": "y"}, "`insert_line` must be a whole number"),
        ("insert", {"path": "a.txt"}, "`insert_line` is missing"),
        ("create", {"path": "b.txt", "file_text": {"a": 1}}, "`file_text` must be a string, not an object."),
        ("create", {"path": ["b.txt"], "file_text": ""}, "`path` must be a string"),
        ("view", {}, "`path` is missing"),
        ("view", {"path": "a.txt", "range": [1, 2]}, "`view` takes no 'range'"),
        ("view", {"path": "../../etc/passwd"}, "is outside the workspace"),
        ("view", {"path": "/etc/passwd"}, "is outside the workspace"),
        ("str_replace", edit("three", "3"), "is not in a.txt"),
    ],
)
async def test_wrong_call_gets_the_sentence_of_the_tool(
    workspace: Path, era: str, name: str, arguments: dict[str, Any], sentence: str
) -> None:
    async with connect(open_desk(workspace), era, Person()) as client:
        refused = await client.call_tool(name, arguments)
    assert refused.is_error
    assert refused.structured_content is None
    assert sentence in text_of(refused)
    assert not text_of(refused).startswith("Error")


async def test_odd_but_clear_call_is_understood(workspace: Path, era: str) -> None:
    call = {"path": "a.txt", "insert_line": "1", "insert_text": '{"a": [1]}', "new_str": None}
    async with connect(open_desk(workspace, Mode.ACCEPT), era) as client:
        assert not (await client.call_tool("insert", call)).is_error
        assert not (await client.call_tool("create", {"path": "b.json", "file_text": '["a"]'})).is_error
    assert (workspace / "a.txt").read_text() == 'one\n{"a": [1]}\ntwo\n'
    assert (workspace / "b.json").read_text() == '["a"]'


async def test_tool_does_nothing_else_when_the_arguments_name_a_command(workspace: Path, era: str) -> None:
    async with connect(open_desk(workspace, Mode.ACCEPT), era) as client:
        await client.call_tool("view", {"command": "create", "path": "b.txt", "file_text": "x"})
        seen = await client.call_tool("view", {"command": "create", "path": "a.txt"})
    assert "one" in text_of(seen)
    assert names(workspace) == ["a.txt"]


@pytest.mark.parametrize("mode", [Mode.ACCEPT, Mode.ASK])
async def test_no_edit_is_lost_when_calls_come_at_once(workspace: Path, era: str, mode: Mode) -> None:
    lines = [f"line {number}" for number in range(6)]
    async with connect(open_desk(workspace, mode), era, Person()) as client:
        calls = [client.call_tool("insert", {"path": "a.txt", "insert_line": 0, "insert_text": line}) for line in lines]
        results = await asyncio.gather(*calls)
    told = [line for line, result in zip(lines, results, strict=True) if not result.is_error]
    written = (workspace / "a.txt").read_text().splitlines()
    assert sorted(written) == sorted([*told, "one", "two"])
    assert told == lines or mode is Mode.ASK
    assert told


@pytest.mark.parametrize(
    ("roots", "readable"),
    [
        ([], ["a.txt", "src/in.txt"]),
        (["."], ["a.txt", "src/in.txt"]),
        ([".."], ["a.txt", "src/in.txt"]),
        (["src"], ["src/in.txt"]),
        (["src/", "nowhere"], ["src/in.txt"]),
        (["link"], ["src/in.txt"]),
        (["../elsewhere"], []),
        (["src?x"], []),
    ],
    ids=str,
)
async def test_roots_narrow_the_workspace_and_never_widen_it(
    workspace: Path, era: str, roots: list[str], readable: list[str]
) -> None:
    for folder in ("desk/src", "elsewhere"):
        (workspace.parent / folder).mkdir()
        (workspace.parent / folder / "in.txt").write_text("here\n")
    (workspace / "link").symlink_to("src")
    uris = [f"file://{workspace}/{root}" for root in roots]
    paths = ["a.txt", "src/in.txt", "../elsewhere/in.txt", str(workspace.parent / "elsewhere/in.txt")]
    desk = open_desk(workspace, Mode.ACCEPT)
    async with connect(desk, era, roots=uris) as client:
        seen = [path for path in paths if not (await client.call_tool("view", {"path": path})).is_error]
        edited = await client.call_tool("insert", {"path": "a.txt", "insert_line": 0, "insert_text": "x"})
    assert seen == readable
    assert edited.is_error is ("a.txt" not in readable)


class Slow:
    """A tool that takes long, and remembers whether it was stopped."""

    name = "slow_search"

    def __init__(self, seconds: float) -> None:
        self.begun, self.stopped = asyncio.Event(), asyncio.Event()
        self._seconds = seconds

    def definition(self) -> dict[str, object]:
        return {"name": self.name, "description": "Takes long.", "input_schema": {"type": "object"}}

    async def call(self, call: ToolCall) -> CallOutcome:
        self.begun.set()
        try:
            await asyncio.to_thread(report_progress, 1, 2, "Searching")
            await asyncio.sleep(self._seconds)
        except asyncio.CancelledError:
            self.stopped.set()
            raise
        return answered(call, f"found {call.input['what']}")


async def test_other_tool_is_served_as_it_declares_itself(workspace: Path, era: str) -> None:
    slow, told = Slow(0.05), list[tuple[float, float | None, str | None]]()

    async def tell(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    async with connect(open_desk(workspace, extra=(slow,)), era) as client:
        tool = (await client.list_tools()).tools[-1]
        result = await client.call_tool(slow.name, {"what": "it"}, progress_callback=tell)
    assert (tool.name, tool.description, tool.output_schema) == ("slow_search", "Takes long.", None)
    assert text_of(result) == "found it"
    assert told == [(1, 2, "Searching")]


async def test_call_is_stopped_when_the_client_cancels_it(workspace: Path, era: str) -> None:
    slow = Slow(60)
    async with connect(open_desk(workspace, extra=(slow,)), era) as client:
        calling = asyncio.create_task(client.call_tool(slow.name, {}))
        await asyncio.wait_for(slow.begun.wait(), 20)
        calling.cancel()
        await asyncio.wait_for(slow.stopped.wait(), 20)
        seen = await client.call_tool("view", {"path": "a.txt"})
    assert calling.cancelled()
    assert not seen.is_error


async def test_edit_is_whole_or_not_begun_when_the_client_cancels_it(workspace: Path, era: str) -> None:
    asked = asyncio.Event()
    never = asyncio.Event()

    async def thinks(context: Any, params: Any) -> ElicitResult:
        asked.set()
        await never.wait()
        return ElicitResult(action="cancel")

    async with connect(open_desk(workspace), era, thinks) as client:
        calling = asyncio.create_task(client.call_tool("str_replace", edit("two", "2")))
        await asyncio.wait_for(asked.wait(), 20)
        calling.cancel()
        seen = await client.call_tool("view", {"path": "a.txt"})
    assert "two" in text_of(seen)
    assert (workspace / "a.txt").read_text() == "one\ntwo\n"
