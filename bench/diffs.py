"""Owns what differences cost: computing, selecting, applying, deciding and writing them, against git's whole process.

`python -m bench.diffs NAME SHAPE` does one of them in a fresh process and prints what it took as JSON: wall and
processor seconds, and by how many MiB it raised the peak of the resident size. git is run on the same two files.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from bench.measure import Cost, Pair

FLOOR = "git diff --no-index"
LARGE, ONE_LINE = "50,000 lines", "one line of 1 MB"
GROWING = ("1,000 lines", "10,000 lines", "100,000 lines")
"""A change in each hundred lines, as in the large one."""
ALIKE = ("1,000 alike", "10,000 alike", "100,000 alike")
"""Lines of four values, so that none tells where it belongs."""
OPERATIONS = ("diff", "select", "apply", "select + apply", "decide", "unified", "words")
FUNCTION = (
    "def function_{0}(first, second):\n",
    "    total = first + second * {0}\n",
    '    log.debug("the total is %s", total)\n',
    "    return total\n",
    "\n",
)

Action = Callable[[], object]


def pairs() -> Iterator[Pair]:
    """Each operation on the large file and on the long line, then the difference alone at each size."""
    for shape in (LARGE, ONE_LINE):
        for name in OPERATIONS[: 7 if shape == ONE_LINE else 6]:
            yield Pair(f"{name}, {shape}", FLOOR, partial(run, name, shape), partial(run, "git", shape))
    for shape in (*GROWING, *ALIKE):
        yield Pair(f"diff, {shape}", FLOOR, partial(run, "diff", shape), partial(run, "git", shape))


def run(name: str, shape: str) -> Cost:
    """Do one operation in a fresh process."""
    answer = subprocess.run([sys.executable, "-m", "bench.diffs", name, shape], check=True, capture_output=True)
    took = json.loads(answer.stdout)
    return Cost(took["wall"], took["processor"], took["peak"])


def main() -> None:
    """Prepare, time, print."""
    name, (before, after) = sys.argv[1], sides(sys.argv[2])
    who = resource.RUSAGE_CHILDREN if name == "git" else resource.RUSAGE_SELF
    with tempfile.TemporaryDirectory(prefix="copydesk-bench-") as folder:
        action = git(Path(folder), before, after) if name == "git" else operation(name, before, after)
        used = resource.getrusage(who)
        wall = time.perf_counter()
        action()
        wall, now = time.perf_counter() - wall, resource.getrusage(who)
    processor = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    print(json.dumps({"wall": wall, "processor": processor, "peak": (now.ru_maxrss - used.ru_maxrss) / 1024}))


def operation(name: str, before: bytes, after: bytes) -> Action:
    """What an operation does; what comes before it is done already."""
    from copydesk.changes.landing import land
    from copydesk.domain.decisions import Choice, FileDecision, HunkDecision
    from copydesk.domain.diffs import diff_images
    from copydesk.domain.proposals import FileChange, FileImage
    from copydesk.domain.splicing import splice_hunks
    from copydesk.domain.words import word_changes

    change = FileChange("file", FileImage(before), FileImage(after))
    diff = change.diff
    every_second = range(1, len(diff.hunks) + 1, 2)
    sizes = {number: len(diff.hunks[number - 1].lines) for number in every_second}
    taken = tuple(HunkDecision(number, Choice.ACCEPT, lines=(0, size)) for number, size in sizes.items())
    actions: dict[str, Action] = {
        "diff": lambda: diff_images("file", before, after),
        "select": lambda: diff.select(every_second),
        "apply": lambda: splice_hunks(before, diff.hunks),
        "select + apply": lambda: splice_hunks(before, diff.select(every_second).hunks),
        "decide": lambda: land(change, FileDecision("file", Choice.REJECT, taken)),
        "unified": diff.to_unified,
        "words": lambda: word_changes(before.decode(), after.decode()),
    }
    return actions[name]


def git(folder: Path, before: bytes, after: bytes) -> Action:
    """git's own difference, printed to nowhere; it ends with 1 where there is one."""
    paths = [folder / "before", folder / "after"]
    for path, data in zip(paths, (before, after), strict=True):
        path.write_bytes(data)
    command = ["git", "diff", "--no-index", "--histogram", *map(str, paths)]

    def action() -> None:
        if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode != 1:
            raise RuntimeError("git found no difference")

    return action


def sides(shape: str) -> tuple[bytes, bytes]:
    """Both versions of a file."""
    if shape == ONE_LINE:
        words = b"".join(b'{"key_%d": [%d, null]}, ' % (number, number * 7) for number in range(35_000))
        return words + b"\n", words.replace(b"key_17000", b"another_key") + b"\n"
    count, kind = shape.replace(",", "").split()
    lines = list(alike(int(count)) if kind == "alike" else functions(int(count)))
    return "".join(lines).encode(), "".join(changed(lines)).encode()


def functions(count: int) -> Iterator[str]:
    """Lines of code, of which some are in every function."""
    return (FUNCTION[number % len(FUNCTION)].format(number // len(FUNCTION)) for number in range(count))


def alike(count: int) -> Iterator[str]:
    """Lines of four values in no order that shows."""
    value = 1
    for _ in range(count):
        value = value * 1_103_515_245 + 12_345 & 0x7FFF_FFFF
        yield "abcd"[value >> 16 & 3] + "\n"


def changed(lines: list[str]) -> Iterator[str]:
    """The lines with a change in each hundred: replaced, taken out or put in."""
    for number, line in enumerate(lines):
        match number % 300:
            case 50:
                yield f"    changed = {number}\n"
            case 151:
                pass
            case 253:
                yield from (f"    put_in = {number}\n", "    return total\n", line)
            case _:
                yield line


if __name__ == "__main__":
    main()
