"""Owns the law of the index in a commit: what the user staged stays staged, and nothing appears reversed."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from copydesk.domain.commits import NotCommitted
from tests.committing import LINES, UserRepo

FILES = 10
PLACES = (4, 12, 20, 28)
"""Lines far enough from each other to be hunks of their own, with one line of context."""


@pytest.fixture
def repo(tmp_path: Path) -> UserRepo:
    """With a file of thirty lines and another one."""
    repo = UserRepo(tmp_path)
    repo.have({"cart.py": LINES, "stats.py": "one\ntwo\n"})
    return repo


def changed(diff: str) -> list[str]:
    """Files and lines that a diff without context names."""
    return [line for line in diff.splitlines() if line[:1] in "+-" and not line.startswith("---")]


def test_entry_stays_when_the_user_had_staged_what_is_committed(repo: UserRepo) -> None:
    repo.replace("cart.py", "line 3\n", "ours\n")
    repo.edit("new.py", "ours\n")
    repo.git("add", "--all")
    repo.commit()
    assert repo.git("status", "--porcelain") == ""


def test_other_files_stay_staged_when_the_user_had_staged_them(repo: UserRepo) -> None:
    repo.write("staged.py", "mine\n")
    repo.git("add", "staged.py")
    repo.git("rm", "--quiet", "stats.py")
    repo.replace("cart.py", "line 3\n", "ours\n")
    before = repo.git("diff", "--cached")
    repo.commit()
    assert repo.git("diff", "--cached") == before
    assert repo.git("show", "--name-only", "--format=", "HEAD") == "cart.py\n"


def test_hunk_stays_staged_when_the_user_had_staged_it_in_the_same_file(repo: UserRepo) -> None:
    repo.write("cart.py", LINES.replace("line 20\n", "staged\n"))
    repo.git("add", "cart.py")
    repo.write("cart.py", (repo.top / "cart.py").read_text().replace("line 28\n", "not staged\n"))
    repo.replace("cart.py", "line 3\n", "ours\n")
    repo.commit()
    assert repo.shown("cart.py") == LINES.replace("line 3\n", "ours\n")
    assert changed(repo.git("diff", "--cached", "-U0")) == ["+++ b/cart.py", "-line 20", "+staged"]
    assert changed(repo.git("diff", "-U0")) == ["+++ b/cart.py", "-line 28", "+not staged"]


def test_entry_moves_on_when_the_user_had_staged_an_earlier_edit(repo: UserRepo) -> None:
    repo.replace("cart.py", "line 3\n", "first\n")
    repo.edit("new.py", "first\n")
    repo.git("add", "--all")
    repo.replace("cart.py", "first\n", "second\n")
    repo.edit("new.py", "second\n")
    repo.commit()
    assert repo.git("status", "--porcelain") == ""
    assert repo.shown("new.py") == "second\n"


@pytest.mark.parametrize("staging", ["same line", "removed", "other new file"])
def test_commit_is_refused_when_what_is_staged_contradicts_it(repo: UserRepo, staging: str) -> None:
    if staging == "same line":
        repo.write("cart.py", LINES.replace("line 3\n", "staged\n"))
        repo.git("add", "cart.py")
        repo.write("cart.py", LINES)
    if staging == "removed":
        repo.git("rm", "--quiet", "--cached", "cart.py")
    repo.replace("cart.py", "line 3\n", "ours\n")
    if staging == "other new file":
        repo.write("new.py", "mine\n")
        repo.git("add", "new.py")
        (repo.top / "new.py").unlink()
        repo.edit("new.py", "ours\n")
    assert "contradicts what copydesk changed there" in repo.refused()


def test_file_is_committed_when_the_user_only_said_that_it_is_to_be_added(repo: UserRepo) -> None:
    repo.write("theirs", "x\n")
    repo.edit("new.py", "ours\n")
    repo.git("add", "--intent-to-add", "new.py", "theirs")
    repo.commit()
    assert repo.git("status", "--porcelain") == " A theirs\n"
    assert repo.git("diff", "--cached") == ""


def test_marks_of_the_index_stay_when_a_file_is_committed(repo: UserRepo) -> None:
    repo.have(dict.fromkeys(("skipped", "assumed", "both", "other"), "x\n"))
    repo.git("update-index", "--skip-worktree", "skipped", "both", "other")
    repo.git("update-index", "--assume-unchanged", "assumed", "both", "cart.py")
    for name in ("skipped", "assumed", "both"):
        repo.edit(name, "ours\n")
    repo.commit()
    assert repo.git("ls-files", "-v").splitlines() == [
        *("h assumed", "s both", "h cart.py", "S other", "S skipped", "H stats.py")
    ]
    assert repo.shown("both") == repo.shown("both", "") == "ours\n"


def conflicted(repo: UserRepo) -> None:
    """A merge that stopped at a conflict in `stats.py`."""
    repo.git("checkout", "--quiet", "-b", "side")
    repo.have({"stats.py": "one\nside\n"})
    repo.git("checkout", "--quiet", "main")
    repo.have({"stats.py": "one\nmain\n"})
    with pytest.raises(subprocess.CalledProcessError):
        repo.git("merge", "side")


def test_conflict_stays_when_another_file_is_committed_in_a_merge(repo: UserRepo) -> None:
    conflicted(repo)
    repo.replace("cart.py", "line 3\n", "ours\n")
    assert "A merge is in progress" in repo.refused()
    stages, merge = repo.git("ls-files", "--unmerged"), (repo.top / ".git/MERGE_HEAD").read_bytes()
    old = repo.git("rev-parse", "HEAD").strip()
    done = repo.commit(anyway=True)
    assert repo.git("rev-list", "--parents", "-1", "HEAD").split() == [done.commit, old]
    assert repo.git("ls-files", "--unmerged") == stages
    assert (repo.top / ".git/MERGE_HEAD").read_bytes() == merge
    assert repo.git("show", "--name-only", "--format=", "HEAD") == "cart.py\n"


def test_file_is_refused_when_it_is_in_conflict(repo: UserRepo) -> None:
    conflicted(repo)
    repo.edit("stats.py", "one\nours\n")
    assert "stats.py is in conflict in the index" in repo.refused(anyway=True)


def test_commit_is_refused_when_git_works_on_the_index(repo: UserRepo) -> None:
    repo.edit("stats.py", "ours\n")
    (repo.top / ".git/index.lock").write_bytes(b"another's")
    assert "index.lock is there" in repo.refused()
    assert (repo.top / ".git/index.lock").read_bytes() == b"another's"


@pytest.mark.parametrize("damage", ["missing", "corrupt"])
def test_index_is_whole_or_left_alone_when_it_was_damaged(repo: UserRepo, damage: str) -> None:
    repo.edit("stats.py", "ours\n")
    index = repo.top / ".git/index"
    if damage == "missing":
        # The user has removed every file from it, as far as git knows.
        index.unlink()
        assert "contradicts" in repo.refused()
        return
    index.write_bytes(b"no index")
    done = repo.try_commit()
    assert isinstance(done, NotCommitted)
    assert "git ls-files failed" in done.reasons[0]
    assert index.read_bytes() == b"no index"


def test_racy_change_is_still_seen_when_the_index_was_written_in_the_same_moment(repo: UserRepo) -> None:
    for number in range(3):
        repo.write("stats.py", "ane\ntwo\n")
        repo.git("add", "stats.py")
        repo.write("stats.py", "bne\ntwo\n")
        repo.edit("cart.py", f"{number}\n")
        repo.commit()
        assert repo.git("diff", "--name-only") == "stats.py\n"


@pytest.mark.parametrize("seed", range(3))
def test_foreign_hunks_stay_where_they_were_when_a_commit_is_made(tmp_path: Path, seed: int) -> None:
    chance, repo = random.Random(seed), UserRepo(tmp_path)
    names = [f"file{number}" for number in range(FILES)]
    repo.have(dict.fromkeys(names, LINES))
    owners = {
        (name, place): chance.choice(["staged", "worktree", "ours", "none"]) for name in names for place in PLACES
    }

    def having(name: str, *kinds: str) -> str:
        lines = LINES.splitlines(keepends=True)
        for place in PLACES:
            if (owner := owners[name, place]) in kinds:
                lines[place - 1] = f"{owner} {place}\n" * (place % 3)
        return "".join(lines)

    for name in names:
        repo.write(name, having(name, "staged"))
    repo.git("add", "--all")
    for name in names:
        repo.write(name, having(name, "staged", "worktree"))
        repo.edit(name, having(name, "staged", "worktree", "ours"))
    staged = changed(repo.git("diff", "--cached", "-U0"))
    repo.commit()
    for name in names:
        assert repo.shown(name) == having(name, "ours")
        assert repo.shown(name, "") == having(name, "ours", "staged")
        assert (repo.top / name).read_text() == having(name, "ours", "staged", "worktree")
    assert changed(repo.git("diff", "--cached", "-U0")) == staged
