"""Owns which checks a workspace has: declared in the configuration, confirmed by the person here, or only detected.

Nothing here runs a check.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from copydesk.domain.checks import DETECTION_FILES, Check, detected
from copydesk.domain.errors import WorkspaceError
from copydesk.workspace.files import Files

_LARGEST_READ = 1_000_000
"""Bytes of a file in which checks are looked for."""


class Confirmations(Protocol):
    """Where confirmed checks are kept, out of the workspace."""

    def checks(self) -> tuple[Check, ...]:
        """Give what was confirmed (blocking)."""
        ...

    def keep(self, check: Check) -> None:
        """Add a check, in place of one of the same name (blocking); OSError where it cannot be kept."""
        ...


class DeclaredChecks:
    """The checks of a workspace by name; which names there are never changes."""

    def __init__(self, configured: Sequence[Check], found: Sequence[Check], confirmations: Confirmations) -> None:
        """`configured` win over `found` (detected) ones, and these over the confirmed ones, which are read."""
        self._confirmations = confirmations
        confirmed = confirmations.checks()
        self._declared = (*configured, *confirmed)
        self._checks = {check.name: check for check in (*confirmed, *found, *configured)}

    @property
    def all(self) -> tuple[Check, ...]:
        """All of them by name, those that wait for a confirmation too."""
        return tuple(self._checks[name] for name in sorted(self._checks))

    def find(self, name: str) -> Check | None:
        """The check of a name."""
        return self._checks.get(name)

    def is_declared(self, check: Check) -> bool:
        """Whether the person declared exactly this, so that it is run without asking."""
        return check in self._declared

    def confirm(self, check: Check) -> None:
        """Remember that the person declares a check (blocking); where that cannot be kept, for this session."""
        self._declared = (*self._declared, check)
        with suppress(OSError):
            self._confirmations.keep(check)


def declared_checks(configured: Sequence[Check], confirmations: Confirmations, files: Files) -> DeclaredChecks:
    """Find out which checks there are (blocking).

    `configured` are the checks of the configuration: where there are any, none is looked for in `files`, those on disk.
    """
    return DeclaredChecks(configured, () if configured else detect_checks(files), confirmations)


def detect_checks(files: Files) -> tuple[Check, ...]:
    """Suggest checks from the files in the root (blocking); what cannot be read suggests nothing."""
    try:
        names = {entry.name for entry in files.entries(".")}
    except (WorkspaceError, OSError):
        return ()
    return detected(names, {name: _text(files, name) for name in DETECTION_FILES if name in names})


def _text(files: Files, name: str) -> str:
    try:
        image = files.read(name, _LARGEST_READ)
    except (WorkspaceError, OSError):
        return ""
    return image.data.decode("utf-8", "replace") if image else ""
