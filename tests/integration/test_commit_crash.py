"""Owns the law of a commit that is killed: it is made or it is not, and the index goes with that.

The process is killed by the git that it starts, in place of or after any of its calls; after every call with
COPYDESK_CAMPAIGN, after every other one without it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from copydesk.domain.commits import NotCommitted
from tests.committing import LINES, UserRepo

STRIDE = 1 if int(os.environ.get("COPYDESK_CAMPAIGN", "0")) else 2
COMMIT = """
import json, sys
from copydesk.assembly.committing import commit_accepted
from copydesk.assembly.place import open_place
directory, environment = sys.argv[1], json.loads(sys.argv[2])
print(commit_accepted(open_place(directory, environment), "s1", environment=environment))
"""
WRAPPER = """\
#!/bin/sh
echo "$*" >> "{folder}/calls"
number=$(wc -l < "{folder}/calls")
case "$number:$*" in {before}) kill -9 $PPID; exit 1;; esac
"{git}" "$@"
status=$?
case "$number:$*" in {after}) kill -9 $PPID;; esac
exit $status
"""


@pytest.fixture
def repo(tmp_path: Path) -> UserRepo:
    """With an edit beside hunks of the user's, one of them staged."""
    repo = UserRepo(tmp_path)
    repo.have({"cart.py": LINES, "stats.py": "one\n"})
    repo.write("cart.py", LINES.replace("line 20\n", "staged\n"))
    repo.git("add", "cart.py")
    repo.replace("cart.py", "line 3\n", "ours\n")
    repo.edit("new.py", "ours\n")
    return repo


def commit_until(repo: UserRepo, *, before: str = "-", after: str = "-") -> list[str]:
    """Commit in a process that is killed at a call, a shell pattern of its number and words; gives the calls."""
    folder = repo.folder / "wrapped"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    git = shutil.which("git", path=repo.environment["PATH"])
    (folder / "git").write_text(WRAPPER.format(folder=folder, git=git, before=before, after=after))
    (folder / "git").chmod(0o755)
    environment = {**repo.environment, "PATH": f"{folder}:{repo.environment['PATH']}"}
    command = [sys.executable, "-c", COMMIT, str(repo.top), json.dumps(environment)]
    subprocess.run(command, env=environment, check=False, capture_output=True, timeout=40)
    return (folder / "calls").read_text().splitlines()


def restored(repo: UserRepo, kept: Path) -> None:
    """Put everything back to before a commit."""
    shutil.rmtree(repo.folder / "state")
    # The workspace is known by its directory, which has to stay the same.
    for path in repo.top.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(kept, repo.folder, dirs_exist_ok=True, symlinks=True)
    repo.place = repo.opened(repo.top)


def check_whole(repo: UserRepo, old: str) -> bool:
    """Check that there is no commit and the index is as it was, or the commit and its index; tells which."""
    index, lock = repo.top / ".git/index", repo.top / ".git/index.lock"
    is_made = repo.git("rev-parse", "HEAD").strip() != old
    if is_made and lock.exists():
        # Killed between the two: what git itself leaves then.
        lock.rename(index)
    assert not lock.exists()
    staged = LINES.replace("line 20\n", "staged\n")
    assert repo.shown("cart.py", "") == (staged.replace("line 3\n", "ours\n") if is_made else staged)
    assert repo.git("fsck", "--strict", "--no-dangling") == ""
    return is_made


def test_commit_is_whole_or_not_there_when_it_was_killed(repo: UserRepo) -> None:
    kept, old = repo.folder / "kept", repo.git("rev-parse", "HEAD").strip()
    for name in ("work", "state"):
        shutil.copytree(repo.folder / name, kept / name, symlinks=True)
    calls = commit_until(repo)
    assert any("update-ref" in call for call in calls)
    first_write = next(number for number, call in enumerate(calls, 1) if "--no-filters" in call)
    for number in range(len(calls), first_write - 1, -STRIDE):
        restored(repo, kept)
        assert len(commit_until(repo, after=f"{number}:*")) == number
        if check_whole(repo, old):
            repeated = repo.try_commit()
            assert isinstance(repeated, NotCommitted)
            assert "nothing to commit" in repeated.reasons[0]
        else:
            repo.commit()
        assert repo.git("rev-parse", "HEAD^").strip() == old
        assert repo.shown("cart.py") == LINES.replace("line 3\n", "ours\n")


def test_lock_of_the_index_is_named_when_a_killed_commit_left_it(repo: UserRepo) -> None:
    old, index = repo.git("rev-parse", "HEAD"), (repo.top / ".git/index").read_bytes()
    commit_until(repo, before="*update-ref*")
    assert (repo.git("rev-parse", "HEAD"), (repo.top / ".git/index").read_bytes()) == (old, index)
    assert "index.lock is there" in repo.refused()
    (repo.top / ".git/index.lock").unlink()
    repo.commit()
