"""Owns what holds of the history screen: nothing moves before it was previewed and confirmed."""

from __future__ import annotations

from copydesk.domain.checkpoints import ConflictKind, FileConflict, HistoryRow, RollbackPreview, RowFile, RowState
from copydesk.domain.diffs import diff_images
from copydesk.frontends.tui.desk_screen import DeskScreen
from copydesk.frontends.tui.history_screen import DiffScreen, HistoryScreen
from tests.tui.driver import seated
from tests.tui.fake_session import NEW, OLD, FakeSession

BACK = diff_images("src/stats.py", NEW, OLD)
CONFLICT = FileConflict("src/cart.py", ConflictKind.CHANGED_SINCE, "it was changed by somebody else after this step")


def row(number: int, path: str, state: str = "applied") -> HistoryRow:
    files = (RowFile(path, 3, 2, RowState(state)),)
    return HistoryRow(
        f"id{number}", 9 - number, 1.79e9 - number, "s", str(9 - number), "edit", files, "claude-opus-5-5"
    )


def with_steps() -> FakeSession:
    session = FakeSession(rows=(row(1, "src/stats.py"), row(2, "src/cart.py"), row(3, "src/old.py", "undone")))
    session.previews = {
        "id1": RollbackPreview("id1", "d1", (BACK,)),
        "id2": RollbackPreview("id2", "d2", (BACK,), (CONFLICT,)),
        "id3": RollbackPreview("id3", "d3", ()),
    }
    return session


async def test_steps_are_listed_newest_first_when_the_history_opens() -> None:
    async with seated(with_steps()) as person:
        await person.press("f3")
        await person.until_seen("src/stats.py", "src/cart.py", "undone")
        lines = [line for line in person.sees().splitlines() if "turn" in line]
        assert ["turn 8" in lines[0], "turn 7" in lines[1], "turn 6" in lines[2]] == [True] * 3
        assert lines[0].split()[-2:] == ["+3", "−2"]
        await person.until_seen("Going back before this step would change 1 file: src/stats.py +2 −3")


async def test_rollback_is_done_when_it_was_confirmed() -> None:
    session = with_steps()
    async with seated(session) as person:
        await person.press("f3")
        await person.until_seen("Going back before")
        assert "y yes" not in person.sees()
        await person.press("y")
        assert session.rolled_back == []
        await person.press("r")
        await person.until_seen("Change 1 file as listed above? y rolls back", "y yes, roll back")
        assert session.rolled_back == []
        await person.press("y")
        await person.until_seen("Rolled back src/stats.py.")
        assert session.rolled_back == ["id1"]


async def test_nothing_moves_when_the_question_is_answered_with_escape() -> None:
    session = with_steps()
    async with seated(session) as person:
        await person.press("f3")
        await person.until_seen("Going back before")
        await person.press("r", "escape", "y")
        assert session.rolled_back == []
        assert isinstance(person.screen, HistoryScreen)
        await person.press("escape")
        await person.until_on(DeskScreen)


async def test_question_is_dropped_when_another_step_is_chosen() -> None:
    session = with_steps()
    async with seated(session) as person:
        await person.press("f3")
        await person.until_seen("Going back before")
        await person.press("r", "down", "down")
        await person.until_seen("would change nothing")
        await person.press("y")
        assert session.rolled_back == []


async def test_nothing_moves_when_there_are_conflicts() -> None:
    session = with_steps()
    async with seated(session) as person:
        await person.press("f3")
        await person.until_seen("Going back before")
        await person.press("j")
        await person.until_seen(CONFLICT.sentence)
        await person.press("r")
        await person.until_seen("Nothing was moved")
        await person.press("y")
        assert session.rolled_back == []


async def test_difference_is_shown_whole_when_enter_is_pressed() -> None:
    async with seated(with_steps()) as person:
        await person.press("f3")
        await person.until_seen("Going back before")
        await person.press("enter")
        await person.until_on(DiffScreen)
        await person.until_seen("+     total = sum(values)", "−     if not values:")
        await person.press("escape")
        await person.until_on(HistoryScreen)


async def test_redo_is_asked_for_when_r_is_pressed_with_shift() -> None:
    session = with_steps()
    async with seated(session) as person:
        await person.press("f3")
        await person.until_seen("Going back before")
        await person.press("R")
        await person.until_seen("Redone: src/stats.py.")
        assert session.redone == 1


async def test_history_says_so_when_nothing_was_changed() -> None:
    async with seated(FakeSession()) as person:
        await person.press("f3")
        await person.until_seen("Nothing has been changed here yet.")
