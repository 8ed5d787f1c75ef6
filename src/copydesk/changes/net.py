"""Owns what a session's edits come to: one change a file, from what was read first to what was made of it.

It reads the History and the overlay, and writes nothing. What others changed in between is not part of it, as far as
the two can be told apart.
"""

from copydesk.changes import timeline
from copydesk.changes.commit import put_into
from copydesk.changes.history import History
from copydesk.changes.overlay import Overlay
from copydesk.domain.proposals import FileChange, FileImage


def made_since(history: History, session: str, number: int) -> dict[str, FileChange]:
    """What a session's steps after a number did to each file, by path (blocking); HistoryError where it is damaged."""
    steps = [step for step in history.steps() if step.meta.session == session]
    found: dict[str, FileChange] = {}
    for path, trail in timeline.trails(steps).items():
        files = [file for step, file in trail if step.number > number]
        if not files:
            continue
        images = history.images([image for file in files for image in (file.before, file.after)])
        change = _joined(path, list(zip(images[::2], images[1::2], strict=True)))
        if not change.is_void or change.diff.changes_mode:
            found[path] = change
    return found


def net_changes(applied: dict[str, FileChange], overlay: Overlay) -> tuple[FileChange, ...]:
    """What was applied and what waits, as one change a file, by path."""
    found = dict(applied)
    for file in overlay.overlaid:
        before = found[file.path].before if file.path in found else file.base
        found[file.path] = FileChange(file.path, before, file.image, file.encoding)
    return tuple(found[path] for path in sorted(found) if not found[path].is_void)


def _joined(path: str, steps: list[tuple[FileImage | None, FileImage | None]]) -> FileChange:
    before = steps[0][0]
    after = put_into(steps, before)
    # Where the steps cannot be told from what others did in between, the whole difference is the honest one.
    return FileChange(path, before, steps[-1][1] if isinstance(after, tuple) else after)
