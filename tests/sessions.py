"""Owns a real session for tests: a real workspace, the real SDK, and the strict stand-in as its API."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from copydesk.assembly.place import Place, open_place
from copydesk.assembly.session import SessionPlan, open_session
from copydesk.config import Config
from copydesk.domain.decisions import Decision
from copydesk.domain.events import ApprovalRequested, Envelope, Event, TurnFinished
from copydesk.domain.policies import Mode
from copydesk.domain.transcript import ToolCard, Transcript, fold
from copydesk.engine.frame import Frame, Limits
from copydesk.engine.prompts import system_prompt
from copydesk.engine.relay import Relay
from copydesk.engine.session import Session
from copydesk.model.client import ClaudeModel
from copydesk.model.connection import Connection
from copydesk.model.parameters import RequestOptions, parameters
from copydesk.model.pricing import cost
from copydesk.model.profiles import resolve
from copydesk.model.providers import Credentials
from copydesk.model.retries import Retries
from copydesk.tools.declarations import exploring_definitions
from tests.strict_api import StrictApi


@dataclass(kw_only=True)
class Wish:
    """What a test wants of its session."""

    model: str = "claude-opus-4-8"
    mode: Mode = Mode.ACCEPT
    is_interactive: bool = False
    limits: Limits = field(default_factory=Limits)
    config: Config = field(default_factory=Config)
    resumes: str | None = None
    forks: bool = False
    watches: bool = False
    leaves_record: bool = True
    system: str = ""
    tool_version: str = "auto"
    environment: Mapping[str, str] | None = None
    """What checks are run in; None offers none."""


async def no_wait(_: float) -> None:
    """Retries of tests do not wait."""
    await asyncio.sleep(0)


class Talk:
    """A session and everything it has said so far."""

    def __init__(self, session: Session, place: Place, api: StrictApi) -> None:
        self.session = session
        self.place = place
        self.api = api
        self.envelopes: list[Envelope] = []
        self._decided = 0
        self._reading = asyncio.ensure_future(self._read())

    @property
    def events(self) -> list[Event]:
        return [envelope.event for envelope in self.envelopes]

    @property
    def transcript(self) -> Transcript:
        return fold(Transcript(), self.envelopes)

    @property
    def last_turn(self) -> TurnFinished:
        return next(e for e in reversed(self.events) if isinstance(e, TurnFinished))

    async def say(self, prompt: str) -> TurnFinished:
        """Submit a prompt and wait for the turn's end."""
        await self.session.submit(prompt)
        await self.session.idle()
        await self.settled()
        return self.last_turn

    async def until(self, kind: type[Any], count: int = 1) -> Any:
        """Wait until an event of a kind was seen so often, and give the last of them."""
        async with asyncio.timeout(20):
            while True:
                found = [event for event in self.events if isinstance(event, kind)]
                if len(found) >= count:
                    return found[-1]
                await asyncio.sleep(0.005)

    async def waiting(self) -> ToolCard:
        """Wait until a proposal waits for the person."""
        await self.until(ApprovalRequested, 1 + self._decided)
        return self.transcript.waiting[0]

    async def decide(self, *, accepted: bool, note: str = "") -> ToolCard:
        """Wait for a proposal and decide about what it shows."""
        card = await self.waiting()
        self._decided += 1
        assert self.session.decide(card.proposal, Decision(accepted, card.digest, note))
        return card

    async def settled(self) -> None:
        """Let the reader catch up."""
        for _ in range(3):
            await asyncio.sleep(0)

    def results(self, body: int = -1) -> list[dict[str, Any]]:
        """The tool results of the last message of a request."""
        content = self.api.bodies[body]["messages"][-1]["content"]
        return [block for block in content if block["type"] == "tool_result"]

    async def close(self) -> None:
        await self.session.close()
        await self._reading

    async def _read(self) -> None:
        async for envelope in self.session.subscribe():
            self.envelopes.append(envelope)


def session_on(place: Place, api: StrictApi, wished: Wish) -> Session:
    """Open a session that was not started yet."""
    relay = Relay(place.root if wished.watches else None)
    connection = Connection(Credentials(api_key=api.key, base_url=api.url), relay.notice)
    model = ClaudeModel(connection, Retries(random.random, time.time, no_wait, 2), time.monotonic)
    plan = SessionPlan(
        frame=frame(wished),
        model=model,
        mode=wished.mode,
        config=wished.config,
        environment=wished.environment,
        relay=relay,
        is_interactive=wished.is_interactive,
        resumes=wished.resumes,
        forks=wished.forks,
        leaves_record=wished.leaves_record,
    )
    return open_session(place, plan)


@asynccontextmanager
async def talking(api: StrictApi, workspace: Path, wish: Wish | None = None, refusals: int = 0) -> AsyncIterator[Talk]:
    """Open a session on a workspace and close it again; no more of what it sent may have been refused than said."""
    wished = wish or Wish()
    place = open_place(str(workspace), dict(os.environ))
    session = session_on(place, api, wished)
    session.start()
    talk = Talk(session, place, api)
    try:
        yield talk
    finally:
        await talk.close()
        place.root.close()
    assert len(api.refusals) == refusals, api.refusals
    assert api.failures == [], api.failures


def frame(wish: Wish) -> Frame:
    """What every request of a test's session carries."""
    profile = resolve(wish.model)
    request = parameters(profile, RequestOptions(tool_version=wish.tool_version))
    tools = (dict(request.tools_entry), *exploring_definitions())
    return Frame(request, wish.system or system_prompt(), tools, lambda usage: cost(profile, usage), wish.limits)
