"""Owns what holds of the key that commits: nothing is committed before it was shown and confirmed."""

from __future__ import annotations

from copydesk.domain.commits import CommitPreview, CommitWish
from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision
from copydesk.domain.diffs import diff_images
from copydesk.frontends.tui.history.commit_screen import CommitPartsScreen, CommitScreen
from copydesk.frontends.tui.rooms.help_screen import HelpScreen
from tests.tui.driver import seated
from tests.tui.fake_session import NEW, OLD, FakeSession

FAR = b"".join(b"%d\n" % number for number in range(1, 20))
BACK = diff_images("src/stats.py", NEW, OLD)


async def test_commit_is_made_when_what_it_holds_and_runs_was_confirmed() -> None:
    session = FakeSession()
    session.commit_preview = CommitPreview((BACK,), ("pre-commit",))
    async with seated(session) as person:
        await person.press("f3")
        await person.until_seen("commit…")
        await person.press("c")
        await person.until_seen("A commit “Edit stats.py” on the current branch", "Your hooks run", "pre-commit")
        assert session.committed == []
        await person.press("escape")
        await person.until_seen("Nothing was committed.")
        await person.press("c")
        await person.until_seen("y commits, s chooses what goes in, esc does neither.")
        await person.press("y")
        await person.until_seen("Committed 1 file as 0123456789.")
        assert session.committed == [CommitWish(shown=session.commit_preview.digest)]


async def test_reasons_are_said_when_there_is_nothing_to_commit() -> None:
    session = FakeSession()
    async with seated(session) as person:
        await person.press("f3")
        await person.until_seen("commit…")
        await person.press("c")
        await person.until_seen("Nothing was committed. There is nothing to commit.")
        assert session.committed == []


async def test_commit_holds_only_what_was_chosen_of_it() -> None:
    session = FakeSession()
    two = diff_images("a.py", FAR, FAR.replace(b"1\n2\n", b"one\n2\n").replace(b"\n15\n", b"\nfifteen\n"))
    session.commit_preview = CommitPreview((two, BACK), ())
    async with seated(session) as person:
        await person.press("f3")
        await person.until_seen("commit…")
        await person.press("c")
        await person.until_on(CommitScreen)
        await person.press("s")
        await person.until_on(CommitPartsScreen)
        await person.until_seen("3 hunks  3 in this commit", "✓ in this commit", "hunk 1 of 3  a.py")
        await person.press("x")
        await person.until_seen("2 in this commit", "hunk 2 of 3  a.py")
        await person.press("p", "a", "n", "p", "x", "]")
        await person.until_seen("hunk 3 of 3  src/stats.py")
        await person.press("X", "A", "X", "[")
        await person.until_seen("1 in this commit", "hunk 1 of 3")
        await person.press("question_mark")
        await person.until_on(HelpScreen)
        await person.press("escape")
        await person.until_on(CommitPartsScreen)
        await person.press("escape")
        await person.until_on(CommitScreen)
        assert "Only what you chose" not in person.sees()
        await person.press("s")
        await person.until_on(CommitPartsScreen)
        await person.press("X", "]", "X", "enter")
        await person.until_seen("Every hunk is left for later")
        await person.press("[", "n", "a", "enter")
        await person.until_on(CommitScreen)
        await person.until_seen("Only what you chose")
        await person.press("y")
        await person.until_seen("Committed")
    hunks = (HunkDecision(2, Choice.ACCEPT),)
    files = (FileDecision("a.py", Choice.REJECT, hunks), FileDecision("src/stats.py", Choice.REJECT))
    digest = session.commit_preview.digest
    assert session.committed == [CommitWish(choice=Decision(True, digest, files=files), shown=digest)]
