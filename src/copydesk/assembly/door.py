"""Owns the gate of verbs that carry out what a person asked for: nobody else is asked, and nobody listens."""

from copydesk.assembly.place import Place
from copydesk.changes.gate import Gate, NobodyToAsk
from copydesk.changes.steps import Operation, StepMeta
from copydesk.domain.door import DoorEvent
from copydesk.domain.policies import Mode, Policy


def personal_gate(place: Place) -> Gate:
    """The door of a workspace, for a person's own word."""
    return Gate(Policy(Mode.ASK), StepMeta(Operation.EDIT, ""), place.applier, NobodyToAsk(), _unheard)


def _unheard(_: DoorEvent) -> None:
    """The verb says itself what happened."""
