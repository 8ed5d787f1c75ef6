import json
import subprocess
import sys
import tomllib
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest

from copydesk.domain.errors import UsageError
from copydesk.frontends.verbs.models import models_json, models_table, run_models
from copydesk.model import profiles as module
from copydesk.model.profiles import ModelProfile, UnknownModel, default_profile, load_profiles, resolve

PROFILES = {profile.id: profile for profile in load_profiles()}

OLD_MODELS = [
    ("claude-opus-4-0", 32_000, "2025-03", "enabled", "text_editor_20250429"),
    ("claude-opus-4-20250514", 32_000, "2025-03", "enabled", "text_editor_20250429"),
    ("claude-sonnet-4-0", 64_000, "2025-03", "enabled", "text_editor_20250429"),
    ("claude-sonnet-4-20250514", 64_000, "2025-03", "enabled", "text_editor_20250429"),
    ("claude-3-7-sonnet-20250219", 64_000, "2024-11", "enabled", "text_editor_20250124"),
    ("claude-3-7-sonnet-latest", 64_000, "2024-11", "enabled", "text_editor_20250124"),
    ("claude-3-5-sonnet-20241022", 8192, "2024-04", "none", "text_editor_20241022"),
    ("claude-3-5-sonnet-20240620", 8192, "2024-04", "none", "schema"),
    ("claude-3-5-haiku-20241022", 8192, "2024-07", "none", "schema"),
    ("claude-3-5-haiku-latest", 8192, "2024-07", "none", "schema"),
    ("claude-3-opus-20240229", 4096, "2023-08", "none", "schema"),
    ("claude-3-haiku-20240307", 4096, "2023-08", "none", "schema"),
]


def literals_of_the_sdk() -> tuple[str, ...]:
    from anthropic.types.model import Model

    return get_args(get_args(Model)[0])


def deprecations_of_the_sdk() -> dict[str, str]:
    from anthropic.resources.messages.messages import DEPRECATED_MODELS

    return DEPRECATED_MODELS


def test_every_id_of_the_sdk_has_a_row_when_the_table_is_read() -> None:
    ids = literals_of_the_sdk()
    assert len(ids) == 22
    assert [model for model in ids if model not in PROFILES] == []


def test_no_id_has_two_rows_when_the_table_is_read() -> None:
    names = [profile.id for profile in load_profiles()]
    assert len(names) == len(set(names))


def test_days_of_retirement_are_those_of_the_sdk_when_it_warns() -> None:
    for model, day in deprecations_of_the_sdk().items():
        retires = PROFILES[model].lifecycle.retires if model in PROFILES else None
        if retires is not None:
            month, ordinal, year = f"{retires:%B}", str(retires.day), str(retires.year)
            assert day.startswith(f"{month} {ordinal}")
            assert day.endswith(year)


def test_models_of_the_sdk_use_its_api_version_and_newest_tool_when_resolved() -> None:
    for model in literals_of_the_sdk():
        profile = resolve(model)
        assert profile.speaks_current_api
        assert profile.tool_version.type == "text_editor_20250728"
        assert profile.caching.automatic


@pytest.mark.parametrize(("model", "max_output", "cutoff", "style", "tool"), OLD_MODELS)
def test_old_model_has_the_numbers_it_is_served_with_when_resolved(
    model: str, max_output: int, cutoff: str, style: str, tool: str
) -> None:
    profile = resolve(model)
    assert (profile.id, profile.limits.context_window, profile.limits.max_output) == (model, 200_000, max_output)
    assert (profile.training_cutoff, profile.tool_version.type) == (cutoff, tool)
    assert profile.thinking is not None
    assert profile.thinking.style == style
    assert (profile.api_version, profile.caching.automatic) == ("2023-06-01", False)
    assert profile.lifecycle.state == "retired"


def test_models_retired_on_the_api_are_the_ones_with_the_older_version_when_listed() -> None:
    older = {profile.id for profile in load_profiles() if not profile.speaks_current_api}
    assert older == {row[0] for row in OLD_MODELS} | {"claude-opus-4-1", "claude-opus-4-1-20250805"}


@pytest.mark.parametrize(
    ("model", "row"),
    [
        ("claude-opus-5-5", "claude-opus-5-5"),
        ("anthropic.claude-opus-5-5", "claude-opus-5-5"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5-20250929"),
        ("eu.anthropic.claude-3-7-sonnet-20250219-v1:0", "claude-3-7-sonnet-20250219"),
        ("apac.anthropic.claude-3-5-sonnet-20241022-v2:0", "claude-3-5-sonnet-20241022"),
        ("anthropic.claude-3-5-sonnet-20240620-v1:0", "claude-3-5-sonnet-20240620"),
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5-20251001"),
        ("anthropic.claude-opus-4-6-v1", "claude-opus-4-6"),
        ("anthropic.claude-opus-4-6-20260123-v1:0", "claude-opus-4-6"),
        ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5-20250929"),
        ("claude-opus-4-5@20251113", "claude-opus-4-5"),
        ("claude-opus-4@20250514", "claude-opus-4-20250514"),
        ("claude-3-5-sonnet@20240620", "claude-3-5-sonnet-20240620"),
        ("claude-3-5-sonnet-v2@20241022", "claude-3-5-sonnet-20241022"),
        ("claude-4-opus-20250514", "claude-opus-4-0"),
        ("claude-sonnet-4-5[1m]", "claude-sonnet-4-5"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0[1m]", "claude-sonnet-4-5-20250929"),
        ("claude-opus-9", "default"),
        ("anthropic.claude-opus-9-20300101-v1:0", "default"),
        ("claude-sonnet-4-5-20300101", "default"),
    ],
)
def test_resolve_strips_the_platforms_decoration_when_it_matches_a_row(model: str, row: str) -> None:
    profile = resolve(model)
    assert profile.requested == model
    assert profile.is_known == (row != "default")
    assert without_names(profile) == without_names(PROFILES.get(row, default_profile()))


def without_names(profile: ModelProfile) -> list[object]:
    return [getattr(profile, field.name) for field in fields(profile) if field.name not in ("id", "requested")]


def test_unknown_claude_is_served_by_the_stated_default_when_resolved() -> None:
    profile = resolve("claude-opus-9")
    assert (profile.limits.context_window, profile.limits.max_output) == (200_000, 32_000)
    assert profile.tool_version.type == "text_editor_20250728"
    assert (profile.thinking, profile.effort, profile.pricing) == (None, None, None)


@pytest.mark.parametrize("model", ["gpt-oss", "", "my-claude-", "us.claud"])
def test_resolve_refuses_a_foreign_model_when_no_tool_version_is_given(model: str) -> None:
    with pytest.raises(UnknownModel, match=r"name one of those that `copydesk models` lists.*--tool-version"):
        resolve(model)
    with pytest.raises(UsageError):
        resolve(model, "auto")


def test_resolve_serves_a_foreign_model_when_a_tool_version_is_given() -> None:
    profile = resolve("gpt-oss", "schema")
    assert (profile.requested, profile.is_known) == ("gpt-oss", False)


@pytest.mark.parametrize(
    ("model", "first", "second"),
    [
        ("claude-fable-5-2", None, None),
        ("claude-mythos-5-1", None, None),
        ("claude-fable-5", None, None),
        ("claude-opus-4-20250514", None, None),
        ("claude-fable-5-1", ("10", "50", "12.5", "20", None), None),
        ("claude-opus-5-5", ("4", "20", "5", "8", "0.2"), None),
        ("claude-sonnet-5-5", ("2", "10", "2.5", "4", "0.2"), None),
        ("claude-opus-4-5", ("5", "25", "6.25", "10", "0.5"), None),
        ("claude-sonnet-4-6", ("3", "15", "3.75", "6", "0.3"), None),
        ("claude-haiku-4-5", ("1", "5", "1.25", "2", "0.1"), None),
        ("claude-haiku-5-5", ("0.1", "0.5", "0.125", "0.2", "0.01"), ("0.5", "2.5", "0.625", "1", "0.05")),
    ],
)
def test_prices_are_the_documented_ones_or_unknown_when_read(model: str, first: Any, second: Any) -> None:
    pricing = PROFILES[model].pricing
    tiers = pricing.tiers if pricing else ()
    prices = [(t.input, t.output, t.cache_write_5m, t.cache_write_1h, t.cache_read) for t in tiers]
    expected = [tuple(None if p is None else Decimal(p) for p in tier) for tier in (first, second) if tier]
    assert prices == expected


def test_cache_prices_follow_the_factors_when_nothing_else_is_stated() -> None:
    for profile in load_profiles():
        for tier in profile.pricing.tiers if profile.pricing else ():
            assert tier.cache_write_5m == tier.input * Decimal("1.25")
            assert tier.cache_write_1h == tier.input * 2
            if profile.id not in ("claude-opus-5-5", "claude-fable-5-1"):
                assert tier.cache_read == tier.input * Decimal("0.1")


def test_every_price_names_its_day_and_source_when_known() -> None:
    priced = [profile.pricing for profile in load_profiles() if profile.pricing]
    assert all(pricing.as_of.year == 2026 and pricing.source for pricing in priced)


def test_row_is_refused_when_it_holds_a_field_that_nobody_reads() -> None:
    row = tomllib.loads('lifecycle = { state = "active" }\ntool_version = "schema"\napi_version = "x"\n')
    with pytest.raises(TypeError):
        module._profile("claude-x", row | {"caching": {"automatic": True}, "trainingcutoff": "2025-03"})
    with pytest.raises(TypeError):
        module._profile("claude-x", row | {"caching": {"automatic": True, "minimun": 512}})


def test_efforts_and_their_limits_name_known_levels_when_read() -> None:
    every = ("low", "medium", "high", "xhigh", "max")
    for profile in load_profiles():
        levels = profile.effort.levels if profile.effort else ()
        assert list(levels) == [level for level in every if level in levels]
        assert profile.effort is None or profile.effort.default in (None, *levels)
        off = profile.thinking.off_efforts if profile.thinking else None
        assert set(off or ()) <= set(levels)


def test_profiles_load_neither_the_sdk_nor_the_screen_when_imported() -> None:
    script = (
        "import sys\n"
        "from copydesk.frontends.verbs.models import run_models\n"
        "from copydesk.model import parameters, pricing, profiles\n"
        "profiles.resolve('claude-opus-5-5')\n"
        "run_models(as_json=True, write=lambda text: None)\n"
        "print(sorted({'anthropic', 'httpx2', 'pydantic', 'textual', 'rich'} & set(sys.modules)))\n"
    )
    source = str(Path(module.__file__).parents[2])
    answer = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": source, "PATH": ""},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert answer.stdout.strip() == "[]"


def test_models_json_holds_every_profile_whole_when_asked() -> None:
    document = json.loads(json.dumps(models_json(load_profiles())))
    rows = {row["model"]: row for row in document["models"]}
    assert list(rows) == list(PROFILES)
    assert rows["claude-3-5-sonnet-20241022"]["betas"] == [
        {"name": "computer-use-2024-10-22", "when": "tool", "max_output": None}
    ]
    assert rows["claude-3-7-sonnet-20250219"]["betas"][0]["max_output"] == 128_000
    assert rows["claude-haiku-5-5"]["prices"]["tiers"][1]["above"] == 100_000
    assert rows["claude-sonnet-4-5"]["lifecycle"]["retires"] == "2026-11-30"
    assert rows["claude-mythos-preview"]["context_window"] is None
    assert document["other_models"]["max_output"] == 32_000


@pytest.mark.parametrize("model", [row[0] for row in OLD_MODELS])
def test_models_json_equals_the_profile_when_asked_for_an_old_model(model: str) -> None:
    profile = PROFILES[model]
    (row,) = json.loads(json.dumps(models_json([profile])))["models"]
    assert row["tool_type"] == profile.tool_version.type
    assert row["commands"] == list(profile.tool_version.commands)
    assert (row["context_window"], row["max_output"]) == (200_000, profile.limits.max_output)
    assert (row["api_version"], row["training_cutoff"]) == ("2023-06-01", profile.training_cutoff)


def test_models_table_fits_80_columns_and_names_every_model_when_printed() -> None:
    lines = models_table(load_profiles()).splitlines()
    assert max(map(len, lines)) <= 80
    firsts = {line.split("  ")[0] for line in lines}
    assert set(PROFILES) | {"any other claude-*"} <= firsts


def test_models_table_keeps_its_columns_when_values_differ() -> None:
    lines = models_table(load_profiles()).splitlines()
    start = lines[0].index("TOOL")
    rows = [line for line in lines if line.startswith("claude-")]
    assert all(line[start - 1] == " " and line[start] != " " for line in rows)
    assert len({len(line) for line in rows}) == 1


def test_run_models_writes_one_json_document_when_asked() -> None:
    written: list[str] = []
    assert run_models(as_json=True, write=written.append) == 0
    assert len(json.loads("".join(written))["models"]) == len(PROFILES)
