"""Owns the start of `rules`: neither the agent nor a screen is loaded. Who sits at a shell is the person."""

import argparse
from collections.abc import Mapping

from copydesk.assembly.place import anchored, configure, open_place, project_file, rule_book
from copydesk.config import Config
from copydesk.domain.errors import UsageError
from copydesk.domain.modes import Mode
from copydesk.domain.rules import ActionKind, RuleScope, Verdict
from copydesk.frontends.verbs import rules
from copydesk.frontends.verbs.history import Output
from copydesk.launch.terminal import complain, write_text


def run_rules(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """`rules`: list them, remember one, or revoke one."""
    place, output = open_place(options.root, environment), Output(write_text, complain, options.json)
    book = rule_book(place)
    match options.what, options.words:
        case None, _:
            config = configure(place, Config(), environment, options.config, Mode.ASK, modes=tuple(Mode))
            kept, damage = book.rules()
            project = project_file(place)
            withheld = tuple(project.additions()) if project and not project.is_trusted else ()
            return rules.list_rules(rules.Listing(config.rules(), kept, withheld, damage), output)
        case "add", [verdict, glob] if verdict in list(Verdict):
            pattern = anchored(place.root, glob)
            actions = tuple(dict.fromkeys(ActionKind(action) for action in options.action))
            rule = book.remember(Verdict(verdict), pattern, RuleScope.GLOB, actions=actions, reason=options.reason)
            return rules.tell_change("Remembered", rule, output)
        case "revoke", [identity]:
            return rules.tell_change("Revoked", book.revoke(identity), output)
        case what, _:
            usage = "add allow|ask|deny GLOB" if what == "add" else "revoke ID"
            raise UsageError(f"It is copydesk rules {usage} (copydesk rules --help tells more).")
