"""Owns what tests of consent have edited: a file that one call changes in three places, and how a test decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from copydesk.domain.decisions import Decision, FileDecision, HunkDecision, Remark
from copydesk.domain.events import ApprovalRequested, Event
from copydesk.domain.transcript import ToolCard
from copydesk.engine.journal import open_journal
from copydesk.engine.resume import envelopes_of
from tests.sessions import Talk

FILE = "settings.py"
FIRST, SECOND, THIRD = "name = 'shop'\n", "timeout = 50\n", "retries = 3\n"
"""What the edit puts on lines 5, 20 and 35."""


def settings(changed: Mapping[int, str] | None = None) -> str:
    """Forty lines, some of them changed; each is different from all others."""
    lines = {number: f"option_{number} = {number}\n" for number in range(1, 41)} | {20: "timeout = 20\n"}
    return "".join((lines | dict(changed or {})).values())


BEFORE = settings()
PROPOSED = settings({5: FIRST, 20: SECOND, 35: THIRD})
WITHOUT_SECOND = settings({5: FIRST, 35: THIRD})


def replacement(path: str, old: str, new: str) -> dict[str, str]:
    """The input of a call that replaces text."""
    return {"command": "str_replace", "path": path, "old_str": old, "new_str": new}


def view(path: str) -> dict[str, str]:
    """The input of a call that shows a file."""
    return {"command": "view", "path": path}


def three_changes(path: str = FILE) -> dict[str, str]:
    """The input of one call that makes three hunks."""
    old, new = (text.splitlines(keepends=True)[2:37] for text in (BEFORE, PROPOSED))
    return replacement(path, "".join(old), "".join(new))


async def asked(talk: Talk, count: int = 1) -> ToolCard:
    """Wait for the so-manieth question, and give what it shows."""
    await talk.until(ApprovalRequested, count)
    return talk.transcript.waiting[0]


def answer(
    talk: Talk,
    card: ToolCard,
    *hunks: HunkDecision,
    accepted: bool = True,
    note: str = "",
    remarks: Sequence[Remark] = (),
) -> None:
    """Decide about what a card shows: its hunks as they are named, and the rest of the file by `accepted`."""
    whole = Decision(accepted, card.digest, note, remarks=tuple(remarks))
    file = FileDecision(card.path, whole.on(card.path).choice, hunks)
    decision = Decision(accepted, card.digest, note, files=(file,) if hunks else (), remarks=whole.remarks)
    assert talk.session.decide(card.proposal, decision)


def journalled(state_dir: Path, kind: type[Any]) -> list[Any]:
    """The events of a kind in the journal of the only session, which is closed."""
    (path,) = state_dir.rglob("*.jsonl")
    journal, loaded = open_journal(path, lambda: 0.0)
    journal.close()
    found: list[Event] = [envelope.event for envelope in envelopes_of(path.stem, loaded.records)]
    return [event for event in found if isinstance(event, kind)]


def tree(folder: Path) -> dict[str, object]:
    """Everything in a folder: files with their bytes and permissions, links with what they lead to."""
    held: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            held[name] = path.readlink()
        else:
            held[name] = (path.stat().st_mode, path.read_bytes()) if path.is_file() else None
    return held
