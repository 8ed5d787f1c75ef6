"""Owns the checks that a person confirmed in a workspace: kept outside of it, and read as warily as if it were not.

What is damaged or no longer a check is left out, so that it is asked about again.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from copydesk.config.state import replace_file
from copydesk.domain.checks import Check, fault_of_check

FORMAT = 1


@dataclass(frozen=True, slots=True)
class CheckBook:
    """The confirmed checks of one workspace."""

    path: Path

    def checks(self) -> tuple[Check, ...]:
        """The checks in the order in which they were confirmed (blocking); none where the file cannot be read."""
        try:
            values: Any = json.loads(self.path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return ()
        match values:
            case {"format": int(number), "checks": list(records)} if number == FORMAT:
                found = (_check(record) for record in records)
                return tuple(check for check in found if check and not fault_of_check(check))
            case _:
                return ()

    def keep(self, check: Check) -> None:
        """Add a check, in place of one of the same name (blocking); OSError where it cannot be kept."""
        records = [asdict(kept) for kept in self.checks() if kept.name != check.name]
        replace_file(self.path, json.dumps({"format": FORMAT, "checks": [*records, asdict(check)]}, indent=1) + "\n")


def _check(record: object) -> Check | None:
    match record:
        case {"name": str(name), "command": command, "seconds": int() | float() as seconds, "link": link}:
            words = command if isinstance(command, str) else _words(command)
            links = _words(link)
            return None if words is None or links is None else Check(name, words, seconds, links)
        case _:
            return None


def _words(value: object) -> tuple[str, ...] | None:
    """A list of strings; None for everything else."""
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        return tuple(value)
    return None
