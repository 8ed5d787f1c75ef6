"""Proves that a line of the frame never shows half a figure or half a key, and says where it is cut."""

from copydesk.domain.events import TurnFinished, TurnStarted, UsageReported
from copydesk.domain.usage import Usage
from tests.tui.driver import seated
from tests.tui.fake_session import FakeSession
from tests.tui.test_history import STEPS, open_history, row, with_steps


async def test_footer_leaves_out_whole_figures_when_there_is_no_room() -> None:
    session = FakeSession()
    async with seated(session, size=(60, 16)) as person:
        session.emit(UsageReported(Usage(744, 0, 0, 11_656, 900), "0.021"))
        await person.until_seen(" 0.9k out · $0.021", "enter send")
        assert "cached" not in person.sees()
        await person.resize(46, 16)
        await person.until_gone("out ·")
        await person.until_seen("\n $0.021 ")


async def test_last_key_is_whole_when_there_is_no_room_for_all_of_them() -> None:
    session = FakeSession()
    async with seated(session, size=(80, 24)) as person:
        session.emit(TurnStarted("some words"), TurnFinished("completed"))
        await person.until_seen("some words")
        await person.press("ctrl+f")
        await person.write("words")
        await person.press("enter")
        await person.until_seen("n older", "? keys")
        assert "f3 history" not in person.sees().splitlines()[-1]


async def test_cut_header_says_so_when_the_screen_is_narrow() -> None:
    async with seated(FakeSession(), size=(44, 16)) as person:
        await person.until_seen("…  ASK")


async def test_no_word_of_a_turn_is_cut_when_the_history_is_narrow() -> None:
    session = with_steps()
    session.rows = (*STEPS, row(0, "7", "b.py", session="another"))
    async with seated(session, size=(80, 24)) as person:
        await open_history(person)
        await person.until_seen("other: 2 edits ")
