"""Proves that `copydesk apply` lands a bundle or a patch where it was not made: three-way, all of it or nothing."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_run_patch import git, tree, workspace
from tests.integration.test_run_propose import propose
from tests.programs import Ran
from tests.programs import warm_copydesk as copydesk
from tests.schemas import complaints

__all__ = ["workspace"]
OLD = "# é\r\ntotal = a - b\r\n".encode("latin-1")
NEW = OLD.replace(b"a - b", b"a + b")


@pytest.fixture
def bundle(workspace: Path) -> Path:
    return propose(workspace)[1]


@pytest.fixture
def clone(workspace: Path, tmp_path: Path) -> Path:
    git(tmp_path, "clone", "--quiet", str(workspace), "clone")
    return tmp_path / "clone"


def apply(folder: Path, *arguments: str, given: bytes | None = None) -> Ran:
    return copydesk("apply", "--root", str(folder), *arguments, given=given)


def applied(folder: Path, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(apply(folder, "--json", *arguments).out)
    assert complaints("apply.schema.json", found) == []
    return found


def files(folder: Path) -> dict[str, bytes]:
    return {path: data for path, data in tree(folder).items() if not path.startswith(".git/")}


def test_bundle_made_in_one_clone_applies_in_another_and_can_be_taken_back(bundle: Path, clone: Path) -> None:
    before = tree(clone)
    done = apply(clone, str(bundle))

    assert (done.code, files(clone)) == (0, {"sum.py": NEW, "new ü.py": b"made = 1"})
    assert {path: data for path, data in tree(clone).items() if path in before and path != "sum.py"} == {
        path: data for path, data in before.items() if path != "sum.py"
    }
    assert copydesk("rollback", "--root", str(clone)).code == 0
    assert tree(clone) == before


def test_bundle_is_merged_when_the_base_has_moved(bundle: Path, clone: Path) -> None:
    (clone / "sum.py").write_bytes(b"# moved\r\n# on\r\n" + OLD)
    git(clone, "commit", "--quiet", "-am", "two")

    assert applied(clone, str(bundle))["outcome"] == "done"
    assert (clone / "sum.py").read_bytes() == b"# moved\r\n# on\r\n" + NEW


def test_nothing_lands_when_one_file_is_in_conflict_and_the_rest_can_be_named(bundle: Path, clone: Path) -> None:
    (clone / "sum.py").write_bytes(OLD.replace(b"a - b", b"a * b"))
    before = tree(clone)
    refused = apply(clone, "--json", str(bundle))

    assert (refused.code, tree(clone)) == (4, before)
    assert complaints("apply.schema.json", refused.json) == []
    assert [one["path"] for one in refused.json["conflicts"]] == ["sum.py"]
    assert applied(clone, str(bundle), "--only", "new ü.py")["outcome"] == "done"
    assert files(clone) == {"sum.py": OLD.replace(b"a - b", b"a * b"), "new ü.py": b"made = 1"}


def test_second_time_there_is_nothing_to_do(bundle: Path, clone: Path) -> None:
    apply(clone, str(bundle))
    again = apply(clone, "--json", str(bundle))

    assert (again.code, again.json["outcome"], again.json["checkpoint"]) == (0, "nothing", None)


def test_patch_from_a_pipe_lands_what_was_named_of_it(clone: Path) -> None:
    lines = "".join(f"{number}\n" for number in range(40))
    (clone / "long").write_text(lines)
    git(clone, "add", "long")
    git(clone, "commit", "--quiet", "-m", "two")
    (clone / "long").write_text(lines.replace("3\n", "three\n", 1).replace("35\n", "thirty-five\n"))
    patch = subprocess.run(["git", "diff"], cwd=clone, capture_output=True, check=True, timeout=20).stdout
    git(clone, "checkout", "--quiet", "long")
    done = apply(clone, "-", "--only", "long:2", given=patch)

    assert done.code == 0, done.talk
    assert (clone / "long").read_text() == lines.replace("35\n", "thirty-five\n")


def test_preview_prints_the_difference_and_changes_nothing(bundle: Path, clone: Path) -> None:
    before = tree(clone)
    shown = apply(clone, "--preview", str(bundle))

    assert (shown.code, tree(clone)) == (0, before)
    assert "+total = a + b" in shown.out


def test_protected_file_is_applied_only_when_it_is_named(clone: Path) -> None:
    patch = b"--- /dev/null\n+++ b/.github/workflows/ci.yml\n@@ -0,0 +1 @@\n+on: push\n"
    refused = apply(clone, "-", given=patch)
    allowed = apply(clone, "-", "--allow", ".github/workflows/ci.yml", given=patch)

    assert (refused.code, allowed.code) == (4, 0)
    assert "--allow PATH lets through what is protected" in refused.talk
    assert (clone / ".github" / "workflows" / "ci.yml").read_text() == "on: push\n"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (b"no patch at all", "There is no unified difference in this text."),
        (b'{"format": "copydesk-bundle/9"}', "copydesk-bundle/9"),
        (b"--- a/../x\n+++ b/../x\n@@ -1 +1 @@\n-a\n+b\n", "../x"),
    ],
)
def test_what_cannot_be_read_is_exit_2_and_one_sentence(given: bytes, sentence: str, clone: Path) -> None:
    refused = apply(clone, "-", given=given)

    assert refused.code == 2
    assert refused.talk.startswith("copydesk: Standard input: ")
    assert sentence in refused.talk


def test_patch_without_the_bytes_of_a_binary_file_is_a_conflict_of_that_file(clone: Path) -> None:
    (clone / "bin").write_bytes(b"\0old")
    git(clone, "add", "bin")
    (clone / "bin").write_bytes(b"\0new")
    patch = clone.with_name("out.patch")
    git(clone, "diff", "--full-index", f"--output={patch}")
    (clone / "bin").write_bytes(b"\0old")
    refused = apply(clone, str(patch))

    assert (refused.code, (clone / "bin").read_bytes()) == (4, b"\0old")
    assert "make it with --binary" in refused.talk


def test_file_that_is_not_there_is_said(clone: Path) -> None:
    refused = apply(clone, "nope.json")

    assert (refused.code, "nope.json cannot be read" in refused.talk) == (2, True)


def test_only_names_a_file_that_is_changed(bundle: Path, clone: Path) -> None:
    refused = apply(clone, str(bundle), "--only", "other.py")

    assert (refused.code, "no such file is changed" in refused.talk) == (2, True)
