"""Owns the review desk: files and differences on screen, and the keys with which a person decides about them.

It knows nothing of where an offer comes from. A key decides only on what has been visible for a moment, the decision is
bound to the digest that is shown, and leaving decides nothing.
"""

from dataclasses import replace
from enum import Enum
from typing import ClassVar

from textual.binding import BindingType

from copydesk.domain.decisions import Choice, Decision, Remark
from copydesk.domain.errors import CopydeskError
from copydesk.frontends.tui.lines.words_field import WordsField
from copydesk.frontends.tui.review.arming import ARMING_SECONDS
from copydesk.frontends.tui.review.carrying import Remembered, carried
from copydesk.frontends.tui.review.commenting import remark_at
from copydesk.frontends.tui.review.finish_screen import Ending, FinishScreen, Verdict
from copydesk.frontends.tui.review.hunk_editor import Draft, HunkEditor, is_writable_here
from copydesk.frontends.tui.review.keys import REVIEW_KEYS
from copydesk.frontends.tui.review.offer import Answered, Decide, Offer, Review
from copydesk.frontends.tui.review.reading import WIDTH_OF_BOTH, OfferScreen
from copydesk.frontends.tui.review.state import Answer, Course, Part, ReviewState
from copydesk.frontends.tui.review.ways_screen import Way, WaysScreen
from copydesk.frontends.tui.review.words import line_words, part_name

LEAVING_SECONDS = 0.3
"""How long the screen stays after a decision, so that a key pressed twice goes nowhere else."""

LOOKED_AGAIN = "This is what is offered now; what is new since you looked is marked."
OVERRULED = "{} is offered in another way now; nothing was written."


class Phase(Enum):
    """Where the review stands."""

    READING = "reading"
    DECIDING = "deciding"
    DECIDED = "decided"
    GONE = "gone"


class ReviewScreen(OfferScreen):
    """Has an offer reviewed, until it is decided or gone; gives a sentence on what came of it."""

    BINDINGS: ClassVar[list[BindingType]] = REVIEW_KEYS
    LEFT = "Nothing was applied; it still waits, with all you said."

    def __init__(self, review: Review, memory: Remembered, arming_seconds: float = ARMING_SECONDS) -> None:
        super().__init__(memory.begin(review.subject, review.offer), arming_seconds)
        self._review, self._memory, self._arming_seconds = review, memory, arming_seconds
        self.phase = Phase.READING
        self._about: Remark | None = None
        """The comment that is being written."""
        self._came_of_it = ""

    def on_screen_resume(self) -> None:
        """Leave where the time for it came while something lay over this screen."""
        self._leave()

    def show_review(self, review: Review) -> None:
        """Have something else reviewed."""
        self._keep()
        self._review, self.course = review, Course(self._memory.begin(review.subject, review.offer))
        self.phase = Phase.READING
        self._begin()

    def show_offer(self, offer: Offer, sentence: str, decide: Decide | None = None) -> None:
        """Show the same anew after it changed; what was said of hunks that are as they were stays said.

        `decide` is for an offer that is decided about in another way.
        """
        self._review = replace(self._review, offer=offer, decide=decide or self._review.decide)
        self.course = Course(carried(self.state, offer))
        self.phase = Phase.READING
        self._begin()
        self._say(sentence, "warning")

    def show_changed(self, paths: frozenset[str]) -> None:
        """Mark what has changed on disk since it was offered."""
        if self.is_mounted and self.phase is not Phase.GONE:
            self._picture.show_changed(frozenset(filter(self.state.offer.has, paths)), self.state, self.here)

    def lose(self, sentence: str) -> None:
        """What was offered is not offered any more."""
        if self.phase is Phase.READING:
            self.phase = Phase.GONE
            self._close_words()
            self._say(sentence, "warning")

    def on_words_field_sent(self, message: WordsField.Sent) -> None:
        """Take a comment, or look for the words."""
        self._close_words()
        if message.purpose == "find":
            self._find(message.text)
        elif message.purpose == "file" and self.here is not None:
            path = self.here.path
            self._take(f"the comment on {path}", self.state.noted(path, message.text))
        elif self._about is not None:
            remark = replace(self._about, text=message.text, weight=message.weight)
            self._picture.view.clear_selection()
            self._take(f"the comment on {line_words(remark)}", self.state.remarked(remark))

    def on_words_field_left(self) -> None:
        """Say nothing."""
        self._close_words()

    def on_words_field_weighed(self) -> None:
        """Say what the comment weighs now."""
        self._ask_for_comment()

    def action_decide(self, choice: str) -> None:
        """Say what becomes of the hunk, or of the selected lines of it, and go on to the next."""
        if self.here is None or not self._may_decide(choice):
            return
        state, part = self._selected(self.here)
        if part is None:
            self._say("Nothing changes in the lines that are selected.", "warning")
        else:
            self._decide(state.answered([part], Answer(Choice(choice))), part, f"{choice}ed {part_name(state, part)}")

    def action_decide_file(self, choice: str) -> None:
        """Say what becomes of all of the file, and go on to the next."""
        if self.here is not None and self._may_decide(choice):
            parts = self.state.parts_of(self.here.path)
            state = self.state.answered(parts, Answer(Choice(choice)))
            self._decide(state, parts[-1], f"{choice}ed {self.here.path}", is_file=True)

    def action_edit(self) -> None:
        """Rewrite the hunk here."""
        text = self._text_to_edit()
        if text is None or self.here is None:
            return
        if not is_writable_here(text):
            self._say("It holds characters that cannot be seen here: E opens it in your own editor.", "warning")
            return
        hunk = self.state.hunk(self.here)
        place = f"lines {hunk.new_from + 1}–{hunk.new_from + hunk.new_length} as proposed"
        part = self.here
        self.app.push_screen(HunkEditor(Draft(part.path, place, text)), lambda new: self._rewrite(part, new))

    async def action_edit_outside(self) -> None:
        """Rewrite the hunk in the person's own editor."""
        part, text = self.here, self._text_to_edit()
        if part is None or text is None:
            return
        try:
            self._rewrite(part, await self._review.edit(text, part.path.rsplit("/", 1)[-1]))
        except CopydeskError as error:
            self._say(str(error), "warning")

    def action_comment(self) -> None:
        """Say something of the line or the selected lines under the cursor."""
        view = self._picture.view
        about = self.here and remark_at(self.state, self.here, view.spot, view.selected_rows)
        if about:
            self._about = about
            self._words.ask("comment", about.text, about.weight)
            self._ask_for_comment()
        else:
            self._say("There is no line here as it was proposed: comment on another, or undo your own text.", "warning")

    def action_comment_file(self) -> None:
        """Say something of the file as a whole."""
        if self.here is not None:
            self._words.ask("file", self.state.notes.get(self.here.path, ""))
            self._say(f"{self.here.path}, as a whole", "text")

    def action_ways(self) -> None:
        """Show the three sides of a conflict, and do what is said there."""
        part = self.here
        if part is None or self.phase is not Phase.READING:
            return

        async def answered(way: Way | None) -> None:
            if self.phase is not Phase.READING or part not in self.state.parts:
                return
            if way is Way.KEEP:
                parts = self.state.parts_of(part.path)
                self._decide(self.state.answered(parts, Answer(Choice.REJECT)), parts[-1], f"dropped {part.path}")
            elif way is Way.OVERRULE and self._review.overrule:
                self._show_other(await self._review.overrule(part.path), OVERRULED.format(part.path))

        self.app.push_screen(WaysScreen(self.state.offer.file(part.path)), answered)

    def action_split(self) -> None:
        """Split the hunk at its unchanged lines, else at the cursor."""
        if self.here is None or not self.here.hunk:
            return
        state = self.state.split(self.here, self._picture.view.spot.row_in_hunk)
        pieces = len(state.parts) - len(self.state.parts)
        if not pieces:
            self._say("It cannot be split here: stand on a line between two changes.", "warning")
            return
        part = state.part_with(self.here.path, self.here.hunk, self.here.first)
        self._take(f"split {part_name(self.state, self.here)}", state)
        if part:
            self._go(part)
        self._say(f"Split into {pieces + 1}; each is decided by itself.")

    def action_undo(self) -> None:
        """Take the last step back."""
        self._go_back_to(*self.course.undone(), "Taken back")

    def action_redo(self) -> None:
        """Take it again."""
        self._go_back_to(*self.course.redone(), "Done again")

    def action_mark(self, is_file: bool = False) -> None:
        """Mark the hunk, or all of the file, as reviewed, or not any more, and go on to the next that is not."""
        part = self.here
        if part is None:
            return
        hunks = self.state.hunks_of(part.path) if is_file else (part.hunk,)
        is_reviewed = any((part.path, hunk) not in self.state.reviewed for hunk in hunks)
        name = part.path if is_file else part_name(self.state, part)
        self._take(f"the mark on {name}", self.state.marked(part.path, hunks, is_reviewed))
        self._memory.see(self.state, {*self._seen, part.path})
        following = self.state.next_unreviewed(part)
        if is_reviewed and following:
            self._go(following)
        self._say(f"{name}: marked as reviewed." if is_reviewed else f"{name}: not marked any more.")

    async def action_look(self) -> None:
        """Look again at what is offered."""
        if self._review.look and self.phase is Phase.READING:
            self._show_other(await self._review.look(), LOOKED_AGAIN)

    def _show_other(self, offer: Offer | None, sentence: str) -> None:
        if offer is not None and offer.digest != self.state.offer.digest and self.phase is Phase.READING:
            self.show_offer(offer, sentence)

    def action_finish(self) -> None:
        """Ask for the verdict."""
        if self.phase is not Phase.READING:
            return
        if self.may_finish:
            self.app.push_screen(self.finish_screen(), self._end)
        else:
            self._say("Nothing is decided yet: a accepts a hunk, x rejects it, c comments; q leaves.", "warning")

    def action_back(self) -> None:
        """End the search, or leave without a verdict."""
        if self._finds:
            self._find("")
        elif self._lists and self.size.width < WIDTH_OF_BOTH:
            self.action_files()
        elif self.phase is Phase.READING:
            self._keep()
            self.dismiss(self.LEFT)
        elif self.phase is Phase.GONE:
            self.dismiss("")

    def _selected(self, part: Part) -> tuple[ReviewState, Part | None]:
        """Cut the selected lines out of a part, where some are selected; None where nothing of them changes."""
        rows = self._picture.view.selected_rows
        answer = self.state.answers.get(part)
        if rows is None or not part.hunk or (answer and answer.choice is Choice.EDIT):
            return self.state, part
        if not any(rows[0] <= change < rows[1] for change in self.state.hunk(part).changes):
            return self.state, None
        state = self.state.narrowed(part, *rows)
        return state, state.part_with(part.path, part.hunk, part.first + rows[0])

    def _may_decide(self, choice: str) -> bool:
        """Only what has been read can be accepted."""
        if self.phase is not Phase.READING:
            return False
        if choice == Choice.ACCEPT and not self._arming.is_armed:
            self._arming.begin()
            self._say("That was too quick to have been read: press it again to accept.", "warning")
            return False
        return True

    def _decide(self, state: ReviewState, part: Part, name: str, is_file: bool = False) -> None:
        """Take a decision in, and go on: to what is to be decided next, or to the end."""
        was_complete = not self.state.undecided
        self._take(name, state)
        following = state.next_undecided(part)
        is_all = len(state.parts) == 1 or (is_file and len(state.offer.files) == 1)
        if following is not None:
            self._go(following)
        elif is_all and all(answer.choice is Choice.ACCEPT for answer in state.answers.values()):
            self._apply_at_once()
        elif is_all or not was_complete:
            self.action_finish()
        else:
            self._say("Everything is decided: enter finishes.")

    def _take(self, name: str, state: ReviewState) -> None:
        self._show_course(self.course.then(name, state))

    def _go_back_to(self, name: str, course: Course, done: str) -> None:
        if self.phase is Phase.READING and name:
            self._show_course(course)
            self._say(f"{done}: {name}.")

    def _show_course(self, course: Course) -> None:
        """Draw what is said by now; the cursor stays on its lines, whatever part they belong to."""
        self._memory.say(self._review.subject, self.state, course.state)
        self.course = course
        if self.here is not None and self.here not in self.state.parts_of(self.here.path):
            self.here = self.state.part_with(self.here.path, self.here.hunk, self.here.first)
        self._picture.draw(self.state, self.here)

    def _text_to_edit(self) -> str | None:
        """The text of the hunk here, where it can be rewritten."""
        if self.phase is not Phase.READING or self.here is None:
            return None
        if not self.here.hunk:
            self._say("There are no lines here to rewrite.", "warning")
            return None
        return self.state.text(self.here)

    def _rewrite(self, part: Part, text: str | None) -> None:
        if text is None or text == self.state.text(part):
            self._say("The text is as it was, and nothing was decided by that.")
        else:
            answer = Answer(Choice.EDIT, text)
            self._decide(self.state.answered([part], answer), part, f"your text in {part_name(self.state, part)}")

    def _ask_for_comment(self) -> None:
        if self._about is not None:
            self._say(f"{self._words.weight} · {self._about.path}, {line_words(self._about)}", "text")

    @property
    def may_finish(self) -> bool:
        """Whether there is something to end the review with."""
        return bool(self.state.answers) or self.state.has_words

    def finish_screen(self, *, takes_at_once: bool = False) -> FinishScreen:
        """The screen that asks for the verdict; `takes_at_once` where it was said already."""
        return FinishScreen(self.state, self._arming_seconds, takes_at_once)

    def decision_on(self, ending: Ending) -> Decision:
        """What a verdict says of everything that is offered."""
        is_taken = ending.verdict is Verdict.APPLY
        return self.state.decision(ending.note) if is_taken else self.state.refusal(ending.note)

    def _apply_at_once(self) -> None:
        """What is protected is asked about once more."""
        if self.state.protected_paths:
            self.app.push_screen(self.finish_screen(takes_at_once=True), self._end)
        else:
            self._carry_out(self.decision_on(Ending(Verdict.APPLY)))

    def _end(self, ending: Ending | None) -> None:
        if ending is None:
            self._say("Nothing was applied. Read on; enter finishes, q leaves.")
        else:
            self._carry_out(self.decision_on(ending))

    def _carry_out(self, decision: Decision) -> None:
        if self.phase is Phase.READING:
            self.phase = Phase.DECIDING
            self._say("Applying …" if decision.accepted else "Answering …")
            self.run_worker(self._settle(decision))

    async def _settle(self, decision: Decision) -> None:
        try:
            answered = await self._review.decide(decision)
        except CopydeskError as error:
            answered = Answered(False, str(error))
        except BaseException:
            self.phase = Phase.READING
            raise
        if answered.is_settled:
            self._memory.settle(self._review.subject, self.state, self._seen)
            self._came_of_it = answered.sentence
        if answered.offer is not None:
            self.show_offer(answered.offer, answered.sentence)
        elif answered.is_settled:
            self.phase = Phase.DECIDED
            self._say(answered.sentence, "waiting")
            self.set_timer(LEAVING_SECONDS, self._leave)
        else:
            self.phase = Phase.READING
            self._say(answered.sentence, "warning")

    def _leave(self) -> None:
        if self.phase is Phase.DECIDED and self.is_active:
            self.dismiss(self._came_of_it)

    @property
    def _seen(self) -> frozenset[str]:
        return frozenset(part.path for part in self._read)

    def _keep(self) -> None:
        """Remember what was said, unless it is decided."""
        if self.phase is Phase.READING:
            self._memory.leave(self._review.subject, self.state, self._seen)


def _name(part: Part) -> str:
    return f"hunk {part.hunk} of {part.path}" if part.hunk else part.path
