"""Proves what a person learns and changes on the screens of models, rules, cost and settings."""

from __future__ import annotations

import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from textual.worker import WorkerState

from copydesk.config.choices import WORDS, ScreenChoices
from copydesk.domain.accounts import Account, account
from copydesk.domain.diffs import diff_images
from copydesk.domain.errors import UsageError
from copydesk.domain.events import (
    ChangeApplied,
    Envelope,
    Event,
    ProposalMade,
    TurnFinished,
    TurnStarted,
    UsageReported,
)
from copydesk.domain.rules import Origin, Rule, Verdict
from copydesk.domain.usage import Usage
from copydesk.engine.shelf import SessionShelf
from copydesk.frontends.tui.app import CopydeskApp
from copydesk.frontends.tui.history.confirm_screen import ConfirmScreen
from copydesk.frontends.tui.rooms.cost_screen import CostScreen
from copydesk.frontends.tui.rooms.help_screen import MARGINS, PLACES, HelpScreen, help_lines
from copydesk.frontends.tui.rooms.models_screen import ModelsScreen
from copydesk.frontends.tui.rooms.rules_screen import RulesScreen
from copydesk.frontends.tui.rooms.settings_screen import SettingsScreen
from copydesk.frontends.tui.surroundings import Setting, Surroundings
from tests.tui.driver import FACTS, seated
from tests.tui.fake_session import FakeSession

pytestmark = pytest.mark.anyio

SIZES = [(60, 16), (80, 24), (200, 50)]
DIFF = diff_images("a.py", b"1\n", b"2\n")
ALLOW = Rule(Verdict.ALLOW, "docs/**", "config.toml: allow", origin=Origin.CONFIGURATION)


def spending() -> FakeSession:
    session = FakeSession()
    session.begin()
    for turn, miss in ((1, ""), (2, "the tools changed")):
        used = UsageReported(Usage(1000, 500, 0, 8500, 200), "0.5", 1.5, miss)
        happened: list[Event] = [TurnStarted(f"do part {turn}"), used, TurnFinished("done")]
        for event in happened:
            session.log.append(Envelope(len(session.log) + 1, "s", turn, 0.0, event))
    return session


def ruled() -> FakeSession:
    session = FakeSession()
    session.rules = (ALLOW, Rule(Verdict.DENY, "*.sql", "--deny"))
    session.begin()
    for call, path in (("c1", "docs/a.md"), ("c2", "docs/b.md")):
        session.emit(ProposalMade(call, call, "d", (DIFF,), rule=ALLOW.words))
        session.emit(ChangeApplied(call, call, path, "7f3a", DIFF))
    return session


def test_account_says_what_each_turn_took_and_which_rule_let_what_through() -> None:
    happened: list[Event] = [
        TurnStarted("one"),
        UsageReported(Usage(10), "0.25"),
        UsageReported(Usage(5), None, cache_miss="gone"),
        ProposalMade("p", "c", "d", (), rule="the rule"),
        ChangeApplied("p", "c", "a.py", "7f3a", DIFF),
        TurnStarted("two"),
    ]
    envelopes = [Envelope(number, "s", 1 + (number == 5), 0.0, event) for number, event in enumerate(happened)]

    whole = account(Account(), envelopes)
    in_parts = Account()
    for envelope in envelopes:
        in_parts = account(in_parts, [envelope])

    assert whole == in_parts
    assert [(turn.turn, turn.calls, turn.cost_usd, turn.misses) for turn in whole.turns] == [
        (1, 2, None, ("gone",)),
        (2, 0, Decimal(0), ()),
    ]
    assert whole.by_rule == {"the rule": ("a.py",)}


@pytest.mark.parametrize("size", SIZES)
async def test_cost_is_shown_turn_by_turn_with_why_the_cache_was_missed(size: tuple[int, int]) -> None:
    async with seated(spending(), FACTS._replace(limits="At most $5."), size) as person:
        await person.until(lambda: len(person.app.state.account.turns) == 2)
        await person.write("/cost")
        await person.press("enter")
        await person.until_on(CostScreen)
        await person.until_seen("85% cached", "$1.000", "turn 2", "$0.500", "cache missed: the tools changed")
        await person.press("down")
        await person.until_seen("turn 1: 1 request, 1.5 s of the API")
        await person.until_gone("cache missed: the")
        await person.press("q")
        await person.until(lambda: person.screen is person.app.desk)


@pytest.mark.parametrize("size", SIZES)
async def test_rules_say_where_they_come_from_and_what_they_let_through(size: tuple[int, int]) -> None:
    async with seated(ruled(), size=size) as person:
        await person.until(lambda: bool(person.app.state.account.by_rule))
        await person.write("/rules")
        await person.press("enter")
        await person.until_on(RulesScreen)
        await person.until_seen("2 rules", "allow docs/**", "2 let through", "let through in this session: 2 edits")
        await person.reads("docs/b.md, docs/a.md")
        assert "d revoke…" not in person.sees()


async def test_rule_is_added_from_a_path_and_revoked_after_a_yes() -> None:
    async with seated(FakeSession()) as person:
        person.app.action_rules()
        await person.until_seen("There are no rules")
        await person.press("x", *"secrets/**", "enter")
        await person.until_seen("From now on: deny secrets/**.", "deny   secrets/**", "d revoke…")
        assert [(rule.verdict, rule.glob) for rule in person.session.rules] == [(Verdict.DENY, "secrets/**")]
        await person.press("d")
        await person.until_on(ConfirmScreen)
        await person.press("escape")
        await person.until_seen("The rule stays.")
        await person.press("d")
        await person.until_on(ConfirmScreen)
        await person.until_seen("y revokes it")
        await person.press("y")
        await person.until_seen("Revoked: deny secrets/**.")
        assert person.session.rules == ()


@pytest.mark.parametrize("size", SIZES)
async def test_models_are_listed_with_the_day_of_their_prices(size: tuple[int, int]) -> None:
    async with seated(FakeSession(), size=size) as person:
        await person.write("/models")
        await person.press("enter")
        await person.until_on(ModelsScreen)
        await person.until_seen("this session uses claude-opus-5-5", "▌ claude-opus-5-5", "this one")
        await person.press("tab")
        await person.reads("text_editor_20250728; API", "prices: 4 in, 20 out", "Prices from:", "str_replace")
        assert "new session with it" not in person.sees()


SETTINGS = (Setting("effort", "high", "the command line"), Setting("workspace", "/shop", "--root"))


@pytest.mark.parametrize("name", WORDS)
async def test_choice_is_changed_and_kept(name: str) -> None:
    kept: list[ScreenChoices] = []
    async with seated(FakeSession(), surroundings=Surroundings(keep_choices=kept.append)) as person:
        person.app.action_settings()
        await person.until_on(SettingsScreen)
        await person.press(*["down"] * list(WORDS).index(name), "enter")
        await person.until(lambda: len(kept) == 1)
        assert getattr(kept[0], name) == WORDS[name][1]
        await person.until_seen(f"{name}: {WORDS[name][1]}")
        await person.press("left")
        await person.until(lambda: len(kept) == 2)
        assert kept[1] == ScreenChoices()


async def test_settings_say_who_set_them_and_only_choices_are_changed() -> None:
    around = Surroundings(settings=lambda: SETTINGS, keys={"history.open": ("f8",)}, keys_source="[keys] in own.toml")
    async with seated(FakeSession(), surroundings=around) as person:
        await person.write("/settings")
        await person.press("enter")
        await person.until_seen("effort", "history.open", "f8")
        await person.press(*["down"] * len(WORDS))
        await person.until_seen("effort: high", "set by the command line")
        assert "enter change" not in person.sees()


async def test_choice_that_cannot_be_kept_is_said_and_counts_for_now() -> None:
    def full(_: ScreenChoices) -> None:
        raise OSError(28, "No space left on device")

    async with seated(FakeSession(), surroundings=Surroundings(keep_choices=full)) as person:
        await person.write("/theme light")
        await person.press("enter")
        await person.until(lambda: person.app.theme == "desk-light")
        await person.until_seen("cannot be kept")


@pytest.mark.parametrize("command", ["/cost", "/rules", "/models", "/settings", "/help", "/sessions", "/export"])
async def test_screen_is_opened_once_and_left_with_escape(command: str) -> None:
    async with seated(FakeSession()) as person:
        await person.write(command)
        await person.press("enter")
        await person.wait(0.05)
        await person.press("escape")
        await person.until(lambda: person.screen is person.app.desk)


async def test_help_finds_keys_and_commands_by_their_words() -> None:
    around = Surroundings(keys={"history.open": ("f7", "ctrl+g")})
    async with seated(FakeSession(), size=(100, 30), surroundings=around) as person:
        person.app.action_help("history.open")
        await person.until_on(HelpScreen)
        await person.until_seen("Desk", "f7, ctrl+g", "history.open")
        assert "Commands" not in person.sees()
        await person.press("slash", *["backspace"] * 12, *"cost")
        await person.until_seen("Commands", "/cost", "what each turn took")
        await person.press("enter", "escape")
        await person.until(lambda: person.screen is person.app.desk)


@pytest.mark.parametrize("size", [(60, 16), (200, 50)])
async def test_columns_of_the_help_stay_apart_at_every_width(size: tuple[int, int]) -> None:
    async with seated(FakeSession(), size=size) as person:
        person.app.action_help("")
        await person.until_on(HelpScreen)
        await person.until_seen("Prompt")
        lines = list(help_lines(CopydeskApp, {}, "", size[0] - MARGINS))
        rows = [row for line in lines for row in line.split("\n")]
        assert max(map(len, rows)) <= size[0] - MARGINS
        places = {place for place, _ in PLACES} | {"Everywhere", "Commands", ""}
        assert [row for row in rows if row not in places and not row.startswith("  ")] == []
        assert any("ctrl+j, shift+enter, alt+enter\n" + " " * 27 in line for line in lines)
        await person.press("end")
        await person.until_seen("/quit" if "/quit" in "\n".join(rows) else rows[-2].split()[0])


async def test_settings_that_cannot_be_read_are_said_and_the_choices_stay() -> None:
    def unreadable() -> tuple[Setting, ...]:
        raise UsageError("config.toml is no TOML.")

    async with seated(FakeSession(), surroundings=Surroundings(settings=unreadable)) as person:
        person.app.action_settings()
        await person.until_seen("cannot be read: config.toml is no TOML.", "theme")


@pytest.mark.parametrize("action", ["settings", "sessions"])
async def test_nothing_fails_when_a_room_is_left_before_it_has_found_what_it_shows(action: str, tmp_path: Path) -> None:
    is_asked, was_left = threading.Event(), threading.Event()

    def find(*_: object) -> Any:
        is_asked.set()
        assert was_left.wait(10)
        return ()

    class Slow(SessionShelf):
        sessions = find

    slow = Slow(tmp_path, dict, lambda _: True)
    async with seated(FakeSession(), surroundings=Surroundings(shelf=lambda: slow, settings=find)) as person:
        await person.app.run_action(f"app.{action}")
        await person.until(is_asked.is_set, "for the question")
        [worker] = [one for one in person.app.workers if one.node is person.screen]
        person.app.pop_screen()
        was_left.set()
        await person.until(lambda: worker.is_finished, "for the worker")
        assert (worker.state, person.screen) == (WorkerState.CANCELLED, person.app.desk)
