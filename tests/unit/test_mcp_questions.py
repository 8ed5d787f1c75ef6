"""Proves what a person reads in a form, and what a client's roots cover."""

from __future__ import annotations

from pathlib import Path

import pytest

from copydesk.domain.display import is_unsafe
from copydesk.domain.policies import Ruling, Verdict
from copydesk.domain.proposals import FileChange, FileImage, Proposal
from copydesk.frontends.mcp.approval import SHOWN_COLUMNS, SHOWN_LINES, question_text
from copydesk.frontends.mcp.roots import limits_of
from copydesk.tools.editor import Question

RULING = Ruling(Verdict.ASK, "In mode ask each edit is shown first.")


def question(after: bytes, before: bytes | None = None, path: str = "a.txt") -> Question:
    change = FileChange(path, None if before is None else FileImage(before), FileImage(after))
    return Question(path, RULING, Proposal("", "call", (change,)))


def test_question_shows_reason_and_whole_diff() -> None:
    lines = question_text(question(b"one\n2\n", b"one\ntwo\n")).split("\n")
    assert lines[:2] == [RULING.reason, "Apply this edit of a.txt (+1 −1)?"]
    assert [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---") and line] == ["-two", "+2"]


def test_question_is_safe_to_show_when_the_file_is_not() -> None:
    text = question_text(question(b"\x1b[2J\xe2\x80\xae\xff\r\n", path="a\nApply?\x1b.txt"))
    assert not any(is_unsafe(character) for character in text.replace("\n", ""))
    assert text.split("\n")[1].startswith("Apply this edit of a␊Apply?␛.txt (")


def test_question_says_how_much_it_does_not_show_when_the_diff_is_long() -> None:
    text = question_text(question(b"x\n" * 5000 + b"y" * 100_000))
    assert len(text.split("\n")) < SHOWN_LINES + 12
    assert "4,6" not in text
    assert "more lines of this diff not shown; your approval covers all of it." in text
    wide = question_text(question(b"y" * 100_000))
    assert len(wide) < SHOWN_COLUMNS + 1000
    assert "more characters) not shown" in wide or "more characters not shown" in wide


def test_questions_differ_when_only_what_is_not_shown_differs() -> None:
    first, second = (question_text(question(b"x\n" * 5000 + end)) for end in (b"good\n", b"evil\n"))
    assert first.split("\n")[:-1] == second.split("\n")[:-1]
    assert first != second


def test_question_names_the_file_when_the_model_wants_to_read_it() -> None:
    ruling = Ruling(Verdict.ASK, ".env may hold secrets.", "secret", True)
    assert question_text(Question(".env", ruling, None)) == ".env may hold secrets.\nLet the model read .env?"


@pytest.mark.parametrize(
    ("uri", "limits"),
    [
        ("file://{}", (".",)),
        ("file://localhost{}", (".",)),
        ("file:///", (".",)),
        ("file://{}/a%20b", ("a b",)),
        ("file://{}/a%20b/../a%20b/", ("a b",)),
        ("file://{}x", ()),
        ("file://elsewhere{}", ()),
        ("file://{}?a", ()),
        ("file://{}#a", ()),
        ("file://{}/%00", ()),
        ("file:a", ()),
        ("file://[", ()),
        ("https://example.com{}", ()),
        ("{}", ()),
        ("", ()),
    ],
)
def test_root_covers_the_part_of_the_workspace_that_it_names(uri: str, limits: tuple[str, ...], tmp_path: Path) -> None:
    folder = tmp_path.resolve()
    (folder / "a b").mkdir()
    assert limits_of([uri.format(folder)], str(folder)) == limits


def test_workspace_is_not_limited_when_the_client_gives_no_roots(tmp_path: Path) -> None:
    assert limits_of([], str(tmp_path)) is None
