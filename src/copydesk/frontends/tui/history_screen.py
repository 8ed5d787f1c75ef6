"""Owns the list of applied steps, and going back: what would change is shown and confirmed before anything moves."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.worker import Worker

from copydesk.domain.checkpoints import Aim, HistoryRow, RollbackPreview
from copydesk.domain.decisions import Decision
from copydesk.domain.display import show
from copydesk.domain.errors import CopydeskError
from copydesk.frontends.present import plural, rollback_sentence
from copydesk.frontends.tui.bridge import SessionPort
from copydesk.frontends.tui.diff_view import DiffView
from copydesk.frontends.tui.status import Footer, RuleLine, SaidLine
from copydesk.frontends.tui.step_list import StepList
from copydesk.frontends.tui.text_lines import TextLines

NOT_COVERED = "Changes that other programs made are not in this list; going back never overwrites them."


class HistoryScreen(Screen[None]):
    """What was changed, newest first, and what going back before a step would do."""

    DEFAULT_CSS = """
    HistoryScreen {
        background: $background;
        StepList { height: 1fr; min-height: 4; }
        TextLines { height: auto; max-height: 8; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "preview", "preview diff", id="history.preview", key_display="enter"),
        Binding("r", "rollback", "roll back…", id="history.rollback"),
        Binding("y", "confirm", "yes, roll back", id="history.confirm"),
        Binding("R", "redo", "redo", id="history.redo"),
        Binding("question_mark", "app.help", "keys", id="help", show=False),
        Binding("escape,q", "back", "back", id="history.back"),
    ]
    AUTO_FOCUS = "StepList"

    def __init__(self, session: SessionPort, workspace: str) -> None:
        super().__init__()
        self._session = session
        self._workspace = workspace
        self._rows: Sequence[HistoryRow] = ()
        self._preview: RollbackPreview | None = None
        self._is_confirming = False
        self._previewing: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        yield SaidLine(id="title")
        yield RuleLine()
        yield StepList()
        yield RuleLine()
        yield TextLines()
        yield SaidLine(id="said")
        yield Footer()

    def on_mount(self) -> None:
        remark = "nothing moves until you confirm "
        self.query_one("#title", SaidLine).say(
            (" history", "accent"), (f"  {show(self._workspace)}", "strong"), right=[(remark, "secondary")]
        )
        self._reload()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """`y` exists only where a question is open."""
        return self._is_confirming if action == "confirm" else True

    def on_step_list_highlighted(self, message: StepList.Highlighted) -> None:
        """Show what going back before this step would do."""
        self._ask_nothing()
        self._preview = None
        if self._previewing is not None:
            self._previewing.cancel()
        self._previewing = self.run_worker(self._load_preview(message.row), exit_on_error=False)

    def action_preview(self) -> None:
        """Show the whole difference between now and then."""
        if self._preview is not None and self._preview.diffs:
            self.app.push_screen(DiffScreen(self._preview))
        else:
            self._say("There is no difference to show.")

    def action_rollback(self) -> None:
        """Say exactly what would happen, and ask."""
        if self._preview is None:
            self._say("Choose a step first.")
        elif self._preview.conflicts:
            self._say("Nothing was moved: going back would lose the changes named above.", "warning")
        elif not self._preview.diffs:
            self._say("Going back before this step would change nothing.")
        else:
            self._is_confirming = True
            files = plural(len(self._preview.diffs), "file")
            self._say(f"Change {files} as listed above? y rolls back, esc does not.", "waiting")
            self.refresh_bindings()

    def action_confirm(self) -> None:
        """Go back as previewed."""
        preview = self._preview
        self._ask_nothing()
        if preview is not None:
            self.run_worker(self._roll_back(preview), exit_on_error=False)

    def action_redo(self) -> None:
        """Take the last rollback back."""
        self._ask_nothing()
        self.run_worker(self._redo(), exit_on_error=False)

    def action_back(self) -> None:
        """Take the question back, or leave."""
        if self._is_confirming:
            self._ask_nothing()
        else:
            self.dismiss()

    def _reload(self) -> None:
        self.run_worker(self._load(), exit_on_error=False)

    async def _load(self) -> None:
        try:
            self._rows = await self._session.history()
        except CopydeskError as error:
            self._say(str(error), "warning")
            return
        self.query_one(StepList).show_rows(self._rows)
        if not self._rows:
            self.query_one(TextLines).show_text("Nothing has been changed here yet.")

    async def _load_preview(self, row: HistoryRow) -> None:
        view = self.query_one(TextLines)
        try:
            preview = await self._session.preview_rollback(Aim(row.id))
        except CopydeskError as error:
            view.show_text(str(error), "warning")
            return
        self._preview = preview
        conflicts = [f"! {show(conflict.sentence)}" for conflict in preview.conflicts]
        view.show_text("\n".join([rollback_sentence(preview), *conflicts, NOT_COVERED]), "text")

    async def _roll_back(self, preview: RollbackPreview) -> None:
        try:
            self._say(await self._session.rollback(Aim(preview.step), None, Decision(True, preview.digest)))
        except CopydeskError as error:
            self._say(str(error), "warning")
        self._reload()

    async def _redo(self) -> None:
        try:
            self._say(await self._session.rollback(Aim("", is_redo=True)))
        except CopydeskError as error:
            self._say(str(error), "warning")
        self._reload()

    def _ask_nothing(self) -> None:
        if self._is_confirming:
            self._is_confirming = False
            self._say("")
            self.refresh_bindings()

    def _say(self, sentence: str, style: str = "text") -> None:
        self.query_one("#said", SaidLine).say((f" {show(sentence)}" if sentence else "", style))


class DiffScreen(Screen[None]):
    """The difference that going back would make."""

    DEFAULT_CSS = """
    DiffScreen { background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "hunk(1)", "next hunk", id="diff.next_hunk"),
        Binding("p", "hunk(-1)", "previous hunk", id="diff.previous_hunk"),
        Binding("escape,q,enter", "app.pop_screen", "back", id="diff.back"),
    ]
    AUTO_FOCUS = "DiffView"

    def __init__(self, preview: RollbackPreview) -> None:
        super().__init__()
        self._preview = preview

    def compose(self) -> ComposeResult:
        yield SaidLine(id="title")
        yield RuleLine()
        yield DiffView()
        yield RuleLine()
        yield Footer()

    def on_mount(self) -> None:
        self.query_one("#title", SaidLine).say((" preview", "accent"), ("  what going back would change", "text"))
        conflicts = tuple(conflict.sentence for conflict in self._preview.conflicts)
        self.query_one(DiffView).show_diffs(self._preview.diffs, conflicts)

    def action_hunk(self, step: int) -> None:
        """Go to another hunk."""
        self.query_one(DiffView).go_to_hunk(step)
