"""Proves what is allowed, asked and denied: modes, rules, and protected paths however they are spelled."""

import pytest

from copydesk.domain.policies import Action, ActionKind, Mode, Policy, Rule, Verdict
from copydesk.domain.protections import protection_of

EDIT, VIEW, CREATE, DELETE = ActionKind.EDIT, ActionKind.VIEW, ActionKind.CREATE, ActionKind.DELETE


def verdict(mode: Mode, kind: ActionKind, path: str, *rules: Rule) -> Verdict:
    return Policy(mode, rules).rule_on(Action(kind, path)).verdict


@pytest.mark.parametrize("kind", [EDIT, CREATE, DELETE])
@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (Mode.PLAN, Verdict.DENY),
        (Mode.ASK, Verdict.ASK),
        (Mode.REVIEW, Verdict.ALLOW),
        (Mode.ACCEPT, Verdict.ALLOW),
    ],
)
def test_invariant_3_modes_rule_on_edits(mode: Mode, kind: ActionKind, expected: Verdict) -> None:
    assert verdict(mode, kind, "src/a.py") is expected


@pytest.mark.parametrize("mode", list(Mode))
def test_views_are_allowed_in_every_mode(mode: Mode) -> None:
    assert verdict(mode, VIEW, "src/a.py") is Verdict.ALLOW


PROTECTED = [
    ".env",
    ".env.production",
    "deep/down/.env",
    "server.pem",
    "home/id_rsa",
    ".github/workflows/ci.yml",
    ".GitHub/Workflows/CI.yml",
    "AGENTS.md",
    "agents.MD",
    "pkg/CLAUDE.md",
    ".vscode/settings.json",
    ".cursor/mcp.json",
    ".CURSOR/mcp.json",
    ".gitattributes",
    ".git\u200battributes",
    ".gitattributes.",
    ".vscode /settings.json",
    "\uff0eenv",
    ".husky/pre-commit",
    "uv.lock",
    ".bashrc",
]


@pytest.mark.parametrize("mode", [Mode.ACCEPT, Mode.REVIEW])
@pytest.mark.parametrize("path", PROTECTED)
def test_invariant_3_protected_paths_ask_whatever_the_mode(path: str, mode: Mode) -> None:
    ruling = Policy(mode).rule_on(Action(EDIT, path))

    assert (ruling.verdict, ruling.is_protected) == (Verdict.ASK, True)


@pytest.mark.parametrize("path", [".env", "a/.npmrc", "keys/server.key"])
def test_secrets_ask_on_view(path: str) -> None:
    assert verdict(Mode.ACCEPT, VIEW, path) is Verdict.ASK


@pytest.mark.parametrize("path", ["environment.py", "src/keyboard.py", "docs/env.md", "github/workflows/x.yml"])
def test_ordinary_names_are_not_protected(path: str) -> None:
    assert protection_of(path) is None


def test_allow_opens_a_protected_path() -> None:
    rule = Rule(Verdict.ALLOW, ".github/**", "--allow")

    assert verdict(Mode.ACCEPT, EDIT, ".github/workflows/ci.yml", rule) is Verdict.ALLOW


def test_allow_by_pattern_does_not_open_a_secret() -> None:
    assert verdict(Mode.ACCEPT, EDIT, ".env", Rule(Verdict.ALLOW, "**", "--allow")) is Verdict.ASK
    assert verdict(Mode.ACCEPT, EDIT, ".env", Rule(Verdict.ALLOW, ".env", "--allow")) is Verdict.ALLOW


@pytest.mark.parametrize("glob", ["deep/.env", "./deep/.env", "/deep/.env"])
@pytest.mark.parametrize("kind", [EDIT, VIEW])
def test_a_secret_is_opened_by_its_own_path(kind: ActionKind, glob: str) -> None:
    assert verdict(Mode.ACCEPT, kind, "deep/.env", Rule(Verdict.ALLOW, glob, "--allow")) is Verdict.ALLOW


@pytest.mark.parametrize("glob", ["deep", "/deep", ".env", "deep/", "deep/*", "Deep/.env"])
@pytest.mark.parametrize("kind", [EDIT, VIEW])
def test_a_secret_stays_closed_to_its_name_its_folder_and_patterns(kind: ActionKind, glob: str) -> None:
    assert verdict(Mode.ACCEPT, kind, "deep/.env", Rule(Verdict.ALLOW, glob, "--allow")) is Verdict.ASK


def test_allow_turns_ask_into_allow_in_mode_ask_but_not_in_plan() -> None:
    rule = Rule(Verdict.ALLOW, "src", "--allow")

    assert verdict(Mode.ASK, EDIT, "src/a.py", rule) is Verdict.ALLOW
    assert verdict(Mode.PLAN, EDIT, "src/a.py", rule) is Verdict.DENY


def test_files_that_run_code_are_marked_and_not_blocked() -> None:
    ruling = Policy(Mode.ACCEPT).rule_on(Action(EDIT, "setup.py"))

    assert (ruling.verdict, ruling.mark, ruling.is_protected) == (Verdict.ALLOW, "runs code", False)
