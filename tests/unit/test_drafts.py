"""Proves that an input is read the same in whatever pieces it comes, and never wrongly."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from copydesk.domain.drafts import Draft

TEXTS = st.text() | st.sampled_from(['a"b\\', "line\nline\r\n\t", "😀漢字\u2028", "\\u12", "\ud83d"])
VALUES = st.integers() | st.booleans() | st.none() | st.lists(st.integers()) | st.floats(allow_nan=False)
INPUTS = st.dictionaries(TEXTS, TEXTS | VALUES, max_size=5)


def grown(raw: str, sizes: list[int]) -> list[Draft]:
    drafts, position = [Draft()], 0
    for size in sizes:
        drafts.append(drafts[-1].grown(raw[position : position + size]))
        position += size
    return [*drafts, drafts[-1].grown(raw[position:])]


@given(INPUTS, st.booleans(), st.lists(st.integers(0, 9), max_size=40))
def test_all_values_are_read_when_the_input_is_whole(given_: dict[str, Any], is_ascii: bool, sizes: list[int]) -> None:
    raw = json.dumps(given_, ensure_ascii=is_ascii)
    assert dict(grown(raw, sizes)[-1].values) == json.loads(raw)


@given(INPUTS, st.lists(st.integers(0, 9), max_size=40))
def test_texts_only_grow_when_more_comes(given_: dict[str, Any], sizes: list[int]) -> None:
    for draft in grown(json.dumps(given_), sizes):
        assert all(given_[str(name)] == value for name, value in draft.values)
        assert draft.name is None or str(given_[draft.name]).startswith(draft.text)


def test_text_is_read_as_far_as_it_came_when_an_escape_is_cut() -> None:
    draft = Draft().grown('{"command": "create", "path": "a.py", "file_text": "x = 1\\ny = \\u00')
    assert (draft.whole("path"), draft.name, draft.text) == ("a.py", "file_text", "x = 1\ny = ")
    assert draft.grown("e9").text == "x = 1\ny = é"


def test_nothing_is_said_when_the_input_is_no_object_of_texts() -> None:
    assert Draft().grown('{"a": {"b": "c"}').values == ()
    assert Draft().grown("[1, 2]").values == ()
