"""Owns what `sessions` prints, and that what is exported holds no key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from copydesk.arguments import parser_for
from copydesk.domain.errors import UsageError
from copydesk.domain.secrets import SHAPES, key_shapes_in
from copydesk.frontends.session_files import ExportFormat, session_file
from copydesk.frontends.verbs import sessions
from copydesk.frontends.verbs.history import Output
from tests.journals import shelf, write_journal
from tests.schemas import complaints

SCHEMA = "sessions.schema.json"
KEYS = {
    "an Anthropic key": "sk-ant-" + "a1" * 15,
    "an OpenAI key": "sk-proj-" + "b2" * 20,
    "an AWS access key": "AKIA" + "ABCD1234" * 2,
    "a GitHub token": "ghp_" + "c3" * 20,
    "a GitLab token": "glpat-" + "d4" * 12,
    "a Slack token": "xoxb-" + "5" * 24,
    "a Google key": "AIza" + "e" * 35,
    "a Stripe key": "sk_live_" + "f6" * 12,
    "a private key": "-----BEGIN OPENSSH " + "PRIVATE KEY-----",
}


class Terminal:
    """What was printed, and talked."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.out: list[str] = []
        self.talk: list[str] = []
        self.output = Output(self.out.append, self.talk.append, as_json)

    @property
    def text(self) -> str:
        return "".join(self.out)


def minute(at: float) -> str:
    return f"minute {at / 60:.0f}"


def test_sessions_are_listed_with_what_is_special_about_them(tmp_path: Path) -> None:
    write_journal(tmp_path, "20261122-073633-1b71a8", ["fix \x1b[2J it", "again"])
    (tmp_path / "20261122-080000-000000.jsonl").write_bytes(b"\0\0")
    terminal = Terminal()

    known = shelf(tmp_path, {"20261122-073633-1b71a8": ["a.py"]})
    assert sessions.list_sessions(known, "", terminal.output, minute) == 0

    lines = terminal.text.splitlines()
    assert lines[0].startswith("20261122-080000-000000")
    assert lines[1] == "    damaged: nothing in it can be read"
    assert "2 turns    $0.500  fix ␛[2J it" in lines[2]
    assert lines[3] == "    edits wait for your review: a.py"


def test_list_holds_only_what_was_looked_for(tmp_path: Path) -> None:
    write_journal(tmp_path, "s-1", ["the average"])
    write_journal(tmp_path, "s-2", ["the median"])
    found, nothing = Terminal(), Terminal()

    sessions.list_sessions(shelf(tmp_path), "median", found.output, minute)
    sessions.list_sessions(shelf(tmp_path), "mode", nothing.output, minute)

    assert [line.split()[0] for line in found.text.splitlines()] == ["s-2"]
    assert nothing.talk == ["No session here has 'mode' in its line."]


def test_document_keeps_to_the_schema_when_printed_as_json(tmp_path: Path) -> None:
    write_journal(tmp_path, "s-1", price="")
    (tmp_path / "s-2.jsonl").write_bytes(b"x")
    listed, shown, deleted = (Terminal(as_json=True) for _ in range(3))

    sessions.list_sessions(shelf(tmp_path), "", listed.output, minute)
    sessions.show_session(shelf(tmp_path), "s-1", shown.output, minute)
    sessions.delete_sessions(shelf(tmp_path), ["s-1", "s-2"], deleted.output)

    documents = [json.loads(terminal.text) for terminal in (listed, shown, deleted)]
    assert [complaints(SCHEMA, document) for document in documents] == [[], [], []]
    assert [one["cost_usd"] for one in documents[0]["sessions"]] == ["0", None]
    assert documents[1]["events"][1]["prompt"] == "fix it"
    assert documents[2] == {"deleted": ["s-1", "s-2"]}


def test_session_is_shown_as_markdown_with_its_head(tmp_path: Path) -> None:
    write_journal(tmp_path, "s-1", ["fix it"])
    terminal = Terminal()

    sessions.show_session(shelf(tmp_path), "s-1", terminal.output, minute)

    assert terminal.text.startswith("# fix it\n\n- session s-1\n- from minute 28333333 to minute")
    assert "## Turn 1\n\n> fix it\n\nAs you say: fix it" in terminal.text


def test_none_is_deleted_when_one_of_them_stays(tmp_path: Path) -> None:
    write_journal(tmp_path, "s-1")
    write_journal(tmp_path, "s-2")

    with pytest.raises(UsageError, match="in use"):
        sessions.delete_sessions(shelf(tmp_path, live=["s-2"]), ["s-1", "s-2"], Terminal().output)

    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("wanted", list(ExportFormat))
def test_invariant_10_no_session_is_exported_with_a_key_in_it(tmp_path: Path, kind: str, wanted: ExportFormat) -> None:
    write_journal(tmp_path, "s-1", [f"use {KEYS[kind]} here"])
    kept = shelf(tmp_path).read("s-1")

    with pytest.raises(UsageError, match=f"what looks like {kind}"):
        session_file(kept, wanted, minute)
    assert KEYS[kind] in session_file(kept, wanted, minute, includes_secrets=True)


def test_words_that_only_resemble_a_key_are_none() -> None:
    assert key_shapes_in("task-" + "a" * 40 + " sk-learn AKIAshort ghp_short -----BEGIN PUBLIC KEY-----") == ()


def test_options_of_sessions_are_read() -> None:
    options = parser_for("sessions").parse_args(["export", "s-1", "--format", "json"])
    assert (options.what, options.words, options.format) == ("export", ["s-1"], "json")
