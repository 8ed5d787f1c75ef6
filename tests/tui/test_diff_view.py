"""Owns what a reader of differences can do: move, jump, select, fold, expand, search; and that nothing is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.color import Color

from copydesk.domain.diffs import diff_images
from copydesk.frontends.tui.diff.view import Comment, Layout, ShownFile, Spot
from copydesk.frontends.tui.theme import palette
from tests.tui.diff_desk import Reader, numbered, reading, shown

FAR = shown(numbered(60), numbered(60, [12, 40]))
"""Two hunks, far from each other, whole texts at hand."""
OTHER = shown("a\nb\n", "a\nc\n", "other.txt")


async def test_cursor_moves_over_lines_when_keys_are_pressed() -> None:
    async with reading(FAR) as reader:
        assert reader.view.spot == Spot(0, 1)
        await reader.press("down", "down", "down", "down")
        assert reader.view.spot == Spot(0, 1, 12, True, 3)
        await reader.press("down")
        assert reader.view.spot == Spot(0, 1, 12, False, 4)
        assert reader.cursor_line == "▌   12 + changed 12"
        await reader.press("up", "up")
        assert reader.view.spot == Spot(0, 1, 11, False, 2)
        assert reader.app.moves[-1] == reader.view.spot


async def test_hunks_and_files_are_gone_to_when_asked() -> None:
    async with reading(FAR, OTHER) as reader:
        places = []
        for go in (reader.view.go_to_hunk, reader.view.go_to_file):
            for step in (1, 1, 1, -1, -1, -1):
                go(step)
                places.append((reader.view.spot.file, reader.view.spot.hunk))
        assert places == [
            (0, 2),
            (1, 1),
            (1, 1),
            (0, 2),
            (0, 1),
            (0, 1),
            (1, 1),
            (1, 1),
            (1, 1),
            (0, 1),
            (0, 1),
            (0, 1),
        ]
        reader.view.go_to(0, 2)
        assert reader.view.spot == Spot(0, 2)
        reader.view.go_to(1)
        assert reader.view.spot == Spot(1, 0)


async def test_file_and_gap_stay_in_sight_when_a_hunk_is_gone_to() -> None:
    async with reading(*[FAR] * 4, size=(80, 12)) as reader:
        reader.view.go_to(2, 1)
        await reader.resize(80, 13)
        assert [line.split("  ")[0] for line in reader.lines()[:3]] == [
            " ▾ src/cart.py",
            " ── 8 unchanged lines ── z expand",
            "▌@@ -9,7 +9,7 @@",
        ]


async def test_lines_of_one_hunk_are_selected_when_shift_is_held() -> None:
    async with reading(FAR) as reader:
        await reader.press("down", "down", "shift+down", "shift+down")
        assert reader.view.selected_rows == (1, 4)
        assert [line[0] for line in reader.lines()[4:7]] == ["┃", "┃", "▌"]
        await reader.press(*["shift+down"] * 20)
        assert reader.view.selected_rows == (1, 8)
        await reader.press("down")
        assert reader.view.selected_rows is None


async def test_selection_goes_on_with_plain_keys_when_it_is_held() -> None:
    async with reading(FAR) as reader:
        await reader.press("down", "V", "down", "down")
        assert reader.view.selected_rows == (0, 3)
        await reader.press("V")
        assert reader.view.selected_rows is None


async def test_unchanged_lines_are_shown_when_they_are_expanded() -> None:
    async with reading(FAR, size=(80, 80)) as reader:
        assert "21 unchanged lines ── z expand" in reader.sees()
        await reader.press("z")
        assert " 1  1   line 1" in reader.sees()
        assert "── 1 unchanged line ── z expand" in reader.sees()
        assert reader.view.spot == Spot(0, 1)
        await reader.press("Z")
        assert "unchanged" not in reader.sees()
        assert "60 60   line 60" in reader.sees()


async def test_nothing_is_offered_to_expand_when_the_whole_text_is_not_at_hand() -> None:
    async with reading(shown(numbered(60), numbered(60, [12, 40]), is_whole=False)) as reader:
        assert "── 21 unchanged lines ──" in reader.sees()
        assert "expand" not in reader.sees()
        before = reader.sees()
        await reader.press("z")
        assert reader.sees() == before


async def test_whole_file_is_shown_when_that_is_the_layout() -> None:
    async with reading(FAR, size=(80, 80)) as reader:
        await reader.press("down", "down")
        reader.view.set_layout(Layout.WHOLE)
        await reader.press("down")
        assert "unchanged" not in reader.sees()
        assert reader.view.spot == Spot(0, 1, 11, False, 2)
        assert sum(line[9:].startswith(("line", "changed")) for line in reader.lines()) == 62


async def test_file_is_folded_and_unfolded_when_asked() -> None:
    async with reading(replace(FAR, is_folded=True), OTHER) as reader:
        assert reader.cursor_line.startswith("▌▸ src/cart.py")
        assert "line 12" not in reader.sees()
        reader.view.toggle_fold()
        await reader.press("down")
        assert "12    − line 12" in reader.sees()
        reader.view.toggle_fold()
        assert reader.view.spot == Spot(0, 0)
        reader.view.go_to(0, 2)
        assert reader.view.spot == Spot(0, 2)


async def test_layout_follows_the_width_and_the_cursor_stays_when_the_screen_is_resized() -> None:
    async with reading(FAR, size=(80, 24)) as reader:
        await reader.press("down", "down", "down", "down", "down")
        for width, line in ((160, "▌12 − line 12"), (80, "▌   12 + changed 12"), (60, "▌   12 + changed 12")):
            await reader.resize(width, 16)
            assert reader.cursor_line.startswith(line)
            assert reader.view.spot == Spot(0, 1, 12, False, 4)


async def test_cursor_is_in_sight_when_the_view_was_scrolled() -> None:
    async with reading(*[FAR] * 5) as reader:
        reader.view.scroll_to(y=50, animate=False)
        await reader.press("down")
        assert reader.cursor_line
        assert reader.view.spot.file == 2
        assert reader.app.moves[-1] == reader.view.spot


async def test_place_is_kept_when_the_files_are_shown_anew() -> None:
    async with reading(FAR, OTHER) as reader:
        reader.view.go_to(1, 1)
        await reader.press("down", "down")
        reader.view.show_files([OTHER, FAR], keeps_place=True)
        assert reader.view.spot == Spot(0, 1, 2, True, 1)
        reader.view.show_files([FAR, OTHER])
        assert reader.view.spot == Spot(0, 1)


async def test_matches_are_counted_marked_and_gone_to_when_searched() -> None:
    async with reading(FAR, replace(OTHER, is_folded=True)) as reader:
        assert reader.view.search("LINE 1") == 0
        assert reader.view.search("line 1") == 11
        for step, line in ((1, 10), (1, 11), (1, 12), (-1, 11), (-1, 10), (-1, 1)):
            reader.view.search_step(step)
            assert reader.view.spot.line == line
        assert any(segment.style and segment.style.reverse for segment in reader.strips()[1])
        assert reader.view.search("c") == 3
        reader.view.search_step(1)
        reader.view.search_step(1)
        reader.view.search_step(1)
        assert reader.view.spot.file == 1
        assert reader.view.search("") == 0


async def test_unchanged_lines_are_uncovered_when_what_is_searched_for_is_in_them() -> None:
    async with reading(FAR) as reader:
        assert "line 25" not in reader.sees()
        assert reader.view.search("line 25") == 1
        reader.view.search_step(1)
        assert reader.view.spot == Spot(0, 0, 25)
        await reader.press("down")
        assert [line for line in reader.lines() if "unchanged" in line] == [
            " ── 8 unchanged lines ── z expand",
            " ── 6 unchanged lines ── z expand",
            " ── 8 unchanged lines ── z expand",
        ]
        assert reader.view.search("line 58") == 1
        assert "line 25" not in reader.sees()
        rows = reader.view.block_count()
        reader.view.search("")
        assert reader.view.block_count() == rows
        await reader.press("end")
        assert "line 58" in reader.sees()


async def test_folded_file_is_unfolded_when_an_unchanged_line_of_it_is_searched_for() -> None:
    async with reading(replace(FAR, is_folded=True)) as reader:
        assert reader.view.search("line 25") == 1
        reader.view.search_step(1)
        assert reader.view.spot == Spot(0, 0, 25)


async def test_section_is_named_when_a_hunk_lies_deep_in_it() -> None:
    body = "".join(f"        self.use({number})\n" for number in range(20))
    before = f"class Cart:\n    def total(self):\n{body}"
    async with reading(shown(before, before.replace("(15)", "(99)"))) as reader:
        assert "@@ -15,7 +15,7 @@  def total(self):" in reader.sees()
        await reader.resize(30, 20)
        assert "@@ -15,7 +15,7 @@  def tot…" in reader.sees()
        await reader.resize(26, 20)
        assert "def" not in reader.sees()


async def test_marks_stand_before_hunks_and_files_when_they_are_set() -> None:
    async with reading(FAR) as reader:
        reader.view.mark_hunk(0, 1, "✓ accepted", "added")
        reader.view.mark_file(0, "◐", "waiting")
        await reader.press("down")
        assert reader.lines()[0].startswith(" ▾ ◐ src/cart.py")
        assert reader.lines()[2] == " ✓ accepted @@ -9,7 +9,7 @@  hunk 1 of 2"
        reader.view.mark_hunk(0, 1, "", "added")
        await reader.press("down")
        assert reader.lines()[2] == " @@ -9,7 +9,7 @@  hunk 1 of 2"


async def test_comments_stand_under_their_lines_when_they_are_set() -> None:
    words = [
        Comment(0, 12, True, None, "why", "old"),
        Comment(0, 12, False, 13, "\x1bbad\nnext", "new"),
        Comment(0, 25, False, None, "hidden", "gap"),
    ]
    async with reading(FAR, size=(80, 40)) as reader:
        reader.view.set_comments(words)
        await reader.press("down")
        lines = reader.lines()
        for line, above in (("╰ old: why", "− line 12"), ("╰ new: ␛bad", "line 13"), ("╰ gap: hidden", "── 21 unch")):
            place = next(number for number, text in enumerate(lines) if line in text)
            assert above in lines[place - 1]
        reader.view.set_comments([])
        await reader.press("down")
        assert "╰" not in reader.sees()


async def test_clicks_tell_what_was_clicked_and_expand_when_they_hit() -> None:
    async with reading(FAR, OTHER) as reader:
        await reader.click(20, 6)
        assert reader.app.clicks == [(0, 1)]
        assert reader.view.spot.line == 12
        await reader.click(6, 1)
        assert "line 1\n" in reader.sees()
        reader.view.go_to(1)
        await reader.press("end", "home")
        await reader.click(1, 0)
        assert "folded" in reader.lines()[0]


async def test_lines_run_on_and_scroll_sideways_when_they_do_not_wrap() -> None:
    file = shown("short\n" + "x " * 100 + "xend\n", "short\n" + "x " * 100 + "xEND\n")
    async with reading(file, size=(60, 16)) as reader:
        assert "xend" in reader.sees()
        reader.view.set_wrapping(False)
        await reader.press("right")
        assert reader.lines()[3].startswith(" 2   − ‹ x x")
        assert reader.lines()[3].endswith("›")
        await reader.press(*["right"] * 40)
        assert reader.lines()[3].endswith("xend")
        await reader.press(*["left"] * 40)
        assert reader.lines()[2] == " 1 1   short"
        await reader.press("down", "down", "shift+right")
        assert "xend" in reader.sees()


@pytest.mark.parametrize("layout", [Layout.UNIFIED, Layout.SIDE])
async def test_room_of_line_numbers_is_the_lines_own_when_they_are_hidden(layout: Layout) -> None:
    file = shown("one\ntwo\n" + "x" * 60 + "\n", "one\nzwei\n" + "x" * 60 + "\n")
    async with reading(file, size=(65 if layout is Layout.UNIFIED else 130, 16)) as reader:
        reader.view.set_layout(layout)
        await reader.press("down")
        numbered = reader.lines()
        await reader.press("l")
        lines = reader.lines()
        assert any(line[1:].startswith("  one") for line in lines), lines
        assert any(line.startswith(" − two") for line in lines), lines
        assert any("   " + "x" * 60 in line for line in lines)
        assert all(len(line) <= reader.view.size.width for line in lines)
        await reader.press("l")
        assert reader.lines() == numbered


async def test_line_higher_than_the_view_is_read_through_when_the_cursor_moves() -> None:
    file = shown("a\n", "".join(f"{number:04}" for number in range(400)) + "\nlast\n")
    async with reading(file, size=(60, 16)) as reader:
        await reader.press("down", "down", "down")
        seen = reader.sees()
        for _ in range(60):
            await reader.press("down")
            seen += reader.sees()
            if reader.cursor_line.endswith("last"):
                break
        assert all(f"{number:04}" in seen for number in range(400))
        assert reader.cursor_line.endswith("+ last")


async def test_only_what_is_visible_is_drawn_when_a_line_is_very_long() -> None:
    async with reading(shown("x\n", "y" * 1_000_000 + "漢" + "\n"), size=(80, 24)) as reader:
        await reader.press("down", "down", "down")
        assert reader.sees().count("y" * 30) >= 18
        await reader.press("end")
        assert "漢" in reader.sees()
        assert reader.view.rendered_blocks < 20


@pytest.mark.parametrize("width", [100, 160])
async def test_only_what_is_visible_is_drawn_when_there_are_many_lines(width: int) -> None:
    old = [f"value_{number} = {number}\n" for number in range(50_000)]
    new = [line.replace("value", "worth") if number % 50 == 0 else line for number, line in enumerate(old)]
    async with reading(shown("".join(old), "".join(new)), size=(width, 40)) as reader:
        assert reader.view.rendered_blocks < 80
        before = reader.view.rendered_blocks
        await reader.press("down", "down", "shift+down")
        assert reader.view.rendered_blocks == before
        await reader.press("end")
        assert "+ worth_49950" in reader.sees()
        assert reader.view.rendered_blocks < before + 100


async def test_code_is_coloured_when_pages_have_stopped_flying_by() -> None:
    source = "".join(f"def function_{number}(): return {number}\n" for number in range(1_000))
    async with reading(shown(None, source)) as reader:
        coloured = palette(True).keyword.color
        reader.view.action_page(1)
        assert coloured in colours(reader)
        drawn = reader.view.rendered_blocks
        for _ in range(20):
            reader.view.action_page(1)
        assert coloured not in colours(reader)
        assert reader.view.rendered_blocks < drawn + 20 * 25
        await reader.until(lambda: coloured in colours(reader))
        assert "function_5" in reader.sees()


def colours(reader: Reader) -> set[Color | None]:
    return {segment.style.color for strip in reader.strips() for segment in strip if segment.style}


async def test_view_stays_whole_when_there_is_nothing_to_show() -> None:
    async with reading() as reader:
        for key in ("down", "up", "pagedown", "end", "home", "z", "V", "shift+down", "right", "shift+right"):
            await reader.press(key)
        reader.view.go_to_hunk(1)
        reader.view.go_to(3, 1)
        reader.view.toggle_fold()
        assert reader.view.spot == Spot(0, 0)
        assert reader.view.selected_rows is None


@pytest.mark.parametrize("layout", [Layout.UNIFIED, Layout.SIDE, Layout.WHOLE])
async def test_no_line_is_wider_than_the_view_when_anything_is_shown(layout: Layout) -> None:
    odd = "\t漢\u202e\x1b[2J" * 40
    files = [replace(shown(odd, odd + "e\u0301👩\u200d👧", f"{odd}.py"), mark=odd, remarks=(odd,)), FAR]
    for size in ((60, 16), (200, 20)):
        async with reading(*files, size=size) as reader:
            reader.view.set_layout(layout)
            reader.view.set_comments([Comment(0, 1, False, None, odd, odd)])
            for wraps in (True, False):
                reader.view.set_wrapping(wraps)
                await walk(reader)


async def walk(reader: Reader) -> None:
    view = reader.view
    for line in range(view.tops[-1]):
        strip = view.line_strip(line)
        assert strip is not None
        assert strip.cell_length <= view.size.width
        assert all(character.isprintable() or character == "\u0301" for character in strip.text)


async def test_file_without_hunks_is_a_place_when_hunks_are_gone_to() -> None:
    binary = ShownFile(diff_images("a.bin", b"\0a", b"\0b"))
    async with reading(FAR, binary, OTHER) as reader:
        reader.view.go_to(0, 2)
        reader.view.go_to_hunk(1)
        assert reader.view.spot == Spot(1, 0)
        reader.view.go_to_hunk(1)
        assert reader.view.spot == Spot(2, 1)
