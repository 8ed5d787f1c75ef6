"""Owns the law of what a commit holds: the last commit and what copydesk did, whatever else the files hold."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from copydesk.changes.steps import Operation
from copydesk.domain.commits import Committed, NotCommitted
from tests.committing import LINES, UserRepo


@pytest.fixture
def repo(tmp_path: Path) -> UserRepo:
    """With a file of thirty lines and another one."""
    repo = UserRepo(tmp_path)
    repo.have({"cart.py": LINES, "stats.py": "one\ntwo\n"})
    return repo


def test_commit_holds_what_was_accepted_when_nothing_else_changed(repo: UserRepo) -> None:
    old = repo.git("rev-parse", "HEAD").strip()
    repo.replace("cart.py", "line 3\n", "line three\n")
    repo.edit("stats.py", "one\n2\n")
    done = repo.commit()
    assert done == Committed(repo.git("rev-parse", "main").strip(), ("cart.py", "stats.py"))
    assert repo.git("rev-list", "--parents", "-1", "HEAD").split() == [done.commit, old]
    assert repo.git("log", "-1", "--format=%an|%ae|%cn|%B").strip() == (
        "Nobody|nobody@example.invalid|Nobody|Edit cart.py and stats.py"
    )
    assert repo.git("reflog", "-1", "--format=%gs").strip() == "commit: Edit cart.py and stats.py"
    assert repo.git("diff-files") == ""
    assert repo.git("status", "--porcelain") == ""
    assert repo.shown("cart.py") == LINES.replace("line 3\n", "line three\n")


def test_message_is_the_users_when_they_give_one(repo: UserRepo) -> None:
    repo.edit("stats.py", "été\n")
    repo.git("config", "i18n.commitEncoding", "latin1")
    repo.commit("Été  \n\n\n\nbody\n")
    assert repo.git("-c", "i18n.logOutputEncoding=utf-8", "log", "-1", "--format=%B").strip() == "Été\n\nbody"


def test_only_copydesks_part_is_committed_when_the_user_changed_the_file_elsewhere(repo: UserRepo) -> None:
    repo.write("cart.py", LINES.replace("line 20\n", "mine before\n"))
    repo.replace("cart.py", "line 3\n", "line three\n")
    repo.write("cart.py", (repo.top / "cart.py").read_text().replace("line 28\n", "mine after\n"))
    repo.commit()
    assert repo.shown("cart.py") == LINES.replace("line 3\n", "line three\n")
    assert repo.git("diff", "--cached") == ""
    changed = [line for line in repo.git("diff", "-U0").splitlines() if line[0] in "+-" and line[1] not in "+-"]
    assert changed == ["-line 20", "+mine before", "-line 28", "+mine after"]


def test_commit_is_refused_when_the_user_had_changed_the_same_line(repo: UserRepo) -> None:
    repo.write("cart.py", LINES.replace("line 3\n", "mine\n"))
    repo.replace("cart.py", "mine\n", "ours\n")
    assert "In cart.py the last commit does not hold the lines that copydesk changed" in repo.refused()
    repo.git("commit", "--quiet", "--all", "--message", "by hand")
    assert "nothing to commit" in repo.refused()


def test_other_sessions_changes_stay_uncommitted_when_one_commits(repo: UserRepo) -> None:
    repo.replace("cart.py", "line 3\n", "ours\n")
    repo.replace("cart.py", "line 20\n", "theirs\n", "s2")
    repo.edit("new.py", "theirs\n", "s2")
    assert repo.commit().paths == ("cart.py",)
    assert repo.shown("cart.py") == LINES.replace("line 3\n", "ours\n")
    assert repo.git("status", "--porcelain") == " M cart.py\n?? new.py\n"


def test_second_commit_holds_only_what_came_after_the_first(repo: UserRepo) -> None:
    repo.replace("cart.py", "line 3\n", "first\n")
    first = repo.commit()
    assert "nothing to commit" in repo.refused()
    repo.replace("cart.py", "first\n", "second\n")
    second = repo.commit("Again")
    assert repo.git("rev-parse", "HEAD^").strip() == first.commit != second.commit
    assert repo.shown("cart.py") == LINES.replace("line 3\n", "second\n")
    last = repo.place.applier.history.steps()[-1]
    assert (last.meta.operation, last.meta.title) == (Operation.COMMIT, second.commit)


def test_first_edit_is_not_committed_again_when_the_user_has_written_over_it(repo: UserRepo) -> None:
    repo.replace("cart.py", "line 3\n", "first\n")
    repo.commit()
    repo.have({"cart.py": LINES.replace("line 3\n", "mine\n")})
    repo.replace("cart.py", "line 20\n", "second\n")
    repo.commit()
    assert repo.shown("cart.py") == LINES.replace("line 3\n", "mine\n").replace("line 20\n", "second\n")


def test_later_edits_are_committed_when_the_user_committed_the_first_by_hand(repo: UserRepo) -> None:
    repo.replace("cart.py", "line 3\n", "first\n")
    repo.git("commit", "--quiet", "--all", "--message", "by hand")
    repo.replace("cart.py", "first\n", "second\n")
    repo.commit()
    assert repo.shown("cart.py") == LINES.replace("line 3\n", "second\n")
    assert repo.git("status", "--porcelain") == ""


def test_rollback_is_committed_when_it_takes_back_what_was_committed(repo: UserRepo) -> None:
    step = repo.replace("cart.py", "line 3\n", "first\n")
    repo.edit("new.py", "new\n")
    repo.commit()
    repo.replace("cart.py", "first\n", "second\n")
    repo.go_back(step)
    repo.commit()
    assert repo.shown("cart.py") == LINES
    assert repo.git("ls-files").split() == ["cart.py", "stats.py"]
    assert repo.git("status", "--porcelain") == ""


def test_nothing_is_committed_when_everything_was_rolled_back(repo: UserRepo) -> None:
    repo.write("cart.py", LINES.replace("line 3\n", "mine\n"))
    repo.write("untracked", "x\n")
    step = repo.replace("cart.py", "mine\n", "ours\n")
    repo.edit("untracked", "y\n")
    repo.go_back(step)
    assert "nothing to commit" in repo.refused()


def test_rollback_is_committed_when_the_user_had_committed_the_edit_by_hand(repo: UserRepo) -> None:
    step = repo.replace("cart.py", "line 3\n", "ours\n")
    repo.git("commit", "--quiet", "--all", "--message", "by hand")
    repo.go_back(step)
    repo.commit()
    assert repo.shown("cart.py") == LINES


def test_file_is_not_committed_when_the_user_took_the_edit_out_of_it(repo: UserRepo) -> None:
    repo.replace("cart.py", "line 3\n", "ours\n")
    repo.edit("new.py", "new\n")
    repo.edit("stats.py", "one\n")
    repo.git("checkout", "--", "cart.py")
    (repo.top / "new.py").unlink()
    assert repo.commit().paths == ("stats.py",)
    assert repo.git("status", "--porcelain") == ""


def test_files_come_and_go_when_copydesk_made_and_deleted_them(repo: UserRepo) -> None:
    repo.edit("made/new.py", "new\n")
    repo.edit("cart.py", None)
    repo.edit("stats.py", None)
    repo.edit("stats.py/inside", "a directory now\n")
    repo.edit("empty", "")
    repo.commit()
    assert repo.git("ls-tree", "-r", "--name-only", "HEAD").split() == ["empty", "made/new.py", "stats.py/inside"]
    assert repo.git("status", "--porcelain") == ""


def test_file_takes_the_place_of_a_directory_when_copydesk_emptied_it(repo: UserRepo) -> None:
    repo.have({"place/inside": "x\n"})
    repo.edit("place/inside", None)
    (repo.top / "place").rmdir()
    repo.edit("place", "a file\n")
    repo.commit()
    assert repo.git("ls-files").split() == ["cart.py", "place", "stats.py"]


@pytest.mark.parametrize(("theirs", "ours"), [("place", "place/inside"), ("place/inside", "place")])
@pytest.mark.parametrize("is_committed", [True, False])
def test_commit_is_refused_when_it_would_push_out_a_file_that_is_not_ours(
    repo: UserRepo, theirs: str, ours: str, is_committed: bool
) -> None:
    repo.write(theirs, "theirs\n")
    repo.git("add", theirs)
    if is_committed:
        repo.git("commit", "--quiet", "--message", "theirs")
    (repo.top / theirs).unlink()
    if ours == "place":
        (repo.top / "place").rmdir()
    repo.edit(ours, "ours\n")
    assert "both a file and as a directory" in repo.refused()


def test_directory_takes_the_place_of_a_file_when_it_was_a_directory_before(repo: UserRepo) -> None:
    repo.edit("place/inside", "ours\n")
    repo.edit("place/inside", None)
    (repo.top / "place").rmdir()
    repo.edit("place", "a file\n")
    repo.git("add", "place")
    repo.git("commit", "--quiet", "--message", "by hand")
    repo.edit("place", None)
    repo.edit("place/inside", "ours\n")
    repo.commit()
    assert repo.git("ls-files").split() == ["cart.py", "place/inside", "stats.py"]
    assert repo.git("status", "--porcelain") == ""


def test_commit_is_refused_when_an_edited_file_was_there_but_never_committed(repo: UserRepo) -> None:
    repo.write("notes", "mine\n")
    repo.edit("notes", "mine\nours\n")
    assert "notes is not in the last commit, but was there before" in repo.refused()


def test_executable_bit_is_committed_when_copydesk_set_it(repo: UserRepo) -> None:
    (repo.top / "cart.py").chmod(0o755)
    repo.replace("cart.py", "line 3\n", "ours\n")
    repo.edit("stats.py", "one\ntwo\n", mode=0o755)
    repo.edit("run", "#!/bin/sh\n", mode=0o755)
    repo.commit()
    modes = {line.split("\t")[1]: line.split()[0] for line in repo.git("ls-tree", "HEAD").splitlines()}
    assert modes == {"cart.py": "100644", "stats.py": "100755", "run": "100755"}
    assert repo.git("diff", "--summary") == " mode change 100644 => 100755 cart.py\n"


def test_first_commit_is_made_when_there_is_none_yet(tmp_path: Path) -> None:
    repo = UserRepo(tmp_path)
    repo.write("staged", "x\n")
    repo.git("add", "staged")
    repo.edit("new.py", "new\n")
    done = repo.commit()
    assert repo.git("rev-list", "main").split() == [done.commit]
    assert repo.git("ls-tree", "-r", "--name-only", "HEAD") == "new.py\n"
    assert repo.git("status", "--porcelain") == "A  staged\n"
    assert repo.git("reflog", "-1", "--format=%gs").strip() == "commit (initial): Add new.py"


def test_head_moves_alone_when_it_is_detached(repo: UserRepo) -> None:
    main = repo.git("rev-parse", "main")
    repo.git("checkout", "--quiet", "--detach")
    repo.edit("stats.py", "x\n")
    done = repo.commit()
    assert (repo.git("rev-parse", "HEAD").strip(), repo.git("rev-parse", "main")) == (done.commit, main)


@pytest.mark.parametrize("path", ["non-\udcff.py", "new\nline", ":(top)x", "*", "-x", 'quote"d', "sp ace\t"])
def test_commit_holds_the_file_when_its_name_is_odd(repo: UserRepo, path: str) -> None:
    repo.have({path: LINES, "other": "x\n"})
    repo.replace(path, "line 3\n", "ours\n")
    repo.write("other", "mine\n")
    assert repo.commit().paths == (path,)
    assert repo.shown(path) == LINES.replace("line 3\n", "ours\n")
    assert repo.git("status", "--porcelain", "-z") == " M other\0"


@pytest.mark.parametrize("options", [("--object-format=sha256",), ("--separate-git-dir=../elsewhere",)])
def test_commit_is_made_when_the_repository_is_of_another_kind(tmp_path: Path, options: tuple[str, ...]) -> None:
    repo = UserRepo(tmp_path, options=options)
    repo.have({"cart.py": LINES})
    repo.replace("cart.py", "line 3\n", "ours\n")
    repo.edit("new", "x\n")
    repo.commit()
    assert repo.git("status", "--porcelain") == ""
    assert repo.git("fsck", "--full", "--strict") == ""


def test_commit_is_made_when_the_workspace_is_a_part_of_the_repository(tmp_path: Path) -> None:
    repo = UserRepo(tmp_path, below="deep/er")
    repo.have({"deep/er/cart.py": LINES, "cart.py": "another\n"})
    repo.write("cart.py", "mine\n")
    repo.replace("cart.py", "line 3\n", "ours\n")
    assert repo.commit().paths == ("cart.py",)
    assert repo.git("show", "--name-only", "--format=", "HEAD") == "deep/er/cart.py\n"
    assert repo.git("status", "--porcelain") == " M cart.py\n"


def test_commit_is_made_on_its_branch_when_the_workspace_is_a_linked_worktree(repo: UserRepo) -> None:
    side = repo.folder / "side"
    repo.git("worktree", "add", "--quiet", "-b", "side", str(side))
    main, index = repo.git("rev-parse", "main"), (repo.top / ".git/index").read_bytes()
    repo.place = repo.opened(side)
    repo.replace("cart.py", "line 3\n", "ours\n")
    done = repo.commit()
    assert (repo.git("rev-parse", "side").strip(), repo.git("rev-parse", "main")) == (done.commit, main)
    assert repo.git("status", "--porcelain", cwd=side) == ""
    assert (repo.top / ".git/index").read_bytes() == index


def test_commit_is_made_when_others_are_left_out_by_a_sparse_checkout(repo: UserRepo) -> None:
    repo.have({"in/a": "a\n", "out/b": "b\n", "out/c": "c\n"})
    repo.git("sparse-checkout", "set", "--cone", "--sparse-index", "in")
    repo.edit("in/a", "ours\n")
    repo.edit("out/new", "ours\n")
    repo.commit()
    assert repo.git("ls-tree", "-r", "--name-only", "HEAD").split() == [
        *("cart.py", "in/a", "out/b", "out/c", "out/new", "stats.py")
    ]
    assert repo.git("status", "--porcelain") == ""
    assert "S out/b" in repo.git("ls-files", "-t").splitlines()


def test_commit_is_made_when_the_index_is_split(repo: UserRepo) -> None:
    repo.git("update-index", "--split-index")
    shared = repo.git("rev-parse", "--shared-index-path")
    repo.edit("stats.py", "x\n")
    repo.commit()
    assert repo.git("status", "--porcelain") == ""
    assert repo.git("rev-parse", "--shared-index-path") == shared != ""
    assert repo.git("ls-files").split() == ["cart.py", "stats.py"]


@pytest.mark.parametrize("is_registered", [True, False])
def test_file_of_an_inner_repository_is_refused_when_the_outer_one_commits(repo: UserRepo, is_registered: bool) -> None:
    inner = repo.top / "inner"
    inner.mkdir()
    for command in (("init", "--quiet"), ("commit", "--quiet", "--allow-empty", "--message", "x")):
        repo.git(*command, cwd=inner)
    if is_registered:
        repo.git("add", "inner")
        repo.git("commit", "--quiet", "--message", "with a submodule")
    repo.edit("inner/file", "ours\n")
    repo.edit("stats.py", "ours\n")
    assert "inner/file lies in a repository of its own, inner" in repo.refused()
    preview = repo.preview(anyway=True)
    assert (preview.paths, preview.left_out) == (("stats.py",), ("inner/file",))
    assert repo.commit(anyway=True).paths == ("stats.py",)


def test_file_is_refused_when_the_last_commit_has_a_submodule_on_its_way(repo: UserRepo) -> None:
    head = repo.git("rev-parse", "HEAD").strip()
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{head},gone")
    repo.git("commit", "--quiet", "--message", "a submodule that is not there")
    repo.edit("gone/file", "ours\n")
    assert "gone/file lies in a repository of its own, gone" in repo.refused()


def test_new_file_is_refused_when_git_ignores_it(repo: UserRepo) -> None:
    repo.have({".gitignore": "*.log\n"})
    repo.edit("a.log", "ours\n")
    repo.edit("stats.py", "ours\n")
    assert "a.log is ignored by git" in repo.refused()
    assert repo.commit(anyway=True).paths == ("stats.py",)
    assert "nothing to commit" in repo.refused()


def test_ignored_file_is_no_obstacle_when_nothing_is_left_of_its_edits(repo: UserRepo) -> None:
    repo.have({".gitignore": "*.log\n"})
    repo.write("a.log", "mine\n")
    step = repo.edit("a.log", "ours\n")
    repo.go_back(step)
    repo.edit("b.log", "ours\n")
    (repo.top / "b.log").unlink()
    repo.edit("stats.py", "ours\n")
    assert repo.commit().paths == ("stats.py",)


def test_ignored_file_is_committed_when_git_holds_it(repo: UserRepo) -> None:
    repo.have({"a.log": "one\n"})
    repo.have({".gitignore": "*.log\n"})
    repo.edit("a.log", "ours\n")
    repo.edit("b.log", "ours\n")
    repo.git("add", "--force", "b.log")
    assert repo.commit().paths == ("a.log", "b.log")


def test_file_is_refused_when_the_last_commit_has_a_link_there(repo: UserRepo) -> None:
    (repo.top / "link").symlink_to("cart.py")
    repo.have({})
    (repo.top / "link").unlink()
    repo.edit("link", "ours\n")
    assert "link is a symbolic link or a submodule in the repository" in repo.refused()


def test_commit_is_refused_when_there_is_no_repository(tmp_path: Path) -> None:
    repo = UserRepo(tmp_path)
    (repo.top / ".git").rename(tmp_path / "gone")
    assert repo.try_commit() == repo.try_commit(anyway=True)
    repo.edit("file", "x\n")
    done = repo.try_commit()
    assert isinstance(done, NotCommitted)
    assert "no git repository here" in done.reasons[0]
    repo.git("init", "--quiet", "--bare", ".")
    assert repo.try_commit() != done
    assert isinstance(repo.try_commit(), NotCommitted)


@pytest.mark.skipif(
    os.geteuid() != 0, reason="git distrusts what belongs to somebody else, and only root can give a directory away"
)
def test_commit_is_refused_when_git_distrusts_the_owner(repo: UserRepo) -> None:
    repo.edit("stats.py", "ours\n")
    os.chown(repo.top / ".git", 65534, 65534)
    os.chown(repo.top, 65534, 65534)
    done = repo.try_commit()
    assert isinstance(done, NotCommitted)
    assert "dubious ownership" in done.reasons[0]
