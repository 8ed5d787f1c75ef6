"""Proves what is allowed, asked and denied: modes, rules, and protected paths however they are spelled."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.domain.policies import (
    Action,
    ActionKind,
    Mode,
    Policy,
    Rule,
    Verdict,
    fault_of_glob,
    glob_matches,
    protection_of,
)

UNCLOSED = "has a `[` without its `]`; `[[]` is the character itself"
EDIT, VIEW, CREATE, DELETE = ActionKind.EDIT, ActionKind.VIEW, ActionKind.CREATE, ActionKind.DELETE


def verdict(mode: Mode, kind: ActionKind, path: str, *rules: Rule) -> Verdict:
    return Policy(mode, rules).rule_on(Action(kind, path)).verdict


@pytest.mark.parametrize("kind", [EDIT, CREATE, DELETE])
@pytest.mark.parametrize(
    ("mode", "expected"), [(Mode.PLAN, Verdict.DENY), (Mode.ASK, Verdict.ASK), (Mode.ACCEPT, Verdict.ALLOW)]
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


@pytest.mark.parametrize("path", PROTECTED)
def test_invariant_3_protected_paths_ask_in_mode_accept(path: str) -> None:
    assert verdict(Mode.ACCEPT, EDIT, path) is Verdict.ASK


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


def test_deny_wins_over_allow_and_covers_views() -> None:
    rules = (Rule(Verdict.DENY, "src/**", "--deny"), Rule(Verdict.ALLOW, "src/a.py", "--allow"))

    assert verdict(Mode.ACCEPT, EDIT, "src/a.py", *rules) is Verdict.DENY
    assert verdict(Mode.ACCEPT, VIEW, "src/a.py", *rules) is Verdict.DENY


def test_allow_turns_ask_into_allow_in_mode_ask_but_not_in_plan() -> None:
    rule = Rule(Verdict.ALLOW, "src", "--allow")

    assert verdict(Mode.ASK, EDIT, "src/a.py", rule) is Verdict.ALLOW
    assert verdict(Mode.PLAN, EDIT, "src/a.py", rule) is Verdict.DENY


def test_files_that_run_code_are_marked_and_not_blocked() -> None:
    ruling = Policy(Mode.ACCEPT).rule_on(Action(EDIT, "setup.py"))

    assert (ruling.verdict, ruling.mark, ruling.is_protected) == (Verdict.ALLOW, "runs code", False)


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("*.py", "a.py", True),
        ("*.py", "deep/a.py", True),
        ("src/*.py", "src/a.py", True),
        ("src/*.py", "src/deep/a.py", False),
        ("src/**/*.py", "src/deep/er/a.py", True),
        ("src/**/*.py", "src/a.py", True),
        ("src/", "src/a.py", True),
        ("src", "src/deep/a.py", True),
        ("src", "other/src/a.py", True),
        ("/src", "src/a.py", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("[ab].txt", "b.txt", True),
        ("[!ab].txt", "b.txt", False),
        ("a+b.txt", "a+b.txt", True),
        ("*", "x\ny", True),
        ("[z-a]*", "z", False),
        ("[!z-a]", "z", True),
        ("[z-ab]", "b", True),
        ("[a-c]", "b", True),
        ("[a&&b]", "&", True),
        ("[a&&b]", "b", True),
        ("[[a]", "[", True),
        ("[a~~|^]", "^", True),
        ("[]a]", "]", True),
        ("[!]a]", "b", True),
        ("[!]a]", "]", False),
        ("[^a]", "a", False),
        ("[-a]", "-", True),
        ("[\\d]", "5", False),
        ("[a", "[a", True),
        ("a[!b]c", "a/c", False),
        ("a[/]c", "a/c", False),
        ("a[b/]c", "abc", True),
    ],
)
def test_globs_match_like_gitignore(glob: str, path: str, expected: bool) -> None:
    assert glob_matches(glob, path) is expected


@pytest.mark.parametrize(
    "glob",
    ["**", "*", "src", "src/", "/src/**", "./a", "...", ".env", "a.", "[]a]", "[[]", "[!z-a]", "a]", "{a,b}", " "],
)
def test_pattern_that_can_match_has_no_fault(glob: str) -> None:
    assert fault_of_glob(glob) == ""


@given(
    st.text("[]!-./*?az", min_size=1, max_size=6),
    st.lists(st.sampled_from(["a", "z", "az", "[", "!", "..."]), min_size=1),
)
def test_pattern_that_matches_a_file_has_no_fault_but_a_bracket(glob: str, parts: list[str]) -> None:
    assert not glob_matches(glob, "/".join(parts)) or fault_of_glob(glob) in ("", UNCLOSED)


@given(st.text(alphabet="[]!^-&~|\\*?/az0.\n") | st.text())
def test_any_text_is_a_pattern(glob: str) -> None:
    assert glob_matches(glob, "src/a.py") in (True, False)


@pytest.mark.parametrize("pattern", ["*a*a*a*a*a*b", "**/a*/**/*a*b", "*?a*?a*?a*?b"])
def test_pattern_of_many_stars_takes_no_time_when_a_name_nearly_matches(pattern: str) -> None:
    began = time.process_time()
    assert not any(glob_matches(pattern, path) for path in ("a" * 200, "a/" * 60 + "a" * 100))
    assert time.process_time() - began < 5


@given(st.text("ab*?/", max_size=9), st.text("ab/", max_size=9))
def test_stars_match_as_if_every_way_was_tried(pattern: str, path: str) -> None:
    anchored = pattern.removeprefix("./")
    written = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    body = re.sub(r"\*\*/|\*\*|.", lambda token: written.get(token[0], token[0]), anchored.strip("/"))
    start = "" if "/" in anchored.rstrip("/").removesuffix("/**") else "(?:.*/)?"
    assert glob_matches(pattern, path) == bool(re.fullmatch(f"{start}{body}(?:/.*)?", path))
