"""Owns what searching and listing many files costs, against git's own commands in the same tree."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.measure import Cost, Pair, run_process

FILES = 50_000
IN_A_DIRECTORY = 100
NEEDLE = 500
"""Every so many files hold a line that is looked for."""


def pairs() -> Iterator[Pair]:
    """Search with and without a match, and list, in a committed tree."""
    folder = Path(tempfile.mkdtemp(prefix="copydesk-bench-"))
    tree = make_tree(folder / "w")
    grep = ["git", "grep", "--untracked", "-n", "-P", "-e"]
    for pattern in ("needle_[0-9]+", "nowhere_[0-9]+"):
        ours = partial(answered, "search_text", {"pattern": pattern}, tree)
        yield Pair(
            f"search {pattern[:7]} in {FILES:,}", "git grep --untracked", ours, partial(bare, [*grep, pattern], tree)
        )
    ours = partial(answered, "find_files", {"pattern": "*.py"}, tree)
    listing = ["git", "ls-files", "-co", "--exclude-standard", "*.py"]
    yield Pair(f"find_files in {FILES:,}", "git ls-files", ours, partial(bare, listing, tree))


def make_tree(folder: Path) -> Path:
    """A repository of small files, committed."""
    for number in range(FILES):
        place = folder / f"d{number // IN_A_DIRECTORY:04}"
        if number % IN_A_DIRECTORY == 0:
            place.mkdir(parents=True)
        lines = [f"value_{number}_{line} = {line}\n" for line in range(20)]
        if number % NEEDLE == 0:
            lines[7] = f"needle_{number} = True\n"
        (place / f"f{number:05}.py").write_text("".join(lines))
    quiet = ["git", "-C", str(folder), "-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "tree"]):
        subprocess.run([*quiet, *command], check=True)
    return folder


def answered(name: str, given: dict[str, str], tree: Path) -> Cost:
    """One call of `copydesk tool`, less what it takes to start and answer nothing."""
    environment = {**os.environ, "COPYDESK_STATE_DIR": f"{tree}.state"}
    script = (
        "import subprocess, sys; tool = [sys.executable, '-m', 'copydesk', 'tool', '--mode', 'plan']; "
        "subprocess.run(tool, input=sys.argv[1].encode(), check=True)"
    )
    request = json.dumps({"id": 1, "name": name, "input": given}) + "\n"
    whole = run_process([sys.executable, "-c", script, request], environment, str(tree))
    idle = run_process([sys.executable, "-c", script, json.dumps({"describe": True})], environment, str(tree))
    return Cost(whole.wall - idle.wall, whole.processor - idle.processor, whole.peak)


def bare(command: list[str], tree: Path) -> Cost:
    """git's own command."""
    script = "import subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)"
    whole = run_process([sys.executable, "-c", script, *command], None, str(tree))
    idle = run_process([sys.executable, "-c", script, "true"], None, str(tree))
    return Cost(whole.wall - idle.wall, whole.processor - idle.processor, whole.peak)
