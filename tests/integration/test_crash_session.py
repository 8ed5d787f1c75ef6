"""Owns the proof that a session killed while it writes is opened again: file whole, journal read, API content.

The program is killed on entry to each durable write of its journal and each move of a file. COPYDESK_CAMPAIGN=1 tries
them all; without it an even sample is tried.
"""

import os
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.integration.test_crash import sample, strace_works
from tests.programs import warm_start
from tests.sessions import Wish, talking
from tests.strict_api import StrictApi, call, say

CAMPAIGN = int(os.environ.get("COPYDESK_CAMPAIGN", "0"))
"""Read here, since tests have none of our variables in their environment."""
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not strace_works(), reason="needs strace and the right to trace"),
    pytest.mark.timeout(3600 if CAMPAIGN else 120),
]
CALLS = ("fdatasync", "renameat2", "fsync", "unlinkat")
SAMPLE = 5
BEFORE, AFTER = "x = 1\n", "x = 2\n"
EDIT = {"command": "str_replace", "path": "a.py", "old_str": "1", "new_str": "2"}


def traced(folder: Path, options: list[str]) -> int:
    workspace = folder / "w"
    workspace.mkdir(parents=True)
    (workspace / "a.py").write_text(BEFORE)
    with StrictApi([call(EDIT, {"command": "view", "path": "a.py"}), say("Done.")]) as api:
        strace = ["strace", "-f", "-qq", *options]
        state = str(folder / "state")
        with warm_start(
            "run", "--root", str(workspace), "go", api=api, tracer=strace, COPYDESK_STATE_DIR=state
        ) as program:
            return program.end().code


def points(folder: Path) -> list[tuple[str, int]]:
    """Every call of each name, counted in the thread that makes most of them: strace counts by thread."""
    log = folder / "log"
    assert traced(folder, ["-e", f"trace={','.join(CALLS)}", "-o", str(log)]) == 0
    made = Counter(re.findall(r"^(\d+) +(\w+)\(", log.read_text("utf-8", "replace"), re.MULTILINE))
    most: dict[str, int] = {}
    for (_, name), count in made.items():
        most[name] = max(count, most.get(name, 0))
    return [(name, number) for name in CALLS for number in range(1, most.get(name, 0) + 1)]


async def test_invariant_5_a_killed_session_is_resumed_with_a_true_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = points(tmp_path / "traced")
    assert len(found) > 12
    seen = Counter[str]()
    for number, (name, count) in enumerate(sample(found, SAMPLE)):
        folder = tmp_path / str(number)
        status = traced(
            folder, ["-e", f"trace={name}", "-e", f"inject={name}:signal=SIGKILL:when={count}", "-o", os.devnull]
        )
        monkeypatch.setenv("COPYDESK_STATE_DIR", str(folder / "state"))
        seen[await resumed(folder / "w", folder / "state") if status else "not killed"] += 1
        shutil.rmtree(folder)
    assert {"before", "after"} <= set(seen)
    assert seen["not killed"] < seen.total()


def has_session(state: Path) -> bool:
    return any(path.stat().st_size for path in state.rglob("*.jsonl"))


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def resumed(workspace: Path, state: Path) -> str:
    """Go on with the session, if the kill left one, and hold what the model is told against the disk."""
    started = has_session(state)
    with StrictApi([say("I see.")]) as api:
        async with talking(api, workspace, Wish(resumes="" if started else None)) as talk:
            assert (await talk.say("go on")).outcome == "done"
        content = (workspace / "a.py").read_text()
        results = [
            block
            for message in api.bodies[0]["messages"]
            for block in message["content"]
            if block["type"] == "tool_result"
        ]
    assert content in (BEFORE, AFTER)
    if results:
        assert results[0].get("is_error", False) is (content == BEFORE)
    assert names(workspace) == ["a.py"]
    return "after" if content == AFTER else "before"
