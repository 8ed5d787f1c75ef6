"""Owns the configuration and the paths of our own state: flags over environment over files, merged only here.

A workspace's own file may only tighten (a stricter mode, more denials); it never names an endpoint, a key or a model.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from copydesk.domain.errors import UsageError
from copydesk.domain.policies import Mode, Rule, Verdict, fault_of_glob
from copydesk.workspace.private import make_private

DEFAULT_MODEL = "claude-opus-5-5"
PROJECT_FILE = ".copydesk.toml"
_STRICTNESS = (Mode.ACCEPT, Mode.ASK, Mode.PLAN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a person can set once and for all; None leaves it to the front end or the model's profile."""

    model: str | None = None
    mode: Mode | None = None
    effort: str | None = None
    thinking: Literal["on", "off", "auto"] | None = None
    max_tokens: int | None = None
    explore: bool | None = None
    """Whether the model is offered the exploring tools beside the editor tool; it is where nothing says no."""
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()

    @property
    def explores(self) -> bool:
        """True unless it was switched off."""
        return self.explore is not False

    def over(self, other: "Config") -> "Config":
        """Lay this configuration over another: what is set here wins, rules add up."""
        merged: dict[str, Any] = {}
        for entry in fields(self):
            own = getattr(self, entry.name)
            merged[entry.name] = getattr(other, entry.name) if own is None else own
        return Config(**merged | {"allow": other.allow + self.allow, "deny": other.deny + self.deny})

    def tightened_by(self, project: "Config", default_mode: Mode) -> "Config":
        """Take from a workspace's own file only what makes this stricter; the mode is the front end's where none is."""
        own = self.mode or default_mode
        stricter = max(own, project.mode or own, key=_STRICTNESS.index)
        return replace(self, mode=stricter, deny=self.deny + project.deny)

    def rules(self) -> tuple[Rule, ...]:
        """The person's rules, for the policy."""
        allowed = tuple(Rule(Verdict.ALLOW, glob, "--allow") for glob in self.allow)
        return allowed + tuple(Rule(Verdict.DENY, glob, "--deny") for glob in self.deny)


def personal_config(environment: Mapping[str, str], named: str | None) -> Config:
    """Read the person's own file; it may be missing, but one named on the command line must exist."""
    path = Path(named) if named else user_config_file(environment)
    try:
        data = path.read_bytes()
    except OSError as error:
        if not named and isinstance(error, FileNotFoundError):
            return Config()
        raise UsageError(f"{path} cannot be read as configuration: {error.strerror}.") from error
    return parse_config(str(path), data)


def parse_config(path: str, data: bytes, *, is_project: bool = False) -> Config:
    """Parse TOML in UTF-8. Raises UsageError naming the file and the key."""
    import tomllib

    try:
        values = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} cannot be read as configuration: {error}.") from error
    known = {"mode", "deny"} if is_project else {entry.name for entry in fields(Config)}
    unknown = sorted(set(values) - known)
    if unknown:
        where = "a workspace's own file may only hold" if is_project else "there are"
        raise UsageError(f"{path} sets {', '.join(unknown)}; {where} {', '.join(sorted(known))}.")
    return Config(**{name: _value(path, name, value) for name, value in values.items()})


def _value(path: str, name: str, value: object) -> Any:
    match name, value:
        case "mode", str() if value in list(Mode):
            return Mode(value)
        case (("allow" | "deny"), list()) if all(isinstance(item, str) for item in value):
            return tuple(_glob(path, name, item) for item in value)
        case (("model" | "effort"), str()):
            return value
        case "thinking", "on" | "off" | "auto":
            return value
        case "explore", bool():
            return value
        case "max_tokens", int() if not isinstance(value, bool):
            return value
    raise UsageError(f"{path}: {name} cannot be {value!r}.")


def _glob(path: str, name: str, glob: str) -> str:
    if fault := fault_of_glob(glob):
        raise UsageError(f"{path}: {name} {glob!r} {fault}.")
    return glob


def environment_config(environment: Mapping[str, str]) -> Config:
    """What the environment sets: the model only."""
    model = environment.get("COPYDESK_MODEL") or environment.get("ANTHROPIC_MODEL") or None
    return Config(model=model)


@dataclass(frozen=True, slots=True)
class StateHome:
    """The directory of everything that copydesk keeps: History stores, session journals, trust."""

    path: Path

    def workspace(self, real_path: Path, identity: tuple[int, int]) -> "WorkspaceState":
        """The state of one workspace, keyed by where and which directory it is."""
        text = f"{real_path}\0{identity[0]}\0{identity[1]}"
        key = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:24]
        return WorkspaceState(self.path, key)

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


@dataclass(frozen=True, slots=True)
class WorkspaceState:
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
    def scratch(self) -> Path:
        """The folder of what lasts for one search."""
        return self.home / "ws" / self.key / "scratch"

    @property
    def trust(self) -> Path:
        """What the person trusted of this workspace."""
        return self.home / "ws" / self.key / "trust.json"


@dataclass(frozen=True, slots=True)
class Trust:
    """Files whose content the person trusted, by digest; another content is not trusted."""

    digests: Mapping[str, str] = field(default_factory=dict)

    def covers(self, path: str, content_digest: str) -> bool:
        """True where exactly this content was trusted."""
        return self.digests.get(path) == content_digest


def read_trust(path: Path) -> Trust:
    """Read what was trusted; anything unreadable is no trust."""
    try:
        values: Any = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return Trust()
    return Trust({str(name): str(value) for name, value in values.items()}) if isinstance(values, dict) else Trust()


def write_trust(path: Path, trust: Trust) -> None:
    """Remember what is trusted, readable by this user only."""
    make_private(path.parent)
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        json.dump(dict(trust.digests), stream, indent=1)
    temporary.replace(path)


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


def user_config_file(environment: Mapping[str, str]) -> Path:
    """Where the person's own configuration lives."""
    if environment.get("COPYDESK_CONFIG"):
        return Path(environment["COPYDESK_CONFIG"])
    from platformdirs import user_config_path

    return user_config_path("copydesk") / "config.toml"
