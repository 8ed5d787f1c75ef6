"""Proves that a review without a screen lands exactly what was decided, and that its exit code is the verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from copydesk.domain.bundle_reading import read_bundle
from copydesk.domain.proposals import FileImage
from tests.integration.test_apply import NEW, OLD, bundle, clone, files
from tests.integration.test_run_patch import EDIT, git, tree, workspace
from tests.programs import Ran
from tests.programs import warm_copydesk as copydesk
from tests.schemas import complaints
from tests.strict_api import StrictApi, call, say

__all__ = ["bundle", "clone", "workspace"]


def review(folder: Path, *arguments: str, decisions: Any = None, given: bytes | None = None) -> Ran:
    more: tuple[str, ...] = ()
    if decisions is not None:
        file = folder.with_name("decisions.json")
        file.write_text(json.dumps(decisions))
        more = ("--decisions", str(file))
    return copydesk("review", "--root", str(folder), "--json", *arguments, *more, given=given)


def test_listing_numbers_the_hunks_of_a_bundle_and_is_no_verdict(bundle: Path, clone: Path) -> None:
    before = tree(clone)
    listed = review(clone, str(bundle))

    assert (listed.code, tree(clone)) == (11, before)
    assert complaints("review-files.schema.json", listed.json) == []
    assert [(file["path"], file["status"], len(file["hunks"])) for file in listed.json["files"]] == [
        ("new ü.py", "created", 1),
        ("sum.py", "modified", 1),
    ]
    assert "+total = a + b" in listed.json["files"][1]["hunks"][0]["diff"]
    assert listed.json["kind"] == "bundle"


def test_everything_that_is_accepted_lands_and_is_exit_0(bundle: Path, clone: Path) -> None:
    done = review(clone, str(bundle), decisions={"default": "accept"})

    assert (done.code, done.json["verdict"], files(clone)) == (0, "approved", {"sum.py": NEW, "new ü.py": b"made = 1"})
    assert complaints("review.schema.json", done.json) == []
    assert copydesk("rollback", "--root", str(clone), done.json["checkpoint"]).code == 0
    assert files(clone) == {"sum.py": OLD}


def test_part_lands_with_the_words_on_the_rest_and_is_exit_10(bundle: Path, clone: Path) -> None:
    decisions = {
        "decisions": [
            {"path": "sum.py", "hunk": 1, "verdict": "accept"},
            {"path": "new ü.py", "verdict": "reject", "note": "not needed"},
        ],
        "remarks": [{"path": "sum.py", "line": 2, "text": "why not sum()?", "weight": "question"}],
    }
    done = review(clone, str(bundle), decisions=decisions)

    assert (done.code, done.json["verdict"], files(clone)) == (10, "changes_requested", {"sum.py": NEW})
    said = {(one["path"], one["line"]): (one["weight"], one["text"]) for one in done.json["comments"]}
    assert said["sum.py", 2] == ("question", "why not sum()?")
    assert said["new ü.py", None] == ("must", "not needed")


def test_what_nobody_accepts_is_rejected(bundle: Path, clone: Path) -> None:
    before = tree(clone)
    done = review(clone, str(bundle), decisions={})

    assert (done.code, tree(clone)) == (10, before)


def test_file_in_conflict_is_named_and_the_rest_lands(bundle: Path, clone: Path) -> None:
    changed = OLD.replace(b"a - b", b"a * b")
    (clone / "sum.py").write_bytes(changed)
    done = review(clone, str(bundle), decisions={"default": "accept"})

    assert (done.code, files(clone)) == (10, {"sum.py": changed, "new ü.py": b"made = 1"})
    assert any("cannot be applied to the file as it is now" in one["text"] for one in done.json["comments"])


def test_protected_file_is_not_opened_by_a_file_unless_it_is_named(clone: Path) -> None:
    patch = b"--- /dev/null\n+++ b/.github/workflows/ci.yml\n@@ -0,0 +1 @@\n+on: push\n"
    refused = review(clone, "-", decisions={"default": "accept"}, given=patch)
    named = ("--allow", ".github/workflows/ci.yml")
    allowed = review(clone, "-", *named, decisions={"default": "accept"}, given=patch)

    assert (refused.code, allowed.code) == (10, 0)
    assert "is protected: a file cannot allow it" in refused.out
    assert (clone / ".github" / "workflows" / "ci.yml").read_text() == "on: push\n"


def test_working_tree_is_judged_and_never_changed(workspace: Path) -> None:
    (workspace / "sum.py").write_bytes(NEW)
    before = tree(workspace)
    rejected = review(workspace, decisions={"decisions": [{"path": "sum.py", "hunk": 1, "verdict": "reject"}]})
    accepted = review(workspace, decisions={"default": "accept"})

    assert (rejected.code, accepted.code, tree(workspace)) == (10, 0, before)
    assert [(one["path"], one["line"], one["kind"]) for one in rejected.json["comments"]] == [
        ("sum.py", 2, "rejection")
    ]


def test_nothing_to_review_is_exit_0_and_an_empty_list(workspace: Path) -> None:
    listed = review(workspace)

    assert (listed.code, listed.json["files"]) == (0, [])


@pytest.mark.parametrize("source", ["nope", "HEAD..nope"])
def test_source_that_is_none_is_exit_2(source: str, workspace: Path) -> None:
    refused = review(workspace, source)

    assert (refused.code, "is no commit, no range and no file here" in refused.talk) == (2, True)


def test_commit_is_listed_by_its_hunks(workspace: Path) -> None:
    (workspace / "sum.py").write_bytes(NEW)
    git(workspace, "commit", "--quiet", "-am", "two")
    listed = review(workspace, "HEAD")

    assert (listed.code, listed.json["kind"], [file["path"] for file in listed.json["files"]]) == (
        11,
        "commit",
        ["sum.py"],
    )


def test_comments_go_back_to_the_session_that_made_the_proposal(workspace: Path, tmp_path: Path) -> None:
    bundle, second = tmp_path / "first.json", tmp_path / "second.json"
    where = ("--root", str(workspace))
    again = {**EDIT, "old_str": "a + b", "new_str": "sum((a, b))"}
    with StrictApi([call(EDIT), say("Done."), call(again), say("Changed.")]) as api:
        made = copydesk("run", *where, "--output-format", "json", "--propose", str(bundle), "add", api=api)
        decisions = tmp_path / "decisions.json"
        remark = {"path": "sum.py", "line": 2, "text": "why not sum()?", "weight": "must"}
        decisions.write_text(json.dumps({"remarks": [remark], "note": "Nearly."}))
        send = ("--send", f"--propose {second}")
        done = copydesk("review", *where, str(bundle), "--decisions", str(decisions), *send, api=api)

    assert (made.code, done.code, api.refusals) == (0, 10, [])
    sent = api.bodies[2]["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "user", "assistant", "user"]
    message = sent[-1]["content"][-1]["text"]
    assert "- `sum.py:2` (must): why not sum()?" in message
    assert "Nearly." in message
    assert read_bundle(second.read_bytes()).files[0].after == FileImage(OLD.replace(b"a - b", b"sum((a, b))"), 0o644)
    assert files(workspace) == {"sum.py": OLD}


@pytest.mark.parametrize("option", ["--comments=/", "--send=--nosuch"])
def test_words_that_cannot_go_anywhere_are_exit_2_before_anything_lands(option: str, bundle: Path, clone: Path) -> None:
    done = review(clone, str(bundle), option, decisions={"default": "accept"})

    assert (done.code, done.out, files(clone)) == (2, "", {"sum.py": OLD})


def test_entry_that_there_is_nothing_for_is_said_in_a_sentence(bundle: Path, clone: Path) -> None:
    done = review(clone, str(bundle), decisions=[{"path": "other.py", "verdict": "accept"}])

    assert "Nothing is proposed that decision 1 (other.py) speaks of." in done.talk


def test_without_a_terminal_it_is_said_how_else(workspace: Path) -> None:
    refused = copydesk("review", "--root", str(workspace))

    assert refused.code == 2
    assert "--json lists what there is to decide, --decisions decides it" in refused.talk
