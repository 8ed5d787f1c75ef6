"""Owns the program of the soak: the interface on a session that plays a turn for each prompt, and counts what it holds.

`python -m bench.soak_app FILE` appends a line of counts to the file every so many turns. Events pass the engine's own
bus and are kept there as in a real session; nothing is asked of a model, and nothing is written to a workspace.

What is held is counted in a copy of the process: to follow all that is reachable takes more memory each time the longer
a session is, and done in the process itself that was 4 MiB in 1,000 turns, counted as if the interface had grown by it.
"""

import asyncio
import gc
import json
import os
import sys
import time
import warnings
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from types import FunctionType, ModuleType

from copydesk.domain import events
from copydesk.domain.usage import Usage
from copydesk.engine.bus import Bus
from copydesk.frontends.tui.app import CopydeskApp, run_app
from copydesk.frontends.tui.bridge import SessionPort
from copydesk.frontends.tui.facts import Facts
from tests.tui.fake_session import STATS, FakeSession

COUNTED_TURNS = 200
"""Between two lines of counts."""
ASKED_TURNS = 40
"""Every so many turns the person decides; the other edits are decided as by another front end."""
PIECE_CHARACTERS, PIECE_SECONDS = 48, 0.002
"""Of a text: what arrives together, and the time between two."""
TOOL = "str_replace_based_edit_tool"
REPLY = """The report of turn {turn} rounds **once** now, where the sum is known.

- `total` in `src/stats.py` takes the values as they are
- the callers say how many places they want

```python
def total(values: list[int], places: int = 2) -> float:
    return round(sum(values), places)
```

turn {turn} done
"""


class PlayedSession(FakeSession):
    """A session that answers each prompt with a view, an edit and some Markdown."""

    def __init__(self, counts: Path) -> None:
        super().__init__()
        self._counts = counts
        self._bus = Bus("s", time.time, lambda envelope: None)
        self._turns: set[asyncio.Task[None]] = set()
        self._decided = asyncio.Event()
        self.drawn: Callable[[], Mapping[str, object]] = dict
        """Gives what the interface keeps of it, by its name."""

    def emit(self, *emitted: events.Event) -> None:
        for event in emitted:
            self._bus.emit(event)
            if isinstance(event, events.ApprovalResolved):
                self._decided.set()

    def subscribe(self, since: int = 0) -> AsyncIterator[events.Envelope]:
        return self._bus.subscribe(since)

    async def submit(self, prompt: str) -> None:
        turn = asyncio.create_task(self._play(prompt))
        self._turns.add(turn)
        turn.add_done_callback(self._turns.discard)

    async def close(self) -> None:
        self._bus.close()

    async def _play(self, prompt: str) -> None:
        self._bus.turn += 1
        turn = self._bus.turn
        self.emit(events.TurnStarted(prompt), events.ThinkingDelta("The rounding comes first."))
        self.emit(events.ThinkingFinished("The rounding comes first.", 0.4))
        viewed = "".join(f"{number:>6}\tvalue_{turn} = {number}\n" for number in range(20))
        self.emit(events.ToolCallStarted(f"v{turn}", TOOL, {"command": "view", "path": "src/stats.py"}))
        self.emit(events.ToolCallFinished(f"v{turn}", viewed, is_error=False))
        await self._edit(turn)
        text = REPLY.format(turn=turn)
        for start in range(0, len(text), PIECE_CHARACTERS):
            self.emit(events.TextDelta(text[start : start + PIECE_CHARACTERS]))
            await asyncio.sleep(PIECE_SECONDS)
        usage = Usage(input_tokens=900, output_tokens=200)
        self.emit(events.TextFinished(text), events.UsageReported(usage, "0.01"), events.TurnFinished("done"))
        if turn % COUNTED_TURNS == 0:
            self._count(turn)

    async def _edit(self, turn: int) -> None:
        """One edit; it waits for the person's key, or is accepted elsewhere."""
        call, digest = f"e{turn}", f"d{turn}"
        self.emit(events.ToolCallStarted(call, TOOL, {"command": "str_replace", "path": "src/stats.py"}))
        self.waiting[f"p-{call}-{digest}"] = digest
        self.emit(events.ProposalMade(f"p-{call}-{digest}", call, digest, (STATS,)))
        if turn % ASKED_TURNS == 0:
            self._decided.clear()
            self.emit(events.ApprovalRequested(f"p-{call}-{digest}", "Mode ask shows each edit to the person."))
            await self._decided.wait()
        else:
            del self.waiting[f"p-{call}-{digest}"]
            self.emit(events.ChangeApplied(f"p-{call}-{digest}", call, "src/stats.py", "7f3a", STATS))
        self.emit(events.ToolCallFinished(call, "Edited src/stats.py.", is_error=False))

    def _count(self, turn: int) -> None:
        gc.collect()
        timers = len(getattr(asyncio.get_running_loop(), "_scheduled", ()))
        line = {"turn": turn, "tasks": len(asyncio.all_tasks()), "timers": timers, "blocks": sys.getallocatedblocks()}
        in_a_copy(lambda: self._write(line))

    def _write(self, line: Mapping[str, int]) -> None:
        kept: Mapping[str, object] = {"events": self._bus.kept, **self.drawn()}
        with self._counts.open("a", encoding="ascii") as counts:
            counts.write(json.dumps({**line, "held": held_apart(kept)}) + "\n")


def in_a_copy(work: Callable[[], object]) -> None:
    """Do something in a copy of this process, and wait for its end: what it takes is never this process's own."""
    with warnings.catch_warnings():
        # The copy has none of the threads, and what it does waits for none of them.
        warnings.simplefilter("ignore", DeprecationWarning)
        copy = os.fork()
    if copy:
        os.waitpid(copy, 0)
        return
    try:
        work()
    finally:
        os._exit(0)


def held_apart(roots: Mapping[str, object]) -> dict[str, int]:
    """Bytes that each of the values holds beyond those before it."""
    sizes = [held_bytes(list(roots.values())[:count]) for count in range(len(roots) + 1)]
    return {name: sizes[number + 1] - sizes[number] for number, name in enumerate(roots)}


def held_bytes(roots: list[object]) -> int:
    """What values and all that they hold take, each counted once; of code there is none in what was said."""
    seen, waiting, size = set[int](), list(roots), 0
    while waiting:
        value = waiting.pop()
        if id(value) not in seen and not isinstance(value, (type, FunctionType, ModuleType)):
            seen.add(id(value))
            size += sys.getsizeof(value)
            waiting += gc.get_referents(value)
    return size


def main() -> None:
    """Run the interface until it is left or ended."""
    session = PlayedSession(Path(sys.argv[1]))

    async def opened(learn: Callable[[Facts], None]) -> SessionPort:
        session.begin()
        return session

    session.drawn = lambda: {"transcript": app.state.transcript, "account": app.state.account}
    app = CopydeskApp(opened, Facts("webshop", "claude-opus-4-8", "text_editor_20250728", "ask", "0"))
    sys.exit(run_app(app, sys.stderr.write))


if __name__ == "__main__":
    main()
