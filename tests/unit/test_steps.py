"""Proves that what a step remembers of a review is read back as it was, and that steps of before are still read."""

from copydesk.changes.steps import Operation, ReviewedEdits, Step, StepMeta, read_step, step_document

COMMIT = "0" * 40
REVIEWED = ReviewedEdits(("p1", "p2"), ("a.py", "odd \udcff.py"))
STEP = Step(3, COMMIT, 1.5, StepMeta(Operation.EDIT, "s1", title="Review", reviewed=REVIEWED), ())


def test_what_a_review_decided_is_read_back_with_odd_bytes_in_paths() -> None:
    assert read_step(COMMIT, step_document(STEP)) == STEP
