"""Owns how the demo's cassettes are made: the real program, recorded against the strict stand-in for the API.

Run it with `python -m tests.record_demo` after the tool's answers or the sandbox have changed; it writes
`fixtures/cassettes/`. What a person may decide otherwise is added as branches, since a tape cannot foresee a note.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.demo_scenarios import SCENARIOS, Scenario
from tests.strict_api import StrictApi

ROOT = Path(__file__).resolve().parent.parent
CASSETTES = ROOT / "fixtures" / "cassettes"
REJECTED = (
    "You rejected that edit, so the file is as it was; a note of yours has reached me word for word. A model would now "
    "try it your way. This recording cannot, so it ends here; start the demo again to see the other way."
)


def off_tape(prompt: str) -> str:
    """What is answered to a prompt that the tape does not hold."""
    return (
        "This is the demo: I am a recorded conversation, not a model. I can play one task, and you can accept or "
        f"reject each of its edits: **{prompt}** Afterwards, look at the history (F3) and roll an edit back. With a "
        "key in `ANTHROPIC_API_KEY`, `copydesk` in a repository of yours takes any task."
    )


def record(model: str, scenario: Scenario) -> dict[str, Any]:
    """Play the task once against the stand-in and return what was recorded."""
    with tempfile.TemporaryDirectory() as folder, StrictApi(list(scenario.replies)) as api:
        copy, tape = Path(folder) / "webshop", Path(folder) / "tape.json"
        shutil.copytree(ROOT / "sandbox", copy, ignore=shutil.ignore_patterns("__pycache__"))
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "ANTHROPIC_API_KEY": api.key,
            "ANTHROPIC_BASE_URL": api.url,
        }
        options = ["--model", model, "--root", str(copy), "--record", str(tape), scenario.prompt]
        subprocess.run(
            [sys.executable, "-m", "copydesk", "run", *options], env=environment, check=True, stdin=subprocess.DEVNULL
        )
        assert api.refusals == []
        assert api.failures == []
        recorded: dict[str, Any] = json.loads(tape.read_text(encoding="utf-8"))
    return recorded


def with_branches(recorded: dict[str, Any], scenario: Scenario) -> dict[str, Any]:
    """Open a recording for every tool version and every decision."""
    exchanges = []
    for exchange in recorded["exchanges"]:
        each = generalised(exchange)
        exchanges += [*rejections(each, scenario.edits), each]
    return {
        "format": recorded["format"],
        "version": recorded["version"],
        "prompts": [scenario.prompt],
        "off_tape": off_tape(scenario.prompt),
        "exchanges": exchanges,
    }


def generalised(exchange: dict[str, Any]) -> dict[str, Any]:
    """Leave open which model and which name of the tool the tape is played with; thinking is bound to a server."""
    events = []
    for event in exchange["response"]["events"]:
        if event["type"] == "message_start":
            message = {name: value for name, value in event["message"].items() if name != "diagnostics"}
            event = {**event, "message": {**message, "model": "*"}}
        block = event.get("content_block", {})
        if block.get("type") == "tool_use":
            event = {**event, "content_block": {**block, "name": "*"}}
        if event["type"] != "ping":
            events.append(event)
    return {**exchange, "response": {"status": 200, "headers": {}, "events": events}}


def rejections(exchange: dict[str, Any], edits: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The answers to a rejection of the edit that an exchange follows: with a note, and with a new prompt after it."""
    results = exchange["expect"]["results"]
    if not any(result["tool_use_id"] in edits for result in results):
        return
    refused = [{**result, "is_error": True, "digest": "*"} for result in results]
    for name, prompt in (("note", {}), ("prompt", {"prompt": "*"})):
        yield {
            "id": f"{exchange['id']}-rejected-{name}",
            "after": exchange["after"],
            "expect": {**prompt, "results": refused},
            "response": {"status": 200, "headers": {}, "events": spoken(REJECTED, exchange)},
            "is_complete": True,
        }


def spoken(text: str, exchange: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of a reply that only says something."""
    start = exchange["response"]["events"][0]
    words = [f"{word} " for word in text.split(" ")]
    words[-1] = words[-1].rstrip()
    delta: Callable[[str], dict[str, Any]] = lambda word: {  # noqa: E731 - one use, one shape
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "text_delta", "text": word},
    }
    return [
        start,
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *map(delta, words),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": len(words)},
        },
        {"type": "message_stop"},
    ]


def main() -> None:
    """Write the cassettes: one for each scenario, and another for tools that can undo."""
    for name, scenario in SCENARIOS.items():
        model = "claude-3-7-sonnet-20250219" if name.endswith("-undo") else "claude-opus-4-8"
        tape = with_branches(record(model, scenario), scenario)
        text = json.dumps(tape, ensure_ascii=False, indent=1)
        (CASSETTES / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
