"""Owns the screen of the settings: the person's choices, which it changes, and all else that is set and where."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.dom import DOMNode

from copydesk.config.choices import WORDS
from copydesk.domain.display import show
from copydesk.domain.errors import CopydeskError
from copydesk.frontends.tui.keymap import KeyMap, faults
from copydesk.frontends.tui.lines.row_list import Row, RowList
from copydesk.frontends.tui.rooms.list_screen import ListScreen
from copydesk.frontends.tui.surroundings import Setting, Surroundings

CHOICES = {
    "theme": "How everything looks; plain has no colour.",
    "layout": "How differences are laid out; auto goes by the width.",
    "wrap": "Whether long lines of differences are folded.",
    "numbers": "Whether differences have line numbers.",
}
"""Name of a choice → what it is about."""
CHOSEN = "chosen here, kept beside the sessions for all workspaces"


class SettingsScreen(ListScreen):
    """What is set; the first lines are changed here."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space,right", "change(1)", "change", id="settings.change", key_display="enter"),
        Binding("left", "change(-1)", "change back", show=False, id="settings.change_back"),
        Binding("tab", "app.focus_next", "scroll the other part", show=False, id="settings.other"),
        Binding("question_mark", "app.help", "keys", id="help"),
        Binding("escape,q", "back", "back", id="settings.back", key_display="esc"),
    ]

    def __init__(self, surroundings: Surroundings) -> None:
        self._rows = RowList()
        super().__init__(self._rows)
        self._names = list(WORDS)
        self._others: Sequence[Setting] = ()
        self._find_settings = surroundings.settings
        self._keys, self._keys_source = surroundings.keys, surroundings.keys_source

    def on_mount(self) -> None:
        super().on_mount()
        self.run_worker(self._find_others())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what is chosen on the screen is changed here."""
        return self._rows.chosen < len(self._names) if action == "change" else True

    def show(self) -> None:
        """Show what is set now."""
        choices = self.rooms.surroundings.choices
        own = [Row(getattr(choices, name), f"{name:<18}", (("  chosen here ", "secondary"),)) for name in self._names]
        others = [Row(show(one.value), f"{show(one.name):<18}") for one in self._others]
        self._rows.show_rows([*own, *others])
        self.title_line.say((" settings", "accent"), ("  what is set, and where it is kept", "secondary"))

    def about(self) -> str:
        """What the chosen line is about, and where it is set."""
        chosen = self._rows.chosen
        if chosen < len(self._names):
            name = self._names[chosen]
            return f"{CHOICES[name]} There are {', '.join(WORDS[name])}.\n{CHOSEN}"
        one = self._others[chosen - len(self._names)]
        return f"{one.name}: {one.value}\nset by {one.source}"

    def action_change(self, step: int) -> None:
        """Choose the next word, or the one before."""
        name = self._names[self._rows.chosen]
        words = WORDS[name]
        word = words[(words.index(getattr(self.rooms.surroundings.choices, name)) + step) % len(words)]
        self.follow(partial(self._choose, name, word))

    async def _choose(self, name: str, word: str) -> str:
        await self.rooms.choose(name, word)
        self.show()
        return f"{name}: {word}"

    async def _find_others(self) -> None:
        found: Sequence[Setting] = ()
        try:
            found = await self.found(self._find_settings)
        except (CopydeskError, OSError) as error:
            self.say(f"What is set elsewhere cannot be read: {show(str(error))} Mend that, and come again.", "warning")
        keys = [Setting(name, ", ".join(given), self._keys_source) for name, given in self._keys.items()]
        wrong = [Setting("key", fault, self._keys_source) for fault in key_faults(self._keys, self.rooms)]
        self._others = (*wrong, *found, *keys)
        self.show()


def key_faults(keymap: KeyMap, rooms: DOMNode) -> list[str]:
    """What is wrong with a person's keys, in sentences."""
    from copydesk.frontends.tui.rooms.help_screen import bindings_by_place

    return list(faults(keymap, bindings_by_place(type(rooms))))
