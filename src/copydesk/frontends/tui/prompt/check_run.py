"""Owns the question before a check is run that was only detected; it runs nothing itself."""

from copydesk.domain.checks import Check
from copydesk.frontends.check_words import consent_text
from copydesk.frontends.tui.history.confirm_screen import ConfirmScreen, Question


def consent_screen(check: Check) -> ConfirmScreen:
    """Ask for a word on a check that was only detected."""
    return ConfirmScreen(Question("run a check", consent_text(check), "y runs it, now and from now on · esc does not"))
