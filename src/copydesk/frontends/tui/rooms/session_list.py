"""Owns the list of sessions: one line each, the last used one first."""

from collections.abc import Iterator, Sequence

from textual.strip import Strip

from copydesk.domain.display import show
from copydesk.domain.sessions import SessionSummary
from copydesk.frontends.present import dollars, plural, shorten_end
from copydesk.frontends.tui.history.step_list import clock_time
from copydesk.frontends.tui.lines.choice_list import ChoiceList
from copydesk.frontends.tui.lines.status import Piece, frame
from copydesk.frontends.tui.theme import Palette

WIDTH_WITH_MODEL = 110
"""Cells from which there is room for the model's name."""
WIDTH_WITH_TURNS = 76
LEAST_PROMPT = 12


class SessionList(ChoiceList):
    """Sessions; the one on screen is marked as this one."""

    def __init__(self, current: str) -> None:
        """`current` is the id of the session on screen."""
        super().__init__()
        self.current = current
        self._sessions: Sequence[SessionSummary] = ()

    @property
    def session(self) -> SessionSummary | None:
        """The chosen one."""
        return self._sessions[self.chosen] if self.chosen < len(self._sessions) else None

    def show_sessions(self, sessions: Sequence[SessionSummary]) -> None:
        """Show these, and stay at the chosen one where it is among them."""
        chosen = self.session.id if self.session else ""
        self._sessions = sessions
        self.show_lines(next((index for index, one in enumerate(sessions) if one.id == chosen), 0))

    def block_count(self) -> int:
        return len(self._sessions)

    def line(self, index: int, is_chosen: bool, width: int, colours: Palette) -> Strip:
        one = self._sessions[index]
        right = list(self._right(one, width))
        left: list[Piece] = [(" ▌ " if is_chosen else "   ", "accent"), (f"{clock_time(one.used_at)}  ", "secondary")]
        room = max(width - sum(len(text) for text, _ in [*left, *right]), LEAST_PROMPT)
        prompt = show(one.prompt) or ("-" if one.fault else "(nothing was asked)")
        left.append((shorten_end(prompt, room), "strong" if is_chosen else "text"))
        return frame(left, right, width, colours)

    def _right(self, one: SessionSummary, width: int) -> Iterator[Piece]:
        cost = "?" if one.tally.cost_usd is None else dollars(one.tally.cost_usd)
        if width >= WIDTH_WITH_MODEL:
            yield f"  {shorten_end(show(one.model), 20):<20}", "secondary"
        turns = f"{plural(one.tally.turns, 'turn'):>9} " if width >= WIDTH_WITH_TURNS else ""
        yield f"  {turns}{cost:>8} ", "text"
        yield f" {self._word(one):<8} ", "waiting" if one.waiting else "secondary"

    def _word(self, one: SessionSummary) -> str:
        if one.id == self.current:
            return "this one"
        if one.fault:
            return "damaged"
        if one.waiting:
            return "waits"
        return "in use" if one.is_live else ""
