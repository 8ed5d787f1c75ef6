"""Proves that the steps of the Action do what they say in a clean clone, end to end, against the strict server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from copydesk.domain.bundle_reading import read_bundle
from tests.actions import Action, read_action
from tests.integration.test_apply import NEW, OLD, files
from tests.integration.test_run_patch import EDIT, git, tree, workspace
from tests.programs import command, surroundings
from tests.strict_api import StrictApi, call, say

__all__ = ["workspace"]
ROOT = Path(__file__).parents[2]
HOSTILE = "add'; touch pwned; echo '$(touch pwned)\n`touch pwned` \"${{ x }}\""


@pytest.fixture
def action() -> Action:
    return read_action((ROOT / "action.yml").read_text())


def play(action: Action, checkout: Path, api: StrictApi, **given: str) -> tuple[int, dict[str, str], str]:
    """Do the steps as a runner would; gives the last exit code, the outputs, and what was written beside."""
    place = checkout.with_name("runner")
    place.mkdir()
    program = place / "copydesk"
    program.write_text(f'#!/bin/sh\nexec {" ".join(command())} "$@"\n')
    program.chmod(0o755)
    inputs = {name.replace("_", "-"): value for name, value in given.items()}
    around = {
        **surroundings(api, RUNNER_TEMP=str(place), GITHUB_OUTPUT=str(place / "output"), GITHUB_ACTIONS="true"),
        "GITHUB_STEP_SUMMARY": str(place / "summary.md"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
    }
    code, talk = 0, ""
    for step in action.steps:
        context = {"github.action_path": str(ROOT)}
        own = action.environment(step, {"copydesk": str(program), "api-key": api.key, **inputs}, context)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.run],
            cwd=checkout, env={**around, **own}, capture_output=True, timeout=100, check=False,
        )  # fmt: skip
        code, talk = done.returncode, talk + done.stderr.decode() + done.stdout.decode()
        if code:
            break
    return code, outputs(place / "output"), talk


def outputs(file: Path) -> dict[str, str]:
    text = file.read_text() if file.exists() else ""
    return {
        found[1]: found[3] for found in re.finditer(r"^([\w-]+)<<(end-\w+)\n(.*?)\n\2$", text, re.MULTILINE | re.DOTALL)
    }


def test_task_is_proposed_in_a_clean_clone_and_lands_in_another(
    action: Action, workspace: Path, tmp_path: Path
) -> None:
    git(tmp_path, "clone", "--quiet", str(workspace), "checkout")
    checkout = tmp_path / "checkout"
    before = tree(checkout)
    with StrictApi([call(EDIT), say("Done.")]) as api:
        code, said, talk = play(
            action, checkout, api, prompt=HOSTILE, check="grep -q 'a + b' sum.py", output=str(tmp_path / "out"),
            options="--max-retries 0 --append-system-prompt 'two words'",
        )  # fmt: skip

    assert (code, api.refusals) == (0, []), talk
    assert tree(checkout) == before
    assert set(said) == set(action.outputs)
    assert {name: said[name] for name in ("outcome", "exit-code", "changed")} == {
        "outcome": "done",
        "exit-code": "0",
        "changed": "true",
    }
    assert api.bodies[0]["messages"][0]["content"][-1]["text"] == HOSTILE
    assert str(api.bodies[0]["system"]).count("two words") == 1
    assert api.key not in talk
    assert "## copydesk: done" in (tmp_path / "runner" / "summary.md").read_text()
    assert read_bundle(Path(said["bundle"]).read_bytes()).provenance.session == said["session-id"]
    git(workspace, "apply", said["patch"])
    assert files(workspace) == {"sum.py": NEW}


def test_check_that_fails_fails_the_step_and_its_outputs_are_there(
    action: Action, workspace: Path, tmp_path: Path
) -> None:
    with StrictApi([call(EDIT), say("Done.")]) as api:
        out = str(tmp_path / "out")
        code, said, talk = play(action, workspace, api, prompt="add", check="true\nfalse", output=out)

    assert (code, said["outcome"], said["exit-code"], said["changed"]) == (5, "check", "5", "true")
    assert "::error title=command-2 fails::" in talk
    assert files(workspace) == {"sum.py": OLD}


def test_options_that_no_shell_reads_are_a_sentence_and_the_outputs_are_there(
    action: Action, workspace: Path, tmp_path: Path
) -> None:
    with StrictApi([]) as api:
        given = {"prompt": "add", "options": "--model 'x", "output": str(tmp_path / "out")}
        code, said, talk = play(action, workspace, api, **given)

    assert (code, said["outcome"], "Traceback" in talk) == (2, "usage", False)
    assert "The input options cannot be read" in talk


def test_no_input_goes_into_the_text_of_a_script(action: Action) -> None:
    assert [step.name for step in action.steps if "${{" in step.run] == []
    assert {name for step in action.steps for name in re.findall(r"inputs\.([\w-]+)", str(step.env))} == set(
        action.inputs
    )
