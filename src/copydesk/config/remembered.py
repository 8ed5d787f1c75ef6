"""Owns the rules that a person decided on once and for all in a workspace: kept outside of it, listed, revocable."""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from copydesk.config.state import replace_file
from copydesk.domain.errors import UsageError
from copydesk.domain.rules import ActionKind, RememberedRule, RuleScope, Verdict, fault_of_remembered
from copydesk.workspace.private import make_private

FORMAT = 1


class DamagedRules(ValueError):
    """A file that holds something else than rules."""


class RuleBook(NamedTuple):
    """The remembered rules of one workspace."""

    path: Path
    new_id: Callable[[], str]
    now: Callable[[], float]
    """Seconds since the epoch."""

    def rules(self) -> tuple[tuple[RememberedRule, ...], str]:
        """The rules in the order in which they were made, and a sentence where there are none for being damaged."""
        try:
            return _read(self.path), ""
        except (DamagedRules, OSError) as error:
            return (), f"No remembered rule counts, because {self.path} cannot be read: {error}."

    def remember(
        self,
        verdict: Verdict,
        glob: str,
        scope: RuleScope,
        *,
        actions: tuple[ActionKind, ...] = (),
        reason: str = "",
    ) -> RememberedRule:
        """Make a rule, and keep it unless it is for this session only; UsageError where it cannot be one."""
        if fault := fault_of_remembered(verdict, glob):
            raise UsageError(f"{glob!r} {fault}.")
        rule = RememberedRule(self.new_id(), verdict, actions, glob, scope, self.now(), reason)
        if scope is not RuleScope.SESSION:
            with self._changing() as rules:
                rules.append(rule)
        return rule

    def revoke(self, identity: str) -> RememberedRule:
        """Forget the rule with this id, or with an id that begins so; UsageError unless it is exactly one."""
        with self._changing() as rules:
            found = [rule for rule in rules if identity and rule.id.startswith(identity)]
            if len(found) != 1:
                fits = f"fits {len(found)} remembered rules; give more of the id" if found else "is no remembered rule"
                raise UsageError(f"{identity!r} {fits}; `copydesk rules` lists them.")
            rules.remove(found[0])
        return found[0]

    @contextmanager
    def _changing(self) -> Iterator[list[RememberedRule]]:
        """Read, have changed and replace the rules while nobody else does; a damaged file is left as it is."""
        make_private(self.path.parent)
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            rules, damage = self.rules()
            if damage:
                raise UsageError(f"{damage} Move it away first.")
            changed = list(rules)
            yield changed
            records = [asdict(rule) for rule in changed]
            replace_file(self.path, json.dumps({"format": FORMAT, "rules": records}, indent=1) + "\n")
        finally:
            os.close(folder)


def _read(path: Path) -> tuple[RememberedRule, ...]:
    try:
        values: Any = json.loads(path.read_bytes())
    except FileNotFoundError:
        return ()
    except (ValueError, RecursionError) as error:
        raise DamagedRules("it is not the JSON that copydesk writes") from error
    match values:
        case {"format": int(number), "rules": list(records)} if number == FORMAT:
            return tuple(map(_rule, records))
        case {"format": int(number)}:
            raise DamagedRules(f"its format is {number}, and this version knows {FORMAT}")
        case _:
            raise DamagedRules("it is not the JSON that copydesk writes")


def _rule(record: object) -> RememberedRule:
    match record:
        case {
            "id": str(identity),
            "verdict": str(verdict),
            "actions": list(actions),
            "glob": str(glob),
            "scope": str(scope),
            "created_at": float() | int() as created_at,
            "reason": str(reason),
        } if (
            identity
            and verdict in list(Verdict)
            and scope in list(RuleScope)
            and all(action in list(ActionKind) for action in actions)
            and not fault_of_remembered(Verdict(verdict), glob)
        ):
            kinds = tuple(ActionKind(action) for action in actions)
            return RememberedRule(identity, Verdict(verdict), kinds, glob, RuleScope(scope), created_at, reason)
        case _:
            raise DamagedRules("one of its rules is none")
