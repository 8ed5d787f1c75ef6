"""Owns the way to a commit: what it would hold and run is shown, and made only after a yes to exactly that."""

from textual.app import App

from copydesk.domain.commits import CommitPreview, NotCommitted
from copydesk.domain.display import show
from copydesk.frontends.present import plural
from copydesk.frontends.tui.bridge import SessionPort
from copydesk.frontends.tui.history.confirm_screen import ConfirmScreen, Question

DOING = "Committing what copydesk changed and you accepted"


async def commit(app: App[None], session: SessionPort) -> str:
    """Ask, and commit; gives what is to be said in the end. Runs in a worker of the app."""
    preview = await session.preview_commit()
    if isinstance(preview, NotCommitted):
        return f"Nothing was committed. {' '.join(preview.reasons)}"
    question = Question(DOING, _sentences(preview), "y commits, esc does not.", preview.diffs)
    if not await app.push_screen_wait(ConfirmScreen(question)):
        return "Nothing was committed."
    done = await session.commit(shown=preview.digest)
    if isinstance(done, NotCommitted):
        return f"Nothing was committed. {' '.join(done.reasons)}"
    return f"Committed {plural(len(done.paths), 'file')} as {done.commit[:10]}."


def _sentences(preview: CommitPreview) -> str:
    """What the commit would be, and which programs it would run."""
    files, listed = plural(len(preview.paths), "file"), ", ".join(map(show, preview.paths))
    lines = [
        f"A commit “{show(preview.message)}” on the current branch, of {files}: {listed}.",
        "Your own changes, in these files too, stay uncommitted; what you staged stays staged.",
    ]
    if preview.hooks:
        lines.append(f"Your hooks run, because you commit: {', '.join(map(show, preview.hooks))}.")
    return "\n".join(lines)
