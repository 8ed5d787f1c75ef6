"""Owns what is said of the events of a session: whole lines, each said once, in the order in which things happened."""

from collections.abc import Iterator

from copydesk.domain import events
from copydesk.domain.modes import Mode
from copydesk.domain.rewinds import first_words, moved_sentence
from copydesk.domain.transcript import Notice, ToolCard, Transcript
from copydesk.frontends.present import MODE_SENTENCES, card_line, usage_line

_CHECK = "run_check"


class Speech:
    """Turns events into lines; a reply that streams is said line by line."""

    def __init__(self) -> None:
        self._unsaid = ""
        self._has_begun = False
        """A part of the reply that streams was said."""
        self._is_thinking = False
        self.has_details = False
        """Say what was thought, and what tools answered, too."""

    def lines(self, event: events.Event, transcript: Transcript) -> Iterator[str]:
        """The lines for an event; the transcript holds it already."""
        match event:
            case events.TextDelta(text=text):
                yield from self._more(text)
            case events.TextFinished(text=text):
                yield from self._rest(text)
            case events.ThinkingDelta() if not self._is_thinking:
                self._is_thinking = True
                yield "Thinking."
            case events.ThinkingFinished(text=text, seconds=seconds):
                self._is_thinking = False
                yield f"Thought for {seconds:.0f} s{f': {text}' if self.has_details else '.'}"
            case events.StepDiscarded(reason=reason):
                self._forget()
                yield f"What was said since the last step does not count. {reason}"
            case events.ToolCallFinished(call=call):
                if card := transcript.card(call):
                    yield card_sentence(card)
                    yield from [card.answer] * self.has_details
            case events.ConversationCut():
                yield from (item.text for item in transcript.items[-1:] if isinstance(item, Notice))
            case events.TurnFinished():
                yield from self._ended(event, transcript)
            case _:
                yield from _said(event)

    def _more(self, text: str) -> Iterator[str]:
        *whole, self._unsaid = (self._unsaid + text).split("\n")
        for line in whole:
            yield self._first(line)

    def _rest(self, text: str) -> Iterator[str]:
        """What of a whole reply was not said yet."""
        rest = self._unsaid if self._has_begun or self._unsaid else text
        if rest:
            yield self._first(rest)
        self._forget()

    def _first(self, line: str) -> str:
        said = line if self._has_begun else f"Claude: {line}"
        self._has_begun = True
        return said

    def _forget(self) -> None:
        self._unsaid, self._has_begun, self._is_thinking = "", False, False

    def _ended(self, event: events.TurnFinished, transcript: Transcript) -> Iterator[str]:
        yield from [self._first(self._unsaid)] * bool(self._unsaid)
        self._forget()
        if event.reason:
            yield event.reason
        usage = usage_line(transcript)
        yield f"The turn is {event.outcome}.{f' So far {usage}.' if usage else ''} Ready."


def card_sentence(card: ToolCard) -> str:
    """A call, and what became of it."""
    line = card_line(card)
    said = ", ".join(part for part in (line.extent, line.outcome, card.reason * (line.outcome != "")) if part)
    return f"{line.verb} {line.path}{f': {said}' if said else ''}"


def _said(event: events.Event) -> Iterator[str]:
    match event:
        case events.SessionStarted():
            price = f" ({event.price})" if event.price else ""
            yield f"copydesk in {event.root}. {event.model}{price}, {event.tool_version}."
            yield MODE_SENTENCES[Mode(event.mode)]
        case events.ModeChanged(mode=mode):
            yield MODE_SENTENCES[Mode(mode)]
        case events.TurnStarted(prompt=prompt):
            yield f"Working on “{first_words(prompt)}”. Control C interrupts."
        case events.ToolCallStarted(name=name, input=given) if name == _CHECK:
            yield f"Running the check {given.get('name', '')}."
        case events.ChangeRefused() if event.is_view:
            yield f"Not shown: {event.path}: {event.reason}"
        case events.RetryScheduled():
            yield f"{event.reason} Trying again in {event.seconds:.0f} s."
        case events.FileChangedOutside(path=path):
            yield f"{path} changed outside."
        case events.RolledBack():
            yield moved_sentence(event.operation, event.paths, event.kept)
        case events.CommitMade():
            yield f"Committed {event.commit[:10]}: {', '.join(event.paths)}."
        case events.Noticed(text=text):
            yield text
        case _:
            pass
