"""Proves that mode review leaves the disk alone until a person decides, and then lands exactly what they accepted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from copydesk.changes.changeset import Changeset
from copydesk.domain import events
from copydesk.domain.checkpoints import Aim
from copydesk.domain.decision_files import DecisionFile
from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision, Remark
from copydesk.domain.errors import RollbackConflict, UsageError
from copydesk.domain.policies import Mode
from copydesk.domain.proposals import OutcomeKind
from copydesk.domain.transcript import ToolCard
from copydesk.frontends.headless.decided import DecidedBeforehand
from tests.consent import BEFORE, FILE, FIRST, PROPOSED, THIRD, replacement, settings, three_changes, tree, view
from tests.sessions import Talk, Wish, talking
from tests.strict_api import Reply, StrictApi, blocks, call, say

pytestmark = pytest.mark.anyio

REVIEW = Wish(mode=Mode.REVIEW, is_interactive=True)
CREATE = {"command": "create", "path": "made/new.py", "file_text": "made = 1\n"}
INSERT: dict[str, Any] = {"command": "insert", "path": "made/new.py", "insert_line": 1, "insert_text": "more = 2\n"}
NOTES = [replacement("notes.md", "one\n", "ein\n"), replacement("notes.md", "ein\n", "eins\n")]
NOT_SECOND = FileDecision(FILE, Choice.ACCEPT, (HunkDecision(2, Choice.REJECT, note="keep the timeout"),))


async def test_edit_that_landed_on_one_that_did_not_is_flagged_to_person_and_model(workspace: Path) -> None:
    edits = [replacement("notes.md", "one\n", "eins\n"), {**INSERT, "path": "notes.md", "insert_line": 9}]
    (workspace / "notes.md").write_text("one\n" + "".join(f"{n}\n" for n in range(9)))
    with StrictApi([call(*edits), say("Done."), say("Hi.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("go")
            hunks = (HunkDecision(1, Choice.REJECT),)
            await decide(talk, FileDecision("notes.md", Choice.ACCEPT, hunks), accepted=True)
            await talk.say("hi")

            flag = "Of 2 edits of notes.md that waited, edit 2 landed and was built on edit 1, which did not land"
            assert any(flag in event.text for event in talk.events if isinstance(event, events.Noticed))
            assert flag in api.bodies[-1]["messages"][-1]["content"][0]["text"]
            assert (workspace / "notes.md").read_text().startswith("one\n0\n")
            assert "more = 2\n" in (workspace / "notes.md").read_text()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / FILE).write_bytes(BEFORE.encode())
    (folder / "notes.md").write_text("one\ntwo\n")
    (folder / "other.py").write_text("y = 1\n")
    return folder


def script() -> list[Reply]:
    """Five edits of three files, one of them made; then the model looks at what it did."""
    search = {"type": "tool_use", "name": "search_text", "input": {"pattern": "more = 2|timeout = 50|^one$"}}
    find = {"type": "tool_use", "name": "find_files", "input": {"pattern": "*.py"}}
    return [
        call(three_changes(), NOTES[0]),
        call(NOTES[1], CREATE, INSERT),
        call(view(FILE), view("made/new.py"), view("notes.md"), view(".")),
        blocks(find, search),
        say("Done."),
    ]


async def decide(talk: Talk, *files: FileDecision, accepted: bool, **words: Any) -> Changeset:
    """Decide about the changeset as it is now."""
    changeset = await talk.session.changeset()
    await talk.session.decide_review(Decision(accepted, changeset.digest, files=files, **words))
    await talk.settled()
    return changeset


def texts(api: StrictApi, body: int = -1) -> list[str]:
    """The texts of the last message of a request."""
    return [block["text"] for block in api.bodies[body]["messages"][-1]["content"] if block["type"] == "text"]


async def test_edits_wait_and_the_model_reads_them_back(workspace: Path) -> None:
    before = tree(workspace)
    with StrictApi(script()) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("tidy up")

            assert tree(workspace) == before
            assert talk.session.waiting_review == (FILE, "notes.md", "made/new.py")
            assert [talk.results(body)[0]["content"].splitlines()[-1] for body in (1, 2)] == [
                "The edit is noted and waits for the person's review; reading the file shows it."
            ] * 2
            shown, made, notes, listed = (result["content"] for result in talk.results(3))
            assert ("timeout = 50" in shown, "timeout = 20" in shown) == (True, False)
            assert ("more = 2" in made, "eins" in notes, "new.py" in listed) == (True, True, True)
            found, matches = (result["content"] for result in talk.results(4))
            assert all(path in found for path in (FILE, "made/new.py", "other.py"))
            assert ("more = 2" in matches, "timeout = 50" in matches, "notes.md" in matches) == (True, True, False)
            gathered = [event for event in talk.events if isinstance(event, events.ChangeGathered)]
            assert len(gathered) == 5
            assert await talk.session.history() == []


async def test_changeset_is_one_change_for_each_file_against_the_disk(workspace: Path) -> None:
    with StrictApi(script()) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("tidy up")
            changeset = await talk.session.changeset()

    found = {file.change.path: file.change for file in changeset.files}
    assert {path: change.after.data for path, change in found.items() if change.after} == {
        FILE: PROPOSED.encode(),
        "notes.md": b"eins\ntwo\n",
        "made/new.py": b"made = 1\nmore = 2\n",
    }
    assert [len(change.diff.hunks) for change in found.values()] == [3, 1, 1]
    assert changeset.conflicts == ()


async def test_part_that_is_accepted_lands_in_one_step_and_the_model_is_told(workspace: Path) -> None:
    before = tree(workspace)
    with StrictApi([*script(), call(view(FILE), view("notes.md")), say("I see.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("tidy up")
            remark = Remark("made/new.py", 1, "a docstring?")
            notes = FileDecision("notes.md", Choice.REJECT, note="leave my notes")
            await decide(talk, NOT_SECOND, notes, accepted=True, note="nearly", remarks=(remark,))

            landed = tree(workspace)
            assert (workspace / FILE).read_text() == settings({5: FIRST, 35: THIRD})
            assert (workspace / "made/new.py").read_text() == "made = 1\nmore = 2\n"
            assert landed.keys() == before.keys() | {"made", "made/new.py"}
            assert all(landed[path] == before[path] for path in ("notes.md", "other.py"))
            assert talk.session.waiting_review == ()

            await talk.say("and now?")
            told, prompt = texts(api, 5)
            assert (told.splitlines()[0], prompt) == ("The person reviewed the edits that waited.", "and now?")
            assert "Landed: hunk 1 (line 5), hunk 3 (line 35).\n" in told
            assert "Did not land: hunk 2 (line 20). The person says: keep the timeout\n" in told
            assert "notes.md: did not land; it is as it was before. The person says: leave my notes\n" in told
            assert "made/new.py: landed as proposed.\n" in told
            assert "The person says: nearly\n" in told
            assert "made/new.py:1 (must): a docstring?\n" in told
            shown, notes_now = (result["content"] for result in talk.results())
            assert ("timeout = 20" in shown, "timeout = 50" in shown, "eins" in notes_now) == (True, False, False)

            (row,) = await talk.session.history()
            assert set(row.paths) == {FILE, "made/new.py"}
            await talk.session.rollback(Aim(row.id))
            assert tree(workspace) == before


async def test_cards_say_what_became_of_edits_that_waited_now_and_when_the_session_goes_on(workspace: Path) -> None:
    with StrictApi(script()) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("tidy up")
            assert {card.state for card in edits_of(talk)} == {"gathered"}
            await decide(talk, NOT_SECOND, FileDecision("notes.md", Choice.REJECT, note="mine"), accepted=True)
            said = [(card.path, card.state) for card in edits_of(talk)]
            assert "mine" in edits_of(talk)[1].reason
        async with talking(api, workspace, Wish(mode=Mode.REVIEW, is_interactive=True, resumes="")) as talk:
            await talk.settled()
            again = [(card.path, card.state) for card in edits_of(talk)]

    notes, made = [("notes.md", "rejected")] * 2, [("made/new.py", "applied")] * 2
    assert said == again == [(FILE, "partly_applied"), *notes, *made]


async def test_each_card_says_what_became_of_its_own_lines_when_a_part_of_the_file_landed(workspace: Path) -> None:
    (workspace / "notes.md").write_text("one\n" + "".join(f"{n}\n" for n in range(20)))
    edits = [NOTES[0], replacement("notes.md", "10\n", "ten\n"), replacement("notes.md", "19\n", "nineteen\n")]
    with StrictApi([call(*edits), say("Done.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("go")
            hunks = (HunkDecision(1, Choice.REJECT), HunkDecision(3, Choice.EDIT, "XX\n", lines=(3, 5)))
            await decide(talk, FileDecision("notes.md", Choice.ACCEPT, hunks), accepted=True)
            said = [card.state for card in edits_of(talk)]
        async with talking(api, workspace, Wish(mode=Mode.REVIEW, is_interactive=True, resumes="")) as talk:
            await talk.settled()
            assert said == [card.state for card in edits_of(talk)] == ["rejected", "applied", "partly_applied"]


async def test_card_says_that_the_edit_was_taken_back_by_the_model(workspace: Path) -> None:
    undo = {"command": "undo_edit", "path": "notes.md"}
    older = Wish(model="claude-3-7-sonnet-20250219", mode=Mode.REVIEW, is_interactive=True)
    with StrictApi([call(*NOTES, undo, NOTES[1], undo, undo, CREATE), say("Done.")]) as api:
        async with talking(api, workspace, older) as talk:
            await talk.say("go")
            said = [card.state for card in edits_of(talk)]
            assert said == ["undone", "undone", "done", "undone", "done", "done", "gathered"]
            assert edits_of(talk)[0].reason == "Claude took it back before it was reviewed."
            await decide(talk, accepted=True)
            assert [card.state for card in edits_of(talk)] == [*said[:-1], "applied"]


async def test_undo_of_what_landed_waits_for_the_review_itself(workspace: Path) -> None:
    undo = {"command": "undo_edit", "path": "notes.md"}
    older = Wish(model="claude-3-7-sonnet-20250219", mode=Mode.REVIEW, is_interactive=True)
    with StrictApi([call(NOTES[0]), say("Done."), call(undo), say("Done.")]) as api:
        async with talking(api, workspace, older) as talk:
            await talk.say("go")
            await decide(talk, accepted=True)
            await talk.say("no")
            assert [card.state for card in edits_of(talk)] == ["applied", "gathered"]


async def test_cards_go_on_waiting_when_the_decision_was_on_something_else(workspace: Path) -> None:
    with StrictApi(script()) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("tidy up")
            await talk.session.decide_review(Decision(True, "another digest"))
            await talk.settled()
            assert {card.state for card in edits_of(talk)} == {"gathered"}


def edits_of(talk: Talk) -> list[ToolCard]:
    """The cards of the edits, in order."""
    return [item for item in talk.transcript.items if isinstance(item, ToolCard) and item.diffs]


async def test_all_that_is_rejected_leaves_the_disk_and_the_overlay_as_they_were(workspace: Path) -> None:
    before = tree(workspace)
    with StrictApi([*script(), call(view(FILE)), say("I see.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("tidy up")
            await decide(talk, accepted=False)
            await talk.say("and now?")

            assert "The person rejected these edits." in texts(api, 5)[0]
            assert "timeout = 20" in talk.results()[0]["content"]
            assert (tree(workspace), talk.session.waiting_review) == (before, ())
            assert await talk.session.history() == []


async def test_edits_go_on_from_what_was_decided(workspace: Path) -> None:
    again = replacement(FILE, "timeout = 20", "timeout = 25")
    with StrictApi([call(three_changes()), say("Done."), call(again), say("Done.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("tidy up")
            await decide(talk, NOT_SECOND, accepted=True)
            await talk.say("then less")
            (file,) = (await decide(talk, accepted=True)).files

    assert [len(file.change.diff.hunks), file.is_rebased] == [1, False]
    assert (workspace / FILE).read_text() == settings({5: FIRST, 20: "timeout = 25\n", 35: THIRD})


async def test_undo_edit_takes_back_what_waits_before_what_landed(workspace: Path) -> None:
    undo = {"command": "undo_edit", "path": "notes.md"}
    older = Wish(model="claude-3-7-sonnet-20250219", mode=Mode.REVIEW, is_interactive=True)
    replies = [call(NOTES[0]), say("Done."), call(NOTES[1], undo, view("notes.md"), undo), say("Done.")]
    with StrictApi(replies) as api:
        async with talking(api, workspace, older) as talk:
            await talk.say("one")
            await decide(talk, accepted=True)
            assert (workspace / "notes.md").read_text() == "ein\ntwo\n"

            await talk.say("two")
            assert [result.get("is_error", False) for result in talk.results()] == [False] * 4
            assert "ein\n" in talk.results()[2]["content"]
            assert (workspace / "notes.md").read_text() == "ein\ntwo\n"
            await decide(talk, accepted=True)
            assert (workspace / "notes.md").read_text() == "one\ntwo\n"


async def test_undo_of_all_that_waits_leaves_nothing_to_decide(workspace: Path) -> None:
    undo = {"command": "undo_edit", "path": "made/new.py"}
    older = Wish(model="claude-3-7-sonnet-20250219", mode=Mode.REVIEW, is_interactive=True)
    before = tree(workspace)
    with StrictApi([call(CREATE, undo, undo), say("Done.")]) as api:
        async with talking(api, workspace, older) as talk:
            await talk.say("go")

            assert [result.get("is_error", False) for result in talk.results()] == [False, False, True]
            assert (await talk.session.changeset()).files == ()
            await decide(talk, accepted=True)
            assert (tree(workspace), talk.session.waiting_review) == (before, ())


async def test_decision_that_does_not_fit_lands_nothing_and_everything_goes_on_waiting(workspace: Path) -> None:
    before = tree(workspace)
    with StrictApi([*script(), say("Hello.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("tidy up")
            await decide(talk, FileDecision(FILE, Choice.ACCEPT, (HunkDecision(9, Choice.REJECT),)), accepted=True)

            assert (tree(workspace), len(talk.session.waiting_review)) == (before, 3)
            refused = [event for event in talk.events if isinstance(event, events.ChangeRefused)]
            assert {event.reason for event in refused} == {"settings.py has 3 hunks in this proposal; there is no 9."}
            await talk.say("hello")
            assert texts(api) == ["hello"]
            await decide(talk, accepted=True)
            assert (workspace / FILE).read_text() == PROPOSED


async def test_mode_is_not_left_while_edits_wait(workspace: Path) -> None:
    with StrictApi([call(three_changes()), say("Done.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("go")
            with pytest.raises(UsageError, match=r"settings.py: edits wait for your review; decide about them first\."):
                talk.session.set_mode("accept")
            assert talk.transcript.mode == "review"
            await decide(talk, accepted=False)
            talk.session.set_mode("accept")


async def test_rollback_of_what_waits_has_to_wait(workspace: Path) -> None:
    more = replacement(FILE, "option_12 = 12", "option_12 = 0")
    with StrictApi([call(three_changes()), say("Done."), call(more, NOTES[0]), say("Done.")]) as api:
        async with talking(api, workspace, Wish(mode=Mode.ACCEPT, is_interactive=True)) as talk:
            await talk.say("go")
            (row,) = await talk.session.history()
            talk.session.set_mode("review")
            await talk.say("more")
            before = tree(workspace)
            with pytest.raises(
                RollbackConflict, match=f"{FILE}: an edit of it waits for a review in session {talk.session.id}"
            ):
                await talk.session.rollback(Aim(row.id))

            assert tree(workspace) == before
            await decide(talk, accepted=False)
            await talk.session.rollback(Aim(row.id))
            assert (workspace / FILE).read_text() == BEFORE


async def test_protected_path_that_waits_is_not_opened_by_a_decision_file(workspace: Path) -> None:
    workflow = {"command": "create", "path": ".github/workflows/ci.yml", "file_text": "on: push\n"}
    with StrictApi([call(workflow, NOTES[0]), say("Done.")]) as api:
        async with talking(api, workspace, REVIEW) as talk:
            await talk.say("go")
            decided = DecidedBeforehand(DecisionFile(b'{"default": "accept"}'))
            decision = await decided.review(await talk.session.changeset(), talk.session.is_closed)
            reviewed = await talk.session.decide_review(decision)

            assert reviewed.outcome.kind is OutcomeKind.PARTLY_APPLIED
            assert not (workspace / ".github").exists()
            assert (workspace / "notes.md").read_text() == "ein\ntwo\n"
            refused = [event.path for event in talk.events if isinstance(event, events.ChangeRefused)]
            assert refused == [".github/workflows/ci.yml"]
