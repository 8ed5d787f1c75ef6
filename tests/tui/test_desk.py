"""Owns what holds at the desk: prompts, streaming, keys, modes, credentials."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from textual import events

from copydesk.domain.diffs import diff_images
from copydesk.domain.errors import UsageError
from copydesk.domain.events import (
    RetryScheduled,
    TextDelta,
    TextFinished,
    ThinkingFinished,
    ToolCallFinished,
    ToolCallStarted,
    ToolDrafted,
    TurnFinished,
    TurnStarted,
    UsageReported,
)
from copydesk.domain.usage import Usage
from copydesk.frontends.tui.app import CopydeskApp
from copydesk.frontends.tui.bridge import SessionPort
from copydesk.frontends.tui.desk_screen import DeskScreen
from copydesk.frontends.tui.facts import Facts
from copydesk.frontends.tui.history.history_screen import HistoryScreen
from copydesk.frontends.tui.prompt.composer import Composer
from copydesk.frontends.tui.prompt.key_field import KeyField
from copydesk.frontends.tui.review.screen import ReviewScreen
from copydesk.frontends.tui.rooms.help_screen import HelpScreen
from tests.tui.driver import FACTS, seated
from tests.tui.fake_session import FakeSession


class KeptPrompts:
    def __init__(self, *prompts: str) -> None:
        self.prompts = list(prompts)

    def load(self) -> list[str]:
        return list(self.prompts)

    def add(self, prompt: str) -> None:
        self.prompts.append(prompt)


async def test_header_says_where_one_is_when_the_desk_opens() -> None:
    async with seated(FakeSession()) as person:
        header = person.sees().splitlines()[0]
        assert header.startswith(" copydesk  webshop  main*  claude-opus-5-5 · text_editor_20250728")
        assert header.endswith("ASK")


async def test_desk_shows_three_things_to_do_when_nothing_was_said() -> None:
    async with seated(FakeSession()) as person:
        assert all(line in person.sees() for line in ("enter   sends", "f3      what was changed", "?       all keys"))


async def test_typing_echoes_when_the_session_never_opens() -> None:
    async def never(_: Callable[[Facts], None]) -> SessionPort:
        await asyncio.Event().wait()
        raise AssertionError

    app = CopydeskApp(never, FACTS)
    async with app.run_test() as pilot:
        await pilot.press(*"fix it")
        assert app.desk.composer.text == "fix it"


async def test_prompt_is_sent_later_when_the_session_is_still_opening() -> None:
    session, gate = FakeSession(), asyncio.Event()

    async def late(_: Callable[[Facts], None]) -> SessionPort:
        await gate.wait()
        return session

    app = CopydeskApp(late, FACTS)
    async with app.run_test() as pilot:
        await pilot.press(*"fix it", "enter")
        assert session.prompts == []
        gate.set()
        await pilot.pause(0.1)
        assert session.prompts == ["fix it"]


async def test_desk_stays_open_when_the_session_cannot_be_opened() -> None:
    async def broken(_: Callable[[Facts], None]) -> SessionPort:
        raise UsageError("The state directory cannot be written.")

    app = CopydeskApp(broken, FACTS)
    async with app.run_test() as pilot:
        await pilot.pause(0.1)
        text = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        assert "The state directory cannot be written." in text


async def test_first_prompt_is_sent_when_it_came_with_the_command() -> None:
    facts = Facts("webshop", "m", "t", "ask", "0", first_prompt="fix the average")
    async with seated(FakeSession(), facts) as person:
        await person.until(lambda: person.session.prompts == ["fix the average"])


async def test_text_shows_when_it_streams() -> None:
    session = FakeSession()
    async with seated(session) as person:
        session.begin()
        await person.write("fix")
        await person.press("enter")
        await person.until_seen("▌ fix")
        for word in ("The ", "divisor ", "is **wrong**"):
            session.emit(TextDelta(word))
        await person.until_seen("The divisor is wrong", "working")
        session.emit(TextFinished("The divisor is **wrong**."), TurnFinished("done"))
        await person.until_seen("The divisor is wrong.")
        await person.until_gone("working")


async def test_tool_calls_are_one_line_each_when_they_are_done() -> None:
    session = FakeSession()
    async with seated(session) as person:
        session.emit(
            TurnStarted("x"),
            ThinkingFinished("Where is it?", 6.2),
            ToolCallStarted("a", "t", {"command": "view", "path": "src/stats.py", "view_range": [1, 30]}),
            ToolCallFinished("a", "     1\tone\n     2\ttwo", False),
            ToolCallStarted("b", "t", {"command": "str_replace", "path": "src/x.py"}),
            ToolCallFinished("b", "No match was found.\nTry again.", True),
        )
        await person.until_seen("thought 6 s", "failed")
        lines = person.sees().splitlines()
        view = next(line for line in lines if line.split()[:1] == ["view"])
        assert view.split() == ["view", "src/stats.py", "1–30", "2", "lines"]
        assert any("╰ No match was found." in line for line in lines)
        assert "Where is it?" not in person.sees()
        await person.press("ctrl+o")
        await person.until_seen("Where is it?", "2    two", "Try again.")


async def test_edit_is_shown_as_a_draft_while_it_is_written() -> None:
    session = FakeSession()
    async with seated(session) as person:
        raw = json.dumps(
            {"command": "create", "path": "src/a.py", "file_text": "".join(f"v{n} = 1\n" for n in range(30))}
        )
        session.emit(TurnStarted("x"), ToolDrafted("c1", "editor", ""))
        await person.until_seen("drafts")
        for start in range(0, len(raw) - 20, 50):
            session.emit(ToolDrafted("c1", "editor", raw[start : start + 50][: len(raw) - 20 - start]))
        await person.until_seen("create  src/a.py", "lines …  drafts", "┊ v26 = 1", "┊ v27")
        assert not any(sign in person.sees() for sign in ("+30", "waits ◂", "v0 = 1", "+ v"))
        session.propose(diffs=(diff_images("src/a.py", None, b"v0 = 1\n"),))
        await person.until_on(ReviewScreen)
        await person.press("escape")
        await person.until_seen("waits ◂", "+ v0 = 1")
        assert "drafts" not in person.sees()


async def test_footer_counts_the_session_when_usage_is_known() -> None:
    session = FakeSession()
    async with seated(session) as person:
        session.emit(TurnStarted("x"), UsageReported(Usage(744, 0, 0, 11_656, 900), "0.021"))
        await person.until_seen("12.4k in · 94% cached · 0.9k out · $0.021")


async def test_retry_counts_down_until_something_else_comes() -> None:
    session = FakeSession()
    async with seated(session) as person:
        session.emit(TurnStarted("x"), RetryScheduled(2, 4.0, "The API is overloaded."))
        await person.until_seen("↻ The API is overloaded. Trying again in 4 s (attempt 2).  esc stops.")
        await person.until_seen("Trying again in 3 s")
        session.emit(TextDelta("Here"))
        await person.until_seen("Here", "Trying again in 4 s (attempt 2).")
        assert "esc stops" not in person.sees()


async def test_escape_interrupts_when_a_turn_runs() -> None:
    session = FakeSession()
    async with seated(session) as person:
        session.emit(TurnStarted("x"), TextDelta("half a"))
        await person.until_seen("half a")
        await person.press("escape")
        assert session.cancelled == 1
        await person.until_gone("working")
        await person.write("next")
        await person.press("enter")
        await person.until(lambda: session.prompts == ["next"])


async def test_prompt_waits_its_turn_when_a_turn_runs() -> None:
    session = FakeSession()
    async with seated(session) as person:
        session.emit(TurnStarted("x"))
        await person.until_seen("working")
        await person.write("and then")
        await person.press("enter")
        await person.until_seen("Sent when this turn ends")


async def test_escape_twice_opens_the_history_when_nothing_runs() -> None:
    async with seated(FakeSession()) as person:
        await person.press("escape")
        assert isinstance(person.screen, DeskScreen)
        await person.press("escape")
        await person.until_on(HistoryScreen)


async def test_mode_goes_round_and_says_what_changes_when_shift_tab_is_pressed() -> None:
    session = FakeSession()
    async with seated(session) as person:
        session.begin()
        steps = {
            "review": "edits gather",
            "accept": "as they come",
            "plan": "every edit is refused",
            "ask": "waits for",
        }
        for mode, said in steps.items():
            await person.press("shift+tab")
            await person.until_seen(said)
            await person.until(lambda mode=mode: person.sees().splitlines()[0].endswith(mode.upper()))  # type: ignore[misc]
        assert session.modes == list(steps)


class Reviewing(FakeSession):
    """A session in which edits wait for a review."""

    def set_mode(self, mode: str) -> None:
        raise UsageError("sum.py: edits wait for your review; decide about them first.")


async def test_person_is_told_why_when_the_mode_has_to_stay() -> None:
    async with seated(Reviewing()) as person:
        person.session.begin()
        await person.press("shift+tab")
        await person.until_seen("edits wait for your review")
        await person.write("/mode plan")
        await person.press("enter")
        await person.wait(0.1)
        assert person.app.is_running
        assert "plan" not in person.sees().splitlines()[0].lower()


async def test_keys_take_effect_in_order_when_they_come_in_one_burst() -> None:
    async with seated(FakeSession()) as person:
        for key in (*"one", "enter", *"two", "backspace", "x", "ctrl+j", "z", "enter", "l", "home", "b"):
            person.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await person.until(lambda: person.session.prompts == ["one", "twx\nz"])
        await person.until(lambda: person.app.desk.composer.text == "bl")


async def test_newlines_are_written_when_asked_for() -> None:
    async with seated(FakeSession()) as person:
        await person.press("a", "ctrl+j", "b", "shift+enter", "c", "enter")
        await person.until(lambda: person.session.prompts == ["a\nb\nc"])
        assert person.app.desk.composer.text == ""


async def test_pasted_text_is_sent_whole_when_it_is_long() -> None:
    text = "\n".join(f"line {number}" for number in range(3_000))
    async with seated(FakeSession()) as person:
        person.app.desk.composer.insert(text)
        await person.press("enter")
        await person.until(lambda: person.session.prompts == [text])


async def test_earlier_prompts_come_back_when_up_is_pressed() -> None:
    prompts = KeptPrompts("first", "second\nline")
    async with seated(FakeSession(), prompts=prompts) as person:
        composer = person.app.desk.composer
        await person.write("draft")
        await person.press("up")
        assert composer.text == "second\nline"
        await person.press("up", "up")
        assert composer.text == "first"
        await person.press("down", "down", "down")
        assert composer.text == "draft"
        await person.press("enter")
        assert prompts.prompts[-1] == "draft"


async def test_ctrl_c_clears_then_quits_when_pressed_again() -> None:
    async with seated(FakeSession()) as person:
        await person.write("draft")
        await person.press("ctrl+c")
        assert person.app.desk.composer.text == ""
        await person.press("ctrl+c")
        assert person.app.is_running
        assert "ctrl+c again quits" in person.sees()
        await person.press("ctrl+c")
        await person.until(lambda: person.app._exit)


async def test_session_is_closed_when_the_person_leaves() -> None:
    async with seated(FakeSession()) as person:
        await person.press("ctrl+d")
    assert person.session.has_ended


async def test_ctrl_d_deletes_when_something_is_written() -> None:
    async with seated(FakeSession()) as person:
        await person.press("a", "b", "home", "ctrl+d")
        assert person.app.desk.composer.text == "b"
        assert not person.app._exit


async def test_question_mark_opens_the_keys_when_the_prompt_is_empty() -> None:
    async with seated(FakeSession(), size=(80, 330)) as person:
        assert "? keys" in person.sees()
        await person.press("?")
        await person.until_on(HelpScreen)
        assert all(word in person.sees() for word in ("shift+tab", "ctrl+r", "accept", "/mode plan|ask|review|accept"))
        await person.press("escape")
        await person.write("why?")
        assert person.app.desk.composer.text == "why?"
        assert "? keys" not in person.sees()


async def test_slash_command_is_carried_out_when_it_exists() -> None:
    async with seated(FakeSession()) as person:
        person.session.begin()
        await person.write("/mode plan")
        await person.press("enter")
        await person.until(lambda: person.session.modes == ["plan"])
        await person.write("/nonsense")
        await person.press("enter")
        await person.until_seen("There is no such command.")
        await person.write("/review")
        await person.press("enter")
        await person.until_seen("nothing to do")
        await person.write("/history")
        await person.press("enter")
        await person.until_on(HistoryScreen)
        assert person.session.prompts == []


async def test_path_is_a_prompt_when_it_begins_with_a_slash() -> None:
    async with seated(FakeSession()) as person:
        await person.write("/etc/hosts is what?")
        await person.press("enter")
        await person.until(lambda: person.session.prompts == ["/etc/hosts is what?"])


async def test_palette_finds_a_command_when_searched() -> None:
    async with seated(FakeSession()) as person:
        await person.press("ctrl+p")
        await person.write("mode plan")
        await person.until_seen("every edit is refused")
        await person.press("enter", "enter")
        await person.until(lambda: person.session.modes == ["plan"])


async def test_prompt_is_given_back_when_there_are_no_credentials() -> None:
    async with seated(FakeSession(has_credentials=False)) as person:
        await person.until_seen("No credentials: f4 takes a key", "work without.")
        await person.write("fix it")
        await person.press("enter")
        await person.until_seen("Not sent, since there is no key: f4 takes a key for this session")
        assert person.session.prompts == []
        assert person.app.desk.composer.text == "fix it"


async def test_key_is_masked_and_used_when_entered() -> None:
    async with seated(FakeSession(has_credentials=False)) as person:
        assert not person.app.desk.query(KeyField)
        await person.press("f4")
        await person.write("sk-secret")
        assert "sk-secret" not in person.sees()
        await person.press("enter")
        await person.until(lambda: person.session.keys == ["sk-secret"])
        assert not person.app.desk.query_one(KeyField).display
        assert isinstance(person.app.focused, Composer)


async def test_one_key_field_is_there_when_a_key_is_asked_for_again() -> None:
    async with seated(FakeSession(has_credentials=False)) as person:
        for _ in range(2):
            await person.press("f4")
            await person.write("sk-left")
            await person.press("escape")
            await person.until(lambda: isinstance(person.app.focused, Composer))
        assert [field.value for field in person.app.desk.query(KeyField)] == [""]


async def test_key_is_taken_and_not_sent_when_pasted_into_the_prompt() -> None:
    prompts = KeptPrompts()
    async with seated(FakeSession(has_credentials=False), prompts=prompts) as person:
        await person.write("sk-ant-abc")
        await person.press("enter")
        await person.until(lambda: person.session.keys == ["sk-ant-abc"])
        assert person.session.prompts == []
        assert prompts.prompts == []


async def test_branch_shows_when_it_is_learnt_later() -> None:
    async with seated(FakeSession(), Facts("webshop", "m", "t", "ask", "0")) as person:
        person.app.learn(Facts("webshop", "m", "t", "ask", "0", branch="topic"))
        await person.until_seen("webshop  topic")
