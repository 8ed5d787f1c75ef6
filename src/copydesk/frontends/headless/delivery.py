"""Owns what a run hands over when it is done, beside what it wrote: its edits, its result, its record.

It writes no file; whoever starts the run knows where these things go.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from copydesk.domain.checks import CheckFinished
from copydesk.domain.proposals import FileChange
from copydesk.domain.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Delivery:
    """A run that has ended."""

    changes: tuple[FileChange, ...]
    """What its edits come to, made or waiting, against the files as they were first read; by path."""
    checks: tuple[CheckFinished, ...]
    """How each check ended that the result was put to, in the last round."""
    result: dict[str, Any]
    """The result object, but for its `uuid`."""
    transcript: Transcript
    prompt: str
    messages: tuple[Mapping[str, Any], ...]
    """The conversation as the Messages API has it."""
    made_at: float | None = None
    """Seconds since the epoch."""


Deliver = Callable[[Delivery], None]
"""Hands a run over; OSError or UsageError where that cannot be done."""
