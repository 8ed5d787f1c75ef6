"""Proves that long pasted texts stand in the prompt as one sign, are sent whole, and are never lost."""

from pathlib import Path

from textual import events

from copydesk.frontends.tui.prompt.pastes import Pastes
from copydesk.frontends.tui.prompt.prompts import MOST_BYTES, FilePrompts
from tests.tui.driver import Visitor, seated
from tests.tui.fake_session import FakeSession

LOG = "\n".join(f"line {number}" for number in range(340))


async def paste(person: Visitor, text: str) -> None:
    composer = person.app.desk.composer
    before = composer.text
    person.app.post_message(events.Paste(text))
    await person.until(lambda: composer.text != before, "for the paste")


async def test_long_paste_is_one_sign_and_sent_whole_when_it_is_pasted() -> None:
    async with seated(FakeSession()) as person:
        await person.write("why? ")
        await paste(person, LOG.replace("\n", "\r"))
        await person.until_seen("› why? [pasted 340 lines]")
        await person.press("enter")
        await person.until(lambda: person.session.prompts == [f"why? {LOG}"])


async def test_lines_of_a_paste_are_counted_as_an_editor_counts_them() -> None:
    async with seated(FakeSession()) as person:
        await paste(person, f"{LOG.removesuffix(chr(10))}\n")
        await person.until_seen("[pasted 340 lines]")


async def test_sign_goes_as_one_and_comes_back_when_it_is_deleted_and_undone() -> None:
    async with seated(FakeSession()) as person:
        composer = person.app.desk.composer
        await paste(person, LOG)
        await person.press("backspace")
        assert composer.text == ""
        await person.press("ctrl+underscore")
        assert composer.text == "[pasted 340 lines]"
        await person.press("left", "delete")
        assert composer.text == ""
        await person.press("ctrl+underscore", "enter")
        await person.until(lambda: person.session.prompts == [LOG])


async def test_pastes_are_told_apart_when_they_have_as_many_lines() -> None:
    other = LOG.upper()
    async with seated(FakeSession()) as person:
        for text in (LOG, other, LOG):
            await paste(person, text)
        assert person.app.desk.composer.text == "[pasted 340 lines][pasted 340 lines (1)][pasted 340 lines]"
        await person.press("enter")
        await person.until(lambda: person.session.prompts == [LOG + other + LOG])


async def test_prompt_with_a_paste_is_recalled_whole_when_up_is_pressed() -> None:
    async with seated(FakeSession()) as person:
        await person.write("a ")
        await paste(person, LOG)
        await person.press("enter")
        await person.until(lambda: len(person.session.prompts) == 1)
        person.session.cancel()
        await person.press("up")
        assert person.app.desk.composer.text == "a [pasted 340 lines]"
        await person.press("enter")
        await person.until(lambda: person.session.prompts == [f"a {LOG}", f"a {LOG}"])


async def test_short_paste_stands_as_it_is_when_it_is_pasted() -> None:
    async with seated(FakeSession()) as person:
        await paste(person, "one\r\ntwo")
        assert person.app.desk.composer.text == "one\ntwo"


async def test_megabyte_is_sent_whole_when_it_is_pasted() -> None:
    text = "x" * 1_000_000
    async with seated(FakeSession()) as person:
        await paste(person, text)
        await person.until_seen("[pasted 1,000,000 characters]")
        await person.write(" ok")
        await person.press("enter")
        await person.until(lambda: person.session.prompts == [f"{text} ok"])


def test_written_sign_stays_when_nothing_was_pasted_under_it() -> None:
    assert Pastes().unfold("[pasted 3 lines]") == "[pasted 3 lines]"


def test_huge_prompt_of_before_is_one_sign_when_it_is_recalled() -> None:
    pastes = Pastes()
    assert pastes.shown(LOG) == "[pasted 340 lines]"
    assert pastes.unfold("[pasted 340 lines]") == LOG


def test_newest_prompts_are_kept_when_the_file_grows(tmp_path: Path) -> None:
    store = FilePrompts(tmp_path / "prompts")
    for number in range(10):
        store.add(f"{number}" + "x" * 1_000_000)
    store.add("last")
    assert [prompt[0] for prompt in store.load()] == ["7", "8", "9", "l"]
    assert (tmp_path / "prompts").stat().st_size < 2 * MOST_BYTES
