"""Owns how what was said of an offer is drawn: the differences with their marks and comments, the files, the title."""

from collections.abc import Collection

from copydesk.domain.decisions import Choice
from copydesk.domain.display import show
from copydesk.frontends.tui.diff.shown_files import ShownFile
from copydesk.frontends.tui.diff.view import DiffView
from copydesk.frontends.tui.lines.status import Piece, SaidLine
from copydesk.frontends.tui.review.commenting import comments_of
from copydesk.frontends.tui.review.file_list import FileList
from copydesk.frontends.tui.review.offer import OfferedFile
from copydesk.frontends.tui.review.state import Part, ReviewState
from copydesk.frontends.tui.review.words import (
    file_standing,
    part_mark,
    place_sentence,
    size_sentence,
    standing_of,
    tally_sentence,
)


class Picture:
    """Draws only what has changed since it was drawn last."""

    def __init__(self) -> None:
        self.view, self.files = DiffView(), FileList()
        self.title, self.place = SaidLine(), SaidLine()
        self._drawn: ReviewState | None = None
        self._changed: frozenset[str] = frozenset()
        """Paths that have changed on disk since they were offered."""

    def draw(self, state: ReviewState, here: Part | None) -> None:
        """Show what was said, and where the person is."""
        drawn, self._drawn = self._drawn, state
        if drawn is None or drawn.offer is not state.offer or _shapes(drawn) != _shapes(state):
            is_same = drawn is not None and drawn.offer is state.offer
            self.view.show_files([_shown(state, file) for file in state.offer.files], keeps_place=is_same)
            self._mark(state, set(state.parts))
            self.view.set_comments(comments_of(state))
        else:
            self._mark(state, _changed_parts(drawn, state))
            if drawn.remarks != state.remarks:
                self.view.set_comments(comments_of(state))
        self.files.show_state(state, self._changed)
        self.show_title(state)
        self.show_place(state, here)

    def show_changed(self, paths: frozenset[str], state: ReviewState, here: Part | None) -> None:
        """Mark files that have changed on disk."""
        if paths != self._changed:
            self._changed = paths
            self.files.show_state(state, paths)
            self.show_place(state, here)

    def show_title(self, state: ReviewState) -> None:
        """Say how much there is, and how much of it is decided."""
        origin = [(f"from: {show(state.offer.origin)} ", "secondary")] if state.offer.origin else []
        said = (f"  {size_sentence(state)}", "strong"), (f"   {tally_sentence(state)}", "text")
        self.title.say((" review", "accent"), *said, right=origin)

    def show_place(self, state: ReviewState, here: Part | None) -> None:
        """Say where the person is, and what to beware of there."""
        if here is None:
            self.place.say()
            return
        file = state.offer.file(here.path)
        warnings: list[Piece] = [(f" ⚠ {show(file.mark)} ", "warning")] if file.mark else []
        if here.path in self._changed:
            warnings.insert(0, (f" ↻ {show(here.path)} changed on disk since proposed ", "warning"))
        where = (f" {place_sentence(state, here)} ", standing_of(state, here).style)
        self.place.say(*warnings, where)

    def _mark(self, state: ReviewState, parts: Collection[Part]) -> None:
        paths = {part.path for part in parts}
        for number, file in enumerate(state.offer.files):
            if file.path in paths:
                self._mark_file(state, number, parts)

    def _mark_file(self, state: ReviewState, number: int, parts: Collection[Part]) -> None:
        file = state.offer.files[number]
        for shown, part in enumerate(state.parts_of(file.path), 1):
            if part.hunk and part in parts:
                self.view.mark_hunk(number, shown, part_mark(state, part), standing_of(state, part).style)
        standing = file_standing(state, file.path)
        word = "" if file.diff.hunks else f" {standing.word}"
        self.view.mark_file(number, f"{standing.sign}{word}", standing.style)


def _shapes(state: ReviewState) -> object:
    """What the shown differences depend on."""
    return (
        state.cuts,
        state.notes,
        {part: answer for part, answer in state.answers.items() if answer.choice is Choice.EDIT},
    )


def _changed_parts(before: ReviewState, after: ReviewState) -> set[Part]:
    parts = {*before.answers, *after.answers}
    answered = {part for part in parts if before.answers.get(part) != after.answers.get(part)}
    marked = before.reviewed ^ after.reviewed
    return answered | ({part for part in after.parts if (part.path, part.hunk) in marked} if marked else set())


def _shown(state: ReviewState, file: OfferedFile) -> ShownFile:
    notes = [*file.notes, *([file.conflict] if file.conflict else [])]
    notes += [f"you: {state.notes[file.path]}"] if file.path in state.notes else []
    return ShownFile(state.shown(file), file.before, file.after, file.mark, tuple(notes), file.is_folded)
