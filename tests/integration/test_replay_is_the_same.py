"""Proves that a replay writes the same bytes each time: what it prints, what it delivers, and what is kept of it."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from copydesk.launch.model import load_cassette
from tests.programs import Ran
from tests.programs import warm_copydesk as copydesk
from tests.strict_api import StrictApi, call, say

PROJECT = Path(__file__).parents[2]
TAPE = PROJECT / "fixtures" / "cassettes" / "debug.json"
PROMPT = load_cassette(TAPE).prompts[0]
DELIVERED = ("bundle.json", "it.patch", "predictions.jsonl")

Replay = Callable[[str, tuple[str, ...]], Ran]


@pytest.fixture
def replay(tmp_path: Path) -> Replay:
    """Plays the tape in the same folder, as it was at first, with a state of its own."""

    def play(state: str, arguments: tuple[str, ...]) -> Ran:
        root = tmp_path / "webshop"
        shutil.copytree(PROJECT / "sandbox" / "webshop", root, dirs_exist_ok=True)
        return copydesk(
            "run", "-C", str(root), "--replay", str(TAPE), *arguments, PROMPT, COPYDESK_STATE_DIR=str(tmp_path / state)
        )

    return play


@pytest.mark.parametrize(
    "arguments",
    [
        ("--output-format", "text", "--verbose", "--check-command", "true"),
        ("--output-format", "json", "--check-command", "false"),
        ("--output-format", "stream-json", "--check-command", "echo checked"),
        ("--output-format", "stream-json", "--include-partial-messages"),
        ("--output-format", "json", "--max-steps", "2"),
    ],
    ids=lambda arguments: " ".join(arguments[1:3]),
)
def test_replay_prints_the_same_each_time(arguments: tuple[str, ...], replay: Replay) -> None:
    first, second = replay("one", arguments), replay("two", arguments)
    assert first.out
    assert (first.code, first.out, first.talk) == (second.code, second.out, second.talk)


def test_replay_delivers_and_keeps_the_same_each_time(tmp_path: Path) -> None:
    root, tape = tmp_path / "calc", tmp_path / "tape.json"
    root.mkdir()
    (root / "sum.py").write_text("total = a - b\n")
    edit = {"command": "str_replace", "path": "sum.py", "old_str": "a - b", "new_str": "a + b"}
    files = [tmp_path / name for name in DELIVERED]
    bundle, patch, predictions = map(str, files)
    delivered = ("--propose", bundle, "--patch", patch, "--predictions", predictions)
    wanted = ("run", "-C", str(root), *delivered, "--instance-id", "calc-1", "--output-format", "json", "add")
    before = time.time()
    with StrictApi([call(edit), say("Done.")]) as api:
        assert copydesk(*wanted, "--record", str(tape), api=api).code == 0
    assert before <= (load_cassette(tape).recorded_at or 0) <= time.time()
    made = []
    for state in ("one", "two"):
        for file in files:
            file.unlink()
        here = str(tmp_path / state)
        ran = copydesk(*wanted, "--replay", str(tape), COPYDESK_STATE_DIR=here)
        exported = copydesk(
            "sessions", "-C", str(root), "export", ran.json["session_id"], "--format", "json", COPYDESK_STATE_DIR=here
        )
        assert (ran.code, exported.code) == (0, 0), ran.talk + exported.talk
        session = exported.json
        # On disk it says which process was in it, and so may be a byte longer.
        del session["session"]["size"]
        made.append([ran.out, session, *(file.read_bytes() for file in files)])
    assert made[0] == made[1]


def test_session_of_a_replay_has_a_name_of_its_own_when_there_is_one_already(replay: Replay, tmp_path: Path) -> None:
    names = [json.loads(replay("one", ("--output-format", "json")).out)["session_id"] for _ in range(2)]
    unkept = json.loads(replay("one", ("--output-format", "json", "--no-session")).out)["session_id"]
    assert len({*names, unkept}) == 3
