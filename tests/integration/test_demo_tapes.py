"""Proves that each tape of the demo plays to its end with every version of the tool, whatever the person rejects."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from copydesk.arguments import SCENARIOS
from copydesk.assembly.place import open_place
from copydesk.assembly.server import ServerPlan, open_server
from copydesk.config import Config
from copydesk.domain.messages import Message, ToolCall, ToolResult, results_message, user_message
from copydesk.domain.policies import Mode
from copydesk.domain.tools import TOOL_VERSIONS, ToolVersion
from copydesk.launch.demo import tape_name
from copydesk.model.cassettes import read_cassette
from copydesk.model.stream import Accumulator
from copydesk.tools.toolbox import Toolbox
from tests import demo_scenarios

ROOT = Path(__file__).parents[2]
NEWEST = TOOL_VERSIONS["text_editor_20250728"]
WRITTEN = {
    "debug": ("webshop/stats.py", "    return sum(values) / len(values)\n"),
    "refactor": ("webshop/cart.py", "        return bulk_price(self.price, self.count)\n"),
    "docs": ("README.md", "## The journal\n"),
    "tests": ("tests/test_orders.py", "    def test_a_line_of_another_form_is_refused(self):\n"),
}
"""Scenario → a line that the copy has in the end, and not before."""
REJECTABLE = [(name, edit) for name, scenario in demo_scenarios.SCENARIOS.items() for edit in scenario.edits]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return shutil.copytree(ROOT / "sandbox", tmp_path / "webshop", ignore=shutil.ignore_patterns("__pycache__"))


async def said_last(tape: str, folder: Path, version: ToolVersion, rejected: str = "") -> str:
    """Play a tape against the real tool, but for an edit that is rejected; gives the model's last words."""
    cassette = read_cassette((ROOT / "fixtures/cassettes" / tape).read_text("utf-8"))
    plan = ServerPlan(mode=Mode.ACCEPT, config=Config(), version=version)
    toolbox = open_server(open_place(str(folder), os.environ), plan).toolbox
    messages: list[Message] = [user_message(cassette.prompts[0])]
    while True:
        exchange = cassette.answer(messages)
        assert exchange is not None
        accumulator = Accumulator(lambda: 0.0)
        for event in exchange.events:
            accumulator.feed(event)
        reply = accumulator.turn().sendable()
        content = [dict(block) for block in reply.content]
        messages.append({"role": "assistant", "content": content})
        calls = [
            ToolCall(block["id"], version.name, block["input"]) for block in content if block["type"] == "tool_use"
        ]
        if not calls:
            return str(content[-1]["text"])
        messages.append(results_message([await answered(call, toolbox, rejected) for call in calls]))


async def answered(call: ToolCall, toolbox: Toolbox, rejected: str) -> ToolResult:
    if call.id == rejected:
        return ToolResult(call.id, "The person rejected this edit.", is_error=True)
    return (await toolbox.run(call)).result


@pytest.mark.anyio
@pytest.mark.parametrize("version", TOOL_VERSIONS.values(), ids=lambda version: version.type)
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_tape_does_its_task_with_every_version_of_the_tool(
    scenario: str, version: ToolVersion, copy: Path
) -> None:
    name, line = WRITTEN[scenario]
    assert not (copy / name).exists() or line not in (copy / name).read_text()
    said = await said_last(tape_name(scenario, version), copy, version)
    assert line in (copy / name).read_text()
    assert "python3 -m" in said


@pytest.mark.anyio
@pytest.mark.parametrize(("tape", "edit"), REJECTABLE)
async def test_tape_has_an_answer_when_an_edit_is_rejected(tape: str, edit: str, copy: Path) -> None:
    version = TOOL_VERSIONS["text_editor_20250124"] if tape.endswith("-undo") else NEWEST
    assert "You rejected that edit" in await said_last(f"{tape}.json", copy, version, rejected=edit)


def test_every_scenario_has_a_tape_and_every_tape_a_scenario() -> None:
    tapes = {tape_name(scenario, version) for scenario in SCENARIOS for version in TOOL_VERSIONS.values()}
    assert tapes == {path.name for path in (ROOT / "fixtures/cassettes").glob("*.json")}
    assert tapes == {f"{name}.json" for name in demo_scenarios.SCENARIOS}
