"""Owns how what is written is completed: the list of what fits is made and put on the screen when first wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copydesk.frontends.tui.bridge import ToolsPort
    from copydesk.frontends.tui.prompt.completion import Choice, Word
    from copydesk.frontends.tui.prompt.completion_popup import CompletionPopup
    from copydesk.frontends.tui.prompt.file_picker import FilePicker

SIGNS = "/!@"
"""Without one of them there is nothing to complete; `completion.Sign` says what each stands for."""


class Completing:
    """The list of what fits the word that is being written; `show` puts it on the screen."""

    def __init__(self, show: Callable[[CompletionPopup], object]) -> None:
        self._show = show
        self._tools: ToolsPort | None = None
        self._popup: CompletionPopup | None = None
        self._files: FilePicker | None = None

    def connect(self, tools: ToolsPort) -> None:
        """Offer the files and checks of this session."""
        self._tools = tools
        if self._files is not None:
            self._files.connect(tools.files)

    @property
    def is_open(self) -> bool:
        """Whether something is offered."""
        return self._popup is not None and self._popup.is_open

    @property
    def choice(self) -> Choice | None:
        """What is chosen; None where nothing is offered."""
        return self._popup.choice if self._popup is not None else None

    @property
    def word(self) -> Word | None:
        """What is being completed."""
        return self._popup.word if self._popup is not None else None

    def follow(self, line: str, is_first: bool) -> None:
        """Offer what fits the word at the end of this piece of a line; `is_first` where it is of the first one."""
        if self._popup is None and any(sign in line for sign in SIGNS):
            self._popup = self._made()
        if self._popup is not None:
            from copydesk.frontends.tui.prompt.completion import word_before

            self._popup.follow(word_before(line, is_first))

    def move(self, direction: int) -> None:
        """Choose the next (1), or the one before (-1)."""
        if self._popup is not None:
            self._popup.action_move(direction)

    def close(self) -> None:
        """Offer nothing more for the word that is being written."""
        if self._popup is not None:
            self._popup.close()

    def _made(self) -> CompletionPopup:
        from copydesk.frontends.tui.prompt.completion import Sign, offer_checks, offer_commands
        from copydesk.frontends.tui.prompt.completion_popup import CompletionPopup
        from copydesk.frontends.tui.prompt.file_picker import FilePicker

        self._files = FilePicker(lambda: popup.look_again())
        if self._tools is not None:
            self._files.connect(self._tools.files)
        popup = CompletionPopup(
            {
                Sign.COMMAND: offer_commands,
                Sign.FILE: self._files.offer,
                Sign.CHECK: lambda written: offer_checks(self._tools.checks if self._tools else (), written),
            }
        )
        self._show(popup)
        return popup
