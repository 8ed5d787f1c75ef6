"""Owns what can be read out of the session that is open: its turns, words in it, its cost, its rules, its files."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from copydesk.domain.accounts import Account, account
from copydesk.domain.errors import UsageError
from copydesk.domain.globs import is_literal
from copydesk.domain.policies import Rule
from copydesk.domain.rules import RuleScope, Verdict
from copydesk.domain.transcript import Prompt, ToolCard, Transcript, fold
from copydesk.engine.session import Session
from copydesk.frontends.account_words import turn_lines
from copydesk.frontends.export import markdown_of
from copydesk.frontends.plain.dialogue import Dialogue
from copydesk.frontends.plain.speech import Speech, card_sentence
from copydesk.frontends.plain.words import Action
from copydesk.frontends.present import plural, usage_line

MOST_FILES = 40
"""Paths that are said at once."""


@dataclass(frozen=True, slots=True)
class SessionReading:
    """The words that read something of the open session, and those that change its rules."""

    session: Session
    dialogue: Dialogue

    @property
    def actions(self) -> Mapping[str, Action]:
        """By name."""
        rules = {verdict.value: lambda glob, verdict=verdict: self.rule(verdict, glob) for verdict in Verdict}
        return rules | {
            "transcript": self.transcript,
            "turns": self.turns,
            "find": self.find,
            "cost": self.cost,
            "rules": self.rules,
            "revoke": self.revoke,
            "files": self.files,
        }

    async def transcript(self, turn: str) -> None:
        """Read the conversation from its beginning, or one turn."""
        if turn and not turn.isdecimal():
            raise UsageError("Say /transcript and the number of a turn; /turns lists them.")
        speech, transcript = Speech(), Transcript()
        for envelope in self.session.events_after(0):
            before, transcript = transcript, fold(transcript, [envelope])
            lines = [*speech.lines(envelope.event, transcript), *_settled(before, transcript)]
            if not turn or envelope.turn == int(turn):
                self.dialogue.say(*lines)

    async def turns(self, _: str) -> None:
        """Say what was asked."""
        prompts = [item for item in self._transcript.items if isinstance(item, Prompt)]
        lines = [f"Turn {item.turn}: {' '.join(item.text.split())}" for item in prompts]
        self.dialogue.say(*lines or ["Nothing was asked yet."])

    async def find(self, words: str) -> None:
        """Say every line of what was said and done that holds these words."""
        if not words:
            raise UsageError("Say /find and the words to look for.")
        turn, found = 0, []
        for item in self._transcript.items:
            turn = item.turn if isinstance(item, Prompt) else turn
            lines = markdown_of([item]).splitlines()
            found += [f"Turn {turn}: {line.strip()}" for line in lines if words.casefold() in line.casefold()]
        self.dialogue.say(*found or [f"Nobody said {words} in this session."])

    async def cost(self, _: str) -> None:
        """Say what each turn took, and the sum."""
        for turn in account(Account(), self.session.events_after(0)).turns:
            self.dialogue.say(*turn_lines(turn))
        self.dialogue.say(usage_line(self._transcript) or "Nothing was used yet.")

    async def rules(self, _: str) -> None:
        """Say the rules that count, in order, and how often each let something through."""
        passed = account(Account(), self.session.events_after(0)).by_rule
        rules = [self._rule_line(rule, len(passed.get(rule.words, ()))) for rule in self.session.rules]
        self.dialogue.say(*rules or ["There are no rules: the mode decides, and what is protected is asked."])

    async def rule(self, verdict: Verdict, glob: str) -> None:
        """Rule so from now on."""
        if not glob:
            raise UsageError(f"Say /{verdict} and a path from the root on, or a pattern such as docs/**.")
        await self.session.remember(verdict, glob, RuleScope.FILE if is_literal(glob) else RuleScope.GLOB)

    async def revoke(self, identity: str) -> None:
        """Take a rule back."""
        await self.session.forget(identity)
        self.dialogue.say(f"The rule {identity} is gone.")

    async def files(self, words: str) -> None:
        """Say which files may be mentioned."""
        paths = [path for path in await self.session.tools.files() if words.casefold() in path.casefold()]
        more = f"{len(paths) - MOST_FILES} more; say some letters of the path." if len(paths) > MOST_FILES else ""
        self.dialogue.say(*paths[:MOST_FILES] or ["No file has these letters in its path."], *[more] * bool(more))

    def _rule_line(self, rule: Rule, passed: int) -> str:
        counted = f", let {plural(passed, 'edit')} through" if passed else ""
        return f"{rule.verdict} {rule.glob}, {rule.source} {rule.id}".strip() + counted

    @property
    def _transcript(self) -> Transcript:
        return fold(Transcript(), self.session.events_after(0))


def _settled(before: Transcript, after: Transcript) -> Iterator[str]:
    """What became of edits that were gathered, where that is settled by now: at work it is said by the review."""
    for old, new in zip(before.items, after.items, strict=False):
        if isinstance(old, ToolCard) and isinstance(new, ToolCard) and old.state == "gathered" != new.state:
            yield card_sentence(new)
