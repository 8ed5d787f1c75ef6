"""Owns what a headless run says to a person: a line for each call on stderr, the answer on stdout.

Every text of a file or a model passes `show` first.
"""

from collections.abc import Iterator

from copydesk.domain import events
from copydesk.domain.display import show, show_lines
from copydesk.domain.transcript import Transcript
from copydesk.frontends import present
from copydesk.frontends.headless.outcome import ExitCode, Tally

TALK_WIDTH = 78


def talk_lines(event: events.Event, transcript: Transcript, *, is_verbose: bool = False) -> Iterator[str]:
    """The lines for an event, without line ends; the transcript holds it already."""
    match event:
        case events.SessionStarted():
            model = f"{show(event.model)} ({event.price})" if event.price else show(event.model)
            yield f"copydesk: {model} · {event.tool_version} · mode {event.mode} · {show(event.root)}"
        case events.ToolCallFinished(call=call):
            if card := transcript.card(call):
                yield present.card_line(card).text(TALK_WIDTH)
        case events.ChangeRefused() if event.is_view:
            yield f"not shown: {show(event.path)}: {show(event.reason)}"
        case events.UsageReported() if is_verbose:
            yield f"request {event.usage.context_tokens} in, {event.usage.output_tokens} out, {event.api_seconds:.1f} s"
        case events.ThinkingFinished() if is_verbose:
            yield f"thought {event.seconds:.1f} s"
        case events.RetryScheduled():
            yield f"{show(event.reason)} Trying again in {event.seconds:.1f} s."
        case events.StepDiscarded():
            yield show(event.reason)
        case events.FileChangedOutside():
            yield f"{show(event.path)} changed outside."
        case events.Noticed():
            yield show(event.text)
        case _:
            pass


def check_line(check: events.CheckFinished) -> str:
    """How a check ended, in the columns of the calls."""
    ending = "passed" if check.passed else f"failed  {_fault(check)}"
    return f"check   {show(check.name):<31} {ending}  {check.seconds:.1f} s"


def _fault(check: events.CheckFinished) -> str:
    return show(check.reason) if check.exit_code is None else f"exit code {check.exit_code}"


def diff_lines(tally: Tally, *, has_colour: bool) -> list[str]:
    """What was applied, as unified diffs."""
    shown = [show_lines(change.diff.to_unified().rstrip("\n")) for change in tally.changes]
    return [present.painted(text) for text in shown] if has_colour else shown


def closing_lines(tally: Tally, transcript: Transcript, rollback: str) -> tuple[list[str], list[str]]:
    """What goes to stdout and what to stderr when the run is over; `rollback` is the command that takes it back."""
    out, talk = [], []
    if tally.answer:
        out.append(show_lines(tally.answer))
    code = tally.exit_code
    if tally.reason and code not in (ExitCode.CHECK, ExitCode.DENIED):
        talk.append(show(tally.reason))
    for check in tally.failing:
        said = [f"  {line}" for line in check.output.splitlines()]
        talk += [f"{show(check.name)} still fails{':' if said else '.'}", *said]
    if code is ExitCode.DENIED:
        talk += [f"not made: {show(path)}: {show(event.reason)}" for path, event in tally.refused.items()]
    talk.append(summary_line(tally, transcript, rollback))
    return out, talk


def summary_line(tally: Tally, transcript: Transcript, rollback: str) -> str:
    """What was changed or proposed, the command that takes it back, and what it cost."""
    said = []
    if tally.changes:
        checkpoint = tally.changes[0].checkpoint
        changed = present.plural(len(tally.applied), "file")
        said.append(f"{changed} changed, checkpoint {checkpoint} ({show(rollback)} {checkpoint})")
    if tally.proposed:
        said.append(f"{present.plural(len(tally.proposed), 'file')} proposed")
    return f"{', '.join(said) or 'no file changed'} · {present.usage_line(transcript)}"
