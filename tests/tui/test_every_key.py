"""Proves that every key of every screen, and every command, changes what it says it changes.

A binding or a command that is not in the tables fails a test; the keys of the review are in `test_review_desk`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.screen import Screen

from copydesk.frontends.tui.app import CopydeskApp
from copydesk.frontends.tui.commands import COMMANDS
from copydesk.frontends.tui.keymap import own_bindings
from tests.tui.driver import Visitor, seated
from tests.tui.fake_session import FakeSession
from tests.tui.scenes import (
    FACTS,
    FILES,
    PROTECTED,
    STUCK,
    Scene,
    at_work,
    desk,
    reading,
    review,
    screen,
    settings,
    waiting,
    working,
)
from tests.tui.test_outliving import parts_of_the_screen

Case = tuple[str, str, object]
"""Keys that come before, what changes, and into what; or what must be so of it before and after."""
SITTINGS = 4
"""How many apps the keys are shared among: to start one is dear."""
ONLY_OPENING = {"m", "r", "enter"}
"""Keys before the one in question that leave the screen below as it was, where another screen is what comes of it."""
ELSEWHERE = {
    "ReviewScreen": "every key is in `test_review_desk.EFFECTS`",
    "CommitScreen": "is walked in `test_commit`",
    "CommitPartsScreen": "is walked in `test_commit`",
    "JumpScreen": "is walked in `test_review_reading`",
    "VerdictScreen": "is walked in `test_review_source`",
    "TerminalApp redraw": "is seen from outside only, in `test_mishaps`",
    "TerminalApp quit": "ends the scene, and has a test of its own below",
}


def other(was: object, now: object) -> bool:
    return was != now


def more(was: int, now: int) -> bool:
    return now > was


def less(was: int, now: int) -> bool:
    return now < was


def says(words: str) -> Callable[[str, str], bool]:
    return lambda was, now: words in now and words not in was


BACK: Case = ("", "screen", "DeskScreen")
HELP: Case = ("", "screen", "HelpScreen")
OTHER_PART: Case = ("", "focus", "VerticalScroll")

KEYS: Mapping[Scene, Mapping[str, Case]] = {
    desk: {
        "Composer prompt.complete": ("/ h e l", "written", "/help "),
        "Composer prompt.close": ("/ h", "offering", False),
        "Composer prompt.earlier": ("", "written", "earlier 15"),
        "Composer prompt.later": ("up", "written", other),
        "Composer prompt.search": ("", "screen", "PromptSearchScreen"),
        "Composer prompt.clear": ("h", "written", ""),
        "Composer prompt.end": ("h i home", "written", "i"),
        "Composer prompt.editor": ("", "said", says("editor")),
        "Composer mode.cycle": ("", "mode", "review"),
        "WritingArea prompt.newline": ("h", "written", "h\n"),
        "WritingArea prompt.undo": ("h", "written", ""),
        "DeskScreen history.open": ("", "screen", "HistoryScreen"),
        "DeskScreen key.enter": ("", "focus", "KeyField"),
        "DeskScreen transcript.details": ("", "lines", more),
        "DeskScreen transcript.page_up": ("", "at the end", False),
        "DeskScreen transcript.page_down": ("pageup", "at the end", True),
        "DeskScreen transcript.newest": ("pageup pageup", "at the end", True),
        "DeskScreen turn.previous": ("", "item", "prompt three"),
        "DeskScreen turn.next": ("ctrl+up ctrl+up", "item", "prompt three"),
        "DeskScreen transcript.find": ("", "purpose", "find"),
        "DeskScreen help": HELP,
        "KeyField key.leave": ("f4", "focus", "Composer"),
        "TranscriptReader transcript.up": ("tab", "place", less),
        "TranscriptReader transcript.down": ("tab up", "place", more),
        "TranscriptReader transcript.unfold": ("tab", "lines", other),
        "TranscriptReader transcript.copy": ("tab", "copied", says("a.py")),
        "TranscriptReader transcript.open": ("tab", "said", says("not a file")),
        "TranscriptReader transcript.older": ("ctrl+f p r o m p t enter", "item", "prompt two"),
        "TranscriptReader transcript.newer": ("ctrl+f p r o m p t enter n", "item", "prompt three"),
        "TranscriptReader transcript.leave": ("tab", "focus", "Composer"),
        "WordsField words.send": ("ctrl+f t w o", "item", "prompt two"),
        "WordsField words.leave": ("ctrl+f", "purpose", False),
        "TerminalApp suspend": ("", "said", says("There is no shell")),
        "TerminalApp palette": ("", "screen", "CommandPalette"),
    },
    review(*FILES): {
        "DiffView diff.down": ("", "line", 2),
        "DiffView diff.up": ("j j", "line", 2),
        "DiffView diff.select_down": ("j", "selected", 2),
        "DiffView diff.select_up": ("j j", "selected", 2),
        "DiffView diff.select": ("j", "selected", 1),
        "DiffView diff.page_down": ("", "top", more),
        "DiffView diff.page_up": ("pagedown", "top", less),
        "DiffView diff.home": ("end", "file", 0),
        "DiffView diff.end": ("", "file", 1),
        "DiffView diff.right": ("w n n", "shift", more),
        "DiffView diff.left": ("w n n right", "shift", 0),
        "DiffView diff.expand": ("", "rows", more),
        "DiffView diff.expand_all": ("", "rows", more),
        "DiffView diff.numbers": ("", "numbers", 0),
        "DiffView diff.to_change": ("w n n j j j j", "shift", more),
        "FileList review.list_down": ("f", "listed", 1),
        "FileList review.list_up": ("f j", "listed", 0),
        "FileList review.open_file": ("f j", "focus", "DiffView"),
        "WordsField words.weigh": ("j c", "weight", "question"),
        "HunkEditor edit.take": ("e z", "decided", 1),
        "HunkEditor edit.leave": ("e", "screen", "ReviewScreen"),
        "FinishScreen finish.apply": ("a enter", "purpose", "apply"),
        "FinishScreen finish.request": ("a enter", "purpose", "request"),
        "FinishScreen finish.back": ("a enter", "screen", "ReviewScreen"),
        "FinishScreen help": ("a enter", "screen", "HelpScreen"),
    },
    review(FILES[1], STUCK): {
        "WaysScreen ways.keep": ("] t", "decided", 1),
        "WaysScreen ways.overrule": ("] t", "screen", "ReviewScreen"),
        "WaysScreen ways.wait": ("] t", "screen", "ReviewScreen"),
        "WaysScreen ways.other": ("] t", "focus", other),
        "WaysScreen help": ("] t", "screen", "HelpScreen"),
    },
    review(PROTECTED): {"FinishScreen finish.confirm": ("a", "screen", "DeskScreen")},
    screen("history", "turn 4"): {
        "HistoryScreen history.preview": ("", "screen", "RestoreScreen"),
        "HistoryScreen history.rollback": ("", "screen", "ConfirmScreen"),
        "HistoryScreen history.commit": ("", "told", says("Nothing was committed")),
        "HistoryScreen history.file": ("", "screen", "ConfirmScreen"),
        "HistoryScreen history.redo": ("", "told", says("would change nothing")),
        "HistoryScreen history.rewind": ("", "screen", "TurnScreen"),
        "HistoryScreen history.other": OTHER_PART,
        "HistoryScreen help": HELP,
        "HistoryScreen history.back": BACK,
        "StepList steps.down": ("", "chosen", 1),
        "StepList steps.up": ("j", "chosen", 0),
        "ChoiceList list.down": ("", "chosen", 1),
        "ChoiceList list.up": ("down", "chosen", 0),
        "ChoiceList list.page_down": ("", "chosen", 6),
        "ChoiceList list.page_up": ("pagedown", "chosen", 0),
        "TurnScreen turn.choose": ("m", "screen", "RewindScreen"),
        "TurnScreen turn.back": ("m", "screen", "HistoryScreen"),
        "TurnScreen help": ("m", "screen", "HelpScreen"),
        "RewindScreen rewind.both": ("m enter", "screen", "ConfirmScreen"),
        "RewindScreen rewind.conversation": ("m enter", "screen", "ConfirmScreen"),
        "RewindScreen rewind.back": ("m enter", "screen", "HistoryScreen"),
        "RewindScreen help": ("m enter", "screen", "HelpScreen"),
        "FileScreen file.choose": ("j j j p", "screen", "ConfirmScreen"),
        "FileScreen file.back": ("j j j p", "screen", "HistoryScreen"),
        "FileScreen help": ("j j j p", "screen", "HelpScreen"),
        "ConfirmScreen confirm.yes": ("r", "moves", more),
        "ConfirmScreen confirm.no": ("r", "screen", "HistoryScreen"),
        "ConfirmScreen confirm.other": ("r", "focus", other),
        "ConfirmScreen help": ("r", "screen", "HelpScreen"),
        "RestoreScreen restore.accept": ("j j j enter x p", "rejected", 0),
        "RestoreScreen restore.reject": ("j j j enter", "rejected", 1),
        "RestoreScreen restore.accept_file": ("j j j enter X", "rejected", 0),
        "RestoreScreen restore.reject_file": ("j j j enter", "rejected", 1),
        "RestoreScreen restore.next": ("j j j enter", "file", 1),
        "RestoreScreen restore.previous": ("j j j enter n", "file", 0),
        "RestoreScreen restore.next_file": ("j j j enter", "file", 1),
        "RestoreScreen restore.previous_file": ("j j j enter n", "file", 0),
        "RestoreScreen restore.finish": ("enter", "screen", "ConfirmScreen"),
        "RestoreScreen restore.back": ("enter", "screen", "HistoryScreen"),
        "RestoreScreen help": ("enter", "screen", "HelpScreen"),
        "ConflictScreen conflict.keep": ("pagedown up r", "answers", ["keep"]),
        "ConflictScreen conflict.restore": ("pagedown up r", "answers", ["restore"]),
        "ConflictScreen conflict.merge": ("pagedown up r", "answers", ["merge"]),
        "ConflictScreen conflict.next": ("pagedown up r", "chosen", 1),
        "ConflictScreen conflict.previous": ("pagedown up r ]", "chosen", 0),
        "ConflictScreen conflict.finish": ("pagedown up r k t", "screen", "ConfirmScreen"),
        "ConflictScreen conflict.back": ("pagedown up r", "screen", "HistoryScreen"),
        "ConflictScreen conflict.other": ("pagedown up r", "focus", other),
        "ConflictScreen help": ("pagedown up r", "screen", "HelpScreen"),
    },
    screen("search_prompts", "earlier 15"): {
        "PromptSearchScreen search.take": ("", "written", "earlier 15"),
        "PromptSearchScreen search.up": ("", "chosen", 13),
        "PromptSearchScreen search.down": ("up", "chosen", 14),
        "PromptSearchScreen search.page_up": ("", "chosen", 4),
        "PromptSearchScreen search.page_down": ("pageup", "chosen", 14),
        "PromptSearchScreen search.again": ("", "chosen", 13),
        "PromptSearchScreen search.back": BACK,
    },
    screen("turns", "prompt three"): {
        "PromptsScreen prompts.choose": ("", "screen", "DeskScreen"),
        "PromptsScreen prompts.back": BACK,
        "PromptsScreen help": HELP,
    },
    screen("help", "Prompt"): {
        "HelpScreen help.search": ("", "purpose", "search"),
        "HelpScreen help.back": BACK,
    },
    reading: {
        "ReadingScreen reading.details": ("", "read lines", more),
        "ReadingScreen reading.start": ("", "read to", 0),
        "ReadingScreen reading.end": ("home", "read to", more),
        "ReadingScreen help": HELP,
        "ReadingScreen reading.back": BACK,
    },
    screen("rules", "docs"): {
        "RulesScreen rules.allow": ("", "purpose", "allow"),
        "RulesScreen rules.ask": ("", "purpose", "ask"),
        "RulesScreen rules.deny": ("", "purpose", "deny"),
        "RulesScreen rules.revoke": ("", "screen", "ConfirmScreen"),
        "RulesScreen rules.other": OTHER_PART,
        "RulesScreen help": HELP,
        "RulesScreen rules.back": BACK,
    },
    screen("cost", "cost"): {
        "CostScreen cost.other": OTHER_PART,
        "CostScreen help": HELP,
        "CostScreen cost.back": BACK,
    },
    settings: {
        "SettingsScreen settings.change": ("", "layout", "light"),
        "SettingsScreen settings.change_back": ("", "layout", "plain"),
        "SettingsScreen settings.other": OTHER_PART,
        "SettingsScreen help": HELP,
        "SettingsScreen settings.back": BACK,
    },
    screen("sessions", "2 sessions"): {
        "SessionsScreen sessions.read": ("", "screen", "ReadingScreen"),
        "SessionsScreen sessions.export": ("", "purpose", "export"),
        "SessionsScreen sessions.delete": ("down", "screen", "ConfirmScreen"),
        "SessionsScreen sessions.search": ("", "purpose", "search"),
        "SessionsScreen sessions.other": OTHER_PART,
        "SessionsScreen help": HELP,
        "SessionsScreen sessions.back": BACK,
        "SessionsScreen sessions.resume": ("down", "screen", "DeskScreen"),
        "SessionsScreen sessions.fork": ("", "screen", "DeskScreen"),
    },
    screen("models", "claude"): {
        "ModelsScreen models.other": OTHER_PART,
        "ModelsScreen help": HELP,
        "ModelsScreen models.back": BACK,
        "ModelsScreen models.choose": ("", "screen", "DeskScreen"),
    },
    working: {
        "Composer prompt.send": ("h i", "asked", ["hi"]),
        "DeskScreen interrupt": ("", "cancelled", True),
    },
    waiting: {"DeskScreen review.open": ("", "screen", "ReviewScreen")},
}
"""Scene → whose key → what comes of it there."""


def bindings() -> dict[str, Binding]:
    """Every binding of ours, by the class that declares it and its id."""
    kinds = [*parts_of_the_screen(), *(kind for kind in CopydeskApp.__mro__ if kind.__module__.startswith("copydesk"))]
    return {f"{kind.__name__} {binding.id}": binding for kind in kinds for binding in own_bindings(kind)}


def test_every_key_has_an_effect_that_is_tested() -> None:
    tested = {name for cases in KEYS.values() for name in cases}
    left = {name for name in bindings() if name not in ELSEWHERE and name.split()[0] not in ELSEWHERE}
    assert tested == left


@pytest.mark.timeout(120)
@pytest.mark.parametrize("sitting", range(SITTINGS))
async def test_key_does_what_it_says_on_every_screen(tmp_path: Path, sitting: int) -> None:
    known, cases = bindings(), [(scene, *case) for scene, some in KEYS.items() for case in some.items()]
    async with at_work(tmp_path) as person:
        entered: Scene | None = None
        for scene, name, case in cases[len(cases) * sitting // SITTINGS : len(cases) * (sitting + 1) // SITTINGS]:
            if scene is not entered:
                await scene(person)
            below = person.screen
            await assert_changes(person, name, known[name].key.split(",")[0], case)
            entered = scene if await is_left_again(person, below, case) else None


async def is_left_again(person: Visitor, below: Screen[object], case: Case) -> bool:
    """Leave the screens that keys only opened over the scene; False where the scene may be another now."""
    keys, fact, _ = case
    if set(keys.split()) - ONLY_OPENING or fact != "screen" or below not in person.app.screen_stack:
        return False
    with person.app.batch_update():
        while person.screen is not below:
            person.app.pop_screen()
    await person.wait()
    return True


async def assert_changes(person: Visitor, name: str, key: str, case: Case) -> None:
    before, fact, expected = case
    for one in before.split():
        await press(person, one)
    await assert_becomes(person, name, key, fact, FACTS[fact](person), expected)


async def assert_becomes(person: Visitor, name: str, key: str, fact: str, was: object, expected: object) -> None:
    assert callable(expected) or was != expected, f"{name}: {fact} is {was} already"
    await press(person, key)
    is_so: Callable[[object, object], bool] = expected if callable(expected) else lambda was, now: now == expected
    await person.until(lambda: is_so(was, FACTS[fact](person)), f"for {name}: {fact} is {FACTS[fact](person)!r}")


async def press(person: Visitor, key: str) -> None:
    """Press a key where one may count: what is asked has been read, and what the key before opened is there."""
    await person.until(lambda: getattr(person.screen, "is_armed", True), "to have read")
    await person.tap(key)


WORDS: Mapping[str, tuple[Scene, str, str, object]] = {
    "help": (desk, "", "screen", "HelpScreen"),
    "history": (desk, "", "screen", "HistoryScreen"),
    "review": (waiting, "", "screen", "ReviewScreen"),
    "mode": (desk, "plan", "mode", "plan"),
    "interrupt": (working, "", "cancelled", True),
    "trust": (desk, "", "said", says("Trusted")),
    "key": (desk, "", "focus", "KeyField"),
    "find": (desk, "two", "item", "prompt two"),
    "turns": (desk, "", "screen", "PromptsScreen"),
    "copy": (desk, "all", "copied", says("prompt one")),
    "editor": (desk, "", "said", says("editor")),
    "prompts": (desk, "", "screen", "PromptSearchScreen"),
    "check": (desk, "tests", "ran", ["tests"]),
    "sessions": (desk, "", "screen", "SessionsScreen"),
    "export": (desk, "", "screen", "SessionsScreen"),
    "models": (desk, "", "screen", "ModelsScreen"),
    "rules": (desk, "", "screen", "RulesScreen"),
    "cost": (desk, "", "screen", "CostScreen"),
    "settings": (desk, "", "screen", "SettingsScreen"),
    "theme": (desk, "light", "theme", "desk-light"),
    "look": (desk, "", "theme", "desk-plain"),
    "resume": (desk, "other", "session", other),
    "new": (desk, "", "session", other),
    "quit": (desk, "", "has ended", True),
}
"""Command → where it is written, the words behind it, what changes, and into what."""


def test_every_command_has_an_effect_that_is_tested() -> None:
    assert WORDS.keys() == {command.name for command in COMMANDS}


@pytest.mark.timeout(120)
async def test_command_does_what_it_says_when_it_is_sent(tmp_path: Path) -> None:
    async with at_work(tmp_path) as person:
        for name, (scene, words, fact, expected) in WORDS.items():
            await scene(person)
            was = FACTS[fact](person)
            person.app.desk.composer.load_text(f"/{name} {words}".strip())
            await assert_becomes(person, f"/{name}", "enter", fact, was, expected)


async def test_program_ends_when_its_key_is_pressed() -> None:
    async with seated(FakeSession()) as person:
        await person.tap("ctrl+q")
        await person.until(lambda: bool(FACTS["has ended"](person)), "for the end")
