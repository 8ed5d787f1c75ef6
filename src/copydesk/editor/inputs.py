"""Owns the reading of the values that a model sent, one by one, and how they are named in an answer.

Every value is taken in each way in which models write it; nothing here knows a tool or its parameters.
"""

import re
from collections.abc import Collection, Mapping

from copydesk.domain.errors import EditError

Values = Mapping[str, object]
"""A call's parameters without those that are null: models send null for what they leave out."""
WHOLE_NUMBER = re.compile(r"\s*([+-]?[0-9]{1,18})\s*")
"""A whole number that came as a string."""
_LARGEST = 10**18
"""No file has as many lines; numbers up to here are as short as what `WHOLE_NUMBER` takes."""
_ECHO_LENGTH = 60


def sent_values(given: Mapping[object, object]) -> Values:
    """Take the parameters of a call, without those that are null."""
    return {str(name): value for name, value in given.items() if value is not None}


def refuse_unknown(name: str, values: Values, known: Collection[str]) -> None:
    """EditError for a parameter that the tool or command of a name does not take."""
    unknown = [parameter for parameter in values if parameter not in known]
    if unknown:
        raise EditError(f"`{name}` takes no {echo(unknown[0])}; its parameters are {', '.join(known)}.")


def whole_number(value: object) -> int | None:
    """A whole number, however it was written; True and False are none."""
    match value:
        case bool():
            return None
        case int() | float() if abs(value) < _LARGEST and value == int(value):
            return int(value)
        case str() if found := WHOLE_NUMBER.fullmatch(value):
            return int(found[1])
        case _:
            return None


def echo(value: object) -> str:
    """What was sent, on one line and never long."""
    text = repr(value) if isinstance(value, str | int | float) else type_name(value)
    return text if len(text) <= _ECHO_LENGTH else text[:_ECHO_LENGTH] + "…"


def type_name(value: object) -> str:
    """What kind of JSON value it is, with its article."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list() | tuple():
            return f"a list of {len(value)}"
        case _:
            return "an object"


def switch(value: object) -> bool | None:
    """True or False, however it was written; None for what is neither."""
    match value:
        case bool():
            return value
        case str() if (word := value.strip().lower()) in ("true", "false"):
            return word == "true"
        case _:
            return None
