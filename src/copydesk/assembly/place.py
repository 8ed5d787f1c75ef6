"""Owns how a workspace is opened: its root, its state, its files, its History."""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from copydesk.changes.applier import Applier
from copydesk.changes.history import History
from copydesk.config import (
    PROJECT_FILE,
    Config,
    WorkspaceState,
    environment_config,
    find_state_home,
    read_config,
    user_config_file,
)
from copydesk.domain.errors import CopydeskError, UsageError
from copydesk.workspace.files import DiskFiles
from copydesk.workspace.git import (
    HINT_DEADLINE,
    STANDARD_FOLDERS,
    STORE_DEADLINE,
    GitRunner,
    PrivateStore,
    UserRepository,
    find_git,
)
from copydesk.workspace.paths import Root, find_root


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace that is open: its files, its state, its History."""

    root: Root
    state: WorkspaceState
    files: DiskFiles
    applier: Applier
    repository: UserRepository

    @property
    def name(self) -> str:
        """What people call it."""
        return Path(self.root.path).name or self.root.path


def open_place(directory: str | None, environment: Mapping[str, str]) -> Place:
    """Open the workspace given, or the one around the current directory."""
    home = environment.get("HOME")
    start = Path(directory) if directory else find_root(Path.cwd(), home or "/")
    try:
        root = Root.open(start)
    except CopydeskError as error:
        raise UsageError(str(error)) from error
    state = find_state_home(environment).workspace(Path(root.path), root.identity)
    files = DiskFiles(root)
    git = find_git(environment.get("PATH", STANDARD_FOLDERS))
    history = History(PrivateStore(state.store, GitRunner(git, STORE_DEADLINE)))
    applier = Applier(files, history, partial(secrets.token_hex, 8), time.time)
    return Place(root, state, files, applier, UserRepository(root.path, GitRunner(git, HINT_DEADLINE)))


def configure(place: Place, flags: Config, environment: Mapping[str, str], config_file: str | None) -> Config:
    """Merge flags, environment and files; the workspace's own file only tightens."""
    personal = read_config(Path(config_file) if config_file else user_config_file(environment))
    merged = flags.over(environment_config(environment)).over(personal)
    return merged.tightened_by(read_config(Path(place.root.path) / PROJECT_FILE, is_project=True))
