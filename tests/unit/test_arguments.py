"""Proves which word is the verb, and that configuration can only be tightened by a workspace."""

from pathlib import Path

import pytest

from copydesk.arguments import parser_for, split_verb
from copydesk.config import Config, Trust, environment_config, read_config, read_trust, write_trust
from copydesk.domain.errors import UsageError
from copydesk.domain.policies import Mode, Verdict


@pytest.mark.parametrize(
    ("given", "verb", "rest"),
    [
        ([], "", []),
        (["run", "fix it"], "run", ["fix it"]),
        (["-C", "run", "history"], "history", ["-C", "run"]),
        (["--root", "x", "models", "--json"], "models", ["--root", "x", "--json"]),
        (["fix", "run"], "", ["fix", "run"]),
        (["--", "run"], "", ["--", "run"]),
        (["-p", "explain"], "", ["-p", "explain"]),
        (["--color=never", "demo"], "demo", ["--color=never"]),
    ],
)
def test_the_first_word_that_is_a_verb_is_the_verb(given: list[str], verb: str, rest: list[str]) -> None:
    assert split_verb(given) == (verb, rest)


@pytest.mark.parametrize("verb", ["review", "apply", "tool", "mcp", "acp", "sessions", "doctor"])
def test_verbs_of_later_versions_are_usage_errors(verb: str) -> None:
    with pytest.raises(UsageError, match="not part of version"):
        split_verb([verb])


def test_a_wrong_option_is_a_sentence_that_names_where_help_is() -> None:
    with pytest.raises(UsageError, match="--help tells more"):
        parser_for("history").parse_args(["--frobnicate"])


def test_flags_win_over_environment_over_file() -> None:
    flags, personal = Config(model="flag"), Config(model="file", effort="low", deny=("a",))
    environment = environment_config({"ANTHROPIC_MODEL": "outer", "COPYDESK_MODEL": "own"})

    merged = flags.over(environment).over(personal)

    assert (environment.model, merged.model, merged.effort, merged.deny) == ("own", "flag", "low", ("a",))


@pytest.mark.parametrize(
    ("own", "project", "expected"),
    [
        (Mode.ACCEPT, Mode.PLAN, Mode.PLAN),
        (Mode.PLAN, Mode.ACCEPT, Mode.PLAN),
        (None, Mode.ASK, Mode.ASK),
        (Mode.ASK, None, Mode.ASK),
    ],
)
def test_a_workspace_only_tightens_the_mode(own: Mode | None, project: Mode | None, expected: Mode) -> None:
    assert Config(mode=own).tightened_by(Config(mode=project)).mode is expected


def test_a_workspace_adds_denials_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / ".copydesk.toml"
    file.write_text('deny = ["secrets/**"]\n')
    assert [rule.verdict for rule in read_config(file, is_project=True).rules()] == [Verdict.DENY]

    for line in ('allow = ["**"]', 'model = "x"', 'base_url = "http://elsewhere.invalid"'):
        file.write_text(line)
        with pytest.raises(UsageError, match="may only hold"):
            read_config(file, is_project=True)


@pytest.mark.parametrize(
    "line", ["mode = 3", 'mode = "wild"', "deny = [1]", "max_tokens = true", "= broken", "nothing = 1"]
)
def test_a_wrong_configuration_names_its_file(line: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(line)

    with pytest.raises(UsageError, match=r"config\.toml"):
        read_config(file)


def test_trust_is_bound_to_content_and_damage_is_no_trust(tmp_path: Path) -> None:
    file = tmp_path / "ws" / "trust.json"
    assert not read_trust(file).covers("AGENTS.md", "aa")

    write_trust(file, Trust({"AGENTS.md": "aa"}))
    assert (read_trust(file).covers("AGENTS.md", "aa"), read_trust(file).covers("AGENTS.md", "bb")) == (True, False)
    assert file.stat().st_mode & 0o777 == 0o600

    file.write_text("[]")
    assert not read_trust(file).covers("AGENTS.md", "aa")
