from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.domain.edits import Create, Insert, StrReplace, UndoEdit, View
from copydesk.domain.errors import EditError
from copydesk.domain.tools import DEFAULT_TOOL_VERSION, TOOL_VERSIONS, ToolVersion
from copydesk.editor.commands import parse

ALL_VERSIONS = pytest.mark.parametrize("version", TOOL_VERSIONS.values(), ids=TOOL_VERSIONS.keys())
PARAMETERS = ["command", "path", "view_range", "file_text", "old_str", "new_str", "insert_line", "insert_text"]


def short(value: object) -> str:
    return repr(value)[:20]


def refusal(given: object, version: ToolVersion = DEFAULT_TOOL_VERSION) -> str:
    with pytest.raises(EditError) as caught:
        parse(version, given)
    return str(caught.value)


@ALL_VERSIONS
def test_command_is_read_when_it_is_well_formed(version: ToolVersion) -> None:
    assert parse(version, {"command": "view", "path": "a"}) == View("a")
    assert parse(version, {"command": "view", "path": "a", "view_range": [2, -1]}) == View("a", (2, -1))
    assert parse(version, {"command": "create", "path": "a", "file_text": ""}) == Create("a", "")
    replaced = parse(version, {"command": "str_replace", "path": "a", "old_str": "x", "new_str": ""})
    assert replaced == StrReplace("a", "x", "")


@ALL_VERSIONS
@pytest.mark.parametrize("name", ["insert_text", "new_str"])
def test_case_16_insert_takes_its_text_when_it_comes_by_either_name(version: ToolVersion, name: str) -> None:
    assert parse(version, {"command": "insert", "path": "a", "insert_line": 2, name: "x\n"}) == Insert("a", 2, "x\n")


@ALL_VERSIONS
def test_insert_is_refused_when_both_names_come_and_differ(version: ToolVersion) -> None:
    both = {"command": "insert", "path": "a", "insert_line": 0, "insert_text": "x", "new_str": "y"}
    assert "differ" in refusal(both, version)
    assert parse(version, both | {"new_str": "x"}) == Insert("a", 0, "x")


@ALL_VERSIONS
def test_insert_names_the_parameter_of_the_version_when_the_text_is_missing(version: ToolVersion) -> None:
    said = refusal({"command": "insert", "path": "a", "insert_line": 0}, version)
    assert f"`{version.insert_text_parameter}` is missing" in said


@ALL_VERSIONS
def test_undo_edit_points_to_the_person_when_the_version_has_none(version: ToolVersion) -> None:
    undo = {"command": "undo_edit", "path": "a"}
    if version.can_undo:
        assert parse(version, undo) == UndoEdit("a")
    else:
        assert "take the edit back with `copydesk rollback`" in refusal(undo, version)


@ALL_VERSIONS
@pytest.mark.parametrize("command", ["open", "", 3, [], None])
def test_unknown_command_is_answered_with_those_there_are(version: ToolVersion, command: object) -> None:
    assert ", ".join(version.commands) in refusal({"command": command, "path": "a"}, version)


@ALL_VERSIONS
def test_case_29_missing_new_str_is_refused_when_replacing(version: ToolVersion) -> None:
    assert 'new_str: ""' in refusal({"command": "str_replace", "path": "a", "old_str": "x"}, version)


def test_case_26_empty_old_str_is_refused() -> None:
    said = refusal({"command": "str_replace", "path": "a", "old_str": "", "new_str": "x"})
    assert "`old_str` must not be empty" in said


def test_replacing_is_refused_when_nothing_would_change() -> None:
    assert "same" in refusal({"command": "str_replace", "path": "a", "old_str": "x", "new_str": "x"})


@pytest.mark.parametrize("number", [185, "185", " 185 ", 185.0, "+185"], ids=repr)
def test_case_18_whole_number_is_taken_when_it_comes_in_another_form(number: object) -> None:
    parsed = parse(DEFAULT_TOOL_VERSION, {"command": "insert", "path": "a", "insert_line": number, "new_str": "x"})
    assert parsed == Insert("a", 185, "x")


@pytest.mark.parametrize("given", [[1, 50], "[1, 50]", ["1", "50"], " [1,50] ", [1.0, 50]], ids=repr)
def test_case_18_range_is_taken_when_it_comes_in_another_form(given: object) -> None:
    assert parse(DEFAULT_TOOL_VERSION, {"command": "view", "path": "a", "view_range": given}) == View("a", (1, 50))


@pytest.mark.parametrize("number", [True, "one", "1.5", 1.5, float("nan"), 1e999, 10**30, [], "9" * 5000], ids=short)
def test_case_19_insert_line_is_named_when_it_is_no_whole_number(number: object) -> None:
    said = refusal({"command": "insert", "path": "a", "insert_line": number, "new_str": "x"})
    assert "`insert_line` must be a whole number" in said
    assert len(said) < 200


@pytest.mark.parametrize("given", [[1], [1, 2, 3], [], "1-50", 7, {}, [1, None], [True, 2], "[" * 10_000], ids=short)
def test_case_19_view_range_is_named_when_it_is_malformed(given: object) -> None:
    said = refusal({"command": "view", "path": "a", "view_range": given})
    assert "`view_range` must be two whole numbers" in said
    assert len(said) < 200


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"command": "view"}, "path"),
        ({"command": "view", "path": 3}, "path"),
        ({"command": "create", "path": "a"}, "file_text"),
        ({"command": "create", "path": "a", "file_text": {"a": 1}}, "file_text"),
        ({"command": "str_replace", "path": "a", "new_str": "x"}, "old_str"),
        ({"command": "str_replace", "path": "a", "old_str": ["x"], "new_str": "x"}, "old_str"),
        ({"command": "insert", "path": "a", "new_str": "x"}, "insert_line"),
        ({"command": "insert", "path": "a", "insert_line": 1, "insert_text": 5}, "insert_text"),
    ],
)
def test_case_19_parameter_is_named_when_it_is_missing_or_of_another_type(given: object, named: str) -> None:
    assert f"`{named}`" in refusal(given)


def test_parameter_is_refused_when_the_command_does_not_take_it() -> None:
    said = refusal({"command": "view", "path": "a", "file_text": "x"})
    assert "takes no 'file_text'; its parameters are path, view_range" in said


def test_parameter_counts_as_left_out_when_it_is_null() -> None:
    assert parse(DEFAULT_TOOL_VERSION, {"command": "view", "path": "a", "file_text": None}) == View("a")


@pytest.mark.parametrize("given", [None, "view", ["view"], 3])
def test_input_is_refused_when_it_is_no_object(given: object) -> None:
    assert "must be an object" in refusal(given)


@pytest.mark.parametrize("character", ["\0", "\udc80"])
def test_text_is_refused_when_a_character_of_it_cannot_be_in_a_text_file(character: str) -> None:
    said = refusal({"command": "create", "path": "a", "file_text": f"x{character}"})
    assert f"U+{ord(character):04X}" in said


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
COMMANDS = st.sampled_from(["view", "create", "str_replace", "insert", "undo_edit"])


INPUTS = st.dictionaries(st.sampled_from(PARAMETERS), JUNK) | JUNK


@given(st.sampled_from(list(TOOL_VERSIONS.values())), COMMANDS, INPUTS)
def test_input_gives_a_command_or_one_short_sentence_whatever_it_is(
    version: ToolVersion, command: str, given_input: Any
) -> None:
    if isinstance(given_input, dict):
        given_input.setdefault("command", command)
    said = "."
    try:
        parse(version, given_input)
    except EditError as error:
        said = str(error)
    assert said.endswith(".")
    assert len(said) < 300


@ALL_VERSIONS
@pytest.mark.parametrize("name", ["insert_text", "new_str"])
def test_insert_is_refused_when_there_is_nothing_to_insert(name: str, version: ToolVersion) -> None:
    said = refusal({"command": "insert", "path": "a", "insert_line": 1, name: ""}, version)
    assert said == f'`{name}` is empty, so there is nothing to insert; "\\n" inserts an empty line.'
