"""Proves that prompts wait while a turn runs, can be taken back, and that checks are run from the prompt."""

from copydesk.domain.checks import Check
from copydesk.domain.events import TurnStarted
from copydesk.frontends.tui.desk_screen import DeskScreen
from copydesk.frontends.tui.history.confirm_screen import ConfirmScreen
from copydesk.frontends.tui.prompt.completion import called_check
from copydesk.frontends.tui.prompt.queue_lines import QueueLines
from tests.tui.driver import Visitor, seated
from tests.tui.fake_session import FakeSession

TESTS = Check("tests", ("python3", "-m", "unittest"))
LINT = Check("lint", "ruff check")


async def send(person: Visitor, *prompts: str) -> None:
    for prompt in prompts:
        await person.write(prompt)
        await person.press("enter")
        await person.until(lambda prompt=prompt: prompt in person.session.prompts)  # type: ignore[misc]


async def test_prompts_are_listed_and_taken_back_when_they_wait() -> None:
    session = FakeSession()
    async with seated(session) as person:
        await send(person, "first", "second thing", "third thing")
        await person.until_seen("2 prompts wait", " 1 second thing", " 2 third thing")
        await person.press("up")
        await person.until_seen("1 prompt waits", "› third thing")
        assert session.queued == ("second thing",)
        await person.press("ctrl+c", "up")
        await person.until_gone("prompt waits")
        assert person.app.desk.composer.text == "second thing"


async def test_frame_is_drawn_when_the_queue_empties_before_the_next_layout() -> None:
    async with seated(FakeSession()) as person:
        await send(person, "first", "second")
        await person.until_seen("1 prompt waits", " 1 second")
        lines = person.screen.query_one(QueueLines)
        lines.show_prompts(())
        assert lines.size.height == 2
        assert lines.render_line(1).text.strip() == ""


async def test_prompts_that_wait_come_back_when_the_turn_is_stopped() -> None:
    session = FakeSession()
    async with seated(session) as person:
        await send(person, "first", "second", "third")
        await person.until_seen("2 prompts wait")
        await person.press("escape")
        await person.until_gone("2 prompts wait")
        assert person.app.desk.composer.text == "second\n\nthird"


async def test_prompts_that_wait_come_back_above_the_draft_when_the_turn_is_stopped() -> None:
    session = FakeSession()
    async with seated(session) as person:
        await send(person, "first", "second", "third")
        await person.write("and then")
        await person.press("escape")
        await person.until_gone("2 prompts wait")
        assert person.app.desk.composer.text == "second\n\nthird\n\nand then"


async def test_check_runs_and_says_so_when_it_is_declared() -> None:
    session = FakeSession()
    session.tools.checks, session.tools.declared = (LINT, TESTS), ("tests",)
    async with seated(session) as person:
        await person.write("!te")
        await person.until_seen("python3 -m unittest")
        await person.press("enter")
        await person.until_seen("check tests", "esc stops it")
        assert session.ran == ["tests"]
        await person.press("escape")
        await person.until_seen("tests passed with exit code 0", "3 passed")
        await person.until_gone("esc stops it")
        assert session.prompts == []


async def test_check_is_agreed_to_first_when_it_was_only_detected() -> None:
    session = FakeSession()
    session.tools.checks = (LINT,)
    async with seated(session) as person:
        for key, ran in (("n", []), ("y", ["lint"])):
            await person.write("!lint")
            await person.press("enter")
            await person.until_on(ConfirmScreen)
            await person.until_seen("nobody declared it", "ruff check", "cannot be rolled back")
            await person.press(key)
            await person.until_on(DeskScreen)
            await person.until(lambda ran=ran: session.ran == ran)  # type: ignore[misc]


async def test_checks_are_listed_when_a_mere_exclamation_mark_is_sent() -> None:
    session = FakeSession()
    session.tools.checks = (LINT, TESTS)
    async with seated(session) as person:
        await person.write("!")
        await person.until_seen("lint", "ruff check", "tests")
        await person.press("escape", "enter")
        await person.until_seen("Checks: !lint, !tests.")
        await person.write("!nope")
        await person.press("enter")
        await person.until_seen("There is no check nope.")
        assert session.ran == []


async def test_check_is_no_prompt_when_words_follow() -> None:
    assert called_check("!tests") == "tests"
    assert called_check("!important: read this") is None
    session = FakeSession()
    async with seated(session) as person:
        session.emit(TurnStarted("x"))
        await send(person, "!important: read this")


async def test_word_on_quitting_goes_when_the_key_would_not_quit_any_more() -> None:
    async with seated(FakeSession()) as person:
        await person.press("ctrl+c")
        await person.until_seen("ctrl+c again quits")
        await person.until_gone("ctrl+c again quits")
        await person.press("ctrl+c")
        assert person.app.is_running
