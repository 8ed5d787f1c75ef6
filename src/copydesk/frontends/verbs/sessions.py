"""Owns the verb `sessions`: what it prints, and its exit codes. It opens none: resuming is the screen's affair."""

import json

from copydesk.domain.display import show
from copydesk.domain.sessions import SessionSummary
from copydesk.engine.shelf import SessionShelf
from copydesk.frontends.present import dollars, plural, shorten_end
from copydesk.frontends.session_files import (
    ExportFormat,
    LocalTime,
    session_document,
    session_file,
    session_markdown,
    state_sentences,
    summary_document,
)
from copydesk.frontends.verbs.history import DONE, Output

PROMPT_WIDTH = 60


def list_sessions(shelf: SessionShelf, words: str, output: Output, local_time: LocalTime) -> int:
    """List the sessions in which all of these words occur, the last used one first. Returns the exit code."""
    found = [one for one in shelf.sessions() if one.fits(words)]
    if output.as_json:
        output.write(_document({"sessions": [summary_document(one) for one in found]}))
    elif found:
        output.write("".join(f"{line}\n" for one in found for line in _lines(one, local_time)))
    else:
        output.tell(f"No session here has {show(words)!r} in its line." if words else "There is no session here yet.")
    return DONE


def show_session(shelf: SessionShelf, prefix: str, output: Output, local_time: LocalTime) -> int:
    """Print what was said and done in a session. Returns the exit code."""
    kept = shelf.read(prefix)
    output.write(_document(session_document(kept)) if output.as_json else session_markdown(kept, local_time))
    return DONE


def export_session(
    shelf: SessionShelf, prefix: str, wanted: ExportFormat, output: Output, local_time: LocalTime, *, secrets: bool
) -> int:
    """Print a session as a file. Returns the exit code."""
    output.write(session_file(shelf.read(prefix), wanted, local_time, includes_secrets=secrets))
    return DONE


def delete_sessions(shelf: SessionShelf, prefixes: list[str], output: Output) -> int:
    """Remove the records of sessions for good: all of them, or none where one of them stays. Returns the exit code."""
    going = [shelf.removable(prefix) for prefix in prefixes]
    for identity in going:
        shelf.delete(identity)
    if output.as_json:
        output.write(_document({"deleted": going}))
    else:
        output.tell(f"Deleted: {', '.join(map(show, going))}. What was edited there stays in `copydesk history`.")
    return DONE


def _lines(one: SessionSummary, local_time: LocalTime) -> list[str]:
    """A session in one line, and one below it for what is special about it."""
    cost = dollars(one.tally.cost_usd) if one.tally.cost_usd is not None else "?"
    head = f"{one.id:<24}  {local_time(one.used_at)}  {plural(one.tally.turns, 'turn'):>9}  {cost:>8}"
    said = state_sentences(one)
    prompt = shorten_end(one.prompt, PROMPT_WIDTH) or ("-" if one.fault else "(nothing was asked)")
    return [show(f"{head}  {prompt}"), *([f"    {'; '.join(said)}"] if said else [])]


def _document(content: object) -> str:
    return json.dumps(content, indent=2) + "\n"
