"""Owns the start of `batch`: each task as a process of its own, in a copy and with a state of its own.

A task that crashes leaves the others; one that has ended is not done again.
"""

import argparse
import asyncio
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from signal import SIGINT, SIGTERM
from tempfile import TemporaryDirectory

from copydesk.arguments import parser_for
from copydesk.assembly.place import open_git
from copydesk.domain.errors import GitError, UsageError
from copydesk.frontends.verbs import batch
from copydesk.frontends.verbs.history import Output
from copydesk.launch.files import replace_whole
from copydesk.launch.terminal import complain, has_colour, write_text
from copydesk.workspace.git import GitRunner, checked

CLONE_SECONDS = 1800.0
KILLED = "Its process was ended by signal {}; talk.txt in its folder has what it said until then."
ALLOWED = {"GIT_ALLOW_PROTOCOL": "file"}
"""No clone is made over a network."""
OF_BATCH = (
    *("--root", "-C", "--propose", "--patch", "--output-format"),
    *("--no-session", "--resume", "--continue", "-c", "-r"),
)
"""What a batch says itself to each run."""


@dataclass
class _Crew:
    """The runs under way."""

    output: Path
    options: Sequence[str]
    """For each run, as the person gave them."""
    environment: Mapping[str, str]
    git: GitRunner
    running: set[asyncio.subprocess.Process] = field(default_factory=set, init=False)
    mishaps: dict[str, str] = field(default_factory=dict, init=False)
    """Why there is no result of a task, by its id."""
    stopped_by: int = field(default=0, init=False)
    """The signal that ends the batch."""

    def stop(self, number: int) -> None:
        """Have every run close its turn, and begin no other."""
        self.stopped_by = number
        for process in self.running:
            with suppress(ProcessLookupError):
                process.send_signal(number)

    async def carry_out(self, task: batch.Task, room: asyncio.Semaphore) -> None:
        """Do a task in a copy; whatever goes wrong is said, and is in its folder."""
        async with room:
            if self.stopped_by:
                return
            folder = self.output / task.id
            folder.mkdir(exist_ok=True)
            try:
                with TemporaryDirectory(prefix="copydesk-batch-", ignore_cleanup_errors=True) as place:
                    # The model is told what the workspace is called.
                    copy = Path(place, "copy", task.root.resolve().name or "workspace")
                    await asyncio.to_thread(self._copy, task, copy)
                    code = await self._run(task, copy, Path(place, "state"), folder)
            except (OSError, GitError) as error:
                self.mishaps[task.id] = str(error)
                complain(f"{task.id}: {error}")
                return
            complain(f"{task.id}: exit {code}")
            if code < 0:
                self.mishaps[task.id] = KILLED.format(-code)

    async def _run(self, task: batch.Task, copy: Path, state: Path, folder: Path) -> int:
        for name in (batch.RESULT, batch.PATCH, batch.BUNDLE):
            # What an attempt before left would be taken for what this one made.
            (folder / name).unlink(missing_ok=True)
        (folder / batch.PROMPT).write_text(task.prompt, "utf-8")
        where = {name: str(folder / name) for name in (batch.PROMPT, batch.PATCH, batch.BUNDLE)}
        words = [
            *("run", "--root", str(copy), "--prompt-file", where[batch.PROMPT], "--output-format", "json"),
            *("--propose", where[batch.BUNDLE], "--patch", where[batch.PATCH], "--no-session", *self.options),
        ]
        environment = {**self.environment, "COPYDESK_STATE_DIR": str(state)}
        with (folder / batch.TALK).open("wb") as talk:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "copydesk", *words, env=environment, stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE, stderr=talk, start_new_session=True,
            )  # fmt: skip
            self.running.add(process)
            try:
                written, _ = await process.communicate()
            finally:
                self.running.discard(process)
        await asyncio.to_thread(replace_whole, folder / batch.RESULT, written)
        return process.returncode or 0

    def _copy(self, task: batch.Task, copy: Path) -> None:
        """Make the copy of a task: of a repository what is committed, of another directory all of it."""
        if not (task.root / ".git").exists():
            if task.base_commit:
                raise GitError(f"{task.root} is no repository, so it has no commit {task.base_commit}.")
            shutil.copytree(task.root, copy, symlinks=True)
            return
        git = replace(self.git, deadline=CLONE_SECONDS)
        source = str(task.root.resolve())
        checked(git.run(("clone", "--quiet", "--no-checkout", "--", source, str(copy)), ALLOWED), "clone")
        commit = task.base_commit or "HEAD"
        checked(git.run(("-C", str(copy), "checkout", "--quiet", "--detach", commit, "--"), {}), "checkout")


def run_batch(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """`batch`."""
    tasks = batch.read_tasks(_read(options.tasks), Path.cwd(), options.repositories and Path(options.repositories))
    shard = batch.read_shard(options.shard)
    mine = [task for position, task in enumerate(tasks) if shard.takes(position)]
    _refuse_own(options.options)
    output = Path(options.output)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{output} cannot be made: {error.strerror}.") from error
    includes = "--include-secrets" in options.options
    left = [task for task in mine if not batch.ending_of(output / task.id, includes_secrets=includes).is_final]
    if len(left) < len(mine):
        complain(f"{len(mine) - len(left)} of {len(mine)} tasks have ended already.")
    crew = _Crew(output.resolve(), options.options, environment, open_git(environment))
    asyncio.run(_carry_out(crew, left, options.jobs))
    endings = {task.id: _ended(output / task.id, crew) for task in mine}
    lines = "".join(f"{line}\n" for line in batch.predictions(endings, output))
    replace_whole(output / f"predictions{shard.suffix}.jsonl", lines.encode())
    code = batch.report(endings, shard, Output(write_text, complain, options.json, has_colour(options.color)))
    return 128 + crew.stopped_by if crew.stopped_by else code


def _ended(folder: Path, crew: _Crew) -> batch.Ending:
    """What a task came to; where it has no result, why not as far as this start knows."""
    ending, mishap = batch.ending_of(folder), crew.mishaps.get(folder.name)
    return replace(ending, reason=mishap) if mishap and ending.exit_code is None else ending


async def _carry_out(crew: _Crew, tasks: Sequence[batch.Task], jobs: int) -> None:
    loop = asyncio.get_running_loop()
    for number in (SIGINT, SIGTERM):
        loop.add_signal_handler(number, crew.stop, number)
    room = asyncio.Semaphore(jobs)
    await asyncio.gather(*(crew.carry_out(task, room) for task in tasks))


def _refuse_own(given: Sequence[str]) -> None:
    """UsageError for options that no run takes, or that are the batch's to say: each task would fail by them."""
    parser_for("run").parse_args([*given, "--", "task"])
    own = next((word for word in given if word.partition("=")[0] in OF_BATCH), "")
    if own:
        raise UsageError(f"{own} is said by the batch itself to each run; leave it out.")


def _read(path: str) -> str:
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{path} cannot be read as tasks: {why}.") from error
