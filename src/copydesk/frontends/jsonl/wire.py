"""Owns the JSON of `copydesk tool`: what a line may ask for, and what each line of the answers says.

It never looks into the input of a call; what that may hold is the tool's to say.
"""

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from copydesk.domain.errors import EditError
from copydesk.domain.messages import ToolCall, clean
from copydesk.domain.proposals import Outcome
from copydesk.domain.tools import ToolVersion, input_schema
from copydesk.tools.calls import CallOutcome

Fields = dict[str, Any]

LONGEST_LINE = 256 * 1024 * 1024
"""Bytes of a request with its line end; the text of the largest file that can be written, escaped, is shorter."""
MOST_DIGITS = 4300
"""Digits of the longest whole number that is read: Python reads no longer ones."""
LONGEST_CALL_ID = 100
"""Characters of a request's id that the History keeps."""

_EXAMPLE = '{"id": 1, "input": {"command": "view", "path": "."}}'


def read_request(line: bytes) -> Fields:
    """Read a line as a JSON object in UTF-8 (a byte order mark is skipped); raises EditError for anything else."""
    try:
        text = line.decode("utf-8-sig")
        request = json.loads(text, parse_int=_whole_number, parse_float=_number, parse_constant=_refuse_constant)
        if not isinstance(request, dict):
            raise EditError(f"A request is an object such as {_EXAMPLE}.")
        # An id that cannot be written again is found before anything is done.
        write_line(request.get("id"), {})
    except UnicodeDecodeError as error:
        raise EditError(f"The line is not UTF-8: byte {error.start + 1:,} is wrong.") from error
    except json.JSONDecodeError as error:
        raise EditError(f"The line is not JSON; what is at character {error.pos + 1:,} was not expected.") from error
    except RecursionError as error:
        raise EditError("The line is nested too deeply to be read.") from error
    return request


def asks_for_description(request: Mapping[str, Any]) -> bool:
    """Tell whether a request is `{"describe": true}`."""
    return request.get("describe") is True


def read_call(request: Mapping[str, Any], default_name: str) -> ToolCall:
    """Take the call out of a request; raises EditError where there is none.

    Other fields than `id`, `name` and `input` are nobody's business, so a `tool_use` block is a request as it is.
    """
    if "input" not in request:
        raise EditError(f"The request has no `input`; send an object such as {_EXAMPLE}.")
    given, name = request["input"], request.get("name")
    name = default_name if name is None else name
    if not isinstance(given, dict):
        raise EditError(
            '`input` must be an object such as {"command": "view", "path": "."}, not text or anything else.'
        )
    if not isinstance(name, str):
        raise EditError("`name` must be the name of a tool, as a string; without it the editor is meant.")
    identity = request.get("id")
    return ToolCall(identity[:LONGEST_CALL_ID] if isinstance(identity, str) else "", name, given)


def answer_fields(answered: CallOutcome) -> Fields:
    """What is said of a call that was made."""
    result = answered.result
    return {"content": result.content, "is_error": result.is_error, "change": _change(answered.outcome)}


def refusal_fields(reason: str) -> Fields:
    """What is said of a line that no call came of."""
    return {"content": clean(reason), "is_error": True, "change": None}


def description_fields(version: ToolVersion, definitions: list[dict[str, object]]) -> Fields:
    """What is said of the tools; `definitions` are the entries of all, the editor's among them."""
    editor = next(entry for entry in definitions if entry["name"] == version.name)
    return {
        "is_error": False,
        "tool": editor,
        "beta": version.beta,
        "input_schema": input_schema(version),
        "other_tools": [entry for entry in definitions if entry is not editor],
    }


def write_line(identity: object, fields: Mapping[str, Any]) -> bytes:
    """Write an answer as a line of ASCII."""
    return json.dumps({"id": identity, **fields}, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"


def _change(outcome: Outcome | None) -> Fields | None:
    if outcome is None or outcome.proposal is None:
        return None
    (change,) = outcome.proposal.changes
    return {
        "path": change.path,
        "status": str(outcome.kind),
        "diff": clean(change.diff.to_unified()),
        "checkpoint": outcome.checkpoint or None,
    }


def _whole_number(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise EditError(f"The line holds a number of {len(text):,} digits; {MOST_DIGITS:,} can be read.")
    return int(text)


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise EditError("The line holds a number that is too large to be read.")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise EditError(f"The line holds {name}, which is not JSON.")
