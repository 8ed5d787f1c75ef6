"""Owns the laws of gathering a streamed reply: every cut point, every kind of block, and what counts as a call."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.domain.messages import AssistantTurn
from copydesk.domain.usage import Usage
from copydesk.model.stream import (
    Accumulator,
    CallPart,
    MalformedStream,
    StreamEvent,
    TextEnded,
    TextPart,
    ThinkingEnded,
    parse_input,
    read_usage,
)

Json = dict[str, Any]

INPUTS: list[Json] = [
    {"command": "view", "path": "prime.py", "view_range": [1, -1]},
    {"command": "str_replace", "path": "prime.py", "old_str": 'say("ü\\n")', "new_str": ""},
    {"command": "create", "path": "päth/b.py", "file_text": "x = 1\n" * 5},
    {"command": "insert", "path": "c.py", "insert_line": 0, "insert_text": "\tü\u2028"},
]
USAGE = {
    "input_tokens": 120,
    "cache_creation_input_tokens": 256,
    "cache_read_input_tokens": 2048,
    "cache_creation": {"ephemeral_5m_input_tokens": 56, "ephemeral_1h_input_tokens": 200},
    "output_tokens": 1,
}


def start(**fields: Any) -> Json:
    return {"type": "message_start", "message": {"id": "msg_1", "content": [], "usage": USAGE, **fields}}


def begin(index: int, block: Json) -> Json:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int, kind: str, **fields: Any) -> Json:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}}


def end(index: int) -> Json:
    return {"type": "content_block_stop", "index": index}


def finish(reason: str = "tool_use", **fields: Any) -> list[Json]:
    ending = {"type": "message_delta", "delta": {"stop_reason": reason, **fields}, "usage": {"output_tokens": 89}}
    return [ending, {"type": "message_stop"}]


def text(index: int, *pieces: str) -> list[Json]:
    said = [delta(index, "text_delta", text=piece) for piece in pieces]
    return [begin(index, {"type": "text", "text": ""}), *said, end(index)]


def thinking(index: int, *pieces: str) -> list[Json]:
    thought = [delta(index, "thinking_delta", thinking=piece) for piece in pieces]
    sealed = delta(index, "signature_delta", signature="c2ln")
    return [begin(index, {"type": "thinking", "thinking": "", "signature": ""}), *thought, sealed, end(index)]


def call(index: int, raw: str, size: int = 1) -> list[Json]:
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
    block = {"type": "tool_use", "id": f"toolu_{index}", "name": "edit", "input": {}}
    return [
        begin(index, block),
        *(delta(index, "input_json_delta", partial_json=piece) for piece in ["", *pieces]),
        end(index),
    ]


def gathered(events: Iterable[Json]) -> tuple[Accumulator, list[StreamEvent]]:
    ticks = iter(range(10_000))
    accumulator = Accumulator(lambda: float(next(ticks)))
    return accumulator, [seen for event in events for seen in accumulator.feed(event)]


def turn_of(*events: Json) -> AssistantTurn:
    return gathered(events)[0].turn()


def several_calls() -> Iterator[Json]:
    yield start()
    yield from text(0, "Now ", "I edit.")
    for index, value in enumerate(INPUTS, 1):
        yield from call(index, json.dumps(value, ensure_ascii=index % 2 == 0))
    yield from finish()


def test_reply_is_kept_verbatim_when_it_is_whole() -> None:
    citation = {"type": "char_location", "cited_text": "x"}
    cited = [
        begin(1, {"type": "text", "text": "A", "citations": None}),
        delta(1, "text_delta", text="B"),
        delta(1, "citations_delta", citation=citation),
        end(1),
    ]
    odd = {"type": "brand_new", "payload": [1]}
    hidden = {"type": "redacted_thinking", "data": "AAAA"}
    events = [
        *(
            start(),
            {"type": "ping"},
            *thinking(0, "I ", "think."),
            *cited,
            begin(2, odd),
            delta(2, "new_delta"),
            end(2),
        ),
        *(begin(3, hidden), end(3), *call(4, '{"a": 1}', 3), {"type": "brand_new"}),
        *finish(),
    ]
    accumulator, seen = gathered(events)
    turn = accumulator.turn()
    assert accumulator.is_complete
    assert turn.content == (
        {"type": "thinking", "thinking": "I think.", "signature": "c2ln"},
        {"type": "text", "text": "AB", "citations": [citation]},
        odd,
        hidden,
        {"type": "tool_use", "id": "toolu_4", "name": "edit", "input": {"a": 1}},
    )
    assert (turn.message_id, turn.stop_reason, turn.broken_calls) == ("msg_1", "tool_use", ())
    assert [each for each in seen if isinstance(each, TextEnded)] == [TextEnded("AB")]
    assert [each for each in seen if isinstance(each, ThinkingEnded)] == [ThinkingEnded("I think.", 1.0)]
    assert seen[-1] == CallPart("toolu_4", "edit", "1}")


def test_input_is_the_empty_object_when_no_json_came() -> None:
    assert turn_of(start(), *call(0, ""), *finish()).calls[0].input == {}


@pytest.mark.parametrize(
    "raw", ["{", '{"a": NaN}', "[1]", "null", '"x"', '{"a": 1} x', '{"a": "\n"}', '{"a": "\\ud800"}']
)
def test_call_is_broken_when_its_json_is_not_a_strict_object(raw: str) -> None:
    turn = turn_of(start(), *text(0, "So."), *call(1, raw), *call(2, '{"a": "\\ud83d\\ude00"}'), *finish())
    assert turn.broken_calls == ("toolu_1",)
    assert [(each.id, each.input) for each in turn.calls] == [("toolu_2", {"a": "😀"})]


def test_invariant_5_no_cut_off_reply_yields_a_runnable_call() -> None:
    events = list(several_calls())
    for cut in range(len(events)):
        accumulator, _ = gathered(events[:cut])
        assert accumulator.turn().stop_reason is None
        assert not accumulator.is_complete
        for turn in (accumulator.turn(), accumulator.partial()):
            closed = sum(event["type"] == "content_block_stop" for event in events[:cut])
            assert [each.input for each in turn.calls] == INPUTS[: max(closed - 1, 0)]
    assert [each.input for each in gathered(events)[0].turn().calls] == INPUTS


@given(st.data())
def test_invariant_5_every_byte_prefix_of_an_input_is_broken_but_the_whole(data: st.DataObject) -> None:
    value = data.draw(st.dictionaries(st.text(max_size=5), st.text(max_size=8) | st.integers() | st.none(), min_size=1))
    raw = json.dumps(value, ensure_ascii=data.draw(st.booleans()))
    for cut in range(1, len(raw)):
        turn = turn_of(start(), *call(0, raw[:cut], 7), *finish())
        assert turn.calls == ()
        assert turn.broken_calls == ("toolu_0",)
    assert turn_of(start(), *call(0, raw, 3), *finish()).calls[0].input == value


@given(st.text(min_size=1), st.lists(st.integers(0, 40)))
def test_text_is_the_same_however_it_was_cut(words: str, cuts: list[int]) -> None:
    borders = sorted({0, len(words), *(cut for cut in cuts if cut < len(words))})
    pieces = [words[one:two] for one, two in pairwise(borders)]
    accumulator, seen = gathered([start(), *text(0, *pieces), *finish("end_turn")])
    assert "".join(each.text for each in seen if isinstance(each, TextPart)) == words
    assert accumulator.turn().text == (words if words.strip() else "")


def test_partial_keeps_the_text_and_drops_what_cannot_stand_alone() -> None:
    events = [
        start(),
        *thinking(0, "Hm."),
        *text(1, "I edit."),
        *call(2, '{"a": 1}'),
        *thinking(3, "More."),
        *text(4, "An"),
    ]
    accumulator, _ = gathered(events[:-1])
    kinds = [block["type"] for block in accumulator.partial().content]
    assert kinds == ["thinking", "text", "tool_use", "thinking", "text"]
    assert accumulator.partial().text == "I edit.An"
    assert "signature" in accumulator.partial().content[0]


@pytest.mark.parametrize(
    "open_block",
    [[begin(1, {"type": "text", "text": ""})], call(1, '{"a": 1}')[:-1], thinking(1, "Hm.")[:-1], thinking(1, "Hm.")],
    ids=["empty text", "open call", "open thinking", "closed thinking"],
)
def test_partial_ends_with_the_last_thing_that_can_be_sent(open_block: list[Json]) -> None:
    accumulator, _ = gathered([start(), *text(0, "Yes."), *open_block])
    assert accumulator.partial().content == ({"type": "text", "text": "Yes."},)


def test_open_call_is_named_as_broken_when_the_reply_is_cut() -> None:
    accumulator, _ = gathered([start(), *call(0, '{"a": 1}')[:-1]])
    assert accumulator.partial().broken_calls == ("toolu_0",)


def test_text_of_white_space_is_left_out_since_it_cannot_be_sent_back() -> None:
    assert turn_of(start(), *text(0, "\n\n"), *text(1, "Yes."), *finish()).content == (
        {"type": "text", "text": "Yes."},
    )


def test_lone_surrogate_in_text_is_replaced() -> None:
    assert turn_of(start(), *text(0, "a\ud800b"), *finish()).text.encode()


def test_usage_is_overwritten_and_not_added_when_totals_come() -> None:
    assert turn_of(start(), *finish()).usage == Usage(120, 56, 200, 2048, 89)


def test_usage_counts_writes_as_short_lived_when_no_lifetime_is_named() -> None:
    assert read_usage({"cache_creation_input_tokens": 7, "input_tokens": None}) == Usage(0, 7, 0, 0, 0)


def test_cache_miss_and_stop_details_are_passed_on() -> None:
    diagnostics = {"cache_miss_reason": {"type": "tools_changed", "cache_missed_input_tokens": 9}}
    turn = turn_of(start(diagnostics=diagnostics), *finish("refusal", stop_details={"category": "bio"}))
    assert (turn.cache_miss, turn.stop_details) == ("tools_changed", {"category": "bio"})


@pytest.mark.parametrize(
    "event",
    [
        {},
        end(0),
        delta(3, "text_delta", text="x"),
        begin(0, {"type": "text"}),
        begin(0, {"type": "tool_use", "name": "edit", "input": {}}),
        {"type": "content_block_start", "index": 0, "content_block": None},
        {"type": "message_start"},
        {"type": "message_delta", "delta": None},
        {"type": "content_block_delta", "index": [], "delta": {}},
    ],
    ids=json.dumps,
)
def test_event_is_refused_when_the_protocol_does_not_allow_it(event: Json) -> None:
    with pytest.raises(MalformedStream):
        gathered([start(), event])


def test_event_is_refused_when_its_block_is_closed_or_began_before() -> None:
    for extra in (end(0), delta(0, "text_delta", text="x"), begin(0, {"type": "text", "text": ""})):
        with pytest.raises(MalformedStream):
            gathered([start(), *text(0, "x"), extra])


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)))
def test_input_is_read_as_it_was_written(value: object) -> None:
    assert parse_input(json.dumps(value, ensure_ascii=False)) == value
    assert parse_input(json.dumps(value)) == value
