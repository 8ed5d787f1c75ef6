"""A request that the API would not take, with the status and the error body that it would send."""

from __future__ import annotations


class Refusal(Exception):
    """Carries what the error answer says; `reason` is the sentence that a failing test should show."""

    def __init__(self, reason: str, *, status: int = 400, kind: str = "invalid_request_error") -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.kind = kind


def not_found(reason: str) -> Refusal:
    return Refusal(reason, status=404, kind="not_found_error")
