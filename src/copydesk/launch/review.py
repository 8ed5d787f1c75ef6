"""Owns the start of `review` on a screen: the source is found first, the keys come from the terminal whatever is piped.

What a review came to is written when the screen is gone; the exit code is the verdict.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING

from copydesk.assembly.door import foreign_gate
from copydesk.assembly.place import Place, configure, missing_git, open_place
from copydesk.config import Config
from copydesk.domain.display import show
from copydesk.domain.errors import UsageError
from copydesk.domain.policies import Mode
from copydesk.launch.apply import read_source
from copydesk.launch.editor import editor_command
from copydesk.launch.files import require_place
from copydesk.launch.mishaps import keep_trace
from copydesk.launch.surroundings import Told, surroundings_of
from copydesk.launch.terminal import complain, refuse_dumb, settle_colour, take_keyboard
from copydesk.launch.upkeep import look_after_history
from copydesk.launch.writing_out import tell
from copydesk.review.comments import Verdict
from copydesk.review.sources import STANDARD_INPUT, Reach, Source, find_source
from copydesk.workspace.revisions import Revisions

if TYPE_CHECKING:
    from copydesk.changes.gate import Gate

PATIENCE_SECONDS = 0.5
"""After which it is said that something is being read."""


def run_review(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """`review`, on a terminal unless it is to be listed or was decided beforehand; gives the exit code."""
    from copydesk.launch.sending import refuse_wrong

    refuse_wrong(options)
    if options.comments not in (None, STANDARD_INPUT):
        require_place(Path(options.comments))
    if options.json or options.decisions:
        from copydesk.launch.unattended import review_unattended

        place = open_place(options.root, environment)
        return review_unattended(options, environment, place, finder(options.source, place)())
    if not sys.stderr.isatty():
        raise UsageError(
            "The review desk needs a terminal to draw on; --json lists what there is to decide, --decisions decides it."
        )
    refuse_dumb(environment)
    settle_colour(options.color)
    place = open_place(options.root, environment)
    find = finder(options.source, place)
    with patience():
        source = find()
    for note in source.notes if source.is_empty else ():
        complain(show(note))
    if source.is_empty:
        complain(f"There is nothing to review: {show(source.origin)} changes nothing here.")
        return Verdict.APPROVED
    take_keyboard()
    return sit(options, environment, place, (source, find))


def sit(
    options: argparse.Namespace,
    environment: Mapping[str, str],
    place: Place,
    found: tuple[Source, Callable[[], Source]],
) -> int:
    """Have a source reviewed on the screen, and write out what was said; gives the exit code."""
    from copydesk.frontends.tui.review.looks import FileLooks
    from copydesk.frontends.tui.review.rounds import Rounds, Subject
    from copydesk.frontends.tui.review.source_case import SourceCase
    from copydesk.frontends.tui.review_app import Case, ReviewApp
    from copydesk.frontends.tui.terminal.app import run_app
    from copydesk.launch.sending import send

    flags = Config(allow=tuple(options.allow), deny=tuple(options.deny))
    config = configure(place, flags, environment, options.config, Mode.ACCEPT)
    source, find = found
    gate = None if source.arrival is None else gate_for(place, config, source)
    with patience():
        under_review = SourceCase(source, find, gate)
    is_named = options.source != STANDARD_INPUT or bool(source.session)
    rounds = Rounds(FileLooks(place.state.looks), Subject(source.identity, is_named, source.is_proposed))
    editor = editor_command(place.root.path, environment)
    now = under_review
    case = Case(source.identity, now.offer, now.decide, now.look, source.arrival is None, editor)
    around = surroundings_of(Told(options, environment, place), config)
    app = ReviewApp(case, rounds.memory(under_review.offer), around, partial(keep_trace, place.state.home))
    code = run_app(app, complain)
    try:
        rounds.close()
    except OSError as error:
        complain(f"What you said and marked could not be kept for another round: {error.strerror}.")
    if gate is not None:
        look_after_history(place, config)
    code = code or tell(under_review.report, options.comments, options.format)
    if code != Verdict.CHANGES_REQUESTED or options.send is None:
        return code
    return send(under_review.report, source.session, options, environment, place)


def gate_for(place: Place, config: Config, source: Source) -> "Gate":
    """The door for what is accepted; UsageError where no step could be kept, and what a killed process left is said."""
    if reason := missing_git(place.git):
        raise UsageError(f"{reason} Install git.")
    gate, notices = foreign_gate(place, config, f"Review of {source.title}")
    for notice in notices:
        complain(show(notice))
    return gate


def finder(word: str, place: Place) -> Callable[[], Source]:
    """What gives the source that a word means, as it is when it is called (blocking)."""
    kept: dict[str, bytes] = {}

    def read(name: str) -> bytes | None:
        path = Path(name)
        if name in kept:
            return kept[name]
        if name != STANDARD_INPUT and (not path.exists() or path.is_dir()):
            return None
        data = read_source(name)
        if not path.is_file():
            # A pipe gives what it has once.
            kept[name] = data
        return data

    reach = Reach(Revisions(place.repository, place.files), place.files, place.repository.blob, read)
    return partial(find_source, word, reach)


@contextmanager
def patience() -> Iterator[None]:
    """Say that something is being read where that takes longer than a moment."""
    timer = Timer(PATIENCE_SECONDS, complain, ("Reading what is to be reviewed …",))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
