"""Owns the proof that the text editor tool does what its specification says, against a second tool made from that.

Both carry out the same random sequences of commands on the same random files, while others write there too; after
each step the bytes and modes of all files are compared, and what the answer tells.
COPYDESK_CAMPAIGN=N tries N sequences instead of a few.
"""

from __future__ import annotations

import ast
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from copydesk.domain.tools import TOOL_VERSIONS
from tests.reference.match import Fault, Match
from tests.reference.model import succeeded
from tests.reference.parameters import VERSIONS, Command
from tests.reference.real import Workspace
from tests.reference.sequences import LENGTH, VERSIONS_PLAYED, Author

CAMPAIGN = int(os.environ.get("COPYDESK_CAMPAIGN", "0"))
SEQUENCES = max(CAMPAIGN, 80)
SHARD = 40
"""Sequences that share a workspace and its History, which grows with each of them."""
MOST_FOR_A_FAULT = 12
"""Sequences in which a planted fault has to be found."""
COMMANDS = ("view", "create", "str_replace", "insert", "undo_edit")
REFERENCE = Path(__file__).parents[1] / "reference"
PLAYING = ("real", "match")
"""The modules that bring the reference and the program together."""

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(3_600 if CAMPAIGN else 120)]


class InsertsOneLineLate(Fault):
    shows = r"and should be b"

    def given(self, command: Command) -> Command:
        line = command.get("insert_line")
        return command | {"insert_line": line + 1} if command["command"] == "insert" and type(line) is int else command


class NormalisesLineEnds(Fault):
    shows = r"and should be b.*\\r\\n"

    def spoil(self, path: Path) -> None:
        path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n"))


class LosesTheMode(Fault):
    shows = r"with mode 600 and should be .* with mode (?!600)"

    def spoil(self, path: Path) -> None:
        path.chmod(0o600)


class CountsFromZero(Fault):
    shows = r"lines are numbered|line \d+ is quoted as"

    def said(self, text: str) -> str:
        return re.sub(r"^( *\d+)(?=\t)", lambda found: f"{int(found[1]) - 1:6}", text, flags=re.MULTILINE)


FAULTS = (InsertsOneLineLate(), NormalisesLineEnds(), LosesTheMode(), CountsFromZero())


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory where there is one: every edit is synced, and the disk's speed is not what is tested."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as name:
        yield Path(name)


@pytest.mark.parametrize("first_seed", range(0, SEQUENCES, SHARD))
async def test_tool_agrees_with_the_reference_when_sequences_are_random(first_seed: int, folder: Path) -> None:
    with Workspace(folder) as workspace:
        for seed in range(first_seed, min(first_seed + SHARD, SEQUENCES)):
            disagreement = await Match(seed, workspace).play()
            assert disagreement is None, disagreement


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
async def test_fault_is_found_when_it_is_planted(fault: Fault, folder: Path) -> None:
    with Workspace(folder) as workspace:
        reports = [await Match(seed, workspace, fault).play() for seed in range(MOST_FOR_A_FAULT)]
    assert [report for report in reports if report and re.search(fault.shows, report)]


def test_versions_are_those_of_the_program_and_all_are_played() -> None:
    assert set(VERSIONS_PLAYED) == set(VERSIONS) == set(TOOL_VERSIONS)


def test_sequences_are_of_all_commands_and_most_succeed() -> None:
    drawn, successes = Counter[str](), 0
    for seed in range(SEQUENCES):
        author = Author(seed, "/desk", 0o644)
        for outside in author.beginning():
            author.apply(outside)
        for _ in range(LENGTH):
            if interruption := author.interruption():
                author.apply(interruption)
            command = author.command()
            successes += succeeded(author.reference.call(command))
            drawn[str(command.get("command"))] += command.get("command") in author.reference.version.commands
    total = SEQUENCES * LENGTH
    assert successes / total >= 0.6
    assert {name: drawn[name] / total for name in COMMANDS if drawn[name] / total < 0.1} == {}


def test_reference_knows_nothing_of_the_program() -> None:
    for path in REFERENCE.glob("*.py"):
        if path.stem not in PLAYING:
            assert {name for name in imports(path) if not is_allowed(name)} == set(), path.name


def imports(path: Path) -> set[str]:
    """The modules that a module names in its imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def is_allowed(module: str) -> bool:
    is_reference = module.startswith("tests.reference.") and not module.endswith(PLAYING)
    return is_reference or module.split(".")[0] in sys.stdlib_module_names
