"""Owns the laws of what the steps of a workspace mean together; every step here is made without a disk."""

from __future__ import annotations

from copydesk.changes import timeline
from copydesk.changes.steps import Operation, Step, StepFile, StepMeta, StoredImage, Undone
from copydesk.domain.checkpoints import RowState

IMAGE = StoredImage("b" * 40, "d" * 64, 1, 0o644)


class Steps:
    """Makes steps one after the other."""

    def __init__(self) -> None:
        self.made: list[Step] = []

    def edit(self, *paths: str, session: str = "s1", turn: str = "", operation: Operation = Operation.EDIT) -> Step:
        return self.add(StepMeta(operation, session, turn), paths)

    def back(self, *undone: tuple[str, tuple[int, ...]], operation: Operation = Operation.ROLLBACK) -> Step:
        """Take steps back in each file; wholly, unless it names none."""
        undoes = tuple(Undone(path, numbers) for path, numbers in undone if numbers)
        return self.add(StepMeta(operation, "s1", undoes=undoes), [path for path, _ in undone])

    def settle(self, number: int, *standing: str) -> Step:
        return self.add(StepMeta(Operation.SETTLE, "s1", target=number), standing)

    def add(self, meta: StepMeta, paths: tuple[str, ...] | list[str]) -> Step:
        number = len(self.made) + 1
        files = tuple(StepFile(path, None, IMAGE, "t", (), 2, 1) for path in paths)
        self.made.append(Step(number, f"{number:040x}", 0.0, meta, files))
        return self.made[-1]

    def states(self) -> list[str]:
        """Of the rows, the oldest first."""
        return [str(row.state) for row in reversed(timeline.rows(self.made))]


def test_step_stands_in_the_files_that_were_not_taken_back() -> None:
    steps = Steps()
    steps.edit("a", "b")
    steps.back(("a", (1,)))
    assert timeline.standing(steps.made) == {(1, "b"), (2, "a")}
    assert steps.states() == ["partly undone", "applied"]


def test_step_stands_again_when_its_rollback_was_taken_back() -> None:
    steps = Steps()
    steps.edit("a")
    steps.back(("a", (1,)))
    steps.back(("a", (2,)), operation=Operation.REDO)
    assert timeline.standing(steps.made) == {(1, "a"), (3, "a")}
    steps.back(("a", (3,)))
    assert timeline.standing(steps.made) == {(2, "a"), (4, "a")}


def test_step_stands_when_only_some_hunks_of_it_were_taken_back() -> None:
    steps = Steps()
    steps.edit("a")
    partly = steps.back(("a", ()))
    assert timeline.standing(steps.made) == {(1, "a"), (2, "a")}
    assert timeline.is_edit(partly, "a")


def test_interrupted_rollback_takes_nothing_back_when_it_was_put_back() -> None:
    steps = Steps()
    steps.edit("a")
    steps.back(("a", (1,)))
    steps.settle(2)
    assert timeline.standing(steps.made) == {(1, "a")}
    assert steps.states() == ["applied", "not applied"]
    assert timeline.last_rollback(steps.made) is None


def test_interrupted_step_stands_where_somebody_wrote_before_it_was_put_back() -> None:
    steps = Steps()
    steps.edit("a", "b")
    steps.settle(1, "b")
    assert timeline.standing(steps.made) == {(1, "b")}
    [row] = timeline.rows(steps.made)
    assert [file.state for file in row.files] == [RowState.NOT, RowState.APPLIED]
    assert (row.paths, row.added, row.removed) == (("b",), 2, 1)


def test_last_edit_is_passed_over_only_when_it_is_taken_back_everywhere() -> None:
    steps = Steps()
    steps.edit("a")
    steps.edit("a", "b")
    steps.back(("a", (2,)))
    assert timeline.last_edit(steps.made) == steps.made[1]
    steps.back(("b", (2,)))
    assert timeline.last_edit(steps.made) == steps.made[0]


def test_last_rollback_is_found_when_an_edit_of_another_file_came_after() -> None:
    steps = Steps()
    steps.edit("a")
    back = steps.back(("a", (1,)))
    steps.edit("b")
    assert timeline.last_rollback(steps.made) == back


def test_there_is_no_rollback_to_redo_when_one_of_its_files_was_edited() -> None:
    steps = Steps()
    steps.edit("a", "b")
    steps.back(("a", (1,)), ("b", (1,)))
    steps.edit("b", session="s2")
    assert timeline.last_rollback(steps.made) is None


def test_rollback_can_be_redone_again_when_the_edit_after_it_was_taken_back_and_that_too() -> None:
    steps = Steps()
    steps.edit("a")
    first = steps.back(("a", (1,)))
    steps.edit("a")
    second = steps.back(("a", (3,)))
    assert timeline.last_rollback(steps.made) == second
    steps.back(("a", (4,)), operation=Operation.REDO)
    assert timeline.last_rollback(steps.made) is None
    steps.back(("a", (3, 5)))
    steps.back(("a", (first.number,)), operation=Operation.REDO)
    assert timeline.last_rollback(steps.made) == steps.made[5]


def test_trail_holds_what_reached_the_file_when_steps_were_interrupted() -> None:
    steps = Steps()
    steps.edit("a", "b")
    steps.settle(1, "b")
    steps.edit("a")
    trails = timeline.trails(steps.made)
    assert {path: [step.number for step, _ in trail] for path, trail in trails.items()} == {"b": [1], "a": [3]}


def test_first_of_turn_is_what_reached_the_disk() -> None:
    steps = Steps()
    steps.edit("a", turn="1")
    steps.settle(1)
    second = steps.edit("a", turn="1")
    last = steps.edit("b", turn="1")
    assert timeline.first_of_turn(steps.made, last) == second


def test_rows_come_last_first_and_without_settlements() -> None:
    steps = Steps()
    steps.edit("a")
    steps.edit("b")
    steps.settle(2)
    assert [row.number for row in timeline.rows(steps.made)] == [2, 1]
