"""Owns the words that front ends share."""

from __future__ import annotations

from decimal import Decimal

import pytest

from copydesk.domain.checkpoints import Answers, Remedy, RollbackPreview
from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision
from copydesk.domain.diffs import diff_images
from copydesk.domain.policies import SELECTABLE
from copydesk.domain.rewinds import RewindPreview, TurnRow
from copydesk.domain.transcript import ToolCard, Transcript
from copydesk.domain.usage import Usage
from copydesk.frontends.going_back import confirmation, left_sentence, let_through, rewind_sentence, rollback_sentence
from copydesk.frontends.present import (
    ONE_LINE_CHARACTERS,
    card_line,
    counts,
    file_notes,
    next_mode,
    one_line,
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


@pytest.mark.parametrize("state", ["rejected", "undone", "denied", "stale", "failed", "waits"])
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
    assert [next_mode(mode) for mode in (*SELECTABLE, "other")] == ["ask", "review", "accept", "plan", "ask"]


def test_rollback_is_said_in_files_and_lines() -> None:
    assert rollback_sentence(RollbackPreview("s", "", (EDIT,))).endswith("would change 1 file: src/stats.py +3 −1")
    assert rollback_sentence(RollbackPreview("s", "", ()), "Redoing") == "Redoing would change nothing."
    many = tuple(diff_images(f"{number}.py", None, b"x\n") for number in range(15))
    assert rollback_sentence(RollbackPreview("s", "", many)).endswith("11.py +1 and 3 more")


def test_confirmation_names_each_file_and_what_becomes_of_it() -> None:
    was, now = b"".join(b"%d\n" % n for n in range(40)), b"".join(b"%d\n" % n for n in range(1, 39))
    diffs = (
        diff_images("back.py", None, b"1\n"),
        diff_images("gone.py", b"1\n", None),
        diff_images("merged.py", b"1\n", b"2\n"),
        diff_images("mode.sh", b"", b"", modes=(0o644, 0o755)),
        diff_images("part.py", was, now),
        diff_images("stays.py", was, now),
        diff_images("was.py", b"1\n", b"2\n"),
    )
    preview = RollbackPreview("s", "d", diffs, kept=("kept\x1b.py",))
    answers = Answers(by_path={"merged.py": Remedy.MERGE, "was.py": Remedy.RESTORE, "kept\x1b.py": Remedy.KEEP})
    part = FileDecision("part.py", Choice.REJECT, (HunkDecision(2, Choice.ACCEPT),))
    decision = Decision(True, "d", files=(part, FileDecision("stays.py", Choice.REJECT)))
    assert confirmation(preview, answers, decision).splitlines() == [
        "This changes 6 files:",
        "         +1  back.py  comes back",
        "         −1  gone.py  is deleted",
        "      +1 −1  merged.py",
        "             merged: only what copydesk did goes, what others wrote stays",
        "         +0  mode.sh  mode 644 → 755",
        "         −1  part.py  only the hunks that you chose",
        "      +1 −1  was.py",
        "             becomes what it was; what is there now is recorded first",
        "  kept␛.py stays as it is, as you said.",
        "  stays.py stays as it is, as you said.",
        "All of it happens or nothing; it becomes a step of its own, which can be taken back.",
    ]
    assert [(diff.path, diff.added, diff.removed) for diff in let_through(preview, decision)][4] == ("part.py", 0, 1)


def test_confirmation_says_so_when_nothing_changes() -> None:
    kept = RollbackPreview("s", "d", (), kept=("a.py",))
    said = ["This changes no file.", "  a.py stays as it is, as you said."]
    assert confirmation(kept, Answers(Remedy.KEEP)).splitlines() == said


def test_rewind_names_each_prompt_and_the_files_that_stay() -> None:
    turns = (TurnRow(3, "fix it", 0.0, 1), TurnRow(4, "a\x1b[2J", 0.0, 0))
    preview = RewindPreview(turns, 4, RollbackPreview("", "", ()), ("a\x1b.py",))
    assert rewind_sentence(preview).splitlines() == [
        "From the conversation go 2 prompts and all that was answered:",
        "  turn 3  “fix it”",
        "  turn 4  “a␛[2J”",
    ]
    assert left_sentence(preview).endswith("Not as they were then, and Claude is told so: a␛.py.")
    unchanged = RewindPreview(turns[:1], 2, RollbackPreview("", "", ()), ())
    assert left_sentence(unchanged) == "The files stay as they are, which is as they were then."


def test_text_of_many_lines_is_one_safe_line_when_it_stands_in_a_row() -> None:
    assert one_line("fix\n\n  the\taverage\x1b[31m\n") == "fix the average␛[31m"
    assert one_line("x" * 10_000_000) == "x" * ONE_LINE_CHARACTERS + "…"
