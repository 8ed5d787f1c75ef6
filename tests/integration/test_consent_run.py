"""Proves that `copydesk run` lands what a decision file lets through, and nothing that it does not speak of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.consent import BEFORE, FILE, FIRST, PROPOSED, THIRD, WITHOUT_SECOND, settings, three_changes, tree
from tests.programs import Ran
from tests.programs import warm_copydesk as copydesk
from tests.schemas import RESULT, STREAM, complaints
from tests.strict_api import StrictApi, call, say

ALL, NOT_SECOND = {"path": FILE, "verdict": "accept"}, {"path": FILE, "hunk": 2, "verdict": "reject"}
MINE = "".join(settings({20: "timeout = 30\n"}).splitlines(keepends=True)[16:23])


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / FILE).write_bytes(BEFORE.encode())
    return folder


def ran(
    workspace: Path, decisions: object, edits: Sequence[Mapping[str, Any]], output: str = "stream-json"
) -> tuple[Ran, StrictApi]:
    """Run one message of edits in mode ask with decisions from a file."""
    file = workspace.with_name("decisions.json")
    file.write_text(json.dumps(decisions))
    options = ("--mode", "ask", "--decisions", str(file), "--root", str(workspace), "--output-format", output)
    with StrictApi([call(*edits), say("Done.")]) as api:
        done = copydesk("run", *options, "go", api=api)
    assert (api.refusals, api.failures) == ([], []), done.talk
    if output == "stream-json":
        assert [complaint for line in done.lines for complaint in complaints(STREAM, line)] == []
    return done, api


def edits_of(done: Ran) -> list[tuple[str, str]]:
    return [(line["status"], line["path"]) for line in done.lines if line["type"] == "edit"]


def test_rejected_hunk_stays_and_its_note_reaches_the_model(workspace: Path) -> None:
    done, api = ran(workspace, [ALL, {**NOT_SECOND, "note": "keep the timeout"}], [three_changes()])

    assert (done.code, edits_of(done)) == (0, [("proposed", FILE), ("partly_applied", FILE)])
    assert (workspace / FILE).read_bytes() == WITHOUT_SECOND.encode()
    (result,) = api.bodies[-1]["messages"][-1]["content"]
    assert "Did not land: hunk 2 (line 20). The person says: keep the timeout\n" in result["content"]
    proposed, applied = (line["diff"] for line in done.lines if line["type"] == "edit")
    assert ("+timeout = 50" in proposed, "+timeout = 50" in applied) == (True, False)
    assert [change["path"] for change in done.lines[-1]["changes"]] == [FILE]


def test_rewritten_hunk_lands_and_the_model_is_told_the_text(workspace: Path) -> None:
    done, api = ran(workspace, [ALL, {"path": FILE, "hunk": 2, "verdict": "edit", "text": MINE}], [three_changes()])

    assert (done.code, edits_of(done)[-1]) == (0, ("partly_applied", FILE))
    assert (workspace / FILE).read_text() == settings({5: FIRST, 20: "timeout = 30\n", 35: THIRD})
    (result,) = api.bodies[-1]["messages"][-1]["content"]
    assert "Rewritten by the person: hunk 2" in result["content"]
    assert "    20\ttimeout = 30\n" in result["content"]


def test_whole_edit_that_is_accepted_is_applied(workspace: Path) -> None:
    done, _ = ran(workspace, [ALL], [three_changes()])

    assert (done.code, edits_of(done)[-1]) == (0, ("applied", FILE))
    assert (workspace / FILE).read_bytes() == PROPOSED.encode()


def test_rejected_edit_is_exit_4(workspace: Path) -> None:
    done, _ = ran(workspace, {"note": "not now", "decisions": []}, [three_changes()], "json")

    assert complaints(RESULT, done.json) == []
    assert (done.code, done.json["changes"]) == (4, [])
    (denial,) = done.json["permission_denials"]
    assert (denial["path"], denial["outcome"], "not now" in denial["reason"]) == (FILE, "rejected", True)
    assert (workspace / FILE).read_bytes() == BEFORE.encode()


def test_silence_is_a_rejection_and_ends_the_turn(workspace: Path) -> None:
    file = workspace.with_name("decisions.json")
    file.write_text("[]")
    with StrictApi([call(three_changes())]) as api:
        done = copydesk("run", "--mode", "ask", "--decisions", str(file), "--root", str(workspace), "go", api=api)

    assert (done.code, len(api.bodies), api.failures) == (4, 1, [])
    assert (workspace / FILE).read_bytes() == BEFORE.encode()


def test_entry_that_nothing_was_proposed_for_is_said_and_lets_nothing_through(workspace: Path) -> None:
    others = [{"path": "other.py", "verdict": "accept"}, {"path": FILE, "hunk": 9, "verdict": "reject"}]
    done, _ = ran(workspace, [ALL, *others], [three_changes()], "text")

    assert (done.code, (workspace / FILE).read_bytes()) == (4, BEFORE.encode())
    assert "Nothing was proposed that decision 2 (other.py) speaks of." in done.talk
    assert f"Nothing was proposed that decision 3 (hunk 9 of {FILE}) speaks of." in done.talk
    assert "decision 1" not in done.talk


BROKEN = {
    "no JSON": b"[",
    "no list": b'"accept"',
    "unknown verdict": b'[{"path": "a.py", "verdict": "maybe"}]',
    "unknown key": b'[{"path": "a.py", "verdict": "accept", "hunks": 2}]',
    "contradiction": b'[{"path": "a.py", "verdict": "accept"}, {"path": "a.py", "verdict": "reject"}]',
    "no UTF-8": b'["\xff"]',
    "missing": None,
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("mode", ["ask", "review"])
def test_broken_decisions_are_exit_2_and_nothing_is_sent(name: str, mode: str, workspace: Path) -> None:
    file = workspace.with_name("decisions.json")
    if (data := BROKEN[name]) is not None:
        file.write_bytes(data)
    with StrictApi([]) as api:
        done = copydesk("run", "--mode", mode, "--decisions", str(file), "--root", str(workspace), "go", api=api)

    assert (done.code, api.requests, done.out) == (2, [], "")
    assert done.talk.startswith("copydesk: ")
    assert "Traceback" not in done.talk


@pytest.mark.parametrize("mode", [(), ("--mode", "accept"), ("--mode", "plan")])
def test_decisions_that_no_edit_would_wait_for_are_exit_2(mode: tuple[str, ...], workspace: Path) -> None:
    file = workspace.with_name("decisions.json")
    file.write_text(json.dumps([{"path": FILE, "verdict": "reject"}]))
    with StrictApi([]) as api:
        done = copydesk("run", *mode, "--decisions", str(file), "--root", str(workspace), "go", api=api)

    assert (done.code, api.requests) == (2, [])
    assert "add --mode review" in done.talk


@pytest.mark.parametrize("mode", ["ask", "review"])
def test_protected_path_is_not_opened_by_a_decision(mode: str, workspace: Path) -> None:
    (workspace / ".env").write_text("KEY=1\n")
    paths = (".github/workflows/ci.yml", ".env", "AGENTS.md")
    file = workspace.with_name("decisions.json")
    entries = [{"path": path, "verdict": "accept"} for path in paths]
    file.write_text(json.dumps({"default": "accept", "decisions": entries}))
    made = [{"command": "create", "path": path, "file_text": "x\n"} for path in (paths[0], paths[2])]
    before = tree(workspace)
    with StrictApi([call(*made, {"command": "view", "path": ".env"}), say("Done.")]) as api:
        options = ("--mode", mode, "--decisions", str(file), "--root", str(workspace), "--output-format", "json")
        done = copydesk("run", *options, "go", api=api)

    assert (done.code, tree(workspace)) == (4, before)
    assert [denial["outcome"] for denial in done.json["permission_denials"]] == ["denied"] * 3
    assert "KEY=1" not in str(api.bodies)


@pytest.mark.parametrize("mode", ["ask", "review"])
def test_mode_that_waits_for_a_person_without_decisions_is_exit_2(mode: str, workspace: Path) -> None:
    with StrictApi([]) as api:
        done = copydesk("run", "--mode", mode, "--root", str(workspace), "go", api=api)

    assert (done.code, api.requests) == (2, [])
    assert "--decisions" in done.talk
