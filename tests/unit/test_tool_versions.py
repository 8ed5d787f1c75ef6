import json

import jsonschema
import pytest

from copydesk.domain.tools import DEFAULT_TOOL_VERSION, TOOL_VERSIONS, definition, input_schema

FOUR = ("view", "create", "str_replace", "insert")
FIVE = (*FOUR, "undo_edit")


@pytest.mark.parametrize(
    ("type_", "name", "commands", "insert_parameter"),
    [
        ("text_editor_20241022", "str_replace_editor", FIVE, "new_str"),
        ("text_editor_20250124", "str_replace_editor", FIVE, "new_str"),
        ("text_editor_20250429", "str_replace_based_edit_tool", FOUR, "new_str"),
        ("text_editor_20250728", "str_replace_based_edit_tool", FOUR, "insert_text"),
        ("schema", "str_replace_based_edit_tool", FOUR, "insert_text"),
    ],
)
def test_version_has_the_documented_parts_when_looked_up(
    type_: str, name: str, commands: tuple[str, ...], insert_parameter: str
) -> None:
    version = TOOL_VERSIONS[type_]
    assert (version.type, version.name, version.commands) == (type_, name, commands)
    assert version.insert_text_parameter == insert_parameter
    assert version.can_undo == (commands == FIVE)


def test_only_the_oldest_version_needs_a_beta_when_sent() -> None:
    betas = {version.type: version.beta for version in TOOL_VERSIONS.values() if version.beta}
    assert betas == {"text_editor_20241022": "computer-use-2024-10-22"}


def test_default_version_is_the_one_of_living_models_when_nothing_is_said() -> None:
    assert DEFAULT_TOOL_VERSION.type == "text_editor_20250728"


@pytest.mark.parametrize("type_", [name for name in TOOL_VERSIONS if name != "schema"])
def test_definition_is_type_and_name_when_the_tool_is_anthropics(type_: str) -> None:
    version = TOOL_VERSIONS[type_]
    assert list(definition(version).items()) == [("type", type_), ("name", version.name)]


@pytest.mark.parametrize("type_", list(TOOL_VERSIONS))
def test_definition_names_max_characters_when_the_version_knows_it(type_: str) -> None:
    entry = definition(TOOL_VERSIONS[type_], max_characters=20_000)
    assert entry.get("max_characters") == (20_000 if type_ == "text_editor_20250728" else None)
    assert ("max_characters" in entry) == (type_ == "text_editor_20250728")


def test_definition_is_a_plain_client_tool_when_the_version_is_schema() -> None:
    entry = definition(TOOL_VERSIONS["schema"])
    assert list(entry) == ["name", "description", "input_schema"]
    assert entry["name"] == "str_replace_based_edit_tool"
    assert all(f"`{command}`" in str(entry["description"]) for command in FOUR)
    assert entry["input_schema"] == input_schema(TOOL_VERSIONS["schema"])


@pytest.mark.parametrize("type_", list(TOOL_VERSIONS))
def test_definition_has_the_same_bytes_when_made_twice(type_: str) -> None:
    version = TOOL_VERSIONS[type_]
    assert json.dumps(definition(version, 5)) == json.dumps(definition(version, 5))


@pytest.mark.parametrize("type_", list(TOOL_VERSIONS))
def test_input_schema_offers_every_parameter_and_only_its_commands_when_asked(type_: str) -> None:
    version = TOOL_VERSIONS[type_]
    schema = input_schema(version)
    jsonschema.Draft202012Validator.check_schema(schema)
    properties = schema["properties"]
    assert isinstance(properties, dict)
    assert list(properties) == [
        "command",
        "path",
        "view_range",
        "file_text",
        "old_str",
        "new_str",
        "insert_line",
        "insert_text",
    ]
    assert properties["command"]["enum"] == list(version.commands)


@pytest.mark.parametrize(
    "call",
    [
        {"command": "view", "path": "src", "view_range": [1, -1]},
        {"command": "create", "path": "a", "file_text": ""},
        {"command": "str_replace", "path": "a", "old_str": "x", "new_str": ""},
        {"command": "insert", "path": "a", "insert_line": 0, "insert_text": "x\n"},
        {"command": "insert", "path": "a", "insert_line": 0, "new_str": "x\n"},
    ],
)
def test_input_schema_takes_the_call_when_it_is_documented(call: dict[str, object]) -> None:
    for version in TOOL_VERSIONS.values():
        jsonschema.validate(call, input_schema(version))


@pytest.mark.parametrize(
    "call",
    [
        {"command": "undo_edit", "path": "a"},
        {"command": "view"},
        {"command": "view", "path": "a", "view_range": [1]},
        {"command": "insert", "path": "a", "insert_line": "3"},
    ],
)
def test_input_schema_refuses_the_call_when_it_is_not_documented(call: dict[str, object]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(call, input_schema(DEFAULT_TOOL_VERSION))
