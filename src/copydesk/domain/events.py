"""Owns what happens in a session, as frozen values that round-trip through JSON.

An event says what happened in the past tense; nothing in it can be called, awaited or drawn.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from copydesk.domain.checks import CheckFinished as CheckFinished
from copydesk.domain.diffs import ChangeStatus, FileDiff, Hunk, HunkLine, LineKind
from copydesk.domain.door import ChangeApplied as ChangeApplied
from copydesk.domain.door import ChangeGathered as ChangeGathered
from copydesk.domain.door import ChangeRefused as ChangeRefused
from copydesk.domain.door import EditReviewed as EditReviewed
from copydesk.domain.door import ProposalMade as ProposalMade
from copydesk.domain.usage import Usage


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """A session began or was opened again."""

    root: str
    model: str
    tool_version: str
    mode: str
    is_resumed: bool = False
    price: str = ""
    """What the model costs, for people; empty where that is not known."""


@dataclass(frozen=True, slots=True)
class ModeChanged:
    """The person chose another mode."""

    mode: str


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """A prompt was taken up."""

    prompt: str


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of the reply; not journalled."""

    text: str


@dataclass(frozen=True, slots=True)
class TextFinished:
    """A text block of the reply is whole."""

    text: str


@dataclass(frozen=True, slots=True)
class ThinkingDelta:
    """More of the thinking; not journalled."""

    text: str


@dataclass(frozen=True, slots=True)
class ThinkingFinished:
    """A thinking block is whole."""

    text: str
    seconds: float


@dataclass(frozen=True, slots=True)
class StepDiscarded:
    """What was streamed since the last finished step does not count: the request is sent again."""

    reason: str


@dataclass(frozen=True, slots=True)
class ToolDrafted:
    """More of the input of a tool call that is still being written; not journalled."""

    call: str
    name: str
    text: str
    """Raw JSON; empty where the call has only been named."""


@dataclass(frozen=True, slots=True)
class ToolCallStarted:
    """A tool call is being carried out."""

    call: str
    name: str
    input: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ApprovalRequested:
    """The proposal waits for the person."""

    proposal: str
    reason: str


@dataclass(frozen=True, slots=True)
class ApprovalResolved:
    """The person, or the end of the turn, decided."""

    proposal: str
    accepted: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class ToolCallFinished:
    """A tool call has its answer."""

    call: str
    content: str
    is_error: bool


@dataclass(frozen=True, slots=True)
class FileChangedOutside:
    """Somebody else changed a file that the model has seen or that is under review."""

    path: str


@dataclass(frozen=True, slots=True)
class UsageReported:
    """What one model call used."""

    usage: Usage
    cost_usd: str | None
    """Decimal dollars of this call; None where a price is unknown."""
    api_seconds: float = 0.0
    cache_miss: str = ""


@dataclass(frozen=True, slots=True)
class RetryScheduled:
    """A failed call is tried again."""

    attempt: int
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class TurnFinished:
    """The turn is over: `done`, `failed`, `stopped`, `interrupted`, `terminated` or `usage`."""

    outcome: str
    stop_reason: str = ""
    reason: str = ""
    """A sentence where the outcome is not `done`."""


@dataclass(frozen=True, slots=True)
class RolledBack:
    """Files were taken back to before a step, or a rollback was taken back; by this session or another program."""

    checkpoint: str
    """Id of the step that they are before now; empty where the History no longer has it."""
    paths: tuple[str, ...]
    operation: str = "rollback"
    """`rollback` or `redo`."""
    step: str = ""
    """Id of the step that it is recorded as."""
    kept: tuple[str, ...] = ()
    """Files that stayed as they are because the person said so; not known of what another program did."""


@dataclass(frozen=True, slots=True)
class ConversationCut:
    """The person took back what was said since before the prompt of a turn; the model no longer sees it."""

    back_to: int
    """The first turn that was cut out."""
    paths: tuple[str, ...] = ()
    """Files that are not as they were then."""
    returned: tuple[str, ...] = ()
    """Files that went back with it."""


@dataclass(frozen=True, slots=True)
class CommitMade:
    """What was accepted is in the user's repository, at their word."""

    commit: str
    """Its full id, in hexadecimal."""
    paths: tuple[str, ...]
    hooks: tuple[str, ...] = ()
    """The user's hooks that ran."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something that the person should know and that is nobody's failure: recovery, a missing hint."""

    text: str


Event = (
    SessionStarted
    | ModeChanged
    | TurnStarted
    | TextDelta
    | TextFinished
    | ThinkingDelta
    | ThinkingFinished
    | StepDiscarded
    | ToolDrafted
    | ToolCallStarted
    | ProposalMade
    | ApprovalRequested
    | ApprovalResolved
    | ChangeApplied
    | ChangeGathered
    | ChangeRefused
    | EditReviewed
    | ToolCallFinished
    | CheckFinished
    | FileChangedOutside
    | UsageReported
    | RetryScheduled
    | TurnFinished
    | RolledBack
    | CommitMade
    | ConversationCut
    | Noticed
)

EVENT_TYPES: dict[str, type[Any]] = {kind.__name__: kind for kind in Event.__args__}
EPHEMERAL = (TextDelta, ThinkingDelta, ToolDrafted)
"""Not journalled: what they say comes again, whole. Those that follow each other can be read as one."""


def continues(later: Event, earlier: Event) -> bool:
    """Whether an event is more of the same text as the one right before it."""
    if isinstance(later, ToolDrafted):
        return isinstance(earlier, ToolDrafted) and earlier.call == later.call
    return isinstance(later, EPHEMERAL) and type(later) is type(earlier)


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event and where it belongs."""

    seq: int
    """Counts from 1 in a session."""
    session: str
    turn: int
    """Counts from 1; 0 before the first prompt."""
    at: float
    """Seconds since the epoch."""
    event: Event = field()


def event_to_json(event: Event) -> dict[str, Any]:
    """Write an event as plain data, with its type's name under `event`."""
    return {"event": type(event).__name__, **asdict(event)}


def event_from_json(data: dict[str, Any]) -> Event:
    """Read an event back; raises KeyError or TypeError where it is not one."""
    values = dict(data)
    kind = EVENT_TYPES[values.pop("event")]
    if "diffs" in values:
        values["diffs"] = tuple(_diff(item) for item in values["diffs"])
    if "diff" in values:
        values["diff"] = _diff(values["diff"])
    if "usage" in values:
        values["usage"] = Usage(**values["usage"])
    for name in ("paths", "kept", "returned", "hooks"):
        if name in values:
            values[name] = tuple(values[name])
    event: Event = kind(**values)
    return event


def _diff(data: dict[str, Any]) -> FileDiff:
    """Read a difference; a journal may say nothing of names and modes."""
    hunks = tuple(
        Hunk(
            hunk["old_start"],
            hunk["new_start"],
            tuple(HunkLine(LineKind(line["kind"]), line["text"]) for line in hunk["lines"]),
        )
        for hunk in data["hunks"]
    )
    names_and_modes = data.get("old_path", ""), data.get("old_mode"), data.get("new_mode")
    return FileDiff(data["path"], ChangeStatus(data["status"]), hunks, data["is_binary"], *names_and_modes)
