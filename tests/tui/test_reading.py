"""Owns what holds when somebody reads what was said: jumps, search, the chosen item, copies, links."""

from __future__ import annotations

import pytest

from copydesk.domain.diffs import diff_images
from copydesk.domain.events import (
    TextFinished,
    ThinkingFinished,
    ToolCallFinished,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from copydesk.domain.transcript import Reply, ToolCard
from copydesk.frontends.editors import EditorCommand
from copydesk.frontends.tui.review.screen import ReviewScreen
from copydesk.frontends.tui.transcript.finding import Link, first_line, holds, links_in
from copydesk.frontends.tui.transcript.reader import TranscriptReader
from tests.tui.driver import FACTS, Visitor, seated
from tests.tui.fake_session import FakeSession

EDITS = FACTS._replace(editor=EditorCommand("vi", "/nowhere"))


def reader_of(person: Visitor) -> TranscriptReader:
    return person.app.desk.query_one(TranscriptReader)


def talk(turns: int = 8) -> FakeSession:
    session = FakeSession()
    for turn in range(turns):
        answer = "".join(f"     {line}\tneedle {turn}\n" for line in range(3))
        session.emit(
            TurnStarted(f"prompt {turn}"),
            ThinkingFinished(f"secret {turn}", 2.0),
            ToolCallStarted(f"c{turn}", "t", {"command": "view", "path": f"src/a{turn}.py", "view_range": [7, 9]}),
            ToolCallFinished(f"c{turn}", answer, False),
            TextFinished(f"Reply {turn} is **long**.\n\n" + "word\n\n" * 20),
            TurnFinished("done"),
        )
    return session


def top_line(person: Visitor) -> str:
    return person.sees().splitlines()[2].strip(" ▎▌▁▂▃▄▅▆▇█")


async def test_prompt_is_at_the_top_when_one_goes_from_turn_to_turn() -> None:
    async with seated(talk()) as person:
        await person.until_seen("word")
        for wanted in ("prompt 7", "prompt 6", "prompt 5"):
            await person.press("ctrl+up")
            await person.until(lambda wanted=wanted: top_line(person) == wanted, wanted)  # type: ignore[misc]
        await person.press("ctrl+down")
        await person.until(lambda: top_line(person) == "prompt 6")
        await person.press("ctrl+down", "ctrl+down")
        await person.until(lambda: reader_of(person).following)


async def test_turn_is_shown_when_it_is_chosen_from_the_list() -> None:
    async with seated(talk()) as person:
        await person.until_seen("word")
        await person.write("/turns")
        await person.press("escape", "enter")
        await person.until_seen("turns  of this session", "▌ turn 1", "prompt 7")
        await person.press("up", "up", "enter")
        await person.until(lambda: top_line(person) == "prompt 5")


async def test_folded_item_is_unfolded_when_the_words_are_in_it() -> None:
    async with seated(talk()) as person:
        await person.until_seen("word")
        await person.press("ctrl+f")
        await person.write("needle")
        await person.press("enter")
        await person.until_seen("“needle” is in 8 items", "needle 7")
        assert any(s.style and s.style.reverse for strip in person.strips() for s in strip if s.text == "needle")
        await person.press("n", "n", "n")
        await person.until_seen("needle 6")
        await person.press("N")
        await person.until_seen("needle 7")
        await person.press("escape")
        assert person.app.focused is person.app.desk.composer


async def test_search_says_so_when_nothing_is_found() -> None:
    async with seated(talk(1)) as person:
        await person.write("/find hay")
        await person.press("escape", "enter")
        await person.until_seen("“hay” is not in this session.")


async def test_chosen_item_is_unfolded_copied_and_opened_when_its_keys_are_pressed() -> None:
    session = talk(1)
    session.emit(ToolCallStarted("z", "t", {"command": "view", "path": "src/z.py", "view_range": [7, 9]}))
    session.emit(ToolCallFinished("z", "     7\tthe end", False))
    async with seated(session, EDITS) as person:
        await person.until_seen("src/z.py")
        reader_of(person).focus()
        await person.until_seen("▎  view    src/z.py")
        await person.press("enter")
        await person.until_seen("┊      7    the end")
        await person.press("y")
        assert person.app.clipboard == "**view** `src/z.py  7–9` · 1 line\n"
        await person.press("o")
        await person.until_seen("src/z.py is not a file any more.")
        await person.press("up", "up")
        await person.press("escape")
        assert "▎" not in person.sees()


async def test_short_thought_is_not_said_to_have_taken_no_time() -> None:
    session = FakeSession()
    async with seated(session) as person:
        session.emit(TurnStarted("x"), ThinkingFinished("There.", 0.3))
        await person.until_seen("thought under 1 s")


async def test_waiting_edit_is_reviewed_when_enter_is_pressed_on_it() -> None:
    session = FakeSession()
    async with seated(session) as person:
        session.propose()
        await person.until_on(ReviewScreen)
        await person.press("escape")
        await person.until_seen("waits ◂")
        reader_of(person).focus()
        await person.press("enter")
        await person.until_on(ReviewScreen)


@pytest.mark.parametrize(
    ("words", "begins", "holds_turns"),
    [("/copy", "Reply 7", 0), ("/copy turn", "> prompt 7", 1), ("/copy all", "> prompt 0", 8)],
)
async def test_markdown_is_copied_when_it_is_asked_for(words: str, begins: str, holds_turns: int) -> None:
    async with seated(talk()) as person:
        await person.until_seen("word")
        await person.write(words)
        await person.press("escape", "enter")
        await person.until_seen("as Markdown.")
        copied = person.app.clipboard
        assert begins in copied[:30]
        assert copied.count("> prompt") == holds_turns
        assert "**long**" in copied


async def test_path_in_a_reply_is_opened_when_it_is_clicked() -> None:
    session = FakeSession()
    async with seated(session, EDITS) as person:
        session.emit(TextFinished("Look at src/stats.py:12 first."))
        await person.until_seen("src/stats.py:12")
        line = next(n for n, text in enumerate(person.sees().splitlines()) if "src/stats.py" in text)
        await person.click(4, line)
        assert "any more" not in person.sees()
        await person.click(15, line)
        await person.until_seen("src/stats.py is not a file any more.")


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see `src/a.py:12`.", [Link("src/a.py", 12, 5, 16)]),
        ("a.py:3 and b/c.toml,", [Link("a.py", 3, 0, 6), Link("b/c.toml", 1, 11, 19)]),
        ("e.g. this, or v1.2 and a.py alone", []),
        ("https://example.com/a/b.html", []),
        ("../up/a.py /etc/a.conf ~/x/y.z a/../b.py", []),
    ],
)
def test_only_what_is_surely_a_path_is_a_link_when_text_is_shown(text: str, links: list[Link]) -> None:
    assert list(links_in(text)) == links


def test_everything_that_an_item_says_is_found_when_it_is_folded() -> None:
    card = ToolCard("c", "t", {"path": "p.py"}, answer="Answer", diffs=(diff_images("p.py", b"a\n", b"Bee\n"),))
    assert all(holds(card, words) for words in ("p.py", "answer", "bee"))
    assert not holds(card, "cee")
    assert holds(Reply("a\x1bB"), "a␛b")


def test_file_of_a_call_is_opened_at_the_first_line_that_changes() -> None:
    before = b"".join(b"%d\n" % number for number in range(1, 30))
    diff = diff_images("a.txt", before, before.replace(b"\n12\n", b"\ntwelve\n"))
    viewed = {"command": "view", "path": "a.txt", "view_range": [7, 9]}
    assert first_line(ToolCard("c", "edit", {}, diffs=(diff,))) == 12
    assert first_line(ToolCard("c", "edit", {}, diffs=(diff_images("a.txt", None, b"x\n"),))) == 1
    assert [first_line(ToolCard("c", "view", given)) for given in (viewed, {"path": "a.txt"})] == [7, 1]
