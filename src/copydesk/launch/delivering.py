"""Owns where the result of a run goes beside its output: a patch, a bundle, predictions, the page of a CI run.

What cannot be written to is found before anything is paid for; what is written appears whole or not at all.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from copydesk import __version__
from copydesk.assembly.place import Place
from copydesk.domain.bundles import Bundle, BundledCheck, BundledFile, Provenance, write_bundle
from copydesk.domain.errors import CopydeskError, UsageError
from copydesk.domain.modes import Mode
from copydesk.domain.patches.patch import blob_name
from copydesk.domain.patches.writing import write_patch
from copydesk.domain.proposals import FileChange
from copydesk.domain.secrets import key_shapes_in
from copydesk.domain.unified import quoted_path
from copydesk.frontends.headless.delivery import Delivery
from copydesk.frontends.headless.summary import annotation_of_failure, annotations, summary_markdown
from copydesk.frontends.predictions import prediction
from copydesk.launch.files import add_line, add_text, replace_whole, require_place

STANDARD_OUTPUT = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Destinations:
    """What the person, or the CI service, wants to have."""

    bundle: str = ""
    includes_secrets: bool = False
    patch: str = ""
    """A file, or `-` for standard output."""
    predictions: str = ""
    """A file of SWE-bench's predictions, to which a line is added."""
    instance: str = ""
    """What the prediction is of."""
    summary: str = ""
    """The file of a GitHub step's summary, to which ours is added."""
    annotates: bool = False
    """Tell GitHub's runner, on standard error, of files and failures."""

    @property
    def are_any(self) -> bool:
        """Whether there is anything to hand over, so that what the edits come to is worked out."""
        return self.hold_edits or self.annotates

    @property
    def hold_edits(self) -> bool:
        """Whether edits that wait are handed over by it."""
        return bool(self.bundle or self.patch or self.predictions)


def destinations_of(options: argparse.Namespace, environment: Mapping[str, str]) -> Destinations:
    """Where the result goes; UsageError for what cannot be written, or goes with nothing."""
    if bool(options.predictions) is not bool(options.instance_id):
        raise UsageError("--predictions and --instance-id go together: the file, and what the patch is an answer to.")
    if options.patch == STANDARD_OUTPUT and options.output_format != "text":
        raise UsageError(f"--patch - takes standard output, and so does {options.output_format}; name a file instead.")
    _refuse_deciding(options)
    is_in_actions = environment.get("GITHUB_ACTIONS") == "true"
    summary = environment.get("GITHUB_STEP_SUMMARY", "") if is_in_actions else ""
    _require_places(options, summary)
    return Destinations(
        bundle=options.propose or "",
        includes_secrets=options.include_secrets,
        patch=options.patch or "",
        predictions=options.predictions or "",
        instance=options.instance_id or "",
        summary=summary,
        annotates=is_in_actions,
    )


def _refuse_deciding(options: argparse.Namespace) -> None:
    """UsageError for what writes to the workspace beside a bundle, which leaves it as it is."""
    if not options.propose:
        return
    if options.mode not in (None, Mode.REVIEW):
        raise UsageError(f"--propose works in mode review, not {options.mode}; leave --mode out.")
    for name in ("decisions", "commit"):
        if getattr(options, name) is not None:
            raise UsageError(f"--propose leaves the workspace as it is, so --{name} has nothing to do; leave it out.")


def _require_places(options: argparse.Namespace, summary: str) -> None:
    """UsageError where something cannot be written, or would be written over something else."""
    for name in ("propose", "predictions"):
        if getattr(options, name) == STANDARD_OUTPUT:
            raise UsageError(f"--{name} writes a file, and - is none; only --patch goes to standard output.")
    named = (options.propose, options.patch, options.predictions)
    files = [Path(path) for path in named if path and path != STANDARD_OUTPUT]
    for path in (*files, *([Path(summary)] if summary else ())):
        require_place(path)
    kept = [os.path.realpath(path) for path in files if path.is_file() or not path.exists()]
    if len(set(kept)) < len(kept):
        raise UsageError("--propose, --patch and --predictions name the same file; give each one of its own.")


def deliver(place: Place, wanted: Destinations, say: Callable[[str], None], delivery: Delivery) -> None:
    """Hand a run over; OSError where something cannot be written, BundleError for what may not leave the machine."""
    try:
        _hand_over(place, wanted, say, delivery)
    except (CopydeskError, OSError) as error:
        if wanted.annotates:
            say(annotation_of_failure(str(error)))
        raise


def _hand_over(place: Place, wanted: Destinations, say: Callable[[str], None], delivery: Delivery) -> None:
    dirty = differing(place, delivery.changes) if wanted.bundle or wanted.patch else ()
    if wanted.bundle:
        replace_whole(Path(wanted.bundle), _bundle(wanted, delivery, dirty))
    patch = write_patch(delivery.changes) if wanted.hold_edits else b""
    if wanted.patch == STANDARD_OUTPUT:
        sys.stdout.buffer.write(patch)
        sys.stdout.flush()
    elif wanted.patch:
        replace_whole(Path(wanted.patch), patch)
    if dirty:
        names = ", ".join(map(quoted_path, dirty))
        say(
            f"{'The patch is' if wanted.patch else 'The edits are'} against the files as they were: {names} differed "
            "from the last commit."
        )
    if wanted.predictions:
        add_line(Path(wanted.predictions), json.dumps(prediction(wanted.instance, delivery.result["model"], patch)))
    if wanted.summary:
        add_text(Path(wanted.summary), _without_keys(summary_markdown(delivery)))
    for command in annotations(delivery) if wanted.annotates else ():
        say(command)


def _bundle(wanted: Destinations, delivery: Delivery, dirty: tuple[str, ...]) -> bytes:
    result = delivery.result
    provenance = Provenance(
        prompt=delivery.prompt,
        model=result["model"],
        tool_version=result["tool_version"],
        session=result["session_id"],
        made_at=delivery.made_at,
        outcome=result["outcome"],
        reason=result["reason"],
        result=result["result"],
        usage=delivery.transcript.usage,
        cost_usd=None if delivery.transcript.cost_usd is None else str(delivery.transcript.cost_usd),
        checks=tuple(BundledCheck(c.name, c.exit_code, c.seconds, c.output, c.reason) for c in delivery.checks),
        transcript=delivery.messages,
    )
    files = tuple(BundledFile(c.path, c.before, c.after, is_dirty=c.path in dirty) for c in delivery.changes)
    notes = (f"Not as the base commit has them: {', '.join(map(quoted_path, dirty))}.",) if dirty else ()
    bundle = Bundle(files, result["base_commit"], provenance, notes, __version__)
    return write_bundle(bundle, includes_secrets=wanted.includes_secrets)


def differing(place: Place, changes: tuple[FileChange, ...]) -> tuple[str, ...]:
    """The files that were otherwise than in the last commit before they were changed (blocking); none outside git."""
    committed = place.repository.committed([change.path for change in changes]) if changes else None
    if committed is None:
        return ()
    return tuple(change.path for change in changes if not _is_as(change, committed.get(change.path)))


def _is_as(change: FileChange, blob: str | None) -> bool:
    if change.before is None or blob is None:
        return change.before is None and blob is None
    return blob_name(change.before.data, len(blob)) == blob


def _without_keys(summary: str) -> str:
    """The page of a CI run may be public."""
    found = key_shapes_in(summary)
    return f"The summary is left out: it holds what looks like {', '.join(found)}.\n" if found else summary
