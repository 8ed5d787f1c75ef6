import pytest

from copydesk.domain.errors import UsageError
from copydesk.model.parameters import (
    CacheLifetime,
    ParameterError,
    RequestOptions,
    RequestParameters,
    Sampling,
    ThinkingChoice,
    parameters,
)
from copydesk.model.profiles import load_profiles, resolve
from tests.strict_api.prompt import Request
from tests.strict_api.rules import judge
from tests.strict_api.shapes import CREATE_REQUEST
from tests.strict_api.tables import CURRENT_VERSION, MODELS

ADAPTIVE = {"type": "adaptive", "display": "summarized"}
INTERLEAVED = "interleaved-thinking-2025-05-14"
OUTPUT_128K = "output-128k-2025-02-19"
TOKEN_EFFICIENT = "token-efficient-tools-2025-02-19"
COMPUTER_USE = "computer-use-2024-10-22"


def asked(model: str, tool_version: str = "auto", **options: object) -> RequestParameters:
    wishes = RequestOptions(tool_version=tool_version, **options)  # type: ignore[arg-type]
    return parameters(resolve(model, tool_version), wishes)


@pytest.mark.parametrize(
    ("model", "tool", "name", "api_version", "betas"),
    [
        ("claude-3-5-sonnet-20241022", "text_editor_20241022", "str_replace_editor", "2023-06-01", (COMPUTER_USE,)),
        ("claude-3-7-sonnet-20250219", "text_editor_20250124", "str_replace_editor", "2023-06-01", ()),
        (
            "claude-opus-4-20250514",
            "text_editor_20250429",
            "str_replace_based_edit_tool",
            "2023-06-01",
            (INTERLEAVED,),
        ),
        ("claude-opus-4-8", "text_editor_20250728", "str_replace_based_edit_tool", None, ()),
        ("claude-opus-5-5", "text_editor_20250728", "str_replace_based_edit_tool", None, ()),
        ("claude-fable-5-2", "text_editor_20250728", "str_replace_based_edit_tool", None, ()),
        ("claude-sonnet-4-5", "text_editor_20250728", "str_replace_based_edit_tool", None, (INTERLEAVED,)),
    ],
)
def test_request_has_the_models_tool_version_and_betas_when_nothing_is_asked(
    model: str, tool: str, name: str, api_version: str | None, betas: tuple[str, ...]
) -> None:
    sent = asked(model)
    assert sent.tools_entry == {"type": tool, "name": name}
    assert (sent.api_version, sent.betas) == (api_version, betas)


def test_request_declares_a_client_tool_when_the_model_knows_none_of_anthropics() -> None:
    sent = asked("claude-3-opus-20240229")
    assert "type" not in sent.tools_entry
    assert sent.tools_entry["name"] == "str_replace_based_edit_tool"
    assert (sent.api_version, sent.betas) == ("2023-06-01", ())


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (
            "claude-opus-5-5",
            {
                "model": "claude-opus-5-5",
                "max_tokens": 64_000,
                "thinking": ADAPTIVE,
                "cache_control": {"type": "ephemeral"},
            },
        ),
        (
            "us.anthropic.claude-haiku-4-5-20251001-v1:0",
            {
                "model": "us.anthropic.claude-haiku-4-5-20251001-v1:0",
                "max_tokens": 64_000,
                "thinking": {"type": "enabled", "budget_tokens": 16_000},
                "cache_control": {"type": "ephemeral"},
            },
        ),
        (
            "claude-opus-4-20250514",
            {
                "model": "claude-opus-4-20250514",
                "max_tokens": 32_000,
                "thinking": {"type": "enabled", "budget_tokens": 16_000},
            },
        ),
        ("claude-3-haiku-20240307", {"model": "claude-3-haiku-20240307", "max_tokens": 4096}),
        ("claude-opus-9", {"model": "claude-opus-9", "max_tokens": 32_000}),
    ],
)
def test_body_is_exactly_what_the_profile_says_when_nothing_is_asked(model: str, body: dict[str, object]) -> None:
    assert asked(model).body == body


@pytest.mark.parametrize("model", [profile.id for profile in load_profiles()])
def test_request_stays_within_the_row_when_nothing_is_asked(model: str) -> None:
    profile, sent = resolve(model), asked(model)
    max_tokens = sent.body["max_tokens"]
    assert isinstance(max_tokens, int)
    assert max_tokens <= min(profile.limits.max_output or 32_000, 64_000)
    assert sent.has_diagnostics == ("cache_control" in sent.body) == profile.speaks_current_api
    assert sent.has_tail_breakpoint == ("cache_control" not in sent.body)
    thinking = sent.body.get("thinking")
    if thinking is not None:
        assert isinstance(thinking, dict)
        assert profile.thinking is not None
        assert thinking["type"] in profile.thinking.accepts


@pytest.mark.parametrize(
    ("model", "thinking"),
    [
        ("claude-opus-4-8", None),
        ("claude-sonnet-4-6", None),
        ("claude-opus-4-5", None),
        ("claude-3-7-sonnet-20250219", None),
        ("claude-3-5-sonnet-20241022", None),
        ("claude-opus-5", {"type": "disabled"}),
        ("claude-sonnet-5", {"type": "disabled"}),
        ("claude-haiku-5-5", {"type": "disabled"}),
        ("claude-sonnet-5-5", {"type": "between_tools"}),
    ],
)
def test_thinking_is_off_in_the_models_own_way_when_turned_off(model: str, thinking: dict[str, str] | None) -> None:
    sent = asked(model, thinking="off")
    assert sent.body.get("thinking") == thinking
    assert INTERLEAVED not in sent.betas


def test_thinking_fits_into_the_answer_when_max_tokens_is_small() -> None:
    assert asked("claude-opus-4-5", max_tokens=8000).body["thinking"] == {"type": "enabled", "budget_tokens": 4000}
    assert asked("claude-opus-4-5", max_tokens=1025).body["thinking"] == {"type": "enabled", "budget_tokens": 1024}
    small = asked("claude-opus-4-5", max_tokens=1024)
    assert "thinking" not in small.body
    assert small.betas == ()


def test_request_carries_the_wishes_when_the_model_takes_them() -> None:
    sent = asked("claude-opus-4-8", effort="xhigh", max_tokens=128_000, max_characters=5000)
    assert sent.body["output_config"] == {"effort": "xhigh"}
    assert sent.body["max_tokens"] == 128_000
    assert sent.tools_entry["max_characters"] == 5000


@pytest.mark.parametrize(("model", "lifetime", "ttl"), [
    ("claude-opus-5-5", "1h", {"ttl": "1h"}),
    ("claude-opus-5-5", "5m", {}),
    ("claude-opus-4-20250514", "1h", {}),
])  # fmt: skip
def test_system_breakpoint_lives_an_hour_when_asked_of_the_current_api(
    model: str, lifetime: CacheLifetime, ttl: dict[str, str]
) -> None:
    assert asked(model, system_cache_lifetime=lifetime).system_cache_control == {"type": "ephemeral"} | ttl


def test_output_beta_raises_the_limit_when_the_model_takes_it() -> None:
    assert asked("claude-3-7-sonnet-20250219", betas=(OUTPUT_128K,)).body["max_tokens"] == 128_000
    sent = asked("claude-3-7-sonnet-20250219", betas=(OUTPUT_128K, TOKEN_EFFICIENT), max_tokens=100_000)
    assert (sent.body["max_tokens"], sent.betas) == (100_000, (OUTPUT_128K, TOKEN_EFFICIENT))


def test_sampling_takes_the_place_of_thinking_when_the_old_api_takes_it() -> None:
    sent = asked("claude-opus-4-20250514", sampling=Sampling(temperature=0.0, top_k=40))
    assert (sent.body["temperature"], sent.body["top_k"]) == (0.0, 40)
    assert "top_p" not in sent.body
    assert "thinking" not in sent.body
    assert sent.betas == ()


@pytest.mark.parametrize("model", ["claude-opus-9", "gpt-oss"])
@pytest.mark.parametrize("tool", ["text_editor_20250124", "text_editor_20241022", "schema"])
def test_any_tool_version_is_taken_when_the_model_is_unknown(model: str, tool: str) -> None:
    sent = asked(model, tool)
    assert sent.tool_version.type == tool
    assert sent.betas == ((COMPUTER_USE,) if tool == "text_editor_20241022" else ())
    assert "thinking" not in sent.body


@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-3-5-sonnet-20241022"])
def test_schema_is_taken_when_the_model_has_a_tool_of_its_own(model: str) -> None:
    sent = asked(model, "schema")
    assert "input_schema" in sent.tools_entry
    assert sent.betas == ()


@pytest.mark.parametrize(
    ("model", "options", "sentence"),
    [
        ("claude-opus-5-5", {"effort": "huge"}, "it takes low, medium, high, xhigh, max"),
        ("claude-opus-4-6", {"effort": "xhigh"}, "it takes low, medium, high, max"),
        ("claude-haiku-4-5", {"effort": "low"}, "it takes none that copydesk knows of"),
        ("claude-opus-9", {"effort": "low"}, "it takes none that copydesk knows of"),
        ("claude-opus-5-5", {"thinking": "off"}, "always thinks; a lower effort"),
        ("claude-opus-5", {"thinking": "off", "effort": "max"}, "can be off at low, medium, high"),
        ("claude-sonnet-5-5", {"thinking": "off", "effort": "xhigh"}, "can be off at low, medium, high"),
        ("claude-3-opus-20240229", {"thinking": "on"}, "does not think"),
        ("claude-opus-9", {"thinking": "on"}, "not known to copydesk, so it cannot be turned on"),
        ("claude-opus-9", {"thinking": "off"}, "not known to copydesk, so it cannot be turned off"),
        ("claude-opus-5-5", {"thinking_budget": 2000}, "takes no thinking budget"),
        ("claude-opus-4-5", {"thinking_budget": 2000, "thinking": "off"}, "no thinking budget while thinking is off"),
        ("claude-opus-4-5", {"thinking_budget": 1023}, "at least 1024"),
        ("claude-opus-4-5", {"thinking_budget": 4000, "max_tokens": 4000}, "less than max_tokens, which is 4000"),
        ("claude-opus-4-5", {"thinking": "on", "max_tokens": 1024}, "less than max_tokens, which is 1024"),
        ("claude-opus-4-20250514", {"max_tokens": 32_001}, "at most 32000 tokens, not 32001"),
        ("claude-3-5-haiku-latest", {"max_tokens": 8193}, "at most 8192"),
        ("claude-opus-9", {"max_tokens": 32_001}, "at most 32000"),
        ("claude-3-7-sonnet-20250219", {"max_tokens": 64_001}, f"with the beta {OUTPUT_128K} it writes up to 128000"),
        ("claude-3-7-sonnet-20250219", {"max_tokens": 128_001, "betas": (OUTPUT_128K,)}, "at most 128000"),
        ("claude-opus-5-5", {"max_tokens": 0}, "at least 1"),
        ("claude-opus-5-5", {"max_characters": 0}, "at least 1"),
        ("claude-opus-5-5", {"sampling": Sampling(temperature=1.0)}, "gone since API version 2026-10-21"),
        ("claude-opus-4-5", {"sampling": Sampling(top_p=0.9)}, "does not take top_p"),
        ("claude-opus-4-0", {"sampling": Sampling(top_k=5), "thinking": "on"}, "no top_k while it thinks"),
        ("claude-opus-4-0", {"sampling": Sampling(temperature=1.5)}, "temperature is 1.5; it must be from 0 to 1"),
        ("claude-opus-4-0", {"sampling": Sampling(top_p=-0.1)}, "top_p is -0.1"),
        ("claude-opus-5-5", {"betas": (OUTPUT_128K,)}, "it takes none"),
        ("claude-sonnet-4-20250514", {"betas": (TOKEN_EFFICIENT,)}, f"it takes {INTERLEAVED}"),
        ("claude-3-7-sonnet-20250219", {"betas": (INTERLEAVED,)}, f"it takes {OUTPUT_128K}, {TOKEN_EFFICIENT}"),
        ("claude-3-7-sonnet-20250219", {"betas": (COMPUTER_USE,)}, f"it takes {OUTPUT_128K}, {TOKEN_EFFICIENT}"),
        ("claude-opus-4-0", {"betas": (INTERLEAVED,), "thinking": "off"}, "turn thinking on"),
        (
            "claude-3-5-sonnet-20241022",
            {"betas": (COMPUTER_USE,), "tool_version": "schema"},
            "only with the tool version text_editor_20241022",
        ),
        ("claude-opus-5-5", {"tool_version": "text_editor_20250124"}, "it takes text_editor_20250728, schema"),
        ("claude-3-opus-20240229", {"tool_version": "text_editor_20250728"}, "it takes schema[.]"),
        ("claude-opus-9", {"tool_version": "text_editor_1999"}, "there are text_editor_20241022, .*schema, and auto"),
    ],
)
def test_wish_is_refused_with_a_sentence_when_the_model_does_not_take_it(
    model: str, options: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ParameterError, match=sentence) as refusal:
        asked(model, **options)  # type: ignore[arg-type]
    assert isinstance(refusal.value, UsageError)
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize("choice", ["on", "auto"])
def test_a_named_beta_is_sent_once_when_it_goes_out_anyway(choice: ThinkingChoice) -> None:
    assert asked("claude-opus-4-0", thinking=choice, betas=(INTERLEAVED,)).betas == (INTERLEAVED,)
    assert asked("claude-3-5-sonnet-20241022", betas=(COMPUTER_USE,)).betas == (COMPUTER_USE,)


@pytest.mark.parametrize("model", [profile.id for profile in load_profiles()])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"thinking": "on"},
        {"thinking": "off"},
        {"thinking": "off", "effort": "high"},
        {"effort": "max"},
        {"max_tokens": 1024},
        {"max_tokens": 100_000, "betas": (OUTPUT_128K, TOKEN_EFFICIENT)},
        {"tool_version": "schema"},
        {"sampling": Sampling(temperature=0.2)},
    ],
    ids=str,
)
def test_strict_api_takes_the_request_when_it_was_not_refused_here(model: str, options: dict[str, object]) -> None:
    try:
        sent = asked(model, system_cache_lifetime="1h", **options)  # type: ignore[arg-type]
    except ParameterError:
        assert options, "a model must take a request without wishes"
        return
    body = {
        **sent.body,
        "tools": [dict(sent.tools_entry)],
        "system": [{"type": "text", "text": "s", "cache_control": dict(sent.system_cache_control)}],
        "messages": [{"role": "user", "content": "hello"}],
        **({"diagnostics": {"previous_message_id": None}} if sent.has_diagnostics else {}),
    }
    CREATE_REQUEST(body, "")
    judge(Request(body, MODELS[model], sent.api_version or CURRENT_VERSION, frozenset(sent.betas)))
