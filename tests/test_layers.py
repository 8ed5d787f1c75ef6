"""Owns which rule of style holds where, the exceptions with their reasons, and the check of the layers.

An exception that is no longer needed fails a test too, so the tables only ever say what is true.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from tests import style
from tests.style import Finding, Module, parse_module

ROOT = Path(__file__).parents[1]
Rule = Callable[[Module], Iterator[Finding]]

SOURCE_RULES: list[Rule] = [
    style.long_module,
    style.long_function,
    style.wide_constructor,
    style.ambient_access,
    style.blind_except,
    style.unfinished_note,
    style.vague_name,
    style.missing_docstring,
]
PURE_RULES: list[Rule] = [style.impure_import]
TEST_RULES: list[Rule] = [style.long_module, style.unfinished_note, style.patched_code, style.told_test]
ALL_RULES = list(dict.fromkeys([*SOURCE_RULES, *PURE_RULES, *TEST_RULES]))

PURE_PACKAGES = ("src/copydesk/domain/", "src/copydesk/editor/")

EXCEPTIONS: dict[str, dict[str, str]] = {
    "long_module": {},
    "long_function": {},
    "wide_constructor": {},
    "ambient_access": {
        "src/copydesk/workspace/git.py::os.environ": (
            "GitPython reads its settings from the environment while it is imported, and nothing else does"
        ),
    },
    "blind_except": {
        "src/copydesk/frontends/jsonl/serve.py::_Server.answer": (
            "the boundary of a request: the server outlives a fault, and each line gets its answer"
        ),
        "src/copydesk/frontends/tui/terminal/mishaps.py::outlived": (
            "the boundary of a key, a message and a frame: the screen outlives what fails there, and says so"
        ),
        "src/copydesk/frontends/tui/terminal/mishaps.py::Sturdy.render_lines": (
            "the boundary of a widget: the screen outlives one that cannot be drawn, and says so in its place"
        ),
        "src/copydesk/engine/session.py::Session._turn": (
            "the boundary of a turn: the session outlives a fault, and what was asked for is answered"
        ),
    },
    "unfinished_note": {},
    "vague_name": {},
    "missing_docstring": {},
    "impure_import": {},
    "patched_code": {},
    "told_test": {},
}
"""Rule → where (`path` or `path::name`) → the reason why it may."""

ABOVE_THE_ROOT = {
    "src/copydesk/__main__.py": "is the process",
    "src/copydesk/assembly/circumstances.py": "takes clock and chance from the world, or from a recording",
    "src/copydesk/assembly/place.py": "joins the parts of a workspace: takes the current directory from the world",
    "src/copydesk/assembly/checks.py": "joins the tool that runs checks: takes the clock from the world",
    "src/copydesk/assembly/upkeep.py": "looks after the History: takes the clock from the world",
    "src/copydesk/cli.py": "is the process's edge: it has the arguments, the environment and the streams",
    "src/copydesk/launch/accessible.py": "starts a front end: takes the clock from the world",
    "src/copydesk/launch/batch.py": "starts processes: relative roots of tasks are those of its current directory",
    "src/copydesk/launch/demo.py": "starts a front end on a copy: it asks the streams whether they are a terminal",
    "src/copydesk/launch/model.py": "makes the model client: takes clock and chance from the world",
    "src/copydesk/launch/run.py": "starts a run: takes clock and chance from the world",
    "src/copydesk/launch/terminal.py": "is the standard streams of the process",
}
"""Modules that may use the environment, the clock, random identifiers and the current directory."""

BREACHES = {
    "long_module": "x = 1\n" * 401,
    "long_function": "def f():\n" + "    x = 1\n" * 40,
    "wide_constructor": "class A:\n    def __init__(self, a, b, c, *, d, e, f): ...\n",
    "ambient_access": "from datetime import datetime as clock\ndef f(now=clock.now): ...\n",
    "blind_except": "def f():\n    try: ...\n    except (OSError, Exception): ...\n",
    "unfinished_note": "x = 1  # TO" + "DO later\n",
    "vague_name": "class SessionManager: ...\n",
    "missing_docstring": "x = 1\n",
    "impure_import": "def f():\n    from pathlib import Path\n",
    "patched_code": "def f(monkeypatch):\n    monkeypatch.setattr('copydesk.cli.main', None)\n",
    "told_test": "def test_x_when_y():\n    '''Says more.'''\n",
}

SKELETON = {
    "cli": "import httpx2, copydesk.assembly",
    "assembly": "",
    "config": "import copydesk.engine",
    "changes": "import git",
    "workspace": "import watchdog.events",
    "domain": "import unidiff",
    "frontends/headless": "def show():\n    import rich, copydesk.frontends.tui",
    "frontends/tui": "import mcp, acp, chardet, imagesize",
    "frontends/jsonl": "import copydesk.engine",
    "frontends/mcp": "",
    "assembly/server": "",
    "engine": "",
    "model": "",
}
"""A package in which every contract is broken once; names of folders and the text of their only module."""


def test_source_keeps_the_rules() -> None:
    check("src/copydesk", [*SOURCE_RULES, *PURE_RULES])


def test_tests_keep_the_rules() -> None:
    check("tests", TEST_RULES)


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.__name__)
def test_rule_finds_a_breach_when_there_is_one(rule: Rule) -> None:
    assert list(rule(parse_module("breach.py", BREACHES[rule.__name__])))


def test_clean_up_is_allowed_when_it_raises_again() -> None:
    source = "def f():\n    try: ...\n    except BaseException:\n        x = 1\n        raise\n"
    assert not list(style.blind_except(parse_module("clean.py", source)))


def test_exception_has_a_rule_and_a_reason() -> None:
    names = {rule.__name__ for rule in ALL_RULES}
    assert set(EXCEPTIONS) == names == set(BREACHES)
    assert all(len(reason.split()) > 2 for table in EXCEPTIONS.values() for reason in table.values())


def test_layers_hold(capfd: pytest.CaptureFixture[str]) -> None:
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert status == 0, capfd.readouterr().out


def test_contract_is_broken_when_an_import_points_the_wrong_way(tmp_path: Path) -> None:
    build_skeleton(tmp_path / "copydesk")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import *; import sys; sys.exit(lint_imports(no_cache=True))",
    ]
    ran = subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "Contracts: 0 kept, 12 broken." in ran.stdout


def check(folder: str, rules: list[Rule]) -> None:
    """Assert that exactly the excepted places of a folder break each rule."""
    unexpected: list[str] = []
    unneeded: set[str] = set()
    for name, findings in breaches(folder, rules).items():
        excepted = {where for where in EXCEPTIONS[name] if where.startswith(f"{folder.partition('/')[0]}/")}
        unexpected += [f"{name}: {one.where}: {one.said}" for one in findings if one.where not in excepted]
        unneeded |= {f"{name}: {where}" for where in excepted - {one.where for one in findings}}
    assert unexpected == []
    assert unneeded == set(), "exceptions that nothing needs any more"


def breaches(folder: str, rules: list[Rule]) -> dict[str, list[Finding]]:
    """What breaks each rule, by its name. One tree after another: all at once they would slow every later test."""
    found: dict[str, list[Finding]] = {rule.__name__: [] for rule in rules}
    for path in sorted((ROOT / folder).rglob("*.py")):
        module = parse_module(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for rule in rules:
            if holds_in(rule, module.path):
                found[rule.__name__] += rule(module)
    return found


def holds_in(rule: Rule, path: str) -> bool:
    if rule is style.ambient_access:
        return path not in ABOVE_THE_ROOT
    return rule not in PURE_RULES or path.startswith(PURE_PACKAGES)


def build_skeleton(package: Path) -> None:
    for name, source in {"": "", "frontends": "", **SKELETON}.items():
        folder = package / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").write_text(source + "\n")
