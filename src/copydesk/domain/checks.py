"""Owns checks: commands that a person declared, how one ended, and which ones the files of a workspace suggest.

A check is called by its name alone and takes no arguments. Nothing here reads a file or runs anything.
"""

import json
import re
import shlex
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from copydesk.domain.display import show

DEFAULT_SECONDS: Final = 600.0
LONGEST_SECONDS: Final = 86_400.0
"""A day."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
_LINK_REFUSED: Final = frozenset({"", ".", "..", ".git"})
_PYTEST_FILES: Final = frozenset({"pytest.ini", ".pytest.ini", "conftest.py"})
_PYTHON_FILES: Final = frozenset({"pyproject.toml", "requirements.txt", "setup.cfg", "setup.py"})
_PYTEST_SETTINGS: Final = ("pyproject.toml", "setup.cfg", "tox.ini")
_MAKEFILES: Final = ("GNUmakefile", "makefile", "Makefile")
"""In the order in which make looks for them."""
DETECTION_FILES: Final = (*_PYTEST_SETTINGS, "package.json", *_MAKEFILES)
"""Files in the root whose content `detected` looks at."""
_RUNNERS: Final = {"pnpm-lock.yaml": "pnpm", "yarn.lock": "yarn"}
"""Which program runs the scripts of a package, by its lock file; npm where there is neither."""

_KEPT_BACK = re.compile(r"(?:ANTHROPIC|COPYDESK|GIT)_.*|.*(?:API_?KEY|TOKEN)S?|(?:OLD)?PWD", re.IGNORECASE)
_KEY_SHAPE: Final = "sk-ant-"
"""How keys of the Messages API begin, under whatever name they are kept."""


@dataclass(frozen=True, slots=True)
class Check:
    """A command under a name."""

    name: str
    command: tuple[str, ...] | str
    """The program and its arguments; a string is a line for `/bin/sh -c`."""
    seconds: float = DEFAULT_SECONDS
    """How long it may take before it is stopped."""
    link: tuple[str, ...] = ()
    """Paths relative to the root that a run in a copy of the workspace needs beside the files of git."""

    @property
    def line(self) -> str:
        """The command as a person would type it, safe to show on one line."""
        return show(self.command if isinstance(self.command, str) else shlex.join(self.command))


@dataclass(frozen=True, slots=True)
class CheckFinished:
    """A check was run, and how it ended: the event that says so too."""

    name: str
    exit_code: int | None
    """None where it could not be started or was stopped; 128 and the signal's number where a signal ended it."""
    seconds: float
    output: str
    """What it wrote on both streams, safe to show, LF between lines; of much only the beginning and the end."""
    is_cut: bool = False
    """True where the middle of the output was left out."""
    reason: str = ""
    """A sentence where it did not end by itself."""
    paths: tuple[str, ...] = ()
    """Files of the workspace that changed while it ran, or the first of them; rollback does not cover them."""
    more_paths: int = 0
    """How many there are beside those."""

    @property
    def passed(self) -> bool:
        """True where it ended by itself and well."""
        return self.exit_code == 0


def fault_of_name(name: str) -> str:
    """Say what is wrong with a check's name; empty where nothing is."""
    if _NAME.fullmatch(name):
        return ""
    return "is no name for a check: up to 40 letters, digits, `.`, `_` and `-`, a letter or digit first"


def fault_of_check(check: Check) -> str:
    """Say what is wrong with a declaration, in words that go on from the check's name; empty where nothing is."""
    if fault := fault_of_name(check.name):
        return fault
    words = (check.command,) if isinstance(check.command, str) else check.command
    if not words or not words[0].strip():
        return "has no command"
    if any("\0" in word or not _is_encodable(word) for word in words):
        return "has a command with characters that no program can be given"
    if not 0 < check.seconds <= LONGEST_SECONDS:
        return f"has a time limit that is not between 0 and {LONGEST_SECONDS:,.0f} seconds"
    outside = next((path for path in check.link if not _is_inside(path)), None)
    return f"links {show(outside)!r}, which is no path inside the workspace" if outside is not None else ""


def _is_encodable(word: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in word)


def _is_inside(path: str) -> bool:
    """Whether it is a plain relative path; `.git` is never lent out."""
    return _is_encodable(path) and "\0" not in path and _LINK_REFUSED.isdisjoint(path.casefold().split("/"))


def environment_of_checks(environment: Mapping[str, str]) -> dict[str, str]:
    """Take from an environment what a check may see: no keys, nothing of ours, and programs from absolute folders only.

    What `git` was told about a repository is left out too: a hook that starts copydesk would have it used here. A
    relative folder in PATH would be one of the workspace.
    """
    kept = {
        name: value for name, value in environment.items() if not _KEPT_BACK.fullmatch(name) and _KEY_SHAPE not in value
    }
    if "PATH" in kept:
        kept["PATH"] = ":".join(folder for folder in kept["PATH"].split(":") if folder.startswith("/"))
    return kept


def detected(names: Collection[str], contents: Mapping[str, str]) -> tuple[Check, ...]:
    """Suggest checks, always in the same order.

    `names` are those of the entries of the root, `contents` the text of those among `DETECTION_FILES`. A suggestion is
    not yet a declaration: whether it is run is for the person to say.
    """
    known = frozenset(names)
    return tuple(check for rule in DETECTED if (check := rule(known, contents)))


def _pytest(names: frozenset[str], contents: Mapping[str, str]) -> Check | None:
    is_named = any("pytest" in contents.get(name, "") for name in _PYTEST_SETTINGS)
    is_laid_out = "tests" in names and not names.isdisjoint(_PYTHON_FILES)
    if not is_named and not is_laid_out and names.isdisjoint(_PYTEST_FILES):
        return None
    own = ".venv" in names
    python = ".venv/bin/python" if own else "python3"
    return Check("pytest", (python, "-m", "pytest", "-q"), link=(".venv",) if own else ())


def _npm_test(names: frozenset[str], contents: Mapping[str, str]) -> Check | None:
    try:
        package = json.loads(contents.get("package.json", ""))
    except (ValueError, RecursionError):
        return None
    match package:
        # What `npm init` writes is a script that always fails.
        case {"scripts": {"test": str(script)}} if script.strip() and "no test specified" not in script:
            runner = next((program for lock, program in _RUNNERS.items() if lock in names), "npm")
            link = ("node_modules",) if "node_modules" in names else ()
            return Check(f"{runner}-test", (runner, "test"), link=link)
    return None


def _cargo_test(names: frozenset[str], contents: Mapping[str, str]) -> Check | None:
    return Check("cargo-test", ("cargo", "test")) if "Cargo.toml" in names else None


def _make_test(names: frozenset[str], contents: Mapping[str, str]) -> Check | None:
    rules = next((contents[name] for name in _MAKEFILES if name in contents), "")
    return Check("make-test", ("make", "test")) if any(map(_makes_test, rules.splitlines())) else None


def _makes_test(line: str) -> bool:
    """Whether a line of a makefile is a rule for the target `test`, and not an assignment or a command."""
    targets, colon, rest = line.partition(":")
    is_rule = bool(colon) and not rest.startswith(("=", ":=")) and not line.startswith(("\t", "#"))
    return is_rule and "=" not in targets and "test" in targets.split()


DETECTED: Final[tuple[Callable[[frozenset[str], Mapping[str, str]], Check | None], ...]] = (
    _pytest,
    _npm_test,
    _cargo_test,
    _make_test,
)
