"""Owns how a test looks at differences: a screen with nothing but the view, what is on it, and its picture in text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.strip import Strip

from copydesk.domain.diffs import diff_images
from copydesk.frontends.tui.diff.view import DiffView, Layout, ShownFile, Spot
from copydesk.frontends.tui.theme import DARK, themes

DEADLINE = 20.0
"""Seconds until what is waited for must be seen."""


class DiffDesk(App[None]):
    """A screen with nothing but differences."""

    def __init__(self) -> None:
        super().__init__()
        self.view = DiffView()
        self.moves: list[Spot] = []
        self.clicks: list[tuple[int, int]] = []

    def compose(self) -> ComposeResult:
        yield self.view

    def on_mount(self) -> None:
        for theme in themes():
            self.register_theme(theme)
        self.theme = DARK
        self.view.focus()

    def on_diff_view_moved(self, message: DiffView.Moved) -> None:
        self.moves.append(message.spot)

    def on_diff_view_clicked(self, message: DiffView.Clicked) -> None:
        self.clicks.append((message.file, message.hunk))


class Reader:
    """Somebody who reads differences."""

    def __init__(self, app: DiffDesk, pilot: Pilot[None]) -> None:
        self.app, self.view, self._pilot = app, app.view, pilot

    async def show(self, *files: ShownFile, layout: Layout = Layout.AUTO, wraps: bool = True) -> None:
        self.view.set_layout(layout)
        self.view.set_wrapping(wraps)
        self.view.show_files(files)
        await self._pilot.pause()

    async def press(self, *keys: str) -> None:
        await self._pilot.press(*keys)

    async def click(self, column: int, line: int) -> None:
        await self._pilot.click(offset=(column, line))

    async def resize(self, width: int, height: int) -> None:
        await self._pilot.resize_terminal(width, height)
        while self.view.size != (width, height):
            await self._pilot.pause(0.01)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE):
            while not holds():
                await self._pilot.pause(0.01)

    def strips(self) -> list[Strip]:
        return self.app.screen._compositor.render_strips()

    def lines(self) -> list[str]:
        return [strip.text.rstrip() for strip in self.strips()]

    def sees(self) -> str:
        return "\n".join(self.lines())

    @property
    def cursor_line(self) -> str:
        """The line with the cursor."""
        return next((line for line in self.lines() if line.startswith("▌")), "")


@asynccontextmanager
async def reading(*files: ShownFile, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Reader]:
    """Sit down before some differences."""
    app = DiffDesk()
    async with app.run_test(size=size) as pilot:
        reader = Reader(app, pilot)
        await reader.show(*files)
        yield reader


def shown(before: str | None, after: str | None, path: str = "src/cart.py", is_whole: bool = True) -> ShownFile:
    """A file as it is shown, with its whole texts or only its difference."""
    old, new = (text if text is None else text.encode("utf-8", "surrogateescape") for text in (before, after))
    diff = diff_images(path, old, new)
    return ShownFile(diff, before, after) if is_whole else ShownFile(diff)


def numbered(count: int, changed: Sequence[int] = ()) -> str:
    """So many lines, of which some are not what they would be."""
    return "".join(f"{'changed' if number in changed else 'line'} {number}\n" for number in range(1, count + 1))


def pictured(strips: Sequence[Strip]) -> str:
    """Lines as text, without the scroll bar; under each that has them, `^` where it is underlined and `~` reversed."""
    lines = []
    for strip in (strip.crop(0, strip.cell_length - 1) for strip in strips):
        lines.append(strip.text.rstrip())
        marks = "".join(_mark(segment) * segment.cell_length for segment in strip).rstrip()
        lines += [f"{marks}  <"] if marks else []
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines) + "\n"


def _mark(segment: Segment) -> str:
    style = segment.style
    return "~" if style and style.reverse else "^" if style and style.underline else " "
