"""Proves that keys and looks are the person's: remapped, wrong ones said, and everything told without colour."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.color import Color as RichColor
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.color import Color
from textual.theme import Theme

from copydesk.config import ScreenChoices, read_choices, write_choices
from copydesk.config.parsing import parse_config
from copydesk.domain.errors import UsageError
from copydesk.frontends.tui.app import CopydeskApp
from copydesk.frontends.tui.history.history_screen import HistoryScreen
from copydesk.frontends.tui.keymap import faults, is_key, long_name, own_bindings, short_name
from copydesk.frontends.tui.rooms.help_screen import PLACES
from copydesk.frontends.tui.surroundings import Surroundings
from copydesk.frontends.tui.terminal.plain_look import PlainLook
from copydesk.frontends.tui.theme import DARK, LIGHT, PLAIN, palette, themes
from tests.tui.driver import Visitor, seated
from tests.tui.fake_session import FakeSession

pytestmark = pytest.mark.anyio

PLACE = {
    "Desk": [Binding("f3", "history", "history", id="history.open"), Binding("f4,x", "key", "key", id="key.enter")]
}


def coloured(person: Visitor) -> list[Segment]:
    segments = [segment for strip in person.strips() for segment in strip]
    return [one for one in segments if one.style and (one.style.color or one.style.bgcolor)]


async def test_command_is_carried_out_by_the_persons_own_key() -> None:
    async with seated(FakeSession(), surroundings=Surroundings(keys={"history.open": ("f8",)})) as person:
        await person.until_seen("f8 history")
        await person.press("f3")
        assert person.screen is person.app.desk
        await person.press("f8")
        await person.until_on(HistoryScreen)


async def test_wrong_keys_are_said_in_the_settings() -> None:
    around = Surroundings(keys={"history.opne": ("f7",), "key.enter": ("f3",), "review.open": ("hyperkey", "f7")})
    async with seated(FakeSession(), size=(120, 30), surroundings=around) as person:
        await person.until_seen("/settings says why")
        person.app.action_settings()
        await person.until_seen(
            "f7: stands for review.open and Select all",
            "history.opne: there is no such command",
            "'hyperkey' is no key",
            "f3: stands for history.open",
        )


@pytest.mark.parametrize(
    ("keymap", "said"),
    [
        ({}, []),
        ({"history.open": ("f9",)}, []),
        ({"history.open": ("X",)}, []),
        ({"history.open": ("x",)}, ["x: stands for history.open and key.enter (Desk); give one of them another key."]),
        ({"nothing": ("f9",)}, ["nothing: there is no such command; /help lists them with their names."]),
        ({"key.enter": ("ctrl+?", "cmd+k")}, ["key.enter: 'cmd+k' is no key; one is written such as ctrl+t, f7 or ?."]),
    ],
)
def test_faults_of_a_map_of_keys_are_sentences(keymap: dict[str, tuple[str, ...]], said: list[str]) -> None:
    assert list(faults(keymap, PLACE)) == said


@pytest.mark.parametrize(
    ("short", "long"), [("?", "question_mark"), ("ctrl+/", "ctrl+slash"), ("f7", "f7"), ("A", "A")]
)
def test_key_has_one_name_for_people_and_one_for_the_screen(short: str, long: str) -> None:
    assert (long_name(short), short_name(long)) == (long, short)
    assert is_key(short)
    assert is_key(long)


def test_every_binding_can_be_remapped_and_is_described() -> None:
    bindings = [one for _, kinds in PLACES for kind in kinds for one in own_bindings(kind)]
    assert [one for one in bindings if not one.id or not one.description] == []
    assert all(one.id for one in own_bindings(CopydeskApp))
    assert len({one.id for one in bindings}) > 60


@pytest.mark.parametrize("table", ["keys = 3", "[keys]\na = 3", "[keys]\na = []", '[keys]\na = ["f1", ""]'])
def test_keys_of_the_configuration_are_refused_when_they_are_none(table: str) -> None:
    with pytest.raises(UsageError, match=r"own\.toml: keys"):
        parse_config("own.toml", table.encode())


def test_keys_are_the_persons_own_and_no_workspaces() -> None:
    table = b'[keys]\n"history.open" = ["f7", "ctrl+g"]\nquit = "f10"'
    assert parse_config("own.toml", table).keys == {"history.open": ("f7", "ctrl+g"), "quit": ("f10",)}
    with pytest.raises(UsageError, match="sets keys"):
        parse_config(".copydesk.toml", table, is_project=True)


async def test_look_is_remembered_and_each_one_is_drawn() -> None:
    kept: list[ScreenChoices] = []
    around = Surroundings(choices=ScreenChoices(theme="light"), keep_choices=kept.append)
    async with seated(FakeSession(), surroundings=around) as person:
        assert person.app.theme == LIGHT
        assert coloured(person)
        await person.write("/theme plain")
        await person.press("enter")
        await person.until(lambda: person.app.theme == PLAIN)
        await person.until(lambda: not coloured(person))
        assert any(one.style and one.style.bold for strip in person.strips() for one in strip)
        await person.write("/look")
        await person.press("enter")
        await person.until(lambda: person.app.theme == DARK)
    assert [choices.theme for choices in kept] == ["plain", "dark"]


async def test_no_colour_is_drawn_when_the_environment_wants_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with seated(FakeSession()) as person:
        await person.until_seen("copydesk")
        assert coloured(person) == []
        await person.write("/theme light")
        await person.press("enter")
        await person.until_seen("The look is light")
        assert coloured(person) == []


def test_what_colour_says_is_said_by_other_means_when_there_is_none() -> None:
    colours = palette(True)
    base = Style(bgcolor="#15171b")
    marked = Style(color=colours.text.color, bgcolor="#333842")
    wanted = [colours.accent, colours.waiting, colours.warning, colours.text, colours.added_line, marked]
    drawn = PlainLook().apply([Segment("x", base + style) for style in wanted], Color.parse("black"))

    styles = [segment.style or Style.null() for segment in drawn]
    assert [bool(style.bold) for style in styles] == [True, True, True, False, False, False]
    assert [bool(style.reverse) for style in styles] == [False, False, False, False, False, True]
    assert all(style.color is None and style.bgcolor is None for style in styles)


async def test_only_the_chosen_command_is_marked_when_the_palette_has_no_colour() -> None:
    async with seated(FakeSession(), surroundings=Surroundings(choices=ScreenChoices(theme="plain"))) as person:
        await person.press("ctrl+p")
        await person.until_seen("what was changed, and how to take it back")
        marked = [one.text for strip in person.strips() for one in strip if one.style and one.style.reverse]
        assert any("all keys and commands" in text for text in marked)
        assert not any("what was changed" in text for text in marked)


def test_choices_come_back_and_damage_counts_as_none(tmp_path: Path) -> None:
    path = tmp_path / "state" / "screen.json"
    assert read_choices(path) == ScreenChoices()
    write_choices(path, ScreenChoices(theme="plain", layout="side"))
    assert read_choices(path) == ScreenChoices(theme="plain", layout="side")
    assert path.stat().st_mode & 0o777 == 0o600
    for damage in (b"", b"[]", b'{"format": 2, "theme": "light"}', b'{"format": 1, "theme": "pink", "wrap": 3}'):
        path.write_bytes(damage)
        assert read_choices(path) == ScreenChoices()


@pytest.mark.parametrize("theme", themes(), ids=lambda theme: theme.name)
def test_rules_are_seen_when_the_terminal_has_sixteen_colours(theme: Theme) -> None:
    rule, behind = theme.variables["desk-rule"], theme.background or ""
    sixteen = [RichColor.parse(colour).downgrade(ColorSystem.STANDARD).number for colour in (rule, behind)]
    assert sixteen[0] != sixteen[1]
