"""Signatures of thinking blocks, and what an edited conversation does to them.

A signature says by itself which model thought it, what was shown, what stood before it and which thinking came last, so
that a session can be taken up against another server. It proves nothing to anyone who can read this file.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .prompt import THINKING_TYPES, Part, Request, prompt_parts
from .refusal import Refusal


@dataclass(frozen=True)
class Seal:
    """What a signature holds."""

    model: str
    shown: str
    """Digest of the thinking text as the client saw it."""
    prefix: str
    """Digest of everything before the block but other thinking and cache markers."""
    previous: str | None
    """Name of the thinking before this one; what lets a block go from either end, and not from the middle."""

    @property
    def name(self) -> str:
        return _digest(json.dumps(asdict(self)))

    @property
    def signature(self) -> str:
        return base64.b64encode(json.dumps(asdict(self) | {"name": self.name}).encode()).decode()


def unseal(signature: str) -> Seal | None:
    """None for what no server of this kind has signed."""
    try:
        fields = json.loads(base64.b64decode(signature, validate=True))
        name = fields.pop("name")
        seal = Seal(**fields)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return seal if seal.name == name else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


class Past:
    """The conversation read so far: the running digest of its words and the last thinking in it."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.last: str | None = None
        self._words = hashlib.sha256()

    @property
    def prefix(self) -> str:
        return self._words.hexdigest()[:24]

    def read(self, part: Part) -> None:
        self._words.update(part.canonical.encode())

    def seal(self, shown: str) -> Seal:
        """Signs thinking that comes next, and makes it the last."""
        seal = Seal(self.model, _digest(shown), self.prefix, self.last)
        self.last = seal.name
        return seal


@dataclass(frozen=True)
class Binding:
    """A conversation that passed: where the answer goes on, and which thinking was dropped on the way."""

    past: Past
    dropped: tuple[Mapping[str, Any], ...] = ()
    """Entries for `input_transformations` of the answer."""


def check_binding(request: Request) -> Binding:
    """Refuses forged thinking, and on the models that check the prefix also thinking whose past was edited."""
    past = Past(request.row.id)
    dropped = []
    for part in prompt_parts(request.body):
        if part.kind not in THINKING_TYPES or part.place != "messages":
            past.read(part)
            continue
        seal = _opened(part)
        if seal.model != request.row.id:
            continue
        if request.row.prefix_checked and _is_torn_off(seal, past):
            dropped.append(_drop_or_refuse(request, part))
            continue
        past.last = seal.name
    return Binding(past, tuple(dropped))


def _opened(part: Part) -> Seal:
    hidden = part.kind == "redacted_thinking"
    seal = unseal(part.block["data"] if hidden else part.block["signature"])
    shown = "" if hidden else part.block["thinking"]
    if seal is None or seal.shown != _digest(shown):
        raise Refusal(f"{part.path}: Invalid `signature` in `thinking` block")
    return seal


def _is_torn_off(seal: Seal, past: Past) -> bool:
    """Thinking at the start may have lost its predecessors; any other must follow the one it was signed after."""
    return seal.prefix != past.prefix or (past.last is not None and seal.previous != past.last)


def _drop_or_refuse(request: Request, part: Part) -> Mapping[str, Any]:
    if not request.drops_unbound_thinking:
        raise Refusal(
            f"{part.path}: Invalid `signature` in `thinking` block. The block is bound to a different conversation: "
            "`system`, `tools` and all messages before it must be those it was created with."
        )
    return {"type": "thinking_dropped", "path": part.path, "reason": "prefix_binding_mismatch"}


def seal_blocks(past: Past, blocks: Iterable[Mapping[str, Any]], display: str) -> list[dict[str, Any]]:
    """The blocks of an answer as the client receives them: thinking signed, and emptied where it is not displayed."""
    sealed: list[dict[str, Any]] = []
    for block in blocks:
        match block["type"]:
            case "thinking":
                shown = block["thinking"] if display != "omitted" else ""
                sealed.append({"type": "thinking", "thinking": shown, "signature": past.seal(shown).signature})
            case "redacted_thinking":
                sealed.append({"type": "redacted_thinking", "data": past.seal("").signature})
            case _:
                sealed.append(dict(block))
                past.read(Part("messages", "assistant", "", block))
    return sealed
