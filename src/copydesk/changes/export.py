"""Owns the way of the History into the user's repository: commits of sessions at `refs/copydesk/`, at their word only.

Adds objects and these refs. Index, HEAD, branches, reflogs and configuration are left alone, and no hook is run.
"""

from collections.abc import Collection
from dataclasses import dataclass

from copydesk.changes.history import History
from copydesk.domain.errors import GitError, UsageError
from copydesk.workspace.git import UserRepository, checked

_SESSIONS, _EXPORTED = "refs/sessions", "refs/copydesk"
_NO_COMMIT = "0" * 40
_UPDATE = ("-c", "core.logAllRefUpdates=false", "update-ref", "--stdin")
WARNING = (
    f"`git push --mirror` and `git clone --mirror` take {_EXPORTED}/ along, with every version of every file in it; "
    f"`git for-each-ref --format='delete %(refname)' {_EXPORTED} | git update-ref --stdin` removes it."
)


@dataclass(frozen=True, slots=True)
class Exported:
    """What is in the user's repository now."""

    moved: tuple[str, ...]
    """Refs that were made or moved, in order."""
    kept: tuple[str, ...]
    """Refs that were as they should be."""


def export(history: History, repository: UserRepository, sessions: Collection[str] = ()) -> Exported:
    """Copy sessions, all by default, into the user's repository (blocking); a second time adds what came since.

    UsageError where there is no repository that can take them, or no such session; HistoryError or GitError where it
    fails: no ref has moved then.
    """
    _require_repository(repository)
    with history.locked():
        tips = {f"{_EXPORTED}/{name}": tip for name, tip in _wanted(history, sessions).items()}
        found = _exported(repository)
        moved = {name: tip for name, tip in tips.items() if found.get(name) != tip}
        if moved:
            _copy(history, repository, moved.values(), found.values())
            lines = "".join(f"update {name} {tip} {found.get(name, _NO_COMMIT)}\n" for name, tip in moved.items())
            checked(repository.run(_UPDATE, lines.encode("ascii")), "update-ref")
    return Exported(tuple(moved), tuple(tips.keys() - moved))


def _require_repository(repository: UserRepository) -> None:
    try:
        answer = checked(repository.run(("rev-parse", "--show-object-format")), "rev-parse")
    except GitError as error:
        raise UsageError(f"There is no repository in the root of this workspace to export to: {error}") from error
    if answer.strip() != b"sha1":
        raise UsageError("The repository of this workspace names its objects by SHA-256; the history cannot go there.")


def _wanted(history: History, sessions: Collection[str]) -> dict[str, str]:
    tips = history.store.refs(_SESSIONS)
    if missing := sorted(set(sessions) - set(tips)):
        raise UsageError(f"The history of this workspace has no session {', '.join(missing)}.")
    return {name: tip for name, tip in tips.items() if not sessions or name in sessions}


def _exported(repository: UserRepository) -> dict[str, str]:
    arguments = ("for-each-ref", "--format=%(refname) %(objectname)", f"{_EXPORTED}/")
    lines = checked(repository.run(arguments), "for-each-ref").decode("utf-8", "surrogateescape").splitlines()
    return {name: tip for name, _, tip in (line.rpartition(" ") for line in lines)}


def _copy(history: History, repository: UserRepository, tips: Collection[str], there: Collection[str]) -> None:
    """Copy the objects; what is there already, and still here, stays where it is."""
    store = history.store
    known = [tip for tip, size in zip(there, store.disk_sizes(there), strict=True) if size]
    with store.packed(tips, known) as pack, pack.open("rb") as stream:
        checked(repository.run(("index-pack", "--stdin"), stream), "index-pack")
