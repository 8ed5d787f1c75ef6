"""Owns the law of the programs of a commit: which of the user's run, what they see, what they can stop."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from copydesk.assembly.committing import commit_accepted
from copydesk.domain.commits import Committed, NotCommitted
from tests.committing import LINES, UserRepo

SIGNER = """\
#!/bin/sh
echo "$@" >> "{log}"
cat > /dev/null
echo "[GNUPG:] SIG_CREATED x" >&2
echo "-----BEGIN PGP SIGNATURE-----"
echo "-----END PGP SIGNATURE-----"
"""
UNTIL_MERGED = {
    "merge": "git merge --no-commit --no-ff side",
    "rebase": "git rebase side",
    "cherry-pick": "git cherry-pick side",
    "revert": "git revert HEAD~1",
    "bisect": "git bisect start HEAD HEAD~1",
}
"""What a user types so that this is in progress."""


@pytest.fixture
def repo(tmp_path: Path) -> UserRepo:
    """With an edit that is to be committed."""
    repo = UserRepo(tmp_path)
    repo.have({"cart.py": LINES, "stats.py": "one\n"})
    repo.replace("cart.py", "line 3\n", "ours\n")
    return repo


def logging(repo: UserRepo, *names: str) -> Path:
    """Hooks that only note that they ran."""
    log = repo.folder / "log"
    for name in names:
        repo.hook(name, f'echo "{name} $#" >> "{log}"')
    return log


def test_hooks_run_in_gits_order_when_a_commit_is_made(repo: UserRepo) -> None:
    log = logging(repo, "pre-commit", "prepare-commit-msg", "commit-msg", "post-commit")
    logging(repo, "post-index-change", "post-checkout", "pre-push", "fsmonitor-watchman")
    repo.git("config", "core.fsmonitor", ".git/hooks/fsmonitor-watchman")
    log.unlink(missing_ok=True)
    assert repo.preview().hooks == ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit")
    assert not log.exists()
    assert repo.commit().hooks == ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit")
    assert log.read_text().splitlines() == ["pre-commit 0", "prepare-commit-msg 2", "commit-msg 1", "post-commit 0"]


def test_hook_sees_exactly_what_is_committed_when_more_is_staged(repo: UserRepo) -> None:
    repo.write("stats.py", "staged\n")
    repo.git("add", "stats.py")
    seen = repo.folder / "seen"
    repo.hook("pre-commit", f'(git diff --cached -U0 | tail -n +6; pwd; git rev-parse --show-prefix) > "{seen}"')
    repo.commit()
    assert seen.read_text() == f"-line 3\n+ours\n{repo.top}\n\n"


def test_message_is_the_hooks_when_they_change_it(repo: UserRepo) -> None:
    repo.hook("prepare-commit-msg", 'printf "prepared (%s): %s" "$2" "$(cat "$1")" > "$1"')
    repo.hook("commit-msg", 'printf "\\n\\n\\nReviewed-by: Somebody\\n" >> .git/COMMIT_EDITMSG')
    repo.commit("Said")
    assert repo.git("log", "-1", "--format=%B").strip() == "prepared (message): Said\n\nReviewed-by: Somebody"


@pytest.mark.parametrize("hook", ["pre-commit", "prepare-commit-msg", "commit-msg", "reference-transaction"])
def test_commit_is_refused_with_its_words_when_a_hook_fails(repo: UserRepo, hook: str) -> None:
    repo.hook(hook, "echo Too long; echo by far >&2; exit 1")
    reasons = repo.refused()
    assert "Too long" in reasons or hook == "reference-transaction"
    assert reasons.splitlines()[0].endswith(
        {True: "committed; commit again.", False: "do as it says and commit again."}[hook == "reference-transaction"]
    )
    assert "by far" in reasons


def test_commit_is_refused_when_the_hook_empties_the_message(repo: UserRepo) -> None:
    repo.hook("commit-msg", ': > "$1"')
    assert "The message of the commit is empty" in repo.refused()


def test_commit_is_refused_when_a_hook_changes_what_is_committed(repo: UserRepo) -> None:
    repo.hook("pre-commit", "echo more > extra; git add extra; rm extra")
    assert "A hook changed what is to be committed" in repo.refused()


def test_commit_is_refused_when_the_index_changes_meanwhile(repo: UserRepo) -> None:
    repo.hook("commit-msg", "unset GIT_INDEX_FILE; echo two > stats.py; git add stats.py")
    done = repo.try_commit()
    assert isinstance(done, NotCommitted)
    assert "The index was changed while the commit was being made" in done.reasons[0]
    assert repo.git("status", "--porcelain") == " M cart.py\nM  stats.py\n"
    assert not (repo.top / ".git/index.lock").exists()


def test_commit_is_refused_when_the_branch_moves_meanwhile(repo: UserRepo) -> None:
    repo.hook("commit-msg", 'git update-ref HEAD "$(git commit-tree -p HEAD -m other "HEAD^{tree}")"')
    done = repo.try_commit()
    assert isinstance(done, NotCommitted)
    assert "The branch could not be moved to the commit" in done.reasons[0]
    assert repo.git("log", "-1", "--format=%s").strip() == "other"
    assert repo.git("status", "--porcelain") == " M cart.py\n"


def test_commit_stands_when_the_last_hook_fails_or_leaves_something_running(repo: UserRepo) -> None:
    repo.hook("post-commit", "sleep 20 & exit 1")
    began = time.monotonic()
    done = repo.commit()
    assert time.monotonic() - began < 10
    assert repo.git("rev-parse", "HEAD").strip() == done.commit


def test_commit_is_refused_when_it_is_not_what_was_shown(repo: UserRepo) -> None:
    shown = repo.preview().digest
    repo.edit("stats.py", "ours\n")
    before = repo.state()
    assert "changed since it was shown" in str(repo.try_commit(shown=shown))
    assert repo.state() == before
    repo.commit(shown=repo.preview().digest)


@pytest.mark.parametrize("operation", UNTIL_MERGED)
def test_commit_is_refused_when_something_is_in_progress(tmp_path: Path, operation: str) -> None:
    repo = UserRepo(tmp_path)
    repo.have({"cart.py": LINES})
    repo.git("checkout", "--quiet", "-b", "side")
    repo.have({"other": "side\n"})
    repo.git("checkout", "--quiet", "main")
    repo.have({"other": "main\n"})
    repo.have({"other": "main again\n"})
    repo.git("-c", f"alias.it=!{UNTIL_MERGED[operation]} || :", "-c", "core.editor=false", "it")
    repo.replace("cart.py", "line 3\n", "ours\n")
    assert f"A {operation} is in progress" in repo.refused()
    head = repo.git("rev-parse", "HEAD").strip()
    done = repo.commit(anyway=True)
    assert repo.git("rev-list", "--parents", "-1", "HEAD").split() == [done.commit, head]
    assert repo.git("show", "--name-only", "--format=", "HEAD") == "cart.py\n"
    assert f"A {operation} is in progress" in still_refused(repo)


def still_refused(repo: UserRepo) -> str:
    repo.edit("new.py", "ours\n")
    return repo.refused()


def test_commit_is_signed_when_the_configuration_says_so(repo: UserRepo) -> None:
    log = repo.folder / "signer.log"
    (program := repo.folder / "signer").write_text(SIGNER.format(log=log))
    program.chmod(0o755)
    repo.git("config", "gpg.program", str(program))
    repo.commit()
    assert "gpgsig" not in repo.git("cat-file", "commit", "HEAD")
    repo.git("config", "commit.gpgSign", "yes")
    repo.git("config", "user.signingKey", "THEKEY")
    repo.edit("stats.py", "ours\n")
    repo.commit()
    assert "gpgsig -----BEGIN PGP SIGNATURE-----" in repo.git("cat-file", "commit", "HEAD")
    assert "THEKEY" in log.read_text()


def test_commit_is_refused_when_it_cannot_be_signed(repo: UserRepo) -> None:
    (program := repo.folder / "signer").write_text("#!/bin/sh\necho no key here >&2; exit 2\n")
    program.chmod(0o755)
    repo.git("config", "gpg.program", str(program))
    repo.git("config", "commit.gpgSign", "true")
    reasons = repo.refused()
    assert "could not be signed" in reasons
    assert "failed to sign" in reasons


def test_commit_is_refused_when_git_does_not_know_the_user(repo: UserRepo) -> None:
    repo.git("config", "user.useConfigOnly", "true")
    (repo.folder / "home/.gitconfig").write_text("")
    repo.hook("pre-commit", f"touch {repo.folder}/ran")
    assert "set user.name and user.email" in repo.refused()
    assert not (repo.folder / "ran").exists()


def test_programs_see_the_users_environment_when_they_run(repo: UserRepo, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = repo.folder / "seen"
    repo.hook("pre-commit", f'env > "{seen}"; test ! -t 0 || exit 1; ! read line')
    monkeypatch.setenv("OF_COPYDESK", "1")
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    theirs = {**repo.environment, "OF_THE_USER": "a b", "LC_ALL": "C.UTF-8", "GIT_AUTHOR_NAME": "Somebody"}
    misleading = {"GIT_DIR": "/nonexistent", "GIT_INDEX_FILE": "/nonexistent", "GPG_TTY": "/dev/tty"}
    assert isinstance(commit_accepted(repo.place, "s1", environment={**theirs, **misleading}), Committed)
    found = dict(line.split("=", 1) for line in seen.read_text().splitlines() if "=" in line)
    assert found["OF_THE_USER"] == "a b"
    assert found["LC_ALL"] == "C.UTF-8"
    assert not {"OF_COPYDESK", "GPG_TTY", "LANGUAGE", "GIT_CONFIG_COUNT"} & set(found)
    assert found.get("GIT_DIR") != "/nonexistent"
    assert repo.git("log", "-1", "--format=%an").strip() == "Somebody"
