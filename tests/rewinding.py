"""Owns what tests of cutting a conversation back share: edits to make, and what was sent, kept and written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from copydesk.engine.dialogue import dialogue_of
from copydesk.engine.journal import load
from tests.sessions import Talk
from tests.strict_api import StrictApi, call, say

CUT_OUT = "The person cut out what was said from here on. Files that are not as they were then: "
ROLLED_BACK = "The person rolled files back: "
LOOK = " View them again before you edit them."


def edit(path: str, old: str, new: str) -> dict[str, str]:
    return {"command": "str_replace", "path": path, "old_str": old, "new_str": new}


FIRST = edit("a.py", "x = 1", "x = 2")
SECOND = edit("a.py", "x = 2", "x = 3")
OTHER = edit("b.py", "y = 1", "y = 2")
CREATED = {"command": "create", "path": "new/c.py", "file_text": "z = 1\n"}
TWO_TURNS = [call(FIRST), say("Done."), call(SECOND, OTHER), say("Done again.")]


def begun(folder: Path) -> Path:
    """A workspace as it is before the first of the edits."""
    folder.mkdir()
    (folder / "a.py").write_text("x = 1\n")
    (folder / "b.py").write_text("y = 1\n")
    return folder


def journal(state: Path) -> Path:
    (found,) = state.rglob("*.jsonl")
    return found


def said(api: StrictApi, body: int = -1) -> list[str]:
    """All that the person's side said up to a request."""
    messages = [message for message in api.bodies[body]["messages"] if message["role"] == "user"]
    return [block["text"] for message in messages for block in message["content"] if block["type"] == "text"]


def sent(api: StrictApi, body: int) -> list[str]:
    return blocks(api.bodies[body]["messages"])


def contents(workspace: Path) -> dict[str, str]:
    return {str(path.relative_to(workspace)): path.read_text() for path in workspace.rglob("*") if path.is_file()}


def blocks(messages: Sequence[dict[str, Any]]) -> list[str]:
    """The blocks of messages, byte for byte but for the marks of the cache."""
    return [
        message["role"] + json.dumps({key: value for key, value in block.items() if key != "cache_control"})
        for message in messages
        for block in message["content"]
    ]


def check_same(talk: Talk, state_dir: Path) -> None:
    """Hold the journal against what the session has."""
    conversation = talk.session._parts.conversation
    assert dialogue_of(load(journal(state_dir).read_bytes()).records) == conversation._dialogue
