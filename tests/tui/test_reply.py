"""Owns how replies are cut into sections and drawn: the same whether they came whole or grew."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from copydesk.domain.long_sequences import LongSequence
from copydesk.domain.transcript import Item, Notice, Prompt, Reply
from copydesk.frontends.tui.theme import palette
from copydesk.frontends.tui.transcript.item_blocks import ItemBlocks
from copydesk.frontends.tui.transcript.reply import render_reply, render_section
from copydesk.frontends.tui.transcript.sections import LONGEST_LINE, LONGEST_PROSE, ReplySections, is_apart

LINES = [
    "", "", "word " * 12, "- item", "  more", "1. one", "```python", "x = 1", "```", "# head", "> q", "    code",
    "**b**", "| a | b |", "|---|---|", "| c | d |", "- item\n" * 70, "| c | d |\n" * 70, "x" * 5_000, "word " * 900,
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(LINES), max_size=30).map("\n".join)
STEPS = st.lists(st.integers(1, 4_000) | st.integers(1, 40), min_size=1, max_size=20)


def grown(text: str, steps: list[int]) -> ReplySections:
    growing = ReplySections()
    position = 0
    for step in steps:
        position += step
        growing.grow(text[:position])
    growing.grow(text)
    return growing


@given(TEXTS, STEPS)
def test_reply_is_cut_the_same_when_it_has_grown_as_when_it_came_whole(text: str, steps: list[int]) -> None:
    assert grown(text, steps).sections == grown(text, [1]).sections


@settings(max_examples=40)
@given(TEXTS)
def test_sections_look_like_the_whole_when_they_are_drawn_one_by_one(text: str) -> None:
    sections = grown(text, [1]).sections
    lines: list[str] = []
    for number, section in enumerate(sections):
        strips = render_section(section, 60, palette(True))
        lines += [""] * (bool(strips) and is_apart(sections, number)) + [strip.text for strip in strips]
    assert lines == [strip.text for strip in render_reply(text, 60, palette(True))]


@given(TEXTS, STEPS)
def test_sections_before_the_first_changed_one_are_the_same_when_a_reply_grows(text: str, steps: list[int]) -> None:
    growing = ReplySections()
    position = 0
    for step in steps:
        position += step
        before = list(growing.sections)
        first = growing.grow(text[:position])
        assert growing.sections[:first] == before[:first]


def test_only_the_end_is_cut_anew_when_a_reply_grows() -> None:
    growing = ReplySections()
    growing.grow("one\n\ntwo\n\nthr")
    assert growing.grow("one\n\ntwo\n\nthree four") == 2
    assert [section.lines for section in growing.sections] == [("one", ""), ("two", ""), ("three four",)]


def test_long_code_is_settled_in_parts_when_it_streams() -> None:
    growing = ReplySections()
    text = "```python\n" + "".join(f"x{number} = 1\n" for number in range(200))
    growing.grow(text)
    assert growing.grow(text + "y = 2\n") == 5
    assert [strip.text for strip in render_reply(text + "y = 2\n", 60, palette(True))] == [
        *(f"  x{number} = 1" for number in range(200)),
        "  y = 2",
        "  ",
    ]


def test_list_and_table_go_on_without_a_gap_when_they_are_too_long_for_one_section() -> None:
    items = "".join(f"- item {number}\n" for number in range(LONGEST_PROSE + 5))
    rows = "".join(f"| row {number} |\n" for number in range(LONGEST_PROSE + 5))
    table = f"| head |\n|------|\n{rows}"
    assert [len(section.lines) for section in grown(items, [1]).sections] == [LONGEST_PROSE, 6]
    first, second = grown(table, [1]).sections
    assert (first.lines[:2], second.lines[:2]) == (("| head |", "|------|"), ("| head |", "|------|"))
    shown = [strip.text for strip in render_reply(items, 60, palette(True))]
    assert shown == [f" • item {number}" for number in range(LONGEST_PROSE + 5)]


def test_endless_line_is_cut_between_words_when_nobody_ends_it() -> None:
    text = "word " * 2_000
    assert all(len(section.lines[0]) <= LONGEST_LINE for section in grown(text, [1]).sections)
    assert "".join(section.lines[0] for section in grown(text, [1]).sections) == text


@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from("npralu"), TEXTS), max_size=8))
def test_blocks_are_those_of_the_items_when_items_change_in_any_way(changes: list[tuple[int, str, str]]) -> None:
    blocks = ItemBlocks([Notice("welcome")])
    items: LongSequence[Item] = LongSequence()
    drawn: list[object] = looks(blocks)
    for place, kind, text in changes:
        kinds: dict[str, Item] = {"n": Notice(text), "p": Prompt(text), "r": Reply(text)}
        item = kinds.get(kind, Reply(text, is_live=True))
        match kind:
            case "u" if place < len(items):
                items = items.replaced(place, item)
            case "a":
                items = items.cut(place)
            case _:
                items = items.appended(item)
        change = blocks.take(items)
        now = looks(blocks)
        same = [number for number in range(min(change.first_new, len(drawn))) if number not in change.changed]
        assert [now[number] for number in same] == [drawn[number] for number in same]
        assert len(now) == blocks.block_count
        drawn = now


def looks(blocks: ItemBlocks) -> list[object]:
    """What each block is drawn from."""
    found: list[object] = []
    for place in range(blocks.place_count):
        above = blocks.item(place - 1) if place else None
        assert blocks.first_block(place) == len(found)
        if sections := blocks.sections(place):
            found += [(type(above) if n == 0 else is_apart(sections, n), one) for n, one in enumerate(sections)]
        else:
            found.append((type(above), blocks.item(place)))
        assert blocks.place_of(len(found) - 1) == place
    return found
