"""Owns the law of confirmed checks: kept whole and private, and nothing in their file is taken on trust."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copydesk.config.confirmed import CheckBook
from copydesk.domain.checks import Check, fault_of_check
from copydesk.tools.declared import DeclaredChecks, detect_checks
from copydesk.workspace.files import DiskFiles
from copydesk.workspace.paths import Root

ENTRY = {"name": "a", "command": ["x"], "seconds": 5, "link": []}
NAMES = st.text("ab-.", min_size=1, max_size=4)
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@pytest.fixture
def book(tmp_path: Path) -> CheckBook:
    return CheckBook(tmp_path / "state" / "checks.json")


def store(book: CheckBook, content: bytes) -> None:
    book.path.parent.mkdir(exist_ok=True)
    book.path.write_bytes(content)


def test_checks_are_read_back_when_they_were_kept(book: CheckBook) -> None:
    checks = (Check("a", ("x", "ä b"), 5.0, ("one", "two/three")), Check("b", "x\n| y"))
    for check in checks:
        book.keep(check)
    assert book.checks() == checks


def test_checks_are_private_when_they_are_kept(book: CheckBook) -> None:
    store(book, b"")
    book.path.chmod(0o644)
    book.keep(Check("a", "x"))
    assert stat.S_IMODE(book.path.stat().st_mode) == 0o600
    assert [path.name for path in book.path.parent.iterdir()] == ["checks.json"]


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"null", b"[]", b"7", b"[" * 200_000, b"\xff", b'{"format": 1}', b'{"format": 1, "checks": {}}'),
        json.dumps({"format": 2, "checks": [ENTRY]}).encode(),
        json.dumps({"format": 1, "checks": [7, None, "a", [], {}]}).encode(),
    ],
)
def test_nothing_is_declared_when_the_file_holds_no_checks(book: CheckBook, content: bytes) -> None:
    store(book, content)
    assert book.checks() == ()


def test_nothing_is_declared_when_there_is_no_file(tmp_path: Path) -> None:
    assert CheckBook(tmp_path / "checks.json").checks() == CheckBook(tmp_path).checks() == ()


@pytest.mark.parametrize(
    "change",
    [
        {"name": "../a"},
        {"name": 7},
        {"command": []},
        {"command": ["x", 7]},
        {"command": {"x": 1}},
        {"command": ["x\0"]},
        {"command": "\ud800"},
        {"seconds": 0},
        {"seconds": "5"},
        {"seconds": 10**400},
        {"link": ["/etc"]},
        {"link": "ab"},
        {"link": None},
    ],
)
def test_entry_is_left_out_when_it_could_not_be_declared(book: CheckBook, change: dict[str, Any]) -> None:
    store(book, json.dumps({"format": 1, "checks": [ENTRY | change, ENTRY | {"name": "b"}]}).encode())
    assert [check.name for check in book.checks()] == ["b"]


@settings(max_examples=40)
@given(
    st.lists(
        st.builds(Check, NAMES, st.lists(WORDS).map(tuple) | WORDS, st.floats(), st.lists(WORDS).map(tuple)),
        unique_by=lambda check: check.name,
        max_size=4,
    )
)
def test_what_can_be_declared_is_read_back_as_it_was(tmp_path_factory: Any, checks: list[Check]) -> None:
    book = CheckBook(tmp_path_factory.mktemp("state") / "checks.json")
    for check in checks:
        book.keep(check)
    assert book.checks() == tuple(check for check in checks if not fault_of_check(check))


def test_configured_check_wins_when_several_have_its_name(book: CheckBook) -> None:
    book.keep(Check("a", "3"))
    book.keep(Check("c", "4"))
    checks = DeclaredChecks([Check("a", "1")], [Check("a", "2"), Check("b", "5")], book)
    assert [(check.name, check.command) for check in checks.all] == [("a", "1"), ("b", "5"), ("c", "4")]
    assert [checks.is_declared(check) for check in checks.all] == [True, False, True]


def test_detected_check_waits_for_consent_when_another_command_was_confirmed(book: CheckBook) -> None:
    book.keep(Check("a", "1"))
    checks = DeclaredChecks([], [Check("a", "2")], book)
    assert [checks.is_declared(check) for check in checks.all] == [False]


def test_other_confirmations_are_kept_when_one_is_added(book: CheckBook) -> None:
    first = DeclaredChecks([], [Check("a", "1")], book)
    second = DeclaredChecks([], [Check("b", "2")], book)
    first.confirm(Check("a", "1"))
    second.confirm(Check("b", "2"))
    second.confirm(Check("b", "3"))
    assert book.checks() == (Check("a", "1"), Check("b", "3"))


def test_checks_are_detected_in_the_root_only(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "package.json").write_text('{"scripts": {"test": "x"}}')
    (tmp_path / "Cargo.toml").touch()
    (tmp_path / "Makefile").write_bytes(b"\xfftest:")
    assert [check.name for check in detect_checks(DiskFiles(Root.open(tmp_path)))] == ["cargo-test"]


def test_file_suggests_nothing_when_it_is_too_large_or_no_file(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_bytes(b"test:\n" + b"#" * 1_000_000)
    (tmp_path / "package.json").mkdir()
    os.mkfifo(tmp_path / "tox.ini")
    (tmp_path / "setup.cfg").symlink_to("/etc/passwd")
    assert detect_checks(DiskFiles(Root.open(tmp_path))) == ()


def test_nothing_is_detected_when_the_root_is_gone(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    root = Root.open(tmp_path / "work")
    (tmp_path / "work").rmdir()
    assert detect_checks(DiskFiles(root)) == ()
