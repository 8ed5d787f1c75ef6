"""Owns what holds of the review: a key decides only on what was shown, and long enough."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from copydesk.config.choices import ScreenChoices
from copydesk.domain.decisions import Decision
from copydesk.domain.diffs import diff_images
from copydesk.domain.events import (
    ChangeGathered,
    ChangeRefused,
    FileChangedOutside,
    ProposalMade,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from copydesk.frontends.tui.desk_screen import DeskScreen
from copydesk.frontends.tui.diff.shown_files import Layout
from copydesk.frontends.tui.diff.view import DiffView
from copydesk.frontends.tui.review.arming import ARMING_SECONDS
from copydesk.frontends.tui.review.finish_screen import FinishScreen
from copydesk.frontends.tui.review.screen import LEAVING_SECONDS, ReviewScreen
from copydesk.frontends.tui.rooms.help_screen import HelpScreen
from copydesk.frontends.tui.surroundings import Surroundings
from tests.tui.driver import Visitor, seated
from tests.tui.fake_session import NEW, OLD, FakeSession

WORKFLOW = diff_images(".github/workflows/ci.yml", b"on: push\n", b"on: pull_request\n")


@asynccontextmanager
async def reviewing(session: FakeSession, **proposal: object) -> AsyncIterator[Visitor]:
    async with seated(session) as person:
        session.begin()
        session.emit(TurnStarted("fix the average"))
        session.propose(**proposal)  # type: ignore[arg-type]
        await person.until_on(ReviewScreen)
        await until_read(person)
        yield person


async def until_read(person: Visitor) -> None:
    await person.until(lambda: isinstance(person.screen, ReviewScreen) and person.screen.is_armed, "to have read")


async def test_waiting_edit_is_unfolded_and_marked_when_the_person_is_writing() -> None:
    session = FakeSession()
    async with seated(session) as person:
        await person.write("also")
        session.emit(TurnStarted("fix"))
        session.propose()
        await person.until_seen("1 decision waits", "+3 −2  waits ◂", "^r review")
        assert isinstance(person.screen, DeskScreen)
        assert "+     if not values:" in person.sees()
        await person.press("ctrl+r")
        await person.until_on(ReviewScreen)


async def test_review_opens_by_itself_when_nothing_is_being_written() -> None:
    async with reviewing(FakeSession()) as person:
        await person.until_seen(" review  src/stats.py  +3 −2  1 hunk   1 to decide")
        await person.until_seen("2   − ", "  3 +         raise ValueError", "a accept", "x reject  ")


async def test_differences_are_laid_out_as_the_person_chose() -> None:
    around = Surroundings(choices=ScreenChoices(layout="side", wrap="off", numbers="off"))
    async with seated(FakeSession(), surroundings=around) as person:
        person.session.propose()
        await person.until_on(ReviewScreen)
        view = person.screen.query_one(DiffView)
        await person.until(lambda: (view.layout_now, view._canvas.wraps) == (Layout.SIDE, False))
        assert view._canvas.number_width == 0


async def test_accept_decides_on_the_digest_that_is_shown() -> None:
    session = FakeSession()
    async with reviewing(session) as person:
        await person.press("a")
        await person.until_on(DeskScreen)
        assert session.decisions == [("p-c1-d1", Decision(True, "d1"))]
        await person.until_seen("applied")


async def test_diff_is_on_screen_for_a_moment_before_a_key_counts() -> None:
    async with seated(FakeSession()) as person:
        person.session.propose()
        await person.until_on(ReviewScreen)
        clock = asyncio.get_running_loop()
        shown_at = clock.time()
        await until_read(person)
        assert ARMING_SECONDS == 0.3
        assert clock.time() - shown_at > ARMING_SECONDS - 0.1


async def test_key_goes_nowhere_else_when_it_is_pressed_twice() -> None:
    session = FakeSession()
    async with reviewing(session) as person:
        await person.press("a", "a")
        await person.until_on(DeskScreen)
        assert person.app.desk.composer.text == ""
        assert len(session.decisions) == 1


async def test_protected_path_takes_a_second_word_when_accepted() -> None:
    session = FakeSession()
    async with reviewing(session, diffs=(WORKFLOW,), mark="CI configuration", is_protected=True) as person:
        await person.until_seen("⚠ CI configuration")
        await person.press("a")
        await person.until_on(FinishScreen)
        await person.press("a", "y")
        await person.until_seen("too quick to have been read")
        assert session.decisions == []
        await person.until(lambda: isinstance(person.screen, FinishScreen) and person.screen.is_armed)
        await person.press("y")
        await person.until(lambda: session.decisions == [("p-c1-d1", Decision(True, "d1"))])


async def test_note_is_told_when_the_edit_is_rejected_with_one() -> None:
    session = FakeSession()
    async with reviewing(session) as person:
        await person.press("x")
        await person.write("keep a sum")
        await person.press("enter")
        await person.until_on(DeskScreen)
        assert session.decisions == [("p-c1-d1", Decision(False, "d1", "keep a sum"))]
        await person.until_seen("rejected", "╰ keep a sum")


async def test_review_ends_behind_the_help_when_that_is_opened_right_after_the_decision() -> None:
    session = FakeSession()
    async with reviewing(session) as person:
        await person.press("x", "enter", "?")
        await person.until_on(HelpScreen)
        await asyncio.sleep(LEAVING_SECONDS + 0.1)
        assert isinstance(person.screen, HelpScreen)
        await person.press("escape")
        await person.until_on(DeskScreen)


async def test_rejection_is_plain_when_the_note_is_empty() -> None:
    session = FakeSession()
    async with reviewing(session) as person:
        await person.press("x", "enter")
        await person.until_on(DeskScreen)
        assert session.decisions == [("p-c1-d1", Decision(False, "d1"))]


async def test_nothing_is_decided_when_the_person_goes_back() -> None:
    session = FakeSession()
    async with reviewing(session) as person:
        await person.press("x", "n", "escape")
        await person.until_on(ReviewScreen)
        await person.press("escape")
        await person.until_on(DeskScreen)
        assert session.decisions == []
        await person.until_seen("1 decision waits")
        session.emit(FileChangedOutside("other.py"))
        await person.until_seen("other.py changed outside")
        assert isinstance(person.screen, DeskScreen)


async def test_review_says_so_when_the_file_changes_on_disk() -> None:
    session = FakeSession()
    async with reviewing(session) as person:
        session.emit(FileChangedOutside("src/stats.py"))
        await person.until_seen("↻ src/stats.py changed on disk since proposed")


async def test_new_version_is_shown_and_must_be_read_when_the_edit_is_computed_again() -> None:
    session = FakeSession()
    async with reviewing(session) as person:
        session.emit(FileChangedOutside("src/stats.py"))
        session.withdraw()
        session.propose(digest="d2", diffs=(diff_images("src/stats.py", OLD + b"# mine\n", NEW + b"# mine\n"),))
        await person.until_seen("this is the edit computed again", "# mine")
        assert "changed on disk since proposed" not in person.sees()
        await until_read(person)
        await person.press("a")
        assert session.decisions == [("p-c1-d2", Decision(True, "d2"))]


async def test_keys_decide_nothing_when_the_edit_no_longer_waits() -> None:
    session = FakeSession()
    async with reviewing(session) as person:
        session.withdraw()
        await person.until_seen("This edit no longer waits (stale: src/stats.py changed on disk.)")
        await person.press("a", "x")
        assert session.decisions == []
        await person.press("escape")
        await person.until_on(DeskScreen)


async def test_review_says_so_when_the_session_refuses_the_decision() -> None:
    session = FakeSession()
    async with reviewing(session) as person:
        session.waiting.clear()
        await person.press("a")
        await person.until_seen("Nothing was decided")
        assert isinstance(person.screen, ReviewScreen)


async def test_review_ends_when_the_turn_was_interrupted() -> None:
    session = FakeSession()
    async with reviewing(session) as person:
        session.emit(TurnFinished("interrupted"))
        await person.until_seen("This edit no longer waits (failed: ")


async def test_next_edit_is_shown_in_place_when_it_follows_at_once() -> None:
    session = FakeSession()
    async with reviewing(session) as person:
        await person.press("a")
        session.propose("c2", diffs=(WORKFLOW,), digest="d9")
        await person.until_seen("ci.yml", "on: pull_request")
        await until_read(person)
        assert isinstance(person.screen, ReviewScreen)
        await person.press("a")
        assert session.decisions[-1] == ("p-c2-d9", Decision(True, "d9"))


async def test_consent_to_view_is_asked_when_there_is_no_difference() -> None:
    session = FakeSession()
    async with reviewing(session, diffs=(), mark="secret", is_protected=True) as person:
        await person.until_seen("view .env", "⚠ secret")


async def test_words_on_a_call_are_folded_between_words_and_where_they_break() -> None:
    why = f"{'word ' * 14}overhanging\nand a second line"
    async with seated(FakeSession()) as person:
        person.session.emit(
            TurnStarted("x"),
            ToolCallStarted("a", "t", {"command": "str_replace", "path": "a.py"}),
            ChangeRefused("p", "a", "a.py", "rejected", why),
        )
        await person.until_seen("rejected", "┊ overhanging", "┊ and a second line")


async def test_card_says_that_an_edit_was_taken_back_while_it_waited() -> None:
    session, diff = FakeSession(), diff_images("a.py", b"a\n", b"b\n")
    calls = [("a", {"command": "insert", "path": "a.py"}), ("b", {"command": "undo_edit", "path": "a.py"})]
    async with seated(session) as person:
        for call, given in calls:
            session.emit(
                ToolCallStarted(call, "t", given),
                ProposalMade(call, call, call, (diff,)),
                ChangeGathered(call, call, "a.py", diff),
            )
        await person.until_seen("undone", "╰ Claude took it back before it was reviewed.")
        assert "gathered" not in person.sees()
