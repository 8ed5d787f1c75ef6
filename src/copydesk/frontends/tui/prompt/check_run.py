"""Owns what the person is asked and told when they run a check from the prompt; it runs nothing itself."""

from collections.abc import Sequence

from copydesk.config import WHERE_CHECKS_STAND
from copydesk.domain.checks import Check
from copydesk.frontends.tui.history.confirm_screen import ConfirmScreen, Question


def list_checks(checks: Sequence[Check]) -> str:
    """Say which checks there are."""
    if not checks:
        return f"There are no checks: none is declared {WHERE_CHECKS_STAND}."
    return f"Checks: {', '.join(f'!{check.name}' for check in checks)}."


def consent_screen(check: Check) -> ConfirmScreen:
    """Ask for a word on a check that was only detected."""
    text = (
        f"The check {check.name} was found in this workspace, but nobody declared it. It would run:\n\n"
        f"    {check.line}\n\n"
        "That is code of this workspace, also what the model wrote, and what it writes cannot be rolled back. Once "
        "agreed to, this command is run without asking, by you and by the model."
    )
    return ConfirmScreen(Question("run a check", text, "y runs it, now and from now on · esc does not"))
