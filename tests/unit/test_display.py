"""Proves that nothing which drives a terminal or hides from a reader survives `show`."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.domain.display import (
    hidden_characters,
    is_unsafe,
    lookalike_letters,
    runs_right_to_left,
    show,
    show_lines,
)

PAYLOADS = [
    "\x1b]52;c;aGk=\x07",
    "\x1b]0;title\x07",
    "\x1b[2J",
    "\x1b[10A",
    "\x1bP$q\x1b\\",
    "\x1b[c",
    "\x1b[6n",
    "\x9b2J",
    "\x9d0;t\x9c",
    "\x90q\x9c",
    "a\rb",
    "a\bb",
    "\x07",
    "\x0b\x0c",
    "\x7f",
    "\u202eevil\u202c",
    "\u2066x\u2069",
    "a\u200bb",
    "\ufeffx",
    "\u00adx",
    "\U000e0041",
    "\U000e0100",
    "\u2028x\u2029",
    "\ud800",
    "\x1b]8;;http://example.invalid\x1b\\link\x1b]8;;\x1b\\",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_invariant_11_payloads_become_visible(payload: str) -> None:
    shown = show(payload)

    assert not any(is_unsafe(character) for character in shown)
    assert len(shown) >= len(payload)


@given(st.text(st.characters(exclude_categories=())))
def test_invariant_11_no_control_or_format_character_survives(text: str) -> None:
    dangerous = {"Cc", "Cs", "Zl", "Zp"}

    assert not any(unicodedata.category(character) in dangerous for character in show(text))
    assert not any(
        unicodedata.bidirectional(c) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
        for c in show(text)
    )


PLAIN = st.characters(exclude_categories=("C", "Zl", "Zp", "M", "Lo"), exclude_characters="\u2800")
"""What is drawn, is drawn alone and has ink or is known as a space; U+2800 is a Braille cell without dots."""


@given(st.text(PLAIN))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert show(text) == text


@given(st.text(st.characters(exclude_categories=())))
def test_show_is_idempotent(text: str) -> None:
    assert show(show(text)) == show(text)


def test_show_lines_keeps_line_feeds_and_hides_only_the_cr_before_one() -> None:
    assert show_lines("a\r\nb\rc\n") == "a\nb\u240dc\n"


def test_hidden_characters_are_counted_without_tabs_and_line_ends() -> None:
    assert hidden_characters("a\tb\r\nc\n") == 0
    assert hidden_characters("a\u200bb\u202e\x1b") == 3


def test_marks_become_tokens_when_they_pile_up_or_stand_on_nothing() -> None:
    acute = "\u0301"
    assert show(f"e{acute}") == f"e{acute}"
    assert show(f"e{acute * 4}") == f"e{acute * 4}"
    assert show(f"e{acute * 6}") == f"e{acute * 4}‹U+0301›‹U+0301›"
    assert show(f"{acute}e") == "‹U+0301›e"
    assert hidden_characters(f"e{acute * 6}") == 2


def test_emoji_stays_as_it_is_and_a_selector_elsewhere_is_a_token() -> None:
    assert show("☃\ufe0f 👁\ufe0f 1\ufe0f\u20e3") == "☃\ufe0f 👁\ufe0f 1\ufe0f\u20e3"
    assert show("a\ufe0f") == "a‹U+FE0F›"


def test_private_characters_are_tokens() -> None:
    assert show("\ue0b0\U000f0000") == "‹U+E0B0›‹U+F0000›"


@pytest.mark.parametrize(
    ("text", "count"),
    [("paypal", 0), ("pаypаl", 2), ("привет", 0), ("Δx", 0), ("Αdmin", 1), ("ｌs", 1), ("привет and paypal", 0)],
)
def test_letters_are_counted_when_they_pass_for_latin_ones_beside_them(text: str, count: int) -> None:
    assert lookalike_letters(text) == count


def test_right_to_left_text_is_known_when_it_is_there() -> None:
    assert runs_right_to_left("x = 'שלום'")
    assert not runs_right_to_left("x = 'é漢'")
