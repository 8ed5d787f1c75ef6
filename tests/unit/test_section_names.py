"""Proves that a line is said to lie in what begins above it and holds it, and in nothing where that is unknown."""

from __future__ import annotations

import pytest

from copydesk.domain.lines import split_lines
from copydesk.domain.sections import FARTHEST, section_at

PYTHON = (
    "import os\n\nclass Cart:\n    size = 1\n\n    async def total(self):\n        pass\n\n    size = 2\n\nprint(1)\n"
)
BRACES = "use std;\n\nimpl Cart {\n    pub fn total(&self) -> u32 {\n        1\n    }\n}\n"
PROSE = "# Cart\n\nText.\n\n## Total\n\nMore.\n"
GO = "package cart\n\nfunc Total() int {\n\n\treturn 1\n}\n"


@pytest.mark.parametrize(
    ("path", "text", "index", "name"),
    [
        ("a.py", PYTHON, 0, ""),
        ("a.py", PYTHON, 3, "class Cart:"),
        ("a.py", PYTHON, 6, "async def total(self):"),
        ("a.py", PYTHON, 7, "class Cart:"),
        ("a.py", PYTHON, 8, "class Cart:"),
        ("a.py", PYTHON, 10, ""),
        ("a.rs", BRACES, 4, "pub fn total(&self) -> u32 {"),
        ("a.rs", BRACES, 5, "impl Cart {"),
        ("a.md", PROSE, 2, "# Cart"),
        ("a.md", PROSE, 6, "## Total"),
        ("a.go", GO, 3, "func Total() int {"),
        ("Makefile", "all: x\n\tcc x\n", 1, "all: x"),
        ("a.txt", "", 0, ""),
    ],
)
def test_section_is_named_by_what_begins_above_and_stands_less_deep(
    path: str, text: str, index: int, name: str
) -> None:
    assert section_at(path, split_lines(text), index) == name


def test_nothing_is_named_when_it_is_too_far_above() -> None:
    lines = ["def far():\n", *["    pass\n"] * (FARTHEST + 1)]
    assert section_at("a.py", lines, FARTHEST) == "def far():"
    assert section_at("a.py", lines, FARTHEST + 1) == ""
