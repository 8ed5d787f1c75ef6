"""Owns how an offer is read: files and differences on screen, and the keys that move about in them.

What is decided is its subclass's affair.
"""

import asyncio

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen

from copydesk.config.choices import ScreenChoices
from copydesk.domain.display import show
from copydesk.frontends.present import plural
from copydesk.frontends.tui.diff.shown_files import Layout
from copydesk.frontends.tui.diff.view import DiffView
from copydesk.frontends.tui.lines.choice_list import ChoiceList
from copydesk.frontends.tui.lines.key_lines import KeyLines
from copydesk.frontends.tui.lines.status import RuleLine, SaidSentence
from copydesk.frontends.tui.lines.words_field import WordsField
from copydesk.frontends.tui.review.arming import Arming
from copydesk.frontends.tui.review.file_list import FileList
from copydesk.frontends.tui.review.jump_screen import JumpScreen
from copydesk.frontends.tui.review.picture import Picture
from copydesk.frontends.tui.review.state import Course, Part, ReviewState
from copydesk.frontends.tui.terminal.mishaps import Sturdy

WIDTH_OF_BOTH = 120
"""Cells from which the files stand beside the differences."""

LAYOUTS = {"auto": Layout.AUTO, "side": Layout.SIDE, "unified": Layout.UNIFIED}
"""What a person can choose → how the view calls it."""

LIST_SHARE, NARROWEST_LIST, WIDEST_LIST = 5, 32, 48
"""The share of the width that the list of files has beside the differences, at least, and at most."""


class OfferScreen(Sturdy, Screen[str]):
    """Shows an offer and everything that was said of it."""

    DEFAULT_CSS = """
    OfferScreen { background: $background; }
    OfferScreen Horizontal { height: 1fr; }
    """
    AUTO_FOCUS = "DiffView"

    def __init__(self, state: ReviewState, arming_seconds: float) -> None:
        super().__init__()
        self.course = Course(state)
        """Everything that was said."""
        self.here: Part | None = None
        """What the keys decide about."""
        self._arming = Arming(self, arming_seconds, self._note_read)
        self._read: set[Part] = set()
        """What has been under the cursor for long enough."""
        self._layout, self._wraps, self._finds, self._lists = Layout.AUTO, True, False, False
        self._shows_numbers = True
        self._has_ways = False
        """Whether the file here has three sides to be shown."""
        self._picture = Picture()
        self._words, self._said = WordsField("words"), SaidSentence()

    @property
    def state(self) -> ReviewState:
        """What was said so far."""
        return self.course.state

    @property
    def is_armed(self) -> bool:
        """Whether what is shown has been shown for long enough."""
        return self._arming.is_armed

    def compose(self) -> ComposeResult:
        yield self._picture.title
        yield RuleLine()
        yield self._picture.place
        with Horizontal():
            yield self._picture.files
            yield self._picture.view
        yield RuleLine()
        yield self._words
        yield self._said
        yield KeyLines()

    def prefer(self, choices: ScreenChoices) -> None:
        """Begin with what the person chose; before it is shown."""
        self._layout, self._wraps = LAYOUTS[choices.layout], choices.wrap == "on"
        self._shows_numbers = choices.numbers == "on"

    def warn(self, sentence: str) -> None:
        """Say something that the person should know."""
        self._say(sentence, "warning")

    def on_mount(self) -> None:
        self._picture.view.set_layout(self._layout)
        self._picture.view.set_wrapping(self._wraps)
        self._picture.view.set_numbers(self._shows_numbers)
        self._begin()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While words are written, nothing else is looked for; three ways are there in a conflict only."""
        if action == "ways":
            return self._has_ways
        return not self._words.display if action == "search" else True

    def on_resize(self, event: events.Resize) -> None:
        """Put the files beside the differences where there is room."""
        self._lay_out(event.size.width)

    def on_diff_view_moved(self, message: DiffView.Moved) -> None:
        """Stand where the cursor is; between hunks, where it was in the same file."""
        spot = self._picture.view.spot
        path = self.state.offer.files[spot.file].path
        part = self.state.part(path, spot.hunk)
        if part is None and (self.here is None or self.here.path != path):
            part = self.state.parts_of(path)[0]
        if part is not None:
            self._stand(part)

    def on_choice_list_highlighted(self, message: ChoiceList.Highlighted) -> None:
        """Show the file that was chosen."""
        path = self.state.offer.files[message.index].path
        is_latest = message.index == self._picture.files.chosen
        if is_latest and self.here is not None and self.here.path != path:
            self._go(self.state.parts_of(path)[0])

    def on_file_list_opened(self, message: FileList.Opened) -> None:
        """Read the file that was chosen."""
        self._lists = False
        self._lay_out(self.size.width)
        self._picture.view.focus()

    def action_hunk(self, step: int) -> None:
        """Go to another hunk; while something is looked for, to another match."""
        if self._finds:
            self._picture.view.search_step(step)
        elif self.here is not None:
            parts = self.state.parts
            self._go(parts[max(min(parts.index(self.here) + step, len(parts) - 1), 0)])

    def action_file(self, step: int) -> None:
        """Go to another file."""
        if self.here is not None:
            files = [file.path for file in self.state.offer.files]
            place = max(min(files.index(self.here.path) + step, len(files) - 1), 0)
            self._go(self.state.parts_of(files[place])[0])

    async def action_jump(self) -> None:
        """Choose among the hunks of the file by what they are in."""
        here = self.here
        if here is None or not here.hunk:
            self._say("There are no hunks here to go to.", "warning")
            return
        number = [file.path for file in self.state.offer.files].index(here.path)
        sections = await asyncio.to_thread(self._picture.view.section_names, number)
        parts = self.state.parts_of(here.path)

        def chosen(place: int | None) -> None:
            if place is not None and parts[place] in self.state.parts:
                self._go(parts[place])

        if self.here == here and len(sections) == len(parts):
            self.app.push_screen(JumpScreen(self.state, here, sections), chosen)

    def action_line(self, step: int) -> None:
        """Move the cursor by lines."""
        self._picture.view.action_line(step)

    def action_page(self, step: int) -> None:
        """Read on, or back."""
        self._picture.view.action_page(step)

    def action_layout(self) -> None:
        """Side by side, unified, the whole file, by width."""
        layouts = list(Layout)
        self._layout = layouts[(layouts.index(self._layout) + 1) % len(layouts)]
        self._picture.view.set_layout(self._layout)
        self._say(f"view: {self._layout.value}")

    def action_wrap(self) -> None:
        """Wrap long lines, or let them run on."""
        self._wraps = not self._wraps
        self._picture.view.set_wrapping(self._wraps)
        self._say("Long lines wrap." if self._wraps else "Long lines run on: ← and → scroll.")

    def action_fold(self) -> None:
        """Fold the file, or unfold it."""
        self._picture.view.toggle_fold()

    def action_search(self) -> None:
        """Ask for what to look for."""
        self._words.ask("find")
        self._say("find: enter looks for it, n and N go to the next and the one before, esc ends it")

    def action_files(self) -> None:
        """Show the files; beside the differences, go there and back."""
        self._lists = self._picture.view.has_focus
        self._lay_out(self.size.width)
        (self._picture.files if self._lists else self._picture.view).focus()

    def _begin(self) -> None:
        """Show the offer from its first part that is to be decided on."""
        self._read.clear()
        self.here = None
        self._picture.draw(self.state, None)
        first = self.state.next_unread or next(iter(self.state.parts), None)
        if first is not None:
            self._go(first)
        self._say(self.state.offer.reason)
        self._arming.begin()

    def _go(self, part: Part) -> None:
        """Bring a part into sight, and stand there."""
        files = [file.path for file in self.state.offer.files]
        shown = self.state.parts_of(part.path).index(part) + 1 if part.hunk else 0
        self._picture.view.go_to(files.index(part.path), shown)
        self._stand(part)

    def _stand(self, part: Part) -> None:
        """The keys decide about this part from now on, once it has been read."""
        if part == self.here:
            return
        self.here = part
        self._picture.show_place(self.state, part)
        self._picture.files.choose([file.path for file in self.state.offer.files].index(part.path))
        if bool(self.state.offer.file(part.path).ways) != self._has_ways:
            self._has_ways = not self._has_ways
            self.refresh_bindings()
        if not self._finds:
            self._say("")
        if part in self._read:
            self._arming.skip()
        else:
            self._arming.begin()

    def _note_read(self) -> None:
        if self.here is not None:
            self._read.add(self.here)

    def _find(self, text: str) -> None:
        lines = self._picture.view.search(text)
        self._finds = bool(text and lines)
        if self._finds:
            self._picture.view.search_step(1)
        if text:
            self._say(
                f"{plural(lines, 'line')} with “{text}”: n and N go through them, esc ends it"
                if lines
                else "It is nowhere here."
            )
        else:
            self._say("")

    def _close_words(self) -> None:
        self._words.close()
        self._say("")
        self._picture.view.focus()

    def _lay_out(self, width: int) -> None:
        is_wide = width >= WIDTH_OF_BOTH
        has_list = len(self.state.offer.files) > 1
        files, view = self._picture.files, self._picture.view
        files.display = self._lists or (is_wide and has_list)
        files.set_class(not is_wide, "-alone")
        files.styles.width = min(max(width // LIST_SHARE, NARROWEST_LIST), WIDEST_LIST) if is_wide else None
        view.display = is_wide or not self._lists

    def _say(self, sentence: str, style: str = "secondary") -> None:
        self._said.say((f" {show(sentence)}" if sentence else "", style))
