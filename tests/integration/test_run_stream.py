"""Proves that a consumer of Claude Code's stream reads ours, and that each applied edit has a line with its diff."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.claude_stream import read_stream
from tests.integration.test_run_patch import AGAIN, CREATE, EDIT, workspace
from tests.programs import warm_copydesk as copydesk
from tests.schemas import STREAM, complaints
from tests.strict_api import StrictApi, call, fail, say

__all__ = ["workspace"]
DENIED = {"command": "create", "path": ".env", "file_text": "x"}


def test_a_consumer_of_claude_codes_stream_reads_ours(workspace: Path) -> None:
    script: list[Any] = [fail(529), call(EDIT, CREATE, text="I edit."), call(AGAIN, DENIED), say("Done, *all* of it.")]
    with StrictApi(script) as api:
        ran = copydesk(
            *("run", "--root", str(workspace), "--output-format", "stream-json", "--include-partial-messages", "add"),
            api=api,
        )

    assert [complaint for line in ran.lines for complaint in complaints(STREAM, line)] == []
    read = read_stream(ran.lines)
    assert (read.said, read.streamed) == (["I edit.", "Done, *all* of it."], "I edit.Done, *all* of it.")
    assert [call["input"]["command"] for call in read.calls.values()] == [
        "str_replace", "create", "str_replace", "create",
    ]  # fmt: skip
    assert [line["subtype"] for line in ran.lines if line["type"] == "system"][:2] == ["init", "api_retry"]
    assert [denial["tool_input"]["path"] for denial in read.result["permission_denials"]] == [".env"]
    assert [block["is_error"] for block in read.answered.values()] == [False, False, False, True]


def test_each_applied_edit_has_a_line_with_its_difference(workspace: Path) -> None:
    with StrictApi([call(EDIT, CREATE), call(AGAIN), say("Done.")]) as api:
        ran = copydesk("run", "--root", str(workspace), "--output-format", "stream-json", "add", api=api)

    applied = [line for line in ran.lines if line["type"] == "edit" and line["status"] == "applied"]
    assert [line["path"] for line in applied] == ["sum.py", "new ü.py", "sum.py"]
    assert ["+total = a + b" in applied[0]["diff"], "+sum = a + b" in applied[2]["diff"]] == [True, True]
    assert all(line["checkpoint"] for line in applied)


@pytest.mark.parametrize("script", [[fail(400)], [say("Nothing.")]], ids=["failed", "unchanged"])
def test_a_run_that_comes_to_nothing_is_read_too(script: list[Any], workspace: Path) -> None:
    with StrictApi(script) as api:
        ran = copydesk(
            *("run", "--root", str(workspace), "--output-format", "stream-json", "--expect-changes", "add"), api=api
        )

    assert read_stream(ran.lines).result["is_error"]


def test_blocks_of_one_reply_share_its_id_and_those_of_others_do_not(workspace: Path) -> None:
    with StrictApi([call(EDIT, text="I edit."), call(AGAIN, text="Again."), say("Done.")]) as api:
        ran = copydesk("run", "--root", str(workspace), "--output-format", "stream-json", "add", api=api)

    ids = [line["message"]["id"] for line in ran.lines if line["type"] == "assistant"]
    assert [ids.index(name) for name in ids] == [0, 0, 2, 2, 4]
    assert ran.lines[0]["tools"] == [tool["name"] for tool in api.bodies[0]["tools"]]
