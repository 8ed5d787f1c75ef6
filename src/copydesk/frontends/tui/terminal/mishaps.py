"""Owns what becomes of a failure inside the screen: it is recorded, said in one sentence, and kept where it happened.

It hides none: what fails is in the record, and whatever cannot go on ends the program in good order.
"""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import TYPE_CHECKING, cast

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget
from textual.worker import WorkerFailed

from copydesk.domain.display import show_lines

if TYPE_CHECKING:
    from textual.await_remove import AwaitRemove
    from textual.message import Message
    from textual.message_pump import MessagePump

    from copydesk.frontends.tui.terminal.app import TerminalApp

IN_PLACE = "This part cannot be drawn."
KeepTrace = Callable[[str], str]
"""Keeps the text of a failure; gives where, empty where it could not be kept."""


def keep_no_trace(text: str) -> str:
    """For screens that leave nothing behind."""
    return ""


class Mishaps:
    """What failed in one run of the screen; what fails in one place over and over is recorded once."""

    def __init__(self, keep_trace: KeepTrace) -> None:
        self._keep_trace = keep_trace
        self._records: dict[str, str] = {}
        self.fatal = ""
        """What is to be said after the screen is gone; empty where nothing ended it."""

    def take(self, error: BaseException) -> str:
        """Record a failure; gives a sentence that fits a line of the screen."""
        name, record = self._record(error)
        return f"copydesk failed here ({name}){f'; recorded as mishaps/{PurePath(record).name}' if record else ''}"

    def end_with(self, error: BaseException, session: str) -> None:
        """Record a failure that the screen cannot outlive; `session` is the id to resume, empty where there is none."""
        name, record = self._record(error)
        said = [f"copydesk: Something inside it failed ({name}), so it has ended."]
        said += [f"The session is kept: copydesk --resume {session}"] if session else []
        said += [f"What failed is recorded in {record}"] if record else []
        self.fatal = self.fatal or show_lines("\n".join(said))

    def knows(self, error: BaseException) -> bool:
        """Whether it was recorded before."""
        return _place(_cause(error)) in self._records

    def _record(self, error: BaseException) -> tuple[str, str]:
        """What it is called, and where it is recorded."""
        cause = _cause(error)
        place = _place(cause)
        if place not in self._records:
            self._records[place] = self._keep_trace(show_lines("".join(traceback.format_exception(cause))))
        return type(cause).__name__, self._records[place]


def _cause(error: BaseException) -> BaseException:
    """What failed itself, without what it came wrapped in."""
    match error:
        case WorkerFailed(error=cause) | BaseExceptionGroup(exceptions=[cause]):
            return _cause(cause)
        case _:
            return error


def _place(cause: BaseException) -> str:
    """Where it failed, and how."""
    frames = traceback.extract_tb(cause.__traceback__)
    return f"{type(cause).__name__} {frames[-1].filename}:{frames[-1].lineno}" if frames else repr(cause)


@contextmanager
def outlived(part: "MessagePump") -> Iterator[None]:
    """The edge at which a failure stops: it is said, and the part goes on, unless the app cannot go on without it."""
    try:
        yield
    except Exception as error:
        if not cast("TerminalApp", part.app).outlives(error):
            raise


class Sturdy:
    """Goes before a screen's or widget's own class: what fails in it is said, and leaves the rest of the screen alone.

    It is no widget itself, since a widget takes its looks from the first of its classes that is one.
    """

    async def _dispatch_message(self, message: "Message") -> None:
        """Handle a message; Textual would handle no other after one that failed."""
        with outlived(cast(Widget, self)):
            await super()._dispatch_message(message)  # type: ignore[misc]

    def remove(self) -> "AwaitRemove":
        """Take it away, its workers first: Textual takes its parts first, and a worker would look for them."""
        cast(Widget, self).workers.cancel_node(cast(Widget, self))
        gone: AwaitRemove = super().remove()  # type: ignore[misc]
        return gone

    def render_lines(self, crop: Region) -> list[Strip]:
        """Its lines, or a sentence that there are none."""
        try:
            lines: list[Strip] = super().render_lines(crop)  # type: ignore[misc]
        except Exception as error:
            app = cast("TerminalApp", cast(Widget, self).app)
            if app.is_headless:
                raise
            if not app.mishaps.knows(error):
                # What is said is drawn too: said each time, it would be drawn without end where that is what fails.
                app.note_mishap(error)
            said = Strip([Segment(IN_PLACE)])
            rows = [said if line == 0 else Strip.blank(0) for line in range(crop.y, crop.bottom)]
            return [row.crop_extend(crop.x, crop.right, None) for row in rows]
        return lines
