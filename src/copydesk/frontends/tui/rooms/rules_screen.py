"""Owns the screen of the rules: every one in order, where it comes from, what it let through; one added, one revoked.

It decides nothing: the session remembers and forgets.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType

from copydesk.domain.display import show
from copydesk.domain.globs import is_literal
from copydesk.domain.rules import Origin, Rule, RuleScope, Verdict
from copydesk.frontends.present import plural
from copydesk.frontends.tui.bridge import SessionPort
from copydesk.frontends.tui.history.confirm_screen import ConfirmScreen, Question
from copydesk.frontends.tui.lines.row_list import Row, RowList
from copydesk.frontends.tui.lines.words_field import WordsField
from copydesk.frontends.tui.rooms.list_screen import ListScreen

LAST_PATHS = 5
"""Files that are named of what a rule let through."""
ORIGINS = {
    Origin.CONFIGURATION: "your configuration",
    Origin.WORKSPACE: "a file of this workspace",
    Origin.REMEMBERED: "you, when you said so in this workspace",
    Origin.COMMAND_LINE: "the command line of this session",
}
NO_RULES = "There are no rules: the mode decides, and what is protected is asked about."


class RulesScreen(ListScreen):
    """The rules that count, in the order in which they are read."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "add('allow')", "allow a path…", id="rules.allow"),
        Binding("k", "add('ask')", "ask about one…", id="rules.ask"),
        Binding("x", "add('deny')", "deny one…", id="rules.deny"),
        Binding("d", "revoke", "revoke…", id="rules.revoke"),
        Binding("tab", "app.focus_next", "scroll the other part", show=False, id="rules.other"),
        Binding("question_mark", "app.help", "keys", id="help"),
        Binding("escape,q", "back", "back", id="rules.back", key_display="esc"),
    ]

    def __init__(self, session: SessionPort, by_rule: Mapping[str, Sequence[str]]) -> None:
        """`by_rule` gives the files whose edits a rule let through, by its words."""
        self._rows = RowList()
        super().__init__(self._rows)
        self._session = session
        self._by_rule = by_rule
        self._rules: Sequence[Rule] = ()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what was remembered can be revoked here."""
        return bool(self._rule and self._rule.id) if action == "revoke" else True

    def show(self) -> None:
        """Show the rules that count now."""
        self._rules = self._session.rules
        self._rows.show_rows([self._row(rule) for rule in self._rules])
        remark = ("the last one that speaks of a file decides ", "secondary")
        counted = f"  {plural(len(self._rules), 'rule')}"
        self.title_line.say((" rules", "accent"), (counted, "strong"), right=[remark])
        if not self._rules:
            self.show_about()

    def about(self) -> str:
        """Where the chosen rule comes from, what it speaks of, and what it let through."""
        rule = self._rule
        if rule is None:
            return NO_RULES
        spoken = ", ".join(rule.actions) or ("edits" if rule.verdict is Verdict.ALLOW else "everything")
        source = f"{ORIGINS[rule.origin]} ({show(rule.id or rule.source)})"
        passed = self._by_rule.get(rule.words, ())
        last = list(dict.fromkeys(reversed(passed)))[:LAST_PATHS]
        lines = [f"{rule.verdict} {show(rule.glob)}: {spoken}", f"from {source}"]
        lines.append(f"let through in this session: {plural(len(passed), 'edit')}")
        if last:
            lines.append(f"last: {', '.join(map(show, last))}")
        if not rule.id:
            lines.append("It is taken back where it was written.")
        return "\n".join(lines)

    def action_add(self, verdict: str) -> None:
        """Ask for the path or pattern of a new rule."""
        rule = self._rule
        self.say("A path from the root on, such as /src/a.py, or a pattern such as docs/**; it is remembered here.")
        self.field.ask(verdict, rule.glob if rule and rule.verdict != verdict else "")

    def action_revoke(self) -> None:
        """Take the chosen rule back, once that was confirmed."""
        if rule := self._rule:
            self.follow(partial(self._revoke, rule))

    @on(WordsField.Sent)
    def take_words(self, message: WordsField.Sent) -> None:
        """Remember the rule that was written."""
        self.close_field()
        if message.text:
            self.follow(partial(self._add, Verdict(message.purpose), message.text))

    async def _add(self, verdict: Verdict, glob: str) -> str:
        scope = RuleScope.FILE if is_literal(glob) else RuleScope.GLOB
        await self._session.remember(verdict, glob, scope)
        self.show()
        return f"From now on: {verdict} {show(glob)}."

    async def _revoke(self, rule: Rule) -> str:
        question = Question("revoking a rule", self.about(), "y revokes it, esc leaves it.")
        if not await self.app.push_screen_wait(ConfirmScreen(question)):
            return "The rule stays."
        await self._session.forget(rule.id)
        self.show()
        return f"Revoked: {rule.verdict} {show(rule.glob)}."

    def _row(self, rule: Rule) -> Row:
        passed = len(self._by_rule.get(rule.words, ()))
        counted = f"{passed} let through" if passed else ""
        return Row(show(rule.glob), f"{rule.verdict:<5}  ", ((f"  {counted}  {rule.origin:<13} ", "secondary"),))

    @property
    def _rule(self) -> Rule | None:
        return self._rules[self._rows.chosen] if self._rows.chosen < len(self._rules) else None
