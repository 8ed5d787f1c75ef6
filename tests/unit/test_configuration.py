"""Proves what configuration files may say, which one wins, and that a workspace's own only tightens until trusted."""

from pathlib import Path

import pytest

from copydesk.config import Config, Trust, environment_config, parse_config, personal_config, read_trust, write_trust
from copydesk.config.parsing import PERSONAL_KEYS
from copydesk.domain.checks import Check
from copydesk.domain.errors import UsageError
from copydesk.domain.policies import Mode
from copydesk.domain.retention import Retention
from copydesk.domain.rules import ActionKind, Origin, Verdict


def test_every_key_of_the_configuration_is_described() -> None:
    described = (Path(__file__).parents[2] / "docs" / "file-formats.md").read_text("utf-8")
    assert [key for key in PERSONAL_KEYS if f"\n| `{key}` |" not in described] == []


def test_flags_win_over_environment_over_file() -> None:
    flags = Config(model="flag", allow=("flag/**",))
    personal = parse_config("config.toml", b'model = "file"\neffort = "low"\ndeny = ["a"]\n')
    environment = environment_config({"ANTHROPIC_MODEL": "outer", "COPYDESK_MODEL": "own"})

    merged = flags.over(environment).over(personal)

    assert (environment.model, merged.model, merged.effort) == ("own", "flag", "low")
    assert [(rule.verdict, rule.words) for rule in merged.rules()] == [
        (Verdict.DENY, "config.toml: deny a"),
        (Verdict.ALLOW, "--allow flag/**"),
    ]


@pytest.mark.parametrize(
    ("own", "project", "default", "expected"),
    [
        (Mode.ACCEPT, Mode.PLAN, Mode.ASK, Mode.PLAN),
        (Mode.PLAN, Mode.ACCEPT, Mode.ASK, Mode.PLAN),
        (Mode.ACCEPT, None, Mode.ASK, Mode.ACCEPT),
        (None, Mode.ACCEPT, Mode.ASK, Mode.ASK),
        (None, Mode.ASK, Mode.ACCEPT, Mode.ASK),
        (None, Mode.REVIEW, Mode.ACCEPT, Mode.REVIEW),
        (None, Mode.REVIEW, Mode.ASK, Mode.ASK),
        (Mode.REVIEW, Mode.ASK, Mode.ASK, Mode.ASK),
        (None, None, Mode.ACCEPT, Mode.ACCEPT),
    ],
)
def test_a_workspace_only_tightens_the_mode(
    own: Mode | None, project: Mode | None, default: Mode, expected: Mode
) -> None:
    assert Config(mode=own).tightened_by(Config(mode=project), default).mode is expected


PROJECT = b"""
allow = ["docs/**"]
deny = ["secrets/**"]
ignore_files = [".hidden"]
[[rules]]
verdict = "ask"
paths = "*.sql"
[[rules]]
verdict = "allow"
paths = ["gen/**"]
actions = ["view", "edit"]
[checks]
test = "pytest -q"
"""


@pytest.mark.parametrize(
    ("is_trusted", "rules", "checks"),
    [
        (False, ["ask *.sql", "deny secrets/**"], []),
        (True, ["allow docs/**", "ask *.sql", "allow gen/**", "deny secrets/**"], ["test"]),
    ],
)
def test_workspace_tightens_at_once_and_loosens_when_it_is_trusted(
    is_trusted: bool, rules: list[str], checks: list[str]
) -> None:
    project = parse_config(".copydesk.toml", PROJECT, is_project=True)

    config = Config().tightened_by(project, Mode.ASK, is_trusted=is_trusted)

    assert [f"{rule.verdict} {rule.glob}" for rule in config.rules()] == rules
    assert {rule.origin for rule in config.rules()} == {Origin.WORKSPACE}
    assert [check.name for check in config.checks] == checks
    assert config.ignoring == (".aiignore", ".hidden")


def test_what_counts_only_after_trust_is_known_before() -> None:
    loosening = parse_config(".copydesk.toml", PROJECT, is_project=True).loosening

    assert [rule.glob for rule in loosening.file_rules] == ["docs/**", "gen/**"]
    assert loosening.checks == (Check("test", "pytest -q"),)


def test_check_of_the_person_is_not_replaced_by_one_of_the_workspace() -> None:
    own, other = Check("test", "make test"), Check("test", "curl evil.invalid")

    config = Config(checks=(own,)).tightened_by(Config(checks=(other,)), Mode.ASK, is_trusted=True)

    assert config.checks == (own,)


def test_rules_of_a_file_stand_in_their_order_and_its_denials_last() -> None:
    text = b'deny = "a"\nallow = "b"\n[[rules]]\nverdict = "ask"\npaths = ["c", "d"]\nactions = "view"\n'

    rules = parse_config("/home/somebody/config.toml", text).rules()

    assert [(rule.words, rule.actions, rule.origin) for rule in rules] == [
        ("config.toml: allow b", (), Origin.CONFIGURATION),
        ("config.toml: ask c", (ActionKind.VIEW,), Origin.CONFIGURATION),
        ("config.toml: ask d", (ActionKind.VIEW,), Origin.CONFIGURATION),
        ("config.toml: deny a", (), Origin.CONFIGURATION),
    ]


def test_checks_are_lines_or_tables() -> None:
    text = b"""
[checks]
link = [".venv", "out/deps"]
quick = "make quick"
[checks.whole]
command = ["pytest", "-q"]
timeout = 30
link = ["data"]
"""

    config = parse_config("config.toml", text)
    assert config.links == (".venv", "out/deps")
    assert config.checks == (Check("quick", "make quick"), Check("whole", ("pytest", "-q"), 30.0, ("data",)))


def test_links_of_a_workspace_count_once_it_is_trusted() -> None:
    project = parse_config(".copydesk.toml", b"[checks]\nlink = '.venv'", is_project=True)
    taken = [
        Config(links=("own",)).tightened_by(project, Mode.ASK, is_trusted=trusted).links for trusted in (False, True)
    ]
    assert (taken, project.loosening.links) == ([("own",), ("own", ".venv")], (".venv",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", (".aiignore",)),
        (b"ignore_files = []", ()),
        (b"ignore_files = ['.a', '.b', '.a']", (".a", ".b")),
        (b"respect_gitignore = true", (".aiignore", ".gitignore")),
        (b"ignore_files = []\nrespect_gitignore = false", ()),
    ],
)
def test_ignore_files_are_those_of_the_person(text: bytes, expected: tuple[str, ...]) -> None:
    assert parse_config("config.toml", text).ignoring == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", None),
        (b"[history]", Retention(30, 20, 1 << 30)),
        (b"[history]\nkeep_days = 7\nkeep_sessions = 1\nmax_size = '512 MiB'", Retention(7, 1, 512 << 20)),
        (b"[history]\nmax_size = '2GiB'", Retention(size=2 << 30)),
        (b"history = {max_size = 1000}", Retention(size=1000)),
    ],
)
def test_history_is_kept_as_the_person_says(text: bytes, expected: Retention | None) -> None:
    personal = parse_config("config.toml", text)
    assert Config(model="x").over(personal).tightened_by(Config(), Mode.ASK).history == expected


@pytest.mark.parametrize(
    "key", ["base_url", "api_key", "headers", "hooks", "environment", "model", "explore", "mcp", "history"]
)
def test_workspace_that_sets_what_is_none_of_its_business_is_a_usage_error(key: str) -> None:
    with pytest.raises(UsageError, match=rf"\.copydesk\.toml sets {key}; a workspace's own file may only hold allow"):
        parse_config(".copydesk.toml", f"{key} = 'x'".encode(), is_project=True)


@pytest.mark.parametrize(
    "line",
    [
        b"mode = 3",
        b'mode = "wild"',
        b"deny = [1]",
        b"allow = ['']",
        b"deny = ['a[']",
        b"deny = {}",
        b"rules = 1",
        b"rules = [1]",
        b"[rules]",
        b"[[rules]]\nverdict = 'deny'",
        b"[[rules]]\npaths = 'a'",
        b"[[rules]]\nverdict = 'never'\npaths = 'a'",
        b"[[rules]]\nverdict = 'deny'\npaths = 'a'\nactions = ['run']",
        b"[[rules]]\nverdict = 'deny'\npaths = ['a', '']",
        b"[[rules]]\nverdict = 'deny'\npaths = 'a'\nhook = 'x'",
        b"ignore_files = ['a/b']",
        b"ignore_files = ['..']",
        b"ignore_files = 1",
        b"respect_gitignore = 1",
        b"checks = 'x'",
        b"[checks]\nx = 1",
        b"[checks]\nx = ''",
        b"[checks]\n'a b' = 'x'",
        b"[checks.x]\ncommand = [1]",
        b"[checks.x]\ntimeout = 1",
        b"[checks.x]\ncommand = 'x'\ntimeout = 0",
        b"[checks.x]\ncommand = 'x'\ntimeout = true",
        b"[checks.x]\ncommand = 'x'\nlink = ['../x']",
        b"[checks.x]\ncommand = 'x'\nenvironment = {}",
        b"[checks]\nlink = ['../x']",
        b"[checks]\nlink = ['.git']",
        b"[checks]\nlink = [1]",
        b"max_tokens = true",
        b"history = 1",
        b"[history]\nkeep_days = 0",
        b"[history]\nkeep_days = '7'",
        b"[history]\nkeep_sessions = true",
        b"[history]\nkeep_sessions = 1.5",
        b"[history]\nmax_size = 'all'",
        b"[history]\nmax_size = '1 TB'",
        b"[history]\nmax_size = 0",
        b"[history]\nmin_size = 1",
        b"= broken",
        b"nothing = 1",
        b"\xff",
    ],
)
def test_a_wrong_configuration_names_its_file(line: bytes) -> None:
    with pytest.raises(UsageError, match=r"config\.toml"):
        parse_config("config.toml", line)


def test_a_configuration_may_be_missing_unless_it_is_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "nofile.toml")

    assert personal_config({"COPYDESK_CONFIG": missing}, None) == Config()
    with pytest.raises(UsageError, match=r"nofile\.toml"):
        personal_config({}, missing)


def test_trust_is_bound_to_content_and_damage_is_no_trust(tmp_path: Path) -> None:
    file = tmp_path / "ws" / "trust.json"
    assert not read_trust(file).covers("AGENTS.md", "aa")

    write_trust(file, Trust({"AGENTS.md": "aa"}))
    assert (read_trust(file).covers("AGENTS.md", "aa"), read_trust(file).covers("AGENTS.md", "bb")) == (True, False)
    assert file.stat().st_mode & 0o777 == 0o600

    file.write_text("[]")
    assert not read_trust(file).covers("AGENTS.md", "aa")
