"""Owns the table of everything on the screen that shows text of somebody else's, and a program that shows it all.

A new widget or screen adds a line to `SHOWN`. `python -m tests.tui.shown_texts FOLDER` walks through the table, with
every payload in every text, on a terminal of `SIZE`; what fails meanwhile is recorded in the folder.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.text import Text
from textual.app import ComposeResult
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import DataTable, Input, Label, Markdown, OptionList, RichLog, Static, TextArea, Tree

from copydesk.domain.checkpoints import ConflictKind, FileConflict, HistoryRow, RollbackPreview, RowFile, RowState
from copydesk.domain.checks import Check
from copydesk.domain.commits import CommitPreview
from copydesk.domain.decisions import Decision
from copydesk.domain.diffs import FileDiff, diff_images
from copydesk.domain.events import (
    ApprovalRequested,
    Envelope,
    Event,
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
from copydesk.domain.rules import Rule, Verdict
from copydesk.domain.sessions import SessionSummary
from copydesk.engine.shelf import KeptConversation, SessionShelf
from copydesk.frontends.tui.app import CopydeskApp, run_app
from copydesk.frontends.tui.bridge import SessionPort
from copydesk.frontends.tui.facts import Facts
from copydesk.frontends.tui.history.commit_screen import CommitPartsScreen, CommitScreen
from copydesk.frontends.tui.history.confirm_screen import ConfirmScreen, Question, RewindScreen
from copydesk.frontends.tui.history.conflict_screen import ConflictScreen
from copydesk.frontends.tui.history.file_screen import FileScreen
from copydesk.frontends.tui.history.history_screen import HistoryScreen
from copydesk.frontends.tui.history.restore_screen import RestoreScreen
from copydesk.frontends.tui.history.turn_screen import TurnScreen
from copydesk.frontends.tui.lines.words_field import WordsField
from copydesk.frontends.tui.review.carrying import Remembered
from copydesk.frontends.tui.review.hunk_editor import Draft, HunkEditor
from copydesk.frontends.tui.review.jump_screen import JumpScreen
from copydesk.frontends.tui.review.offer import Answered, Offer, OfferedFile, Review
from copydesk.frontends.tui.review.screen import ReviewScreen
from copydesk.frontends.tui.review.state import ReviewState
from copydesk.frontends.tui.review.ways_screen import WaysScreen
from copydesk.frontends.tui.rooms.models_screen import ModelsScreen
from copydesk.frontends.tui.rooms.reading_screen import ReadingScreen
from copydesk.frontends.tui.rooms.rules_screen import RulesScreen
from copydesk.frontends.tui.surroundings import Setting, Surroundings
from copydesk.launch.mishaps import keep_trace
from copydesk.launch.terminal import complain
from tests.tui.fake_session import FakeSession, FakeTools
from tests.tui.payloads import MARKUP, ODD_WIDTHS, PAYLOADS

SIZE = (1000, 50)
"""Wide enough for every payload on one line."""
EVERYTHING = " ".join([*(f"‹{kind}›{text}" for kind, text in PAYLOADS.items()), ODD_WIDTHS, MARKUP])
DRAWN_SECONDS = 0.1
"""For what is published a moment later, such as events of the session; then for some frames."""
FRAMES = 4


@dataclass(frozen=True)
class Place:
    """Where an entry of the table shows its text."""

    app: CopydeskApp
    session: FakeSession
    text: str

    @property
    def name(self) -> str:
        """The text as a path."""
        return self.text.replace("/", "|")

    @property
    def diffs(self) -> tuple[FileDiff, ...]:
        """A difference with the text in its name and in its lines."""
        # A file that holds a null is binary, and its lines are not shown.
        texts = (f"before {text} after\n".replace("\0", "") for text in (self.text, self.text * 2))
        before, after = (text.encode("utf-8", "surrogateescape") for text in texts)
        return (diff_images(f"src/{self.name}.py", before, after),)

    @property
    def preview(self) -> RollbackPreview:
        """A rollback with the text everywhere."""
        diff = self.diffs[0]
        conflict = FileConflict(self.name, ConflictKind.CHANGED_SINCE, self.text, diff, diff, diff)
        return RollbackPreview("id", "", self.diffs, (conflict,))

    @property
    def rows(self) -> tuple[HistoryRow, ...]:
        """Steps of the History with the text everywhere."""
        files = tuple(RowFile(path, 1, 1, RowState.APPLIED) for path in (self.name, f"x{self.name}"))
        return (HistoryRow("id", 3, 0.0, self.text, "2", self.text, files, self.text, self.text),)

    @property
    def rewind(self) -> RewindPreview:
        """A cut of the conversation with the text everywhere."""
        return RewindPreview((TurnRow(2, self.text, 0.0, 1),), 1, self.preview, (self.name,))


def tell(place: Place) -> None:
    """The transcript: every kind of item."""
    text = place.text
    place.session.emit(
        TurnStarted(f"prompt {text}"),
        ThinkingFinished(f"thought {text}", 1.0),
        TextFinished(f"reply {text}\n\n```python\n{text} = 1\n```\n\n- `{text}`\n\n| {text} |\n|---|\n| {text} |"),
        ToolCallStarted("v", "t", {"command": "view", "path": f"dir/{text}"}),
        ToolCallFinished("v", f"answer {text}", False),
        ToolCallStarted("w", text, {"command": text, "path": text}),
        ToolCallFinished("w", f"error {text}", True),
        Noticed(f"notice {text}"),
        FileChangedOutside(f"outside {text}"),
        TextDelta(f"live {text}"),
    )


def propose(place: Place) -> None:
    """An edit that waits, in the transcript and in the review."""
    place.session.emit(
        ToolCallStarted("e", "t", {"command": "str_replace", "path": place.name}),
        ProposalMade("p", "e", "d", place.diffs, place.text),
        ApprovalRequested("p", place.text),
    )


def lose(place: Place) -> None:
    """The edit that waited is gone."""
    place.session.emit(FileChangedOutside(place.diffs[0].path), TurnFinished("failed", reason=place.text))


def write(place: Place, sign: str = "") -> None:
    """The prompt; with a sign alone, what it offers."""
    place.app.desk.composer.rewrite(sign or place.text)


def wait(place: Place) -> None:
    """Prompts that wait for their turn."""
    place.session.queued = (place.text, place.text)
    place.app.show_queue()


def search_prompts(place: Place) -> None:
    """What was asked before."""
    place.app.desk.composer.remember(place.text)
    place.app.action_search_prompts()


def review(place: Place) -> None:
    """The review desk, with all that an offer can say."""
    text = place.text

    async def decide(decision: Decision) -> Answered:
        return Answered(False, text)

    async def edit(old: str, name: str) -> str:
        return text

    diff = place.diffs[0]
    file = OfferedFile(diff, mark=text, is_protected=True, notes=(text,))
    offer = Offer(text, "d", (file, stuck(place)), text)
    place.app.push_screen(ReviewScreen(Review("s", offer, decide, edit), Remembered()))


def stuck(place: Place) -> OfferedFile:
    """A file in conflict."""
    ways = ((place.text, place.diffs, (place.text,)),) * 3
    return OfferedFile(diff_images(f"stuck/{place.name}", b"a\n", b"b\n"), conflict=place.text, ways=ways)


def jump(place: Place) -> JumpScreen:
    """The hunks of a file."""
    state = ReviewState(Offer(place.text, "d", (OfferedFile(place.diffs[0]),)))
    return JumpScreen(state, state.parts[0], [place.text] * len(state.parts))


def comment(place: Place) -> None:
    """A comment while it is written."""
    desk = reviewed(place)
    desk.action_comment()
    desk.query_one("#words", WordsField).load_text(place.text)


def reviewed(place: Place) -> ReviewScreen:
    """The review that is open."""
    desk = place.app.screen
    assert isinstance(desk, ReviewScreen)
    return desk


def kept(text: str) -> SessionSummary:
    """A session with the text everywhere."""
    return SessionSummary(text, 0.0, 1, 0.0, text, text, waiting=(text,), fault=text)


class Shelf(SessionShelf):
    """Sessions with the text of everything."""

    def sessions(self) -> tuple[SessionSummary, ...]:
        return (kept(EVERYTHING),)

    def read(self, prefix: str) -> KeptConversation:
        failed = TurnFinished("failed", reason=EVERYTHING)
        events: tuple[Event, ...] = (TurnStarted(EVERYTHING), TextFinished(EVERYTHING), failed)
        envelopes = (Envelope(number, "s", 1, 0.0, event) for number, event in enumerate(events, 1))
        return KeptConversation(kept(EVERYTHING), tuple(envelopes), 1)


CHECK = Check(EVERYTHING, EVERYTHING)
SHELF = Shelf(Path(), dict, lambda _: True)
SURROUNDINGS = Surroundings(
    shelf=lambda: SHELF,
    settings=lambda: (Setting(EVERYTHING, EVERYTHING, EVERYTHING),),
    keys={EVERYTHING: (EVERYTHING,), "help": ("f1",)},
    keys_source=EVERYTHING,
)


def mount(place: Place) -> None:
    """Widgets that know nothing of all this: only the guard stands before the terminal."""
    text = place.text
    table: DataTable[Text] = DataTable()
    table.add_columns("a")
    table.add_row(Text(text))
    titled = Static(text, markup=False)
    titled.styles.border = ("solid", "red")
    titled.border_title = text.replace("[", "\\[")
    tree: Tree[None] = Tree(Text(text))
    log = RichLog()
    log.write(Text(text))
    texts: list[Widget] = [titled, Label(text, markup=False), TextArea(text), Input(text), Markdown(text)]
    place.app.push_screen(Unsafe([*texts, table, tree, log, OptionList(Content(text))]))


class Unsafe(Screen[None]):
    """A screen of widgets that make nothing safe."""

    def __init__(self, widgets: Sequence[Widget]) -> None:
        super().__init__()
        self._widgets = widgets

    def compose(self) -> ComposeResult:
        yield from self._widgets


SHOWN: Mapping[str, Callable[[Place], object]] = {
    "transcript": tell,
    "transcript, unfolded": lambda at: at.app.desk.action_details(),
    "said": lambda at: at.app.desk.say(at.text),
    "prompt": write,
    "prompts that wait": wait,
    "files behind @": lambda at: write(at, "@"),
    "checks behind !": lambda at: write(at, "!"),
    "commands behind /": lambda at: write(at, "/"),
    "earlier prompts": search_prompts,
    "consent to a check": lambda at: at.app.action_check(EVERYTHING),
    "turns": lambda at: at.app.action_turns(),
    "words in the transcript": lambda at: at.app.action_find(at.text),
    "sessions": lambda at: at.app.action_sessions(at.text[:9]),
    "reading": lambda at: at.app.push_screen(ReadingScreen(SHELF, kept(at.text))),
    "models": lambda at: at.app.push_screen(ModelsScreen(at.text)),
    "rules": lambda at: at.app.push_screen(RulesScreen(at.session, {at.session.rules[0].words: [at.text]})),
    "cost": lambda at: at.app.action_cost(),
    "settings": lambda at: at.app.action_settings(),
    "review desk": review,
    "comment": comment,
    "comment under its line": lambda at: reviewed(at).query_one("#words", WordsField).action_send(),
    "finish of the review": lambda at: reviewed(at).action_decide_file("reject"),
    "three ways of a conflict": lambda at: at.app.push_screen(WaysScreen(stuck(at))),
    "editor of a hunk": lambda at: at.app.push_screen(HunkEditor(Draft(at.text, at.text, at.text))),
    "waiting edit and review": propose,
    "review of what is gone": lose,
    "history": lambda at: at.app.push_screen(HistoryScreen(at.session, at.text)),
    "choice of a file": lambda at: at.app.push_screen(FileScreen(at.text, (at.name, f"x{at.name}"))),
    "choice of a turn": lambda at: at.app.push_screen(TurnScreen(at.rewind.turns, None)),
    "cut of the conversation": lambda at: at.app.push_screen(RewindScreen(at.text, at.rewind, at.text)),
    "hunks of a file": lambda at: at.app.push_screen(jump(at)),
    "a commit": lambda at: at.app.push_screen(CommitScreen(Question(at.text, at.text, at.text, at.diffs, at.text))),
    "what of a commit": lambda at: at.app.push_screen(CommitPartsScreen(CommitPreview(at.diffs, (at.text,)))),
    "preview": lambda at: at.app.push_screen(RestoreScreen(at.preview, at.text, at.text)),
    "conflict": lambda at: at.app.push_screen(ConflictScreen(at.preview, at.text, at.text)),
    "confirmation": lambda at: at.app.push_screen(
        ConfirmScreen(Question(at.text, at.text, at.text, at.diffs, at.text))
    ),
    "notification": lambda at: at.app.notify(at.text, markup=False),
    "failure": lambda at: at.app.note_mishap(ValueError(at.text)),
    "help": lambda at: at.app.action_help(),
    "words in the help": lambda at: at.app.action_help(at.text),
    "palette": lambda at: at.app.action_command_palette(),
    "widgets that only the guard protects": mount,
}
"""What shows text of somebody else's → how to have it shown."""
OVER_THE_LAST = {
    "review of what is gone",
    "comment",
    "comment under its line",
    "finish of the review",
}
"""Entries that go on from where the one before them ended."""


def mark(name: str) -> str:
    """What tells, in the bytes that the terminal gets, where an entry of the table has been drawn: a title of ours."""
    return f"\x1b]2;drawn: {name}\x07"


def lay_out(name: str, place: Place) -> None:
    """Have an entry of the table shown, over the desk or over the entry before it."""
    while len(place.app.screen_stack) > 1 and name not in OVER_THE_LAST:
        place.app.pop_screen()
    SHOWN[name](place)


class Walk(CopydeskApp):
    """The screen, which shows every entry of the table and ends."""

    scripted: FakeSession

    def on_ready(self) -> None:
        self.run_worker(self._walk())

    async def _walk(self) -> None:
        await self._drawn()
        place = Place(self, self.scripted, EVERYTHING)
        for name in SHOWN:
            lay_out(name, place)
            await self._drawn()
            self.write_to_terminal(mark(name))
        self.exit()

    async def _drawn(self) -> None:
        await asyncio.sleep(DRAWN_SECONDS)
        for _ in range(FRAMES):
            drawn = asyncio.Event()
            self.screen.call_after_refresh(drawn.set)
            await drawn.wait()


def session_with(text: str) -> FakeSession:
    """A session with the text in everything that it knows."""
    session = FakeSession()
    place = Place(None, session, text)  # type: ignore[arg-type]
    session.rows, session.previews, session.rewinds = place.rows, {"id": place.preview}, {2: place.rewind}
    session.rules = (Rule(Verdict.ALLOW, text, text),)
    session.tools = FakeTools((text.replace("\0", ""),), (CHECK,))
    session.begin()
    return session


def main(folder: Path) -> int:
    session = session_with(EVERYTHING)

    async def open_session(learn: Callable[[Facts], None]) -> SessionPort:
        return session

    text = EVERYTHING
    facts = Facts(text, text, text, text, text, branch=text, price=text)
    walk = Walk(open_session, facts, None, SURROUNDINGS, partial(keep_trace, folder))
    walk.scripted = session
    return run_app(walk, complain)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
