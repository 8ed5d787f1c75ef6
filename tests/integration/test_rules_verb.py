"""Proves that rules are listed, remembered and revoked at a shell, and count from the next start on."""

import json
from pathlib import Path

import pytest

from tests.programs import warm_copydesk

EDIT = b'{"input": {"command": "str_replace", "path": "a.py", "old_str": "1", "new_str": "2"}}\n'


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "a.py").write_text("x = 1\n")
    return folder


def test_rule_that_is_remembered_counts_until_it_is_revoked(workspace: Path) -> None:
    added = warm_copydesk("rules", "add", "deny", "*.py", "--reason", "Mine.", "--json", cwd=workspace)
    denied = warm_copydesk("tool", cwd=workspace, given=EDIT)
    revoked = warm_copydesk("rules", "revoke", added.json["id"][:4], cwd=workspace)
    edited = warm_copydesk("tool", cwd=workspace, given=EDIT)

    assert (added.json["verdict"], added.json["glob"], added.json["reason"]) == ("deny", "*.py", "Mine.")
    assert f"is denied by the remembered rule {added.json['id']}, *.py." in denied.out
    assert (revoked.code, revoked.out) == (0, "")
    assert revoked.talk.startswith(f"Revoked: {added.json['id']}")
    assert edited.lines[0]["change"]["status"] == "applied"


def test_rules_are_listed_in_the_order_in_which_they_are_read(workspace: Path) -> None:
    (workspace / ".copydesk.toml").write_text('deny = ["c"]\nallow = ["d"]\n[checks]\nt = "touch x"\n')
    (workspace / ".aiignore").write_text("e\n")
    (workspace / "own.toml").write_text('deny = ["b"]\nmode = "review"\n')
    assert warm_copydesk("rules", "add", "ask", f"{workspace}/src", "--action", "edit", cwd=workspace).code == 0

    listed = warm_copydesk("rules", "--config", "own.toml", cwd=workspace)
    document = warm_copydesk("rules", "--config", "own.toml", "--json", cwd=workspace).json

    assert [line.split()[1:3] for line in listed.out.splitlines()] == [
        ["deny", "b"],
        ["deny", "c"],
        ["deny", ".aiignore"],
        ["ask", "/.aiignore"],
        ["ask", "/src"],
    ]
    assert [rule["glob"] for rule in document["rules"]] == ["b", "c", ".aiignore", "/.aiignore", "/src"]
    assert [rule["id"] is not None for rule in document["rules"]] == [False] * 4 + [True]
    assert document["withheld"] == ["allow d (edits)", "check t: touch x"]
    assert listed.talk.splitlines() == [f"Not trusted, so without effect: {line}" for line in document["withheld"]]


def test_no_rules_are_an_empty_list_and_a_sentence(workspace: Path) -> None:
    listed = warm_copydesk("rules", cwd=workspace)

    assert (listed.code, listed.out, listed.talk.count("\n")) == (0, "", 1)
    assert warm_copydesk("rules", "--json", cwd=workspace).json == {"rules": [], "withheld": []}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add"], "add allow|ask|deny GLOB"),
        (["add", "deny"], "add allow|ask|deny GLOB"),
        (["add", "never", "x"], "add allow|ask|deny GLOB"),
        (["add", "deny", "x", "y"], "add allow|ask|deny GLOB"),
        (["revoke"], "revoke ID"),
        (["revoke", "abc"], "no remembered rule"),
        (["drop"], "invalid choice"),
        (["add", "allow", "*.pem"], "one by one"),
        (["add", "deny", "a//b"], "can match no file"),
        (["add", "deny", "x", "--action", "run"], "invalid choice"),
    ],
    ids=" ".join,
)
def test_wrong_words_are_a_sentence_and_exit_2(words: list[str], said: str, workspace: Path, state_dir: Path) -> None:
    done = warm_copydesk("rules", *words, cwd=workspace)

    assert (done.code, done.out, said in done.talk) == (2, "", True), done.talk
    assert not list(state_dir.rglob("rules.json"))


def test_damaged_rules_are_said_wherever_a_workspace_is_opened(workspace: Path, state_dir: Path) -> None:
    warm_copydesk("rules", "add", "deny", "a.py", cwd=workspace)
    (file,) = state_dir.rglob("rules.json")
    file.write_text(json.dumps([]))

    for verb in ("rules", "tool"):
        done = warm_copydesk(verb, cwd=workspace, given=b"")
        assert (done.code, "No remembered rule counts" in done.talk) == (0, True)
