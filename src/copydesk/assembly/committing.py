"""Owns how a commit is asked for: the accepted changes of a session, put into the user's repository."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from copydesk.assembly.place import Place
from copydesk.changes.commit import (
    CHANGED,
    NOTHING,
    Draft,
    accepted_changes,
    draft_commit,
    record_commit,
    refuse_progress,
)
from copydesk.domain.commits import PLAIN_WISH, CommitPreview, CommitRefused, Committed, CommitWish, NotCommitted
from copydesk.domain.errors import GitError, HistoryError
from copydesk.workspace.checkout import Checkout
from copydesk.workspace.committing import make_commit
from copydesk.workspace.git import STORE_DEADLINE, UserGit


def check_repository(place: Place, *, environment: Mapping[str, str], anyway: bool) -> None:
    """CommitRefused where no commit could be made whatever it held: no repository, or one in the middle of a merge."""
    git = UserGit(place.git.executable, place.root.path, environment, STORE_DEADLINE)
    try:
        with Checkout.opened(git, place.state.scratch) as checkout:
            refuse_progress(checkout, anyway=anyway)
    except (GitError, OSError) as error:
        raise CommitRefused(str(error)) from error


def preview_commit(
    place: Place, session: str, wish: CommitWish = PLAIN_WISH, *, environment: Mapping[str, str]
) -> CommitPreview | NotCommitted:
    """What a commit of a session's accepted changes would hold, and which hooks would run (blocking); runs none."""
    try:
        with _drafted(place, session, environment, wish) as (draft, _, _):
            return draft.preview
    except CommitRefused as refusal:
        return NotCommitted(refusal.reasons)


def commit_accepted(
    place: Place, session: str, wish: CommitWish = PLAIN_WISH, *, environment: Mapping[str, str]
) -> Committed | NotCommitted:
    """Commit a session's accepted changes that no commit of it holds, onto the current branch (blocking).

    `environment` is the user's: it is what the hooks, filters and programs that sign see.
    """
    try:
        with _drafted(place, session, environment, wish) as (draft, checkout, latest):
            preview = draft.preview
            if wish.shown not in ("", preview.digest):
                return NotCommitted((CHANGED,))
            commit = make_commit(checkout, draft.files, wish.message.strip() or preview.message)
    except CommitRefused as refusal:
        return NotCommitted(refusal.reasons)
    # Where that fails the commit is made all the same; the next one finds its changes in it.
    with suppress(GitError, HistoryError):
        record_commit(place.applier, session, commit, latest, place.circumstances.now())
    return Committed(commit, preview.paths, preview.hooks)


@contextmanager
def _drafted(
    place: Place, session: str, environment: Mapping[str, str], wish: CommitWish
) -> Iterator[tuple[Draft, Checkout, int]]:
    """Work out the commit: with the repository that it is for, and the number of the last step that needs no other.

    CommitRefused for whatever fails, in what is done with it too: until a branch has moved, nothing has happened.
    """
    if not place.state.store.exists():
        raise CommitRefused(NOTHING)
    try:
        changes = accepted_changes(place.applier, session)
        if not changes.files:
            raise CommitRefused(NOTHING)
        git = UserGit(place.git.executable, place.root.path, environment, STORE_DEADLINE)
        with Checkout.opened(git, place.state.scratch) as checkout:
            draft = draft_commit(checkout, place.files, changes.files, wish)
            yield draft, checkout, changes.covered if draft.leaves_some else changes.latest
    except (GitError, HistoryError) as error:
        raise CommitRefused(str(error)) from error
    except OSError as error:
        raise CommitRefused(f"{error.filename}: {error.strerror}. Nothing was committed.") from error
