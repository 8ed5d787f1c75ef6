"""Owns the rehearsal of a first request: what the SDK puts off until then, half its modules, is done in a thread.

It must never reach a network, nor anybody's credentials: it fails at a socket's path that cannot be.
"""

import asyncio
from contextlib import suppress
from functools import cache
from typing import Final

NO_SOCKET: Final = "/dev/null/no-socket"
NO_KEY: Final = "rehearsal"
NO_ADDRESS: Final = "http://rehearsal.invalid"


@cache
def rehearse() -> None:
    """Make a request that cannot be sent, once in a process; belongs in a thread without an event loop."""
    with suppress(OSError):
        asyncio.run(_send_nowhere())


async def _send_nowhere() -> None:
    from anthropic import AnthropicError, AsyncAnthropic, DefaultAsyncHttpxClient
    from httpx2 import AsyncHTTPTransport

    way = DefaultAsyncHttpxClient(transport=AsyncHTTPTransport(uds=NO_SOCKET, verify=False, trust_env=False))
    client = AsyncAnthropic(
        api_key=NO_KEY, base_url=NO_ADDRESS, max_retries=0, open_telemetry=False, timeout=1.0, http_client=way
    )
    async with client:
        with suppress(AnthropicError):
            await client.messages.create(
                model="none", max_tokens=1, messages=[{"role": "user", "content": "none"}], stream=True
            )
