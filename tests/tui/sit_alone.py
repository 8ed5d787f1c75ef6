"""Owns a screen on a scripted session in a process of its own, with failures planted under keys.

`python -m tests.tui.sit_alone FOLDER [waits]`; what the session was asked for is in `FOLDER/session.json` in the end.
"""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

from textual import events

from copydesk.domain.events import Envelope, Noticed, TurnStarted
from copydesk.frontends.tui.app import CopydeskApp, run_app
from copydesk.frontends.tui.bridge import SessionPort
from copydesk.frontends.tui.facts import Facts
from copydesk.launch.mishaps import keep_trace
from copydesk.launch.terminal import complain
from tests.tui.driver import FACTS
from tests.tui.fake_session import FakeSession


class Planted(Exception):
    """What the test put there."""


class FailingSession(FakeSession):
    """Fails to take a prompt, in a worker, and to change the mode, in an action; and to tell of itself, when broken."""

    is_broken = False

    async def subscribe(self, since: int = 0) -> AsyncIterator[Envelope]:
        async for envelope in super().subscribe(since):
            if self.is_broken:
                raise Planted
            yield envelope

    async def submit(self, prompt: str) -> None:
        raise Planted

    def set_mode(self, mode: str) -> None:
        raise Planted


BROKEN = FailingSession()


class FailingApp(CopydeskApp):
    """F9 breaks a frame line, F10 the transcript, F11 fails in the handler itself; F12 breaks what all stands on."""

    def on_key(self, event: events.Key) -> None:
        match event.key:
            case "f9":
                self._break(self.desk._header)
            case "f10":
                self._break(self.desk._transcript)
            case "f11":
                raise Planted
            case "f12":
                BROKEN.is_broken = True
                BROKEN.emit(Noticed("This is not heard any more."))
            case _:
                pass

    def _break(self, widget: Any) -> None:
        widget.render_line = widget.painted_line = self._fail
        widget.refresh()

    def _fail(self, *_: object) -> object:
        raise Planted


def main(folder: Path, kind: str = "") -> int:
    session = FakeSession() if kind else BROKEN
    session.begin()
    if kind == "waits":
        session.emit(TurnStarted("fix it"))
        session.propose()

    async def open_session(learn: Callable[[Facts], None]) -> SessionPort:
        session.emit(Noticed("The session is followed."))
        return session

    code = run_app(FailingApp(open_session, FACTS, None, None, partial(keep_trace, folder)), complain)
    asked = {"cancelled": session.cancelled, "closed": session.has_ended, "decided": len(session.decisions)}
    (folder / "session.json").write_text(json.dumps(asked))
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
