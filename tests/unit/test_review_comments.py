"""Proves what is written out of a review: each comment at its line, with what it is about, in every form."""

from __future__ import annotations

from dataclasses import dataclass

from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision, Remark, Weight
from copydesk.domain.diffs import FileDiff, diff_images
from copydesk.review.comments import (
    Comment,
    CommentKind,
    ReviewReport,
    Verdict,
    as_document,
    as_markdown,
    as_text,
    comments_of,
)
from tests.schemas import complaints

OLD = "".join(f"line {number}\n" for number in range(1, 61))
NEW = OLD.replace("line 5\n", "five\n").replace("line 30\n", "").replace("line 50\n", "fifty\nand\n")


@dataclass(frozen=True)
class Shown:
    path: str
    diff: FileDiff
    before: str | None
    after: str | None


FILE = Shown("a.txt", diff_images("a.txt", OLD.encode(), NEW.encode()), OLD, NEW)


def said(
    *hunks: HunkDecision, choice: Choice = Choice.ACCEPT, note: str = "", remarks: tuple[Remark, ...] = ()
) -> list[Comment]:
    files = (FileDecision("a.txt", choice, hunks, note=note),)
    return list(comments_of(Decision(False, "d", files=files, remarks=remarks), [FILE]))


def report(*comments: Comment, note: str = "") -> ReviewReport:
    return ReviewReport("main..topic", "range", "c" * 40, Verdict.CHANGES_REQUESTED, note, comments)


def test_remark_quotes_its_lines_when_it_is_on_several() -> None:
    remark = Remark("a.txt", 49, "why?", Weight.QUESTION, last=50)

    assert [(one.anchor, one.weight, one.quoted) for one in said(remarks=(remark,))] == [
        ("a.txt:49-50", "question", ("fifty", "and"))
    ]


def test_remark_quotes_the_old_line_when_it_goes() -> None:
    remark = Remark("a.txt", 30, "keep it", is_old=True)

    assert [(one.anchor, one.quoted) for one in said(remarks=(remark,))] == [("a.txt:30 (old)", ("line 30",))]


def test_rejected_hunks_are_comments_when_nothing_was_said_of_them() -> None:
    hunks = tuple(HunkDecision(number, Choice.REJECT) for number in (1, 2, 3))

    assert [(one.kind, one.anchor, one.quoted) for one in said(*hunks)] == [
        (CommentKind.REJECTION, "a.txt:5", ("five",)),
        (CommentKind.REJECTION, "a.txt:30 (old)", ("line 30",)),
        (CommentKind.REJECTION, "a.txt:49-50", ("fifty", "and")),
    ]


def test_rejected_hunk_is_no_comment_when_a_remark_is_on_it() -> None:
    comments = said(HunkDecision(1, Choice.REJECT), remarks=(Remark("a.txt", 5, "no"),))

    assert [(one.kind, one.text) for one in comments] == [(CommentKind.LINES, "no")]


def test_rest_of_a_hunk_is_a_comment_when_part_of_it_is_accepted() -> None:
    lines = FILE.diff.hunks[2].lines
    added = next(index for index, line in enumerate(lines) if line.text == "fifty\n")
    accepted = HunkDecision(3, Choice.ACCEPT, lines=(0, added + 1))
    others = HunkDecision(1, Choice.ACCEPT), HunkDecision(2, Choice.ACCEPT)

    assert [(one.anchor, one.quoted) for one in said(*others, accepted, choice=Choice.REJECT)] == [
        ("a.txt:50", ("and",))
    ]


def test_rewritten_hunk_is_a_suggestion_when_it_is_written_out() -> None:
    comments = said(HunkDecision(1, Choice.EDIT, "FIVE\n"))

    assert [(one.kind, one.anchor, one.text) for one in comments] == [(CommentKind.SUGGESTION, "a.txt:5", "FIVE")]
    assert "```suggestion\n  FIVE\n  ```" in as_markdown(report(*comments))


def test_text_anchors_and_quotes_every_comment_when_it_is_for_a_terminal() -> None:
    comments = said(note="all in all fine", remarks=(Remark("a.txt", 5, "why\x1b[2J five?\nsay so", Weight.NIT),))

    assert as_text(report(*comments, note="almost")) == (
        "almost\n\na.txt: must\n    all in all fine\n\na.txt:5: nit\n    | five\n    why‹ESC›[2J five?\n    say so\n\n"
    ).replace("‹ESC›", as_text(report(note="\x1b")).strip())


def test_markdown_fence_is_longer_when_the_quoted_lines_have_fences() -> None:
    comment = Comment(CommentKind.LINES, "a`b.md", 3, None, False, "must", "odd", ("````",))
    written = as_markdown(report(comment))

    assert "  `````\n  ````\n  `````\n" in written
    assert "- `` a`b.md:3 `` **must**" in written


def test_document_fits_its_schema_when_every_kind_of_comment_is_in_it() -> None:
    comments = said(
        HunkDecision(1, Choice.EDIT, "x"), HunkDecision(2, Choice.REJECT), note="n", remarks=(Remark("a.txt", 49, "m"),)
    )

    document = as_document(report(*comments))
    assert {one["kind"] for one in document["comments"]} == {"lines", "file", "rejection", "suggestion"}
    assert complaints("review.schema.json", document) == []
    assert document["exit_code"] == 10
