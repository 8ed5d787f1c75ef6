"""Owns the words that front ends share."""

from __future__ import annotations

from decimal import Decimal

import pytest

from copydesk.domain.checkpoints import RollbackPreview
from copydesk.domain.diffs import diff_images
from copydesk.domain.transcript import ToolCard, Transcript
from copydesk.domain.usage import Usage
from copydesk.frontends.present import (
    card_line,
    counts,
    file_notes,
    next_mode,
    rollback_sentence,
    tokens,
    usage_line,
)

EDIT = diff_images("src/stats.py", b"a\nb\n", b"a\nc\nd\ne\n")


def card(command: str, path: str = "src/stats.py", **values: object) -> ToolCard:
    return ToolCard("c", "editor", {"command": command, "path": path, **values})


def test_edit_is_said_with_counts_and_outcome_when_it_was_applied() -> None:
    line = card_line(ToolCard("c", "editor", {"command": "str_replace"}, "applied", (EDIT,)))
    assert (line.verb, line.path, line.extent, line.outcome) == ("edit", "src/stats.py", "+3 −1", "applied")
    assert line.text(40) == "edit    src/stats.py     +3 −1  applied"


def test_view_is_said_with_its_lines_when_it_is_done() -> None:
    done = ToolCard(
        "c", "t", {"command": "view", "path": "a.py", "view_range": [3, -1]}, "done", answer="  3\tx\n  4\ty"
    )
    assert card_line(done).text(60).split() == ["view", "a.py", "3–", "2", "lines"]


def test_view_of_a_directory_is_said_without_lines_when_it_is_done() -> None:
    done = ToolCard("c", "t", {"command": "view", "path": "src"}, "done", answer="src/a.py\nsrc/b.py")
    assert card_line(done).extent == "listed"


def test_long_path_keeps_its_end_when_there_is_no_room() -> None:
    line = card_line(card("view", "very/long/" * 10 + "name.py")).text(40)
    assert "name.py" in line
    assert len(line) <= 40


def test_hostile_path_is_shown_when_a_card_names_one() -> None:
    assert card_line(card("view", "a\x1b[2J\u202e")).path == "a␛[2J‹U+202E›"


@pytest.mark.parametrize("state", ["rejected", "denied", "stale", "failed", "waits"])
def test_outcome_is_a_word_when_nothing_was_written(state: str) -> None:
    assert card_line(ToolCard("c", "t", {}, state)).outcome == state


@pytest.mark.parametrize(
    ("before", "after", "notes"),
    [
        (None, b"x\n", ("new file",)),
        (b"x\n", None, ("deleted",)),
        (b"\0", b"\0\0", ("binary, not shown",)),
        (b"a\r\n", b"a\n", ("line ends CRLF → LF",)),
        (b"a\n", "a\u200b\u202e\n".encode(), ("2 hidden characters",)),
        (b"a\n", b"b\n", ()),
    ],
)
def test_file_notes_say_what_lines_do_not(before: bytes | None, after: bytes | None, notes: tuple[str, ...]) -> None:
    assert file_notes(diff_images("a", before, after)) == notes


def test_counts_name_both_sides_when_both_changed() -> None:
    assert [counts((EDIT,)), counts((EDIT, EDIT)), counts(())] == ["+3 −1", "+6 −2", "+0"]


def test_usage_is_one_line_when_something_was_used() -> None:
    used = Transcript(usage=Usage(744, 0, 0, 11_656, 900), cost_usd=Decimal("0.0214"))
    assert usage_line(used) == "12.4k in · 94% cached · 0.9k out · $0.021"
    assert usage_line(Transcript()) == ""
    assert usage_line(Transcript(usage=Usage(1), cost_usd=None)).endswith("price unknown")
    assert tokens(1_250_000) == "1.2M"


def test_modes_go_round_when_cycled() -> None:
    assert [next_mode(mode) for mode in ("plan", "ask", "accept", "other")] == ["ask", "accept", "plan", "ask"]


def test_rollback_is_said_in_files_and_lines() -> None:
    assert rollback_sentence(RollbackPreview("s", "", (EDIT,))).endswith("would change 1 file: src/stats.py +3 −1")
    assert "nothing" in rollback_sentence(RollbackPreview("s", "", ()))
