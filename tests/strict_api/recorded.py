"""What a test may ask about one request that came."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Recorded:
    method: str
    path: str
    """With the query."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: dict[str, Any] | None = None
    """None where there was none, or none that could be read."""
    status: int = 0
    """What it was answered with; 0 until then."""
    refusal: str | None = None
    """Why the stand-in would not take it; None where it did, even if the script then failed it on purpose."""
    request_id: str = ""
    _closed: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def client_closed(self) -> bool:
        """Whether the client left before the answer was complete."""
        return self._closed.is_set()

    def wait_until_closed(self, seconds: float) -> bool:
        return self._closed.wait(seconds)

    def mark_closed(self) -> None:
        self._closed.set()
