"""Owns the real side of the campaign of consent: one session's editor tool, gate, overlay and reviews on a workspace.

What the program shows becomes a value of the oracle here, and what the person says becomes a decision. A mistake is
planted by another `Fault`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

from copydesk.changes.applier import Applier
from copydesk.changes.gate import Approver, Gate, Gathering
from copydesk.changes.overlay import Overlay
from copydesk.changes.steps import Operation, StepMeta
from copydesk.changes.undo import InOrder, SessionChanges
from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision
from copydesk.domain.door import DoorEvent
from copydesk.domain.messages import ToolCall
from copydesk.domain.policies import Mode, Policy
from copydesk.domain.proposals import FileChange, FileImage
from copydesk.domain.tools import TOOL_VERSIONS
from copydesk.engine.reviews import Reviews
from copydesk.engine.rollbacks import Rollbacks
from copydesk.tools.calls import CallOutcome
from copydesk.tools.editor import EditorTool
from copydesk.tools.ports import EditorPorts
from tests.desk import Desk
from tests.oracle.oracle import File, Shown, ShownHunk, Verdict

VERSION = TOOL_VERSIONS["text_editor_20250124"]
"""One that can undo."""
SIGNS = {"context": " ", "removed": "-", "added": "+"}


class Fault:
    """What is wrong with the real side: nothing."""

    applier: type[Applier] = Applier
    overlay: type[Overlay] = Overlay
    shows = ""
    """What is reported of it."""

    def heard(self, decision: Decision) -> Decision:
        """What the person's decision is taken for."""
        return decision


class ConsentDesk(Desk):
    """A workspace on which one session after the other works; `session` opens one anew, as after a crash."""

    def __init__(self, folder: Path, fault: Fault | None = None) -> None:
        super().__init__(folder)
        self.fault = fault or Fault()
        applier = self.applier
        self.applier = self.fault.applier(applier.files, applier.history, applier._token, applier._clock)
        self.recovered = self.applier.recover()

    def session(self, identity: str, approver: Approver, mode: Mode) -> ConsentSession:
        return ConsentSession(self, identity, approver, mode)


class ConsentSession:
    """A session as the program joins it, without a model: calls come from the campaign."""

    def __init__(self, desk: ConsentDesk, identity: str, approver: Approver, mode: Mode) -> None:
        self.desk = desk
        self.events: list[DoorEvent] = []
        self.overlay = desk.fault.overlay.load(desk.history.store, desk.files, identity)
        self._ids = (f"{identity}-{os.urandom(4).hex()}-{number}" for number in count())
        origin = StepMeta(Operation.EDIT, identity)
        self.gate = Gate(Policy(mode), origin, desk.applier, approver, self.events.append)
        self.gate.gathering = Gathering(self.overlay, True)
        self.reviews = Reviews(self.gate, self.overlay, desk.files, self._ids.__next__)
        self.rollbacks = Rollbacks(self.gate, desk.applier, identity, self._ids.__next__)
        changes = InOrder((self.overlay, SessionChanges(desk.applier, identity)))
        ports = EditorPorts(self.overlay.files, desk.files.real_path, self.gate, changes, self._ids.__next__)
        self._editor = EditorTool(VERSION, ports)

    @property
    def mode(self) -> Mode:
        return self.gate.policy.mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self.gate.policy = replace(self.gate.policy, mode=mode)

    async def call(self, given: Mapping[str, object]) -> CallOutcome:
        return await self._editor.call(ToolCall(next(self._ids), VERSION.name, dict(given)))

    def view(self, path: str) -> File:
        """A file as the tools read it."""
        return lines_of(self.overlay.files.read(path))

    def on_disk(self, path: str) -> File:
        return lines_of(self.desk.files.read(path))

    def last_step(self) -> str:
        return self.desk.history.steps()[-1].id


def lines_of(image: FileImage | None) -> File:
    return tuple(image.data.decode().splitlines(keepends=True)) if image else None


def shown_of(change: FileChange) -> Shown:
    """What the person sees of a change: its diff."""
    hunks = tuple(
        ShownHunk(hunk.old_from, tuple((SIGNS[line.kind], line.text) for line in hunk.lines))
        for hunk in change.diff.hunks
    )
    return Shown(change.path, lines_of(change.before), lines_of(change.after), hunks)


def decision_on(digest: str, said: Sequence[tuple[Shown, Verdict]], note: str) -> Decision:
    """What the person says, as the program takes it; what is plain is said plainly."""
    files = tuple(_file_decision(shown, verdict) for shown, verdict in said)
    accepts = {verdict.accepts for _, verdict in said}
    if len(accepts) == 1 and not any(file.hunks or file.text or file.note for file in files):
        return Decision(accepts.pop(), digest, note)
    return Decision(False, digest, note, files=files)


def _file_decision(shown: Shown, verdict: Verdict) -> FileDecision:
    rest = Choice.ACCEPT if verdict.accepts else Choice.REJECT
    if verdict.text is not None:
        return FileDecision(shown.path, Choice.EDIT, text="".join(verdict.text))
    notes = iter(verdict.notes)
    hunks = []
    for share in verdict.shares:
        is_all = (share.first, share.end) == (0, len(shown.hunks[share.hunk - 1].lines))
        lines = None if is_all else (share.first, share.end)
        hunks.append(HunkDecision(share.hunk, Choice(share.choice), "".join(share.text), next(notes, ""), lines))
    return FileDecision(shown.path, rest, tuple(hunks))
