"""Owns playing one sequence on the reference and on the real tool at once, up to the first disagreement."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.reference.comparison import disagreements
from tests.reference.facts import Facts, Refusal
from tests.reference.model import succeeded
from tests.reference.parameters import Command
from tests.reference.real import Said, Workspace
from tests.reference.sequences import LENGTH, Author, Outside

LONGEST = 1_500
"""Characters of each thing that a report shows; the seed brings back the rest."""


class Fault:
    """What is wrong with the real side: nothing. A mistake is planted by making it otherwise."""

    shows = ""
    """A pattern of what is reported of it."""

    def given(self, command: Command) -> Command:
        """What the tool takes a command for."""
        return command

    def spoil(self, path: Path) -> None:
        """Do something to a file that was just edited."""

    def said(self, text: str) -> str:
        """What it says in place of its answer."""
        return text


class Match:
    """One sequence; what it reports begins with all steps up to the disagreement."""

    def __init__(self, seed: int, workspace: Workspace, fault: Fault | None = None) -> None:
        self._seed = seed
        self._workspace = workspace
        self._fault = fault or Fault()
        self._author = Author(seed, workspace.root, workspace.new_file_mode)
        self._steps: list[Outside | Command] = []

    async def play(self) -> str | None:
        """Give the first disagreement, None where there is none."""
        author = self._author
        tool = self._workspace.tool(author.version, author.limit)
        with self._workspace.folder(author.folder):
            for outside in author.beginning():
                self._interrupt(outside)
            for _ in range(LENGTH):
                if interruption := author.interruption():
                    self._interrupt(interruption)
                command = author.command()
                before = self._data_of(command)
                facts = author.reference.call(command)
                said = await tool.call(self._fault.given(command))
                self._steps.append(command)
                problems = list(self._problems(command, facts, said))
                if problems:
                    return self._report(before, facts, said, problems)
        return None

    def _interrupt(self, outside: Outside) -> None:
        self._author.apply(outside)
        self._workspace.carry_out(outside)
        self._steps.append(outside)

    def _problems(self, command: Command, facts: Facts, said: Said) -> Iterator[str]:
        reference = self._author.reference
        if not said.is_error and command["command"] not in ("view", "undo_edit"):
            self._fault.spoil(self._workspace.base / reference.located(str(command["path"])))
        if said.is_error == succeeded(facts):
            yield f"is_error is {said.is_error}"
        else:
            yield from disagreements(facts, self._fault.said(said.text))
        yield from self._differences()

    def _differences(self) -> Iterator[str]:
        reference = self._author.reference
        files, folders = self._workspace.disk(self._author.folder)
        wanted = {path: (node.data, node.mode) for path, node in reference.nodes.items()}
        for path in sorted(files.keys() | wanted.keys()):
            if files.get(path) != wanted.get(path):
                yield f"{path} is {_file(files.get(path))} and should be {_file(wanted.get(path))}"
        if folders != reference.folders - {"."}:
            yield f"the directories are {sorted(folders)} and should be {sorted(reference.folders)}"

    def _data_of(self, command: Command) -> bytes | None:
        """What the named file holds, for the report."""
        try:
            node = self._author.reference.nodes.get(self._author.reference.located(str(command.get("path"))))
        except Refusal:
            return None
        return node.data if node else None

    def _report(self, before: bytes | None, facts: Facts, said: Said, problems: list[str]) -> str:
        author = self._author
        steps = [f"{number}. {_shown(step)}" for number, step in enumerate(self._steps, 1)]
        heading = f"seed {self._seed}, {author.version}, max_characters {author.limit}, after {len(steps)} steps:"
        told = [f"the file before: {_shown(before)}", f"expected: {_shown(facts)}", f"said: {_shown(said)}"]
        return "\n".join([heading, *steps, *told, *(f"- {problem}" for problem in problems)])


def _file(found: tuple[bytes, int] | None) -> str:
    return f"{_shown(found[0])} with mode {found[1]:o}" if found else "absent"


def _shown(thing: object) -> str:
    text = repr(thing)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"
