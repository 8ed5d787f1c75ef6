"""Owns a batch: which tasks there are, which of them are this shard's and still to do, and what they came to.

It starts nothing; each task is a run of its own, in a copy of its own.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copydesk.domain.display import show
from copydesk.domain.errors import UsageError
from copydesk.frontends.predictions import prediction
from copydesk.frontends.verbs.history import Output

RESULT, PATCH, BUNDLE, PROMPT, TALK = "result.json", "change.patch", "bundle.json", "prompt.txt", "talk.txt"
"""What the folder of a task holds once it has ended."""
BROKEN_OFF = (1, 2, 130, 143)
"""Exit codes of runs that are tried again when a batch is resumed: nothing was found out of the task."""
DONE, AGAIN, WITHHELD = "done", "broken off", "withheld"
"""What became of a task; the second where its run did not end of itself, the third where its result holds what looks
like a key."""
REASONS = {
    "failed": "The run failed; talk.txt in its folder has what was said.",
    "usage": "The run could not begin; talk.txt in its folder has why.",
    "stopped": "The run was stopped by a limit, or by a refusal.",
    "denied": "An edit was denied, rejected or went stale; permission_denials in its result.json has which.",
    "check": "A check still fails; checks in its result.json has which.",
    "unchanged": "Nothing was changed.",
    "interrupted": "The run was interrupted.",
    "terminated": "The run was terminated.",
}
"""What is said of an outcome of which the result itself says nothing."""
NO_RESULT = "It has no result yet; talk.txt in its folder has what was said, if it was begun."
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")
_OWN = re.compile(r"predictions(-\d+-of-\d+)?\.jsonl")
_KEYS = ("id", "prompt", "root", "base_commit", "repo")
_SYNONYMS = {"instance_id": "id", "problem_statement": "prompt"}
"""What SWE-bench calls them; its other keys are passed over."""


@dataclass(frozen=True, slots=True)
class Task:
    """One line of a batch."""

    id: str
    prompt: str
    root: Path
    """The directory, or the repository, that a copy is made of."""
    base_commit: str = ""
    """What the copy of a repository begins with; empty for the commit that is checked out."""


@dataclass(frozen=True, slots=True)
class Shard:
    """A share of the tasks, for one machine of several."""

    number: int = 1
    """From 1."""
    of: int = 1

    def takes(self, position: int) -> bool:
        """Whether a task is in it, by its position in the file, from 0."""
        return position % self.of == self.number - 1

    @property
    def suffix(self) -> str:
        """What tells its files from those of the others."""
        return "" if self.of == 1 else f"-{self.number}-of-{self.of}"


def read_shard(text: str) -> Shard:
    """Read `I/N`; UsageError for another form, or a share that there is not."""
    found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
    shard = Shard(int(found[1]), int(found[2])) if found else Shard(0, 0)
    if not 1 <= shard.number <= shard.of:
        raise UsageError(f"--shard {text} is no share; it is I/N with I from 1 to N, such as 2/8.")
    return shard


def read_tasks(text: str, here: Path, repositories: Path | None) -> tuple[Task, ...]:
    """Read the tasks, one JSON object a line; UsageError names the line that is wrong.

    A relative `root` is one of `here`, without a `root` it is that itself; `repo`, as SWE-bench has it, is a directory
    of `repositories` with `__` for `/`.
    """
    tasks: dict[str, Task] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        task = _task(number, line, here, repositories)
        if task.id in tasks:
            raise UsageError(f"Line {number}: there are two tasks {task.id}.")
        tasks[task.id] = task
    if not tasks:
        raise UsageError("There are no tasks: each line is an object with id and prompt.")
    return tuple(tasks.values())


def _task(number: int, line: str, here: Path, repositories: Path | None) -> Task:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"Line {number} is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise UsageError(f"Line {number} is no object with id and prompt.")
    is_foreign = "instance_id" in found
    values: dict[str, Any] = {_SYNONYMS.get(str(key)) or str(key): value for key, value in found.items()}
    unknown = [key for key in values if key not in _KEYS]
    if unknown and not is_foreign:
        raise UsageError(f"Line {number}: {unknown[0]!r} is no key of a task; they are {', '.join(_KEYS)}.")
    given = {key: _text(number, values, key) for key in _KEYS}
    if not _ID.fullmatch(given["id"]):
        raise UsageError(f"Line {number}: the id {given['id']!r} has to be letters, digits, `.`, `_` and `-`.")
    if not given["prompt"].strip():
        raise UsageError(f"Line {number}: the task {given['id']} has no prompt.")
    if _OWN.fullmatch(given["id"]):
        raise UsageError(f"Line {number}: {given['id']} is a file that the batch writes itself; take another id.")
    root = here / given["root"]
    if given["repo"] and not given["root"]:
        if repositories is None:
            raise UsageError(f"Line {number}: repo {given['repo']} needs --repositories, the folder of the clones.")
        root = repositories / given["repo"].replace("/", "__")
    if not root.is_dir():
        raise UsageError(f"Line {number}: there is no directory {root}.")
    return Task(given["id"], given["prompt"], root, given["base_commit"])


def _text(number: int, values: Mapping[str, Any], key: str) -> str:
    value = values.get(key, "")
    if not isinstance(value, str):
        raise UsageError(f"Line {number}: {key} has to be a text.")
    return value


@dataclass(frozen=True, slots=True)
class Ending:
    """What a task came to so far."""

    outcome: str
    """That of the run, `withheld`, or `broken off` for one that is to be tried again."""
    exit_code: int | None = None
    """Of its process; None where none has ended with a result."""
    reason: str = ""
    """A sentence where it is not done."""
    model: str = ""

    @property
    def is_final(self) -> bool:
        """Whether the task is left alone when the batch is started again."""
        return self.outcome != AGAIN

    @property
    def has_patch(self) -> bool:
        """Whether what the run made of the files was handed over; that may be nothing."""
        return self.outcome not in (AGAIN, WITHHELD)


def ending_of(folder: Path, *, includes_secrets: bool = False) -> Ending:
    """What the task of a folder came to (blocking).

    One that was withheld is to be done again as soon as secrets may go with it.
    """
    try:
        found = json.loads((folder / RESULT).read_text("utf-8"))
    except (OSError, ValueError):
        return Ending(AGAIN, reason=NO_RESULT)
    match found:
        case {"exit_code": int(code), "outcome": str(outcome)}:
            said = str(found.get("reason") or REASONS.get(outcome, "")), str(found.get("model", ""))
            if found.get("stop_reason") == WITHHELD and not includes_secrets:
                return Ending(WITHHELD, code, *said)
            return Ending(AGAIN if code in BROKEN_OFF else outcome, code, *said)
        case _:
            return Ending(AGAIN, reason=NO_RESULT)


def predictions(endings: Mapping[str, Ending], output: Path) -> Iterator[str]:
    """The lines that SWE-bench reads, for the tasks that have ended (blocking)."""
    for name, ending in endings.items():
        if ending.has_patch:
            file = output / name / PATCH
            yield json.dumps(prediction(name, ending.model, file.read_bytes() if file.exists() else b""))


def report(endings: Mapping[str, Ending], shard: Shard, said: Output) -> int:
    """Say what the tasks came to; exit code 0 where each was done, else 1."""
    outcomes = Counter(ending.outcome for ending in endings.values())
    if said.as_json:
        document = {
            "tasks": [
                {"id": name, "outcome": ending.outcome, "exit_code": ending.exit_code, "reason": ending.reason}
                for name, ending in endings.items()
            ],
            "outcomes": dict(sorted(outcomes.items())),
            "shard": {"number": shard.number, "of": shard.of},
        }
        said.write(json.dumps(document, indent=2) + "\n")
    for name, ending in endings.items():
        if ending.outcome != DONE:
            said.tell(f"{name}: {ending.outcome}. {show(ending.reason)}")
    if outcomes[WITHHELD]:
        said.tell("What is withheld is not tried again, but with --options '--include-secrets'.")
    said.tell(
        f"{len(endings)} tasks: " + ", ".join(f"{count} {name}" for name, count in sorted(outcomes.items())) + "."
    )
    return 0 if set(outcomes) <= {DONE} else 1
