"""Proves that `copydesk run --mode review` lands what a decision file lets through when the model is done, at once."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from copydesk.arguments import parser_for
from copydesk.launch.screen import find_wanted
from tests.consent import BEFORE, FILE, FIRST, PROPOSED, THIRD, replacement, settings, three_changes, tree
from tests.programs import Ran, Warm, surroundings, warm_start
from tests.programs import warm_copydesk as copydesk
from tests.schemas import RESULT, STREAM, complaints
from tests.strict_api import Hold, StrictApi, call, held, say

CREATE = {"command": "create", "path": "new.py", "file_text": "made = 1\n"}
NOTES = [replacement("notes.md", "one\n", "ein\n"), replacement("notes.md", "ein\n", "eins\n")]
NOT_SECOND = {"path": FILE, "hunk": 2, "verdict": "reject", "note": "keep the timeout"}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / FILE).write_bytes(BEFORE.encode())
    (folder / "notes.md").write_text("one\ntwo\n")
    return folder


def options(workspace: Path, decisions: object, output: str = "stream-json") -> tuple[str, ...]:
    """The options of a run in mode review whose decisions are in a file beside the workspace."""
    file = workspace.with_name("decisions.json")
    file.write_text(json.dumps(decisions))
    return ("--mode", "review", "--decisions", str(file), "--root", str(workspace), "--output-format", output)


def outcomes(done: Ran) -> list[tuple[str, str]]:
    """What became of the edits, without the proposals themselves; every line has to be as it is published."""
    assert [complaint for line in done.lines for complaint in complaints(STREAM, line)] == []
    return [
        (line["status"], line["path"]) for line in done.lines if line["type"] == "edit" and line["status"] != "proposed"
    ]


def test_part_that_is_accepted_lands_when_the_model_is_done(workspace: Path) -> None:
    decisions = {"default": "accept", "decisions": [NOT_SECOND, {"path": "other.py", "verdict": "accept"}]}
    with StrictApi([call(three_changes(), NOTES[0]), call(NOTES[1], CREATE), say("Done.")]) as api:
        done = copydesk("run", *options(workspace, decisions), "go", api=api)

    assert (done.code, outcomes(done)) == (
        0,
        [("partly_applied", FILE), ("applied", "notes.md"), ("applied", "new.py")],
    )
    assert (workspace / FILE).read_text() == settings({5: FIRST, 35: THIRD})
    assert (workspace / "notes.md").read_text() == "eins\ntwo\n"
    assert (workspace / "new.py").read_text() == "made = 1\n"
    assert len({change["checkpoint"] for change in done.lines[-1]["changes"]}) == 1
    (notice,) = (line["text"] for line in done.lines if line.get("subtype") == "notice")
    assert notice == "Nothing was proposed that decision 2 (other.py) speaks of."


def test_file_that_is_rejected_is_exit_4_and_the_rest_lands(workspace: Path) -> None:
    decisions = [{"path": FILE, "verdict": "accept"}, {"path": "new.py", "verdict": "reject", "note": "not needed"}]
    with StrictApi([call(three_changes(), CREATE), say("Done."), say("I see.")]) as api:
        done = copydesk("run", *options(workspace, decisions, "json"), "go", api=api)
        again = copydesk("run", "--continue", "--root", str(workspace), "and now?", api=api)

    assert complaints(RESULT, done.json) == []
    (denial,) = done.json["permission_denials"]
    assert (done.code, denial["path"], denial["outcome"]) == (4, "new.py", "rejected")
    assert ((workspace / FILE).read_text(), (workspace / "new.py").exists()) == (PROPOSED, False)
    told, prompt = (block["text"] for block in api.bodies[-1]["messages"][-1]["content"])
    assert (again.code, api.refusals, prompt) == (0, [], "and now?")
    assert "new.py: did not land; it is as it was before. The person says: not needed" in told


def test_silence_is_a_rejection_of_all(workspace: Path) -> None:
    before = tree(workspace)
    with StrictApi([call(three_changes(), CREATE), say("Done.")]) as api:
        done = copydesk("run", *options(workspace, []), "go", api=api)

    assert (done.code, outcomes(done), tree(workspace)) == (4, [("rejected", FILE), ("rejected", "new.py")], before)


def meanwhile(workspace: Path, change: Callable[[Warm], object], *, ends: bool = False) -> Ran:
    """Run three edits that are accepted, and do something just before the model's last words, or what ends the run."""
    hold, wanted = Hold(), options(workspace, {"default": "accept"})
    with (
        StrictApi([call(three_changes(), NOTES[0], CREATE), held(say("Done."), hold, 4)]) as api,
        warm_start("run", *wanted, "go", api=api) as program,
    ):
        assert hold.reached.wait(45)
        change(program)
        if not ends:
            hold.release()
        done = program.end()
        hold.release()
    return done


def test_change_of_the_person_in_another_hunk_is_kept(workspace: Path) -> None:
    theirs = {12: "theirs = 12\n"}
    done = meanwhile(workspace, lambda _: (workspace / FILE).write_text(settings(theirs)))

    assert (done.code, outcomes(done)[0]) == (0, ("applied", FILE))
    assert (workspace / FILE).read_text() == settings({**theirs, 5: FIRST, 20: "timeout = 50\n", 35: THIRD})


def test_change_of_the_person_in_the_same_lines_is_exit_4_and_no_write(workspace: Path) -> None:
    mine = settings({20: "timeout = 99\n"})
    done = meanwhile(workspace, lambda _: (workspace / FILE).write_text(mine))

    assert (done.code, outcomes(done)) == (4, [("applied", "notes.md"), ("applied", "new.py"), ("stale", FILE)])
    assert (workspace / FILE).read_text() == mine
    (refused,) = (line for line in done.lines if line.get("status") == "stale")
    assert refused["reason"] == f"{FILE} is not changed: the same lines were changed on disk meanwhile."


def test_killed_run_goes_on_and_lands_with_a_decision_and_not_without(workspace: Path) -> None:
    before = tree(workspace)
    meanwhile(workspace, lambda program: program.send_signal(signal.SIGKILL), ends=True)
    assert tree(workspace) == before

    with StrictApi([say("Done.")]) as api:
        silent = copydesk("run", "--continue", "--root", str(workspace), "go on", api=api)
        assert (silent.code, api.requests, tree(workspace)) == (2, [], before)
        assert f"Edits of {FILE}, notes.md, new.py wait for a review in this session" in silent.talk
        # The screen goes on with them: it has a desk to decide about them at.
        find_wanted(parser_for("").parse_args(["--continue", "--root", str(workspace)]), surroundings(api))

        done = copydesk("run", "--continue", *options(workspace, {"default": "accept"}), "go on", api=api)
    assert (done.code, api.refusals) == (0, [])
    assert len(outcomes(done)) == 3
    assert (workspace / FILE).read_text() == PROPOSED


def test_interrupted_run_lands_nothing_and_the_edits_wait(workspace: Path) -> None:
    before = tree(workspace)
    done = meanwhile(workspace, lambda program: program.send_signal(signal.SIGINT), ends=True)

    assert (done.code, tree(workspace)) == (130, before)
    (notice,) = (line["text"] for line in done.lines if line.get("subtype") == "notice")
    assert notice == f"Edits of {FILE}, notes.md, new.py wait for a review; --continue --mode review goes on with them."
