"""Owns the paths of our own state, and how a small file of it is replaced as a whole."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from copydesk.domain.errors import UsageError
from copydesk.workspace.private import make_private


class StateHome(NamedTuple):
    """The directory of everything that copydesk keeps: History stores, session journals, trust, rules."""

    path: Path

    def workspace(self, real_path: Path, identity: tuple[int, int]) -> "WorkspaceState":
        """The state of one workspace, keyed by where and which directory it is."""
        text = f"{real_path}\0{identity[0]}\0{identity[1]}"
        key = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:24]
        return WorkspaceState(self.path, key)

    @property
    def choices(self) -> Path:
        """What the person chose on the screen, for all workspaces."""
        return self.path / "screen.json"

    def ensure(self) -> None:
        """Make the directory, private to this user; UsageError where that cannot be."""
        try:
            make_private(self.path)
            if not os.access(self.path, os.W_OK | os.X_OK):
                raise PermissionError(13, "Permission denied")
        except OSError as error:
            raise UsageError(
                f"The state directory {self.path} cannot be written ({error.strerror}), so no edit could be "
                "taken back; set COPYDESK_STATE_DIR to one that can."
            ) from error


class WorkspaceState(NamedTuple):
    """Paths of the state of one workspace."""

    home: Path
    key: str

    @property
    def store(self) -> Path:
        """The bare git repository of the History."""
        return self.home / "ws" / self.key / "repo.git"

    @property
    def sessions(self) -> Path:
        """The folder of the session journals."""
        return self.home / "ws" / self.key / "sessions"

    @property
    def prompts(self) -> Path:
        """The prompts typed here, for the arrow keys."""
        return self.home / "ws" / self.key / "prompts.jsonl"

    @property
    def looks(self) -> Path:
        """What the person has seen and marked in reviews."""
        return self.home / "ws" / self.key / "looks.json"

    @property
    def scratch(self) -> Path:
        """The folder of what lasts for one search."""
        return self.home / "ws" / self.key / "scratch"

    @property
    def copies(self) -> Path:
        """The folder of copies of the workspace in which checks are run."""
        return self.home / "ws" / self.key / "copies"

    @property
    def rules(self) -> Path:
        """What the person decided once and for all in this workspace."""
        return self.home / "ws" / self.key / "rules.json"

    @property
    def checks(self) -> Path:
        """The checks that the person confirmed here."""
        return self.home / "ws" / self.key / "checks.json"

    @property
    def trust(self) -> Path:
        """What the person trusted of this workspace."""
        return self.home / "ws" / self.key / "trust.json"


def find_state_home(environment: Mapping[str, str]) -> StateHome:
    """Where the state lives: `COPYDESK_STATE_DIR`, else the platform's state directory.

    UsageError for a path that from another directory would be another one.
    """
    if chosen := environment.get("COPYDESK_STATE_DIR", ""):
        if not Path(chosen).is_absolute():
            raise UsageError(
                f"COPYDESK_STATE_DIR is {chosen!r}, which names another directory wherever copydesk is started; "
                "set it to an absolute path."
            )
        return StateHome(Path(chosen))
    from platformdirs import user_state_path

    return StateHome(user_state_path("copydesk"))


def replace_file(path: Path, text: str) -> None:
    """Give a file of the state another content at once, readable by this user only; `text` is ASCII."""
    make_private(path.parent)
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(descriptor)
    temporary.replace(path)
