"""Owns the screen of the models: what is known of each, and the choice of one for the next session."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.strip import Strip

from copydesk.domain.display import show
from copydesk.frontends.model_words import lifecycle_words, model_lines, size
from copydesk.frontends.present import shorten
from copydesk.frontends.tui.lines.choice_list import ChoiceList
from copydesk.frontends.tui.lines.status import Piece, frame
from copydesk.frontends.tui.rooms.list_screen import ListScreen
from copydesk.frontends.tui.surroundings import Opening
from copydesk.frontends.tui.theme import Palette
from copydesk.model.profiles import ModelProfile, load_profiles

WIDTH_WITH_TOOL = 76


class ModelList(ChoiceList):
    """Models, newest family first; the one in use is marked."""

    def __init__(self, profiles: Sequence[ModelProfile], current: str) -> None:
        super().__init__()
        self.profiles = profiles
        self._current = current

    @property
    def model(self) -> ModelProfile:
        """The chosen one."""
        return self.profiles[self.chosen]

    def block_count(self) -> int:
        return len(self.profiles)

    def line(self, index: int, is_chosen: bool, width: int, colours: Palette) -> Strip:
        profile = self.profiles[index]
        left: list[Piece] = [
            (" ▌ " if is_chosen else "   ", "accent"),
            (f"{shorten(profile.id, 28):<28} ", "strong" if is_chosen else "text"),
            ("this one" if profile.id == self._current else "", "waiting"),
        ]
        right: list[Piece] = [(f"  {lifecycle_words(profile)}  {size(profile.limits.context_window):>5} ", "secondary")]
        if width >= WIDTH_WITH_TOOL:
            right.insert(0, (f"  {profile.tool_version.type:<20}", "secondary"))
        return frame(left, right, width, colours)


class ModelsScreen(ListScreen):
    """Every model, and what is known of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "new session with it", id="models.choose", key_display="enter"),
        Binding("tab", "app.focus_next", "scroll the other part", show=False, id="models.other"),
        Binding("question_mark", "app.help", "keys", id="help"),
        Binding("escape,q", "back", "back", id="models.back", key_display="esc"),
    ]

    def __init__(self, current: str) -> None:
        """`current` is the model of the session on screen."""
        self._models = ModelList(load_profiles(), current)
        super().__init__(self._models)
        self._current = current

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A session is begun only where the app can open one."""
        return self.rooms.surroundings.open_session is not None if action == "choose" else True

    def show(self) -> None:
        """Show every model, with that of this session chosen."""
        here = f"  this session uses {show(self._current)}"
        self.title_line.say((" models", "accent"), (here, "secondary"))
        ids = [profile.id for profile in self._models.profiles]
        self._models.show_lines(ids.index(self._current) if self._current in ids else 0)

    def about(self) -> str:
        """What is known of the chosen model."""
        profile = self._models.model
        tool = profile.tool_version
        return "\n".join([*model_lines(profile), f"{tool.name}: {', '.join(tool.commands)}"])

    def action_choose(self) -> None:
        """Begin a new session with it; the one on screen is kept."""
        self.follow(partial(self._begin, self._models.model.id))

    async def _begin(self, model: str) -> str:
        self.say("Opening …")
        await self.rooms.change_session(Opening(model=model))
        self.dismiss()
        return ""
