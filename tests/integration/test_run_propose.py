"""Proves that `copydesk run --propose` leaves the workspace as it is, to the byte, and writes all that was proposed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from copydesk.domain.bundle_reading import read_bundle
from copydesk.domain.bundles import Bundle
from tests.integration.test_run_patch import CREATE, EDIT, git, tree, workspace
from tests.programs import Ran
from tests.programs import warm_copydesk as copydesk
from tests.schemas import complaints
from tests.strict_api import StrictApi, call, say

__all__ = ["workspace"]
KEY = "sk-ant-api03-" + "a1B2" * 20


def propose(workspace: Path, *arguments: str, new: str = "a + b", github: str = "") -> tuple[Ran, Path]:
    bundle = workspace.with_name("out.bundle.json")
    with StrictApi([call({**EDIT, "new_str": new}, CREATE), say("Done.")]) as api:
        where = ("--root", str(workspace), "--output-format", "json", "--propose", str(bundle))
        return copydesk("run", *where, *arguments, "add", api=api, GITHUB_ACTIONS=github), bundle


def dirty(bundle: Bundle) -> list[str]:
    return [file.path for file in bundle.files if file.is_dirty]


def read(file: Path) -> Bundle:
    return read_bundle(file.read_bytes())


def test_bundle_holds_both_sides_the_patch_and_where_it_comes_from(workspace: Path) -> None:
    before = tree(workspace)
    ran, file = propose(workspace, "--check-command", "grep -q 'a + b' sum.py", "--expect-changes")
    bundle = read(file)

    assert (ran.code, tree(workspace)) == (0, before)
    assert (ran.json["changes"], complaints("result.schema.json", ran.json)) == ([], [])
    assert ran.json["proposed"] == [
        {"path": "new ü.py", "status": "created", "added": 1, "removed": 0},
        {"path": "sum.py", "status": "modified", "added": 1, "removed": 1},
    ]
    old = "# é\r\ntotal = a - b\r\n".encode("latin-1")
    assert [(one.path, one.before and one.before.data, one.after and one.after.data) for one in bundle.files] == [
        ("new ü.py", None, b"made = 1"),
        ("sum.py", old, old.replace(b"a - b", b"a + b")),
    ]
    assert (bundle.base_commit, dirty(bundle)) == (ran.json["base_commit"], [])
    made = bundle.provenance
    assert (made.prompt, made.outcome, made.result, made.session) == ("add", "done", "Done.", ran.json["session_id"])
    assert [(check.name, check.code) for check in made.checks] == [("command", 0)]
    assert [message["role"] for message in made.transcript] == ["user", "assistant", "user", "assistant"]
    assert made.usage.output_tokens == ran.json["usage"]["output_tokens"]
    git(workspace, "apply", "--check", given=bundle.patch)


def test_dirty_file_is_in_the_bundle_as_it_was_and_named(workspace: Path) -> None:
    (workspace / "sum.py").write_bytes(b"mine\ntotal = a - b\n")
    ran, file = propose(workspace)
    bundle = read(file)

    assert (ran.code, dirty(bundle)) == (0, ["sum.py"])
    assert bundle.files[1].before is not None
    assert bundle.files[1].before.data == b"mine\ntotal = a - b\n"
    assert bundle.notes == ("Not as the base commit has them: sum.py.",)
    assert "sum.py differed from the last commit" in ran.talk


@pytest.mark.parametrize("mode", ["--mode=accept", "--propose=/dev/null"])
def test_edits_that_come_to_nothing_are_no_change(mode: str, workspace: Path) -> None:
    back = {**EDIT, "old_str": EDIT["new_str"], "new_str": EDIT["old_str"]}
    with StrictApi([call(EDIT), call(back), say("Done.")]) as api:
        where = ("--root", str(workspace), "--output-format", "json", "--expect-changes", mode)
        ran = copydesk("run", *where, "add", api=api)

    assert (ran.code, ran.json["outcome"]) == (6, "unchanged")
    assert "All edits together changed nothing" in ran.json["reason"]


def test_outside_git_there_is_no_base_commit(tmp_path: Path) -> None:
    folder = tmp_path / "calc"
    folder.mkdir()
    (folder / "sum.py").write_text("total = a - b\n")
    ran, file = propose(folder)

    assert (ran.code, ran.json["base_commit"], read(file).base_commit) == (0, None, None)
    assert list(tree(folder)) == ["sum.py"]


def test_key_leaves_only_when_it_may(workspace: Path) -> None:
    ran, file = propose(workspace, new=KEY, github="true")
    allowed, _ = propose(workspace, "--include-secrets", new=KEY)

    assert (ran.code, ran.json["stop_reason"], ran.json["proposed"]) == (1, "withheld", [])
    assert "::error title=copydesk%3A failed::Nothing was written: " in ran.talk
    assert KEY not in ran.out + ran.talk
    assert "--include-secrets" in ran.json["reason"]
    assert (allowed.code, KEY in file.read_text()) == (0, True)


def test_edits_go_on_waiting_in_the_session_that_proposed_them(workspace: Path) -> None:
    _ran, _ = propose(workspace)
    with StrictApi([]) as api:
        later = copydesk("run", "--continue", "--root", str(workspace), "more", api=api)

    assert (later.code, api.bodies) == (2, [])
    assert "Edits of sum.py, new ü.py wait for a review" in later.talk


def test_protected_file_is_not_proposed_unless_it_is_named(workspace: Path) -> None:
    create = {"command": "create", "path": ".github/workflows/ci.yml", "file_text": "on: push\n"}
    for arguments, code in (((), 4), (("--allow", ".github/workflows/ci.yml"), 0)):
        with StrictApi([call(create), say("Done.")]) as api:
            where = ("--root", str(workspace), "--no-session", "--propose", str(workspace.with_name("b")))
            assert copydesk("run", *where, *arguments, "go", api=api).code == code


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--mode", "accept"), "--propose works in mode review, not accept"),
        (("--commit", "message"), "--propose leaves the workspace as it is, so --commit has nothing to do"),
        (("--decisions", "x.json"), "--propose leaves the workspace as it is"),
        (("--propose", "-"), "--propose writes a file, and - is none"),
        (("--propose", f"/{'x' * 300}"), "x cannot be written: File name too long."),
        (("--propose", ""), "argument --propose: '' names nothing"),
        (("--patch", "/tmp/../tmp/same.json", "--propose", "/tmp/same.json"), "name the same file"),
    ],
)
def test_what_contradicts_a_proposal_is_said(arguments: tuple[str, ...], sentence: str, workspace: Path) -> None:
    (workspace.with_name("x.json")).write_text(json.dumps({"default": "accept"}))
    ran, file = propose(workspace, *arguments)

    assert (ran.code, file.exists()) == (2, False)
    assert sentence in ran.talk
