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

from tests.strict_api import StrictApi, call, say

ROOT = Path(__file__).resolve().parent.parent
CASSETTES = ROOT / "fixtures" / "cassettes"
PROMPT = "The tests of this shop fail. Find out why and fix it."
OFF_TAPE = (
    "This is the demo: I am a recorded conversation, not a model. I can play one task, and you can accept or reject "
    f"each of its edits: **{PROMPT}** Afterwards, look at the history (F3) and roll an edit back. With a key in "
    "`ANTHROPIC_API_KEY`, `copydesk` in a repository of yours takes any task."
)
REJECTED = (
    "You rejected that edit, so the file is as it was; a note of yours has reached me word for word. A model would now "
    "try it your way. This recording cannot, so it ends here; start the demo again to see the other way."
)
STATS_OLD = "    return sum(values) / (len(values) - 1)\n"
STATS_NEW = "    return sum(values) / len(values)\n"
STATS_WRONG = "    return sum(values) / max(len(values) - 1, 1)\n"
REPORT_OLD = "    totals.append(0)  # without it a day with a single order divides by zero\n"
FOUND = (
    "`mean` divides by one less than the number of values. That is right for the sample deviation below it, and wrong "
    "for an average: a single value even divides by zero."
)
HIDDEN = (
    "That brings out a second fault: `average_order` appends an order of zero, only because the old `mean` could not "
    "take a single one. With the right mean it pulls every average down, so it has to go."
)
DONE = (
    "The tests failed because of one mistake in two places.\n\n"
    "- `webshop/stats.py`: `mean` divides by the number of values now.\n"
    "- `webshop/report.py`: the order of zero that hid the mistake is gone.\n\n"
    "Please check that nothing else relied on the old averages. `python3 -m unittest` should pass."
)


def replies(*, can_undo: bool) -> Iterator[Any]:
    """What the model of the demo says; one that can undo first goes wrong and takes it back."""
    stats, report = "webshop/stats.py", "webshop/report.py"
    yield call(
        {"command": "view", "path": "."},
        ids=("toolu_look",),
        text="I'll look at the project and at what the failing tests are about first.",
    )
    yield call(
        {"command": "view", "path": stats},
        {"command": "view", "path": report},
        {"command": "view", "path": "tests/test_stats.py", "view_range": [1, 24]},
        ids=("toolu_stats", "toolu_report", "toolu_tests"),
    )
    if can_undo:
        yield call(
            {"command": "str_replace", "path": stats, "old_str": STATS_OLD, "new_str": STATS_WRONG},
            ids=("toolu_wrong",),
            text="A single value divides by zero; a guard is the quick way out.",
        )
        yield call(
            {"command": "undo_edit", "path": stats},
            ids=("toolu_undo",),
            text="No: that only hides the fault, the averages stay wrong. I take it back.",
        )
    yield call(
        {"command": "str_replace", "path": stats, "old_str": STATS_OLD, "new_str": STATS_NEW},
        ids=("toolu_mean",),
        text=FOUND,
    )
    yield call(
        {"command": "str_replace", "path": report, "old_str": REPORT_OLD, "new_str": ""},
        ids=("toolu_zero",),
        text=HIDDEN,
    )
    yield say(DONE)


def record(model: str, *, can_undo: bool) -> dict[str, Any]:
    """Play the task once against the stand-in and return what was recorded."""
    with tempfile.TemporaryDirectory() as folder, StrictApi(list(replies(can_undo=can_undo))) as api:
        copy, tape = Path(folder) / "webshop", Path(folder) / "tape.json"
        shutil.copytree(ROOT / "sandbox", copy, ignore=shutil.ignore_patterns("__pycache__"))
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "ANTHROPIC_API_KEY": api.key,
            "ANTHROPIC_BASE_URL": api.url,
        }
        options = ["--model", model, "--root", str(copy), "--record", str(tape), PROMPT]
        subprocess.run(
            [sys.executable, "-m", "copydesk", "run", *options], env=environment, check=True, stdin=subprocess.DEVNULL
        )
        assert api.refusals == []
        assert api.failures == []
        recorded: dict[str, Any] = json.loads(tape.read_text(encoding="utf-8"))
    return recorded


def with_branches(recorded: dict[str, Any]) -> dict[str, Any]:
    """Open a recording for every tool version and every decision."""
    exchanges = []
    for exchange in recorded["exchanges"]:
        each = generalised(exchange)
        exchanges += [*rejections(each), each]
    return {
        "format": recorded["format"],
        "version": recorded["version"],
        "prompts": [PROMPT],
        "off_tape": OFF_TAPE,
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


def rejections(exchange: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The answers to a rejection of the edit that an exchange follows: with a note, and with a new prompt after it."""
    results = exchange["expect"]["results"]
    if not any(
        result["tool_use_id"] in ("toolu_mean", "toolu_zero", "toolu_wrong", "toolu_undo") for result in results
    ):
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
    """Write both cassettes: for tools that can undo, and for those that cannot."""
    tapes = {"debug.json": ("claude-opus-4-8", False), "debug-undo.json": ("claude-3-7-sonnet-20250219", True)}
    for name, (model, can_undo) in tapes.items():
        tape = with_branches(record(model, can_undo=can_undo))
        (CASSETTES / name).write_text(json.dumps(tape, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
