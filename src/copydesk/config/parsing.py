"""Owns the grammar of configuration files: TOML in, a `Config` or a sentence out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from copydesk.config.settings import Config
from copydesk.domain.errors import UsageError
from copydesk.domain.globs import fault_of_glob
from copydesk.domain.modes import Mode
from copydesk.domain.rules import ActionKind, Origin, Rule, Verdict

if TYPE_CHECKING:
    from copydesk.domain.checks import Check
    from copydesk.domain.retention import Retention

PROJECT_FILE = ".copydesk.toml"
WHERE_CHECKS_STAND = f"under [checks], in {PROJECT_FILE} or in your own file (/settings names it)"
"""Where a person declares a check, to go on with in a sentence."""
RULE_KEYS = ("verdict", "paths", "actions")
_LINK = "link"
CHECK_KEYS = ("command", "timeout", _LINK)
PROJECT_KEYS = ("mode", "allow", "deny", "rules", "ignore_files", "checks")
PERSONAL_KEYS = (
    *PROJECT_KEYS,
    "respect_gitignore",
    "model",
    "effort",
    "thinking",
    "max_tokens",
    "explore",
    "notifications",
    "history",
    "keys",
)
HISTORY_KEYS = {"keep_days": "days", "keep_sessions": "sessions", "max_size": "size"}
"""Key of the table → field of a `Retention`."""
_UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}

Word = TypeVar("Word", Verdict, ActionKind)


def parse_config(path: str, data: bytes, *, is_project: bool = False) -> Config:
    """Parse TOML in UTF-8. Raises UsageError naming the file and the key."""
    import tomllib

    try:
        values = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} cannot be read as configuration: {error}.") from error
    _refuse_unknown(path, values, is_project=is_project)
    origin = Origin.WORKSPACE if is_project else Origin.CONFIGURATION
    own = {name: _value(path, name, value) for name, value in values.items() if name in _PLAIN}
    return Config(
        **own,
        ignore_files=_each_name(path, values["ignore_files"]) if "ignore_files" in values else None,
        file_rules=tuple(_rules(path, values, origin)),
        checks=tuple(_checks(path, values.get("checks", {}))),
        links=_links(path, values.get("checks", {})),
        history=_retention(path, values["history"]) if "history" in values else None,
        keys=_keys(path, values["keys"]) if "keys" in values else None,
    )


def _refuse_unknown(path: str, values: Mapping[str, object], *, is_project: bool) -> None:
    known = PROJECT_KEYS if is_project else PERSONAL_KEYS
    unknown = sorted(set(values) - set(known))
    if unknown:
        where = "a workspace's own file may only hold" if is_project else "there are"
        raise UsageError(f"{path} sets {', '.join(unknown)}; {where} {', '.join(sorted(known))}.")


_PLAIN: Mapping[str, Callable[[object], bool]] = {
    "mode": lambda value: isinstance(value, str) and value in list(Mode),
    "model": lambda value: isinstance(value, str),
    "effort": lambda value: isinstance(value, str),
    "thinking": lambda value: value in ("on", "off", "auto"),
    "max_tokens": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "notifications": lambda value: value in ("bell", "osc9", "osc777", "off"),
    "explore": lambda value: isinstance(value, bool),
    "respect_gitignore": lambda value: isinstance(value, bool),
}
"""Key → whether a value fits it."""


def _value(path: str, name: str, value: Any) -> Any:
    if not _PLAIN[name](value):
        raise _misfit(path, name, value)
    return Mode(value) if name == "mode" else value


def _misfit(path: str, name: str, value: object) -> UsageError:
    return UsageError(f"{path}: {name} cannot be {value!r}.")


def _rules(path: str, values: Mapping[str, Any], origin: Origin) -> list[Rule]:
    """Each rule of a file: what `allow` lists, the tables in their order, and what `deny` lists, which so wins."""
    tables = values.get("rules", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"{path}: rules are tables, each under a line [[rules]].")
    named = [
        *((name, {"verdict": name, "paths": values[name]}) for name in ("allow",) if name in values),
        *((f"rules[{number}]", table) for number, table in enumerate(tables, 1)),
        *((name, {"verdict": name, "paths": values[name]}) for name in ("deny",) if name in values),
    ]
    return [rule for name, table in named for rule in _table(path, name, table, origin)]


def _table(path: str, name: str, table: Mapping[str, Any], origin: Origin) -> list[Rule]:
    unknown = sorted(set(table) - set(RULE_KEYS))
    if unknown:
        raise UsageError(f"{path}: {name} sets {', '.join(unknown)}; a rule has {', '.join(RULE_KEYS)}.")
    missing = [key for key in RULE_KEYS[:2] if key not in table]
    if missing:
        raise UsageError(f"{path}: {name} has no {missing[0]}.")
    verdict = _choice(path, f"{name}.verdict", table["verdict"], Verdict)
    actions = [
        _choice(path, f"{name}.actions", action, ActionKind)
        for action in _texts(path, f"{name}.actions", table.get("actions", []))
    ]
    source = f"{_file_name(path)}: {verdict}"
    return [
        Rule(verdict, _glob(path, name, glob), source, tuple(dict.fromkeys(actions)), origin)
        for glob in _texts(path, name, table["paths"])
    ]


def _choice(path: str, name: str, value: object, words: type[Word]) -> Word:
    if not isinstance(value, str) or value not in list(words):
        raise UsageError(f"{path}: {name} cannot be {value!r}; there are {', '.join(words)}.")
    return words(value)


def _file_name(path: str) -> str:
    """A person's directories are none of the model's business, which is told of rules."""
    return path.rsplit("/", 1)[-1]


def _texts(path: str, name: str, value: object) -> list[str]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise _misfit(path, name, value)
    return texts


def _glob(path: str, name: str, glob: str) -> str:
    if fault := fault_of_glob(glob):
        raise UsageError(f"{path}: {name} {glob!r} {fault}.")
    return glob


def _each_name(path: str, value: object) -> tuple[str, ...]:
    names = _texts(path, "ignore_files", value)
    for name in names:
        if name in ("", ".", "..") or "/" in name or "\0" in name:
            raise UsageError(f"{path}: ignore_files {name!r} is no name of a file in the root.")
    return tuple(names)


def _checks(path: str, tables: object) -> list[Check]:
    if not isinstance(tables, dict):
        raise UsageError(f"{path}: checks are a table [checks] of names and command lines.")
    return [_check(path, name, value) for name, value in tables.items() if not _is_links(name, value)]


def _links(path: str, tables: Mapping[str, object]) -> tuple[str, ...]:
    """What `link` beside the names of checks lists, for all of them; a table of that name is a check."""
    from copydesk.domain.checks import Check, fault_of_check

    listed = [value for name, value in tables.items() if _is_links(name, value)]
    links = tuple(text for value in listed for text in _texts(path, "checks.link", value))
    if fault := fault_of_check(Check(_LINK, "true", link=links)):
        raise UsageError(f"{path}: [checks] {fault}.")
    return links


def _is_links(name: str, value: object) -> bool:
    return name == _LINK and not isinstance(value, dict)


def _check(path: str, name: str, value: object) -> Check:
    from copydesk.domain.checks import DEFAULT_SECONDS, Check, fault_of_check

    table = value if isinstance(value, dict) else {"command": value}
    unknown = sorted(set(table) - set(CHECK_KEYS))
    if unknown:
        raise UsageError(f"{path}: checks.{name} sets {', '.join(unknown)}; a check has {', '.join(CHECK_KEYS)}.")
    command, seconds = table.get("command"), table.get("timeout", DEFAULT_SECONDS)
    if isinstance(command, list):
        command = tuple(_texts(path, f"checks.{name}.command", command))
    if not isinstance(command, str | tuple):
        raise _misfit(path, f"checks.{name}.command", command)
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        raise _misfit(path, f"checks.{name}.timeout", seconds)
    check = Check(name, command, float(seconds), tuple(_texts(path, f"checks.{name}.link", table.get("link", []))))
    if fault := fault_of_check(check):
        raise UsageError(f"{path}: the check {name!r} {fault}.")
    return check


def _retention(path: str, table: object) -> Retention:
    from copydesk.domain.retention import Retention

    if not isinstance(table, dict):
        raise UsageError(f"{path}: history is a table [history] of {', '.join(HISTORY_KEYS)}.")
    unknown = sorted(set(table) - set(HISTORY_KEYS))
    if unknown:
        raise UsageError(f"{path}: history sets {', '.join(unknown)}; it has {', '.join(HISTORY_KEYS)}.")
    bounds = {
        key: _size(path, value) if key == "max_size" else _count(path, key, value) for key, value in table.items()
    }
    return Retention(**{HISTORY_KEYS[key]: bound for key, bound in bounds.items()})


def _keys(path: str, table: object) -> dict[str, tuple[str, ...]]:
    """Which keys carry out what; the screen knows whether there is such a thing and such a key."""
    if not isinstance(table, dict):
        raise UsageError(f'{path}: keys are a table [keys] of names and keys, such as "history.open" = "f7".')
    named = {name: tuple(_texts(path, f"keys.{name}", keys)) for name, keys in table.items()}
    empty = [name for name, keys in named.items() if not all(keys) or not keys]
    if empty:
        raise UsageError(f"{path}: keys.{empty[0]} names no key.")
    return named


def _count(path: str, key: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _misfit(path, f"history.{key}", value)
    return value


def _size(path: str, value: object) -> int:
    """Bytes, or text with a unit."""
    found = re.fullmatch(r"([1-9][0-9]{0,8}) ?([KMG]iB)", value) if isinstance(value, str) else None
    return int(found[1]) * _UNITS[found[2]] if found else _count(path, "max_size", value)
