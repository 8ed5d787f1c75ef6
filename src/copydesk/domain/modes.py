"""Owns the modes: how edits are treated when no rule says otherwise, and where each can be chosen.

What a mode means for an action is the policy's affair. The command line needs no more of it than the words.
"""

from enum import StrEnum


class Mode(StrEnum):
    """How edits are treated when no rule says otherwise."""

    PLAN = "plan"
    ASK = "ask"
    REVIEW = "review"
    ACCEPT = "accept"


STRICTNESS = (Mode.ACCEPT, Mode.REVIEW, Mode.ASK, Mode.PLAN)
"""From the mildest on. Review and ask both need a person before anything is written; ask is the stricter, since the
model never goes on from what nobody has decided about."""

SELECTABLE = (Mode.PLAN, Mode.ASK, Mode.REVIEW, Mode.ACCEPT)
"""The modes that a person can choose at the desk."""

SERVED = (Mode.PLAN, Mode.ASK, Mode.ACCEPT)
"""The modes in which the tools can be served to somebody else: nobody gathers edits there."""
