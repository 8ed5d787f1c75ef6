"""Owns the way to a commit: what it would hold and run is shown, and made only after a yes to exactly that."""

from dataclasses import replace
from typing import assert_never

from textual.app import App

from copydesk.domain.commits import CommitPreview, Committed, CommitWish, NotCommitted
from copydesk.domain.display import show
from copydesk.frontends.present import plural
from copydesk.frontends.tui.bridge import SessionPort
from copydesk.frontends.tui.history.commit_screen import CommitPartsScreen, CommitScreen
from copydesk.frontends.tui.history.confirm_screen import Question

DOING = "Committing what copydesk changed and you accepted"


async def commit(app: App[None], session: SessionPort) -> str:
    """Ask, and commit; gives what is to be said in the end. Runs in a worker of the app."""
    whole = preview = await session.preview_commit(CommitWish())
    wish = CommitWish()
    while isinstance(whole, CommitPreview) and isinstance(preview, CommitPreview):
        asked = "y commits, s chooses what goes in, esc does neither."
        screen = CommitScreen(Question(DOING, _sentences(preview, wish), asked, preview.diffs))
        if await app.push_screen_wait(screen):
            return _told(await session.commit(replace(wish, shown=preview.digest)))
        if not screen.wants_choice:
            return "Nothing was committed."
        if choice := await app.push_screen_wait(CommitPartsScreen(whole)):
            wish = CommitWish(choice=choice)
            preview = await session.preview_commit(wish)
    return _told(preview)


def _told(done: CommitPreview | Committed | NotCommitted) -> str:
    match done:
        case Committed():
            return f"Committed {plural(len(done.paths), 'file')} as {done.commit[:10]}."
        case NotCommitted():
            return f"Nothing was committed. {' '.join(done.reasons)}"
        case CommitPreview():
            return "Nothing was committed."
        case _:
            assert_never(done)


def _sentences(preview: CommitPreview, wish: CommitWish) -> str:
    """What the commit would be, and which programs it would run."""
    files, listed = plural(len(preview.paths), "file"), ", ".join(map(show, preview.paths))
    lines = [
        f"A commit “{show(preview.message)}” on the current branch, of {files}: {listed}.",
        "Your own changes, in these files too, stay uncommitted; what you staged stays staged.",
    ]
    if wish.choice:
        lines.append("Only what you chose; the rest of what you accepted stays for a later commit.")
    if preview.hooks:
        lines.append(f"Your hooks run, because you commit: {', '.join(map(show, preview.hooks))}.")
    return "\n".join(lines)
