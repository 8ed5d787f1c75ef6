"""Owns the lines that frame the desk: header, rules, what is going on, and the footer with usage and keys."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from copydesk.domain.display import show
from copydesk.frontends.present import plural, shorten, usage_line
from copydesk.frontends.tui.facts import Facts
from copydesk.frontends.tui.lines.wrapping import wrap_text
from copydesk.frontends.tui.terminal.mishaps import Sturdy
from copydesk.frontends.tui.theme import Palette, palette

if TYPE_CHECKING:
    from copydesk.domain.transcript import Transcript

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
SPINNER_SECONDS = 0.25
"""Between two steps of the spinner; each is a frame of its own on a slow line."""

Piece = tuple[str, str]
"""A text that is safe to show, and the name of a style of the palette."""


class FrameLine(Sturdy, Widget):
    """One line with something at its left and something at its right; the right never gives way."""

    DEFAULT_CSS = """
    FrameLine { height: 1; }
    """
    ALLOW_SELECT = False

    @abstractmethod
    def pieces(self) -> tuple[list[Piece], list[Piece]]:
        """What stands at the left and at the right."""

    def render_line(self, y: int) -> Strip:
        base = self.rich_style
        left, right = self.pieces()
        return frame(left, right, self.size.width, palette(self.app.current_theme.dark)).apply_style(base)


def frame(left: list[Piece], right: list[Piece], width: int, colours: Palette, fill: str = " ") -> Strip:
    """Lay out one line; the left is cut where there is no room for it, and an ellipsis says so."""
    right_width = sum(cell_len(text) for text, _ in right)
    room = max(width - right_width, 0)
    start = Strip([Segment(text, _style(colours, name)) for text, name in left])
    if start.cell_length > room:
        start = Strip([*start.crop(0, max(room - 1, 0)), Segment("…"[:room], colours.secondary)])
    gap = Segment(fill * (room - start.cell_length), colours.secondary if fill == " " else Style())
    return Strip([*start, gap, *(Segment(text, _style(colours, name)) for text, name in right)])


class SaidLine(FrameLine):
    """A line that says what it is told."""

    _left: tuple[Piece, ...] = ()
    _right: tuple[Piece, ...] = ()

    @property
    def text(self) -> str:
        """What it says at the left."""
        return "".join(text for text, _ in self._left)

    def say(self, *left: Piece, right: Sequence[Piece] = ()) -> None:
        """Say this; nothing is said by an empty text."""
        self._left, self._right = left, tuple(right)
        self.refresh()

    def pieces(self) -> tuple[list[Piece], list[Piece]]:
        """The right is left out where it would hide something of the left."""
        cells = sum(cell_len(text) for text, _ in (*self._left, *self._right))
        return list(self._left), list(self._right) if cells < self.size.width else []


class SentenceLine(FrameLine):
    """A line that grows where its one sentence needs more room; the right stands in the first line."""

    DEFAULT_CSS = """
    SentenceLine { height: auto; max-height: 4; }
    """
    _height = 1

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the sentence takes."""
        self._height = len(_sentence_rows(*self.pieces(), width))
        return self._height

    def renew(self) -> None:
        """Draw it again, and make room first where it takes more lines or fewer than before."""
        rows = _sentence_rows(*self.pieces(), self.size.width) if self.size.width else []
        self.refresh(layout=len(rows) != self._height)

    def render_line(self, y: int) -> Strip:
        left, right = self.pieces()
        rows = _sentence_rows(left, right, self.size.width)
        colours = palette(self.app.current_theme.dark)
        row = rows[y] if y < len(rows) else []
        return frame(row, [] if y else right, self.size.width, colours).apply_style(self.rich_style)


class SaidSentence(SentenceLine, SaidLine):
    """A line that says a sentence, however long."""

    def say(self, *left: Piece, right: Sequence[Piece] = ()) -> None:
        """Say this; nothing is said by an empty text."""
        super().say(*left, right=right)
        self.renew()


def _sentence_rows(left: list[Piece], right: list[Piece], width: int) -> list[list[Piece]]:
    """The left as one line, or as those that its last piece takes where there is no room for it in one."""
    room = width - sum(cell_len(text) for text, _ in right)
    if not left or sum(cell_len(text) for text, _ in left) <= room:
        return [left]
    *before, (text, name) = left
    margin = sum(cell_len(piece) for piece, _ in before) + len(text) - len(text.lstrip())
    first, *others = (row.text for row in wrap_text(text.strip(), room - margin - 1, Style()))
    lead = text[: len(text) - len(text.lstrip())]
    return [[*before, (lead + first, name)], *([(" " * margin + row, name)] for row in others)]


class Header(FrameLine):
    """Where one is: workspace, branch, model, tool version, and the mode at the right edge."""

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self._facts = facts
        self._mode = facts.mode

    def update(self, facts: Facts, mode: str) -> None:
        """Show these facts and this mode."""
        if (facts, mode) != (self._facts, self._mode):
            self._facts, self._mode = facts, mode
            self.refresh()

    def pieces(self) -> tuple[list[Piece], list[Piece]]:
        facts = self._facts
        branch = f"  {show(facts.branch)}{'*' * facts.is_dirty}" if facts.branch else ""
        model = "  " + " · ".join(show(part) for part in (facts.model, facts.tool_version) if part)
        demo: list[Piece] = [("  demo", "accent")] if facts.is_demo else []
        left: list[Piece] = [
            (" copydesk", "accent"),
            (f"  {shorten(show(facts.workspace), 30)}", "strong"),
            (shorten(branch, 32), "text"),
            *demo,
            (model, "secondary"),
        ]
        return left, [(f"  {show(self._mode).upper()} ", "waiting")]


class RuleLine(FrameLine):
    """A single rule, with a word in it where there is something to say."""

    DEFAULT_CSS = """
    RuleLine { color: $desk-rule; }
    """

    _said = ""

    def say(self, text: str) -> None:
        """Put a word into the rule, or take it out with an empty text."""
        if text != self._said:
            self._said = text
            self.refresh()

    def pieces(self) -> tuple[list[Piece], list[Piece]]:
        return [], [(f" {self._said} ", "waiting")] if self._said else []

    def render_line(self, y: int) -> Strip:
        left, right = self.pieces()
        colours = palette(self.app.current_theme.dark)
        return frame(left, right, self.size.width, colours, fill="─").apply_style(self.rich_style)


class Activity(SentenceLine):
    """What is going on at the left, what wants a decision at the right."""

    def __init__(self) -> None:
        super().__init__()
        self._is_busy = False
        self._waiting = 0
        self._said = ""
        self._gathered = 0
        self._frame = 0
        self._spinning: Timer | None = None
        self._work = ""
        self._beats = 0

    def show_work(self, work: str) -> None:
        """Say what the person has set going, and for how long, until it is done: then the text is empty."""
        self._work, self._beats = work, 0
        self._turn_spinner()
        self.renew()

    def show_transcript(self, transcript: Transcript) -> None:
        """Say what the session is doing; what was said before ends where a turn begins or ends."""
        before = self.pieces()
        if transcript.is_busy != self._is_busy:
            self._said = ""
        self._is_busy, self._waiting = transcript.is_busy, len(transcript.waiting)
        self._turn_spinner()
        if self.pieces() != before:
            self.renew()

    def _turn_spinner(self) -> None:
        """Let the spinner turn while something goes on."""
        is_working = bool(self._work) or (self._is_busy and not self._waiting)
        if is_working and self._spinning is None:
            self._spinning = self.set_interval(SPINNER_SECONDS, self._spin)
        elif not is_working and self._spinning is not None:
            self._spinning.stop()
            self._spinning = None

    def show_gathered(self, files: int) -> None:
        """Say how many files' edits wait for a review of the whole."""
        if files != self._gathered:
            self._gathered = files
            self.renew()

    def say(self, sentence: str) -> None:
        """Say something until a turn begins or ends."""
        self._said = sentence
        self.renew()

    def unsay(self, sentence: str) -> None:
        """Say it no more, where nothing else was said since."""
        if self._said == sentence:
            self.say("")

    def pieces(self) -> tuple[list[Piece], list[Piece]]:
        waiting = self._waiting
        right: list[Piece] = []
        if waiting:
            right = [(f"  {plural(waiting, 'decision')} {'waits' if waiting == 1 else 'wait'} ", "waiting")]
        elif self._gathered:
            right = [(f"  {plural(self._gathered, 'file')} to review ", "waiting")]
        spinner = (f" {SPINNER[self._frame]} ", "accent")
        if self._said and self._spinning is not None and not self._work:
            return [spinner, (show(self._said), "text")], right
        if self._said:
            return [(f" {show(self._said)}", "text")], right
        if self._work:
            seconds = f"  {self._beats * SPINNER_SECONDS:.0f} s"
            return [spinner, (show(self._work), "text"), (f"{seconds}  esc stops it", "secondary")], right
        if self._spinning is not None:
            return [spinner, ("working", "text"), ("  esc interrupts", "secondary")], right
        return [], right

    def _spin(self) -> None:
        self._frame = (self._frame + 1) % len(SPINNER)
        self._beats += 1
        self.refresh()


class Footer(FrameLine):
    """Usage of this session at the left; at the right the keys that apply now, taken from the bindings."""

    def __init__(self) -> None:
        super().__init__()
        self._usage = ""

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.refresh())

    def show_transcript(self, transcript: Transcript) -> None:
        """Show what has been used."""
        parts = [usage_line(transcript), f"cache missed: {transcript.cache_miss}" if transcript.cache_miss else ""]
        self.say(" · ".join(part for part in parts if part))

    def say(self, text: str) -> None:
        """Show this at the left."""
        if text != self._usage:
            self._usage = text
            self.refresh()

    def pieces(self) -> tuple[list[Piece], list[Piece]]:
        named = self._keys()
        while len(named) > 1 and _key_cells(named) > self.size.width:
            del named[-2]
        keys: list[Piece] = []
        for key, label in named:
            keys += [(f"{key} ", "accent"), (f"{label}  ", "secondary")]
        return [(self._used(self.size.width - _key_cells(named)), "secondary")], keys

    def _used(self, room: int) -> str:
        """The usage without the figures there is no room for, cost last: half a figure would be a wrong one."""
        parts = show(self._usage).split(" · ")
        least = 2 if "cache missed" in parts[-1] else 1
        while cell_len(said := f" {' · '.join(parts)}  ") > room and len(parts) > least:
            del parts[0]
        return said if cell_len(said) <= room or least > 1 else ""

    def _keys(self) -> list[tuple[str, str]]:
        shown: dict[str, tuple[str, str]] = {}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.show and active.enabled and binding.description:
                shown.setdefault(binding.id or binding.action, (self.app.get_key_display(binding), binding.description))
        return list(shown.values())


def _key_cells(keys: Sequence[tuple[str, str]]) -> int:
    """The cells that keys and their words take in the footer."""
    return sum(cell_len(key) + cell_len(label) + 3 for key, label in keys)


def _style(colours: Palette, name: str) -> Style:
    style: Style = getattr(colours, name)
    return style
