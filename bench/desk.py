"""Owns how the desk feels in a long session: 10,000 items, with a difference of 50,000 lines open, against 10 items.

The real program on a terminal, with a session resumed from a journal and the stand-in for the model.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

from bench.long_session import ITEMS_OF_A_TURN, make_session
from bench.terminal import FRAME_END, Terminal, opened
from tests.strict_api import StrictApi, call

SHORT, LONG = 10, 10_000
"""Items."""
DIFF_LINES = 50_000
KEYS = 60
"""Measured keys of each kind; of 60 the 95th percentile is the fourth worst."""
TYPING_REST_SECONDS = 0.05
"""Before each key that is typed at both programs, so that none of them waits for the frame of the key before."""
SCROLL_SECONDS = 3.0
HELD_KEY_SECONDS = 1 / 60
"""Between two repeats of a key that is held down."""
SIZE = (120, 40)
PROMPT, MODEL_KEY, RUBOUT, PAGE_UP, PAGE_DOWN, ESCAPE = "›".encode(), b"Q", b"\x7f", b"\x1b[5~", b"\x1b[6~", b"\x1b"
WHEEL_UP, WHEEL_DOWN = b"\x1b[<64;40;12M", b"\x1b[<65;40;12M"
"""The mouse over the middle of the screen."""
GOALS = (
    f"  goals with {LONG:,} items and {DIFF_LINES:,} lines: 95 of 100 keys in <= 50 ms, <= 250 MiB, >= 30 frames/s; "
    f"typing within 10 % of that at item {SHORT}"
)


@dataclass
class Felt:
    """Keys at one program: seconds until shown, and processor seconds used by each."""

    waits: list[float] = field(default_factory=list)
    used: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    """Bytes that were drawn until it showed."""

    def time(self, terminal: Terminal, press: Callable[[], float]) -> None:
        """Press once."""
        before = terminal.processor
        self.waits.append(press())
        self.used.append(terminal.processor - before)
        self.sizes.append(terminal.seen_bytes)

    def __str__(self) -> str:
        worst = statistics.quantiles(self.waits, n=20)[-1]
        middle, used = statistics.median(self.waits), statistics.median(self.used)
        size = statistics.median(self.sizes)
        return (
            f"{middle * 1000:.1f} ms, 95 of 100 in {worst * 1000:.1f} ms, {used * 1000:.1f} ms cpu "
            f"and {size:,.0f} bytes each"
        )


def notes(runs: int) -> Iterator[str]:
    """Each figure on a line; `runs` is not used, since each is of many keys already."""
    with ExitStack() as stack:
        api = stack.enter_context(StrictApi(lambda body, index: _large_file()))
        short, long = (_resumed(stack, api, items) for items in (SHORT, LONG))
        yield f"opened: {SHORT} items {short.resident:.0f} MiB, {LONG:,} items {long.resident:.0f} MiB"
        yield from _typing(short, long)
        yield f"the wheel up the transcript: {_scrolling(long, WHEEL_UP)}"
        yield f"paging the transcript up: {_scrolling(long, PAGE_UP)}"
        long.press(b"\x1b[1;5F")
        long.press(b"go\r")
        long.until(b"large.py")
        long.settle()
        yield f"review of {DIFF_LINES:,} lines open: {long.resident:.0f} MiB, peak {long.peak:.0f} MiB"
        yield f"a key in the review: {_keys(long, (b'j', b'j', b'k'), FRAME_END)}"
        yield f"the wheel down the review: {_scrolling(long, WHEEL_DOWN)}"
        yield f"paging the review down: {_scrolling(long, PAGE_DOWN)}"
        long.press(ESCAPE)
        long.settle()
        yield f"a typed key, the review waiting: {_keys(long, (MODEL_KEY, RUBOUT), FRAME_END)}"
        yield f"at the end: {long.resident:.0f} MiB, peak {long.peak:.0f} MiB"
    yield GOALS


def _resumed(stack: ExitStack, api: StrictApi, items: int) -> Terminal:
    session = make_session(max(items, ITEMS_OF_A_TURN))
    terminal: Terminal = stack.enter_context(opened(session.command(), session.environment(api), SIZE))
    terminal.until(PROMPT)
    terminal.settle()
    return terminal


def _typing(short: Terminal, long: Terminal) -> Iterator[str]:
    """The same keys at both in turn, so that both meet the same load of the machine."""
    felt = {short: Felt(), long: Felt()}
    for key in (MODEL_KEY, RUBOUT) * (KEYS // 2):
        for terminal, keys in felt.items():
            terminal.read_for(TYPING_REST_SECONDS)
            keys.time(terminal, partial(terminal.echo, key, FRAME_END))
    yield f"a typed key at item {SHORT}: {felt[short]}"
    yield f"a typed key at item {LONG:,}: {felt[long]}"
    ratio = statistics.median(felt[long].used) / statistics.median(felt[short].used)
    waits = statistics.median(felt[long].waits) / statistics.median(felt[short].waits)
    yield f"ratio: {waits:.2f} in waiting, {ratio:.2f} in processor time"


def _keys(terminal: Terminal, keys: Sequence[bytes], wanted: bytes) -> Felt:
    felt = Felt()
    for number in range(KEYS):
        felt.time(terminal, partial(terminal.echo, keys[number % len(keys)], wanted))
    return felt


def _scrolling(terminal: Terminal, key: bytes) -> str:
    """Hold a key down."""
    frames, size, processor, started = 0, 0, terminal.processor, time.monotonic()
    while (seconds := time.monotonic() - started) < SCROLL_SECONDS:
        terminal.press(key)
        drawn = terminal.read_for(HELD_KEY_SECONDS)
        frames, size = frames + drawn.frames, size + drawn.size
    used = terminal.processor - processor
    return (
        f"{frames / seconds:.0f} frames/s, {used / max(frames, 1) * 1000:.1f} ms cpu and "
        f"{size / max(frames, 1):,.0f} bytes a frame"
    )


def _large_file() -> object:
    text = "".join(f"def function_{number}(first, second): return first + second\n" for number in range(DIFF_LINES))
    return call({"command": "create", "path": "large.py", "file_text": text})
