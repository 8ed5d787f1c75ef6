"""Proves that `copydesk tool` answers each line with one line, whatever comes, as the published schema says."""

from __future__ import annotations

import io
import json
import os
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from copydesk.assembly.place import open_place
from copydesk.assembly.server import ServerPlan, open_server
from copydesk.config import Config
from copydesk.domain.errors import EditError
from copydesk.domain.messages import BROKEN_OFF, ToolCall
from copydesk.domain.policies import Mode
from copydesk.domain.tools import TOOL_VERSIONS, definition, input_schema
from copydesk.frontends.jsonl.serve import Streams, serve
from copydesk.frontends.jsonl.wire import read_request, write_line
from copydesk.tools.calls import CallOutcome
from copydesk.tools.toolbox import Toolbox
from tests.programs import copydesk, warm_copydesk
from tests.schemas import complaints

TOOL = "tool.schema.json"
EDITOR = "str_replace_based_edit_tool"

Answer = dict[str, Any]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "a.py").write_text("one\ntwo\n")
    return folder


def view(path: str = "a.py") -> Answer:
    return {"command": "view", "path": path}


def replace(old: str, new: str, path: str = "a.py") -> Answer:
    return {"command": "str_replace", "path": path, "old_str": old, "new_str": new}


def create(path: str, text: str) -> Answer:
    return {"command": "create", "path": path, "file_text": text}


def served(workspace: Path, requests: Sequence[object], *options: str) -> list[Answer]:
    """The answers of one server to some requests; bytes are lines as they are."""
    lines = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in requests]
    ran = warm_copydesk("tool", *options, cwd=workspace, given=b"\n".join(lines))
    assert (ran.code, ran.talk) == (0, "")
    assert ran.out.isascii()
    assert [complaint for line in ran.lines for complaint in complaints(TOOL, line)] == []
    return ran.lines


def test_answer_is_what_belongs_in_a_tool_result(workspace: Path) -> None:
    answers = served(workspace, [{"id": 1, "input": view()}, {"id": 2, "input": view("nothing.py")}])

    assert answers[0] == {"id": 1, "content": "a.py, lines 1-2 of 2:\n     1\tone\n     2\ttwo", **ok(None)}
    assert (answers[1]["id"], answers[1]["is_error"], answers[1]["change"]) == (2, True, None)
    assert "does not exist" in answers[1]["content"]


def ok(change: object) -> Answer:
    return {"is_error": False, "change": change}


def test_image_is_answered_with_content_blocks(workspace: Path) -> None:
    (workspace / "dot.gif").write_bytes(
        b"GIF89a" + bytes.fromhex("01000100800000000000ffffff2c000000000100010000020244013b")
    )

    (answer,) = served(workspace, [{"input": view("dot.gif")}])

    assert [block["type"] for block in answer["content"]] == ["text", "image"]


def test_applied_edit_is_answered_with_its_diff_and_checkpoint(workspace: Path) -> None:
    (answer,) = served(workspace, [{"id": "x", "input": replace("two", "2")}])

    change = answer["change"]
    assert (workspace / "a.py").read_bytes() == b"one\n2\n"
    assert (change["path"], change["status"]) == ("a.py", "applied")
    assert change["diff"].endswith("@@ -1,2 +1,2 @@\n one\n-two\n+2\n")
    assert copydesk("rollback", change["checkpoint"], cwd=workspace).code == 0
    assert (workspace / "a.py").read_bytes() == b"one\ntwo\n"


def test_diff_is_in_the_words_of_the_file_and_holds_nothing_that_is_no_text(workspace: Path) -> None:
    (workspace / "a.py").write_bytes(b"caf\xe9 one\n")
    (workspace / "b.py").write_bytes("é caf".encode() + b"\xe9 one " + "é\n".encode())

    legacy, damaged = served(workspace, [{"input": replace("one", "two", path)} for path in ("a.py", "b.py")])

    assert legacy["change"]["diff"].endswith("-café one\n+café two\n")
    assert damaged["change"]["diff"].endswith("-é caf\ufffd one é\n+é caf\ufffd two é\n")
    assert (workspace / "a.py").read_bytes() == b"caf\xe9 two\n"


@pytest.mark.parametrize(
    ("options", "wish"),
    [
        ((), create(".env", "KEY=1\n")),
        (("--mode", "plan"), replace("two", "2")),
        (("--deny", "*.py"), create("b.py", "")),
    ],
    ids=["secret", "plan", "deny"],
)
def test_refused_edit_has_its_diff_and_no_checkpoint(workspace: Path, options: Sequence[str], wish: Answer) -> None:
    (answer,) = served(workspace, [{"input": wish}], *options)

    assert answer["is_error"]
    assert (answer["change"]["status"], answer["change"]["checkpoint"]) == ("denied", None)
    assert answer["change"]["diff"].startswith("diff --git ")
    assert sorted(path.name for path in workspace.iterdir()) == ["a.py"]
    assert (workspace / "a.py").read_bytes() == b"one\ntwo\n"


def test_allowed_secret_is_written(workspace: Path) -> None:
    (answer,) = served(workspace, [{"input": create(".env", "KEY=1\n")}], "--allow", ".env")

    assert answer["change"]["status"] == "applied"


@pytest.mark.parametrize(
    "identity",
    [None, True, 0, -1, 10**4000, 0.5, 1e300, "", "x" * 100_000, "\ud800 \u2028 \0 é", [1, [None]], {"a": {"b": []}}],
    ids=lambda value: repr(value)[:20],
)
def test_id_of_any_type_comes_back(workspace: Path, identity: object) -> None:
    answers = served(workspace, [{"id": identity, "input": create("b.py", "x\n")}, {"id": identity, "input": "wrong"}])

    assert [answer["id"] for answer in answers] == [identity, identity]
    assert [answer["is_error"] for answer in answers] == [False, True]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{", "not JSON"),
        (b"view a.py", "not JSON"),
        (b"\0", "not JSON"),
        (b'{"id": 1, "input": {}} {}', "not JSON"),
        (b'{"id": "a\tb"}', "not JSON"),
        (b'{"id": "\xff"}', "not UTF-8"),
        (b'{"id": "\xed\xa0\x80"}', "not UTF-8"),
        (b"\xff\xfe{\0}\0", "not UTF-8"),
        (b'{"id": NaN}', "NaN"),
        (b'{"id": -Infinity}', "-Infinity"),
        (b'{"id": 1e999}', "too large"),
        (b'{"id": ' + b"1" * 10_000 + b"}", "digits"),
        (b"[" * 200_000, "too deeply"),
        (b'{"id": ' + b"[" * 50_000 + b"]" * 50_000 + b"}", "too deeply"),
        (b"[]", "A request is an object"),
        (b"null", "A request is an object"),
        (b'"{}"', "A request is an object"),
        (b"{}", "no `input`"),
        (b'{"describe": false}', "no `input`"),
        (b'{"input": "{\\"command\\": \\"view\\", \\"path\\": \\"a.py\\"}"}', "`input` must be an object"),
        (b'{"input": null}', "`input` must be an object"),
        (b'{"input": {}, "name": 1}', "`name` must be"),
        (b'{"input": {}, "name": "bash"}', "There is no tool 'bash'"),
        (b'{"input": {}}', "`command` is missing"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_line_that_is_no_request_is_answered_and_the_next_one_served(workspace: Path, line: bytes, said: str) -> None:
    refused, served_after = served(workspace, [line, {"id": 2, "input": view()}])

    assert (refused["id"], refused["is_error"], refused["change"]) == (None, True, None)
    assert said in refused["content"]
    assert refused["content"].endswith(".")
    assert (served_after["id"], served_after["is_error"]) == (2, False)


def test_blank_lines_a_byte_order_mark_and_a_missing_last_line_end_are_taken(workspace: Path) -> None:
    request = json.dumps({"input": view()}).encode()

    answers = served(workspace, [b"\xef\xbb\xbf" + request, b"", b"  \r", request + b"\r", request])

    assert [answer["is_error"] for answer in answers] == [False] * 3


def test_no_request_is_no_answer(workspace: Path) -> None:
    assert served(workspace, []) == []


def test_tool_use_block_is_a_request(workspace: Path) -> None:
    block = {"type": "tool_use", "id": "toolu_1", "name": EDITOR, "input": view(), "caller": {"type": "direct"}}

    (answer,) = served(workspace, [block])

    assert (answer["id"], answer["is_error"]) == ("toolu_1", False)


@pytest.mark.parametrize("version", TOOL_VERSIONS)
def test_description_is_the_entry_and_the_schema(workspace: Path, version: str) -> None:
    options = ("--tool-version", version, "--max-characters", "5000")
    (answer,) = served(workspace, [{"id": "d", "describe": True}], *options)

    known = TOOL_VERSIONS[version]
    others = answer.pop("other_tools")
    assert answer == {
        "id": "d",
        "is_error": False,
        "tool": definition(known, 5000),
        "beta": known.beta,
        "input_schema": input_schema(known),
    }
    assert all(entry["input_schema"] for entry in others)


def test_exploring_tools_are_described_and_called_by_name_unless_switched_off(workspace: Path) -> None:
    requests = [{"describe": True}, {"name": "find_files", "input": {"pattern": "*.py"}}]
    described, found = served(workspace, requests)
    without, refused = served(workspace, requests, "--no-explore")

    assert [entry["name"] for entry in described["other_tools"]] == ["find_files", "search_text"]
    assert "a.py" in found["content"]
    assert without["other_tools"] == []
    assert refused["is_error"]


@pytest.mark.parametrize(
    ("options", "version"),
    [
        ((), "text_editor_20250728"),
        (("--tool-version", "auto"), "text_editor_20250728"),
        (("--model", "claude-3-7-sonnet-20250219"), "text_editor_20250124"),
        (("--model", "claude-opus-5-5", "--tool-version", "schema"), "schema"),
        (("--model", "gpt-x", "--tool-version", "text_editor_20241022"), "text_editor_20241022"),
    ],
)
def test_model_resolves_to_its_tool_version(workspace: Path, options: Sequence[str], version: str) -> None:
    (answer,) = served(workspace, [{"describe": True}], *options)

    assert answer["tool"] == definition(TOOL_VERSIONS[version])


def test_undo_takes_the_last_edit_back_where_the_version_has_it(workspace: Path) -> None:
    undo = {"command": "undo_edit", "path": "a.py"}
    requests = [{"input": replace("two", "2")}, {"input": undo}]

    answers = served(workspace, requests, "--tool-version", "text_editor_20250124")

    assert answers[1]["change"]["status"] == "applied"
    assert (workspace / "a.py").read_bytes() == b"one\ntwo\n"


class Broken:
    """A tool with a fault in it."""

    name = "broken"

    def definition(self) -> dict[str, object]:
        return {"name": self.name}

    async def call(self, call: ToolCall) -> CallOutcome:
        raise ZeroDivisionError("nothing to divide by")


def served_here(workspace: Path, lines: bytes, longest: int) -> tuple[list[Answer], list[str]]:
    """Answers and talk of a server in this process, which also has a broken tool."""
    place = open_place(str(workspace), os.environ)
    opened = open_server(place, ServerPlan(mode=Mode.ACCEPT, config=Config()))
    out, talk = io.BytesIO(), list[str]()
    streams = Streams(io.BytesIO(lines), out, talk.append)
    assert serve(opened.editor, Toolbox(opened.editor, lambda: [Broken()]), streams, longest) == 0
    return [json.loads(line) for line in out.getvalue().splitlines()], talk


def test_line_that_is_too_long_is_skipped_to_its_end(workspace: Path) -> None:
    request = json.dumps({"id": 1, "input": view()}).encode() + b"\n"
    long = b'{"id": "%s"}' % (b"x" * 3_000_000)
    fits, exceeds = request.rjust(1000), request.rjust(1001)

    answers, _ = served_here(workspace, long + b"\n" + fits + exceeds + request + long, 1000)

    assert [answer["is_error"] for answer in answers] == [True, False, True, False, True]
    assert answers[0]["content"] == "The line is longer than 1,000 bytes, so it was skipped."


def test_fault_in_a_tool_is_answered_and_said_aside(workspace: Path) -> None:
    requests: list[object] = [{"id": 7, "name": "broken", "input": {}}, {"id": 8, "input": view()}]
    lines = b"".join(json.dumps(request).encode() + b"\n" for request in requests)

    (broken, fine), talk = served_here(workspace, lines, 1000)

    assert broken == {"id": 7, "content": BROKEN_OFF, "is_error": True, "change": None}
    assert (fine["id"], fine["is_error"]) == (8, False)
    assert talk == ["copydesk: an error inside copydesk: ZeroDivisionError: nothing to divide by"]


def echoed(depth: int) -> bytes | None:
    """A nested id, read and written again; None where it is refused."""
    try:
        request = read_request(b'{"id": ' + b"[" * depth + b"]" * depth + b"}")
    except EditError:
        return None
    return written_one_call_deeper(request)


def written_one_call_deeper(request: Answer) -> bytes:
    return write_line(request["id"], {})


def test_deepest_id_that_is_read_can_be_written_again() -> None:
    depth = bisect_left(range(1, 50_000), True, key=lambda depth: echoed(depth) is None)

    assert echoed(depth) == b'{"id":' + b"[" * depth + b"]" * depth + b"}\n"


@pytest.mark.parametrize(
    "change",
    [
        {"is_error": 0},
        {"content": ""},
        {"content": []},
        {"change": {"path": "a", "status": "applied", "diff": "", "checkpoint": None}},
        {"change": {"path": "a", "status": "denied", "diff": "", "checkpoint": "ab12"}},
        {"change": {"path": "a", "status": "gone", "diff": "", "checkpoint": None}},
        {"tool": {"name": "x"}, "beta": None, "input_schema": {}, "other_tools": [], "content": 1},
    ],
    ids=str,
)
def test_answer_that_contradicts_itself_does_not_fit_the_schema(change: Answer) -> None:
    answer = {"id": 1, "content": "Done.", "is_error": False, "change": None}

    assert complaints(TOOL, answer) == []
    assert complaints(TOOL, answer | change)
    assert all(complaints(TOOL, {key: answer[key] for key in answer if key != left}) for left in answer)
