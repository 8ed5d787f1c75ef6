"""Proves that remembered rules are kept whole, privately and outside of the workspace, and revoked by their ids."""

import json
import threading
from itertools import count
from pathlib import Path

import pytest

from copydesk.config import RuleBook
from copydesk.domain.errors import UsageError
from copydesk.domain.rules import ActionKind, RememberedRule, RuleScope, Verdict

ALLOW, DENY = Verdict.ALLOW, Verdict.DENY


@pytest.fixture
def book(tmp_path: Path) -> RuleBook:
    numbers = count(0xA0)
    return RuleBook(tmp_path / "ws" / "rules.json", lambda: f"{next(numbers):06x}", lambda: 1.5)


def test_rules_come_back_in_order_with_all_that_they_say(book: RuleBook) -> None:
    kept = [
        book.remember(ALLOW, "/odd\udcff.py", RuleScope.FILE, reason="It is mine."),
        book.remember(DENY, "*.sql", RuleScope.GLOB, actions=(ActionKind.EDIT, ActionKind.DELETE)),
    ]

    assert RuleBook(book.path, book.new_id, book.now).rules() == (tuple(kept), "")
    assert kept[0] == RememberedRule("0000a0", ALLOW, (), "/odd\udcff.py", RuleScope.FILE, 1.5, "It is mine.")
    assert book.path.stat().st_mode & 0o777 == 0o600


def test_rule_for_a_session_is_written_nowhere(book: RuleBook) -> None:
    book.remember(DENY, "src", RuleScope.SESSION)

    assert not book.path.exists()
    assert book.rules() == ((), "")


def test_rule_is_revoked_by_the_beginning_of_its_id(book: RuleBook) -> None:
    first, second = (book.remember(DENY, glob, RuleScope.GLOB) for glob in ("a", "b"))

    with pytest.raises(UsageError, match="fits 2 remembered rules"):
        book.revoke("0000a")
    for unknown in ("", "ff"):
        with pytest.raises(UsageError, match="no remembered rule"):
            book.revoke(unknown)
    assert book.revoke("0000a0") == first
    assert book.rules() == ((second,), "")


def test_pattern_that_cannot_be_remembered_is_a_usage_error(book: RuleBook) -> None:
    with pytest.raises(UsageError, match=r"'\*\.pem' stands for protected files"):
        book.remember(ALLOW, "*.pem", RuleScope.GLOB)

    assert not book.path.exists()


GOOD = {"id": "a", "verdict": "deny", "actions": [], "glob": "x", "scope": "glob", "created_at": 1, "reason": ""}
WRONG = [
    {**GOOD, "verdict": "never"},
    {**GOOD, "actions": ["run"]},
    {**GOOD, "actions": [[]]},
    {**GOOD, "scope": []},
    {**GOOD, "id": ""},
    {**GOOD, "glob": ""},
    {**GOOD, "verdict": "allow", "glob": "*.pem"},
    {key: value for key, value in GOOD.items() if key != "reason"},
    "deny x",
]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"format": 2, "rules": []}',
        b'{"format": 1, "rules": {}}',
        *(json.dumps({"format": 1, "rules": [GOOD, record]}).encode() for record in WRONG),
    ],
    ids=lambda content: repr(content[:20] + content[-120:]),
)
def test_foreign_or_torn_content_is_no_rules_and_a_sentence_and_is_left_alone(book: RuleBook, content: bytes) -> None:
    book.path.parent.mkdir()
    book.path.write_bytes(content)

    rules, said = book.rules()

    assert rules == ()
    assert said.startswith("No remembered rule counts, because ")
    with pytest.raises(UsageError, match="Move it away first"):
        book.remember(DENY, "x", RuleScope.GLOB)
    with pytest.raises(UsageError, match="Move it away first"):
        book.revoke("a")
    assert book.path.read_bytes() == content


def test_unreadable_file_is_no_rules_and_a_sentence(book: RuleBook) -> None:
    book.path.mkdir(parents=True)

    assert "cannot be read" in book.rules()[1]


def test_rules_made_at_once_are_all_kept(book: RuleBook) -> None:
    makers = [
        threading.Thread(target=book.remember, args=(DENY, f"file{number}", RuleScope.GLOB)) for number in range(20)
    ]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()

    assert sorted(rule.glob for rule in book.rules()[0]) == sorted(f"file{number}" for number in range(20))
