"""Owns the verb `rules`: what it prints. Decides nothing, and keeps nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from copydesk.domain.display import show
from copydesk.domain.rules import RememberedRule, Rule
from copydesk.frontends.verbs.history import DONE, Output


@dataclass(frozen=True, slots=True)
class Listing:
    """Everything that the policy of a workspace would read."""

    rules: tuple[Rule, ...]
    """In its order."""
    remembered: tuple[RememberedRule, ...]
    """What is known beyond the rule of each that has an id."""
    withheld: tuple[str, ...] = ()
    """What the workspace would add were it trusted, a line each."""
    damage: str = ""
    """Why no remembered rule counts; empty where they do."""


def list_rules(listing: Listing, output: Output) -> int:
    """Print the rules in the order in which they are read. Returns the exit code."""
    if output.as_json:
        output.write(_document({"rules": list(_records(listing)), "withheld": list(listing.withheld)}))
    else:
        output.write("".join(f"{show(line)}\n" for line in map(_line, _records(listing))))
    if not listing.rules and not output.as_json:
        output.tell("There are no rules: the mode decides, and what is protected is asked about.")
    for addition in listing.withheld:
        output.tell(show(f"Not trusted, so without effect: {addition}"))
    if listing.damage:
        output.tell(show(listing.damage))
    return DONE


def tell_change(done: str, rule: RememberedRule, output: Output) -> int:
    """Say that a rule was remembered or revoked. Returns the exit code."""
    record = _record(rule.rule, rule)
    if output.as_json:
        output.write(_document(record))
    else:
        output.tell(show(f"{done}: {_line(record)}"))
    return DONE


def _records(listing: Listing) -> Iterator[dict[str, Any]]:
    kept = {rule.id: rule for rule in listing.remembered}
    return (_record(rule, kept.get(rule.id)) for rule in listing.rules)


def _record(rule: Rule, kept: RememberedRule | None) -> dict[str, Any]:
    return {
        "id": rule.id or None,
        "verdict": str(rule.verdict),
        "glob": rule.glob,
        "actions": [str(action) for action in rule.actions],
        "origin": str(rule.origin),
        "source": rule.source,
        "scope": str(kept.scope) if kept else None,
        "created_at": kept.created_at if kept else None,
        "reason": kept.reason if kept else "",
    }


def _line(record: dict[str, Any]) -> str:
    actions = f" ({', '.join(record['actions'])})" if record["actions"] else ""
    reason = f": {record['reason']}" if record["reason"] else ""
    source = record["source"] if record["id"] is None else "remembered"
    return f"{record['id'] or '-':<8}  {record['verdict']:<5}  {record['glob']}{actions}  [{source}{reason}]"


def _document(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2) + "\n"
