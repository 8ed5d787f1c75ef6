"""Proves that words about hunks become exactly the decision that was meant, and that silence is never consent."""

import pytest

from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision, Remark, Weight
from copydesk.domain.diffs import diff_images
from copydesk.domain.errors import UsageError
from copydesk.frontends.plain.deciding import numbers_in
from copydesk.frontends.plain.marks import Marks

OLD = "".join(f"{number}\n" for number in range(40)).encode()
NEW = OLD.replace(b"\n3\n", b"\nthree\n").replace(b"\n33\n", b"\nthirty\n")
TWO_HUNKS = diff_images("a.py", OLD, NEW)
BINARY = diff_images("b.png", b"\0", b"\0\1")
MARKS = Marks.on((TWO_HUNKS, BINARY))


def test_hunk_is_rejected_when_nobody_spoke_of_it() -> None:
    decision = MARKS.marking([2], Choice.ACCEPT).decision("d")
    assert decision.on("a.py") == FileDecision("a.py", Choice.REJECT, (HunkDecision(2, Choice.ACCEPT),))
    assert decision.on("b.png").choice is Choice.REJECT
    assert decision.accepted


def test_file_without_hunks_is_decided_as_a_whole_when_its_number_is_said() -> None:
    decision = MARKS.marking([3], Choice.ACCEPT).marking([1], Choice.REJECT, note="no").decision("d")
    assert decision.on("b.png") == FileDecision("b.png", Choice.ACCEPT)
    assert decision.on("a.py").hunks == (HunkDecision(1, Choice.REJECT, note="no"),)


def test_nothing_is_accepted_when_only_rejections_were_said() -> None:
    assert not MARKS.marking([1, 2, 3], Choice.REJECT).decision("d").accepted


def test_remark_names_file_and_lines_when_they_are_said() -> None:
    remarked = MARKS.remarking("a.py:4-6", "why?", Weight.QUESTION)
    assert remarked.remarks == (Remark("a.py", 4, "why?", Weight.QUESTION, last=6),)
    assert remarked.whole("d", accepted=True) == Decision(True, "d", remarks=remarked.remarks)


def test_file_in_conflict_goes_on_waiting_when_it_was_not_dropped() -> None:
    marks = Marks.on((TWO_HUNKS,), ["c.py"])
    assert marks.whole("d", accepted=False).on("c.py").choice is Choice.ACCEPT
    assert marks.marking([1], Choice.REJECT).decision("d").on("c.py").choice is Choice.ACCEPT
    assert marks.dropping("c.py").whole("d", accepted=True).on("c.py").choice is Choice.REJECT
    with pytest.raises(UsageError, match=r"a\.py is in no conflict"):
        marks.dropping("a.py")


def test_pieces_are_decided_by_themselves_when_a_hunk_is_split() -> None:
    near = diff_images("a.py", OLD, OLD.replace(b"\n3\n", b"\nthree\n").replace(b"\n5\n", b"\nfive\n"))
    split = Marks.on((near, BINARY)).marking([1, 2], Choice.REJECT).splitting(1).marking([2], Choice.ACCEPT)
    first, second = (split.parts[number].lines for number in (0, 1))
    said = (HunkDecision(1, Choice.REJECT, lines=first), HunkDecision(1, Choice.ACCEPT, lines=second))
    assert split.decision("d").on("a.py").hunks == said
    assert split.decision("d").on("b.png").choice is Choice.REJECT
    with pytest.raises(UsageError, match="no unchanged line"):
        split.splitting(1)
    assert len(split.splitting(1, 5).parts) == 4


def test_file_is_rewritten_as_a_whole_until_one_of_its_hunks_is_decided() -> None:
    marks = MARKS.marking([1], Choice.REJECT).rewriting("a.py", "mine\n")
    assert marks.decision("d").on("a.py") == FileDecision("a.py", Choice.EDIT, text="mine\n")
    assert marks.marking([2], Choice.ACCEPT).decision("d").on("a.py").hunks == (HunkDecision(2, Choice.ACCEPT),)


@pytest.mark.parametrize("place", ["4", "c.py:4", "a.py", "a.py:x"])
def test_remark_is_refused_when_its_place_is_not_clear(place: str) -> None:
    with pytest.raises(UsageError):
        MARKS.remarking(place, "why?", Weight.MUST)


def test_number_is_refused_when_there_is_no_such_hunk() -> None:
    with pytest.raises(UsageError, match="1 to 3"):
        MARKS.marking([4], Choice.ACCEPT)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("", ([], "")),
        ("1", ([1], "")),
        ("1 3", ([1, 3], "")),
        ("1, 3 as it was", ([1, 3], "as it was")),
        ("2  because 3 is more", ([2], "because 3 is more")),
        ("because 3 is more", ([], "because 3 is more")),
        ("3rd line is wrong", ([], "3rd line is wrong")),
    ],
)
def testnumbers_in_and_words_are_told_apart_when_a_line_holds_both(said: str, read: tuple[list[int], str]) -> None:
    assert numbers_in(said) == read
