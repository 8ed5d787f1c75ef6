"""Proves a review from elsewhere with real files: what a verdict writes and does not, what the next round knows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from copydesk.assembly.door import foreign_gate
from copydesk.assembly.place import Place, open_place
from copydesk.config import Config
from copydesk.frontends.editors import EditorCommand
from copydesk.frontends.tui.review.looks import FileLooks
from copydesk.frontends.tui.review.rounds import Rounds, Subject
from copydesk.frontends.tui.review.source_case import SourceCase
from copydesk.frontends.tui.review.verdict_screen import SourceReviewScreen, VerdictScreen
from copydesk.frontends.tui.review_app import Case, ReviewApp
from copydesk.frontends.tui.rooms.help_screen import HelpScreen
from copydesk.launch.review import finder
from copydesk.review.comments import Verdict
from tests.integration.test_review_sources import patch_of
from tests.integration.test_revisions import git
from tests.integration.test_run_patch import tree
from tests.tui.driver import Person

OLD = "".join(f"line {number}\n" for number in range(1, 61))
NEW = OLD.replace("line 5\n", "five\n").replace("line 40\n", "forty\n")


@dataclass
class Desk:
    person: Person
    case: SourceCase

    async def press(self, *keys: str) -> None:
        """Press keys, each after what it is about has been read."""
        for key in keys:
            await self.person.until(lambda: getattr(self.person.screen, "is_armed", True), "to have read")
            await self.person.press(key)

    async def finish(self) -> None:
        await self.press("enter")
        await self.person.until_on(VerdictScreen)

    async def until_over(self) -> Verdict:
        await self.person.until(lambda: self.person.app._exit, "for the end")
        return self.case.report.verdict


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "a.txt").write_text(OLD)
    (folder / "b.py").write_text("one\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "one")
    (folder / "a.txt").write_text(NEW)
    (folder / "b.py").write_text("two\n")
    return folder


def place_of(folder: Path) -> Place:
    return open_place(str(folder), {"COPYDESK_STATE_DIR": str(folder.parent / "state"), "PATH": "/usr/bin:/bin"})


@asynccontextmanager
async def reviewing(folder: Path, word: str = "", *deny: str) -> AsyncIterator[Desk]:
    """Sit at the review of a source, of which nothing of these paths may be changed."""
    place = place_of(folder)
    find = finder(word, place)
    source = find()
    gate = foreign_gate(place, Config(deny=deny), "Review of it")[0] if source.arrival else None
    case = SourceCase(source, find, gate)
    rounds = Rounds(FileLooks(place.state.looks), Subject(source.identity, True, source.is_proposed))
    shown = Case(source.identity, case.offer, case.decide, case.look, source.arrival is None, EditorCommand())
    app = ReviewApp(shown, rounds.memory(case.offer))
    async with app.run_test(size=(80, 24)) as pilot:
        person = Person(cast(Any, app), cast(Any, pilot))
        await person.until_on(SourceReviewScreen)
        await person.until_seen("review")
        yield Desk(person, case)
    rounds.close()


async def test_working_tree_and_repository_stay_byte_for_byte_when_it_is_approved(shop: Path) -> None:
    before = tree(shop)
    async with reviewing(shop) as desk:
        await desk.press("a", "c")
        await desk.person.write("good")
        await desk.person.press("enter")
        await desk.finish()
        await desk.person.until_seen("Approve working tree against", "a approve", "r request changes", "esc back")
        await desk.press("a")
        assert await desk.until_over() is Verdict.APPROVED
    assert tree(shop) == before
    assert [(one.anchor, one.text) for one in desk.case.report.comments] == [("a.txt:40", "good")]


async def test_request_names_the_rejected_hunk_alone_when_others_are_accepted_or_open(shop: Path) -> None:
    async with reviewing(shop) as desk:
        await desk.press("x")
        await desk.finish()
        await desk.press("a")
        await desk.person.until_seen("You reject or rewrite 1 hunk")
        await desk.press("r", "enter")
        assert await desk.until_over() is Verdict.CHANGES_REQUESTED
    assert [one.anchor for one in desk.case.report.comments] == ["a.txt:5"]


async def test_request_without_any_word_is_not_sent(shop: Path) -> None:
    async with reviewing(shop) as desk:
        await desk.finish()
        await desk.press("r", "enter")
        await desk.person.until_seen("Say what should change")
        assert desk.case.report.verdict is Verdict.LEFT


async def test_leaving_is_no_verdict_and_the_next_round_knows_what_was_seen(shop: Path) -> None:
    async with reviewing(shop) as desk:
        await desk.press("m", "q")
        assert await desk.until_over() is Verdict.LEFT
    (shop / "a.txt").write_text(NEW.replace("forty", "vierzig"))
    async with reviewing(shop) as desk:
        await desk.person.until_seen("● to decide · new since you looked")
        screen = cast(SourceReviewScreen, desk.person.screen)
        assert set(screen.state.reviewed) == {("a.txt", 1)}
        assert set(screen.state.fresh) == {("a.txt", 2)}


async def test_decisions_are_there_again_after_leaving_where_the_hunk_is_the_same(shop: Path) -> None:
    async with reviewing(shop) as desk:
        await desk.press("x", "a", "q")
        await desk.until_over()
    (shop / "a.txt").write_text(NEW.replace("forty", "vierzig"))
    async with reviewing(shop) as desk:
        await desk.person.until_seen("new since you looked")
        answers = cast(SourceReviewScreen, desk.person.screen).state.answers
        assert {(part.path, part.hunk): answer.choice.value for part, answer in answers.items()} == {
            ("a.txt", 1): "reject"
        }


async def test_comments_go_with_their_lines_into_the_next_round_until_there_is_a_verdict(shop: Path) -> None:
    async with reviewing(shop) as desk:
        await desk.press("c")
        await desk.person.write("why")
        await desk.person.press("enter", "C")
        await desk.person.write("all of it")
        await desk.person.press("enter")
        await desk.press("q")
        await desk.until_over()
    (shop / "a.txt").write_text("zero\n" + NEW)
    async with reviewing(shop) as desk:
        await desk.person.until_seen("you, line 6 · must: why")
        await desk.finish()
        await desk.press("r", "enter")
        await desk.until_over()
    assert [(one.anchor, one.text) for one in desk.case.report.comments] == [("a.txt", "all of it"), ("a.txt:6", "why")]
    (shop / "a.txt").write_text("zero\n" + NEW.replace("five", "5"))
    async with reviewing(shop) as desk:
        assert not cast(SourceReviewScreen, desk.person.screen).state.has_words
        await desk.person.until_seen("you said of line 6: why (changed since you said this)")


async def test_approval_is_taken_back_when_the_files_changed_meanwhile(shop: Path) -> None:
    async with reviewing(shop) as desk:
        await desk.finish()
        (shop / "b.py").write_text("three\n")
        await desk.press("a")
        await desk.person.until_seen("has changed meanwhile")
        assert desk.case.report.verdict is Verdict.LEFT
        await desk.person.press("]")
        await desk.person.until_seen("+ three")


async def test_accepted_hunks_of_a_patch_land_as_one_step_when_it_is_approved(shop: Path) -> None:
    (shop.parent / "fix.patch").write_bytes(patch_of(shop))
    git(shop, "checkout", "--quiet", ".")
    async with reviewing(shop, str(shop.parent / "fix.patch")) as desk:
        await desk.press("a", "x", "a")
        await desk.person.until_on(VerdictScreen)
        await desk.person.until_seen("Apply 2 hunks in 2 files, reject 1?")
        await desk.press("a", "enter")
        assert await desk.until_over() is Verdict.APPROVED
    assert (shop / "a.txt").read_text() == OLD.replace("line 5\n", "five\n")
    assert (shop / "b.py").read_text() == "two\n"
    steps = list(place_of(shop).applier.history.steps())
    assert [(step.id, step.meta.title) for step in steps] == [(desk.case.report.checkpoint, "Review of it")]


async def test_what_a_rule_denies_cannot_be_accepted_here_either(shop: Path) -> None:
    (shop.parent / "fix.patch").write_bytes(patch_of(shop))
    git(shop, "checkout", "--quiet", ".")
    patch = str(shop.parent / "fix.patch")
    async with reviewing(shop, patch) as desk:
        await desk.press("]", "A", "q")
        await desk.until_over()
    async with reviewing(shop, patch, "b.py") as desk:
        await desk.person.until_seen("denied by a rule")
        for key in "aAeE":
            await desk.press("]", "[", key)
            await desk.person.until_seen("It cannot be accepted: b.py is denied by")
        await desk.press("]", "A")
        await desk.person.until_on(VerdictScreen)
        await desk.press("a")
        await desk.person.until_seen("Reject b.py, and accept the rest.")
        assert tree(shop)["a.txt"] == OLD.encode()
        await desk.press("[", "x", "enter")
        await desk.person.until_on(VerdictScreen)
        await desk.press("a", "enter")
        assert await desk.until_over() is Verdict.APPROVED
    assert ((shop / "a.txt").read_text(), (shop / "b.py").read_text()) == (NEW, "one\n")


async def test_conflict_is_left_and_the_rest_lands_when_a_patch_does_not_fit_everywhere(shop: Path) -> None:
    (shop.parent / "fix.patch").write_bytes(patch_of(shop))
    git(shop, "checkout", "--quiet", ".")
    (shop / "b.py").write_text("mine\n")
    async with reviewing(shop, str(shop.parent / "fix.patch")) as desk:
        await desk.person.until_seen("b.py is not changed: the same lines are not as they were")
        await desk.press("A")
        await desk.person.until_on(VerdictScreen)
        await desk.person.until_seen("Apply 2 hunks in 1 file?", "b.py  conflict  stays as it is")
        await desk.press("a")
        assert await desk.until_over() is Verdict.APPROVED
    assert ((shop / "a.txt").read_text(), (shop / "b.py").read_text()) == (NEW, "mine\n")


async def test_renamed_file_is_not_torn_when_only_one_of_its_names_is_accepted(shop: Path) -> None:
    git(shop, "checkout", "--quiet", ".")
    git(shop, "mv", "b.py", "c.py")
    (shop.parent / "move.patch").write_bytes(patch_of(shop, "-M", "HEAD"))
    git(shop, "reset", "--quiet", "--hard")
    async with reviewing(shop, str(shop.parent / "move.patch")) as desk:
        await desk.press("a", "x")
        await desk.person.until_on(VerdictScreen)
        await desk.press("a", "enter")
        await desk.person.until_seen("b.py is moved to c.py: accept both, or reject both.")
        assert desk.case.report.verdict is Verdict.LEFT
    assert ((shop / "b.py").exists(), (shop / "c.py").exists()) == (True, False)


async def test_help_and_palette_speak_of_the_review_alone(shop: Path) -> None:
    async with reviewing(shop) as desk:
        await desk.person.resize(80, 120)
        await desk.person.press("?")
        await desk.person.until_on(HelpScreen)
        await desk.person.until_seen("Review from elsewhere: the verdict", "verdict.approve", "Everywhere")
        assert "/mode" not in desk.person.sees()
        await desk.person.press("escape", "ctrl+p")
        await desk.person.write("split")
        await desk.person.until_seen("Split")
        await desk.person.press("escape")
