"""Proves that edits which wait for a review outlive a crash, and that what others do to their files is never lost."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from copydesk.domain import events
from copydesk.domain.checkpoints import Aim
from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision, Remark, Weight
from copydesk.domain.policies import Mode
from copydesk.domain.proposals import OutcomeKind
from copydesk.engine.reviews import Reviewed
from tests.consent import BEFORE, FILE, FIRST, PROPOSED, SECOND, THIRD, replacement, settings, three_changes, tree, view
from tests.programs import warm_start
from tests.sessions import Talk, Wish, talking
from tests.strict_api import Hold, StrictApi, call, held, say

pytestmark = pytest.mark.anyio

REVIEW = Wish(mode=Mode.REVIEW, is_interactive=True)
RESUMED = Wish(mode=Mode.REVIEW, is_interactive=True, resumes="")
NEW = {"command": "create", "path": "new.py", "file_text": "made = 1\n"}
NOTES = replacement("notes.md", "one\n", "eins\n")
THEIRS = {12: "theirs = 12\n"}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / FILE).write_bytes(BEFORE.encode())
    (folder / "notes.md").write_text("one\ntwo\n")
    return folder


def kill_at(hold: Hold, api: StrictApi, *arguments: str) -> None:
    """Start the program, and kill it when the model's answer has come so far."""
    with warm_start(*arguments, api=api) as program:
        assert hold.reached.wait(45)
        program.send_signal(signal.SIGKILL)
        assert program.end().code == -signal.SIGKILL
    hold.release()


def forget_from(event: str, state_dir: Path) -> None:
    """Cut the only journal back to just before an event, as if the program had been killed there."""
    (journal,) = state_dir.rglob("*.jsonl")
    lines = journal.read_bytes().splitlines(keepends=True)
    cut = next(number for number, line in enumerate(lines) if f'"{event}"'.encode() in line)
    journal.write_bytes(b"".join(lines[:cut]))


async def decide(talk: Talk, *files: FileDecision, accepted: bool = True) -> Reviewed:
    """Decide about the changeset as it is now."""
    changeset = await talk.session.changeset()
    reviewed = await talk.session.decide_review(Decision(accepted, changeset.digest, files=files))
    await talk.settled()
    return reviewed


def told(api: StrictApi) -> str:
    """What the model is told at the head of the last prompt."""
    return str(api.bodies[-1]["messages"][-1]["content"][0]["text"])


async def test_what_waits_is_there_after_a_kill_and_lands_in_the_session_that_goes_on(workspace: Path) -> None:
    before, hold = tree(workspace), Hold()
    decisions = workspace.with_name("decisions.json")
    decisions.write_text(json.dumps({"default": "accept", "decisions": []}))
    replies = [
        call(three_changes(), NEW),
        call(NOTES),
        held(say("A long answer."), hold, 4),
        call(view(FILE)),
        say("Hi."),
    ]
    with StrictApi(replies) as api:
        options = ("--mode", "review", "--decisions", str(decisions), "--root", str(workspace))
        kill_at(hold, api, "run", *options, "go")
        assert tree(workspace) == before

        async with talking(api, workspace, RESUMED) as talk:
            assert talk.session.waiting_review == (FILE, "new.py", "notes.md")
            changeset = await talk.session.changeset()
            assert [len(file.change.diff.hunks) for file in changeset.files] == [3, 1, 1]
            assert (await talk.say("go on")).outcome == "done"
            assert "timeout = 50" in talk.results()[0]["content"]
            assert tree(workspace) == before

            await decide(talk, FileDecision("notes.md", Choice.REJECT))
            assert (workspace / FILE).read_text() == PROPOSED
            assert ((workspace / "new.py").exists(), (workspace / "notes.md").read_text()) == (True, "one\ntwo\n")
            assert len(await talk.session.history()) == 1


@pytest.mark.parametrize("mode", [Mode.ACCEPT, Mode.ASK])
async def test_session_in_which_edits_wait_goes_on_in_mode_review(mode: Mode, workspace: Path) -> None:
    with StrictApi([call(three_changes()), say("Done."), call(NOTES), say("Done.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("go")
        async with talking(api, workspace, Wish(mode=mode, is_interactive=True, resumes="")) as talk:
            await talk.say("more")

            notices = [event.text for event in talk.events if isinstance(event, events.Noticed)]
            assert f"Opened in mode review, since edits of {FILE} waited for your review." in notices
            assert talk.session.waiting_review == (FILE, "notes.md")
            assert talk.transcript.mode == "review"


async def test_edit_that_waits_is_not_called_undone_when_the_kill_came_before_its_answer(
    workspace: Path, state_dir: Path
) -> None:
    with StrictApi([call(three_changes()), say("Done."), say("I see.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("go")
        forget_from("ChangeGathered", state_dir)
        async with talking(api, workspace, RESUMED) as talk:
            await talk.say("go on")
            result = next(
                block for block in api.bodies[-1]["messages"][-1]["content"] if block["type"] == "tool_result"
            )

            assert talk.session.waiting_review == (FILE,)
            assert (result.get("is_error", False), "Not run" in result["content"]) == (False, False)


async def test_change_of_the_person_in_another_hunk_is_kept(workspace: Path) -> None:
    with StrictApi([call(three_changes()), say("Done.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("go")
            (workspace / FILE).write_text(settings(THEIRS))
            (file,) = (await talk.session.changeset()).files
            assert (file.is_rebased, len(file.change.diff.hunks)) == (True, 3)
            await decide(talk)

            assert (workspace / FILE).read_text() == settings({**THEIRS, 5: FIRST, 20: SECOND, 35: THIRD})
            await talk.session.rollback(Aim((await talk.session.history())[0].id))
            assert (workspace / FILE).read_text() == settings(THEIRS)


async def test_decision_on_what_the_disk_no_longer_holds_does_nothing(workspace: Path) -> None:
    with StrictApi([call(three_changes(), NOTES), say("Done."), say("Hi.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("go")
            shown = await talk.session.changeset()
            (workspace / FILE).write_text(settings(THEIRS))
            before = tree(workspace)
            reviewed = await talk.session.decide_review(Decision(True, shown.digest))

            assert (reviewed.outcome.kind, tree(workspace)) == (OutcomeKind.STALE, before)
            assert talk.session.waiting_review == (FILE, "notes.md")
            await talk.say("hi")
            assert told(api) == "hi"


async def test_file_that_was_only_touched_is_as_it_was_shown(workspace: Path) -> None:
    with StrictApi([call(three_changes()), say("Done.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("go")
            shown = await talk.session.changeset()
            (workspace / FILE).touch()
            await talk.session.decide_review(Decision(True, shown.digest))

            assert (workspace / FILE).read_text() == PROPOSED


async def test_change_of_the_person_in_the_same_lines_is_a_conflict_that_is_shown_and_waits(workspace: Path) -> None:
    mine = settings({20: "timeout = 99\n"})
    with StrictApi([call(three_changes(), NOTES), say("Done."), call(view(FILE)), say("Hi.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("go")
            (workspace / FILE).write_text(mine)
            (conflict,) = (await talk.session.changeset()).conflicts
            assert conflict.reason == f"{FILE} is not changed: the same lines were changed on disk meanwhile."
            (place,) = conflict.places
            assert (place.base.first, place.ours.text, place.theirs.text) == (20, SECOND, "timeout = 99\n")

            reviewed = await decide(talk)
            assert (reviewed.still_waiting, talk.session.waiting_review) == ((FILE,), (FILE,))
            assert (workspace / FILE).read_text() == mine
            assert (workspace / "notes.md").read_text() == "eins\ntwo\n"
            await talk.say("hi")
            head = str(api.bodies[-2]["messages"][-1]["content"][0]["text"])
            assert "notes.md: landed as proposed." in head
            assert f"Still waiting, in conflict with what others changed in the same lines: {FILE}." in head
            assert "timeout = 50" in talk.results()[0]["content"]


async def test_proposed_lines_land_over_those_of_others_when_the_person_wants_it_and_theirs_come_back(
    workspace: Path,
) -> None:
    mine = settings({12: "mine = 12\n", 20: "timeout = 99\n"})
    with StrictApi([call(three_changes()), say("Done."), say("Hi.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("go")
            (workspace / FILE).write_text(mine)
            plain, shown = await talk.session.changeset(), await talk.session.changeset([FILE])
            (file,) = shown.files
            assert (len(file.change.diff.hunks), shown.conflicts, file.overruled) == (3, (), plain.conflicts[0])

            for digest, overruled in [(plain.digest, (FILE,)), (shown.digest, ())]:
                reviewed = await talk.session.decide_review(Decision(True, digest, overruled=overruled))
                assert (reviewed.outcome.kind, (workspace / FILE).read_text()) == (OutcomeKind.STALE, mine)
            (workspace / FILE).write_text(mine.replace("99", "98"))
            reviewed = await talk.session.decide_review(Decision(True, shown.digest, overruled=(FILE,)))
            assert (reviewed.outcome.kind, talk.session.waiting_review) == (OutcomeKind.STALE, (FILE,))

            (workspace / FILE).write_text(mine)
            files = (FileDecision(FILE, Choice.ACCEPT, (HunkDecision(1, Choice.REJECT),)),)
            await talk.session.decide_review(Decision(True, shown.digest, files=files, overruled=(FILE,)))
            assert (workspace / FILE).read_text() == settings({12: "mine = 12\n", 20: SECOND, 35: THIRD})
            assert talk.session.waiting_review == ()
            await talk.say("hi")
            assert "what landed stands in their place" in told(api)

            (row,) = await talk.session.history()
            await talk.session.rollback(Aim(row.id))
            assert (workspace / FILE).read_text() == mine


async def test_lines_of_others_stay_when_the_hunk_over_them_is_rejected(workspace: Path) -> None:
    mine = settings({20: "timeout = 99\n"})
    with StrictApi([call(three_changes()), say("Done.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("go")
            (workspace / FILE).write_text(mine)
            shown = await talk.session.changeset([FILE])
            files = (FileDecision(FILE, Choice.ACCEPT, (HunkDecision(2, Choice.REJECT),)),)
            await talk.session.decide_review(Decision(True, shown.digest, files=files, overruled=(FILE,)))
            assert (workspace / FILE).read_text() == settings({5: FIRST, 20: "timeout = 99\n", 35: THIRD})


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "beside another file"])
async def test_conflict_that_is_let_go_is_said_to_the_model(alone: bool, workspace: Path) -> None:
    mine = settings({20: "timeout = 99\n"})
    edits = [three_changes()] if alone else [three_changes(), NOTES]
    with StrictApi([call(*edits), say("Done."), call(view(FILE)), say("Hi.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("go")
            (workspace / FILE).write_text(mine)
            await decide(talk, FileDecision(FILE, Choice.REJECT))
            await talk.say("hi")

            assert ((workspace / FILE).read_text(), talk.session.waiting_review) == (mine, ())
            refused = [event for event in talk.events if isinstance(event, events.ChangeRefused)]
            assert [(event.path, event.outcome) for event in refused] == [(FILE, "stale")]
            head = str(api.bodies[-2]["messages"][-1]["content"][0]["text"])
            assert f"{FILE} is not changed: the same lines were changed on disk meanwhile." in head
            assert ("The person rejected" in head, "notes.md: landed" in head) == (False, not alone)
            assert "timeout = 99" in talk.results()[0]["content"]


async def test_words_on_a_file_in_conflict_reach_the_model_while_the_rest_lands(workspace: Path) -> None:
    remark = Remark(FILE, 20, "why 50?", Weight.QUESTION)
    with StrictApi([call(three_changes(), NOTES), say("Done."), say("Hi.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("go")
            (workspace / FILE).write_text(settings({20: "timeout = 99\n"}))
            digest = (await talk.session.changeset()).digest
            decision = Decision(
                True, digest, files=(FileDecision(FILE, Choice.ACCEPT, note="look again"),), remarks=(remark,)
            )
            reviewed = await talk.session.decide_review(decision)
            await talk.say("hi")

            assert (reviewed.outcome.kind, talk.session.waiting_review) == (OutcomeKind.APPLIED, (FILE,))
            assert (workspace / "notes.md").read_text() == "eins\ntwo\n"
            assert f"On {FILE} the person says: look again" in told(api)
            assert f"{FILE}:20 (question): why 50?" in told(api)


@pytest.mark.parametrize("word", ["remark", "file"])
async def test_words_on_a_file_that_does_not_wait_decide_nothing(word: str, workspace: Path) -> None:
    with StrictApi([call(three_changes()), say("Done.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("go")
            digest = (await talk.session.changeset()).digest
            remarks = (Remark("other.py", 1, "what?"),) if word == "remark" else ()
            files = (FileDecision("other.py", Choice.ACCEPT),) if word == "file" else ()
            reviewed = await talk.session.decide_review(Decision(True, digest, files=files, remarks=remarks))

            assert (reviewed.outcome.kind, (workspace / FILE).read_text()) == (OutcomeKind.DENIED, BEFORE)
            assert "of which nothing waits" in reviewed.outcome.message
            assert talk.session.waiting_review == (FILE,)


async def test_conflict_that_nobody_rejected_is_not_called_rejected(workspace: Path) -> None:
    with StrictApi([call(three_changes()), say("Done."), say("Hi.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("go")
            (workspace / FILE).unlink()
            await decide(talk)
            await talk.say("hi")

            assert (talk.session.waiting_review, (workspace / FILE).exists()) == ((FILE,), False)
            assert "The person rejected" not in told(api)
            assert f"Still waiting, in conflict with what others changed in the same lines: {FILE}." in told(api)


async def test_file_that_the_person_made_the_same_leaves_the_overlay_and_nothing_is_called_rejected(
    workspace: Path,
) -> None:
    with StrictApi([call(three_changes()), say("Done."), say("Hi.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("go")
            (workspace / FILE).write_bytes(PROPOSED.encode())
            assert (await talk.session.changeset()).unchanged == (FILE,)
            await decide(talk)
            await talk.say("hi")

            assert (talk.session.waiting_review, (workspace / FILE).read_text()) == ((), PROPOSED)
            assert "The person rejected" not in told(api)


def to_link(path: Path) -> None:
    path.rename(path.with_name("moved"))
    path.symlink_to("moved")


def to_directory(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


CONFLICTS: dict[str, tuple[dict[str, str], str, Callable[[Path], object]]] = {
    "vanished": (three_changes(), FILE, Path.unlink),
    "a link to the same bytes": (three_changes(), FILE, to_link),
    "a directory": (three_changes(), FILE, to_directory),
    "appeared": (NEW, "new.py", lambda path: path.write_text("theirs\n")),
    "appeared as a directory": (NEW, "new.py", to_directory),
}


@pytest.mark.parametrize("name", CONFLICTS)
async def test_file_that_became_something_else_is_a_conflict_and_nothing_is_written(name: str, workspace: Path) -> None:
    edit, path, change = CONFLICTS[name]
    with StrictApi([call(edit), say("Done.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("go")
            change(workspace / path)
            before = tree(workspace)
            changeset = await talk.session.changeset()
            assert [conflict.path for conflict in changeset.conflicts] == [path]
            assert changeset.conflicts[0].reason.startswith(f"{path} is not changed: ")
            await decide(talk)
            assert (tree(workspace), talk.session.waiting_review) == (before, (path,))
            await decide(talk, accepted=False)
            assert (tree(workspace), talk.session.waiting_review) == (before, ())


async def test_edits_of_the_model_while_the_person_decides_go_on_waiting(workspace: Path) -> None:
    hold = Hold()
    with StrictApi([call(three_changes()), held(call(NOTES), hold, 3), say("Done."), say("Hi.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.session.submit("go")
            await talk.until(events.ToolCallFinished)
            shown = await talk.session.changeset()
            reviewed = await talk.session.decide_review(Decision(True, shown.digest))
            hold.release()
            await talk.session.idle()

            assert reviewed.outcome.kind is OutcomeKind.APPLIED
            assert ((workspace / FILE).read_text(), (workspace / "notes.md").read_text()) == (PROPOSED, "one\ntwo\n")
            assert talk.session.waiting_review == ("notes.md",)
            await talk.say("hi")
            assert f"{FILE}: landed as proposed." in told(api)
