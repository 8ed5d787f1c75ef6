"""Owns what holds of reading a review: search, marks, the list of files, and the three sides of a conflict."""

from __future__ import annotations

import pytest

from copydesk.frontends.tui.review.jump_screen import JumpScreen
from copydesk.frontends.tui.review.screen import ReviewScreen
from copydesk.frontends.tui.rooms.help_screen import HelpScreen
from tests.tui.reviews import TWO_FILES, at_the_desk, offered
from tests.tui.test_review_desk import CLASH, FACTS, ONE


async def test_matches_are_gone_through_when_something_was_looked_for() -> None:
    async with at_the_desk() as desk:
        await desk.press("/")
        await desk.person.press(*"line 3", "enter")
        await desk.person.until_seen("with “line 3”: n and N go through them")
        assert FACTS["line"](desk) == 3
        await desk.press("n")
        first = FACTS["line"](desk)
        await desk.press("n")
        second = FACTS["line"](desk)
        await desk.press("N")
        assert FACTS["line"](desk) == first != second
        assert FACTS["here"](desk) == ("a.txt", 2)
        await desk.press("escape", "n")
        assert FACTS["here"](desk) == ("b.py", 1)
        await desk.press("/")
        await desk.person.press(*"nowhere", "enter")
        await desk.person.until_seen("It is nowhere here.")


async def test_line_that_was_not_shown_is_stood_on_when_it_was_looked_for() -> None:
    async with at_the_desk(ONE, TWO_FILES[0], size=(130, 40)) as desk:
        await desk.press("/")
        await desk.person.press(*"line 17", "enter")
        await desk.person.until_seen("1 line with “line 17”", "▌17 17   line 17")
        assert FACTS["here"](desk) == ("a.txt", 1)
        assert desk.screen._picture.files.chosen == 1


async def test_files_stand_beside_the_differences_when_there_is_room() -> None:
    lock = offered("uv.lock", "a\n", "b\n", mark="generated", is_protected=True)
    gone = offered("old.py", "x\n" * 9, None)
    clash = offered("clash.py", "x\n", "x\n", conflict="clash.py is not changed: the same lines were changed.")
    async with at_the_desk(*TWO_FILES, lock, gone, clash, size=(140, 40)) as desk:
        await desk.person.until_seen("● a.txt", "● b.py", "⚠▸ +1 −1", "del −9", "! clash.py", "conflict")
        desk.screen.show_changed(frozenset({"a.txt", "elsewhere.py"}))
        await desk.person.until_seen("↻ +4 −3", "↻ a.txt changed on disk since proposed")
        await desk.press("A")
        await desk.person.until_seen("✓ a.txt", "2 accepted · 3 to decide")
        await desk.person.click(4, 5)
        await desk.person.until(lambda: FACTS["here"](desk) == ("uv.lock", 1), "for the clicked file")


async def test_files_take_the_place_of_the_differences_when_it_is_narrow() -> None:
    async with at_the_desk(size=(60, 16)) as desk:
        await desk.press("f", "j", "enter")
        await desk.person.until(lambda: FACTS["here"](desk) == ("b.py", 1), "for the other file")
        assert desk.screen._picture.view.has_focus
        await desk.press("f", "escape")
        assert desk.person.screen is desk.screen
        assert not FACTS["listed"](desk)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (200, 50)])
async def test_three_ways_are_shown_when_a_file_is_in_conflict(size: tuple[int, int]) -> None:
    async with at_the_desk(ONE, CLASH, size=size) as desk:
        assert "three ways" not in desk.person.sees()
        await desk.press("t")
        assert desk.person.screen is desk.screen
        await desk.press("]")
        await desk.person.until_seen("t three ways")
        await desk.press("t")
        await desk.person.reads("the same lines were changed", "what the first is", "what the second is")
        await desk.person.reads("what the third is")
        beside = [line for line in desk.person.sees().splitlines() if "first way" in line and "third way" in line]
        assert bool(beside) is (size[0] == 200)
        await desk.person.press("escape")
        await desk.person.until_on(ReviewScreen)
        assert desk.chosen == {}
        await desk.press("t")
        await desk.person.press("k")
        await desk.person.until(lambda: desk.chosen == {"clash.py 0": "✗"})


async def test_hunks_of_a_file_are_listed_by_what_they_are_in_and_gone_to() -> None:
    text = "".join(f"## Part {part}\n" + "".join(f"{part}.{line}\n" for line in range(9)) for part in range(1, 9))
    changed = text.replace("2.4\n", "two\n").replace("5.4\n", "five\nand\n").replace("8.4\n", "")
    async with at_the_desk(offered("guide.md", text, changed), ONE) as desk:
        await desk.press("n", "x", "g")
        await desk.person.until_on(JumpScreen)
        await desk.person.until_seen("guide.md", "line 16", "## Part 2", "## Part 5", "+2 −1", "✗ rejected")
        await desk.person.press("up", "enter")
        await desk.person.until(lambda: FACTS["here"](desk) == ("guide.md", 2))
        await desk.press("g")
        await desk.person.until_on(JumpScreen)
        await desk.person.press("down", "question_mark")
        await desk.person.until_on(HelpScreen)
        await desk.person.press("escape")
        await desk.person.until_on(JumpScreen)
        await desk.person.press("escape")
        await desk.person.until_on(ReviewScreen)
        assert FACTS["here"](desk) == ("guide.md", 2)


async def test_marks_say_where_the_person_has_been_and_lead_to_what_is_left() -> None:
    async with at_the_desk() as desk:
        await desk.press("m")
        await desk.person.until_seen("hunk 1 of a.txt: marked as reviewed.", "1 reviewed")
        assert FACTS["here"](desk) == ("a.txt", 2)
        await desk.press("p")
        await desk.person.until_seen("● to decide · reviewed @@")
        await desk.press("m")
        await desk.person.until_seen("not marked any more")
        await desk.press("M")
        await desk.person.until_seen("a.txt: marked as reviewed.", "2 reviewed")
        assert FACTS["here"](desk) == ("b.py", 1)
        await desk.press("u")
        await desk.person.until(lambda: desk.screen.state.reviewed == frozenset())
