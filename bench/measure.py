"""Owns how a process is timed: alternating with its floor, wall and processor seconds, medians and their ratio."""

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """What one run of a process took, in seconds; `peak` is its largest resident size in MiB."""

    wall: float
    processor: float
    peak: float


Run = Callable[[], Cost]


@dataclass(frozen=True)
class Pair:
    """A measured thing and the floor that it is held against."""

    name: str
    floor: str
    measured: Run
    at_least: Run


def run_process(command: Sequence[str], environment: Mapping[str, str] | None = None, cwd: str | None = None) -> Cost:
    """Run a command to its end and give what the system counted for it and its children."""
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        env=None if environment is None else dict(environment),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    complaint = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}: {complaint.decode()[-500:]}")
    return Cost(time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def compare(pair: Pair, runs: int) -> str:
    """Run both in turn, after one warm-up each, and give one line of the table."""
    pair.measured()
    pair.at_least()
    ours, floors = [], []
    for _ in range(runs):
        ours.append(pair.measured())
        floors.append(pair.at_least())
    own, floor = middle(ours), middle(floors)
    ratios = sorted(a.wall / b.wall for a, b in zip(ours, floors, strict=True))
    processor = statistics.median(a.processor / b.processor for a, b in zip(ours, floors, strict=True))
    return (
        f"{pair.name:<26} {own.wall * 1000:>8.1f} {own.processor * 1000:>8.1f} {own.peak:>7.0f}   "
        f"{pair.floor:<22} {floor.wall * 1000:>8.1f} {floor.processor * 1000:>8.1f} {floor.peak:>7.0f}   "
        f"{statistics.median(ratios):>6.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})  cpu {processor:.2f}"
    )


HEAD = (
    f"{'measured':<26} {'wall ms':>8} {'cpu ms':>8} {'MiB':>7}   "
    f"{'floor':<22} {'wall ms':>8} {'cpu ms':>8} {'MiB':>7}   {'wall ratio, median (range)':>6}"
)


def middle(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.processor for cost in costs),
        statistics.median(cost.peak for cost in costs),
    )
