"""A stand-in for the Messages API, for tests: it speaks HTTP and SSE on the loopback and refuses what the API refuses.

It reads its rules from a table of its own and must never import the product, whose mistakes it is there to find.

    with StrictApi([call({"command": "view", "path": "a.py"}), say("Done.")]) as api:
        ...  # a client with base_url=api.url and api_key=api.key
    assert api.refusals == [] and api.failures == []
"""

from .recorded import Recorded
from .replies import (
    Answer,
    Failure,
    Hold,
    Reply,
    blocks,
    call,
    delayed,
    dropped,
    error_mid_stream,
    fail,
    held,
    malformed,
    proxy_error,
    say,
    split,
    stalled,
    stop,
    truncated,
    unanswered,
)
from .script import load_script
from .server import StrictApi
from .tables import MODELS, ModelRow

__all__ = [
    "MODELS",
    "Answer",
    "Failure",
    "Hold",
    "ModelRow",
    "Recorded",
    "Reply",
    "StrictApi",
    "blocks",
    "call",
    "delayed",
    "dropped",
    "error_mid_stream",
    "fail",
    "held",
    "load_script",
    "malformed",
    "proxy_error",
    "say",
    "split",
    "stalled",
    "stop",
    "truncated",
    "unanswered",
]
