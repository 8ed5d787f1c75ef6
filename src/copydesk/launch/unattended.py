"""Owns the start of a review without a screen: `review --json` lists, `review --decisions` decides."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

from copydesk.assembly.door import foreign_gate
from copydesk.assembly.place import Place, configure, missing_git
from copydesk.config import Config
from copydesk.domain.decision_files import DecisionFile
from copydesk.domain.display import show
from copydesk.domain.errors import UsageError
from copydesk.domain.policies import Mode
from copydesk.domain.policies import Verdict as Ruled
from copydesk.domain.proposals import FileChange, Proposal
from copydesk.frontends.verbs import review
from copydesk.launch.terminal import complain, write_text
from copydesk.launch.writing_out import tell
from copydesk.review.comments import Verdict
from copydesk.review.sources import Source


def review_unattended(options: argparse.Namespace, environment: Mapping[str, str], place: Place, source: Source) -> int:
    """Say what is to be decided, or decide it by a file; gives the exit code."""
    if options.decisions is None:
        write_text(json.dumps(review.listing(source), indent=2) + "\n")
        return int(Verdict.LEFT if not source.is_empty else Verdict.APPROVED)
    try:
        decisions = DecisionFile(Path(options.decisions).read_bytes())
    except OSError as error:
        raise UsageError(f"{options.decisions} cannot be read as decisions: {error.strerror}.") from error
    flags = Config(allow=tuple(options.allow), deny=tuple(options.deny))
    config = configure(place, flags, environment, options.config, Mode.ACCEPT)
    if source.arrival and (reason := missing_git(place.git)):
        raise UsageError(f"{reason} Install git.")
    gate, notices = foreign_gate(place, config, f"Review of {source.title}") if source.arrival else (None, ())
    for notice in notices:
        complain(notice)

    def is_closed(change: FileChange) -> bool:
        return gate is not None and gate.ruling_on(Proposal("", "", (change,))).verdict is not Ruled.ALLOW

    decided = review.decide(source, decisions, gate, is_closed)
    for entry in decided.unused:
        complain(f"Nothing is proposed that {show(entry)} speaks of.")
    for conflict in source.arrival.changeset.conflicts if source.arrival else ():
        complain(show(conflict.reason))
    if decided.refusal:
        complain(show(decided.refusal))
    tell(decided.report, options.comments, "json" if options.json else options.format)
    if options.send is not None:
        from copydesk.launch.sending import send

        return send(decided.report, source.session, options, environment, place)
    return int(decided.report.verdict)
