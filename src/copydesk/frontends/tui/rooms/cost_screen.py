"""Owns the screen of the cost: what each turn took, what came from the cache and why not more, and the sum."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from copydesk.domain.accounts import TurnAccount
from copydesk.domain.display import show
from copydesk.frontends.account_words import turn_lines
from copydesk.frontends.present import dollars, tokens, usage_line
from copydesk.frontends.tui.bridge import DeskState
from copydesk.frontends.tui.facts import Facts
from copydesk.frontends.tui.lines.row_list import Row, RowList
from copydesk.frontends.tui.rooms.list_screen import ListScreen


class CostScreen(ListScreen):
    """What the session took, the newest turn first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "scroll the other part", show=False, id="cost.other"),
        Binding("question_mark", "app.help", "keys", id="help"),
        Binding("escape,q", "back", "back", id="cost.back", key_display="esc"),
    ]

    def __init__(self, state: DeskState, facts: Facts) -> None:
        self._rows = RowList()
        super().__init__(self._rows)
        self._state, self._facts = state, facts
        self._turns = tuple(reversed(state.account.turns))

    def show(self) -> None:
        """Show each turn, and the sum above them."""
        self._rows.show_rows([_row(turn) for turn in self._turns])
        total = usage_line(self._state.transcript) or "nothing was used yet"
        self.title_line.say((" cost", "accent"), (f"  {total}", "strong"))
        if not self._turns:
            self.show_about()

    def about(self) -> str:
        """What the chosen turn took, and what holds for all of them."""
        facts = self._facts
        said = [f"{show(facts.model)}: {facts.price}"] if facts.price else [f"{show(facts.model)}: price unknown"]
        said.append(facts.limits or "No limit was set (--max-cost, --max-steps).")
        if not self._turns:
            return "\n".join(said)
        return "\n".join([*turn_lines(self._turns[self._rows.chosen]), *said])


def _row(turn: TurnAccount) -> Row:
    usage = turn.usage
    missed = " missed" if turn.misses else "       "
    read = f"  {tokens(usage.context_tokens):>7} in {usage.cache_share:>4.0%} cached{missed}"
    cost = "?" if turn.cost_usd is None else dollars(turn.cost_usd)
    spent = f" {tokens(usage.output_tokens):>6} out {cost:>8} "
    return Row(show(turn.prompt), f"turn {turn.turn:<3} ", ((read, "secondary"), (spent, "text")))
