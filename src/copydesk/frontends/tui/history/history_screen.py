"""Owns the screen of the History: what was changed, and what going back before a step would do.

It moves nothing itself: each key leads onto a way on which what would happen is shown and confirmed first.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.worker import Worker

from copydesk.domain.checkpoints import Aim, HistoryRow, RollbackPreview, RowState
from copydesk.domain.display import show
from copydesk.domain.errors import CopydeskError
from copydesk.frontends.going_back import reach_sentences, rollback_sentence
from copydesk.frontends.tui.bridge import SessionPort
from copydesk.frontends.tui.history.commit_way import commit
from copydesk.frontends.tui.history.file_screen import FileScreen
from copydesk.frontends.tui.history.step_list import Entry, StepList, clock_time, entries
from copydesk.frontends.tui.history.way_back import WayBack
from copydesk.frontends.tui.lines.choice_list import ChoiceList
from copydesk.frontends.tui.lines.key_lines import KeyLines
from copydesk.frontends.tui.lines.status import RuleLine, SaidLine
from copydesk.frontends.tui.lines.text_lines import TextLines
from copydesk.frontends.tui.terminal.mishaps import Sturdy

NOT_COVERED = "What other programs changed elsewhere is not in this list, and is never touched."
PASSING_SECONDS = 0.08
"""How long the cursor rests on a step before it is worked out what going back there would do."""


class HistoryScreen(Sturdy, Screen[None]):
    """What was changed, newest first, and what going back before a step would do."""

    DEFAULT_CSS = """
    HistoryScreen {
        background: $background;
        StepList { height: 1fr; min-height: 3; }
        VerticalScroll { height: auto; max-height: 35%; }
        #said { max-height: 2; color: $accent; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "look", "preview diff", id="history.preview", key_display="enter"),
        Binding("r", "go_back", "roll back…", id="history.rollback"),
        Binding("c", "commit", "commit…", id="history.commit"),
        Binding("p", "go_back_in_one", "only this file…", id="history.file"),
        Binding("R", "redo", "redo…", id="history.redo"),
        Binding("m", "rewind", "also the conversation…", id="history.rewind"),
        Binding("tab", "app.focus_next", "scroll the other part", show=False, id="history.other"),
        Binding("question_mark", "app.help", "keys", id="help"),
        Binding("escape,q", "back", "back", id="history.back", key_display="esc"),
    ]
    AUTO_FOCUS = "StepList"

    def __init__(self, session: SessionPort, workspace: str) -> None:
        super().__init__()
        self._session = session
        self._workspace = workspace
        self._rows: Sequence[HistoryRow] = ()
        self._previewing: Worker[None] | None = None
        self._following: Worker[None] | None = None
        self._would = TextLines(place="would")
        """What going back would do; kept, since it is still worked out when the screen is left."""

    def compose(self) -> ComposeResult:
        yield SaidLine(id="title")
        yield RuleLine()
        yield StepList()
        yield RuleLine()
        with VerticalScroll(can_focus=True):
            yield self._would
        yield TextLines(place="said")
        yield KeyLines()

    def on_mount(self) -> None:
        remark = "nothing moves until you confirm "
        self.query_one("#title", SaidLine).say(
            (" history", "accent"), (f"  {show(self._workspace)}", "strong"), right=[(remark, "secondary")]
        )
        self.run_worker(self._load())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys about a step rest where there is none."""
        entry = self._entry
        match action:
            case "look" | "go_back" | "redo":
                return entry is not None
            case "go_back_in_one":
                return entry is not None and bool(entry.paths)
            case _:
                return True

    def on_choice_list_highlighted(self, message: ChoiceList.Highlighted) -> None:
        """Show what going back before this step would do."""
        if self._previewing is not None:
            self._previewing.cancel()
        if self._entry is not None:
            self._previewing = self.run_worker(partial(self._foresee, self._entry))
        self.refresh_bindings()

    def action_look(self) -> None:
        """Show the whole difference between now and then, to choose among its hunks."""
        if entry := self._entry:
            self._lead(partial(self._way.go, Aim(entry.first.id), _doing(entry), looks_first=True))

    def action_go_back(self) -> None:
        """Go back before the chosen step."""
        if entry := self._entry:
            self._lead(partial(self._way.go, Aim(entry.first.id), _doing(entry)))

    def action_go_back_in_one(self) -> None:
        """Go back in one file only."""
        if entry := self._entry:
            self._lead(partial(self._go_back_in_one, entry))

    def action_redo(self) -> None:
        """Take back the chosen rollback, or the last one."""
        entry = self._entry
        is_chosen = entry is not None and entry.newest.operation == "rollback" and entry.state is not RowState.UNDONE
        if entry is not None and is_chosen:
            doing = f"Taking back the rollback of {clock_time(entry.newest.at)}"
            self._lead(partial(self._way.go, Aim(entry.newest.id, is_redo=True), doing))
        else:
            self._lead(partial(self._way.go, Aim("", is_redo=True), "Taking back the last rollback"))

    def action_rewind(self) -> None:
        """Cut the conversation back too, offering the chosen turn first."""
        self._lead(partial(self._way.rewind, self._entry.turn if self._entry else None))

    def action_commit(self) -> None:
        """Commit what was accepted in this session."""
        self._lead(partial(commit, self.app, self._session))

    def action_back(self) -> None:
        """Leave."""
        self.dismiss()

    @property
    def _entry(self) -> Entry | None:
        return self.query_one(StepList).entry if self.is_mounted else None

    @property
    def _way(self) -> WayBack:
        return WayBack(self.app, self._session)

    def _lead(self, way: Callable[[], Awaitable[str]]) -> None:
        """Follow a way to its end, and say what came of it; only one at a time."""
        self._following = self.run_worker(partial(self._follow, way), group="way", exclusive=True)

    async def _follow(self, way: Callable[[], Awaitable[str]]) -> None:
        self._say("")
        try:
            self._say(await way())
        except CopydeskError as error:
            self._say(str(error), "warning")
        await self._load()

    async def _go_back_in_one(self, entry: Entry) -> str:
        chosen: int | None = 0
        if len(entry.paths) > 1:
            chosen = await self.app.push_screen_wait(FileScreen(_doing(entry), entry.paths))
        if chosen is None:
            return ""
        path = entry.paths[chosen]
        return await self._way.go(Aim(entry.first.id, (path,)), f"{_doing(entry)}, only {show(path)}")

    async def _load(self) -> None:
        try:
            rows = await self._session.history()
            words = {turn.turn: turn.words for turn in await self._session.turns()}
        except CopydeskError as error:
            self._say(str(error), "warning")
            return
        steps = self.query_one(StepList)
        is_as_before, self._rows = rows == self._rows, rows
        steps.show_entries(entries(rows, self._session.id, words), steps.chosen if is_as_before else 0)
        self.refresh_bindings()
        if not self._rows:
            self._would.show_text("Nothing has been changed here yet.")

    async def _foresee(self, entry: Entry) -> None:
        self._would.show_text(f"{_doing(entry)} …", "secondary")
        await asyncio.sleep(PASSING_SECONDS)
        try:
            preview = await self._session.preview_rollback(Aim(entry.first.id))
        except CopydeskError as error:
            self._would.show_text(str(error), "warning")
            return
        self._would.show_text("\n".join(self._foreseen(entry, preview)))

    def _foreseen(self, entry: Entry, preview: RollbackPreview) -> list[str]:
        conflicts = [f"! {show(conflict.sentence)}" for conflict in preview.conflicts]
        if conflicts:
            conflicts.append("  Nothing moves until you have said what becomes of that: r asks.")
        reach = reach_sentences(self._rows, entry.newest, preview)
        return [rollback_sentence(preview, _doing(entry)), *conflicts, *reach, NOT_COVERED]

    def _say(self, sentence: str, style: str = "text") -> None:
        said = self.query_one("#said", TextLines)
        said.display = bool(sentence)
        said.show_text(sentence, style)


def _doing(entry: Entry) -> str:
    return f"Going back before {entry.name}"
