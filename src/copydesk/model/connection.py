"""Owns the SDK: loads it in a thread, makes its one client with its one TLS context, and closes it.

Nothing here loads the SDK by being imported. `prepare` returns at once, so that a screen can be drawn meanwhile.
"""

import asyncio
import gc
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from copydesk.domain.errors import CopydeskError, ModelError, UsageError
from copydesk.model.failures import CredentialsMissing
from copydesk.model.notices import Notices
from copydesk.model.providers import FOUNDRY_URL, MISSING, NO_CREDENTIALS, Credentials
from copydesk.model.rehearsal import rehearse

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic
    from httpx2 import AsyncBaseTransport, AsyncClient, Timeout

DEFAULT_TIMEOUT: Final = 600.0
"""Seconds without a byte, also a ping's, after which a reply counts as stalled."""
CONNECT_TIMEOUT: Final = 10.0
"""Seconds."""

MakeTransport = Callable[[], "AsyncBaseTransport"]
"""Makes what carries the requests in place of the network; called once, in the loading thread."""


class Connection:
    """The way to the Messages API; belongs to one event loop once `client` was awaited."""

    def __init__(
        self,
        credentials: Credentials,
        notice: Callable[[str], None],
        *,
        timeout: float = DEFAULT_TIMEOUT,
        make_transport: MakeTransport | None = None,
    ) -> None:
        self._credentials = credentials
        self.notices = Notices(notice, self.redact)
        self._timeout = timeout
        self._make_transport = make_transport
        self._loading: Future[AsyncAnthropic] | None = None

    def redact(self, text: str) -> str:
        """Black out the secrets of this connection."""
        return self._credentials.redact(text)

    @property
    def has_credentials(self) -> bool:
        """False where the person still has to give a key."""
        return self._credentials is not NO_CREDENTIALS

    def use_key(self, key: str) -> None:
        """Sign later requests with this API key; the client is made anew."""
        self._credentials = Credentials(
            api_key=key, base_url=self._credentials.base_url, provider=self._credentials.provider
        )
        self._loading = None

    def prepare(self) -> None:
        """Begin to load the SDK, once, in a thread that does not keep the process alive."""
        if self._loading is None:
            self._loading = Future()
            self.notices.listen()
            threading.Thread(target=self._load, args=(self._loading,), name="load-sdk", daemon=True).start()

    async def client(self) -> "AsyncAnthropic":
        """Wait for the SDK's client; raises UsageError or ModelError where it cannot be made."""
        self.prepare()
        assert self._loading is not None
        return await asyncio.shield(asyncio.wrap_future(self._loading))

    def request_headers(self) -> dict[str, Any]:
        """Headers of every request beyond the SDK's own; only after the client is there."""
        from anthropic import Omit

        if self._credentials.use_x_api_key and self._credentials.api_key:
            return {"X-Api-Key": self._credentials.api_key, "Authorization": Omit()}
        return {}

    async def aclose(self) -> None:
        """Close what is open and give the SDK's loggers back; a load that still runs is left to itself."""
        self.notices.stop()
        if self._loading is not None and self._loading.done() and not self._loading.exception():
            await self._loading.result().close()

    def _load(self, loading: "Future[AsyncAnthropic]") -> None:
        """An error is whoever waits's to handle; one that is not ours still ends the wait."""
        try:
            with _collector_paused():
                client = self._make_client()
                rehearse()
            loading.set_result(client)
        except CopydeskError as error:
            loading.set_exception(error)
        finally:
            if not loading.done():
                loading.set_exception(ModelError("The Anthropic SDK could not be loaded."))

    def _make_client(self) -> "AsyncAnthropic":
        if not self.has_credentials:
            raise CredentialsMissing(MISSING)
        try:
            from anthropic import AnthropicError, AsyncAnthropic, AsyncAnthropicFoundry
            from httpx2 import InvalidURL, Timeout
        except ImportError as error:
            raise ModelError(f"The Anthropic SDK cannot be imported: {error}. Install copydesk again.") from error
        timeout = Timeout(self._timeout, connect=min(self._timeout, CONNECT_TIMEOUT))
        try:
            kind = AsyncAnthropicFoundry if self._credentials.provider == "foundry" else AsyncAnthropic
            client: AsyncAnthropic = kind(
                **self._arguments(),
                timeout=timeout,
                max_retries=0,
                open_telemetry=False,
                http_client=self._make_http_client(timeout),
            )
        except InvalidURL as error:
            name = FOUNDRY_URL if self._credentials.provider == "foundry" else "ANTHROPIC_BASE_URL"
            raise UsageError(f"{name} is no address: {self.redact(str(error))}.") from None
        except AnthropicError as error:
            raise CredentialsMissing(f"The credentials cannot be used: {self.redact(str(error))}") from None
        if not (client.api_key or client.auth_token or client.credentials or self._credentials.headers):
            raise CredentialsMissing(MISSING)
        return client

    def _arguments(self) -> dict[str, Any]:
        """Exactly one credential, so that the SDK does not look for others; with none it finds a profile itself."""
        own = self._credentials
        shared: Mapping[str, Any] = {"base_url": own.base_url, "default_headers": dict(own.headers)}
        for name in ("api_key", "auth_token", "profile"):
            if value := getattr(own, name):
                return {name: value, **shared}
        return dict(shared)

    def _make_http_client(self, timeout: "Timeout") -> "AsyncClient":
        """A redirect could carry a key's own header to another host: only bearer tokens are known to stay behind."""
        from anthropic import DefaultAsyncHttpxClient
        from httpx2 import create_ssl_context

        own = self._credentials
        follows = not (own.use_x_api_key or own.headers or own.provider == "foundry")
        if self._make_transport:
            return DefaultAsyncHttpxClient(transport=self._make_transport(), timeout=timeout, follow_redirects=follows)
        return DefaultAsyncHttpxClient(verify=create_ssl_context(), timeout=timeout, follow_redirects=follows)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Loading makes many objects and no garbage: collecting in between costs a fifth of its time.

    They stay, and are never looked through afterwards: with them a whole collection would hold up the keys for 150 ms.
    """
    was_running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_running:
            _keep_what_is_loaded()
            gc.enable()


@cache
def _keep_what_is_loaded() -> None:
    """Once in a process: garbage of later would be kept with it."""
    gc.freeze()
