"""Owns what holds of the history screen: nothing moves before it was previewed and confirmed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from copydesk.domain.checkpoints import (
    Aim,
    Answers,
    ConflictKind,
    FileConflict,
    HistoryRow,
    Remedy,
    RollbackPreview,
    RowFile,
    RowState,
)
from copydesk.domain.decisions import Decision
from copydesk.domain.diffs import diff_images
from copydesk.domain.rewinds import RewindPreview, TurnRow
from copydesk.frontends.tui.desk_screen import DeskScreen
from copydesk.frontends.tui.history.confirm_screen import ConfirmScreen, RewindScreen
from copydesk.frontends.tui.history.conflict_screen import ConflictScreen
from copydesk.frontends.tui.history.file_screen import FileScreen
from copydesk.frontends.tui.history.history_screen import HistoryScreen
from copydesk.frontends.tui.history.restore_screen import RestoreScreen
from copydesk.frontends.tui.history.step_list import entries
from copydesk.frontends.tui.history.turn_screen import TurnScreen
from tests.tui.driver import Visitor, seated
from tests.tui.fake_session import NEW, OLD, FakeSession, Move

SIZES = [(60, 16), (80, 24), (200, 50)]
BACK = diff_images("src/stats.py", NEW, OLD)
CART = diff_images("src/cart.py", b"a\nb\n", b"a\n")
CONFLICT = FileConflict("src/cart.py", ConflictKind.CHANGED_SINCE, "it was changed by somebody else", CART, CART)
ALL_OF_IT = Decision(True, "d1")

TURNS = (TurnRow(4, "fix the average", 1.79e9, 1), TurnRow(5, "thanks", 1.79e9, 0))


def row(number: int, turn: str, *paths: str, **values: object) -> HistoryRow:
    files = tuple(RowFile(path, 3, 2, RowState.APPLIED) for path in paths)
    step = HistoryRow(f"id{number}", number, 1.79e9 + number, "s", turn, "edit", files, "claude-opus-5-5")
    return replace(step, **values)  # type: ignore[arg-type]


UNDONE = (RowFile("src/old.py", 3, 2, RowState.UNDONE),)
STEPS = (
    row(6, "4", "src/stats.py"),
    row(5, "3", "src/cart.py"),
    row(4, "2", "b.py", "c.py"),
    row(3, "2", "a.py"),
    row(2, "1", files=UNDONE),
    row(1, "7", "theirs.py", session="another"),
)


def with_steps() -> FakeSession:
    session = FakeSession(rows=STEPS)
    session.previews = {
        "id6": RollbackPreview("id6", "d1", (BACK,)),
        "id5": RollbackPreview("id5", "d2", (BACK,), (CONFLICT,)),
        "id4": RollbackPreview("id4", "d4", (diff_images("b.py", b"1\n", None), diff_images("c.py", None, b"2\n"))),
        "id3": RollbackPreview("id3", "d3", (diff_images("a.py", b"1\n", b"2\n"),)),
        "id2": RollbackPreview("id2", "d0", ()),
        "id1": RollbackPreview("id1", "d5", (diff_images("theirs.py", b"1\n", b"2\n"),)),
    }
    files = session.previews["id6"]
    session.rewinds = {
        3: RewindPreview((TurnRow(3, "look", 1.79e9, 0), *TURNS), 6, files, ("src/stats.py",)),
        4: RewindPreview(TURNS, 4, files, ("src/stats.py",)),
    }
    return session


async def open_history(person: Visitor, *keys: str) -> None:
    await person.press("f3")
    await person.until_on(HistoryScreen)
    await person.until_seen("Going back before turn 4 would change")
    await person.press(*keys)


async def test_turns_and_edits_are_listed_newest_first_when_the_history_opens() -> None:
    async with seated(with_steps(), size=(120, 30)) as person:
        await open_history(person)
        lines = [" ".join(line.split()) for line in person.sees().splitlines() if "applied" in line or "undone" in line]
        assert "turn 4 edit src/stats.py “fix the average” +3 −2 applied claude-opus-5-5" in lines[0]
        assert "turn 3 edit src/cart.py" in lines[1]
        assert "turn 2 2 edits, 3 files +9 −6 applied" in lines[2]
        assert "edit b.py, c.py +6 −4" in lines[3]
        assert "edit a.py +3 −2" in lines[4]
        assert "src/old.py +3 −2 undone" in lines[5]
        assert "other: theirs.py +3 −2 applied" in lines[6]


def test_steps_of_a_turn_stand_under_it_when_it_has_several() -> None:
    listed = entries(STEPS, "s", {4: "fix it"})
    assert [(entry.name, entry.first.number) for entry in listed] == [
        ("turn 4", 6),
        ("turn 3", 5),
        ("turn 2", 3),
        ("this edit of turn 2", 4),
        ("this edit of turn 2", 3),
        ("turn 1", 2),
        ("turn 7 of session another", 1),
    ]
    assert [entry.turn for entry in listed] == [4, 3, 2, 2, 2, 1, None]
    assert [entry.words for entry in listed] == ["fix it", *[""] * 6]


def test_turn_begins_with_its_first_step_on_disk_when_another_session_came_between() -> None:
    killed = (RowFile("x", 0, 0, RowState.NOT),)
    rows = (row(4, "1", "a"), row(3, "9", "b", session="o"), row(2, "1", "c"), row(1, "1", files=killed))
    assert [(entry.first.number, entry.name) for entry in entries(rows, "s", {})] == [
        (4, "this edit of turn 1"),
        (3, "turn 9 of session o"),
        (2, "turn 1"),
        (2, "this edit of turn 1"),
        (1, "this edit of turn 1"),
    ]


def test_rollbacks_redos_and_commits_stand_alone_when_they_follow_edits() -> None:
    rows = tuple(row(number, "2", "a", operation=name) for number, name in enumerate(("redo", "rollback", "commit"), 1))
    assert [entry.name.split(" (")[0] for entry in entries(rows, "s", {})] == [
        "this redo",
        "this rollback",
        "this commit",
    ]
    assert [entry.turn for entry in entries(rows, "s", {})] == [None] * 3


async def test_files_are_counted_and_commits_are_named_when_there_is_little_room() -> None:
    commit = row(9, "", operation="commit", title="1a2b3c4d5e6f7081")
    many = row(8, "5", "src/services/prices.py", "docs/prices-and-taxes.md", "notes.md")
    session = FakeSession(rows=(commit, many, *STEPS))
    session.previews = {"id9": RollbackPreview("id9", "d9", ())}
    async with seated(session, size=(80, 24)) as person:
        await person.press("f3")
        await person.until_seen("commit     ", " 3 files  ", "+9 −6  applied")
        assert [line.rstrip()[-10:] for line in person.sees().splitlines() if "commit   " in line] == ["1a2b3c4d5e"]


@pytest.mark.parametrize("size", SIZES)
async def test_rollback_is_done_when_exactly_it_was_confirmed(size: tuple[int, int]) -> None:
    session = with_steps()
    async with seated(session, size=size) as person:
        await open_history(person, "y", "r")
        await person.until_on(ConfirmScreen)
        await person.until_seen("This changes 1 file:", "+2 −3  src/stats.py", "y rolls back, esc does not.")
        assert session.moves == []
        await person.press("y")
        await person.until_seen("Rolled back src/stats.py.")
        assert session.moves == [Move(Aim("id6"), Answers(), ALL_OF_IT)]


async def test_nothing_moves_when_the_question_is_answered_with_escape() -> None:
    session = with_steps()
    async with seated(session) as person:
        await open_history(person, "r")
        await person.until_on(ConfirmScreen)
        await person.press("escape")
        await person.until_seen("Nothing was moved.")
        await person.press("y", "escape")
        await person.until_on(DeskScreen)
        assert session.moves == []


async def test_it_is_shown_again_when_the_files_changed_before_the_confirmation() -> None:
    session = with_steps()
    async with seated(session) as person:
        await open_history(person, "r")
        await person.until_on(ConfirmScreen)
        session.previews["id6"] = RollbackPreview("id6", "newer", (CART,))
        await person.until(lambda: isinstance(person.screen, ConfirmScreen) and person.screen.is_armed)
        await person.press("y")
        await person.until_seen("The files changed since this was shown.", "−1  src/cart.py")
        assert session.moves == []
        await person.until(lambda: isinstance(person.screen, ConfirmScreen) and person.screen.is_armed)
        await person.press("y")
        await person.until_seen("Rolled back")
        assert session.moves == [Move(Aim("id6"), Answers(), Decision(True, "newer"))]


async def test_question_is_not_asked_when_going_back_would_change_nothing() -> None:
    session = with_steps()
    async with seated(session) as person:
        await open_history(person, *["down"] * 5)
        await person.until_seen("Going back before turn 1 would change nothing.")
        await person.press("r", "y")
        await person.wait(0.1)
        assert isinstance(person.screen, HistoryScreen)
        assert session.moves == []


async def test_turn_goes_back_as_a_whole_and_an_edit_alone_when_each_is_chosen() -> None:
    session = with_steps()
    async with seated(session, size=(100, 30)) as person:
        await open_history(person, "j", "j")
        await person.until_seen("Going back before turn 2 would change 1 file: a.py +1 −1")
        await person.press("j")
        await person.until_seen("Going back before this edit of turn 2 would change 2 files: b.py −1, c.py +1")
        await person.press("r")
        await person.until_seen("b.py  is deleted", "c.py  comes back")


async def test_what_goes_too_and_what_stays_is_said_when_others_edited_later() -> None:
    session = with_steps()
    session.rows = (row(9, "1", "x.py", session="another"), row(8, "5", "b.py"), *STEPS)
    session.previews["id8"] = session.previews["id9"] = session.previews["id6"]
    async with seated(session, size=(120, 40)) as person:
        await person.press("f3")
        await person.until_seen("Going back before turn 1 of session another")
        await person.press("j", "j")
        await person.until_seen("With it goes 1 later edit (turn 5).", "Already as it was: b.py.")
        await person.until_seen("Stays, as session another changed it: x.py.")


async def test_only_one_file_goes_back_when_it_was_picked() -> None:
    session = with_steps()
    async with seated(session) as person:
        await open_history(person, "down", "down", "down", "p")
        await person.until_on(FileScreen)
        await person.until_seen("b.py", "c.py")
        await person.press("down", "enter")
        await person.until_on(ConfirmScreen)
        await person.until_seen("only c.py", "This changes 1 file:")
        await person.press("y")
        await person.until_seen("Rolled back")
        assert session.moves == [Move(Aim("id4", ("c.py",)), Answers(), Decision(True, "d4 in c.py"))]


async def test_no_file_goes_back_when_none_was_picked() -> None:
    session = with_steps()
    async with seated(session) as person:
        await open_history(person, "down", "down", "down", "p")
        await person.until_on(FileScreen)
        await person.press("escape")
        await person.until_on(HistoryScreen)
        assert session.moves == []


async def test_redo_is_done_when_its_own_preview_was_confirmed() -> None:
    session = with_steps()
    session.redo = RollbackPreview("id9", "again", (CART,))
    async with seated(session) as person:
        await open_history(person, "R")
        await person.until_on(ConfirmScreen)
        await person.until_seen("Taking back the last rollback", "−1  src/cart.py", "y takes it back")
        assert session.moves == []
        await person.press("y")
        await person.until_seen("Redone: src/stats.py.")
        assert session.moves == [Move(Aim("id9", is_redo=True), Answers(), Decision(True, "again"))]


async def test_the_chosen_rollback_is_redone_when_the_cursor_stands_on_one() -> None:
    session = with_steps()
    session.rows = (row(9, "", "src/cart.py", operation="rollback"), *STEPS)
    session.previews["id9"] = session.redo = RollbackPreview("id9", "again", (CART,))
    async with seated(session) as person:
        await person.press("f3")
        await person.until_seen("Going back before this rollback")
        await person.press("R")
        await person.until_on(ConfirmScreen)
        assert session.aims[-1] == Aim("id9", is_redo=True)


async def test_redo_says_so_when_nothing_was_rolled_back() -> None:
    async with seated(with_steps()) as person:
        await open_history(person, "R")
        await person.until_seen("Taking back the last rollback would change nothing.")


async def open_rewind(person: Visitor) -> None:
    """Look at what a cut back to before the newest turn would do."""
    await open_history(person, "m")
    await person.until_on(TurnScreen)
    await person.press("enter")
    await person.until_on(RewindScreen)


@pytest.mark.parametrize(
    ("key", "asked", "cut"),
    [
        ("f", "y cuts the conversation and rolls back", (4, True, Answers(), "d1")),
        ("c", "The files stay as they are. Not as they were then", (4, False, None, None)),
    ],
)
async def test_conversation_is_cut_when_it_was_confirmed(key: str, asked: str, cut: tuple[object, ...]) -> None:
    session = with_steps()
    async with seated(session) as person:
        await open_rewind(person)
        await person.until_seen("From the conversation go 2 prompts", "turn 4  “fix the average”")
        await person.press(key)
        await person.until_on(ConfirmScreen)
        await person.until_seen("“thanks”", asked)
        assert session.cuts == []
        await person.press("y")
        await person.until_seen("Cut back to before turn 4.")
        assert session.cuts == [cut]


async def test_conflicts_are_answered_first_when_the_conversation_is_cut_with_the_files() -> None:
    session = with_steps()
    session.rewinds[4] = RewindPreview(TURNS, 4, session.previews["id5"], ())
    async with seated(session) as person:
        await open_rewind(person)
        await person.press("f")
        await person.until_on(ConflictScreen)
        await person.press("k", "enter")
        await person.until_on(ConfirmScreen)
        await person.until_seen("src/cart.py stays as it is")
        await person.press("y")
        await person.until_seen("Cut back")
        assert session.cuts == [(4, True, Answers(by_path={"src/cart.py": Remedy.KEEP}), "d2, src/cart.py keep")]


async def test_conversation_is_shown_again_when_it_went_on_before_the_confirmation() -> None:
    session = with_steps()
    async with seated(session) as person:
        await open_rewind(person)
        await person.press("c")
        await person.until_on(ConfirmScreen)
        session.rewinds[4] = replace(session.rewinds[4], turns=(*TURNS, TurnRow(6, "more", 1.79e9, 0)))
        await person.press("y")
        await person.until_on(RewindScreen)
        await person.until_seen("something changed while you looked", "“more”")
        assert session.cuts == []


async def test_files_cannot_go_back_when_edits_of_them_wait_for_a_review() -> None:
    session = with_steps()
    session.rewinds[4] = replace(session.rewinds[4], waiting=("src/stats.py",))
    async with seated(session) as person:
        await open_rewind(person)
        await person.until_seen("edits wait for your review in src/stats.py", "c conversation only")
        await person.press("f")
        await person.wait(0.1)
        assert isinstance(person.screen, RewindScreen)


async def test_another_turn_is_cut_before_when_it_was_chosen() -> None:
    session = with_steps()
    async with seated(session) as person:
        await open_history(person, "m")
        await person.until_on(TurnScreen)
        await person.until_seen("fix the average", "1 edit")
        await person.press("up", "enter")
        await person.until_on(RewindScreen)
        await person.until_seen("3 prompts")
        await person.press("escape")
        await person.until_seen("Nothing was moved.")
        assert session.cuts == []


async def test_conversation_cannot_be_cut_when_it_is_empty() -> None:
    async with seated(FakeSession()) as person:
        await person.press("f3")
        await person.until_seen("Nothing has been changed here yet.", "m also the conversation")
        await person.press("m")
        await person.until_seen("There is nothing yet in this conversation that could be cut.")


async def test_history_says_so_when_nothing_was_changed() -> None:
    async with seated(FakeSession()) as person:
        await person.press("f3")
        await person.until_seen("Nothing has been changed here yet.")
        assert "roll back" not in person.sees()


@pytest.mark.parametrize("size", SIZES)
async def test_every_key_is_in_the_footer_and_works_by_mouse_when_the_screen_is_small(size: tuple[int, int]) -> None:
    async with seated(with_steps(), size=size) as person:
        await open_history(person)
        for key in ("enter preview diff", "r roll back", "p only this", "R redo", "m also", "? keys", "esc back"):
            assert key in person.sees()
        lines = person.sees().splitlines()
        line = next(number for number, text in enumerate(lines) if "enter preview" in text)
        await person.click(lines[line].index("preview"), line)
        await person.until_on(RestoreScreen)


async def test_step_is_chosen_when_it_is_clicked() -> None:
    async with seated(with_steps()) as person:
        await open_history(person)
        await person.click(20, 3)
        await person.until_seen(CONFLICT.sentence)


async def test_keys_of_the_history_are_in_the_help_when_it_is_asked_for() -> None:
    async with seated(with_steps(), size=(80, 260)) as person:
        await open_history(person, "question_mark")
        await person.until_seen("also the conversation…", "take the checkpoint", "file stays", "yes, do this")
