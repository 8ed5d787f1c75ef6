"""Owns the tool `run_check`: the model gives a name, and what the person declared under it is run.

Nothing else of a call reaches a command: no argument, no path, no environment. What was only detected is never run
before the person has confirmed it.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Final, Protocol

from copydesk.domain.checks import Check, CheckFinished
from copydesk.domain.display import show_lines
from copydesk.domain.errors import EditError
from copydesk.domain.messages import ToolCall, ToolResult, clean
from copydesk.domain.modes import Mode
from copydesk.domain.policies import Ruling, Verdict
from copydesk.domain.unified import quoted_path
from copydesk.editor.inputs import echo, sent_values, type_name
from copydesk.editor.snippets import counted
from copydesk.tools.calls import CallOutcome, answering_errors
from copydesk.tools.declared import DeclaredChecks
from copydesk.workspace.processes import Ended, Output, Processes
from copydesk.workspace.traces import FileStates, changed_paths

RUN_CHECK: Final = "run_check"
_PATHS_KEPT = 50
_PATHS_TOLD = 10
_LONGEST_LINE = 200
"""Characters of a command in the tool's description."""

MODE_REFUSALS: Final = {
    Mode.PLAN: "Mode plan runs no checks, since a check is a program that may write files. Say which check you would "
    "run instead.",
    Mode.REVIEW: "Mode review runs no checks: the files on disk do not hold the edits that wait for the person, so a "
    "check would judge the old ones. Ask the person to review the edits first and to choose another mode.",
}
"""Why no check is run in a mode."""
CONSEQUENCES: Final = (
    "It runs code of this workspace, also what the model wrote, and what it writes cannot be rolled back."
)
"""What a person should know before a command is declared."""


class CheckApprover(Protocol):
    """Whoever is asked whether a check that was only detected may be run."""

    async def ask_to_run(self, check: Check, ruling: Ruling, call: str) -> bool:
        """Show the command and wait; False also where nobody can be asked."""
        ...


@dataclass(frozen=True, slots=True)
class CheckPorts:
    """What the tool needs of the world."""

    processes: Processes
    states: Callable[[Event], FileStates | None]
    """Looks at the files of the workspace (blocking); None where that is not known."""
    approver: CheckApprover
    mode: Callable[[], Mode]
    emit: Callable[[CheckFinished], None]
    writing: asyncio.Lock
    """Held while a check runs, and by whoever writes to the workspace."""


class RunCheck:
    """Runs declared checks by their names."""

    name = RUN_CHECK

    def __init__(self, checks: DeclaredChecks, ports: CheckPorts) -> None:
        self.checks = checks
        self._ports = ports
        self._stops: set[Event] = set()
        """One for each call under way; set, it ends the check, or keeps it from being started."""

    def definition(self) -> dict[str, object]:
        """The entry of `tools` that declares it; the same all session long."""
        return definition(self.checks)

    async def call(self, call: ToolCall) -> CallOutcome:
        """Answer with how the check ended; `is_error` only where it gave no result, not where it failed."""
        stop = Event()
        self._stops.add(stop)
        try:
            return await answering_errors(call, self._answer(call, stop))
        finally:
            self._stops.discard(stop)

    async def run_for_person(self, check: Check, stop: Event) -> CheckFinished:
        """Run what the person asked for, which is their word for what was only detected, in every mode."""
        if not self.checks.is_declared(check):
            await asyncio.to_thread(self.checks.confirm, check)
        async with self._ports.writing:
            result = await _stopped_with_its_task(lambda: self._run(check, stop), stop)
        self._ports.emit(result)
        return result

    def interrupt(self) -> None:
        """Stop the check that runs or is about to; its call is answered with that."""
        for stop in self._stops:
            stop.set()

    async def _answer(self, call: ToolCall, stop: Event) -> CallOutcome:
        check = self._named(call.input)
        self._refuse_mode()
        if not self.checks.is_declared(check):
            await self._ask(check, call.id)
        result = await self._carried_out(check, stop)
        return CallOutcome(ToolResult(call.id, clean(told(result)), is_error=result.exit_code is None))

    async def _carried_out(self, check: Check, stop: Event) -> CheckFinished:
        """Run a check while nothing is written; the mode may have changed while that was waited for."""
        async with self._ports.writing:
            self._refuse_mode()
            result = await _stopped_with_its_task(lambda: self._run(check, stop), stop)
        self._ports.emit(result)
        return result

    def _run(self, check: Check, stop: Event) -> CheckFinished:
        return carry_out(check, self._ports.processes, self._ports.states, stop)

    def _named(self, given: object) -> Check:
        if not isinstance(given, dict):
            raise EditError(f"The input of `{RUN_CHECK}` must be an object, not {type_name(given)}.")
        values = sent_values(given)
        if unknown := [parameter for parameter in values if parameter != "name"]:
            raise EditError(
                f"`{RUN_CHECK}` takes no {echo(unknown[0])}, only `name`: a check runs as it is declared, without "
                "arguments."
            )
        name = values.get("name")
        check = self.checks.find(name) if isinstance(name, str) else None
        if check is None:
            names = ", ".join(check.name for check in self.checks.all)
            missing = "`name` is missing" if name is None else f"There is no check {echo(name)}"
            raise EditError(f"{missing}; the checks are {names}.")
        return check

    def _refuse_mode(self) -> None:
        if reason := MODE_REFUSALS.get(self._ports.mode()):
            raise EditError(reason)

    async def _ask(self, check: Check, call: str) -> None:
        """Ask the person to declare a check; EditError where they do not."""
        reason = f"The check {check.name} ({check.line}) was detected but never declared. {CONSEQUENCES}"
        if not await self._ports.approver.ask_to_run(check, Ruling(Verdict.ASK, reason, "runs code", True), call):
            raise EditError(
                f"The check {check.name} was not run: nobody declared it, and the person did not confirm it or could "
                "not be asked. A person declares it under [checks] in their own configuration."
            )
        await asyncio.to_thread(self.checks.confirm, check)


def carry_out(
    check: Check, processes: Processes, states: Callable[[Event], FileStates | None], stop: Event
) -> CheckFinished:
    """Run a check to its end (blocking), and see which files of the workspace it changed."""
    before = states(stop)
    ended = processes.run(check.command, check.seconds, stop)
    after = states(stop) if before is not None else None
    changed = changed_paths(before, after) if before is not None and after is not None else ()
    return _result(check, ended, changed)


def definition(checks: DeclaredChecks) -> dict[str, object]:
    """The entry of `tools` that declares the tool with these checks."""
    listed = "\n".join(f"- {check.name}: {_shortened(check.line)}" for check in checks.all)
    return {
        "name": RUN_CHECK,
        "description": "Runs one of the checks of this workspace, such as its tests, in the workspace's root, and "
        "gives its exit code and output; of a long output the beginning and the end. A check runs exactly as it "
        f"is declared: it takes no arguments, and no other command can be run. The checks are:\n{listed}",
        "input_schema": {
            "type": "object",
            "properties": {"name": {"type": "string", "description": "Which check to run."}},
            "required": ["name"],
            "additionalProperties": False,
        },
    }


async def _stopped_with_its_task(work: Callable[[], CheckFinished], stop: Event) -> CheckFinished:
    """Do blocking work in a thread; where the task is cancelled, it is told to stop and waited for."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([task])
        raise


def _result(check: Check, ended: Ended, changed: Sequence[str]) -> CheckFinished:
    return CheckFinished(
        check.name,
        ended.exit_code,
        ended.seconds,
        _text(ended.output),
        ended.output.left_out > 0,
        ended.reason,
        tuple(changed[:_PATHS_KEPT]),
        max(0, len(changed) - _PATHS_KEPT),
    )


def _text(output: Output) -> str:
    """Write an output as text that is safe to show; where its middle is missing, in whole lines if it has any."""
    head, tail = output.head, output.tail
    if not output.left_out:
        return _decoded(head + tail)
    head = head[: head.rfind(b"\n") + 1] or head
    tail = tail[tail.find(b"\n", 0, -1) + 1 :]
    missing = len(output.head) + output.left_out + len(output.tail) - len(head) - len(tail)
    return f"{_decoded(head)}\n[… {counted(missing, 'byte')} left out …]\n{_decoded(tail)}"


def _decoded(data: bytes) -> str:
    return show_lines(data.decode("utf-8", "replace")).rstrip("\n")


def told(result: CheckFinished) -> str:
    """Say how a check ended: a line on that, one on the files that changed, then the program's own words."""
    lines = [f"{result.name} {_ending(result)}{f' {result.reason}' if result.reason else ''}"]
    if result.paths:
        count = len(result.paths) + result.more_paths
        named = ", ".join(map(quoted_path, result.paths[:_PATHS_TOLD]))
        more = f" and {count - _PATHS_TOLD:,} more" if count > _PATHS_TOLD else ""
        lines.append(f"NOTE: Changed while it ran, and not covered by rollback: {named}{more}.")
    return "\n".join([*lines, *(["Output:", result.output] if result.output else ["It wrote no output."])])


def _ending(result: CheckFinished) -> str:
    if result.exit_code is None:
        return f"gave no result after {result.seconds:.1f} s."
    return f"{'passed' if result.passed else 'failed'} with exit code {result.exit_code} after {result.seconds:.1f} s."


def _shortened(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"
