"""Proves that a session which was killed around a decision tells the model what holds, and offers nothing twice.

The kill is what it leaves: each durable write is taken back from the last one on, down to the point that is meant.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from copydesk.domain import events
from copydesk.domain.checkpoints import Aim
from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision
from copydesk.domain.policies import Mode
from tests.consent import BEFORE, FILE, PROPOSED, WITHOUT_SECOND, answer, asked, replacement, settings, three_changes
from tests.sessions import Talk, Wish, talking
from tests.strict_api import Hold, StrictApi, call, held, say

pytestmark = pytest.mark.anyio

REVIEW = Wish(mode=Mode.REVIEW, is_interactive=True)
REVIEW_RESUMED = Wish(mode=Mode.REVIEW, is_interactive=True, resumes="")
ASK = Wish(mode=Mode.ASK, is_interactive=True)
ASK_RESUMED = Wish(mode=Mode.ASK, is_interactive=True, resumes="")
NOTES = replacement("notes.md", "one\n", "eins\n")
MORE = replacement("other.py", "y = 1\n", "y = 2\n")
NOT_SECOND = FileDecision(FILE, Choice.ACCEPT, (HunkDecision(2, Choice.REJECT),))
NO_NOTES = FileDecision("notes.md", Choice.REJECT)
REVIEWED = "The person reviewed the edits that waited."
LOST = f"{REVIEWED}\nThe session ended before you were told what landed. View the files before you edit them again: "


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / FILE).write_bytes(BEFORE.encode())
    (folder / "notes.md").write_text("one\ntwo\n")
    (folder / "other.py").write_text("y = 1\n")
    return folder


def forget_from(word: str, state_dir: Path) -> None:
    """Take back what the only journal says from the first record on that holds a word."""
    (journal,) = state_dir.rglob("*.jsonl")
    lines = journal.read_bytes().splitlines(keepends=True)
    cut = next(number for number, line in enumerate(lines) if word.encode() in line)
    journal.write_bytes(b"".join(lines[:cut]))


def forget_last(word: str, state_dir: Path) -> None:
    """Take back what the only journal says from the last record on that holds a word."""
    (journal,) = state_dir.rglob("*.jsonl")
    lines = journal.read_bytes().splitlines(keepends=True)
    cut = max(number for number, line in enumerate(lines) if word.encode() in line)
    journal.write_bytes(b"".join(lines[:cut]))


def overlay_ref(state_dir: Path) -> Path:
    """Where the only session's overlay is named."""
    (ref,) = (path for path in state_dir.rglob("refs/overlays/*") if path.is_file())
    return ref


async def decide(talk: Talk, *files: FileDecision) -> None:
    changeset = await talk.session.changeset()
    await talk.session.decide_review(Decision(True, changeset.digest, files=files))


def texts(api: StrictApi, body: int = -1) -> list[str]:
    """All that the person's side said up to a request."""
    messages = [message for message in api.bodies[body]["messages"] if message["role"] == "user"]
    return [block["text"] for message in messages for block in message["content"] if block["type"] == "text"]


def result(api: StrictApi) -> dict[str, Any]:
    """The answer to the only call."""
    blocks = [block for message in api.bodies[-1]["messages"] for block in message["content"]]
    (found,) = (block for block in blocks if block["type"] == "tool_result")
    return dict(found)


@pytest.mark.parametrize(
    ("word", "is_let_go"),
    [("ChangeApplied", False), (REVIEWED, False)],
    ids=["once it landed", "before the note was kept"],
)
async def test_review_that_a_kill_cut_short_is_not_offered_again_and_the_model_learns_of_it(
    word: str, is_let_go: bool, workspace: Path, state_dir: Path
) -> None:
    with StrictApi([call(three_changes(), NOTES), say("Done."), say("I see."), say("Hi.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("go")
            waiting = overlay_ref(state_dir).read_bytes()
            await decide(talk, NOT_SECOND, NO_NOTES)
        forget_from(word, state_dir)
        if not is_let_go:
            overlay_ref(state_dir).write_bytes(waiting)
        async with talking(api, workspace, REVIEW_RESUMED) as talk:
            await talk.say("go on")
            assert talk.session.waiting_review == ()
        assert texts(api)[-2:] == [f"{LOST}{FILE}, notes.md", "go on"]
        assert ((workspace / FILE).read_text(), (workspace / "notes.md").read_text()) == (WITHOUT_SECOND, "one\ntwo\n")

        async with talking(api, workspace, REVIEW_RESUMED) as talk:
            await talk.say("hi")
        assert sum(text.startswith(REVIEWED) for text in texts(api)) == 1


@pytest.mark.parametrize("is_let_go", [False, True], ids=["before it was let go of", "before it was told"])
@pytest.mark.parametrize("lands", [False, True], ids=["nothing lands", "something lands"])
async def test_review_that_a_kill_cut_short_once_the_note_was_kept_is_told_in_its_own_words(
    lands: bool, is_let_go: bool, workspace: Path, state_dir: Path
) -> None:
    rejection = FileDecision(FILE, Choice.REJECT, note="not now")
    with StrictApi([call(three_changes(), NOTES), say("Done."), say("I see."), say("Hi.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("go")
            waiting = overlay_ref(state_dir).read_bytes()
            await decide(talk, rejection, *([] if lands else [NO_NOTES]))
        forget_last(REVIEWED, state_dir)
        if not is_let_go:
            overlay_ref(state_dir).write_bytes(waiting)
        async with talking(api, workspace, REVIEW_RESUMED) as talk:
            await talk.say("go on")
            assert talk.session.waiting_review == ()
        told, prompt = texts(api)[-2:]
        assert (told.startswith(REVIEWED), "not now" in told, LOST in told, prompt) == (True, True, False, "go on")
        assert (workspace / FILE).read_text() == BEFORE
        assert (workspace / "notes.md").read_text() == ("eins\ntwo\n" if lands else "one\ntwo\n")

        async with talking(api, workspace, REVIEW_RESUMED) as talk:
            await talk.say("hi")
        assert sum(text.startswith(REVIEWED) for text in texts(api)) == 1


async def test_rollback_that_was_not_told_when_the_process_died_is_told_on_resuming(
    workspace: Path, state_dir: Path
) -> None:
    hold = Hold()
    replies = [call(three_changes()), say("Done."), held(say("Hm."), hold, 1), say("Hi.")]
    with StrictApi(replies) as api:
        async with talking(api, workspace, ASK) as talk:
            await talk.session.submit("go")
            answer(talk, await asked(talk))
            await talk.session.idle()
            await talk.session.submit("think")
            await talk.until(events.TurnStarted, 2)
            await talk.session.rollback(Aim((await talk.session.history())[0].id))
            hold.release()
            await talk.session.idle()
        forget_last("rolled files back", state_dir)
        async with talking(api, workspace, ASK_RESUMED) as talk:
            await talk.say("hi")
        assert sum(text.startswith(f"The person rolled files back: {FILE}.") for text in texts(api)) == 1


async def test_review_that_was_told_is_not_told_again_nor_offered(workspace: Path, state_dir: Path) -> None:
    with StrictApi([call(three_changes()), say("Done."), say("Hi.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("go")
            waiting = overlay_ref(state_dir).read_bytes()
            await decide(talk)
        overlay_ref(state_dir).write_bytes(waiting)
        async with talking(api, workspace, REVIEW_RESUMED) as talk:
            await talk.say("hi")
            assert talk.session.waiting_review == ()
        (told,) = (text for text in texts(api) if text.startswith(REVIEWED))
        assert told == f"{REVIEWED}\n{FILE}: landed as proposed."


async def test_review_in_another_session_is_not_told(workspace: Path) -> None:
    replies = [say("Hello."), call(three_changes()), say("Done."), say("Hi.")]
    with StrictApi(replies) as api:
        async with talking(api, workspace, REVIEW) as first:
            await first.say("hello")
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("go")
            await decide(talk)
        async with talking(api, workspace, replace(REVIEW, resumes=first.session.id)) as talk:
            await talk.say("hi")
        assert not any(text.startswith(REVIEWED) for text in texts(api))


async def test_review_during_a_turn_is_told_when_the_kill_came_before_the_turn_ended(
    workspace: Path, state_dir: Path
) -> None:
    hold = Hold()
    with StrictApi([call(three_changes()), held(call(MORE), hold, 3), say("Done."), say("Hi.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.session.submit("go")
            await talk.until(events.ToolCallFinished)
            await decide(talk)
            hold.release()
            await talk.session.idle()
        forget_from(REVIEWED, state_dir)
        async with talking(api, workspace, REVIEW_RESUMED) as talk:
            await talk.say("hi")
            assert talk.session.waiting_review == ("other.py",)
        assert texts(api)[-2:] == [f"{LOST}{FILE}", "hi"]


async def test_conflict_that_was_left_waiting_goes_on_waiting_when_a_kill_cut_the_review_short(
    workspace: Path, state_dir: Path
) -> None:
    with StrictApi([call(three_changes(), NOTES), say("Done."), say("Hi.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("go")
            (workspace / FILE).write_text(settings({20: "timeout = 99\n"}))
            waiting = overlay_ref(state_dir).read_bytes()
            await decide(talk)
        forget_from("ChangeApplied", state_dir)
        overlay_ref(state_dir).write_bytes(waiting)
        async with talking(api, workspace, REVIEW_RESUMED) as talk:
            await talk.say("hi")
            assert talk.session.waiting_review == (FILE,)
        assert texts(api)[-2:] == [f"{LOST}notes.md", "hi"]


@pytest.mark.parametrize("word", ["ToolCallFinished", "ChangeApplied"])
async def test_edit_of_which_a_person_took_a_part_is_not_called_made(
    word: str, workspace: Path, state_dir: Path
) -> None:
    with StrictApi([call(three_changes()), say("Done."), say("I see.")]) as api:
        async with talking(api, workspace, ASK) as talk:
            await talk.session.submit("go")
            answer(talk, await asked(talk), HunkDecision(2, Choice.REJECT, note="keep the timeout"))
            await talk.session.idle()
        forget_from(word, state_dir)
        async with talking(api, workspace, ASK_RESUMED) as talk:
            await talk.say("go on")
        assert (workspace / FILE).read_text() == WITHOUT_SECOND
        assert result(api)["content"].startswith("The edit was not made as you sent it")
        assert not result(api).get("is_error", False)


@pytest.mark.parametrize("is_merged", [False, True])
async def test_edit_that_a_person_took_whole_is_called_made(is_merged: bool, workspace: Path, state_dir: Path) -> None:
    with StrictApi([call(three_changes()), say("Done."), say("I see.")]) as api:
        async with talking(api, workspace, ASK) as talk:
            await talk.session.submit("go")
            card = await asked(talk)
            if is_merged:
                (workspace / FILE).write_text(settings({12: "theirs = 12\n"}))
                answer(talk, card)
                card = await asked(talk, 2)
            answer(talk, card)
            await talk.session.idle()
        forget_from("ChangeApplied", state_dir)
        async with talking(api, workspace, ASK_RESUMED) as talk:
            await talk.say("go on")
        assert ((workspace / FILE).read_text() == PROPOSED) is not is_merged
        assert result(api)["content"].startswith("The edit was made;")


async def test_edit_that_waits_is_called_waiting_and_not_made(workspace: Path, state_dir: Path) -> None:
    with StrictApi([call(three_changes()), say("Done."), say("I see.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("go")
        forget_from("ChangeGathered", state_dir)
        async with talking(api, workspace, REVIEW_RESUMED) as talk:
            await talk.say("go on")
        assert result(api)["content"].startswith("The edit waits for the person's review;")
        assert "was made" not in result(api)["content"]
