"""Owns the start of `apply`: what is to be applied is read, and everything that can be wrong is said, first."""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from copydesk.assembly.door import foreign_gate
from copydesk.assembly.place import configure, missing_git, open_place
from copydesk.config import Config
from copydesk.domain.bundle_reading import LARGEST
from copydesk.domain.errors import BundleError, PatchError, UsageError
from copydesk.domain.modes import Mode
from copydesk.frontends.verbs.apply import run_apply
from copydesk.frontends.verbs.history import Output
from copydesk.launch.terminal import complain, has_colour, write_text
from copydesk.review.proposed import Proposed, notes_of, plan, read_proposed

STANDARD_INPUT = "-"


def run_apply_verb(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """`apply`."""
    proposed = proposed_from(options.source)
    place = open_place(options.root, environment)
    if reason := missing_git(place.git):
        raise UsageError(f"{reason} Install git.")
    flags = Config(allow=tuple(options.allow), deny=tuple(options.deny))
    config = configure(place, flags, environment, options.config, Mode.ACCEPT)
    gate, notices = foreign_gate(place, config, title_of(options.source))
    for notice in notices:
        complain(notice)
    arrival = plan(proposed, place.files, place.repository.blob)
    arrival = replace(arrival, notes=(*notes_of(proposed), *arrival.notes))
    output = Output(write_text, complain, options.json, has_colour(options.color))
    return run_apply(arrival, arrival.decide(options.only), gate, output, is_preview=options.preview)


def proposed_from(source: str) -> Proposed:
    """Read a file, or `-` for standard input; UsageError for what is neither bundle nor patch."""
    try:
        return read_proposed(read_source(source))
    except (BundleError, PatchError) as error:
        raise UsageError(f"{'Standard input' if source == STANDARD_INPUT else source}: {error}") from error


def read_source(source: str) -> bytes:
    """All bytes of a file or of standard input, at most so many as a bundle may have."""
    try:
        if source == STANDARD_INPUT:
            return sys.stdin.buffer.read(LARGEST + 1)
        with Path(source).open("rb") as stream:
            return stream.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}.") from error


def title_of(source: str) -> str:
    """What the step is called in the history."""
    return f"Apply {'standard input' if source == STANDARD_INPUT else Path(source).name}"
