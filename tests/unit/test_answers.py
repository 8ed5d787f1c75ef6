"""Proves that the model is told what landed and what did not, in the form that docs/consent.md writes down."""

import re
from pathlib import Path

from copydesk.changes import answers
from copydesk.changes.landing import land_all
from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision, Remark, Weight
from copydesk.domain.proposals import FileChange, FileImage, Proposal

OLD = b"".join(b"line %d\n" % number for number in range(40))
NEW = OLD.replace(b"line 3\n", b"three\n").replace(b"line 20\n", b"20a\n20b\n").replace(b"line 36\n", b"")
SETTINGS = FileChange("settings.py", FileImage(OLD), FileImage(NEW))
SMALL = Proposal("p", "call", (SETTINGS,), "Edited settings.py. Lines 1-1 of 1 now:\n     1\ttimeout = 5")
KEEP = HunkDecision(2, Choice.REJECT, note="keep the timeout")
MINE = HunkDecision(3, Choice.EDIT, "line 33\nline 34\nline 35\nmine\nline 37\nline 38\nline 39\n")


def documented(name: str) -> str:
    text = (Path(__file__).parents[2] / "docs" / "consent.md").read_text("utf-8")
    found = re.search(rf"```answer {name}\n(.*?)\n```", text, re.DOTALL)
    assert found, name
    return found[1]


def on_settings(*hunks: HunkDecision, note: str = "", remarks: tuple[Remark, ...] = ()) -> Decision:
    return Decision(True, "", note, files=(FileDecision("settings.py", Choice.ACCEPT, hunks),), remarks=remarks)


def answer(proposal: Proposal, decision: Decision) -> str:
    return answers.landed(proposal, land_all(proposal.changes, decision), decision)


def refusal(decision: Decision) -> str:
    return answers.rejected(land_all([SETTINGS], decision), decision)


def test_what_landed_as_proposed_is_answered_as_the_tool_does_and_with_the_note() -> None:
    assert answer(SMALL, Decision(True, "", "well seen")) == documented("whole")
    assert answer(SMALL, Decision(True, "")) == SMALL.summary


def test_what_landed_in_part_is_told_by_hunk_with_notes_text_and_remarks() -> None:
    remark = Remark("settings.py", 4, "a word would do", Weight.NIT)

    assert answer(SMALL, on_settings(KEEP, MINE, remarks=(remark,))) == documented("part")


def test_a_rejection_says_why_as_far_as_the_person_did() -> None:
    file = FileDecision("settings.py", Choice.REJECT, (KEEP,))

    assert f"No change was made. {refusal(Decision(False, '', 'not now', files=(file,)))}" == documented("rejected")
    assert refusal(Decision(False, "")) == "The person rejected this edit."
    assert refusal(Decision(False, "", "no\nnever")) == "The person rejected this edit and says: no\nnever"


def test_remarks_come_with_a_rejection_and_tell_old_lines_and_several() -> None:
    remarks = (
        Remark("settings.py", 2, "why?", Weight.QUESTION, is_old=True),
        Remark("settings.py", 4, "shorter", last=6),
    )

    assert refusal(Decision(False, "", remarks=remarks)).splitlines() == [
        "The person rejected this edit.",
        "The person remarks, on lines as they were proposed:",
        "settings.py:2 (question, before the edit): why?",
        "settings.py:4-6 (must): shorter",
    ]


def test_an_edit_that_waits_is_answered_with_what_it_made_and_that_it_waits() -> None:
    assert answers.gathered(SMALL) == documented("gathered")


def test_a_review_of_several_files_is_one_text_that_says_what_became_of_each() -> None:
    changes = (
        SETTINGS,
        FileChange("new.py", None, FileImage(b"new\n")),
        FileChange("notes.md", FileImage(b"a\n"), FileImage(b"b\n")),
    )
    some = FileDecision("settings.py", Choice.ACCEPT, (HunkDecision(2, Choice.REJECT),))
    none = FileDecision("new.py", Choice.REJECT, note="not needed")

    told = answer(Proposal("p", "", changes), Decision(True, "", files=(some, none)))

    assert answers.reviewed(told, ("other.py",)) == documented("reviewed")


def test_notes_on_hunks_of_what_landed_as_a_whole_are_told_too() -> None:
    told = answer(SMALL, on_settings(HunkDecision(1, Choice.ACCEPT, note="nice")))

    assert told == f"{SMALL.summary}\nOn hunk 1 (line 4) of settings.py the person says: nice"


def test_lines_of_a_hunk_that_landed_alone_are_shown_as_they_now_are() -> None:
    told = answer(SMALL, on_settings(HunkDecision(2, Choice.REJECT, lines=(3, 4))))

    assert "Some lines landed: hunk 2 (lines 18-26).\n    18\tline 17\n" in told
    assert "    21\tline 20\n    22\t20a\n    23\t20b\n" in told
    assert "\nRejected of hunk 2, as it was proposed:\n- line 20\nView" in told


def test_lines_that_landed_were_rejected_and_were_rewritten_are_told_apart() -> None:
    mixed = (HunkDecision(2, Choice.REJECT, lines=(3, 4)), HunkDecision(2, Choice.EDIT, "mine\n", lines=(4, 5)))

    told = answer(SMALL, on_settings(*mixed))

    assert "\nSome lines landed, with text of the person's: hunk 2 (lines 18-26).\n" in told
    assert "    22\tmine\n    23\t20b\n" in told
    assert "\nRejected of hunk 2, as it was proposed:\n- line 20\nView" in told


def test_a_file_that_was_rewritten_as_a_whole_is_shown() -> None:
    told = answer(SMALL, Decision(True, "", files=(FileDecision("settings.py", Choice.EDIT, text="mine\n"),)))

    assert "\nRewritten by the person: the whole file (line 1).\n     1\tmine\nView" in told


def test_long_answers_are_bounded_however_many_hunks_there_are() -> None:
    old = [b"line %d\n" % number for number in range(40_000)]
    new = [b"new\n" if number % 20 == 0 else line for number, line in enumerate(old)]
    change = FileChange("a.txt", FileImage(b"".join(old)), FileImage(b"".join(new)))
    hunks = tuple(
        HunkDecision(number, Choice.EDIT, "long " * 200 + "\n") if number < 20 else HunkDecision(number, Choice.REJECT)
        for number in range(1, 1_000)
    )

    decision = Decision(True, "", files=(FileDecision("a.txt", Choice.ACCEPT, hunks),))
    told = answer(Proposal("p", "call", (change,), "Done."), decision)

    assert "and 930 more hunks" in told
    assert "<response clipped>" in told
    assert len(told) < 14_000


def test_odd_names_are_quoted_so_that_a_line_stays_a_line() -> None:
    change = FileChange("a\nb.txt", FileImage(b"a\n"), None)

    told = answers.reviewed(answer(Proposal("p", "", (change,)), Decision(True, "")), ("c\td.txt",))

    assert '\n"a\\nb.txt": landed as proposed.\n' in told
    assert told.endswith('"c\\td.txt".')
