"""Owns how a person moves in the transcript: the chosen item, jumps from turn to turn, search, copies, links."""

from collections.abc import Iterable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from copydesk.domain.display import show
from copydesk.domain.items import Prompt, Reply, Thought, ToolCard
from copydesk.frontends.export import markdown_of
from copydesk.frontends.present import plural
from copydesk.frontends.tui.lines.line_view import marked
from copydesk.frontends.tui.theme import palette
from copydesk.frontends.tui.transcript.view import TranscriptView

FOUND = Style(reverse=True)


class TranscriptReader(TranscriptView):
    """A transcript that can take the focus; then one item is chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "choose(-1)", "item up", show=False, id="transcript.up"),
        Binding("down,j", "choose(1)", "item down", show=False, id="transcript.down"),
        Binding("enter", "unfold", "unfold", id="transcript.unfold", key_display="enter"),
        Binding("y", "copy_item", "copy", id="transcript.copy"),
        Binding("o", "open", "open file", id="transcript.open"),
        Binding("n", "find_next(-1)", "older", id="transcript.older"),
        Binding("N", "find_next(1)", "newer", id="transcript.newer"),
        Binding("escape", "leave", "back", id="transcript.leave"),
    ]

    class Left(Message):
        """The person is done with reading."""

    class Said(Message):
        """Something to tell the person."""

        def __init__(self, sentence: str) -> None:
            super().__init__()
            self.sentence = sentence

    class OpenFile(Message):
        """The person wants to see a file in their editor."""

        def __init__(self, path: str, line: int) -> None:
            super().__init__()
            self.path = path
            self.line = line

    chosen: int | None = None
    """Place of the item that keys are for."""
    _wanted = ""
    _match: tuple[int, int] | None = None
    """Block and line of the match that is shown."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There are other matches only while something is looked for."""
        return bool(self._wanted) if action == "find_next" else True

    def go_to_turn(self, step: int) -> None:
        """Put the previous (-1) or next (1) prompt at the top; after the last, the end."""
        top = self.scroll_offset.y
        start = self._blocks.place_of(self.block_at(top) or 0)
        places = range(start, self._blocks.place_count) if step > 0 else range(start, -1, -1)
        prompts = (place for place in places if isinstance(self._blocks.item(place), Prompt))
        beyond = next((place for place in prompts if (self._first_line(place) - top) * step > 0), None)
        if beyond is not None:
            self.go_to_place(beyond)
        elif step > 0:
            self.go_to_end()

    def prompts(self) -> dict[int, Prompt]:
        """Every prompt by its place."""
        items = enumerate(self._blocks.items())
        return {place: item for place, item in items if isinstance(item, Prompt)}

    def go_to_place(self, place: int) -> None:
        """Put an item at the top, and choose it."""
        self.chosen = place
        self.reveal_line(self._blocks.first_block(place), int(self._is_spaced(place)))

    def _first_line(self, place: int) -> int:
        """Where an item begins, below the blank line that may stand above it."""
        return self.tops[self._blocks.first_block(place)] + self._is_spaced(place)

    def find(self, words: str) -> None:
        """Show the newest place that says these words, and mark them wherever they are seen."""
        from copydesk.frontends.tui.transcript.finding import holds

        self._wanted, self._match = show(words).casefold(), None
        self.refresh_bindings()
        count = sum(holds(item, self._wanted) for item in self._blocks.items()) if words else 0
        if count:
            self.action_find_next(-1)
            self.post_message(self.Said(f"“{show(words)}” is in {plural(count, 'item')}; n older, N newer, esc back."))
        else:
            self.post_message(self.Said(f"“{show(words)}” is not in this session."))
        self.refresh()

    def markdown(self, extent: str) -> str:
        """What `/copy` copies: the last `reply`, the last `turn`, or `all`."""
        items = [*self._blocks.said]
        match extent:
            case "all":
                return markdown_of(items)
            case "turn":
                prompts = [number for number, item in enumerate(items) if isinstance(item, Prompt)]
                return markdown_of(items[prompts[-1] :] if prompts else items)
            case _:
                return markdown_of([item for item in items if isinstance(item, Reply)][-1:])

    def action_find_next(self, step: int) -> None:
        """Go on to the next match in a direction; folded items are unfolded for it."""
        place = self._blocks.place_count if self._match is None else self._blocks.place_of(self._match[0])
        here = self._match or (self._blocks.block_count, 0)
        for other in self._places(place, step):
            found = [match for match in self._matches(other) if (match > here if step > 0 else match < here)]
            if found:
                self.chosen, self._match = other, found[0 if step > 0 else -1]
                self.reveal_line(*self._match, self.size.height // 3)
                return
        self.post_message(self.Said("There is no other match in this direction."))

    def action_choose(self, step: int) -> None:
        """Choose the next item."""
        last = self._blocks.place_count - 1
        self.chosen = last if self.chosen is None else min(max(self.chosen + step, 0), last)
        block = self._blocks.first_block(self.chosen)
        line, height = self.tops[block], self.size.height
        if not self.scroll_offset.y <= line < self.scroll_offset.y + height - 1:
            self.reveal_line(block, 0, 0 if step < 0 else height // 2)
        self.refresh()

    async def action_unfold(self) -> None:
        """Fold or unfold the chosen item; an edit that waits is reviewed instead."""
        item = self._blocks.item(self.chosen) if self.chosen is not None else None
        if isinstance(item, ToolCard) and item.state == "waits":
            await self.run_action("app.review")
        elif self.chosen is not None:
            self.toggle_details(self.chosen)

    def action_copy_item(self) -> None:
        """Copy the chosen item as Markdown."""
        if self.chosen is not None:
            self.app.copy_to_clipboard(markdown_of([self._blocks.item(self.chosen)]))
            self.post_message(self.Said("Copied this item as Markdown."))

    def action_open(self) -> None:
        """Open the file of the chosen call, or the first that the chosen text names."""
        from copydesk.frontends.tui.transcript.finding import first_line, links_in

        item = self._blocks.item(self.chosen) if self.chosen is not None else None
        if isinstance(item, ToolCard) and item.path and item.verb not in ("find", "search"):
            self.post_message(self.OpenFile(item.path, first_line(item)))
        elif isinstance(item, Reply | Prompt) and (link := next(links_in(item.text), None)):
            self.post_message(self.OpenFile(link.path, link.line))

    def action_leave(self) -> None:
        """Go back to the prompt; marks of a search go."""
        self._wanted, self._match, self.chosen = "", None, None
        self.refresh()
        self.refresh_bindings()
        self.post_message(self.Left())

    def on_focus(self) -> None:
        if self.chosen is None:
            block = self.block_at(min(self.scroll_offset.y + self.size.height, self.tops[-1]) - 1)
            self.chosen = self._blocks.place_of(block) if block is not None else None

    def on_click(self, event: events.Click) -> None:
        """Open the file whose path is clicked in a text; elsewhere fold or unfold the item."""
        from copydesk.frontends.tui.transcript.finding import links_in

        # The view below folds and unfolds by itself; both would be neither.
        event.prevent_default()
        line = self.scroll_offset.y + event.y
        block, strip = self.block_at(line), self.line_strip(line)
        if block is None or strip is None or self.screen.get_selected_text():
            return
        self.chosen = self._blocks.place_of(block)
        column = len(strip.crop(0, event.x).text)
        link = next((link for link in links_in(strip.text) if link.start <= column < link.end), None)
        if link and isinstance(self._blocks.item(self.chosen), Reply):
            self.post_message(self.OpenFile(link.path, link.line))
        else:
            self.toggle_details(self.chosen)

    def decorated(self, strip: Strip, line: int) -> Strip:
        strip = self._with_found(strip) if self._wanted else strip
        block = self.block_at(line) if self.has_focus else None
        if block is None or self._blocks.place_of(block) != self.chosen or not strip.text.strip():
            return strip
        accent = palette(self.app.current_theme.dark).accent
        return Strip([Segment("▎", accent), *strip.crop(1)])

    def _with_found(self, strip: Strip) -> Strip:
        text = strip.text.casefold()
        start = text.find(self._wanted) if len(text) == len(strip.text) else -1
        while start >= 0:
            end = start + len(self._wanted)
            strip, start = marked(strip, (start, end), FOUND), text.find(self._wanted, end)
        return strip

    def _places(self, place: int, step: int) -> Iterable[int]:
        """The items that hold what is wanted, from one on."""
        from copydesk.frontends.tui.transcript.finding import holds

        count = self._blocks.place_count
        others = range(place, count) if step > 0 else range(min(place, count - 1), -1, -1)
        return (other for other in others if holds(self._blocks.item(other), self._wanted))

    def _matches(self, place: int) -> list[tuple[int, int]]:
        """Blocks and lines of an item that show what is wanted; its first line where it is folded over a line end."""
        found = self._shown_matches(place)
        if not found and isinstance(self._blocks.item(place), ToolCard | Thought) and not self._is_unfolded(place):
            self.toggle_details(place)
            found = self._shown_matches(place)
        return found or [(self._blocks.first_block(place), 0)]

    def _shown_matches(self, place: int) -> list[tuple[int, int]]:
        blocks = range(self._blocks.first_block(place), self._blocks.first_block(place + 1))
        lines = ((block, number, strip.text) for block in blocks for number, strip in enumerate(self._block(block)))
        return [(block, number) for block, number, text in lines if self._wanted in text.casefold()]
