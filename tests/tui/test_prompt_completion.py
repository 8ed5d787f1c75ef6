"""Proves that what is written in the prompt can be completed: as a person types, chooses, takes and closes."""

import asyncio
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events

from copydesk.engine.mentions import mention_of, mentioned_paths
from copydesk.frontends.tui.history.history_screen import HistoryScreen
from copydesk.frontends.tui.prompt.completion import Sign, Word, word_before
from copydesk.frontends.tui.prompt.file_picker import FilePicker
from copydesk.frontends.tui.prompt.path_index import PathIndex
from copydesk.frontends.tui.rooms.help_screen import HelpScreen
from tests.tui.driver import seated
from tests.tui.fake_session import FakeSession


@pytest.mark.parametrize(
    ("line", "is_first", "word"),
    [
        ("/", True, Word(Sign.COMMAND, 0, "")),
        ("/mode pl", True, Word(Sign.COMMAND, 0, "mode pl")),
        ("/etc/hosts", True, None),
        ("/mode", False, None),
        ("!te", True, Word(Sign.CHECK, 0, "te")),
        ("!important: this", True, None),
        ("see @src/a", True, Word(Sign.FILE, 4, "src/a")),
        ("@", False, Word(Sign.FILE, 0, "")),
        ("ada@example.org", True, None),
        ("@a.py then", True, None),
    ],
)
def test_word_is_completed_when_it_has_a_sign(line: str, is_first: bool, word: Word | None) -> None:
    assert word_before(line, is_first) == word


async def test_commands_are_listed_and_narrowed_when_a_slash_is_typed() -> None:
    async with seated(FakeSession()) as person:
        await person.write("/")
        await person.until_seen("/help", "all keys", "/mode plan|ask|review|accept")
        await person.write("hi")
        await person.until_seen("/history")
        await person.until_gone("/help")
        await person.press("backspace", "backspace", "backspace")
        await person.until(lambda: not person.app.desk.completing.is_open)


async def test_command_is_carried_out_when_enter_takes_it() -> None:
    async with seated(FakeSession()) as person:
        await person.write("/hi")
        await person.press("enter")
        await person.until_on(HistoryScreen)
        assert person.app.desk.composer.text == ""


async def test_words_of_a_command_are_chosen_when_it_needs_some() -> None:
    async with seated(FakeSession()) as person:
        person.session.begin()
        await person.write("/mo")
        await person.press("tab")
        assert person.app.desk.composer.text == "/mode "
        await person.until_seen("/mode accept")
        await person.press("down", "up", "up", "enter")
        await person.until(lambda: person.session.modes == ["accept"])


async def test_list_goes_and_the_turn_goes_on_when_escape_closes_it() -> None:
    async with seated(FakeSession()) as person:
        await person.write("/h")
        await person.until_seen("/history")
        await person.press("escape")
        await person.until_gone("/history")
        await person.write("e")
        assert not person.app.desk.completing.is_open
        await person.press("ctrl+c")
        await person.write("/")
        await person.until_seen("/history")


async def test_choice_is_the_one_for_what_was_typed_when_keys_come_in_one_burst() -> None:
    async with seated(FakeSession()) as person:
        for key in (*"/hel", "enter"):
            person.app.post_message(events.Key("slash" if key == "/" else key, key if len(key) == 1 else None))
        await person.until_on(HelpScreen)


async def test_nearest_command_is_named_when_there_is_none_such() -> None:
    async with seated(FakeSession()) as person:
        await person.write("/histroy")
        await person.press("enter")
        await person.until_seen("There is no such command. Do you mean /history?")
        await person.write("/trust me")
        await person.press("escape", "enter")
        await person.until_seen("It is written /trust")


async def test_choice_is_taken_when_it_is_clicked() -> None:
    async with seated(FakeSession()) as person:
        await person.write("/")
        await person.until_seen("/help")
        line = next(number for number, text in enumerate(person.sees().splitlines()) if "/history" in text)
        await person.click(5, line)
        await person.until(lambda: person.app.desk.composer.text == "/history ")


async def test_file_is_found_by_a_few_letters_and_mentioned_when_it_is_taken() -> None:
    session = FakeSession()
    session.tools.paths = ("src/cart.py", "src/stats.py", "tests/test_stats.py", "notes/my plan.md")
    async with seated(session) as person:
        await person.write("see @")
        await person.until_seen("src/cart.py", "tests/test_stats.py")
        await person.write("rcs")
        await person.until_gone("src/cart.py")
        await person.until_seen("src/stats.py")
        await person.press("down", "up", "enter")
        assert person.app.desk.composer.text == "see @src/stats.py "
        await person.write("and @plan")
        await person.until_seen("notes/my plan.md")
        await person.press("tab")
        assert person.app.desk.composer.text == 'see @src/stats.py and @"notes/my plan.md" '
        await person.press("enter")
        await person.until(lambda: session.prompts == ['see @src/stats.py and @"notes/my plan.md"'])
        assert mentioned_paths(session.prompts[0]) == ("src/stats.py", "notes/my plan.md")


async def test_prompt_is_sent_when_the_file_is_written_out() -> None:
    session = FakeSession()
    session.tools.paths = ("a.py",)
    async with seated(session) as person:
        await person.write("see @a.py")
        await person.until_seen("▌ a.py")
        await person.press("enter")
        await person.until(lambda: session.prompts == ["see @a.py"])


async def test_files_are_listed_anew_when_another_is_looked_for() -> None:
    session = FakeSession()
    session.tools.paths = ("a.py",)
    async with seated(session) as person:
        await person.write("@")
        await person.until_seen("▌ a.py")
        session.tools.paths = ("b.py",)
        await person.press("enter")
        await person.write("@")
        await person.until_seen("▌ b.py")
        await person.write("x")
        await person.until_seen("No file among 1 fits.")


async def test_files_are_listed_anew_after_a_rest_when_the_listing_before_took_long() -> None:
    paths, news = ["a.py"], asyncio.Event()

    async def listed() -> list[str]:
        await asyncio.sleep(0.02)
        return list(paths)

    picker = FilePicker(news.set)
    picker.connect(listed)
    picker.offer("")
    await asyncio.wait_for(news.wait(), 10)
    paths[:] = ["b.py"]
    news.clear()
    picker.offer("")
    await asyncio.wait_for(news.wait(), 10)
    assert [choice.label for choice in picker.offer("b").choices] == ["b.py"]


@given(
    st.lists(st.text(alphabet="abA./-]^ \n\\", min_size=1, max_size=9), max_size=8), st.text("abA./-]^\\", max_size=4)
)
def test_paths_are_found_when_they_hold_the_letters_in_order(paths: list[str], letters: str) -> None:
    found = PathIndex(paths).find(letters)
    pattern = ".*?".join(re.escape(letter) for letter in letters)
    assert sorted(found) == sorted(path for path in paths if re.search(pattern, f"/{path}", re.IGNORECASE | re.DOTALL))


def test_likeliest_path_comes_first_when_many_fit() -> None:
    paths = ("docs/src/cart.md", "src/deep/er/cart_view.py", "src/cart.py", "cart.py", "src/c/a/r/t.py", "scar/t.py")
    assert PathIndex(paths).find("cart")[:2] == ["cart.py", "src/cart.py"]
    assert PathIndex(paths).find("src/ca")[0] == "src/cart.py"
    assert PathIndex(paths).find("cart", most=1) == ["cart.py"]


@given(st.text(min_size=1).filter(lambda path: "\0" not in path))
def test_mention_names_the_path_when_it_is_read_again(path: str) -> None:
    assert mentioned_paths(f"see @{mention_of(path)} now") == (path,)


async def test_names_are_shown_and_mentioned_safely_when_they_hold_controls() -> None:
    session = FakeSession()
    session.tools.paths = ("a\x1b[31mb.py", "a\u202ey.py")
    async with seated(session, size=(60, 16), is_guarded=False) as person:
        await person.write("@a")
        await person.until_seen("‹U+202E›")
        assert not {"\x1b", "\u202e"} & set(person.sees())
        await person.press("enter", "enter")
        await person.until(lambda: len(session.prompts) == 1)
        assert session.prompts[0].isascii()
        assert mentioned_paths(session.prompts[0])[0] in session.tools.paths
        person.app.desk.show_queue(["one\x1b[2J\u202etwo"])
        await person.until_seen("1 prompt waits", "‹U+202E›")
        assert not {"\x1b", "\u202e"} & set(person.sees())
