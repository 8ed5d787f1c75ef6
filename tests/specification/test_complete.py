"""Proves that no case and no row of the specification is without a test, and none is tested that it does not have."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from copydesk.domain.tools import TOOL_VERSIONS
from tests.specification.conftest import WITH_UNDO, WITHOUT_UNDO

CASES = 63
ROWS = 16
OF_UNDO = {43, 44, 45, 46, 47}
"""Cases that versions without `undo_edit` cannot have."""
DESKS = {"desk", "undo_desk", "newer_desk"}
NAME = re.compile(r"test_(case|row)_(\d\d)_\w+_when_\w+")


def numbered() -> Iterator[tuple[str, int, set[str]]]:
    """Of each numbered test whether it is of a case or a row, the number, and the names of its arguments."""
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith(("test_case", "test_row")):
                found = NAME.fullmatch(node.name)
                assert found, node.name
                yield found[1], int(found[2]), {argument.arg for argument in node.args.args}


def numbers_of(kind: str) -> set[int]:
    return {number for of, number, _ in numbered() if of == kind}


def test_every_case_has_a_test() -> None:
    assert numbers_of("case") == set(range(1, CASES + 1))


def test_every_row_has_a_test() -> None:
    assert numbers_of("row") == set(range(1, ROWS + 1))


def test_every_test_is_of_the_versions_that_its_case_applies_to() -> None:
    for kind, number, arguments in numbered():
        desks = arguments & DESKS
        assert len(desks) == 1, (kind, number)
        assert kind == "row" or number not in OF_UNDO or desks != {"desk"}, number
    in_all = {number for kind, number, arguments in numbered() if kind == "case" and "desk" in arguments}
    assert in_all == set(range(1, CASES + 1)) - OF_UNDO
    assert {*WITH_UNDO, *WITHOUT_UNDO} == set(TOOL_VERSIONS)
