"""Owns what holds of the review desk: each key does what it says, only what was read is accepted, leaving is no yes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.binding import Binding

from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision, Remark, Weight
from copydesk.domain.diffs import diff_images
from copydesk.frontends.tui.review.carrying import Remembered
from copydesk.frontends.tui.review.finish_screen import FinishScreen
from copydesk.frontends.tui.review.hunk_editor import HunkEditor
from copydesk.frontends.tui.review.keys import REVIEW_KEYS
from copydesk.frontends.tui.review.offer import Answered, Offer, OfferedFile
from copydesk.frontends.tui.review.screen import ReviewScreen
from copydesk.frontends.tui.rooms.help_screen import HelpScreen
from tests.tui.driver import seated
from tests.tui.fake_session import FakeSession
from tests.tui.reviews import NEW, OLD, TWO_FILES, Desk, at_the_desk, begun, offered

ONE = offered("b.py", "one\n", "zwei\n")

SITTINGS = 2
"""How many apps the keys are shared among: to start one is dear."""
Fact = Callable[[Desk], object]
FACTS: dict[str, Fact] = {
    "chosen": lambda desk: desk.chosen,
    "here": lambda desk: desk.screen.here and (desk.screen.here.path, desk.screen.here.hunk),
    "parts": lambda desk: len(desk.screen.state.parts),
    "reviewed": lambda desk: sorted(desk.screen.state.reviewed),
    "screen": lambda desk: type(desk.person.screen).__name__,
    "said": lambda desk: desk.screen._said.text.strip(),
    "line": lambda desk: desk.screen._picture.view.spot.line,
    "writing": lambda desk: desk.screen._words.display and desk.screen._words.purpose,
    "listed": lambda desk: desk.screen._picture.files.display,
    "digest": lambda desk: desk.screen.state.offer.digest,
    "lines": lambda desk: desk.person.sees().count("line "),
}
EFFECTS: dict[str, tuple[str, str, str, object]] = {
    "review.accept": ("", "a", "chosen", {"a.txt 1": "✓"}),
    "review.reject": ("", "x", "chosen", {"a.txt 1": "✗"}),
    "review.accept_file": ("", "A", "chosen", {"a.txt 1": "✓", "a.txt 2": "✓"}),
    "review.reject_file": ("", "X", "chosen", {"a.txt 1": "✗", "a.txt 2": "✗"}),
    "review.edit": ("", "e", "screen", "HunkEditor"),
    "review.edit_outside": ("", "E", "chosen", {"a.txt 1": "✎"}),
    "review.comment": ("", "c", "writing", "comment"),
    "review.comment_file": ("", "C", "writing", "file"),
    "review.split": ("n", "s", "parts", 4),
    "review.undo": ("a", "u", "chosen", {}),
    "review.redo": ("a u", "U", "chosen", {"a.txt 1": "✓"}),
    "review.next_hunk": ("", "n", "here", ("a.txt", 2)),
    "review.previous_hunk": ("n", "p", "here", ("a.txt", 1)),
    "review.next_file": ("", "]", "here", ("b.py", 1)),
    "review.previous_file": ("]", "[", "here", ("a.txt", 1)),
    "review.files": ("", "f", "listed", True),
    "review.jump": ("", "g", "screen", "JumpScreen"),
    "review.mark": ("", "m", "reviewed", [("a.txt", 1)]),
    "review.mark_file": ("", "M", "reviewed", [("a.txt", 1), ("a.txt", 2)]),
    "review.ways": ("]", "t", "screen", "WaysScreen"),
    "review.layout": ("", "v", "said", "view: unified"),
    "review.wrap": ("", "w", "said", "Long lines run on: ← and → scroll."),
    "review.search": ("", "/", "writing", "find"),
    "review.finish": ("a", "enter", "screen", "FinishScreen"),
    "review.down": ("", "j", "line", 2),
    "review.up": ("j j", "k", "line", 2),
    "review.page": ("", "space", "here", ("a.txt", 2)),
    "review.page_back": ("space", "b", "here", ("a.txt", 1)),
    "review.fold": ("", "o", "lines", 0),
    "review.look": ("", "R", "digest", "d2"),
    "help": ("", "?", "screen", "HelpScreen"),
    "review.back": ("", "q", "screen", "DeskScreen"),
}
"""Binding → keys that come before, the key, what changes, and into what."""
WAYS = tuple((f"the {name} way", (), (f"what the {name} is",)) for name in ("first", "second", "third"))
CLASH = OfferedFile(
    diff_images("clash.py", b"x\n", b"x\n"), conflict="clash.py is not changed: the same lines were changed.", ways=WAYS
)
OFFERS = {"review.ways": (ONE, CLASH)}
"""Binding → what is offered, where that is not two files."""


def test_every_key_of_the_review_has_an_effect_that_is_tested() -> None:
    identities = {binding.id for binding in REVIEW_KEYS if isinstance(binding, Binding)}
    assert identities == EFFECTS.keys()


@pytest.mark.parametrize("sitting", range(SITTINGS))
async def test_key_does_what_it_says_when_it_is_pressed(sitting: int) -> None:
    async with seated(FakeSession()) as person:
        for binding in list(EFFECTS)[sitting::SITTINGS]:
            await assert_does_what_it_says(await begun(person, OFFERS.get(binding, ()), Remembered()), binding)
            with person.app.batch_update():
                while len(person.app.screen_stack) > 1:
                    person.app.pop_screen()


async def assert_does_what_it_says(desk: Desk, binding: str) -> None:
    before, key, fact, expected = EFFECTS[binding]
    await desk.press(*before.split())
    assert FACTS[fact](desk) != expected, binding
    await desk.read()
    await desk.person.tap(key)
    await desk.person.until(lambda: FACTS[fact](desk) == expected, f"for {binding}: {fact} is {expected}")


async def test_selected_lines_are_decided_by_themselves() -> None:
    async with at_the_desk(offered("b.py", "one\n", "eins\nzwei\ndrei\n")) as desk:
        await desk.press("j", "j", "j", "shift+down", "a")
        await desk.person.until(lambda: len(desk.screen.state.parts) == 2, "for the lines")
        assert [(part.first, part.end) for part in desk.screen.state.answers] == [(2, 4)]
        await desk.press("u", "k", "k", "V", "c")
        await desk.person.press(*"all?", "enter")
        await desk.person.until_seen("all?")


async def test_nothing_is_decided_when_nothing_changes_in_the_selected_lines() -> None:
    async with at_the_desk() as desk:
        await desk.press("j", "V", "j", "a")
        await desk.person.until_seen("Nothing changes in the lines that are selected.")
        assert desk.chosen == {}


async def test_comment_is_shown_under_its_line() -> None:
    async with at_the_desk() as desk:
        await desk.press("j", "c")
        await desk.person.press("tab", "tab", *"why?", "enter")
        await desk.person.until_seen("you, line 2 · nit", "why?")
        await desk.press("u")
        await desk.person.until_gone("why?")


async def test_whole_review_is_decided_when_the_verdict_is_given() -> None:
    async with at_the_desk() as desk:
        await desk.press("a", "x", "a")
        await desk.person.until_on(FinishScreen)
        await desk.person.until_seen("Apply 2 hunks in 2 files, reject 1?", "◐ a.txt", "✓ b.py")
        await desk.press("a")
        await desk.person.until_seen("Why not the rest?")
        await desk.person.write("too long")
        await desk.person.press("enter")
        hunks = (HunkDecision(1, Choice.ACCEPT),)
        files = (FileDecision("a.txt", Choice.REJECT, hunks), FileDecision("b.py", Choice.ACCEPT))
        assert await desk.until_decided() == Decision(True, "d1", "too long", files=files)
        await desk.person.until(lambda: desk.left_with == ["applied"], "to leave")


async def test_undecided_hunks_are_named_when_finishing_early() -> None:
    async with at_the_desk() as desk:
        await desk.press("a", "enter")
        await desk.person.until_seen("Apply 1 hunk in 1 file, 2 undecided count as rejected?")
        await desk.person.press("escape")
        await desk.person.until_seen("Nothing was applied. Read on")
        assert desk.decisions == []


async def test_changes_are_requested_when_only_comments_are_to_be_sent() -> None:
    async with at_the_desk() as desk:
        await desk.press("c")
        await desk.person.press("tab", *"why?", "enter")
        await desk.person.until(lambda: bool(desk.screen.state.remarks), "for the comment")
        await desk.press("enter", "r", "enter")
        remark = Remark("a.txt", 5, "why?", Weight.QUESTION)
        assert await desk.until_decided() == Decision(False, "d1", remarks=(remark,))


async def test_words_are_asked_for_when_changes_are_requested_without_any() -> None:
    async with at_the_desk() as desk:
        await desk.press("a", "enter", "r", "enter")
        await desk.person.until_seen("Say what should change")
        assert desk.decisions == []
        await desk.person.write("all of it")
        await desk.person.press("enter")
        assert await desk.until_decided() == Decision(False, "d1", "all of it")


async def test_nothing_is_finished_when_nothing_was_decided() -> None:
    async with at_the_desk() as desk:
        await desk.press("enter")
        await desk.person.until_seen("Nothing is decided yet")
        assert desk.person.screen is desk.screen


@pytest.mark.parametrize("key", ["q", "escape"])
async def test_nothing_is_decided_when_the_person_leaves_and_all_is_there_again(key: str) -> None:
    async with at_the_desk() as desk:
        await desk.press("a", "x", key)
        await desk.person.until(lambda: bool(desk.left_with), "to leave")
        assert desk.decisions == []
        assert "Nothing was applied" in str(desk.left_with)
        memory = desk.memory
    async with at_the_desk(memory=memory) as desk:
        assert desk.chosen == {"a.txt 1": "✓", "a.txt 2": "✗"}
        assert FACTS["here"](desk) == ("b.py", 1)


async def test_one_hunk_is_applied_at_once_when_it_is_accepted() -> None:
    async with at_the_desk(ONE) as desk:
        await desk.press("a")
        assert await desk.until_decided() == Decision(True, "d1")


async def test_one_file_is_applied_at_once_when_all_of_it_is_accepted() -> None:
    async with at_the_desk(TWO_FILES[0]) as desk:
        await desk.press("A")
        assert await desk.until_decided() == Decision(True, "d1")


async def test_key_that_is_held_down_accepts_nothing() -> None:
    async with at_the_desk(ONE, arming_seconds=30) as desk:
        await desk.person.press("a", "a", "A")
        await desk.person.until_seen("too quick to have been read")
        assert desk.chosen == {}


async def test_hunk_has_to_be_read_when_it_comes_under_the_cursor() -> None:
    async with at_the_desk(arming_seconds=30) as desk:
        desk.screen._arming._arm()
        await desk.person.press("a", "a")
        await desk.person.until_seen("too quick to have been read")
        assert desk.chosen == {"a.txt 1": "✓"}
        await desk.person.press("p")
        assert desk.screen.is_armed


async def test_protected_file_takes_a_key_of_its_own_when_it_is_accepted() -> None:
    ci = offered(".github/workflows/ci.yml", "on: push\n", "on: pull\n", mark="CI configuration", is_protected=True)
    async with at_the_desk(ci) as desk:
        await desk.person.until_seen("⚠ CI configuration")
        await desk.press("a")
        await desk.person.until_seen("Protected (CI configuration): .github/workflows/ci.yml. Apply it too?")
        await desk.press("a", "enter", "escape")
        assert desk.person.screen is desk.screen
        assert desk.decisions == []
        await desk.press("a", "y")
        assert await desk.until_decided() == Decision(True, "d1")


async def test_text_of_the_person_is_taken_when_a_hunk_is_rewritten() -> None:
    async with at_the_desk(ONE) as desk:
        await desk.press("e")
        await desk.person.until_on(HunkEditor)
        await desk.person.press("end", *"ung", "ctrl+s")
        await desk.person.until_on(FinishScreen)
        await desk.press("a")
        hunks = (HunkDecision(1, Choice.EDIT, "zweiung\n"),)
        assert await desk.until_decided() == Decision(True, "d1", files=(FileDecision("b.py", Choice.REJECT, hunks),))


async def test_what_was_written_is_dropped_only_by_a_second_key() -> None:
    async with at_the_desk(ONE) as desk:
        await desk.press("e")
        await desk.person.until_on(HunkEditor)
        await desk.person.press("1", "escape")
        await desk.person.until_seen("esc again drops what you wrote")
        await desk.person.press("escape")
        await desk.person.until_on(ReviewScreen)
        assert desk.chosen == {}


async def test_hidden_characters_are_not_rewritten_here() -> None:
    async with at_the_desk(offered("b.py", "one\n", "on\u202ee\n")) as desk:
        await desk.press("e")
        await desk.person.until_seen("It holds characters that cannot be seen here")


async def test_file_without_lines_is_decided_as_a_whole() -> None:
    async with at_the_desk(OfferedFile(diff_images("a.bin", b"\0", b"\0\0")), ONE) as desk:
        await desk.press("e")
        await desk.person.until_seen("no lines here to rewrite")
        await desk.press("c")
        await desk.person.until_seen("There is no line here")
        await desk.press("a", "x", "a", "enter")
        files = (FileDecision("a.bin", Choice.ACCEPT), FileDecision("b.py", Choice.REJECT))
        assert await desk.until_decided() == Decision(True, "d1", files=files)


async def test_comment_is_changed_or_taken_out_when_its_line_is_commented_again() -> None:
    async with at_the_desk(ONE) as desk:
        await desk.press("c")
        await desk.person.press(*"why", "enter")
        await desk.press("c")
        await desk.person.press("?", "enter")
        assert [remark.text for remark in desk.screen.state.remarks] == ["why?"]
        await desk.press("c")
        await desk.person.press(*["backspace"] * 4, "enter")
        assert desk.screen.state.remarks == ()


async def test_decisions_on_unchanged_hunks_stay_when_the_offer_changed_meanwhile() -> None:
    async with at_the_desk() as desk:
        changed = offered("a.txt", OLD, NEW.replace("five", "fünf"))
        again = Offer("turn 1", "d2", (changed, TWO_FILES[1]))
        desk.answers.append(Answered(False, "The files changed while it was decided; look again.", again))
        await desk.press("a", "a", "a", "a")
        await desk.person.until_seen("The files changed while it was decided", "new since you looked")
        assert desk.chosen == {"a.txt 2": "✓", "b.py 1": "✓"}
        await desk.press("a", "a")
        await desk.person.until(lambda: len(desk.decisions) == 2, "for the second decision")
        assert desk.decisions[1] == Decision(True, "d2")


async def test_review_says_so_when_the_decision_came_to_nothing() -> None:
    async with at_the_desk(ONE) as desk:
        desk.answers.append(Answered(False, "Nothing was decided."))
        await desk.press("a")
        await desk.person.until_seen("Nothing was decided.")
        await desk.press("a")
        await desk.person.until(lambda: desk.left_with == ["applied"], "to leave")


async def test_keys_decide_nothing_when_what_was_offered_is_gone() -> None:
    async with at_the_desk(ONE) as desk:
        desk.screen.lose("It is gone.")
        await desk.person.until_seen("It is gone.")
        await desk.press("a", "x", "A", "enter", "e", "u")
        assert (desk.chosen, desk.person.screen) == ({}, desk.screen)
        await desk.person.press("q")
        await desk.person.until(lambda: desk.left_with == [""], "to leave")


async def test_conflict_waits_on_or_is_dropped_as_the_person_says() -> None:
    clash = offered("clash.py", "x\n", "x\n", conflict="clash.py is not changed: the same lines were changed.")
    async with at_the_desk(ONE, clash) as desk:
        await desk.press("a")
        await desk.person.until_seen("! clash.py", "goes on waiting")
        await desk.person.press("escape")
        await desk.press("]", "x", "enter", "a", "enter")
        decision = await desk.until_decided()
        assert [file.choice for file in decision.files] == [Choice.ACCEPT, Choice.REJECT]


async def test_keys_are_listed_when_asked_for_in_the_review() -> None:
    async with at_the_desk() as desk:
        await desk.press("?")
        await desk.person.until_on(HelpScreen)
        await desk.person.press("escape")
        await desk.person.until_on(ReviewScreen)


async def test_keys_of_the_comment_are_whole_when_the_screen_is_narrow() -> None:
    async with at_the_desk(*TWO_FILES, size=(60, 16)) as desk:
        await desk.press("c")
        await desk.person.until_seen("enter take these words")
        assert "…" not in desk.person.sees().splitlines()[-1]
        assert "esc back" in desk.person.sees()


async def test_step_is_called_by_the_number_over_its_hunk_when_an_earlier_hunk_is_split() -> None:
    async with at_the_desk(offered("a.txt", OLD, NEW)) as desk:
        await desk.person.press("n", "s", "n", "x", "u")
        await desk.person.until_seen("Taken back: rejected hunk 3 of a.txt.")
