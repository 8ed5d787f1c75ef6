"""Owns what a run says to a CI service: a summary in Markdown, and annotations of files and lines.

Both are in the form that GitHub's runners take: `$GITHUB_STEP_SUMMARY` with at most 1 MiB a step, and workflow commands
on a line each. Everything passes `show` first.
"""

import re
from collections.abc import Iterator
from typing import Final

from copydesk.domain.checks import CheckFinished
from copydesk.domain.diffs import FileDiff
from copydesk.domain.display import show, show_lines
from copydesk.domain.hunks import LineKind
from copydesk.frontends.export import fenced, show_diff
from copydesk.frontends.headless.delivery import Delivery
from copydesk.frontends.present import plural

SUMMARY_LIMIT: Final = 900_000
"""Bytes of a summary, below the 1 MiB that all of a step may write."""
MOST_ANNOTATIONS: Final = 10
"""So many of a kind does GitHub show of a step."""
LONGEST_ANSWER: Final = 100_000
"""Characters of the model's last words."""
_LESS = "The rest of the differences is left out: a summary may have 1 MiB."
_COMMAND = re.compile(r"^(\s*):(?=:)|##(?=\[)", re.MULTILINE)
"""What GitHub's runner takes for a command: two colons that begin a line, and an older form anywhere in it."""
_IN_COMMANDS = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTIES = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def summary_markdown(delivery: Delivery) -> str:
    """What a run came to, for the page of a CI run; at most `SUMMARY_LIMIT` bytes."""
    parts = [_head(delivery), _answer(delivery), _files(delivery), *map(_check, delivery.checks)]
    text = "\n\n".join(filter(None, parts))
    room = SUMMARY_LIMIT - len(text.encode()) - len(_LESS) - 8
    for change in delivery.changes:
        block = _details(f"<code>{_html(change.path)}</code>", fenced(show_diff(change.diff), "diff"))
        room -= len(block.encode()) + 2
        if room < 0:
            return f"{text}\n\n{_LESS}\n"
        text = f"{text}\n\n{block}"
    return f"{text}\n"


def annotations(delivery: Delivery) -> Iterator[str]:
    """Workflow commands: an error for each check that fails and for a run that did, a warning for each edit that was
    not made, a notice for each file that is changed."""
    failing = [check for check in delivery.checks if not check.passed]
    errors = [_command("error", f"{check.name} fails", _told(check)) for check in failing]
    result = delivery.result
    if result["is_error"] and not failing:
        errors.append(_command("error", f"copydesk: {result['outcome']}", str(result["reason"] or result["outcome"])))
    yield from errors[:MOST_ANNOTATIONS]
    for denial in result["permission_denials"][:MOST_ANNOTATIONS]:
        yield _command("warning", "not changed", denial["reason"], denial["path"])
    for change in delivery.changes[:MOST_ANNOTATIONS]:
        diff = change.diff
        yield _command("notice", "changed", f"+{diff.added} -{diff.removed}", change.path, _first_line(diff))


def without_commands(text: str) -> str:
    """Words of files and models in which the runner, which reads both streams, finds no command."""
    return _COMMAND.sub(lambda found: "#‹U+0023›" if found[1] is None else f"{found[1]}‹U+003A›", text)


def annotation_of_failure(reason: str) -> str:
    """The workflow command for what is found out when the result should go out."""
    return _command("error", "copydesk: failed", reason)


def _head(delivery: Delivery) -> str:
    result = delivery.result
    cost = result["total_cost_usd"]
    facts = [show(result["model"]), plural(result["num_steps"], "request"), f"{result['duration_ms'] / 1000:.0f} s"]
    facts += [f"${cost:.4f}"] if cost is not None else []
    return f"## copydesk: {result['outcome']}\n\n{' · '.join(facts)}"


def _answer(delivery: Delivery) -> str:
    answer = show_lines(str(delivery.result["result"]))
    return "\n".join(f"> {line}".rstrip() for line in answer[:LONGEST_ANSWER].strip().split("\n")) if answer else ""


def _files(delivery: Delivery) -> str:
    if not delivery.changes:
        return "No file is changed."
    rows = [
        f"| <code>{_html(c.path)}</code> | {c.diff.status} | +{c.diff.added} −{c.diff.removed} |"
        for c in delivery.changes
    ]
    more = len(rows) - 1000
    end = [f"| {more:,} more | | |"] if more > 0 else []
    return "\n".join(["| file | | lines |", "|---|---|---|", *rows[:1000], *end])


def _check(check: CheckFinished) -> str:
    ending = "passed" if check.passed else "**failed**"
    return _details(f"{_html(check.name)}: {ending} after {check.seconds:.1f} s", fenced(check.output or "no output"))


def _details(title: str, content: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{content}\n\n</details>"


def _told(check: CheckFinished) -> str:
    said = check.reason or f"It ended with exit code {check.exit_code}."
    return f"{said}\n{check.output[-2000:]}"


def _first_line(diff: FileDiff) -> int | None:
    """The first line that changes, as it is numbered in the new file."""
    for hunk in diff.hunks[:1]:
        line = hunk.new_start
        for each in hunk.lines:
            if each.kind is not LineKind.CONTEXT:
                return line
            line += 1
    return None


def _command(kind: str, title: str, message: str, path: str = "", line: int | None = None) -> str:
    given = {"file": path, "line": str(line or ""), "title": title}
    properties = ",".join(f"{name}={show(value).translate(_IN_PROPERTIES)}" for name, value in given.items() if value)
    return f"::{kind} {properties}::{show_lines(message).translate(_IN_COMMANDS)}"


def _html(text: str) -> str:
    shown = show(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return shown.replace("|", "&#124;").replace("`", "&#96;")
