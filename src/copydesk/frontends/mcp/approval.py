"""Owns how a person is asked about a call, and how their answer reaches the gate.

It decides nothing: without an answer, and for anything but the very edit that was shown, the gate hears no.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from mcp.server.elicitation import AcceptedElicitation, CancelledElicitation, DeclinedElicitation
from pydantic import BaseModel, Field

from copydesk.domain.checks import Check
from copydesk.domain.decisions import Decision
from copydesk.domain.diffs import FileDiff
from copydesk.domain.display import show, show_lines
from copydesk.domain.policies import Ruling
from copydesk.domain.proposals import Proposal
from copydesk.frontends.present import counts, file_notes, plural
from copydesk.tools.editor import Question

SHOWN_LINES = 400
"""Of a diff; a form that is longer is not read to its end anyway."""
SHOWN_COLUMNS = 400
_DIGEST_LENGTH = 16
"""Hexadecimal digits that bind an answer to an edit whose shown lines are not all of it."""


class Approval(BaseModel):
    """A person's word on what a tool wants to do."""

    approve: bool = Field(strict=True, description="Allow it. Nothing is done without.")
    note: str = Field(default="", description="If you do not allow it: what to do instead, said to the model verbatim.")


Elicited = AcceptedElicitation[Approval] | DeclinedElicitation | CancelledElicitation


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said of a question."""

    question: Question
    accepted: bool
    note: str = ""
    is_dismissal: bool = False
    """They closed the question without deciding."""


def answer_to(question: Question | None, elicited: Elicited | None) -> Answer | None:
    """The answer to a question that was asked; None where none was, or nobody could be."""
    if question is None:
        return None
    match elicited:
        case AcceptedElicitation(data=Approval() as approval):
            return Answer(question, approval.approve, approval.note)
        case DeclinedElicitation():
            return Answer(question, False)
        case CancelledElicitation():
            return Answer(question, False, is_dismissal=True)
        case _:
            return None


_answer: ContextVar[Answer | None] = ContextVar("answer", default=None)


class ElicitedApprover:
    """Tells the gate what was said of the call that is being made."""

    @contextmanager
    def answering(self, answer: Answer | None) -> Iterator[None]:
        """Let what runs inside be answered so."""
        token = _answer.set(answer)
        try:
            yield
        finally:
            _answer.reset(token)

    async def ask(self, proposal: Proposal, ruling: Ruling) -> Decision | None:
        """The decision on the edit that was shown, which the gate compares with this one."""
        answer = _answer.get()
        if answer is None or answer.question.proposal is None:
            return None
        return Decision(answer.accepted, answer.question.proposal.digest, answer.note, answer.is_dismissal)

    async def ask_to_view(self, path: str, ruling: Ruling) -> bool:
        """Whether the person let the model read this file, alone or as part of an edit of it."""
        answer = _answer.get()
        return answer is not None and answer.accepted and answer.question.path == path

    async def ask_to_run(self, check: Check, ruling: Ruling, call: str) -> bool:
        """A server runs no checks."""
        return False


def question_text(question: Question) -> str:
    """What the person reads: why they are asked, and what would be done; safe to show, and never endless."""
    reason, path = show(question.ruling.reason), show(question.path)
    if question.proposal is None:
        return f"{reason}\nLet the model read {path}?"
    diffs = [change.diff for change in question.proposal.changes]
    lines = [line for diff in diffs for line in _diff_lines(diff)]
    notes = ", ".join([counts(diffs), *dict.fromkeys(note for diff in diffs for note in file_notes(diff))])
    if question.ruling.mark:
        notes += f"; {question.ruling.mark}"
    edit = question.proposal.digest[:_DIGEST_LENGTH]
    return "\n".join([reason, f"Apply this edit of {path} ({notes})?", "", *_bounded(lines), "", f"Edit {edit}"])


def _diff_lines(diff: FileDiff) -> list[str]:
    return show_lines(diff.to_unified()).removesuffix("\n").split("\n")


def _bounded(lines: list[str]) -> list[str]:
    shown = [_shortened(line) for line in lines[:SHOWN_LINES]]
    hidden = len(lines) - len(shown)
    if hidden:
        shown += ["", f"{plural(hidden, 'more line')} of this diff not shown; your approval covers all of it."]
    return shown


def _shortened(line: str) -> str:
    hidden = len(line) - SHOWN_COLUMNS
    if hidden <= 0:
        return line
    return f"{line[:SHOWN_COLUMNS]}… ({plural(hidden, 'more character')} not shown; your approval covers them)"
