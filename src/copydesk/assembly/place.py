"""Owns how a workspace is opened: its root, its state, its files, its History."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from copydesk.changes.applier import Applier
from copydesk.changes.history import History
from copydesk.config import (
    PROJECT_FILE,
    Config,
    StateHome,
    WorkspaceState,
    environment_config,
    find_state_home,
    parse_config,
    personal_config,
)
from copydesk.domain.errors import CopydeskError, UsageError, WorkspaceError
from copydesk.domain.policies import Mode
from copydesk.workspace.files import DiskFiles
from copydesk.workspace.git import (
    HINT_DEADLINE,
    OLDEST_VERSION,
    STANDARD_FOLDERS,
    STORE_DEADLINE,
    GitRunner,
    UserRepository,
    find_git,
)
from copydesk.workspace.paths import Root, find_root
from copydesk.workspace.scope import Scope
from copydesk.workspace.store import PrivateStore


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace that is open: its files, its state, its History."""

    root: Root
    state: WorkspaceState
    files: DiskFiles
    applier: Applier
    repository: UserRepository
    git: GitRunner

    @property
    def name(self) -> str:
        """What people call it."""
        return Path(self.root.path).name or self.root.path


def scope_of(place: Place) -> Scope:
    """What calls may reach: the workspace without copydesk's own state, should that lie in it."""
    home, root = os.path.realpath(place.state.home), place.root.path
    closed = os.path.relpath(home, root) if home.startswith(f"{root.rstrip('/')}/") else ""
    return Scope(place.files.real_path, closed)


def open_place(directory: str | None, environment: Mapping[str, str]) -> Place:
    """Open the workspace given, or the one around the current directory."""
    home = find_state_home(environment)
    try:
        start = Path(directory) if directory else find_root(Path.cwd(), environment.get("HOME") or "/")
        root = Root.open(start)
    except CopydeskError as error:
        raise UsageError(str(error)) from error
    except FileNotFoundError as error:
        raise UsageError("The current directory is gone; change to another one.") from error
    state = home.workspace(Path(root.path), root.identity)
    files = DiskFiles(root)
    git = open_git(environment)
    history = History(PrivateStore(state.store, replace(git, deadline=STORE_DEADLINE)))
    applier = Applier(files, history, partial(random_digits, 8), time.time)
    return Place(root, state, files, applier, UserRepository(root.path, git), git)


def open_git(environment: Mapping[str, str]) -> GitRunner:
    """The git of this environment, for hints; nothing is started."""
    return GitRunner(find_git(environment.get("PATH", STANDARD_FOLDERS)), HINT_DEADLINE)


def require_state(place: Place, mode: Mode | None, *, leaves_record: bool = False) -> None:
    """Make the state directory; UsageError where it cannot be and something is to be kept, an edit or a record."""
    if leaves_record or mode is not Mode.PLAN:
        StateHome(place.state.home).ensure()


def random_digits(count: int) -> str:
    """Two hexadecimal digits for each of so many random bytes."""
    return os.urandom(count).hex()


def new_session_id() -> str:
    """Name a session by the local time and three random bytes."""
    return time.strftime("%Y%m%d-%H%M%S-", time.localtime()) + random_digits(3)


def recover(place: Place) -> tuple[str, ...]:
    """Settle what a killed process left unfinished; gives a sentence for each thing that the person should know."""
    if not place.state.store.exists():
        return ()
    recovered = place.applier.recover()
    return tuple(recovered.sentences) if recovered else ()


def missing_git(git: GitRunner) -> str:
    """Say why no edit can be recorded, and so none is made, for want of git; empty where there is one that can."""
    if git.available():
        return ""
    version = ".".join(str(number) for number in OLDEST_VERSION)
    return f"There is no git of version {version} or later, so no edit could be taken back, and none is made."


def configure(place: Place, flags: Config, environment: Mapping[str, str], named: str | None, mode: Mode) -> Config:
    """Merge flags, environment and files over the front end's own mode; the workspace's own file only tightens.

    `named` is the person's configuration file where the command line names one.
    """
    merged = flags.over(environment_config(environment)).over(personal_config(environment, named))
    tightened = merged.tightened_by(project_config(place), mode)
    allow, deny = (tuple(_anchored(place.root, glob) for glob in globs) for globs in (tightened.allow, tightened.deny))
    return replace(tightened, allow=allow, deny=deny)


def project_config(place: Place) -> Config:
    """Read the workspace's own file as everything of a workspace is read; UsageError where that cannot be."""
    try:
        image = place.files.read(PROJECT_FILE)
    except WorkspaceError as error:
        raise UsageError(f"The workspace's {PROJECT_FILE} cannot be read: {error}") from error
    return parse_config(PROJECT_FILE, image.data, is_project=True) if image else Config()


def _anchored(root: Root, glob: str) -> str:
    """A pattern that begins with the path of the workspace, from its root on; every other one as it is."""
    for path in (root.path, root.given):
        if glob == path or glob.startswith(f"{path.rstrip('/')}/"):
            return "/" + (glob[len(path) :].strip("/") or "**")
    return glob
