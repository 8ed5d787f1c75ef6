"""Proves that a decision holds for the bytes that were shown: what others do to a file meanwhile is never lost."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from copydesk.domain import events
from copydesk.domain.checkpoints import Aim
from copydesk.domain.decisions import Choice, Decision, HunkDecision
from copydesk.domain.policies import Mode
from copydesk.domain.transcript import ToolCard
from tests.consent import BEFORE, FILE, FIRST, PROPOSED, THIRD, answer, asked, settings, three_changes, tree
from tests.sessions import Talk, Wish, talking
from tests.strict_api import StrictApi, call, say

pytestmark = pytest.mark.anyio

ASK = Wish(mode=Mode.ASK, is_interactive=True)
NEW = {"command": "create", "path": "new.py", "file_text": "made = 1\n"}
THEIRS = {12: "theirs = 12\n"}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    (folder / "folder").mkdir(parents=True)
    (folder / FILE).write_bytes(BEFORE.encode())
    (folder / "folder" / FILE).write_bytes(BEFORE.encode())
    (folder / "twin.py").write_bytes(BEFORE.encode())
    return folder


@asynccontextmanager
async def shown(workspace: Path, edit: dict[str, str] | None = None) -> AsyncIterator[tuple[Talk, ToolCard]]:
    """Have an edit proposed, three changes where none is given, and shown to the person."""
    with StrictApi([call(edit or three_changes()), say("I see.")]) as api:
        async with talking(api, workspace, ASK) as talk:
            await talk.session.submit("go")
            yield talk, await asked(talk)


async def test_file_that_was_only_touched_is_as_it_was_shown(workspace: Path) -> None:
    async with shown(workspace) as (talk, card):
        os.utime(workspace / FILE, (1, 1))
        answer(talk, card)
        await talk.session.idle()

        assert (workspace / FILE).read_bytes() == PROPOSED.encode()
        assert len([event for event in talk.events if isinstance(event, events.ApprovalRequested)]) == 1


async def test_file_that_was_replaced_by_the_same_bytes_is_as_it_was_shown(workspace: Path) -> None:
    async with shown(workspace) as (talk, card):
        (workspace / "twin.py").replace(workspace / FILE)
        answer(talk, card)
        await talk.session.idle()

        assert (workspace / FILE).read_bytes() == PROPOSED.encode()


async def test_change_elsewhere_in_the_file_is_merged_and_asked_about_again(workspace: Path) -> None:
    async with shown(workspace) as (talk, first):
        (workspace / FILE).write_text(settings(THEIRS))
        answer(talk, first)
        second = await asked(talk, 2)

        assert second.digest != first.digest
        assert "changed meanwhile" in second.reason
        assert (workspace / FILE).read_text() == settings(THEIRS)
        assert not talk.session.decide(second.proposal, Decision(True, first.digest))
        answer(talk, second, HunkDecision(2, Choice.REJECT))
        await talk.session.idle()

        assert (workspace / FILE).read_text() == settings({**THEIRS, 5: FIRST, 35: THIRD})
        (result,) = talk.results()
        assert not result.get("is_error", False)
        await talk.session.rollback(Aim((await talk.session.history())[0].id))
        assert (workspace / FILE).read_text() == settings(THEIRS)


async def test_change_while_the_merged_edit_waits_is_merged_too(workspace: Path) -> None:
    with StrictApi([call(three_changes()), say("Done.")]) as api:
        async with talking(api, workspace, ASK) as talk:
            await talk.session.submit("go")
            for count, theirs in enumerate(({12: "a = 1\n"}, {12: "a = 1\n", 28: "b = 1\n"}), 1):
                card = await asked(talk, count)
                (workspace / FILE).write_text(settings(theirs))
                answer(talk, card)
            answer(talk, await asked(talk, 3))
            await talk.session.idle()

    expected = {5: FIRST, 12: "a = 1\n", 20: "timeout = 50\n", 28: "b = 1\n", 35: THIRD}
    assert (workspace / FILE).read_text() == settings(expected)


async def test_note_said_with_a_decision_that_came_too_late_reaches_the_model(workspace: Path) -> None:
    async with shown(workspace) as (talk, first):
        (workspace / FILE).write_text(settings(THEIRS))
        answer(talk, first, note="small steps, please")
        answer(talk, await asked(talk, 2))
        await talk.session.idle()

        assert (workspace / FILE).read_text() == settings({**THEIRS, 5: FIRST, 20: "timeout = 50\n", 35: THIRD})
        assert "The person says: small steps, please" in talk.results()[0]["content"]


async def test_words_said_on_an_edit_that_turns_out_stale_reach_the_model(workspace: Path) -> None:
    async with shown(workspace) as (talk, card):
        (workspace / FILE).write_text(settings({20: "timeout = 99\n"}))
        answer(talk, card, HunkDecision(2, Choice.ACCEPT, note="mind the unit"), note="well seen")
        await talk.session.idle()

        assert (workspace / FILE).read_text() == settings({20: "timeout = 99\n"})
        (result,) = talk.results()
        assert result["is_error"]
        assert "changed on disk" in result["content"]
        assert "The person says: well seen" in result["content"]
        assert f"On {FILE} the person says: mind the unit" in result["content"]


async def test_rejection_of_a_file_that_changed_is_a_rejection(workspace: Path) -> None:
    async with shown(workspace) as (talk, card):
        (workspace / FILE).write_text(settings(THEIRS))
        answer(talk, card, accepted=False, note="no")
        await talk.session.idle()

        assert (workspace / FILE).read_text() == settings(THEIRS)
        assert "The person rejected this edit and says: no" in talk.results()[0]["content"]


def to_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("twin.py")


def to_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def to_folder_link(path: Path) -> None:
    path.parent.rename(path.parent.with_name("moved"))
    path.parent.symlink_to("moved")


def to_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


CHANGES: dict[str, tuple[dict[str, str], str, Callable[[Path], object]]] = {
    "same lines": (three_changes(), FILE, lambda path: path.write_text(settings({20: "timeout = 99\n"}))),
    "vanished": (three_changes(), FILE, Path.unlink),
    "emptied": (three_changes(), FILE, lambda path: path.write_bytes(b"")),
    "binary": (three_changes(), FILE, lambda path: path.write_bytes(b"\0" + BEFORE.encode())),
    "appeared": (NEW, "new.py", lambda path: path.write_text("theirs\n")),
    "appeared as a directory": (NEW, "new.py", Path.mkdir),
    "appeared as a link": (NEW, "new.py", lambda path: path.symlink_to("twin.py")),
    "appeared as a link to nothing": (NEW, "new.py", lambda path: path.symlink_to("nothing")),
    "a link to the same bytes": (three_changes(), FILE, to_link),
    "a directory": (three_changes(), FILE, to_directory),
    "a pipe": (three_changes(), FILE, to_pipe),
    "behind a link": (three_changes(f"folder/{FILE}"), f"folder/{FILE}", to_folder_link),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_edit_that_does_not_fit_the_file_any_more_writes_nothing_and_is_said(name: str, workspace: Path) -> None:
    edit, path, change = CHANGES[name]
    async with shown(workspace, edit) as (talk, card):
        change(workspace / path)
        before = tree(workspace)
        answer(talk, card)
        await talk.session.idle()

        assert tree(workspace) == before
        (result,) = talk.results()
        (refused,) = (event for event in talk.events if isinstance(event, events.ChangeRefused))
        assert result["is_error"]
        assert (refused.path, refused.outcome, refused.reason in result["content"]) == (path, "stale", True)
        assert path in refused.reason
        assert len([event for event in talk.events if isinstance(event, events.ApprovalRequested)]) == 1


async def test_file_that_others_made_as_proposed_is_said_and_not_recorded_as_ours(workspace: Path) -> None:
    async with shown(workspace) as (talk, card):
        (workspace / FILE).write_bytes(PROPOSED.encode())
        answer(talk, card)
        await talk.session.idle()

        assert (workspace / FILE).read_bytes() == PROPOSED.encode()
        assert "changed on disk" in talk.results()[0]["content"]
        assert await talk.session.history() == []
