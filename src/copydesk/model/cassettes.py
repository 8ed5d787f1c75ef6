"""Owns the cassette: traffic with the Messages API as a tree of exchanges, and which one follows a conversation.

A cassette is one JSON object in UTF-8:

    {"format": "copydesk-cassette", "version": 1,
     "model": "claude-opus-5-5",                 optional: where it was recorded
     "prompts": ["Fix the tests."],              what a person can ask for, to show it
     "off_tape": "I can only fix the tests.",    optional: the answer to every other prompt
     "exchanges": [{
        "id": "look",
        "after": null,                           id of the exchange before; null at the start of a conversation
        "expect": {
           "prompt": "Fix the tests.",           the last text of the request's last message; "*" is any; absent: none
           "results": [{"tool_use_id": "toolu_1", "is_error": false, "digest": "ab12..."}]},      "*" is any digest
        "response": {"status": 200, "headers": {}, "events": [{"type": "message_start", ...}, ...]},
        "is_complete": true}]}                   false where the recording broke off; it is never played

Several exchanges may follow one: what the person decides shows in `is_error` and the digest of a result, and so selects
the branch. A digest is SHA-256 (hexadecimal) over the JSON of the result's content with sorted keys, no spaces and no
ASCII escapes. A tool call named "*" gets the name of the request's first tool.

Where a conversation stands is read from the conversation alone: replies of the tape are found in it by their tool calls
and texts. So a request can be repeated, and a history can be cut back. A reply that is not on the tape (interrupted, or
`off_tape`) does not move the tape. No header of a request is ever kept.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Final

from copydesk.domain.errors import CassetteError
from copydesk.domain.messages import Block, Message
from copydesk.model.stream import Accumulator

FORMAT: Final = "copydesk-cassette"
VERSION: Final = 1
ANY: Final = "*"

Shape = tuple[tuple[str, str], ...]
"""What a reply is recognised by: its texts, and the ids of its tool calls."""


@dataclass(frozen=True, slots=True)
class ExpectedResult:
    """The answer to one tool call that a request is expected to carry."""

    tool_use_id: str
    is_error: bool
    digest: str

    def difference(self, other: "ExpectedResult") -> str:
        """Say in words what of another result is not as expected; empty if nothing is."""
        if other.tool_use_id != self.tool_use_id:
            return f"the id of a tool result is {other.tool_use_id}, recorded was {self.tool_use_id}"
        if other.is_error != self.is_error:
            return f"is_error of {self.tool_use_id} is {_json(other.is_error)}, recorded was {_json(self.is_error)}"
        if self.digest not in (ANY, other.digest):
            return f"the digest of {self.tool_use_id} is {other.digest[:12]}…, recorded was {self.digest[:12]}…"
        return ""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the last message of a request is expected to hold."""

    results: tuple[ExpectedResult, ...] = ()
    prompt: str | None = None
    """The last text; None: there is no text."""

    def difference(self, other: "Expectation") -> str:
        """Say in words what another message has otherwise; empty if it matches."""
        if not self.has_prompt_of(other):
            return f"the prompt is {_quoted(other.prompt)}, recorded was {_quoted(self.prompt)}"
        if len(self.results) != len(other.results):
            given, recorded = ([each.tool_use_id for each in both.results] for both in (other, self))
            return f"the ids of the tool results are {given}, recorded were {recorded}"
        pairs = zip(self.results, other.results, strict=True)
        return next((said for one, another in pairs if (said := one.difference(another))), "")

    def has_prompt_of(self, other: "Expectation") -> bool:
        """True if the person says the same."""
        if self.prompt is None or other.prompt is None:
            return self.prompt is other.prompt
        return self.prompt == ANY or self.prompt.strip() == other.prompt.strip()


@dataclass(frozen=True)
class Exchange:
    """One request, as far as it is looked at, and its answer."""

    id: str
    after: str | None
    expect: Expectation
    events: tuple[dict[str, Any], ...]
    is_complete: bool
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def shape(self) -> Shape:
        """What its reply is recognised by in a conversation."""
        accumulator = Accumulator(lambda: 0.0)
        for event in self.events:
            accumulator.feed(event)
        return shape(accumulator.turn().sendable().content)


@dataclass(frozen=True)
class Cassette:
    """A tree of exchanges."""

    exchanges: tuple[Exchange, ...] = ()
    prompts: tuple[str, ...] = ()
    off_tape: str = ""
    """The answer to a prompt that is not on the tape; without one such a prompt is an error."""
    model: str = ""
    recorded_at: float | None = None
    """When it was begun, in seconds since the epoch; None for one that does not say."""

    def following(self, exchange: str | None) -> list[Exchange]:
        """The exchanges that may come after one, those that broke off last."""
        found = [each for each in self.exchanges if each.after == exchange]
        return sorted(found, key=lambda each: not each.is_complete)

    def position(self, messages: Sequence[Message]) -> tuple[str | None, bool]:
        """Return the exchange where a conversation stands, and whether its last reply is that exchange's."""
        at: str | None = None
        is_last_known = True
        for index, message in enumerate(messages):
            if message["role"] == "assistant":
                found = self._recorded(at, messages[:index], is_last_known, message)
                is_last_known = found is not None
                at = found.id if found else at
        return at, is_last_known

    def _recorded(self, at: str | None, before: Sequence[Message], owes: bool, reply: Message) -> Exchange | None:
        """The exchange with this reply, by preference one that also expects what was said before it."""
        same = [each for each in self.following(at) if each.shape == shape(reply["content"])]
        said = expectation(before[-1], has_results=owes) if before else Expectation()
        return next((each for each in same if not each.expect.difference(said)), same[0] if same else None)

    def answer(self, messages: Sequence[Message]) -> Exchange | None:
        """Return the exchange that answers a conversation; None for a prompt to which `off_tape` is the answer.

        Raises CassetteError naming what differs from the recording.
        """
        at, is_last_known = self.position(messages)
        said = expectation(messages[-1], has_results=is_last_known)
        branches = self.following(at)
        found = next((each for each in branches if not each.expect.difference(said)), None)
        if found is None:
            if self.off_tape and said.prompt and not any(each.expect.has_prompt_of(said) for each in branches):
                return None
            raise CassetteError(_mismatch(branches, said, at))
        if not found.is_complete:
            raise CassetteError(f"The recording of {found.id!r} broke off and cannot be played; record it again.")
        return found


def expectation(message: Message, *, has_results: bool = True) -> Expectation:
    """Describe a message of the person; `has_results` is False where its results answer a reply of no tape."""
    content = message["content"]
    blocks: list[Block] = [{"type": "text", "text": content}] if isinstance(content, str) else content
    results = [
        ExpectedResult(block["tool_use_id"], bool(block.get("is_error")), digest_result(block.get("content", "")))
        for block in blocks
        if block["type"] == "tool_result" and has_results
    ]
    texts = [str(block["text"]) for block in blocks if block["type"] == "text"]
    return Expectation(tuple(results), texts[-1] if texts else None)


def digest_result(content: str | list[Block]) -> str:
    """Digest what a tool answered: SHA-256 in hexadecimal over its canonical JSON."""
    return hashlib.sha256(_json(content).encode("utf-8", "surrogatepass")).hexdigest()


def shape(content: str | Sequence[Block]) -> Shape:
    """What a reply is recognised by."""
    if isinstance(content, str):
        return (("text", content),)
    keys = {"text": "text", "tool_use": "id"}
    return tuple((block["type"], str(block[keys[block["type"]]])) for block in content if block["type"] in keys)


def read_cassette(text: str) -> Cassette:
    """Read a cassette; raises CassetteError for anything that is none."""
    try:
        data = json.loads(text)
        if data["format"] != FORMAT or data["version"] != VERSION:
            raise CassetteError(f"This is no cassette of version {VERSION}.")
        cassette = Cassette(
            exchanges=tuple(_exchange(each) for each in data["exchanges"]),
            prompts=tuple(data["prompts"]),
            off_tape=data.get("off_tape", ""),
            model=data.get("model", ""),
            recorded_at=None if data.get("recorded_at") is None else float(data["recorded_at"]),
        )
        _check_tree(cassette.exchanges)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CassetteError(f"This is no cassette that can be read: {error!r}.") from error
    return cassette


def write_cassette(cassette: Cassette) -> str:
    """Write a cassette as JSON with a final line break; reading it gives the same cassette."""
    optional = {"model": cassette.model, "recorded_at": cassette.recorded_at, "off_tape": cassette.off_tape}
    data = {
        "format": FORMAT,
        "version": VERSION,
        **{name: value for name, value in optional.items() if value},
        "prompts": list(cassette.prompts),
        "exchanges": [_exchange_data(each) for each in cassette.exchanges],
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _exchange(data: Mapping[str, Any]) -> Exchange:
    expect, response = data["expect"], data["response"]
    results = tuple(ExpectedResult(**each) for each in expect.get("results", []))
    return Exchange(
        id=data["id"],
        after=data["after"],
        expect=Expectation(results, expect.get("prompt")),
        events=tuple(response["events"]),
        is_complete=data["is_complete"],
        status=response.get("status", 200),
        headers=response.get("headers", {}),
    )


def _exchange_data(exchange: Exchange) -> dict[str, Any]:
    expect: dict[str, Any] = {"results": [asdict(each) for each in exchange.expect.results]}
    if exchange.expect.prompt is not None:
        expect["prompt"] = exchange.expect.prompt
    response = {"status": exchange.status, "headers": dict(exchange.headers), "events": list(exchange.events)}
    return {
        "id": exchange.id,
        "after": exchange.after,
        "expect": expect,
        "response": response,
        "is_complete": exchange.is_complete,
    }


def _check_tree(exchanges: Sequence[Exchange]) -> None:
    """Each exchange follows one that stands before it in the file, so that there can be no circle."""
    seen: set[str | None] = {None}
    for each in exchanges:
        if each.after not in seen or each.id in seen:
            raise ValueError(f"exchange {each.id!r} follows none before it, or its id is used twice")
        seen.add(each.id)


def _mismatch(branches: Sequence[Exchange], said: Expectation, at: str | None) -> str:
    where = f"after {at!r}" if at else "at the start"
    if not branches:
        return f"The recording ends {where}; nothing answers this request."
    named = "; or ".join(f"{each.expect.difference(said)} (in {each.id!r})" for each in branches)
    return f"The request differs from the recording {where}: {named}."


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _quoted(prompt: str | None) -> str:
    return "none" if prompt is None else repr(prompt if len(prompt) <= 60 else f"{prompt[:60]}…")
