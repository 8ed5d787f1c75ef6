"""Proves that a turn of a real session leaves nothing in memory but what was said and done."""

import gc
from collections import Counter
from pathlib import Path

import pytest

from tests.sessions import talking
from tests.strict_api import Reply, StrictApi, call, say

pytestmark = pytest.mark.anyio

WARM_TURNS, TURNS = 2, 4
OWN = ("copydesk.", "anthropic", "httpx", "httpcore", "h11", "anyio", "asyncio", "_asyncio", "threading", "concurrent")
SAID = {
    "domain.door.ChangeApplied",
    "domain.door.ProposalMade",
    "domain.events.TextFinished",
    "domain.events.ToolCallFinished",
    "domain.events.ToolCallStarted",
    "domain.events.TurnFinished",
    "domain.events.TurnStarted",
    "domain.events.UsageReported",
    "domain.usage.Usage",
}
"""The events; the transcript shares what they hold."""
DONE = {
    "changes.steps.Step",
    "changes.steps.StepFile",
    "changes.steps.StepMeta",
    "changes.steps.StoredImage",
    "domain.diffs.FileDiff",
    "domain.hunks.Hunk",
    "domain.hunks.HunkLine",
    "domain.images.FileAttributes",
}
"""The history, with an image's name for its bytes, and the differences that were shown."""
SENT = {"engine.dialogue.Start"}
"""Where a turn begins in the conversation, which itself is plain dictionaries."""


def held() -> Counter[str]:
    gc.collect()
    names = (f"{type(value).__module__}.{type(value).__qualname__}" for value in gc.get_objects())
    return Counter(name.removeprefix("copydesk.") for name in names if name.startswith(OWN))


def a_turn(number: int) -> list[Reply]:
    edit = {"command": "str_replace", "path": "a.py", "old_str": f"x = {number}\n", "new_str": f"x = {number + 1}\n"}
    return [call({"command": "view", "path": "a.py"}), call(edit), say("Done.")]


async def test_turn_leaves_only_what_was_said_and_done_when_it_is_over(tmp_path: Path) -> None:
    workspace = tmp_path / "shop"
    workspace.mkdir()
    (workspace / "a.py").write_text("x = 0\n")
    script = [answer for number in range(WARM_TURNS + TURNS) for answer in a_turn(number)]
    with StrictApi(script) as api:
        async with talking(api, workspace) as talk:
            before = Counter[str]()
            for number in range(WARM_TURNS + TURNS):
                before = held() if number == WARM_TURNS else before
                await talk.say(f"count on from {number}")
                # What the stand-in and the test's own reader remember is no part of the session.
                api.service.requests.clear()
                talk.envelopes[:-1] = []
            grown = held() - before

    assert {name for name, count in grown.items() if count >= TURNS} == SAID | DONE | SENT
    assert max(grown.values()) <= 3 * TURNS, "three answers of the model in each turn"
