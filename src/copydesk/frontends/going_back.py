"""Owns what people are told of going back: what it reaches, what becomes of each file, and what is cut.

It takes nothing back; what it returns has passed `show`, so it is safe on any screen.
"""

from collections.abc import Sequence

from copydesk.domain.checkpoints import Answers, HistoryRow, Remedy, RollbackPreview, RowState
from copydesk.domain.decisions import Choice, Decision, FileDecision
from copydesk.domain.diffs import ChangeStatus, FileDiff
from copydesk.domain.display import show
from copydesk.domain.rewinds import RewindPreview
from copydesk.frontends.present import counts, file_notes, plural

REMEDY_WORDS = {
    Remedy.KEEP: "stays as it is now",
    Remedy.RESTORE: "becomes what it was; what is there now is recorded first",
    Remedy.MERGE: "merged: only what copydesk did goes, what others wrote stays",
}
"""What becomes of a file that somebody else changed, by the person's answer."""
MOST_LISTED = 12
"""Files that one sentence names."""
_BECOMES = {ChangeStatus.CREATED: "comes back", ChangeStatus.DELETED: "is deleted"}
_STANDS = (RowState.APPLIED, RowState.PARTLY)
_EDITS = ("edit", "undo")


def rollback_sentence(preview: RollbackPreview, doing: str = "Going back before this step") -> str:
    """What going back would change, in files and lines; what stands in its way is not in it."""
    if not preview.diffs:
        return f"{doing} would change nothing{' yet' if preview.conflicts else ''}."
    listed = [f"{show(diff.path)} {counts((diff,))}" for diff in preview.diffs]
    return f"{doing} would change {plural(len(listed), 'file')}: {_listed(listed)}"


def reach_sentences(rows: Sequence[HistoryRow], chosen: HistoryRow, preview: RollbackPreview) -> tuple[str, ...]:
    """What goes back together with a step, and what does not, with the reason; `rows` are all of the History."""
    later = [row for row in rows if row.number > chosen.number and row.state in _STANDS and row.operation in _EDITS]
    own = [row for row in later if row.session == chosen.session]
    moved = {diff.path for diff in preview.diffs} | {conflict.path for conflict in preview.conflicts}
    said = []
    if own:
        turns = list(dict.fromkeys(row.turn for row in reversed(own) if row.turn))
        among = f" (turn {', '.join(map(show, turns))})" if turns else ""
        said.append(f"With it {'goes' if len(own) == 1 else 'go'} {plural(len(own), 'later edit')}{among}.")
    touched = list(dict.fromkeys(path for row in [chosen, *own] for path in row.paths))
    if as_it_was := [show(path) for path in touched if path not in moved]:
        said.append(f"Already as it was: {_listed(as_it_was)}.")
    for session in dict.fromkeys(row.session for row in later if row.session != chosen.session):
        theirs = dict.fromkeys(path for row in later if row.session == session for path in row.paths)
        if stays := [show(path) for path in theirs if path not in moved]:
            said.append(f"Stays, as session {show(session)} changed it: {_listed(stays)}.")
    return tuple(said)


def let_through(preview: RollbackPreview, decision: Decision | None) -> tuple[FileDiff, ...]:
    """The differences that a decision lets through, file by file; all of them where nothing was decided."""
    if decision is None:
        return preview.diffs
    taken = (_let_through(diff, decision.on(diff.path)) for diff in preview.diffs)
    return tuple(diff for diff in taken if diff)


def confirmation(preview: RollbackPreview, answers: Answers, decision: Decision | None = None) -> str:
    """Say exactly what happens if the person agrees: each file that changes and how, and each that stays."""
    whole = {diff.path: diff for diff in preview.diffs}
    through = let_through(preview, decision)
    lines = [f"This changes {plural(len(through), 'file')}:" if through else "This changes no file."]
    lines += [_consequence(diff, whole[diff.path], answers) for diff in through]
    stays = [*preview.kept, *(path for path in whole if path not in {diff.path for diff in through})]
    lines += [f"  {show(path)} stays as it is, as you said." for path in stays]
    if through:
        lines.append("All of it happens or nothing; it becomes a step of its own, which can be taken back.")
    return "\n".join(lines)


def rewind_sentence(preview: RewindPreview) -> str:
    """What is cut from the conversation, prompt by prompt."""
    quoted = [f"  turn {row.turn}  “{show(row.words)}”" for row in preview.turns]
    cut = f"{plural(len(quoted), 'prompt')} and all that was answered"
    return "\n".join([f"From the conversation {'goes' if len(quoted) == 1 else 'go'} {cut}:", *quoted])


def left_sentence(preview: RewindPreview) -> str:
    """What becomes of the files where only the conversation is cut."""
    if not preview.changed:
        return "The files stay as they are, which is as they were then."
    names = _listed([show(path) for path in preview.changed])
    return f"The files stay as they are. Not as they were then, and Claude is told so: {names}."


def _let_through(diff: FileDiff, decision: FileDecision) -> FileDiff | None:
    named = {hunk.hunk: hunk.choice for hunk in decision.hunks}
    chosen = [n for n in range(1, len(diff.hunks) + 1) if named.get(n, decision.choice) is Choice.ACCEPT]
    if not diff.hunks:
        return diff if decision.choice is Choice.ACCEPT else None
    return diff.select(chosen) if chosen else None


def _consequence(diff: FileDiff, whole: FileDiff, answers: Answers) -> str:
    """What becomes of one file."""
    notes = [_BECOMES[diff.status]] if diff.status in _BECOMES else []
    notes += file_notes(diff)[len(notes) :]
    changes = [sum(len(hunk.changes) for hunk in one.hunks) for one in (diff, whole)]
    if changes[0] != changes[1]:
        notes.append("only the hunks that you chose")
    words = REMEDY_WORDS.get(answers.on(diff.path))
    # On a line of its own, so that neither is broken where there are 80 columns.
    remedy = f"\n{'':13}{words}" if words else ""
    return f"  {counts((diff,)):>9}  {show(diff.path)}{'  ' * bool(notes)}{' · '.join(notes)}{remedy}"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_LISTED
    return ", ".join(names[:MOST_LISTED]) + (f" and {more} more" if more > 0 else "")
