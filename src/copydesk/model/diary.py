"""Owns what the diagnostic log is told of requests: their size and their fate, never what they say."""

import json
import logging
from typing import Any

from copydesk.model.requests import ModelRequest

_log = logging.getLogger("copydesk.model")


def note_request(request: ModelRequest) -> None:
    """A request is about to be sent."""
    if _log.isEnabledFor(logging.DEBUG):
        facts = {
            "model": request.parameters.body["model"],
            "betas": request.parameters.betas,
            "messages": len(request.messages),
            "bytes": len(json.dumps([request.system, request.tools, list(request.messages)])),
        }
        _log.debug("begins", extra={"span": id(request), "facts": facts})


def note_answer(request: ModelRequest, response: Any) -> None:
    """An answer has begun to come."""
    if _log.isEnabledFor(logging.DEBUG):
        facts = {"status": response.status_code, "request_id": response.headers.get("request-id")}
        _log.debug("answered", extra={"span": id(request), "facts": facts})


def note_failure(request: ModelRequest, error: Exception, attempt: int) -> None:
    """An attempt has failed."""
    if _log.isEnabledFor(logging.DEBUG):
        response = getattr(error, "response", None)
        facts = {
            "attempt": attempt,
            "error": type(error).__name__,
            "status": getattr(error, "status_code", None),
            "request_id": response.headers.get("request-id") if response is not None else None,
        }
        _log.debug("failed", extra={"span": id(request), "facts": facts})
