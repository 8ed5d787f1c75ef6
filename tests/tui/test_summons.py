"""Proves that a person who looks elsewhere is called once for each thing that wants them, as they chose."""

from textual.app import App

from copydesk.domain.long_sequences import LongSequence
from copydesk.domain.transcript import ToolCard, Transcript
from copydesk.frontends.tui.terminal.summons import Summons, announcement

CARD = ToolCard("c", "t", {}, state="waits", digest="d1")
WAITING = Transcript(items=LongSequence([CARD]), unsettled=(0,), is_busy=True)


class Bells(App[None]):
    """Counts the bell."""

    def __init__(self) -> None:
        super().__init__()
        self.rung = 0

    def bell(self) -> None:
        self.rung += 1


async def test_bell_rings_once_when_a_decision_waits_out_of_focus() -> None:
    app = Bells()
    async with app.run_test():
        summons = Summons(app, "bell", lambda _: None)
        summons.follow(WAITING)
        assert app.rung == 0
        app.app_focus = False
        summons.follow(Transcript(is_busy=True))
        summons.follow(WAITING)
        summons.follow(WAITING)
        assert app.rung == 1
        summons.follow(Transcript())
        assert app.rung == 1


async def test_end_of_a_turn_is_announced_when_it_took_long() -> None:
    app, written = Bells(), list[str]()
    async with app.run_test():
        app.app_focus = False
        summons = Summons(app, "osc9", written.append)
        summons.follow(Transcript(is_busy=True))
        summons.grow_long()
        summons.follow(Transcript())
        summons.follow(Transcript(is_busy=True))
        summons.follow(Transcript())
    assert written == ["\x1b]9;copydesk: The turn has ended.\x07"]


async def test_nothing_is_sent_when_it_was_switched_off() -> None:
    app, written = Bells(), list[str]()
    async with app.run_test():
        app.app_focus = False
        Summons(app, "off", written.append).follow(WAITING)
    assert (app.rung, written, announcement("osc777", "x")) == (0, [], "\x1b]777;notify;copydesk;x\x07")
