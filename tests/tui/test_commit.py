"""Owns what holds of the key that commits: nothing is committed before it was shown and confirmed."""

from __future__ import annotations

from copydesk.domain.commits import CommitPreview
from copydesk.domain.diffs import diff_images
from tests.tui.driver import seated
from tests.tui.fake_session import NEW, OLD, FakeSession

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
        await person.until_seen("y commits, esc does not.")
        await person.press("y")
        await person.until_seen("Committed 1 file as 0123456789.")
        assert session.committed == [session.commit_preview.digest]


async def test_reasons_are_said_when_there_is_nothing_to_commit() -> None:
    session = FakeSession()
    async with seated(session) as person:
        await person.press("f3")
        await person.until_seen("commit…")
        await person.press("c")
        await person.until_seen("Nothing was committed. There is nothing to commit.")
        assert session.committed == []
