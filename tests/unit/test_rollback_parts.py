"""Owns the laws of going back in part: by file, by hunk, twice, and where the process is killed half way."""

from __future__ import annotations

from pathlib import Path

import pytest

from copydesk.changes import timeline
from copydesk.changes.rollback import AgreedRollback
from copydesk.changes.steps import Operation, Step, StepMeta, Undone
from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision
from copydesk.domain.errors import CopydeskError, HistoryError, UsageError
from tests.desk import Desk

LINES = b"".join(b"%d\n" % number for number in range(12))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def states(desk: Desk) -> list[str]:
    """The rows' operations and states, oldest first."""
    return [f"{row.operation} {row.state}" for row in reversed(timeline.rows(desk.history.steps()))]


def partly(agreed: AgreedRollback, path: str, *hunks: int) -> Decision:
    """Let all through, of one file only these hunks."""
    chosen = tuple(HunkDecision(hunk, Choice.ACCEPT) for hunk in hunks)
    return Decision(True, agreed.proposal.digest, files=(FileDecision(path, Choice.REJECT, chosen),))


def edited_twice(desk: Desk) -> Step:
    """A step that changes two places of a file, far apart, and another file."""
    desk.write("a", LINES)
    return desk.apply([desk.change("a", b"first\n" + LINES + b"last\n"), desk.change("b", b"1\n")])


def undoes(step: Step | None) -> dict[str, tuple[int, ...]]:
    assert step is not None
    return {undone.path: undone.steps for undone in step.meta.undoes}


def test_steps_that_are_taken_back_are_named_for_each_file(desk: Desk) -> None:
    first = desk.apply([desk.change("a", b"1"), desk.change("b", b"1")])
    desk.edit("b", b"2")
    desk.edit("c", b"3")
    assert undoes(desk.go_back(first)) == {"a": (1,), "b": (1, 2), "c": (3,)}


def test_only_the_file_that_is_aimed_at_goes_back(desk: Desk) -> None:
    step = desk.apply([desk.change("a", b"1"), desk.change("b", b"1")])
    done = desk.go_back(step, "b")
    assert (desk.contents(), undoes(done)) == ({"a": b"1"}, {"b": (1,)})
    assert states(desk) == ["edit partly undone", "rollback applied"]


def test_rest_of_a_step_goes_when_one_file_of_it_went_before(desk: Desk) -> None:
    step = desk.apply([desk.change("a", b"1"), desk.change("b", b"1")])
    desk.go_back(step, "b")
    assert undoes(desk.go_back(step)) == {"a": (1,)}
    assert desk.contents() == {}
    desk.redo()
    assert desk.contents() == {"a": b"1"}
    desk.redo()
    assert desk.contents() == {"a": b"1", "b": b"1"}


def test_aim_is_refused_when_the_session_did_not_touch_the_file_since(desk: Desk) -> None:
    desk.edit("b", b"1", "s2")
    step = desk.edit("a", b"1")
    with pytest.raises(UsageError, match="b: nothing was changed there since that step"):
        desk.plan(step, "a", "b")


def test_only_the_chosen_hunk_goes_back_and_the_step_stands(desk: Desk) -> None:
    agreed = desk.plan(edited_twice(desk))
    done = desk.carry_out(agreed, partly(agreed, "a", 2))
    assert desk.contents() == {"a": b"first\n" + LINES}
    assert undoes(done) == {"b": (1,)}
    assert states(desk) == ["edit partly undone", "rollback applied"]


def test_hunk_comes_back_when_a_rollback_of_some_is_redone(desk: Desk) -> None:
    agreed = desk.plan(edited_twice(desk))
    desk.carry_out(agreed, partly(agreed, "a", 2))
    assert undoes(desk.redo()) == {"a": (2,), "b": (2,)}
    assert desk.contents() == {"a": b"first\n" + LINES + b"last\n", "b": b"1\n"}
    assert states(desk) == ["edit applied", "rollback undone", "redo applied"]


def test_everything_goes_when_some_hunks_went_before(desk: Desk) -> None:
    step = edited_twice(desk)
    agreed = desk.plan(step)
    desk.carry_out(agreed, partly(agreed, "a", 1))
    assert undoes(desk.go_back(step)) == {"a": (1, 2)}
    assert desk.contents() == {"a": LINES}


def test_nothing_is_recorded_when_no_hunk_is_let_through(desk: Desk) -> None:
    agreed = desk.plan(edited_twice(desk), "a")
    assert desk.carry_out(agreed, partly(agreed, "a")) is None
    assert len(desk.history.steps()) == 1


def test_nothing_moves_when_the_decision_names_a_hunk_that_is_not_there(desk: Desk) -> None:
    agreed = desk.plan(edited_twice(desk))
    with pytest.raises(HistoryError, match="there is no 3"):
        desk.carry_out(agreed, partly(agreed, "a", 3))
    assert desk.contents() == {"a": b"first\n" + LINES + b"last\n", "b": b"1\n"}


def test_refusal_is_not_called_a_loss_when_the_decision_does_not_fit(desk: Desk) -> None:
    agreed = desk.plan(edited_twice(desk))
    with pytest.raises(CopydeskError) as refused:
        desk.carry_out(agreed, partly(agreed, "a", 3))
    assert "would lose other changes" not in str(refused.value)


def test_rollback_goes_when_it_is_itself_gone_back_before(desk: Desk) -> None:
    desk.write("a", b"0")
    rollback = desk.go_back(desk.edit("a", b"1"))
    assert rollback is not None
    assert undoes(desk.go_back(rollback)) == {"a": (2,)}
    assert desk.contents() == {"a": b"1"}
    assert states(desk) == ["edit applied", "rollback undone", "rollback applied"]


def test_file_is_as_before_a_step_when_that_is_undone_with_an_earlier_one(desk: Desk) -> None:
    first, second = desk.edit("a", b"1"), desk.edit("a", b"2")
    desk.go_back(first)
    assert undoes(desk.go_back(second)) == {"a": (2, 3)}
    assert desk.contents() == {"a": b"1"}
    assert states(desk) == ["edit applied", "edit undone", "rollback undone", "rollback applied"]


def test_other_session_s_redo_is_not_taken_back_with_a_step(desk: Desk) -> None:
    desk.write("a", b"0")
    desk.go_back(desk.edit("a", b"1", "s2"))
    step = desk.edit("b", b"1", "s1")
    desk.redo()
    assert undoes(desk.go_back(step)) == {"b": (3,)}
    assert desk.contents() == {"a": b"1"}


@pytest.mark.parametrize("moved", [0, 1])
def test_interrupted_rollback_is_put_back_wholly_and_can_be_made_again(desk: Desk, moved: int) -> None:
    step = desk.apply([desk.change("a", b"1"), desk.change("d/b", b"1")])
    changes = [desk.change("a", None), desk.change("d/b", None)]
    files = [desk.applier._step_file(change, change.diff) for change in changes]
    undone = tuple(Undone(path, (1,)) for path in step.paths)
    meta = StepMeta(Operation.ROLLBACK, "s1", target=1, emptied_directories=("d",), undoes=undone)
    with desk.history.locked():
        desk.history.begin(meta, 0.0, files, changes)
    for change in changes[:moved]:
        (desk.base / change.path).unlink()
    recovered = desk.applier.recover()
    assert recovered is not None
    assert recovered.taken_back == ("a", "d/b")
    assert desk.contents() == {"a": b"1", "d/b": b"1"}
    assert states(desk) == ["edit applied", "rollback not applied"]
    assert desk.plan_redo() is None
    desk.go_back(step)
    assert desk.names() == set()
