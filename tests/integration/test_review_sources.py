"""Proves what `review` finds in a real repository: the working tree, commits, ranges, patches, and what it refuses."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from copydesk.domain.errors import UsageError
from copydesk.review.sources import Reach, Source, SourceKind, find_source
from copydesk.workspace.files import DiskFiles
from copydesk.workspace.git import UserRepository
from copydesk.workspace.paths import Root
from copydesk.workspace.revisions import Revisions
from tests.integration.test_revisions import git

ONE, TWO, THREE = ("".join(f"{word} {number}\n" for number in range(9)) for word in ("one", "two", "three"))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "a.txt").write_text(ONE)
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "one")
    git(folder, "switch", "--quiet", "-c", "topic")
    (folder / "a.txt").write_text(TWO)
    git(folder, "commit", "--quiet", "-am", "two")
    git(folder, "switch", "--quiet", "main")
    (folder / "main.txt").write_text("on main\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "three")
    return folder


def find(folder: Path, word: str = "", piped: bytes = b"") -> Source:
    repository, files = UserRepository(folder), DiskFiles(Root.open(folder))

    def read(name: str) -> bytes | None:
        if name == "-":
            return piped
        return (folder / name).read_bytes() if (folder / name).is_file() else None

    return find_source(word, Reach(Revisions(repository, files), files, repository.blob, read))


def sides(source: Source) -> dict[str, tuple[str | None, str | None]]:
    return {
        file.path: (file.before and file.before.data.decode(), file.after and file.after.data.decode())  # type: ignore[misc]
        for file in source.files
    }


def patch_of(folder: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", "diff", *arguments], cwd=folder, check=True, capture_output=True, timeout=20).stdout


def test_working_tree_is_found_when_nothing_is_named(shop: Path) -> None:
    (shop / "a.txt").write_text(THREE)
    (shop / "new.txt").write_text("new\n")
    source = find(shop)

    assert sides(source) == {"a.txt": (ONE, THREE), "new.txt": (None, "new\n")}
    assert (source.kind, source.base_commit, source.arrival) == (
        SourceKind.WORKING_TREE,
        git(shop, "rev-parse", "HEAD"),
        None,
    )


def test_range_goes_from_end_to_end_or_from_the_merge_base_when_it_has_three_dots(shop: Path) -> None:
    two, three = find(shop, "main..topic"), find(shop, "main...topic")

    assert sides(two) == {"a.txt": (ONE, TWO), "main.txt": ("on main\n", None)}
    assert sides(three) == {"a.txt": (ONE, TWO)}
    assert three.base_commit == git(shop, "merge-base", "main", "topic")


def test_commit_is_compared_with_its_first_parent_when_it_is_named(shop: Path) -> None:
    source = find(shop, "topic")

    assert (source.kind, sides(source)) == (SourceKind.COMMIT, {"a.txt": (ONE, TWO)})
    assert source.identity == find(shop, git(shop, "rev-parse", "topic")).identity


def test_patch_on_standard_input_is_planned_when_the_files_do_not_have_it(shop: Path) -> None:
    source = find(shop, "-", patch_of(shop, "main...topic"))

    assert (source.kind, source.origin, sides(source)) == (SourceKind.PATCH, "standard input", {"a.txt": (ONE, TWO)})
    assert source.arrival is not None


def test_patch_is_made_already_when_the_files_have_all_of_it(shop: Path) -> None:
    git(shop, "switch", "--quiet", "topic")
    git(shop, "rm", "--quiet", "--cached", "a.txt")
    (shop / "a.txt").rename(shop / "b.txt")
    (shop / "b.txt").write_text(TWO.replace("two 4", "four"))
    git(shop, "add", "b.txt")
    source = find(shop, "-", patch_of(shop, "-M", "HEAD"))

    assert source.arrival is None
    assert sides(source) == {"b.txt": (TWO, TWO.replace("two 4", "four"))}
    assert [file.old_path for file in source.files] == ["a.txt"]


def test_part_that_does_not_fit_is_a_conflict_with_its_reason_when_the_rest_fits(shop: Path) -> None:
    patch = patch_of(shop, "main..topic")
    (shop / "a.txt").write_text("something else\n")
    source = find(shop, "-", b"".join(line for line in patch.splitlines(True) if not line.startswith(b"index")))

    assert source.arrival is not None
    assert [one.path for one in source.arrival.changeset.conflicts] == ["a.txt"]
    assert "does not fit" in source.arrival.changeset.conflicts[0].reason
    assert not source.is_empty


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("nowhere", "nowhere is no commit, no range and no file here"),
        ("main..nowhere", "nowhere is no commit"),
        ("--output=x", "is no commit"),
        ("a.txt", "a.txt: "),
    ],
)
def test_what_is_none_of_these_is_refused_with_a_sentence(shop: Path, word: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        find(shop, word)


def test_working_tree_is_refused_with_a_sentence_when_there_is_no_repository(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs no git"):
        find(tmp_path)
