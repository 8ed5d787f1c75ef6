"""Owns what can go wrong on the way to the model: one error for each kind of trouble, and which SDK error is which.

Every message is a sentence with a way out. None holds a credential: what the API or the SDK said is redacted first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from copydesk.domain.errors import CassetteError, CopydeskError, ModelError, UsageError
from copydesk.model.retries import LONGEST_WAIT, advised_wait

if TYPE_CHECKING:
    from anthropic import APIConnectionError, APIStatusError

CASSETTE_ERROR: Final = "cassette_error"
"""`error.type` of an answer by which a replay says that it was asked for something else."""

_RETRIED_STATUSES: Final = (408, 409, 429)
_SPEND_LIMITS: Final = (
    "contract_spend_limit_reached",
    "enforced_spend_limit_reached",
    "linked_organization_billing_unavailable",
    "linked_organization_spend_limit_reached",
)


class CredentialsMissing(UsageError):
    """There is nothing to sign a request with."""


class CredentialsRejected(ModelError):
    """The API knows the credentials and does not take them, or does not know them."""


class RequestRejected(ModelError):
    """The API understood the request and refuses it; sending it again would not help."""

    def __init__(self, message: str, *, is_context_too_long: bool = False, is_signature_mismatch: bool = False) -> None:
        super().__init__(message)
        self.is_context_too_long = is_context_too_long
        self.is_signature_mismatch = is_signature_mismatch


class SpendLimitReached(ModelError):
    """The account may not spend more; waiting a little does not help."""


class ModelUnavailable(ModelError):
    """The API is overloaded, down or out of reach, and stayed so."""


class StreamBroken(ModelError):
    """A reply broke off in the middle."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed attempt, and what may be done about it."""

    error: CopydeskError
    is_retryable: bool = False
    wait: float | None = None
    """Seconds that the API asks to wait; None leaves it to us."""


Redact = Callable[[str], str]


def request_failure(error: Exception, redact: Redact, now: float) -> Failure:
    """Say what an error before the first byte means; `now` is seconds since the epoch."""
    from anthropic import AnthropicError, APIConnectionError, APIStatusError, CredentialsError

    match error:
        case APIStatusError():
            return _status_failure(error, redact, now)
        case APIConnectionError():
            return Failure(_unreachable(error, redact), is_retryable=True)
        case CredentialsError():
            return Failure(CredentialsMissing(f"The credentials cannot be used: {redact(str(error))}"))
        case TypeError() if "authentication" in str(error):
            return Failure(CredentialsMissing("There are no credentials to sign the request with."))
        case AnthropicError():
            return Failure(ModelError(f"The request could not be sent: {redact(str(error))}"))
        case _:
            return Failure(ModelError(f"The request could not be sent: {_described(error, redact)}."))


def stream_failure(error: Exception, redact: Redact) -> StreamBroken:
    """Say how a reply broke off: dropped, stalled, or with bytes that are no events."""
    from httpx2 import HTTPError, TimeoutException

    match error:
        case StreamBroken():
            return error
        case TimeoutException():
            return StreamBroken("The reply stalled: nothing came for too long (--timeout).")
        case HTTPError():
            return StreamBroken(f"The connection broke in the middle of the reply: {_described(error, redact)}.")
        case _:
            return StreamBroken(f"The reply cannot be read: {_described(error, redact)}.")


def reported_in_stream(kind: str, message: str, redact: Redact) -> StreamBroken:
    """Say what an `error` event in the middle of a reply reports."""
    return StreamBroken(f"The API broke off its reply: {redact(message or kind)}.")


def _status_failure(error: "APIStatusError", redact: Redact, now: float) -> Failure:
    advised = error.response.headers.get("x-should-retry")
    is_retryable = error.status_code in _RETRIED_STATUSES or error.status_code >= 500
    wait = advised_wait(error.response.headers, now)
    known = _known(error, redact)
    if known and (advised != "true" or isinstance(known, CassetteError)):
        return Failure(known)
    said = _said(error, redact)
    unavailable = ModelUnavailable(f"The API does not answer now: {said}. Try again later, or with another model.")
    if wait is not None and wait > LONGEST_WAIT:
        return Failure(ModelUnavailable(f"The API asks to wait {wait:.0f} s: {said}. Try again then."))
    if advised in ("true", "false"):
        return Failure(known or unavailable, is_retryable=advised == "true", wait=wait)
    return Failure(unavailable, is_retryable=is_retryable, wait=wait)


def _known(error: "APIStatusError", redact: Redact) -> CopydeskError | None:
    """The error that no repetition mends; None for those that may pass."""
    status, said = error.status_code, _said(error, redact)
    if str(error.type) == CASSETTE_ERROR:
        return CassetteError(redact(error.api_message or said))
    if status == 402 or error.type == "billing_error" or error.error_code in _SPEND_LIMITS:
        return SpendLimitReached(f"The account's spending limit is reached: {said}. Raise it in the console.")
    if status in (401, 403):
        return CredentialsRejected(
            f"The API rejects the credentials: {said}. Check ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN or the profile, "
            "and that they belong to this address (ANTHROPIC_BASE_URL)."
        )
    if status in _RETRIED_STATUSES or status >= 500:
        return None
    return _rejection(error, said)


def _rejection(error: "APIStatusError", said: str) -> RequestRejected:
    text = (error.api_message or "").lower()
    if error.status_code == 413 or "prompt is too long" in text or "context window" in text:
        way_out = f"The conversation is too long for the model: {said}. Start a new session, or go back some turns."
        return RequestRejected(way_out, is_context_too_long=True)
    if error.status_code == 404:
        return RequestRejected(f"The API does not know what was asked for: {said}. Check the model and the address.")
    is_mismatch = "invalid `signature` in `thinking` block" in text
    return RequestRejected(f"The API refuses the request: {said}.", is_signature_mismatch=is_mismatch)


def _said(error: "APIStatusError", redact: Redact) -> str:
    """The API's own words with status and request id; a proxy's page of HTML is not repeated."""
    words = error.api_message or ("" if isinstance(error.body, str) else str(error.message))
    named = f"status {error.status_code}" + (f", request {error.request_id}" if error.request_id else "")
    text = redact(words.strip().rstrip("."))
    return f"{text} ({named})" if text else named


def _unreachable(error: "APIConnectionError", redact: Redact) -> ModelUnavailable:
    from anthropic import APITimeoutError

    host = error.request.url.host
    if isinstance(error, APITimeoutError):
        return ModelUnavailable(f"{host} did not answer in time. Try again, or allow more time (--timeout).")
    cause = error.__cause__ or error
    return ModelUnavailable(
        f"{host} cannot be reached: {_described(cause, redact)}. Check the network and ANTHROPIC_BASE_URL."
    )


def _described(error: BaseException, redact: Redact) -> str:
    return redact(str(error).strip().rstrip(".")) or type(error).__name__
