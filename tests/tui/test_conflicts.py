"""Owns what holds of choosing what goes back: by hunk, by file, and for each file that others changed too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from copydesk.domain.checkpoints import Aim, Answers, ConflictKind, FileConflict, Remedy, RollbackPreview
from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision
from copydesk.domain.diffs import diff_images
from copydesk.domain.merging import merge
from copydesk.frontends.tui.history.confirm_screen import ConfirmScreen
from copydesk.frontends.tui.history.conflict_screen import ConflictScreen
from copydesk.frontends.tui.history.history_screen import HistoryScreen
from copydesk.frontends.tui.history.restore_screen import RestoreScreen
from tests.tui.driver import Visitor, seated
from tests.tui.fake_session import FakeSession, Move
from tests.tui.test_history import SIZES, row

LINES = [b"line %d\n" % number for number in range(1, 41)]
WAS = b"".join(LINES)
LEFT = WAS.replace(b"line 5\n", b"five\n").replace(b"line 30\n", b"thirty\n")
NOW = LEFT.replace(b"line 17\n", b"mine\n")
MERGED = WAS.replace(b"line 17\n", b"mine\n")
TWO_HUNKS = diff_images("a.py", LEFT, WAS)
BINARY = diff_images("b.bin", b"\0", b"\0\0")
BOTH = FileConflict(
    "c.py",
    ConflictKind.CHANGED_SINCE,
    "it was changed outside copydesk since id1",
    diff_images("c.py", LEFT, NOW),
    diff_images("c.py", NOW, WAS),
    diff_images("c.py", NOW, MERGED),
)
CONTRADICTION = replace(
    BOTH, path="d.py", merged=None, places=merge(b"was\nleft\n", b"was\nbefore\n", b"was\nnow\n").conflicts
)
A_FOLDER = FileConflict("e", ConflictKind.NOT_A_FILE, "it is not a regular file any more")
FILE_STAYS = FileDecision("a.py", Choice.REJECT)
SECOND_ONLY = FileDecision("a.py", Choice.REJECT, (HunkDecision(2, Choice.ACCEPT),))


def in_conflict(*conflicts: FileConflict) -> FakeSession:
    session = FakeSession(rows=(row(1, "1", "a.py"),))
    session.previews = {"id1": RollbackPreview("id1", "d", (TWO_HUNKS, BINARY), conflicts)}
    return session


async def look(person: Visitor, *keys: str) -> None:
    await person.press("f3")
    await person.until_seen("Going back before turn 1 would change 2 files")
    await person.press("enter")
    await person.until_on(RestoreScreen)
    await person.until_seen("esc back")
    await person.press(*keys)


async def resolve(person: Visitor, *keys: str) -> None:
    await person.press("f3")
    await person.until_seen("Going back before turn 1 would change 2 files")
    await person.press("r")
    await person.until_on(ConflictScreen)
    await person.until_seen("0 of")
    await person.press(*keys)


@pytest.mark.parametrize("size", SIZES)
async def test_whole_difference_is_shown_when_enter_is_pressed(size: tuple[int, int]) -> None:
    async with seated(in_conflict(BOTH), size=size) as person:
        await look(person)
        await person.until_seen("2 files  3 hunks  3 to go back", "In conflict, decided before anything moves: c.py")
        await person.until_seen("✓ goes back @@")
        await person.press("n", "n")
        await person.until_seen("b.bin")
        await person.press("escape")
        await person.until_on(HistoryScreen)


@pytest.mark.parametrize(
    ("keys", "files"),
    [
        ([], ()),
        (["x"], (SECOND_ONLY,)),
        (["x", "p", "a"], ()),
        (["X"], (FILE_STAYS,)),
        (["X", "A"], ()),
        (["right_square_bracket", "x"], (FileDecision("b.bin", Choice.REJECT),)),
        (["right_square_bracket", "left_square_bracket", "x"], (SECOND_ONLY,)),
    ],
)
async def test_only_what_was_accepted_goes_back_when_hunks_are_rejected(
    keys: list[str], files: tuple[FileDecision, ...]
) -> None:
    session = in_conflict()
    async with seated(session) as person:
        await look(person, *keys, "r")
        await person.until_on(ConfirmScreen)
        await person.until_seen("y rolls back")
        assert session.moves == []
        await person.press("y")
        await person.until_seen("Rolled back")
        assert session.moves == [Move(Aim("id1"), Answers(), Decision(True, "d", files=files))]


async def test_confirmation_shows_only_the_chosen_hunks_when_some_stay() -> None:
    async with seated(in_conflict(), size=(80, 40)) as person:
        await look(person, "x", "r")
        await person.until_on(ConfirmScreen)
        await person.until_seen("+1 −1  a.py  only the hunks that you chose", "− thirty", "+ line 30")
        assert "− five" not in person.sees()


async def test_nothing_is_asked_when_every_hunk_stays() -> None:
    session = in_conflict()
    async with seated(session) as person:
        await look(person, "X", "right_square_bracket", "x", "r")
        await person.until_seen("Every hunk stays, so there is nothing to do")
        assert isinstance(person.screen, RestoreScreen)


async def test_hunk_is_decided_when_it_was_clicked_first() -> None:
    session = in_conflict()
    async with seated(session, size=(80, 40)) as person:
        await look(person)
        line = next(number for number, text in enumerate(person.sees().splitlines()) if "− thirty" in text)
        await person.click(12, line)
        await person.until_seen("hunk 2 of 3")
        await person.press("x")
        await person.until_seen("✗ stays @@ -27", "2 to go back")


@pytest.mark.parametrize("size", SIZES)
async def test_three_ways_are_shown_when_a_file_was_changed_since(size: tuple[int, int]) -> None:
    async with seated(in_conflict(BOTH), size=size) as person:
        await resolve(person)
        await person.until_seen(BOTH.sentence, "what others made of it")
        await person.reads("t  what is there now → what it was   +3 −3", "− mine", "+ line 17")
        await person.reads("m  what is there now → both merged   +2 −2", "− thirty")


async def test_lines_that_contradict_are_shown_when_it_does_not_merge() -> None:
    async with seated(in_conflict(CONTRADICTION), size=(200, 50)) as person:
        await resolve(person)
        await person.until_seen("m  does not merge: both changed the same lines", "copydesk left, line 2:")
        await person.until_seen("it was, line 2:", "is there now, line 2:")
        assert "m merge" not in person.sees()


async def test_only_what_is_possible_counts_when_a_file_cannot_be_restored() -> None:
    async with seated(in_conflict(A_FOLDER)) as person:
        await resolve(person, "t", "m", "enter")
        await person.until_seen("0 of 1 file decided", "k keep what is there")
        assert "take the checkpoint" not in person.sees()
        assert isinstance(person.screen, ConflictScreen)


async def test_nothing_goes_on_when_a_file_has_no_answer() -> None:
    session = in_conflict(BOTH, A_FOLDER)
    async with seated(session) as person:
        await resolve(person, "m", "enter")
        await person.until_seen("1 of 2 files decided", "1 file to decide; nothing moves before.", A_FOLDER.sentence)
        assert isinstance(person.screen, ConflictScreen)
        await person.press("escape")
        await person.until_seen("Nothing was moved.")
        assert session.moves == []


@pytest.mark.parametrize(
    ("key", "remedy", "said", "digest"),
    [
        ("k", Remedy.KEEP, "c.py stays as it is, as you said.", "d, c.py keep"),
        ("t", Remedy.RESTORE, "becomes what it was; what is there now is recorded first", "d, c.py restore"),
        ("m", Remedy.MERGE, "merged: only what copydesk did goes", "d, c.py merge"),
    ],
)
async def test_answer_is_carried_out_when_what_it_comes_to_was_confirmed(
    key: str, remedy: Remedy, said: str, digest: str
) -> None:
    session = in_conflict(BOTH)
    async with seated(session, size=(100, 30)) as person:
        await resolve(person, key)
        await person.until_seen("1 of 1 file decided", "enter goes on.")
        await person.press("enter")
        await person.until_on(ConfirmScreen)
        await person.until_seen(said)
        assert session.moves == []
        await person.press("y")
        await person.until_seen("Rolled back")
        assert session.moves == [Move(Aim("id1"), Answers(by_path={"c.py": remedy}), Decision(True, digest))]


async def test_answer_can_be_changed_when_it_was_given_already() -> None:
    session = in_conflict(BOTH, A_FOLDER)
    async with seated(session) as person:
        await resolve(person, "t", "k", "left_square_bracket", "m", "enter")
        await person.until_on(ConfirmScreen)
        await person.press("y")
        await person.until_seen("Rolled back")
        assert session.moves[0].answers.by_path == {"c.py": Remedy.MERGE, "e": Remedy.KEEP}


async def test_hunks_stay_chosen_when_conflicts_are_answered_after_them() -> None:
    session = in_conflict(BOTH)
    async with seated(session) as person:
        await look(person, "x", "r")
        await person.until_on(ConflictScreen)
        await person.press("m", "enter")
        await person.until_on(ConfirmScreen)
        await person.press("y")
        await person.until_seen("Rolled back")
        assert session.moves[0].decision == Decision(True, "d, c.py merge", files=(SECOND_ONLY,))


async def test_conflicts_are_shown_again_when_a_file_changed_while_they_were_answered() -> None:
    session = in_conflict(BOTH)
    async with seated(session, size=(100, 30)) as person:
        await resolve(person, "t")
        again = replace(BOTH, restored=diff_images("c.py", NOW + b"more\n", WAS))
        session.previews["id1"] = replace(session.previews["id1"], conflicts=(again,))
        await person.press("enter")
        await person.until_seen("something changed while you looked", "0 of 1 file decided")
        assert session.moves == []


async def test_nothing_is_asked_when_all_that_could_go_back_is_kept() -> None:
    session = in_conflict(A_FOLDER)
    session.previews["id1"] = replace(session.previews["id1"], diffs=())
    async with seated(session) as person:
        await person.press("f3")
        await person.until_seen("would change nothing yet.", A_FOLDER.sentence)
        await person.press("r")
        await person.until_on(ConflictScreen)
        await person.press("k", "enter")
        await person.until_seen("Every file stays as it is; there is nothing to do.")
        assert session.moves == []


async def test_ways_stand_beside_each_other_when_the_screen_becomes_wide() -> None:
    async with seated(in_conflict(BOTH)) as person:
        await resolve(person)
        await person.resize(200, 50)
        await person.until_seen("both merged")
        line = next(text for text in person.sees().splitlines() if "both merged" in text)
        assert "what others made" in line
        await person.resize(80, 24)
        await person.until_gone("both merged")
