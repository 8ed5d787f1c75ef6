"""Owns `demo --review`: a bundle that was made elsewhere, reviewed on a copy of the sandbox; offline, with no model.

Without a terminal it is listed, accepted and applied, as a script would.
"""

import argparse
import json
import shlex
from collections.abc import Mapping
from pathlib import Path

from copydesk.arguments import parser_for
from copydesk.assembly.place import missing_git, open_git
from copydesk.domain.errors import UsageError
from copydesk.launch.demo import CHECKS, data_folder, prepare_copy
from copydesk.launch.review import run_review
from copydesk.launch.terminal import complain, is_terminal

SAMPLE = "sample.bundle.json"


def review_demo(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Review the sample on a copy: on a terminal in the desk, else by a decision that accepts all of it."""
    git = open_git(environment)
    if reason := missing_git(git):
        raise UsageError(f"{reason} Install git to play the demo.")
    folder = prepare_copy(options.keep, git)
    workspace, sample = folder / "webshop", data_folder("fixtures/review") / SAMPLE
    words = ["--root", str(workspace), "--color", options.color, str(sample)]
    if options.run or not is_terminal():
        words += ["--decisions", str(_all_accepted(folder))]
    complain(f"The demo plays on a copy in {workspace}")
    code = run_review(
        parser_for("review").parse_args(words), {**environment, "COPYDESK_STATE_DIR": str(folder / "state")}
    )
    complain(f"Try it: cd {shlex.quote(str(workspace))} && git diff && {CHECKS['debug']}")
    return code


def _all_accepted(folder: Path) -> Path:
    file = folder / "decisions.json"
    file.write_text(json.dumps({"default": "accept"}), "ascii")
    return file
