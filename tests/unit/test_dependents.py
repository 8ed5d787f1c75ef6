from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.changes.dependents import Dependents, dependents, fates
from copydesk.domain.proposals import FileChange, FileImage


def numbered_lines(changed: dict[int, str] | None = None, count: int = 12) -> str:
    return "".join((changed or {}).get(number, f"line {number}\n") for number in range(count))


def images(*texts: str | None) -> list[FileImage | None]:
    return [None if text is None else FileImage(text.encode()) for text in texts]


def found(
    texts: Sequence[str | None], landed: str | None, on_disk: str | None = "", merged: str = ""
) -> tuple[object, object]:
    """Edits that landed on others, and those, for the texts that a file went through."""
    versions = images(*texts)
    trail = [FileChange("a.py", before, after) for before, after in pairwise(versions)]
    before, after, left = images(on_disk or texts[0], merged or texts[-1], landed)
    told = dependents(trail, FileChange("a.py", before, after), left)
    return (told.landed, told.on) if told else ((), ())


ONE, TWO, BOTH = (
    numbered_lines({2: "two\n"}),
    numbered_lines({8: "eight\n"}),
    numbered_lines({2: "two\n", 8: "eight\n"}),
)


@pytest.mark.parametrize(
    ("landed", "wanted"),
    [
        (TWO, ((2,), (1,))),
        (ONE, ((), ())),
        (BOTH, ((), ())),
        (numbered_lines(), ((), ())),
        (numbered_lines({2: "deux\n", 8: "eight\n"}), ((2,), (1,))),
    ],
    ids=["first rejected", "second rejected", "all landed", "nothing landed", "first rewritten"],
)
def test_later_edit_is_flagged_when_one_before_it_did_not_land(landed: str, wanted: tuple[object, object]) -> None:
    assert found([numbered_lines(), ONE, BOTH], landed) == wanted


def test_edit_of_the_same_lines_is_not_flagged_when_it_is_rejected_with_them() -> None:
    assert found([numbered_lines(), ONE, numbered_lines({2: "zwei\n"})], numbered_lines()) == ((), ())


def test_lines_are_followed_when_later_edits_move_them() -> None:
    moved = "first\n" * 30 + BOTH
    assert found([numbered_lines(), ONE, BOTH, moved], "first\n" * 30 + TWO) == ((2, 3), (1,))


def test_deletion_that_was_taken_back_is_told_from_one_that_landed() -> None:
    without, both = numbered_lines({2: ""}), numbered_lines({2: "", 8: "eight\n"})
    assert found([numbered_lines(), without, both], TWO) == ((2,), (1,))
    assert found([numbered_lines(), without, both], both.replace("line 5\n", "5\n")) == ((), ())


def test_new_file_of_which_a_part_is_rejected_carries_the_edits_made_on_it() -> None:
    assert found([None, numbered_lines(), TWO], TWO.replace("line 2\n", ""), None) == ((2,), (1,))


def test_what_others_changed_is_not_taken_for_a_rejection() -> None:
    theirs = "theirs\n" * 5
    assert found([numbered_lines(), ONE, BOTH], theirs + BOTH, theirs + numbered_lines(), theirs + BOTH) == ((), ())
    assert found([numbered_lines(), ONE, BOTH], theirs + TWO, theirs + numbered_lines(), theirs + BOTH) == ((2,), (1,))


@given(st.lists(st.integers(0, 11), min_size=2, max_size=5, unique=True), st.data())
def test_edits_of_lines_apart_are_told_by_the_lines_that_landed(lines: list[int], data: st.DataObject) -> None:
    rejected = data.draw(st.sets(st.sampled_from(lines)))
    texts = [numbered_lines(), *(numbered_lines({n: f"new {n}\n" for n in lines[: k + 1]}) for k in range(len(lines)))]
    landed = numbered_lines({number: f"new {number}\n" for number in lines if number not in rejected})
    on = tuple(number for number, line in enumerate(lines, 1) if line in rejected)
    standing = tuple(number for number, line in enumerate(lines, 1) if on and number > on[0] and line not in rejected)
    assert found(texts, landed) == ((standing, on) if standing else ((), ()))


def test_sentence_names_the_edits() -> None:
    told = Dependents("a b.py", 4, (2, 4), (1, 3)).sentence
    assert told.startswith(
        "Of 4 edits of a b.py that waited, edits 2, 4 landed and were built on edits 1, 3, which did"
    )


def judged(texts: Sequence[str], landed: str, on_disk: str = "", merged: str = "") -> list[str]:
    """What is said of each edit, for the texts that a file went through."""
    trail = [FileChange("a.py", before, after) for before, after in pairwise(images(*texts))]
    before, after, left = images(on_disk or texts[0], merged or texts[-1], landed)
    return [str(kind) for kind in fates(trail, FileChange("a.py", before, after), left)]


@pytest.mark.parametrize(
    ("landed", "wanted"),
    [
        (TWO, ["rejected", "applied"]),
        (ONE, ["applied", "rejected"]),
        (numbered_lines({2: "deux\n", 8: "eight\n"}), ["partly_applied", "applied"]),
    ],
    ids=["first rejected", "second rejected", "first rewritten"],
)
def test_each_edit_is_judged_by_its_own_lines(landed: str, wanted: list[str]) -> None:
    assert judged([numbered_lines(), ONE, BOTH], landed) == wanted
    theirs = "theirs\n" * 5
    assert judged([numbered_lines(), ONE, BOTH], theirs + landed, theirs + numbered_lines(), theirs + BOTH) == wanted


def test_edit_of_two_places_landed_partly_when_one_of_them_did() -> None:
    both_at_once = [numbered_lines(), BOTH, numbered_lines({2: "two\n", 5: "five\n", 8: "eight\n"})]
    assert judged(both_at_once, numbered_lines({2: "two\n", 5: "five\n"})) == ["partly_applied", "applied"]


def test_deletion_that_did_not_land_is_judged_as_rejected() -> None:
    without, both = numbered_lines({2: ""}), numbered_lines({2: "", 8: "eight\n"})
    assert judged([numbered_lines(), without, both], TWO) == ["rejected", "applied"]
    assert judged([numbered_lines(), without, both], without) == ["applied", "rejected"]
