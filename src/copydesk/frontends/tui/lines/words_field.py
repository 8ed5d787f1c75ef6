"""Owns the field in which a person writes a few words: a comment with its weight, a note, what to look for."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from copydesk.domain.decisions import Weight
from copydesk.frontends.tui.prompt.composer import WritingArea


class WordsField(WritingArea):
    """Is shown while something is asked, and says what was written; it knows nothing of what for."""

    DEFAULT_CSS = """
    WordsField { max-height: 6; padding: 0 1; display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "send", "take these words", id="words.send", key_display="enter"),
        Binding("tab", "weigh", "must, question or nit", id="words.weigh", key_display="tab"),
        Binding("escape", "leave", "back", id="words.leave", key_display="esc"),
    ]

    class Sent(Message):
        """The words are finished; there may be none."""

        def __init__(self, field: "WordsField") -> None:
            super().__init__()
            self.purpose, self.text, self.weight = field.purpose, field.text.strip(), field.weight

    class Left(Message):
        """The person does not want to say anything after all."""

        def __init__(self, field: "WordsField") -> None:
            super().__init__()
            self.purpose = field.purpose

    class Weighed(Message):
        """The words weigh something else now."""

        def __init__(self, weight: Weight) -> None:
            super().__init__()
            self.weight = weight

    def __init__(self, place: str) -> None:
        """`place` is its id on the screen."""
        super().__init__()
        self.id = place
        self.purpose = ""
        """What the words are for; given back with them."""
        self.weight = Weight.MUST
        self._is_weighed = False

    def ask(self, purpose: str, text: str = "", weight: Weight | None = None) -> None:
        """Begin to write; only where there is a weight the words have one."""
        self.purpose, self.weight, self._is_weighed = purpose, weight or Weight.MUST, weight is not None
        self.load_text(text)
        self.move_cursor(self.document.end)
        self.display = True
        self.focus()
        self.refresh_bindings()

    def close(self) -> None:
        """Show it no more."""
        self.display = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What weighs nothing is not weighed."""
        return self._is_weighed if action == "weigh" else True

    def action_send(self) -> None:
        """Hand the words over."""
        self.post_message(self.Sent(self))

    def action_leave(self) -> None:
        """Say nothing."""
        self.post_message(self.Left(self))

    def action_weigh(self) -> None:
        """Must, question, nit, and round."""
        weights = list(Weight)
        self.weight = weights[(weights.index(self.weight) + 1) % len(weights)]
        self.post_message(self.Weighed(self.weight))
