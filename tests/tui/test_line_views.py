"""Owns what holds of the views that draw lines: laziness, places that do not jump, and nothing cut."""

from __future__ import annotations

import gc
import re
import weakref

from textual.geometry import Offset, Region
from textual.selection import Selection

from copydesk.domain.diffs import diff_images
from copydesk.domain.events import Noticed, TextDelta, TextFinished, ToolCallFinished, ToolCallStarted, TurnStarted
from copydesk.frontends.tui.desk_screen import DeskScreen
from copydesk.frontends.tui.diff.view import DiffView
from copydesk.frontends.tui.review.screen import ReviewScreen
from copydesk.frontends.tui.transcript.view import TranscriptView
from tests.tui.driver import Visitor, seated
from tests.tui.fake_session import FakeSession

MANY = 10_000


def transcript_of(person: Visitor) -> TranscriptView:
    return person.app.desk.query_one(TranscriptView)


async def filled(person: Visitor, count: int) -> None:
    person.session.emit(*(Noticed(f"notice {number}") for number in range(count)))
    await person.until(lambda: transcript_of(person).block_count() >= count, "for the items")


async def test_only_what_is_visible_is_rendered_when_there_are_many_items() -> None:
    async with seated(FakeSession()) as person:
        widgets = len(person.screen.query("*"))
        await filled(person, MANY)
        view = transcript_of(person)
        await person.until_seen(f"notice {MANY - 1}")
        assert view.rendered_blocks < 100
        assert len(person.screen.query("*")) == widgets
        before = view.rendered_blocks
        await person.write("typing renders nothing")
        assert view.rendered_blocks == before
        await person.press("pageup")
        assert view.rendered_blocks < before + 60


async def test_only_the_changed_item_is_rendered_when_text_streams() -> None:
    async with seated(FakeSession()) as person:
        await filled(person, 200)
        view = transcript_of(person)
        await person.until_seen("notice 199")
        person.session.emit(TurnStarted("x"), TextDelta("live"))
        await person.until_seen("live")
        before = view.rendered_blocks
        person.session.emit(TextDelta(" more"))
        await person.until_seen("live more")
        assert view.rendered_blocks <= before + 2


async def test_place_does_not_jump_when_items_arrive_while_reading() -> None:
    async with seated(FakeSession()) as person:
        await filled(person, 100)
        await person.until_seen("notice 99")
        await person.press("pageup", "pageup")
        place = readable(person)
        person.session.emit(TurnStarted("next"), TextFinished("a\n\n" * 40))
        await person.until_seen("↓ 2 new")
        assert readable(person) == place
        await person.press("f5")
        await person.until_gone("new ·")
        await person.until(lambda: transcript_of(person).following)


async def test_answer_is_in_sight_when_a_prompt_is_sent_while_reading_above() -> None:
    async with seated(FakeSession()) as person:
        await filled(person, 100)
        await person.until_seen("notice 99")
        await person.press("pageup", "pageup")
        await person.until_gone("notice 99")
        await person.write("and now")
        await person.press("enter")
        await person.until_seen("notice 99")


async def test_lines_follow_each_other_when_scrolling_over_wrongly_estimated_heights() -> None:
    session = FakeSession()
    folded = ["\n".join(f"{block}.{line}" for line in range(20)) for block in range(100)]
    session.emit(*(TextFinished(text) for text in folded))
    async with seated(session) as person:
        await person.until_seen("99.19")
        view = transcript_of(person)
        previous = shown(person)
        for _ in range(60):
            view.scroll_relative(y=-3, animate=False)
            await person.wait()
            lines = shown(person)
            assert previous[:1] == [] or previous[0] in lines, (previous, lines)
            previous = lines
        assert len(set(view.tops.heights)) > 1


def readable(person: Visitor) -> list[str]:
    """The transcript without its scroll bar."""
    return [line[:78].rstrip() for line in person.sees().splitlines()[2:14]]


def shown(person: Visitor) -> list[str]:
    return re.findall(r"\d+\.\d+", "\n".join(readable(person)))


async def test_end_is_shown_when_the_screen_is_resized() -> None:
    async with seated(FakeSession()) as person:
        await filled(person, 50)
        for size in ((60, 16), (200, 50), (80, 24)):
            await person._pilot.resize_terminal(*size)
            await person.until_seen("notice 49")
        assert person.sees().splitlines()[0].endswith("ASK")


async def test_line_that_is_read_stays_at_the_top_when_the_screen_is_resized() -> None:
    session = FakeSession()
    words = [" ".join(f"{reply}.{word}" for word in range(150)) for reply in range(40)]
    session.emit(*(TextFinished(text) for text in words))
    async with seated(session) as person:
        await person.until_seen("39.149")
        view = transcript_of(person)
        view.scroll_relative(y=-100, animate=False)
        await person.wait()
        read = shown(person)[0]
        for size in ((60, 16), (120, 40), (80, 24)):
            await person.resize(*size)
            await person.until(lambda size=size: view.size.width == size[0])  # type: ignore[misc]
            top = view.line_strip(view.scroll_offset.y)
            assert top is not None
            assert read in top.text.split()


async def test_selected_text_can_be_copied_when_it_spans_items() -> None:
    async with seated(FakeSession()) as person:
        await filled(person, 30)
        await person.until_seen("notice 29")
        view = transcript_of(person)
        last = view.tops[-1] - 1
        person.screen.selections = {view: Selection(Offset(3, last - 1), Offset(12, last))}
        assert person.screen.get_selected_text() == "notice 28\nnotice 29"
        assert any(segment.style and segment.style.bgcolor for segment in view.render_line(view.size.height - 1))


async def test_mouse_finds_the_character_when_the_view_is_scrolled() -> None:
    async with seated(FakeSession()) as person:
        await filled(person, 100)
        view = transcript_of(person)
        view.scroll_to(y=40, animate=False)
        await person.press()
        line = next(number for number, text in enumerate(person.sees().split("\n")) if "notice" in text)
        _, place = person.screen.get_widget_and_offset_at(10, line)
        assert place == Offset(10, view.scroll_offset.y + line - view.region.y)


async def test_text_is_selected_when_the_mouse_is_dragged_over_it() -> None:
    async with seated(FakeSession()) as person:
        await filled(person, 30)
        await person.until_seen("notice 29")
        view = transcript_of(person)
        last = view.size.height - 1
        await person._pilot.mouse_down(TranscriptView, offset=(3, last - 1))
        await person._pilot.hover(TranscriptView, offset=(8, last))
        await person._pilot.mouse_up(TranscriptView, offset=(8, last))
        assert person.screen.get_selected_text() == "notice 28\nnotice"


async def test_lines_are_painted_as_they_were_when_they_move() -> None:
    async with seated(FakeSession()) as person:
        await filled(person, 100)
        await person.until_seen("notice 99")
        view = transcript_of(person)
        whole = view.size.region
        before = view.render_lines(whole)
        person.session.emit(Noticed("one more"))
        await person.until_seen("one more")
        now = view.render_lines(whole)
        assert all(one is other for one, other in zip(now[:-1], before[1:], strict=True))
        assert not any(segment.style and segment.style.meta for strip in now for segment in strip)


async def test_only_what_changed_is_sent_to_the_terminal_when_nothing_moves() -> None:
    async with seated(FakeSession()) as person:
        await filled(person, 100)
        await person.until_seen("notice 99")
        await person.wait()
        view = transcript_of(person)
        view.update_blocks({view.block_count() - 1})
        assert view._repaint_regions == {Region(0, view.size.height - 1, view.size.width, 1)}


async def test_finished_reply_keeps_no_sections_when_it_is_short() -> None:
    async with seated(FakeSession()) as person:
        text = "One.\n\n- two\n\n```\nthree\n```\n\nfour"
        person.session.emit(TurnStarted("x"), TextDelta(text))
        await person.until_seen("four")
        view = transcript_of(person)
        live, shown = view.block_count(), view.tops[-1]
        person.session.emit(TextFinished(text))
        await person.until(lambda: view.block_count() < live, "for the end of the reply")
        assert (view.block_count(), view.tops[-1]) == (3, shown)


async def test_item_unfolds_when_it_is_clicked() -> None:
    async with seated(FakeSession()) as person:
        person.session.emit(ToolCallStarted("a", "t", {"command": "view", "path": "x"}))
        person.session.emit(ToolCallFinished("a", "the first line\nand another", is_error=False))
        await person.until_seen("view    x")
        line = person.sees().split("\n").index(next(row for row in person.sees().split("\n") if "view " in row))
        await person.click(5, line)
        await person.until_seen("and another")


async def test_rule_stands_between_two_turns_when_there_are_more() -> None:
    async with seated(FakeSession()) as person:
        for number in (1, 2):
            person.session.turn = number
            person.session.emit(TurnStarted(f"prompt {number}"), TextFinished("An answer."))
        await person.until_seen("prompt 2")
        lines = person.sees().split("\n")
        first, second = (next(n for n, line in enumerate(lines) if f"prompt {number}" in line) for number in (1, 2))
        assert (lines[first - 1].strip(), lines[second - 1].strip()[:60]) == ("", "─" * 60)


async def test_long_line_is_wrapped_and_not_cut_when_it_is_shown() -> None:
    tail = "needle-at-the-end"
    long = "x" * 4_900 + "漢字" * 50 + tail
    session = FakeSession()
    async with seated(session, size=(80, 100)) as person:
        session.propose(diffs=(diff_images("a.txt", b"short\n", long.encode()),))
        await person.until_on(ReviewScreen)
        await person.until_seen("no line end after this line")
        lines = person.sees().splitlines()
        begin = next(number for number, line in enumerate(lines) if "+ xxx" in line)
        text = "".join(line[7:] for line in lines[begin:])
        assert text.startswith("x" * 4_900 + "漢字" * 50 + tail)


async def test_only_visible_lines_are_highlighted_when_a_difference_is_large() -> None:
    new = "".join(f"value_{number} = {number}\n" for number in range(20_000)).encode()
    session = FakeSession()
    async with seated(session) as person:
        session.propose(diffs=(diff_images("a.py", None, new),))
        await person.until_on(ReviewScreen)
        await person.until_seen("value_0 = 0")
        view = person.screen.query_one(DiffView)
        assert view.rendered_blocks < 60
        view.scroll_end(animate=False)
        await person.until_seen("20000 + value_19999")
        assert view.rendered_blocks < 150


async def test_difference_scrolls_as_far_as_the_keys_say_when_heights_are_found_out_on_the_way() -> None:
    session = FakeSession()
    async with seated(session) as person:
        session.propose(diffs=(diff_images("a.txt", b"", b"".join(b"%d " % n * 60 + b"\n" for n in range(100))),))
        await person.until_on(ReviewScreen)
        await person.until_seen("0 0 0")
        view = person.screen.query_one(DiffView)
        await person.press("down", "down", "down")
        await person.until(lambda: view.spot.line == 3)
        top = view.scroll_y
        await person.press("pagedown")
        await person.until(lambda: view.scroll_y == top + view.size.height)


async def test_nothing_of_a_review_is_kept_when_it_is_over() -> None:
    session = FakeSession()
    async with seated(session) as person:
        session.propose()
        await person.until_on(ReviewScreen)
        shown = [weakref.ref(widget) for widget in person.screen.query("DiffView, FileList, WordsField")]
        await person.press("escape")
        await person.until_on(DeskScreen)
        await person.write("what is kept of the last keys goes")
        gc.collect()
        assert [widget() for widget in shown] == [None] * 3


async def test_line_ends_are_said_when_they_change() -> None:
    session = FakeSession()
    async with seated(session) as person:
        session.propose(diffs=(diff_images("a.txt", b"one\r\ntwo\r\n", b"one\ntwo\n"),))
        await person.until_seen("line ends CRLF → LF", "− one␍", "+ one")


async def test_binary_file_is_named_when_it_changes() -> None:
    session = FakeSession()
    async with seated(session) as person:
        session.propose(diffs=(diff_images("a.bin", b"\0a", b"\0b"),))
        await person.until_seen("binary, not shown")
