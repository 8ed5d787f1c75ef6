"""Proves which call a line of `copydesk tool` asks for."""

import pytest

from copydesk.domain.errors import EditError
from copydesk.frontends.jsonl.wire import read_call


@pytest.mark.parametrize("named", [{}, {"name": None}])
def test_editor_is_meant_when_a_line_names_no_tool(named: dict[str, object]) -> None:
    assert read_call({"input": {}, **named}, "editor").name == "editor"


@pytest.mark.parametrize("name", [1, False, ["view"], {}])
def test_name_is_refused_when_it_is_no_text(name: object) -> None:
    with pytest.raises(EditError, match="`name` must be the name of a tool"):
        read_call({"input": {}, "name": name}, "editor")
