"""Owns what a person is asked and told about checks that they run themselves; it runs none."""

from collections.abc import Sequence

from copydesk.config import WHERE_CHECKS_STAND
from copydesk.domain.checks import Check


def list_checks(checks: Sequence[Check]) -> str:
    """Say which checks there are."""
    if not checks:
        return f"There are no checks: none is declared {WHERE_CHECKS_STAND}."
    return f"Checks: {', '.join(f'!{check.name}' for check in checks)}."


def consent_text(check: Check) -> str:
    """What it means to run a check that was only detected."""
    return (
        f"The check {check.name} was found in this workspace, but nobody declared it. It would run:\n\n"
        f"    {check.line}\n\n"
        "That is code of this workspace, also what the model wrote, and what it writes cannot be rolled back. Once "
        "agreed to, this command is run without asking, by you and by the model."
    )
