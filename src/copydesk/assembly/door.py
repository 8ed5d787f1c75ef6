"""Owns the gate of verbs that carry out what a person asked for: nobody else is asked, and nobody listens."""

from copydesk.assembly.place import Place, new_session_id, recover, require_state
from copydesk.changes.gate import Gate, NobodyToAsk
from copydesk.changes.steps import Operation, StepMeta
from copydesk.config import Config
from copydesk.domain.door import DoorEvent
from copydesk.domain.modes import Mode
from copydesk.domain.policies import Policy
from copydesk.workspace.live import keep_live


def personal_gate(place: Place) -> Gate:
    """The door of a workspace, for a person's own word."""
    return Gate(Policy(Mode.ASK), StepMeta(Operation.EDIT, ""), place.applier, NobodyToAsk(), _unheard)


def foreign_gate(place: Place, config: Config, title: str) -> tuple[Gate, tuple[str, ...]]:
    """The door for one change from elsewhere, which rules bind as they bind the model; and what a killed process left.

    UsageError where no step can be kept.
    """
    require_state(place, Mode.ACCEPT)
    notices = recover(place)
    session = new_session_id(place)
    keep_live(place.applier.history.store, session)
    meta = StepMeta(Operation.EDIT, session, title=title)
    return Gate(Policy(Mode.ACCEPT, config.rules()), meta, place.applier, NobodyToAsk(), _unheard), notices


def _unheard(_: DoorEvent) -> None:
    """The verb says itself what happened."""
