"""Owns how a workspace is opened: its root, its state, its files, its History."""

import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from copydesk.assembly.circumstances import THE_MACHINE, Circumstances
from copydesk.config import (
    PROJECT_FILE,
    Config,
    RuleBook,
    StateHome,
    WorkspaceState,
    environment_config,
    find_state_home,
    parse_config,
    personal_config,
    read_trust,
)
from copydesk.domain.errors import CopydeskError, UsageError, WorkspaceError
from copydesk.domain.modes import SERVED, Mode
from copydesk.domain.rules import EDITS, Origin, Rule, Verdict, in_order
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

if TYPE_CHECKING:
    from copydesk.changes.applier import Applier
    from copydesk.domain.images import FileImage

LARGEST_OWN_FILE = 64 * 1024
"""Bytes of a file by which a workspace says something of itself: its configuration, an ignore file."""


@dataclass(frozen=True)
class Place:
    """A workspace that is open: its files, its state, its History."""

    root: Root
    state: WorkspaceState
    files: DiskFiles
    repository: UserRepository
    git: GitRunner
    circumstances: Circumstances = THE_MACHINE

    @cached_property
    def applier(self) -> "Applier":
        """The one door to the disk; loaded with the first use, since a screen is painted without."""
        from copydesk.changes.applier import Applier
        from copydesk.changes.history import History
        from copydesk.workspace.store import PrivateStore

        history = History(PrivateStore(self.state.store, replace(self.git, deadline=STORE_DEADLINE)))
        return Applier(self.files, history, partial(self.circumstances.draw, "step", 8), self.circumstances.now)

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
    return Place(root, state, files, UserRepository(root.path, git), git)


def open_git(environment: Mapping[str, str]) -> GitRunner:
    """The git of this environment, for hints; nothing is started."""
    return GitRunner(find_git(environment.get("PATH", STANDARD_FOLDERS)), HINT_DEADLINE)


def require_state(place: Place, mode: Mode | None, *, leaves_record: bool = False) -> None:
    """Make the state directory; UsageError where it cannot be and something is to be kept, an edit or a record."""
    if leaves_record or mode is not Mode.PLAN:
        StateHome(place.state.home).ensure()


def new_session_id(place: Place) -> str:
    """Name a session as none of this workspace is named: a replay that is repeated draws the same names."""
    while True:
        identity = named_by_time(place.circumstances)
        is_journalled = (place.state.sessions / f"{identity}.jsonl").exists()
        if not (is_journalled or place.applier.history.has_session(identity)):
            return identity


def named_by_time(circumstances: Circumstances) -> str:
    """A name of the time and three bytes of chance."""
    return time.strftime("%Y%m%d-%H%M%S-", circumstances.calendar()) + circumstances.draw("session", 3)


def recover(place: Place) -> tuple[str, ...]:
    """Settle what a killed process left unfinished; gives a sentence for each thing that the person should know."""
    _, damage = rule_book(place).rules()
    damages = (damage,) if damage else ()
    recovered = place.applier.recover() if place.state.store.exists() else None
    return (*damages, *(recovered.sentences if recovered else ()))


def missing_git(git: GitRunner) -> str:
    """Say why no edit can be recorded, and so none is made, for want of git; empty where there is one that can."""
    if git.available():
        return ""
    version = ".".join(str(number) for number in OLDEST_VERSION)
    return f"There is no git of version {version} or later, so no edit could be taken back, and none is made."


def rule_book(place: Place) -> RuleBook:
    """The rules that the person had remembered for this workspace."""
    return RuleBook(place.state.rules, partial(place.circumstances.draw, "rule", 3), place.circumstances.now)


def configure(
    place: Place,
    flags: Config,
    environment: Mapping[str, str],
    named: str | None,
    mode: Mode,
    *,
    trusts: bool = False,
    modes: Collection[Mode] = SERVED,
) -> Config:
    """Merge flags, environment and files over the front end's own mode; the workspace's own file only tightens.

    `named` is the person's configuration file where the command line names one, `modes` what this front end has. What
    loosens counts where the file was trusted as it is, or where `trusts` says so.
    """
    merged = flags.over(environment_config(environment)).over(personal_config(environment, named))
    project = project_file(place) or ProjectFile(Config(), "", is_trusted=False)
    is_trusted = trusts or project.is_trusted
    tightened = merged.tightened_by(project.config, mode, is_trusted=is_trusted)
    if tightened.mode not in modes:
        raise UsageError(f"There is no mode {tightened.mode} here; there are {', '.join(modes)}.")
    remembered, _ = rule_book(place).rules()
    own = tuple(replace(rule, glob=anchored(place.root, rule.glob)) for rule in tightened.file_rules)
    ignoring = tuple(_ignore_rules(place, tightened))
    # What is not trusted comes first, so that a question of it never makes a denial of an ignore file milder.
    read = in_order((*ignoring, *own) if is_trusted else (*own, *ignoring))
    kept = (replace(kept.rule, glob=anchored(place.root, kept.rule.glob)) for kept in remembered)
    rules = in_order((*read, *_protecting(ignoring, read), *kept))
    allow, deny = (tuple(anchored(place.root, glob) for glob in globs) for globs in (tightened.allow, tightened.deny))
    return replace(tightened, allow=allow, deny=deny, file_rules=rules)


class ProjectFile(NamedTuple):
    """The workspace's own configuration, whoever wrote it."""

    config: Config
    digest: str
    """To which trust is bound."""
    is_trusted: bool
    """The person trusted it with exactly this content."""

    def additions(self) -> Iterator[str]:
        """What it would add once it is trusted, a line each."""
        loosening = self.config.loosening
        for rule in loosening.file_rules:
            yield f"allow {rule.glob} ({', '.join(rule.actions) or 'edits'})"
        for check in loosening.checks:
            yield f"check {check.name}: {check.line}"
        for link in loosening.links:
            yield f"link {link} into the copies that checks run in"


def project_file(place: Place) -> ProjectFile | None:
    """Read the workspace's own file as everything of a workspace is read; UsageError where that cannot be."""
    image = _read_own(place, PROJECT_FILE)
    if image is None:
        return None
    is_trusted = read_trust(place.state.trust).covers(PROJECT_FILE, image.digest)
    return ProjectFile(parse_config(PROJECT_FILE, image.data, is_project=True), image.digest, is_trusted)


def _read_own(place: Place, name: str) -> "FileImage | None":
    """Read what a workspace says of itself. Where it says something that cannot be read, nothing is guessed."""
    try:
        return place.files.read(name, LARGEST_OWN_FILE)
    except WorkspaceError as error:
        raise UsageError(f"The workspace's {name} cannot be read: {error}") from error


def _ignore_rules(place: Place, config: Config) -> Iterator[Rule]:
    """The patterns of each ignore file that is there."""
    for name in config.ignoring:
        if image := _read_own(place, name):
            from copydesk.domain.ignores import read_ignores

            try:
                listed = read_ignores(image.data)
            except UsageError as error:
                raise UsageError(f"The workspace's {name} cannot be read: {error}") from error
            yield Rule(Verdict.DENY, name, "the ignore file", origin=Origin.WORKSPACE, ignored=listed)


def _protecting(ignoring: Iterable[Rule], rules: tuple[Rule, ...]) -> Iterator[Rule]:
    """Have a change of an ignore file asked about, whatever the workspace allows, where no rule denies it anyway."""
    for name in (rule.glob for rule in ignoring):
        from copydesk.domain.policies import Action, Policy

        policy = Policy(Mode.ACCEPT, rules)
        verdicts = {kind: policy.rule_on(Action(kind, name)).verdict for kind in EDITS}
        asked = tuple(kind for kind, verdict in verdicts.items() if verdict is not Verdict.DENY)
        if asked:
            yield Rule(Verdict.ASK, f"/{name}", "the protection of", asked, Origin.WORKSPACE)


def anchored(root: Root, glob: str) -> str:
    """A pattern that begins with the path of the workspace, from its root on; every other one as it is."""
    for path in (root.path, root.given):
        if glob == path or glob.startswith(f"{path.rstrip('/')}/"):
            return "/" + (glob[len(path) :].strip("/") or "**")
    return glob
