"""Owns the law of checks as values: what may be declared, what is detected, what a check sees of the environment."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copydesk.domain.checks import (
    DETECTED,
    DETECTION_FILES,
    Check,
    CheckFinished,
    detected,
    environment_of_checks,
    fault_of_check,
    fault_of_name,
)

PYTEST = ("python3", "-m", "pytest", "-q")
PACKAGE = '{"scripts": {"test": "jest"}}'


@pytest.mark.parametrize("name", ["test", "npm-test", "a.b_c-1", "9", "x" * 40])
def test_name_is_taken_when_it_is_plain(name: str) -> None:
    assert fault_of_name(name) == ""


@pytest.mark.parametrize(
    "name", ["", " ", "-rf", ".hidden", "a b", "a/b", "../a", "a\n", "a\0b", "ä", "x" * 41, "a;b", "$(a)", "\u202ea"]
)
def test_name_is_refused_when_it_is_hostile(name: str) -> None:
    assert "no name for a check" in fault_of_name(name)
    assert fault_of_check(Check(name, ("true",))) == fault_of_name(name)


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        (Check("a", ()), "no command"),
        (Check("a", ""), "no command"),
        (Check("a", " \n"), "no command"),
        (Check("a", ("", "x")), "no command"),
        (Check("a", ("x", "a\0b")), "characters"),
        (Check("a", "echo \udcff"), "characters"),
        (Check("a", "x", 0), "time limit"),
        (Check("a", "x", -1), "time limit"),
        (Check("a", "x", float("nan")), "time limit"),
        (Check("a", "x", float("inf")), "time limit"),
        (Check("a", "x", 10**400), "time limit"),
        (Check("a", "x", link=("/etc",)), "inside"),
        (Check("a", "x", link=("a/../../b",)), "inside"),
        (Check("a", "x", link=("",)), "inside"),
        (Check("a", "x", link=(".GIT/hooks",)), "inside"),
        (Check("a", "x", link=("a\0",)), "inside"),
    ],
)
def test_declaration_is_refused_when_it_could_not_be_run(check: Check, fault: str) -> None:
    assert fault in fault_of_check(check)


def test_declaration_is_taken_when_it_is_whole() -> None:
    assert fault_of_check(Check("a", ("make", ""), 0.5, (".venv", "web/node_modules"))) == ""
    assert fault_of_check(Check("a", "make &&\nmake check")) == ""


def test_line_is_safe_when_a_command_hides_something() -> None:
    assert Check("a", ("rm", "a b", "\x1b[2J\u202e")).line == "rm 'a b' '␛[2J‹U+202E›'"
    assert Check("a", "one\ntwo").line == "one␊two"


def test_result_is_passed_when_it_ended_well_and_only_then() -> None:
    assert [CheckFinished("a", code, 1.0, "").passed for code in (0, 1, None)] == [True, False, False]


@pytest.mark.parametrize(
    ("names", "contents", "commands"),
    [
        ((), {}, []),
        (("README.md", "src", "tests"), {}, []),
        (("pyproject.toml",), {"pyproject.toml": "[project]\nname = 'a'\n"}, []),
        (("pyproject.toml",), {"pyproject.toml": "[tool.pytest.ini_options]\n"}, [PYTEST]),
        (("setup.cfg",), {"setup.cfg": "[tool:pytest]\n"}, [PYTEST]),
        (("tox.ini",), {"tox.ini": "deps = pytest\n"}, [PYTEST]),
        (("pytest.ini",), {}, [PYTEST]),
        (("conftest.py",), {}, [PYTEST]),
        (("setup.py", "tests"), {}, [PYTEST]),
        (("setup.py", "tests", ".venv"), {}, [(".venv/bin/python", "-m", "pytest", "-q")]),
        (("package.json",), {"package.json": PACKAGE}, [("npm", "test")]),
        (("package.json", "pnpm-lock.yaml"), {"package.json": PACKAGE}, [("pnpm", "test")]),
        (("package.json", "yarn.lock"), {"package.json": PACKAGE}, [("yarn", "test")]),
        (("package.json",), {"package.json": "{}"}, []),
        (("package.json",), {"package.json": '{"scripts": {"test": ""}}'}, []),
        (("package.json",), {"package.json": '{"scripts": {"test": ["a"]}}'}, []),
        (("package.json",), {"package.json": '{"scripts": ["test"]}'}, []),
        (
            ("package.json",),
            {"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'},
            [],
        ),
        (("package.json",), {"package.json": "not JSON"}, []),
        (("package.json",), {"package.json": "[" * 100_000}, []),
        (("Cargo.toml",), {}, [("cargo", "test")]),
        (("Makefile",), {"Makefile": "all:\n\ttrue\n"}, []),
        (("Makefile",), {"Makefile": "test:\n\ttrue\n"}, [("make", "test")]),
        (("Makefile",), {"Makefile": "check test : all\n\ttrue\n"}, [("make", "test")]),
        (("Makefile",), {"Makefile": "test::\n"}, [("make", "test")]),
        (("Makefile",), {"Makefile": ".PHONY: test\ntest := 1\ntest ::= 2\n# test:\n\ttest: x\nA = test: b\n"}, []),
        (("Makefile", "makefile"), {"Makefile": "test:\n", "makefile": "all:\n"}, []),
        (("GNUmakefile",), {"GNUmakefile": "test:\n"}, [("make", "test")]),
    ],
)
def test_checks_are_detected_when_the_files_speak_for_them(
    names: tuple[str, ...], contents: dict[str, str], commands: list[Any]
) -> None:
    assert [check.command for check in detected(names, contents)] == commands


def test_checks_are_detected_in_a_fixed_order_when_there_are_several() -> None:
    contents = {"Makefile": "test:\n", "package.json": PACKAGE}
    names = ["Makefile", "package.json", "Cargo.toml", "pytest.ini", "node_modules", ".venv"]
    found = detected(names, contents)
    assert found == detected(names[::-1], contents)
    assert [check.name for check in found] == ["pytest", "npm-test", "cargo-test", "make-test"]
    assert [check.link for check in found] == [(".venv",), ("node_modules",), (), ()]
    assert len(found) == len(DETECTED)


@settings(max_examples=40)
@given(
    st.sets(st.sampled_from([*DETECTION_FILES, "tests", "Cargo.toml", "yarn.lock"])),
    st.dictionaries(st.sampled_from(DETECTION_FILES), st.text() | st.recursive(st.none(), st.lists).map(json.dumps)),
)
def test_what_is_detected_can_be_declared_whatever_the_files_hold(names: set[str], contents: dict[str, str]) -> None:
    assert [fault_of_check(check) for check in detected(names, contents) if fault_of_check(check)] == []


def test_environment_holds_no_key_when_a_check_sees_it() -> None:
    secret = ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_PROFILE", "OPENAI_API_KEY", "GITHUB_TOKEN"]
    secret += ["npm_config__authToken", "GH_TOKENS", "COPYDESK_STATE_DIR", "GIT_DIR", "GIT_INDEX_FILE", "PWD", "OLDPWD"]
    kept = {"HOME": "/home/a", "LANG": "C.UTF-8", "TOKENIZERS_PARALLELISM": "true", "VIRTUAL_ENV": "/v", "PWDX": "1"}
    given = dict.fromkeys(secret, "x") | kept | {"MY_COPY": "key=sk-ant-api03-xyz"}
    assert environment_of_checks(given) == kept


def test_programs_of_the_workspace_are_not_found_when_path_names_relative_folders() -> None:
    assert environment_of_checks({"PATH": ".:/usr/bin:node_modules/.bin::/bin:"}) == {"PATH": "/usr/bin:/bin"}
