"""Proves on the real screen with the real session that a whole review, and one that was left, go as people expect.

Three edits are gathered and decided apart; the tree and what the model is told are compared as a whole.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from copydesk.frontends.tui.desk_screen import DeskScreen
from copydesk.frontends.tui.review.finish_screen import FinishScreen
from copydesk.frontends.tui.review.hunk_editor import HunkEditor
from copydesk.frontends.tui.review.looks import FileLooks
from copydesk.frontends.tui.review.screen import ReviewScreen
from copydesk.frontends.tui.review.ways_screen import WaysScreen
from tests.strict_api import StrictApi, call, say
from tests.tui.driver import Person
from tests.tui.test_review_gathered import ask, at_work, read, workspace

__all__ = ["workspace"]
pytestmark = pytest.mark.anyio
CART = "def total(items):\n    # sums\n    count = 0\n    for item in items:\n        count = 1\n    return 0\n"
CART_NOW = CART.replace("sums", "adds").replace("count = 1", "count += item").replace("return 0", "return count")


def edit(path: str, old: str, new: str) -> dict[str, object]:
    return {"command": "str_replace", "path": path, "old_str": old, "new_str": new}


THREE_EDITS = call(
    edit("sum.py", "a - b", "a + b"),
    edit("cart.py", CART, CART_NOW),
    {"command": "create", "path": "check.py", "file_text": "assert total\n"},
)


def tree(workspace: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in workspace.iterdir()}


def told(api: StrictApi) -> str:
    """What the last prompt said to the model, all of its text."""
    content = api.bodies[-1]["messages"][-1]["content"]
    return content if isinstance(content, str) else "\n".join(block["text"] for block in content)


async def press(person: Person, *keys: str) -> None:
    """Press keys, each when what is there has been read."""
    for key in keys:
        await read(person)
        await person.press(key)


async def test_tree_and_model_hold_exactly_what_was_decided_when_three_edits_are_decided_apart(workspace: Path) -> None:
    (workspace / "cart.py").write_text(CART)
    with StrictApi([THREE_EDITS, say("Have a look."), say("I see.")]) as api:
        async with at_work(api, workspace) as person:
            await ask(person, "fix both and check them")
            await person.until_on(ReviewScreen)
            await person.until_seen("3 files  3 hunks", "hunk 1 of 1  ● to decide")
            await press(person, "s")
            await person.until_seen("Split into 2; each is decided by itself.")
            await press(person, "n", "j", "j", "j", "j", "s")
            await person.until_seen("3 files  5 hunks")
            await press(person, "p", "p")
            await person.until_seen("hunk 1 of 3")
            await press(person, "x", "a")
            await press(person, "e")
            await person.until_on(HunkEditor)
            await person.press("end", "!", "ctrl+s")
            await person.until_on(ReviewScreen)
            await press(person, "x", "a")
            await person.until_on(FinishScreen)
            await person.until_seen("Apply 3 hunks in 2 files, reject 2?")
            await press(person, "a")
            await ask(person, "no check yet")
            await person.until_on(DeskScreen)
            await ask(person, "and?")
            await person.until_seen("I see.")
        kept = CART.replace("count = 1", "count += item!").replace("return 0", "return count")
        assert tree(workspace) == {"cart.py": kept, "sum.py": "total = a + b\n"}
        assert told(api).splitlines() == [
            "The person reviewed the edits that waited.",
            "sum.py: landed as proposed.",
            "cart.py: landed in part; line numbers are those of the file as it is now.",
            "Some lines landed, with text of the person's: hunk 1 (lines 1-6).",
            *(f"{number:>6}\t{line}" for number, line in enumerate(kept.splitlines(), 1)),
            "Rejected of hunk 1, as it was proposed:",
            "-     # sums",
            "+     # adds",
            "check.py: did not land; it is as it was before.",
            "The person says: no check yet",
            "View cart.py, check.py before you edit there again.",
            "and?",
        ]


async def test_comments_reach_the_model_by_their_lines_when_changes_are_requested(workspace: Path) -> None:
    (workspace / "cart.py").write_text(CART)
    with StrictApi([THREE_EDITS, say("Have a look."), say("I see.")]) as api:
        async with at_work(api, workspace) as person:
            await ask(person, "fix both and check them")
            await person.until_on(ReviewScreen)
            await person.press("j", "j", "j", "c")
            await ask(person, "why not sum()?")
            await person.until_seen("you, line 2")
            await person.press("]", "c")
            await ask(person, "name it test_total.py")
            await person.press("]", "C")
            await ask(person, "is it used?")
            await person.until_seen("you: is it used?")
            await person.press("enter")
            await person.until_on(FinishScreen)
            await person.press("r")
            await ask(person, "use what is there")
            await person.until_on(DeskScreen)
            await person.until_seen("Nothing was applied; Claude is told so with your next prompt.")
            assert person.sees().count("name it test_total.py") == 1
            assert tree(workspace) == {"cart.py": CART, "sum.py": "total = a - b\n"}
            await ask(person, "and?")
            await person.until_seen("I see.")
        assert told(api).splitlines() == [
            "The person reviewed the edits that waited.",
            "No change was made. The person rejected these edits and says: use what is there",
            "On sum.py the person says: is it used?",
            "The person remarks, on lines as they were proposed:",
            "cart.py:2 (must): why not sum()?",
            "check.py:1 (must): name it test_total.py",
            "and?",
        ]


async def test_marks_are_there_again_when_the_session_goes_on(workspace: Path) -> None:
    (workspace / "cart.py").write_text(CART)
    with StrictApi([THREE_EDITS, say("Have a look.")]) as api:
        async with at_work(api, workspace) as person:
            await ask(person, "fix both and check them")
            await person.until_on(ReviewScreen)
            await press(person, "m")
            await person.until_seen("1 reviewed")
            store, session = person.app.surroundings.looks(), person.app.session
            await person.until(lambda: bool(store and session and store.load(session.id)), "for the mark to be kept")
    with StrictApi([call(edit("cart.py", "    # adds", "\n\n    # adds")), say("Look.")]) as api:
        async with at_work(api, workspace, "--continue") as person:
            await person.until_on(ReviewScreen)
            await person.until_seen("1 reviewed", "● to decide · reviewed")
            await person.press("q")
            await ask(person, "some air")
            await person.until_on(ReviewScreen)
            await person.until_seen("new since you looked")
            assert "reviewed" not in person.sees()


async def test_decisions_and_comments_are_there_again_when_the_session_goes_on(workspace: Path) -> None:
    (workspace / "cart.py").write_text(CART)
    with StrictApi([THREE_EDITS, say("Have a look.")]) as api:
        async with at_work(api, workspace) as person:
            await ask(person, "fix both and check them")
            await person.until_on(ReviewScreen)
            await press(person, "s", "x", "c")
            await ask(person, "why not sum()?")
            store, session = person.app.surroundings.looks(), person.app.session
            assert store
            assert session
            await person.until(lambda: "why not" in repr(store.load(session.id)), "for the comment to be kept")
    with StrictApi([say("Yes.")]) as api:
        async with at_work(api, workspace, "--continue") as person:
            await ask(person, "go on")
            await person.until_on(ReviewScreen)
            await person.until_seen("you, line", "why not sum()?", "✗")
            await person.press("enter")
            await person.until_on(FinishScreen)


async def test_it_is_said_when_what_was_said_cannot_be_kept(workspace: Path) -> None:
    with StrictApi([call(edit("sum.py", "a - b", "a + b")), say("Look.")]) as api:
        async with at_work(api, workspace) as person:
            await ask(person, "fix it")
            await person.until_on(ReviewScreen)
            store = person.app.surroundings.looks()
            assert isinstance(store, FileLooks)
            store.path.mkdir()
            await press(person, "C")
            await ask(person, "is it used?")
            await person.until_seen("could not be kept")


async def test_proposed_lines_land_over_those_of_others_after_a_word_of_its_own(workspace: Path) -> None:
    mine = "total = a * b\n"
    with StrictApi([call(edit("sum.py", "a - b", "a + b")), say("Have a look.")]) as api:
        async with at_work(api, workspace) as person:
            await ask(person, "fix the sum")
            await person.until_on(ReviewScreen)
            (workspace / "sum.py").write_text(mine)
            await press(person, "R")
            await person.until_seen("! in conflict")
            for _ in range(2):
                await press(person, "t")
                await person.until_on(WaysScreen)
                await person.press("o")
                await person.until_on(ReviewScreen)
                await person.until_seen("sum.py is offered in another way now; nothing was written.")
            await person.until_seen("! in conflict")
            await press(person, "t")
            await person.press("o")
            await person.until_seen("puts lines over what others wrote", "total = a * b", "total = a + b")
            await press(person, "a")
            await person.until_on(FinishScreen)
            await person.until_seen("Protected (puts lines over what others wrote): sum.py. Apply it too?")
            await person.press("a", "enter")
            assert tree(workspace) == {"sum.py": mine}
            await press(person, "y")
            await person.until_on(DeskScreen)
            await person.until_gone("to review")
            assert tree(workspace) == {"sum.py": "total = a + b\n"}


async def test_three_sides_are_shown_and_the_edit_is_dropped_when_the_same_lines_were_saved(workspace: Path) -> None:
    with StrictApi([call(edit("sum.py", "a - b", "a + b")), say("Have a look.")]) as api:
        async with at_work(api, workspace) as person:
            await ask(person, "fix the sum")
            await person.until_on(ReviewScreen)
            await read(person)
            (workspace / "sum.py").write_text("total = a * b\n")
            await person.press("a")
            await person.until_seen("! in conflict")
            await press(person, "t")
            await person.until_on(WaysScreen)
            await person.until_seen("what others made of it   +1 −1", "total = a * b", "what was proposed   +1 −1")
            await person.reads("it was, line 1:", "proposed, line 1:", "on disk now, line 1:")
            await person.press("k", "enter")
            await person.until_on(DeskScreen)
            await person.until_gone("to review")
            assert tree(workspace) == {"sum.py": "total = a * b\n"}
