"""Owns the law of a commit of some accepted changes: it holds what was chosen, and the rest is in a later one."""

from __future__ import annotations

from pathlib import Path

import pytest

from copydesk.domain.commits import NotCommitted
from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision
from tests.committing import LINES, UserRepo


@pytest.fixture
def repo(tmp_path: Path) -> UserRepo:
    """With a file of thirty lines."""
    repo = UserRepo(tmp_path)
    repo.have({"cart.py": LINES})
    return repo


def choosing(repo: UserRepo, *files: FileDecision) -> Decision:
    """What goes into the next commit of all that it would hold."""
    return Decision(True, repo.preview().digest, files=files)


def test_files_that_were_left_are_in_the_next_commit(repo: UserRepo) -> None:
    repo.replace("cart.py", "line 3\n", "line three\n")
    repo.edit("new.py", "new\n")
    first = repo.commit(choice=choosing(repo, FileDecision("cart.py", Choice.REJECT)))
    assert first.paths == ("new.py",)
    assert repo.git("status", "--porcelain") == " M cart.py\n"
    repo.edit("new.py", "newer\n")
    assert repo.commit().paths == ("cart.py", "new.py")
    assert (repo.shown("new.py"), repo.git("status", "--porcelain")) == ("newer\n", "")
    assert "nothing to commit" in repo.refused()


def test_hunks_that_were_left_are_in_the_next_commit_and_what_is_staged_stays_staged(repo: UserRepo) -> None:
    repo.write("cart.py", LINES.replace("line 15\n", "mine\n"))
    repo.git("add", "cart.py")
    repo.replace("cart.py", "line 3\n", "line three\n")
    repo.replace("cart.py", "line 28\n", "line twenty-eight\n")
    hunks = (HunkDecision(2, Choice.ACCEPT),)
    first = repo.commit(choice=choosing(repo, FileDecision("cart.py", Choice.REJECT, hunks)))
    assert first.paths == ("cart.py",)
    held = LINES.replace("line 28\n", "line twenty-eight\n")
    assert repo.shown("cart.py") == held
    assert repo.shown("cart.py", at="") == held.replace("line 15\n", "mine\n")
    (left,) = repo.preview().diffs
    assert [line.text for hunk in left.hunks for line in hunk.lines if line.kind == "added"] == ["line three\n"]
    repo.commit()
    assert repo.shown("cart.py") == held.replace("line 3\n", "line three\n")
    assert repo.shown("cart.py", at="") == (repo.top / "cart.py").read_text()


def test_hunks_of_edits_that_lie_close_are_committed_one_after_the_other(repo: UserRepo) -> None:
    for number in range(2, 30, 9):
        repo.replace("cart.py", f"line {number}\n", f"ours {number}\n")
    changed = (repo.top / "cart.py").read_text()
    while hunks := len(repo.preview().diffs[0].hunks) - 1:
        one = FileDecision("cart.py", Choice.REJECT, (HunkDecision(hunks, Choice.ACCEPT),))
        repo.commit(choice=choosing(repo, one))
    repo.commit()
    assert (repo.shown("cart.py"), repo.git("status", "--porcelain")) == (changed, "")
    assert repo.git("rev-list", "--count", "HEAD").strip() == "5"


def test_choice_is_refused_when_it_is_of_something_else_or_of_nothing(repo: UserRepo) -> None:
    repo.replace("cart.py", "line 3\n", "line three\n")
    choice = choosing(repo)
    state = repo.state()
    none = repo.try_commit(choice=choosing(repo, FileDecision("cart.py", Choice.REJECT)))
    assert none == NotCommitted(("Nothing of it was chosen, so there is nothing to commit.",))
    other = repo.try_commit(choice=choosing(repo, FileDecision("else.py", Choice.ACCEPT)))
    assert isinstance(other, NotCommitted)
    repo.replace("cart.py", "line 20\n", "line twenty\n")
    old = repo.try_commit(choice=choice)
    assert isinstance(old, NotCommitted)
    assert "changed since it was shown" in old.reasons[0]
    assert repo.state()[1] == state[1]
