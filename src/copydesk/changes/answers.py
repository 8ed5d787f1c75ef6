"""Owns what the model is told once a person has decided: what landed, what did not, and the person's words.

The form is written down in docs/consent.md, with examples that a test holds against this module. The person's words
and the text that landed are given as they are; a sentence of ours says what to do next.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

from copydesk.changes.landing import Fate, HunkLanding, Landing
from copydesk.domain.decisions import Decision, Remark
from copydesk.domain.hunks import LineKind
from copydesk.domain.proposals import Proposal
from copydesk.domain.text import FileText
from copydesk.domain.unified import quoted_path
from copydesk.editor.snippets import CLIPPED, SNIPPET_LIMIT, counted, numbered

MOST_LISTED = 50
"""Hunks that are named one by one."""
REVIEWED = "The person reviewed the edits that waited."
"""What the model is told of a review begins so."""
LINE_ENDS = "\r\n"
_SIGNS = {LineKind.ADDED: "+", LineKind.REMOVED: "-", LineKind.CONTEXT: " "}
LEAST_SHOWN = 400
"""Characters that are shown of each text of the person's, however many there are; together about `SNIPPET_LIMIT`."""


def gathered(proposal: Proposal) -> str:
    """Say that an edit waits for the review of the whole."""
    waits = "The edit is noted and waits for the person's review; reading the file shows it."
    return f"{proposal.summary}\n{waits}" if proposal.summary else waits


def landed(proposal: Proposal, landings: Sequence[Landing], decision: Decision) -> str:
    """Say what became of a proposal of which something landed."""
    is_whole = all(landing.is_whole for landing in landings)
    if is_whole and proposal.summary:
        lines = [proposal.summary, *(_says(f"On {_name(one)} the person says: ", one.note) for one in landings)]
        lines += [note for landing in landings for note in _notes_on_hunks(landing)]
    else:
        shown = sum(hunk.text != "" for landing in landings for hunk in landing.hunks)
        limit = max(SNIPPET_LIMIT // max(shown, 1), LEAST_SHOWN)
        lines = ["The person took part of this edit."] if proposal.call else []
        lines += [line for landing in landings for line in _report(landing, limit)]
    lines += [_says("The person says: ", decision.note), *_remarks(_paths(landings), decision), _advice(landings)]
    return "\n".join(filter(None, lines))


def rejected(landings: Sequence[Landing], decision: Decision) -> str:
    """Say that nothing of these landed, and why, as far as the person said it."""
    which = "this edit" if len(landings) == 1 else "these edits"
    lines = [f"The person rejected {which}" + (f" and says: {decision.note}" if decision.note else ".")]
    for landing in landings:
        lines += [_says(f"On {_name(landing)} the person says: ", landing.note), *_notes_on_hunks(landing)]
    return "\n".join(filter(None, [*lines, *_remarks(_paths(landings), decision)]))


def reviewed(message: str, still_waiting: Sequence[str]) -> str:
    """Say, with the next prompt, what the person decided of all that had waited; `message` says what became of it."""
    lines = [REVIEWED, message]
    if still_waiting:
        names = ", ".join(map(quoted_path, still_waiting))
        lines.append(f"Still waiting, in conflict with what others changed in the same lines: {names}.")
    return "\n".join(lines)


def words(decision: Decision) -> list[str]:
    """All that the person said with a decision that came to nothing."""
    said = [_says("The person says: ", decision.note)] if decision.note else []
    remarked = [remark.path for remark in decision.remarks]
    return said + words_on([*(file.path for file in decision.files), *remarked], decision)


def words_on(paths: Collection[str], decision: Decision) -> list[str]:
    """The person's words on files of which nothing was offered, or is any more."""
    lines = []
    for file in decision.files:
        if file.path in paths:
            notes = filter(None, (file.note, *(hunk.note for hunk in file.hunks)))
            lines += [f"On {quoted_path(file.path)} the person says: {note}" for note in notes]
    return lines + _remarks(paths, decision)


def _report(landing: Landing, limit: int) -> Iterator[str]:
    """What became of one file, each text cut to `limit` characters."""
    says = f" The person says: {landing.note}" if landing.note else ""
    match landing.fate:
        case Fate.ACCEPTED:
            yield f"{_name(landing)}: landed as proposed.{says}"
            yield from _notes_on_hunks(landing)
        case Fate.REJECTED:
            yield f"{_name(landing)}: did not land; it is as it was before.{says}"
            yield from _notes_on_hunks(landing)
        case Fate.PARTLY_ACCEPTED | Fate.REWRITTEN:
            yield f"{_name(landing)}: landed in part; line numbers are those of the file as it is now.{says}"
            yield from _hunks(landing.hunks, limit)


def _hunks(hunks: Sequence[HunkLanding], limit: int) -> Iterator[str]:
    """What became of each hunk: first those of which nothing more is to be said, by what became of them."""
    for fate, title in ((Fate.ACCEPTED, "Landed"), (Fate.REJECTED, "Did not land")):
        alike = [hunk for hunk in hunks if hunk.fate is fate]
        if plain := [_named(hunk) for hunk in alike if not hunk.notes]:
            yield f"{title}: {_listed(plain)}."
        yield from (f"{title}: {_named(hunk)}.{_notes(hunk)}" for hunk in alike if hunk.notes)
    for hunk in hunks:
        if hunk.fate in (Fate.PARTLY_ACCEPTED, Fate.REWRITTEN):
            yield f"{_title(hunk)}: {_named(hunk)}.{_notes(hunk)}"
            yield _shown(hunk, limit)
            yield from _turned_down(hunk, limit)


def _title(hunk: HunkLanding) -> str:
    if hunk.fate is Fate.PARTLY_ACCEPTED:
        return "Some lines landed"
    return "Some lines landed, with text of the person's" if hunk.rejected else "Rewritten by the person"


def _turned_down(hunk: HunkLanding, limit: int) -> Iterator[str]:
    """The lines of a hunk that did not land, as a difference shows them."""
    if hunk.rejected:
        text = "\n".join(f"{_SIGNS[line.kind]} {line.text.rstrip(LINE_ENDS)}" for line in hunk.rejected)
        yield f"Rejected of hunk {hunk.hunk}, as it was proposed:"
        yield text[:limit]
        if len(text) > limit:
            yield CLIPPED


def _named(hunk: HunkLanding) -> str:
    name = f"hunk {hunk.hunk}" if hunk.hunk else "the whole file"
    return f"{name} ({_place(hunk)})"


def _place(hunk: HunkLanding) -> str:
    if hunk.last < hunk.first:
        return f"no lines, after line {hunk.last}"
    return f"line {hunk.first}" if hunk.first == hunk.last else f"lines {hunk.first}-{hunk.last}"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_LISTED
    return ", ".join(names[:MOST_LISTED]) + (f" and {counted(more, 'more hunk')}" if more > 0 else "")


def _shown(hunk: HunkLanding, limit: int) -> str:
    """The lines that are there now, numbered as a view numbers them."""
    excerpt = numbered(FileText(hunk.text).lines, hunk.first, limit)
    return "\n".join(filter(None, [excerpt.text, CLIPPED if excerpt.is_clipped else ""]))


def _notes(hunk: HunkLanding) -> str:
    return "".join(f" The person says: {note}" for note in hunk.notes)


def _notes_on_hunks(landing: Landing) -> Iterator[str]:
    for hunk in landing.hunks:
        yield from (f"On {_named(hunk)} of {_name(landing)} the person says: {note}" for note in hunk.notes)


def _says(opening: str, note: str) -> str:
    return opening + note if note else ""


def _remarks(paths: Collection[str], decision: Decision) -> list[str]:
    """The person's words on lines of these files."""
    remarks = [_remark(remark) for remark in decision.remarks if remark.path in paths]
    return ["The person remarks, on lines as they were proposed:", *remarks] if remarks else []


def _paths(landings: Iterable[Landing]) -> set[str]:
    return {landing.path for landing in landings}


def _remark(remark: Remark) -> str:
    last = f"-{remark.last}" if remark.last and remark.last != remark.line else ""
    side = ", before the edit" if remark.is_old else ""
    return f"{quoted_path(remark.path)}:{remark.line}{last} ({remark.weight}{side}): {remark.text}"


def _advice(landings: Sequence[Landing]) -> str:
    names = [_name(landing) for landing in landings if not landing.is_whole]
    return f"View {', '.join(names)} before you edit there again." if names else ""


def _name(landing: Landing) -> str:
    return quoted_path(landing.path)
