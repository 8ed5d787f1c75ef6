"""Owns the exit code: what a run came to, judged from its events alone."""

from dataclasses import dataclass, field
from enum import IntEnum

from copydesk.domain import events
from copydesk.domain.diffs import FileDiff


class ExitCode(IntEnum):
    """What the process tells its caller; the contract of the command line."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    STOPPED = 3
    DENIED = 4
    CHECK = 5
    UNCHANGED = 6
    INTERRUPTED = 130
    TERMINATED = 143


OUTCOMES = {
    ExitCode.DONE: "done",
    ExitCode.FAILED: "failed",
    ExitCode.USAGE: "usage",
    ExitCode.STOPPED: "stopped",
    ExitCode.DENIED: "denied",
    ExitCode.CHECK: "check",
    ExitCode.UNCHANGED: "unchanged",
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.TERMINATED: "terminated",
}


@dataclass
class Tally:
    """What happened in a run so far; the one mutable thing of the headless front end."""

    expects_changes: bool = False
    applied: dict[str, events.ChangeApplied] = field(init=False, default_factory=dict)
    """The last change of each path."""
    changes: list[events.ChangeApplied] = field(init=False, default_factory=list)
    refused: dict[str, events.ChangeRefused] = field(init=False, default_factory=dict)
    """The last refusal of each path that was not made good by a later edit."""
    denials: list[events.ChangeRefused] = field(init=False, default_factory=list)
    checks: list[events.CheckFinished] = field(init=False, default_factory=list)
    verified: tuple[events.CheckFinished, ...] = field(init=False, default=())
    """How each check ended that the result was put to, in the last round."""
    waiting: tuple[str, ...] = field(init=False, default=())
    """Paths of the edits that wait for a decision at the end."""
    proposed: tuple[FileDiff, ...] = field(init=False, default=())
    """What they come to, where that was worked out; by path."""
    comes_to_nothing: bool = field(init=False, default=False)
    """All edits together leave every file as it was, as far as that was worked out."""
    inputs: dict[str, events.ToolCallStarted] = field(init=False, default_factory=dict)
    commit: str = field(init=False, default="")
    """The id of the commit that was made at the end."""
    finished: events.TurnFinished | None = field(init=False, default=None)
    answer: str = field(init=False, default="")
    """The last text of the model that counts."""
    _said: str = field(init=False, default="")
    """The last text, of a reply that may still be discarded."""
    steps: int = field(init=False, default=0)
    """Model calls."""
    api_seconds: float = field(init=False, default=0.0)

    def take(self, event: events.Event) -> None:
        """Count an event."""
        match event:
            case events.ToolCallStarted():
                self.inputs[event.call] = event
            case events.ChangeApplied():
                self.applied[event.path] = event
                self.changes.append(event)
                self.refused.pop(event.path, None)
            case events.ChangeRefused():
                self.denials.append(event)
                if not event.is_view:
                    self.refused[event.path] = event
            case events.CheckFinished():
                self.checks.append(event)
            case events.TextFinished():
                self._said = event.text
            case events.StepDiscarded():
                self._said = self.answer
            case events.UsageReported():
                self.answer = self._said
                self.steps += 1
                self.api_seconds += event.api_seconds
            case events.CommitMade():
                self.commit = event.commit
            case events.TurnFinished():
                self.finished = event
            case _:
                pass

    @property
    def failing(self) -> tuple[events.CheckFinished, ...]:
        """The checks that the result does not pass."""
        return tuple(check for check in self.verified if not check.passed)

    @property
    def is_done(self) -> bool:
        """The model finished, whatever became of its edits."""
        return self.finished is not None and self.finished.outcome == OUTCOMES[ExitCode.DONE]

    @property
    def reason(self) -> str:
        """Why it is not done, in a sentence; empty where it is."""
        if self.finished is None:
            return "The run ended before the model did."
        match self.exit_code:
            case ExitCode.CHECK:
                return f"These checks still fail: {', '.join(check.name for check in self.failing)}."
            case ExitCode.DENIED:
                return " ".join(f"Not made: {path}: {event.reason}" for path, event in self.refused.items())
            case ExitCode.UNCHANGED:
                edited = self.applied or self.waiting
                nothing = "All edits together changed nothing" if edited else "Nothing was changed"
                return f"{nothing}, although --expect-changes was given."
            case _:
                return self.finished.reason

    @property
    def exit_code(self) -> ExitCode:
        """The code by the contract's order: signals, 2, 1, 3, 5, 4, 6."""
        outcome = self.finished.outcome if self.finished else "failed"
        for code in (ExitCode.INTERRUPTED, ExitCode.TERMINATED, ExitCode.USAGE, ExitCode.FAILED, ExitCode.STOPPED):
            if outcome == OUTCOMES[code]:
                return code
        if self.failing:
            return ExitCode.CHECK
        if self.refused:
            return ExitCode.DENIED
        if self.expects_changes and (self.comes_to_nothing or not (self.applied or self.waiting)):
            return ExitCode.UNCHANGED
        return ExitCode.DONE
