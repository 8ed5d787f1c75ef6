"""Proves which word is the verb, and which values its options take."""

from decimal import Decimal

import pytest

from copydesk.arguments import VERBS, parser_for, read_arguments, split_verb
from copydesk.domain.errors import UsageError


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
        (["--model", "M", "run", "x"], "run", ["--model", "M", "x"]),
        (["--mode", "plan", "run", "x"], "run", ["--mode", "plan", "x"]),
        (["--keep", "run", "demo"], "demo", ["--keep", "run"]),
        (["-vC", "run", "history"], "history", ["-vC", "run"]),
        (["-Crun", "history"], "history", ["-Crun"]),
        (["-c", "run", "x"], "run", ["-c", "x"]),
    ],
)
def test_the_first_word_that_is_a_verb_is_the_verb(given: list[str], verb: str, rest: list[str]) -> None:
    assert split_verb(given) == (verb, rest)


@pytest.mark.parametrize("verb", ["acp", "doctor"])
def test_verbs_of_later_versions_are_usage_errors(verb: str) -> None:
    with pytest.raises(UsageError, match="not part of version"):
        split_verb([verb])


def test_a_wrong_option_is_a_sentence_that_names_where_help_is() -> None:
    with pytest.raises(UsageError, match="--help tells more"):
        parser_for("history").parse_args(["--frobnicate"])


def test_options_of_a_run_are_one_value_of_a_batch() -> None:
    given = ["t.jsonl", "--output", "out", "--options", "--include-secrets", "--jobs", "2"]
    found = read_arguments("batch", given)
    assert (found.options, found.jobs) == (["--include-secrets"], 2)


NAMES = ("propose", "patch", "predictions", "instance-id", "decisions", "record", "replay", "resume")
FILES = ("config", "debug-file", "prompt-file", "system-prompt-file", "env-file")


@pytest.mark.parametrize("option", [*NAMES, *FILES])
def test_an_option_with_an_empty_name_is_not_taken_for_one_left_out(option: str) -> None:
    with pytest.raises(UsageError, match="names nothing"):
        parser_for("run").parse_args([f"--{option}", "", "go"])


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_every_option_says_what_it_is_for(verb: str) -> None:
    assert [action.dest for action in parser_for(verb)._actions if not action.help] == []


@pytest.mark.parametrize(
    ("verb", "told"),
    [
        ("tool", ['{"id": 1, "input": {"command": "view"', '{"describe": true}', "Mode accept applies", "--allow"]),
        ("mcp", ["pip install 'copydesk[mcp]'", "pip install '.[mcp]'", "Mode ask shows", "forms", "--allow"]),
    ],
)
def test_help_of_a_server_tells_how_it_is_used(verb: str, told: list[str]) -> None:
    shown = parser_for(verb).format_help()
    assert [text for text in told if text not in shown] == []


@pytest.mark.parametrize("glob", ["", "/", ".", "./", "../a", "a/../b", "a/./b", "a//b", "[a", "src/[z-a]", "a[/]b"])
@pytest.mark.parametrize("option", ["--allow", "--deny"])
@pytest.mark.parametrize("verb", ["", "run", "tool", "mcp"])
def test_pattern_that_can_match_nothing_is_a_usage_error_that_names_the_option(
    verb: str, option: str, glob: str
) -> None:
    with pytest.raises(UsageError, match=rf"argument {option}: '.*' (can match no file|has a `\[)"):
        parser_for(verb).parse_args([option, glob])


@pytest.mark.parametrize(
    "given",
    [
        *(("--max-cost", value) for value in ("nan", "-1", "0", "inf", "1e999999", "x")),
        *(("--price", value) for value in ("nan/1", "3", "3/-1", "1e999999/1", "3/15/1")),
        *(("--max-time", value) for value in ("nan", "-1", "0")),
        *(("--timeout", value) for value in ("nan", "-1", "0", "1e-9999")),
        *(("--max-steps", value) for value in ("-3", "0", "1.5")),
        *(("--max-tokens", value) for value in ("-1", "0")),
        ("--max-characters", "0"),
        ("--max-retries", "-1"),
        ("--temperature", "nan"),
        ("--top-p", "nan"),
        ("--top-k", "-1"),
    ],
    ids="=".join,
)
@pytest.mark.parametrize("verb", ["", "run"])
def test_a_number_that_makes_no_sense_is_a_usage_error_that_names_the_option(verb: str, given: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match=f"argument .*{given[0]}.*{given[1]!r}|argument .*{given[0]}.* is not "):
        parser_for(verb).parse_args([*given, "x"])


def test_numbers_that_make_sense_are_taken() -> None:
    line = "--max-cost 0.5 --price 0/15 --max-time 1.5 --max-retries 0 --max-steps 1 --temperature 0 x"
    options = parser_for("run").parse_args(line.split())

    assert (options.max_cost, options.price) == (Decimal("0.5"), (Decimal(0), Decimal(15)))
    assert (options.max_time, options.max_retries, options.max_steps, options.temperature) == (1.5, 0, 1, 0)


@pytest.mark.parametrize("given", [["-c", "--no-session"], ["-r", "x", "--no-session"], ["-c", "-r", "x"]])
@pytest.mark.parametrize("verb", ["", "run"])
def test_going_on_excludes_another_session_and_none(verb: str, given: list[str]) -> None:
    with pytest.raises(UsageError, match="not allowed with"):
        parser_for(verb).parse_args([*given, "x"])


def test_run_takes_the_switch_that_stands_for_it_and_words_after_the_dashes() -> None:
    parser = parser_for("run")

    assert parser.parse_args(["-p", "--", "-p", "is", "a", "flag"]).prompt == ["-p", "is", "a", "flag"]
    assert parser.parse_args(["-pc", "x"]).continues
    assert "--print" not in parser.format_help()
