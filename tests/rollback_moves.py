"""Owns what a random sequence of rollbacks does beside the program: killing, deciding at random, reading a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from random import Random

import pytest

from copydesk.changes import applier
from copydesk.changes.rollback import AgreedRollback, RollbackPlan
from copydesk.domain.checkpoints import ConflictKind
from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision
from copydesk.domain.proposals import FileChange, FileImage
from copydesk.workspace.exchange import exchange, remove_directories
from tests.rollback_oracle import USER, Version, Way


class Killed(BaseException):
    """Nothing in the program can catch this, as nothing can catch SIGKILL."""


@contextmanager
def killed_after(moved: int) -> Iterator[None]:
    """End the writing of a step on its way to the next file, or to the folders once all files are moved."""
    calls = count()

    def dying(real: Callable[..., object]) -> Callable[..., object]:
        def move(*arguments: object) -> object:
            if next(calls) >= moved:
                raise Killed
            return real(*arguments)

        return move

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(applier, "exchange", dying(exchange))
        patch.setattr(applier, "remove_directories", dying(remove_directories))
        yield


def version_of(image: FileImage | None) -> Version | None:
    return Version(image.data, image.mode) if image else None


def mode_of(image: FileImage | None) -> int | None:
    return image.mode if image else None


def check_conflicts(plan: RollbackPlan, moving: Mapping[str, Way]) -> None:
    assert {file.path for file in plan.files} == set(moving)
    for file in plan.files:
        way = moving[file.path]
        assert bool(file.conflict) == bool(way.lost), (file.conflict, way)
        if file.conflict:
            is_session = file.conflict.kind is ConflictKind.OTHER_SESSION
            assert is_session == bool(way.losers - {USER}), (file.conflict, way)


def decide(agreed: AgreedRollback, random: Random) -> tuple[Decision | None, dict[str, tuple[Version | None, bool]]]:
    """Let through all, or some files and hunks; gives what lands of each file, and whether that is all of it."""
    changes = agreed.proposal.changes
    landed = {change.path: (version_of(change.after), True) for change in changes}
    if random.randrange(2):
        return None, landed
    decisions = []
    for change in changes:
        hunks = range(1, len(change.diff.hunks) + 1)
        accepted = {hunk for hunk in hunks if random.randrange(2)}
        if random.randrange(4) == 0:
            continue
        if not accepted:
            decisions.append(FileDecision(change.path, Choice.REJECT))
            del landed[change.path]
        elif len(accepted) < len(hunks):
            chosen = tuple(HunkDecision(hunk, Choice.ACCEPT) for hunk in accepted)
            decisions.append(FileDecision(change.path, Choice.REJECT, chosen))
            landed[change.path] = (partly(change, accepted), False)
    return Decision(True, agreed.proposal.digest, files=tuple(decisions)), landed


def partly(change: FileChange, accepted: set[int]) -> Version:
    """What a file becomes when some of the hunks that were shown go through."""
    old = change.before.data.splitlines(keepends=True) if change.before else []
    lines = list(old)
    for number, hunk in reversed(list(enumerate(change.diff.hunks, 1))):
        if number in accepted:
            start = hunk.old_start - bool(hunk.old_length)
            lines[start : start + hunk.old_length] = [text.encode() for text in hunk.new_texts]
    image = change.after or change.before
    assert image is not None
    return Version(b"".join(lines), image.mode)
