"""Owns what no text from a file, a name or the model can do: reach the terminal as anything but visible characters."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.control import Control
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.widgets import Static

from copydesk.domain.checkpoints import (
    ConflictKind,
    FileConflict,
    HistoryRow,
    RollbackPreview,
    RowFile,
    RowState,
)
from copydesk.domain.diffs import diff_images
from copydesk.domain.display import is_unsafe
from copydesk.domain.events import (
    ApprovalRequested,
    FileChangedOutside,
    Noticed,
    ProposalMade,
    TextDelta,
    TextFinished,
    ThinkingFinished,
    ToolCallFinished,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from copydesk.domain.rewinds import RewindPreview, TurnRow
from copydesk.frontends.tui.facts import Facts
from copydesk.frontends.tui.history.confirm_screen import ConfirmScreen, RewindScreen
from copydesk.frontends.tui.history.conflict_screen import ConflictScreen
from copydesk.frontends.tui.history.file_screen import FileScreen
from copydesk.frontends.tui.history.history_screen import HistoryScreen
from copydesk.frontends.tui.history.restore_screen import RestoreScreen
from copydesk.frontends.tui.history.turn_screen import TurnScreen
from copydesk.frontends.tui.review.screen import ReviewScreen
from copydesk.frontends.tui.terminal.guard import REMEMBERED_TEXTS, Guard
from tests.tui.driver import Visitor, seated
from tests.tui.fake_session import FakeSession
from tests.tui.payloads import MARKUP, PAYLOADS

SITTINGS = [list(PAYLOADS)[first::6] for first in range(6)]
"""Some kinds at a time: each sitting walks through every screen."""


def diff_of(payload: str) -> bytes:
    return f"before {payload} after\n".replace("\0", "").encode("utf-8", "surrogateescape")


def assert_nothing_raw(person: Visitor, where: str) -> None:
    for strip in person.strips():
        for segment in strip:
            assert not segment.control, where
            assert not (segment.style and segment.style.link), where
            raw = [f"U+{ord(character):04X}" for character in segment.text if is_unsafe(character)]
            assert not raw, f"{raw} in {where}: {segment.text!r}"


def tell(session: FakeSession, payload: str) -> None:
    session.emit(
        TurnStarted(f"prompt {payload}"),
        ThinkingFinished(f"thought {payload}", 1.0),
        TextFinished(
            f"reply {payload}\n\n```python\n{payload} = 1\n```\n\n- `{payload}`\n\n| {payload} |\n|---|\n| {payload} |"
        ),
        ToolCallStarted("v", "t", {"command": "view", "path": f"dir/{payload}"}),
        ToolCallFinished("v", f"answer {payload}", False),
        ToolCallStarted("w", payload, {"command": payload, "path": payload}),
        ToolCallFinished("w", f"error {payload}", True),
        Noticed(f"notice {payload}"),
        FileChangedOutside(f"outside {payload}"),
        TextDelta(f"live {payload}"),
    )


@pytest.mark.parametrize("kinds", SITTINGS, ids="-".join)
async def test_nothing_raw_reaches_the_guard_when_a_session_shows_it(kinds: list[str]) -> None:
    payload = " ".join(PAYLOADS[kind] for kind in kinds)
    name = payload.replace("/", "|")
    diffs = (diff_images(f"src/{name}.py", diff_of(payload), diff_of(payload + "x")),)
    session = FakeSession(rows=rows_of(payload, name))
    shown = diff_images(f"docs/{name}", diff_of(payload), diff_of(payload + "x"))
    conflict = FileConflict(name, ConflictKind.CHANGED_SINCE, f"conflict {payload}", shown, shown, shown)
    session.previews = {row.id: RollbackPreview("id", "", diffs, (conflict,)) for row in session.rows}
    session.rewinds = {2: RewindPreview((TurnRow(2, payload, 0.0, 1),), 1, session.previews["id"], (payload,))}
    facts = Facts(payload, payload, payload, payload, payload, branch=payload, price=payload)
    async with seated(session, facts, size=(120, 60), is_guarded=False) as person:
        assert_nothing_raw(person, "empty desk")
        await person.press("ctrl+o")
        tell(session, payload)
        await person.until_seen("live")
        assert_nothing_raw(person, "desk")
        session.emit(ToolCallStarted("e", "t", {"command": "str_replace", "path": name}))
        session.emit(ProposalMade("p", "e", "d", diffs, payload), ApprovalRequested("p", f"why {payload}"))
        await person.until_on(ReviewScreen)
        await person.until_seen("before")
        assert_nothing_raw(person, "review")
        session.emit(FileChangedOutside(diffs[0].path), TurnFinished("failed", reason=f"over {payload}"))
        await person.until_seen("no longer waits")
        assert_nothing_raw(person, "lost review")
        await person.press("escape", "f3")
        await person.until_on(HistoryScreen)
        await person.until_seen("conflict")
        assert_nothing_raw(person, "history")
        await assert_the_way_back_is_safe(person)


def rows_of(payload: str, name: str) -> tuple[HistoryRow, ...]:
    files = tuple(RowFile(path, 1, 1, RowState.APPLIED) for path in (name, f"x{name}"))
    of_a_turn = HistoryRow("id", 3, 0.0, "s", "2", payload, files, payload, payload)
    odd = HistoryRow("odd", 1, 0.0, payload, payload, payload, files, payload, payload)
    return of_a_turn, odd


async def assert_the_way_back_is_safe(person: Visitor) -> None:
    await person.press("p")
    await person.until_on(FileScreen)
    assert_nothing_raw(person, "choice of a file")
    await person.press("escape", "m")
    await person.until_on(TurnScreen)
    assert_nothing_raw(person, "choice of a turn")
    await person.press("enter")
    await person.until_on(RewindScreen)
    assert_nothing_raw(person, "conversation")
    await person.press("escape", "enter")
    await person.until_on(RestoreScreen)
    await person.until_seen("before")
    assert_nothing_raw(person, "preview")
    await person.press("r")
    await person.until_on(ConflictScreen)
    await person.until_seen("before")
    assert_nothing_raw(person, "conflict")
    await person.press("m", "enter")
    await person.until_on(ConfirmScreen)
    await person.until_seen("before")
    assert_nothing_raw(person, "confirmation")


async def test_guard_stops_what_a_widget_lets_through() -> None:
    async with seated(FakeSession(), size=(120, 60)) as person:
        for payload in PAYLOADS.values():
            await person.screen.mount(Static(f"around {payload} around", markup=False))
        person.app.desk.composer.load_text("".join(PAYLOADS.values()))
        await person.until_seen("around")
        assert_nothing_raw(person, "unsafe widgets")


async def test_markup_is_shown_as_text_when_somebody_writes_it() -> None:
    session = FakeSession()
    async with seated(session, size=(120, 60)) as person:
        session.emit(
            TurnStarted(MARKUP), Noticed(MARKUP), ToolCallStarted("v", "t", {"command": "view", "path": MARKUP})
        )
        await person.until_seen("working")
        person.app.desk.say(MARKUP)
        await person.until(lambda: person.sees().count(MARKUP) == 4)


async def test_hidden_characters_are_tokens_and_counted_when_an_edit_holds_them() -> None:
    session = FakeSession()
    async with seated(session, size=(120, 40)) as person:
        session.propose(diffs=(diff_images("a.py", b"x = 1\n", "x = 1 \u202e\u200b\n".encode()),))
        await person.until_seen("x = 1 ‹U+202E›‹U+200B›", "2 hidden characters")


async def test_entity_is_not_decoded_when_a_reply_holds_one() -> None:
    session = FakeSession()
    async with seated(session) as person:
        session.emit(TextFinished("a &#x202e; <b>bold</b> <script>"))
        await person.until_seen("a &#x202e; <b>bold</b> <script>")


@given(st.lists(st.text()))
def test_guarded_line_is_safe_and_no_wider_when_it_holds_anything(texts: list[str]) -> None:
    segments = [Segment(text, Style(link="https://x")) for text in texts]
    guarded = Guard().apply([*segments, Segment("", control=Control.clear().segment.control)], Color(0, 0, 0))
    assert not any(is_unsafe(character) for segment in guarded for character in segment.text)
    assert not any(segment.control or (segment.style and segment.style.link) for segment in guarded)
    assert Segment.get_line_length(guarded) <= Segment.get_line_length(segments)


def test_line_is_left_as_it_is_when_it_is_safe() -> None:
    segments = [Segment("plain ✓ 漢字", Style(bold=True))]
    assert Guard().apply(segments, Color(0, 0, 0)) is segments


def test_what_was_drawn_is_remembered_once_and_only_so_much_of_it() -> None:
    guard = Guard()
    lines = (f"{number:>4} · {'a line as wide as a screen' * 4}" for number in range(4 * REMEMBERED_TEXTS))
    tracemalloc.start()
    try:
        for line in lines:
            guard.apply([Segment(line)], Color(0, 0, 0))
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert taken < 400 * REMEMBERED_TEXTS, "a line takes 200 bytes, and its place in the memory 100"
