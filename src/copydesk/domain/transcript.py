"""Owns the transcript: what a fold over a session's events gives, the same for every front end.

`fold` is pure; it never asks the session anything, so a journal replayed gives the same transcript.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from copydesk.domain.items import Item as Item
from copydesk.domain.items import Notice as Notice
from copydesk.domain.items import Prompt as Prompt
from copydesk.domain.items import Reply as Reply
from copydesk.domain.items import Retry, is_unsettled
from copydesk.domain.items import Thought as Thought
from copydesk.domain.items import ToolCard as ToolCard
from copydesk.domain.long_sequences import LongSequence
from copydesk.domain.usage import Usage

if TYPE_CHECKING:
    from copydesk.domain import events
    from copydesk.domain.events import Envelope


@dataclass(frozen=True, slots=True)
class Transcript:
    """Everything that was said and done, and what it used."""

    items: LongSequence[Item] = field(default_factory=LongSequence)
    unsettled: tuple[int, ...] = ()
    """Places of what may still change by itself: what is live, and calls that run or wait; in order."""
    drafts: tuple[ToolCard, ...] = ()
    """Calls that are still being written, or that come after the one that runs; they stand below the items."""
    step_start: int = 0
    """Items from here on belong to the step that is being streamed; a discarded step drops them."""
    usage: Usage = field(default_factory=Usage)
    cost_usd: Decimal | None = Decimal(0)
    """None once a call's price was unknown."""
    mode: str = ""
    model: str = ""
    tool_version: str = ""
    turn: int = 0
    is_busy: bool = False
    outcome: str = ""
    """How the last turn ended."""
    cache_miss: str = ""
    is_opening: bool = False
    """It was opened, and all that happened since is what was found then."""
    said_at_opening: frozenset[str] = frozenset()
    """What was found when it was opened, now or before: what still is so is not said again."""

    @property
    def shown_items(self) -> LongSequence[Item]:
        """The items, and what is being drafted."""
        return self.items.appended(*self.drafts) if self.drafts else self.items

    @property
    def waiting(self) -> tuple[ToolCard, ...]:
        """The proposals that wait for the person."""
        unsettled = (self.items[place] for place in self.unsettled)
        return tuple(item for item in unsettled if isinstance(item, ToolCard) and item.state == "waits")

    def card(self, call: str) -> ToolCard | None:
        """The newest card of a call."""
        cards = (item for item in reversed(self.items) if isinstance(item, ToolCard) and item.call == call)
        return next(cards, None)


def fold(transcript: Transcript, envelopes: Iterable[Envelope]) -> Transcript:
    """Add what happened to a transcript."""
    from copydesk.domain.events import Noticed, SessionStarted, TurnStarted

    steps = _steps()
    for envelope in envelopes:
        transcript = steps[type(envelope.event)](transcript, envelope.event)
        if isinstance(envelope.event, TurnStarted):
            transcript = _replace_last(transcript, Prompt(envelope.event.prompt, envelope.turn))
        if transcript.is_opening and not isinstance(envelope.event, SessionStarted | Noticed):
            transcript = replace(transcript, is_opening=False)
    return transcript


def _append(transcript: Transcript, item: Item) -> Transcript:
    place = len(transcript.items)
    unsettled = (*transcript.unsettled, place) if is_unsettled(item) else transcript.unsettled
    return replace(transcript, items=transcript.items.appended(item), unsettled=unsettled)


def _replace_at(transcript: Transcript, place: int, item: Item) -> Transcript:
    unsettled = transcript.unsettled
    if is_unsettled(item) != (place in unsettled):
        unsettled = tuple(sorted({*unsettled} ^ {place}))
    return replace(transcript, items=transcript.items.replaced(place, item), unsettled=unsettled)


def _replace_last(transcript: Transcript, item: Item) -> Transcript:
    return _replace_at(transcript, len(transcript.items) - 1, item)


def _cut(transcript: Transcript, length: int) -> Transcript:
    """Drop what comes after the first items."""
    unsettled = tuple(place for place in transcript.unsettled if place < length)
    return replace(transcript, items=transcript.items.cut(length), unsettled=unsettled)


def _update_card(transcript: Transcript, key: str, value: str, **changes: Any) -> Transcript:
    """Change the newest card whose `key` is `value`; cards are looked for from the end, where they are."""
    last = len(transcript.items) - 1
    for distance, card in enumerate(reversed(transcript.items)):
        if isinstance(card, ToolCard) and getattr(card, key) == value:
            return _replace_at(transcript, last - distance, replace(card, **changes))
    return transcript


def _settle_gathered(transcript: Transcript, path: str, **changes: Any) -> Transcript:
    """Say of every edit of a file that waited for the review what became of it there."""
    for place, card in enumerate(transcript.items):
        if isinstance(card, ToolCard) and card.state == "gathered" and path in [diff.path for diff in card.diffs]:
            transcript = _replace_at(transcript, place, replace(card, **changes))
    return transcript


def _on_session(transcript: Transcript, event: events.SessionStarted) -> Transcript:
    return replace(
        transcript, mode=event.mode, model=event.model, tool_version=event.tool_version, is_busy=False, is_opening=True
    )


def _on_mode(transcript: Transcript, event: events.ModeChanged) -> Transcript:
    return replace(transcript, mode=event.mode)


def _on_turn(transcript: Transcript, event: events.TurnStarted) -> Transcript:
    begun = _append(transcript, Prompt(event.prompt))
    return replace(begun, step_start=len(begun.items), turn=transcript.turn + 1, is_busy=True, outcome="")


def _on_text_delta(transcript: Transcript, event: events.TextDelta) -> Transcript:
    last = transcript.items[-1] if transcript.items else None
    if isinstance(last, Reply) and last.is_live:
        return _replace_last(transcript, Reply(last.text + event.text, True))
    return _append(transcript, Reply(event.text, True))


def _on_text(transcript: Transcript, event: events.TextFinished) -> Transcript:
    last = transcript.items[-1] if transcript.items else None
    if isinstance(last, Reply) and last.is_live:
        return _replace_last(transcript, Reply(event.text))
    return _append(transcript, Reply(event.text)) if event.text else transcript


def _on_thinking_delta(transcript: Transcript, event: events.ThinkingDelta) -> Transcript:
    last = transcript.items[-1] if transcript.items else None
    if isinstance(last, Thought) and last.is_live:
        return _replace_last(transcript, Thought(last.text + event.text, is_live=True))
    return _append(transcript, Thought(event.text, is_live=True))


def _on_thinking(transcript: Transcript, event: events.ThinkingFinished) -> Transcript:
    last = transcript.items[-1] if transcript.items else None
    thought = Thought(event.text, event.seconds)
    if isinstance(last, Thought) and last.is_live:
        return _replace_last(transcript, thought)
    return _append(transcript, thought) if event.text else transcript


def _on_discarded(transcript: Transcript, event: events.StepDiscarded) -> Transcript:
    kept = _append(_cut(transcript, transcript.step_start), Notice(event.reason, "retry"))
    return replace(kept, step_start=len(kept.items), drafts=())


def _on_draft(transcript: Transcript, event: events.ToolDrafted) -> Transcript:
    """Calls are written one after the other, so it is the newest draft that grows."""
    before = transcript.drafts
    last = before[-1] if before and before[-1].call == event.call else None
    from copydesk.domain.drafts import Draft

    draft = (last.draft if last and last.draft else Draft()).grown(event.text)
    card = ToolCard(event.call, event.name, dict(draft.values), "drafts", draft=draft)
    return replace(transcript, drafts=(*(before[:-1] if last else before), card))


def _on_call(transcript: Transcript, event: events.ToolCallStarted) -> Transcript:
    drafts = tuple(draft for draft in transcript.drafts if draft.call != event.call)
    return _append(replace(transcript, drafts=drafts), ToolCard(event.call, event.name, event.input))


def _on_proposal(transcript: Transcript, event: events.ProposalMade) -> Transcript:
    return _update_card(
        transcript,
        "call",
        event.call,
        proposal=event.proposal,
        digest=event.digest,
        diffs=event.diffs,
        mark=event.mark,
        is_protected=event.is_protected,
    )


def _on_approval_requested(transcript: Transcript, event: events.ApprovalRequested) -> Transcript:
    return _update_card(transcript, "proposal", event.proposal, state="waits", reason=event.reason)


def _on_approval(transcript: Transcript, event: events.ApprovalResolved) -> Transcript:
    state = "running" if event.accepted else "rejected"
    return _update_card(transcript, "proposal", event.proposal, state=state, reason=event.note)


def _on_applied(transcript: Transcript, event: events.ChangeApplied) -> Transcript:
    state = "partly_applied" if event.is_partial else "applied"
    if not event.call:
        return _settle_gathered(transcript, event.path, state=state, checkpoint=event.checkpoint)
    return _update_card(transcript, "call", event.call, state=state, checkpoint=event.checkpoint)


def _on_gathered(transcript: Transcript, event: events.ChangeGathered) -> Transcript:
    card = transcript.card(event.call)
    edit = _gathered_edit(transcript, event.path) if card and card.verb == "undo" else None
    if edit is None:
        return _update_card(transcript, "call", event.call, state="gathered")
    undone = {"state": "undone", "reason": "Claude took it back before it was reviewed."}
    return _update_card(_update_card(transcript, "call", edit.call, **undone), "call", event.call, state="done")


def _gathered_edit(transcript: Transcript, path: str) -> ToolCard | None:
    """The last edit of a file that waits for the review; undoing one that landed waits there itself."""
    waiting = (card for card in reversed(transcript.items) if isinstance(card, ToolCard) and card.state == "gathered")
    edits = (card for card in waiting if card.verb != "undo" and path in [diff.path for diff in card.diffs])
    return next(edits, None)


def _on_edit_reviewed(transcript: Transcript, event: events.EditReviewed) -> Transcript:
    """Say it of what has the file's word; what was taken back or decided before keeps its own."""
    card = transcript.card(event.call)
    is_judged_by_file = card is not None and card.state == "partly_applied"
    return _update_card(transcript, "call", event.call, state=event.outcome) if is_judged_by_file else transcript


def _on_refused(transcript: Transcript, event: events.ChangeRefused) -> Transcript:
    if not event.call:
        # What could not be landed goes on waiting; only a person's word, or a conflict they gave up, ends that.
        is_settled = event.outcome == "rejected" or not event.proposal
        changes = {"state": event.outcome, "reason": event.reason}
        return _settle_gathered(transcript, event.path, **changes) if is_settled else transcript
    return _update_card(transcript, "call", event.call, state=event.outcome, reason=event.reason)


def _on_call_finished(transcript: Transcript, event: events.ToolCallFinished) -> Transcript:
    card = transcript.card(event.call)
    if card is None:
        return transcript
    state = card.state
    if state in ("running", "waits"):
        state = "failed" if event.is_error else "done"
    answered = _update_card(transcript, "call", event.call, state=state, answer=event.content)
    return replace(answered, step_start=len(answered.items))


def _on_check(transcript: Transcript, event: events.CheckFinished) -> Transcript:
    """The card of the call says it all."""
    return transcript


def _on_outside(transcript: Transcript, event: events.FileChangedOutside) -> Transcript:
    return _append(transcript, Notice(f"{event.path} changed outside", "outside"))


def _on_usage(transcript: Transcript, event: events.UsageReported) -> Transcript:
    cost = None
    if transcript.cost_usd is not None and event.cost_usd is not None:
        cost = transcript.cost_usd + Decimal(event.cost_usd)
    return replace(
        transcript,
        usage=transcript.usage + event.usage,
        cost_usd=cost,
        step_start=len(transcript.items),
        cache_miss=event.cache_miss,
    )


def _on_retry(transcript: Transcript, event: events.RetryScheduled) -> Transcript:
    retry = Retry(event.reason, event.seconds, event.attempt)
    notice = Notice(retry.sentence(), "retry", retry)
    last = transcript.items[-1] if transcript.items else None
    if isinstance(last, Notice) and last.kind == "retry":
        return _replace_last(transcript, notice)
    return _append(transcript, notice)


def _on_turn_finished(transcript: Transcript, event: events.TurnFinished) -> Transcript:
    settled = replace(transcript, is_busy=False, outcome=event.outcome, drafts=())
    for place in transcript.unsettled:
        settled = _replace_at(settled, place, _settled(settled.items[place]))
    kind = "note" if event.outcome == "interrupted" else "error"
    return _append(settled, Notice(event.reason, kind)) if event.reason else settled


def _settled(item: Item) -> Item:
    if isinstance(item, Reply | Thought) and item.is_live:
        return replace(item, is_live=False)
    if isinstance(item, ToolCard) and item.state in ("running", "waits"):
        return replace(item, state="failed", reason=item.reason or "interrupted")
    return item


def _on_rolled_back(transcript: Transcript, event: events.RolledBack) -> Transcript:
    from copydesk.domain.rewinds import moved_sentence

    return _append(transcript, Notice(moved_sentence(event.operation, event.paths, event.kept)))


def _on_cut(transcript: Transcript, event: events.ConversationCut) -> Transcript:
    """What was cut out is gone from here too, but for a line that says so; what it used stays counted."""
    from copydesk.domain.rewinds import cut_sentence

    items = transcript.items
    starts = (place for place, item in enumerate(items) if isinstance(item, Prompt) and item.turn >= event.back_to)
    kept = next(starts, len(items))
    prompts = [item.text for item in items[kept:] if isinstance(item, Prompt)]
    left = _append(_cut(transcript, kept), Notice(cut_sentence(prompts, event.returned, event.paths)))
    return replace(left, step_start=kept + 1)


def _on_commit(transcript: Transcript, event: events.CommitMade) -> Transcript:
    return _append(transcript, Notice(f"committed {event.commit[:10]}: {', '.join(event.paths)}"))


def _on_notice(transcript: Transcript, event: events.Noticed) -> Transcript:
    if not transcript.is_opening:
        return _append(transcript, Notice(event.text))
    if event.text in transcript.said_at_opening:
        return transcript
    said = transcript.said_at_opening | {event.text}
    return replace(_append(transcript, Notice(event.text)), said_at_opening=said)


@cache
def _steps() -> Mapping[type[Any], Callable[[Transcript, Any], Transcript]]:
    """What each event does; the events are loaded with the first, since an empty transcript is painted without."""
    from copydesk.domain import events

    return {
        events.SessionStarted: _on_session,
        events.ModeChanged: _on_mode,
        events.TurnStarted: _on_turn,
        events.TextDelta: _on_text_delta,
        events.TextFinished: _on_text,
        events.ThinkingDelta: _on_thinking_delta,
        events.ThinkingFinished: _on_thinking,
        events.StepDiscarded: _on_discarded,
        events.ToolDrafted: _on_draft,
        events.ToolCallStarted: _on_call,
        events.ProposalMade: _on_proposal,
        events.ApprovalRequested: _on_approval_requested,
        events.ApprovalResolved: _on_approval,
        events.ChangeApplied: _on_applied,
        events.ChangeGathered: _on_gathered,
        events.ChangeRefused: _on_refused,
        events.EditReviewed: _on_edit_reviewed,
        events.ToolCallFinished: _on_call_finished,
        events.CheckFinished: _on_check,
        events.FileChangedOutside: _on_outside,
        events.UsageReported: _on_usage,
        events.RetryScheduled: _on_retry,
        events.TurnFinished: _on_turn_finished,
        events.RolledBack: _on_rolled_back,
        events.ConversationCut: _on_cut,
        events.CommitMade: _on_commit,
        events.Noticed: _on_notice,
    }
