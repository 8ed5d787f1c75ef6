"""Owns what events make of the state that the screens show: it is pure, and knows no session."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from copydesk.domain.accounts import account
from copydesk.domain.events import EPHEMERAL, Envelope, FileChangedOutside, ProposalMade
from copydesk.domain.transcript import fold
from copydesk.frontends.tui.bridge import DeskState


def advance(state: DeskState, envelopes: Sequence[Envelope]) -> DeskState:
    """Take events into a state."""
    outside = set(state.changed_outside)
    for envelope in envelopes:
        match envelope.event:
            case FileChangedOutside(path=path):
                outside.add(path)
            case ProposalMade(diffs=diffs):
                outside -= {diff.path for diff in diffs}
            case _:
                pass
    transcript = fold(state.transcript, merged(envelopes))
    return DeskState(transcript, frozenset(outside), account(state.account, envelopes))


def merged(envelopes: Sequence[Envelope]) -> Iterator[Envelope]:
    """Join neighbouring deltas of one text, so that a batch is folded once and not once a token."""
    for _, group in groupby(envelopes, key=_text_key):
        members = list(group)
        event = members[-1].event
        if isinstance(event, EPHEMERAL):
            texts = [member.event.text for member in members if isinstance(member.event, EPHEMERAL)]
            yield replace(members[-1], event=replace(event, text="".join(texts)))
        else:
            yield members[-1]


def _text_key(envelope: Envelope) -> object:
    """The same for deltas of one text; of its own for everything else."""
    event = envelope.event
    return (type(event), getattr(event, "call", "")) if isinstance(event, EPHEMERAL) else object()
