"""Owns every git process: the hardened runner, the hints about the user's repository, and git as the user runs it.

GitPython starts the processes; its object model is not used. No process asks a question or outlives its deadline.
None sees the environment of copydesk, runs a program that a repository names or opens a connection, except for the
commit that the user asks for: `UserGit` is for that alone.
"""

import math
import os
import re
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from subprocess import PIPE, TimeoutExpired
from threading import Event, Lock
from types import MappingProxyType
from typing import IO, Any, NamedTuple

from copydesk.domain.errors import GitError

OLDEST_VERSION = (2, 38)
"""The first git that knows `safe.bareRepository`."""
STANDARD_FOLDERS = "/usr/local/bin:/opt/homebrew/bin:/usr/bin:/bin"
HINT_DEADLINE = 10.0
STORE_DEADLINE = 60.0
"""Seconds; a store of one file of some hundred megabytes is written in less."""
_STOP_INTERVAL = 0.05
"""Seconds between two looks at whether a process is still wanted."""

_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_ASKPASS": "false",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_EDITOR": "false",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_PROTOCOL_FROM_USER": "0",
    "GIT_SSH_COMMAND": "false",
    "GIT_TERMINAL_PROMPT": "0",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "SSH_ASKPASS": "false",
}
"""All that a git process sees, apart from PATH and what names its repository."""

_CONFIGURATION = (
    ("commit.gpgSign", "false"),
    ("core.alternateRefsCommand", ""),
    ("core.askPass", ""),
    ("core.attributesFile", "/dev/null"),
    ("core.editor", "false"),
    ("core.fsmonitor", "false"),
    ("core.gitProxy", ""),
    ("core.hooksPath", "/dev/null"),
    ("core.pager", "cat"),
    ("core.sshCommand", "false"),
    ("core.untrackedCache", "false"),
    ("credential.helper", ""),
    # Without this `git diff` writes what it learned of the files' times into the index.
    ("diff.autoRefreshIndex", "false"),
    ("diff.ignoreSubmodules", "all"),
    ("gc.auto", "0"),
    ("log.showSignature", "false"),
    ("maintenance.auto", "false"),
    ("protocol.allow", "never"),
    ("safe.bareRepository", "explicit"),
    ("submodule.recurse", "false"),
    ("tag.gpgSign", "false"),
)
"""Overrides whatever a repository says under these names."""

_DRIVER_OVERRIDES = {
    "diff": (("command", ""), ("textconv", "")),
    "filter": (("clean", ""), ("process", ""), ("required", "false"), ("smudge", "")),
    "merge": (("driver", "false"),),
    "remote": (("promisor", "false"), ("uploadpack", "false")),
    "submodule": (("update", "none"),),
}
"""Sections in which a repository names programs under names of its own choice, and what disarms each."""

_IDENTITY = ("GIT_AUTHOR_EMAIL", "GIT_AUTHOR_NAME", "GIT_COMMITTER_EMAIL", "GIT_COMMITTER_NAME")
"""Who the user is, which is all of GIT_* that holds for any repository."""
_NOT_ASKING = {"GIT_ASKPASS": "false", "GIT_EDITOR": ":", "GIT_TERMINAL_PROMPT": "0", "SSH_ASKPASS_REQUIRE": "never"}
PLUMBING = (
    ("core.fsmonitor", "false"),
    ("core.hooksPath", "/dev/null"),
    ("gc.auto", "0"),
    ("i18n.commitEncoding", "utf-8"),
    ("maintenance.auto", "false"),
)
"""What the user's configuration must not have a say in where git is only a tool: no hook runs beside those named."""

_GITPYTHON_SETTINGS = {"GIT_PYTHON_REFRESH": "quiet", "GIT_PYTHON_GIT_EXECUTABLE": "/nonexistent/git"}
_importing = Lock()


class Answer(NamedTuple):
    """What a git process gave back."""

    status: int
    output: bytes
    complaint: str
    """Standard error, for messages."""


def find_git(folders: str = STANDARD_FOLDERS) -> str | None:
    """Find git in a colon-separated list of absolute folders; relative ones are left out."""
    # shutil.which would load every compressor for this.
    found = (f"{folder}/git" for folder in folders.split(":") if folder.startswith("/"))
    # In this order a folder that may not be searched, as after a change of user, is passed over: `is_file` would raise.
    return next((path for path in found if os.access(path, os.X_OK) and Path(path).is_file()), None)


@dataclass(frozen=True, slots=True)
class GitRunner:
    """Runs git with exactly the environment that it is given and the fixed hardening."""

    executable: str | None
    """Absolute path; None where git is not installed."""
    deadline: float
    """Seconds after which the process and all that it started are killed."""

    def available(self) -> str | None:
        """Give the version of git, None where there is none or one before 2.38."""
        try:
            answer = self.run(("version",), {})
        except GitError:
            return None
        found = re.match(rb"git version ((\d+)\.(\d+)\S*)", answer.output)
        if not found or (int(found[2]), int(found[3])) < OLDEST_VERSION:
            return None
        return found[1].decode("ascii")

    def run(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        overrides: Sequence[tuple[str, str]] = (),
        stdin: bytes | IO[bytes] = b"",
        stop: Event | None = None,
    ) -> Answer:
        """Run git once; `GitError` where it cannot be started or does not end in time, never for its exit status.

        It is killed, which is a `GitError` too, soon after `stop` is set, unless it is fed.
        """
        if not self.executable:
            raise GitError("git is not installed, or is not in the search path.")
        search_path = f"{Path(self.executable).parent}:/usr/bin:/bin"
        variables = {**_ENVIRONMENT, "PATH": search_path, **_as_variables((*_CONFIGURATION, *overrides)), **environment}
        settings = [f"{name}={value}" for name, value in variables.items()]
        source, fed = (PIPE, stdin) if isinstance(stdin, bytes) else (stdin, b"")
        process = _start(["/usr/bin/env", "-i", *settings, self.executable, *arguments], source)
        return _finish(process, _verb_of(arguments), fed, self.deadline, stop)


@dataclass(frozen=True, slots=True)
class UserGit:
    """Runs git as the user does, with their environment and configuration, for the commit that they ask for."""

    executable: str | None
    """Absolute path; None where git is not installed."""
    directory: str
    """Where it runs."""
    environment: Mapping[str, str]
    """The user's; what it says to git about a repository is left out, and what would let a program ask something."""
    deadline: float
    """Seconds after which the process and all that it started are killed."""

    def run(
        self,
        arguments: Sequence[str],
        stdin: bytes = b"",
        variables: Mapping[str, str] = MappingProxyType({}),
        overrides: Sequence[tuple[str, str]] = PLUMBING,
    ) -> Answer:
        """Run git once; `GitError` where it cannot be started or does not end in time, never for its exit status."""
        if not self.executable:
            raise GitError("git is not installed, or is not in the search path.")
        kept = {name: value for name, value in self.environment.items() if _is_the_users(name)}
        configured = _as_variables(overrides) if overrides else {}
        variables = {**kept, **_NOT_ASKING, **configured, **variables}
        command = [self.executable, "-C", self.directory, *arguments]
        return _finish(_start_with(command, variables), arguments[0], stdin, self.deadline, None)


class UserRepository:
    """The user's repository at the root, for hints only: whatever fails is a hint that is missing."""

    def __init__(self, root: str | Path, runner: GitRunner | None = None) -> None:
        self._root = os.fspath(root)
        self._runner = runner or GitRunner(find_git(), HINT_DEADLINE)
        self._environment = {
            "GIT_CEILING_DIRECTORIES": str(Path(self._root).parent),
            # The repository's own `core.worktree` could point anywhere.
            "GIT_WORK_TREE": self._root,
        }

    def run(self, arguments: Sequence[str], stdin: bytes | IO[bytes] = b"", stop: Event | None = None) -> Answer:
        """Run a fixed plumbing command in the root with every driver of the repository disarmed."""
        listed = self._ask(("config", "--list", "-z", "--name-only"), stop=stop)
        overrides = disarmed(checked(listed, "config").split(b"\0"))
        return self._ask(arguments, overrides, stdin, stop)

    def branch(self) -> str | None:
        """Name the branch that is checked out, or the commit's short id in parentheses where it is none."""
        if name := self._line("symbolic-ref", "--quiet", "--short", "HEAD"):
            return name
        commit = self._line("rev-parse", "--verify", "--quiet", "--short", "HEAD")
        return f"({commit})" if commit else None

    def base_commit(self) -> str | None:
        """Give the full id of the commit that is checked out."""
        return self._line("rev-parse", "--verify", "--quiet", "HEAD")

    def committed(self, paths: Sequence[str]) -> Mapping[str, str] | None:
        """Give the ids of the blobs that the commit which is checked out has at paths relative to the root."""
        names = [f"./{path}" for path in paths]
        with suppress(GitError):
            listed = checked(self.run(("ls-tree", "-z", "HEAD", "--", *names)), "ls-tree")
            entries = (entry.partition(b"\t") for entry in listed.split(b"\0")[:-1])
            return {os.fsdecode(name): facts.split()[2].decode("ascii") for facts, _, name in entries}
        return None

    def blob(self, name: str) -> bytes | None:
        """Give what is kept under git's name of it, which may be abbreviated."""
        with suppress(GitError):
            return checked(self.run(("cat-file", "blob", name)), "cat-file")
        return None

    def is_dirty(self) -> bool | None:
        """Tell whether tracked files differ from the commit, staged or not; submodules are not looked into."""
        status = ("status", "--porcelain=v1", "-z", "--untracked-files=no", "--ignore-submodules=all", "--no-renames")
        with suppress(GitError):
            return bool(checked(self.run(status), "status"))
        return None

    def is_ignored(self, paths: Sequence[str]) -> frozenset[str] | None:
        """Give those of the paths, relative to the root, that the repository ignores."""
        # A leading `./` keeps a name that starts with a colon from being read as a pattern.
        names = b"".join(b"./" + os.fsencode(path) + b"\0" for path in paths)
        with suppress(GitError):
            answer = self.run(("check-ignore", "-z", "--stdin"), names)
            if answer.status in (0, 1):
                return frozenset(os.fsdecode(name[2:]) for name in answer.output.split(b"\0") if name)
        return None

    def _line(self, *arguments: str) -> str | None:
        with suppress(GitError):
            return checked(self.run(arguments), arguments[0]).decode("utf-8", "surrogateescape").strip() or None
        return None

    def _ask(
        self,
        arguments: Sequence[str],
        overrides: Sequence[tuple[str, str]] = (),
        stdin: bytes | IO[bytes] = b"",
        stop: Event | None = None,
    ) -> Answer:
        return self._runner.run(("-C", self._root, *arguments), self._environment, overrides, stdin, stop)


def disarmed(names: Sequence[bytes]) -> tuple[tuple[str, str], ...]:
    """Give the settings that disarm every driver among the names of a repository's configuration."""
    drivers = {tuple(os.fsdecode(name).rpartition(".")[0].partition(".")[::2]) for name in names}
    return tuple(
        (f"{section}.{driver}.{key}", value)
        for section, driver in sorted(drivers)
        if driver
        for key, value in _DRIVER_OVERRIDES.get(section, ())
    )


@cache
def _gitpython() -> Any:
    """Import GitPython, which reads its settings from the environment and then starts the git that they name."""
    with _importing:
        kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("GIT_")}
        os.environ.update(_GITPYTHON_SETTINGS)
        try:
            import git
        finally:
            for name in _GITPYTHON_SETTINGS:
                del os.environ[name]
            os.environ.update(kept)
    return git


def _start(command: list[str], source: int | IO[bytes], environment: Mapping[str, str] | None = None) -> Any:
    """Start a process in a session of its own, so that it and its children can be killed together."""
    git = _gitpython()
    try:
        return git.Git("/").execute(command, istream=source, as_process=True, start_new_session=True, env=environment)
    except (git.GitCommandNotFound, OSError) as error:
        raise GitError("git could not be started: /usr/bin/env is missing or the command is too long.") from error


def _start_with(command: list[str], environment: Mapping[str, str]) -> Any:
    """Start a process with exactly this environment; its values appear in no command line, where others can read."""
    # GitPython adds to the environment of copydesk, and sets these two on its own account.
    _gitpython()
    surplus = {*os.environ, "LANGUAGE", "LC_ALL"} - set(environment)
    unset = [word for name in sorted(surplus) for word in ("-u", name)]
    return _start(["/usr/bin/env", *unset, *command], PIPE, environment)


def _is_the_users(name: str) -> bool:
    # A program that signs would ask for a passphrase on the terminal that GPG_TTY names, beneath our screen.
    return name in _IDENTITY or not (name == "GPG_TTY" or name.startswith("GIT_"))


def _verb_of(arguments: Sequence[str]) -> str:
    """What git is asked to do, behind the directory in which."""
    return arguments[2] if arguments[0] == "-C" else arguments[0]


def _finish(process: Any, verb: str, stdin: bytes, deadline: float, stop: Event | None) -> Answer:
    # GitPython, which started the process, has loaded this; before, nobody pays for it.
    import logging

    log = logging.getLogger("copydesk.git")
    log.debug("begins", extra={"span": process.pid, "facts": {"git": verb}})
    try:
        output, complaint = _communicate(process, stdin, deadline, stop)
    except TimeoutExpired as error:
        _kill_group(process)
        raise GitError(f"git {verb} did not end within {deadline:g} seconds and was stopped.") from error
    except BaseException:
        _kill_group(process)
        raise
    log.debug("ends", extra={"span": process.pid, "facts": {"git": verb, "status": process.returncode}})
    return Answer(process.returncode, output, complaint.decode("utf-8", "replace").strip())


def _communicate(process: Any, stdin: bytes, deadline: float, stop: Event | None) -> tuple[bytes, bytes]:
    """Wait for a process's output at most `deadline` seconds, looking now and then whether it is still wanted.

    Once it has ended, what it left running in the background is not waited for.
    """
    # Input that was not taken before a timeout is never sent, so a process that is fed is waited for in one go.
    interval = deadline if stdin else min(_STOP_INTERVAL, deadline)
    for _ in range(math.ceil(deadline / interval) - 1):
        if stop and stop.is_set():
            raise GitError("git was stopped, since its answer is no longer wanted.")
        has_ended = process.poll() is not None
        try:
            return process.communicate(timeout=interval)  # type: ignore[no-any-return]
        except TimeoutExpired as waiting:
            if has_ended:
                process.stdout.close()
                process.stderr.close()
                return waiting.output or b"", waiting.stderr or b""
    return process.communicate(stdin, timeout=interval)  # type: ignore[no-any-return]


def _kill_group(process: Any) -> None:
    """Kill a process that has not ended and all that it started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.proc.wait()


def _as_variables(settings: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Write configuration as the variables that git reads; unlike `-c`, names may hold any character."""
    variables = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (name, value) in enumerate(settings):
        variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return variables


def checked(answer: Answer, verb: str) -> bytes:
    """Give the output of a process that ended well; `GitError` with what it complained of for every other."""
    if answer.status != 0:
        complaint = answer.complaint.partition("\n")[0] or "no message"
        raise GitError(f"git {verb} failed with status {answer.status}: {complaint}.")
    return answer.output
