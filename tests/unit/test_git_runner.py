"""Owns the law of running git: nothing that a repository names runs, nothing hangs, nothing of the user's changes."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import time
from pathlib import Path
from threading import Event, Timer

import pytest

from copydesk.domain.errors import GitError
from copydesk.workspace.git import GitRunner, UserGit, UserRepository, disarmed, find_git
from copydesk.workspace.store import PrivateStore

HOOKS = ["post-checkout", "post-commit", "post-index-change", "pre-commit", "reference-transaction"]
DRIVER_NAMES = ["plain", "dot.ted", "equal=s", 'quote"d', "sp ace", "new\\nline"]
HOSTILE_SETTINGS = """
[core]
\tfsmonitor = {canary}/fsmonitor
\tsshCommand = {canary}/ssh
\tpager = {canary}/pager
\teditor = {canary}/editor
\taskPass = {canary}/askpass
\talternateRefsCommand = {canary}/alternates
\tgitProxy = {canary}/proxy
[diff]
\texternal = {canary}/external
[gpg]
\tprogram = {canary}/gpg
[log]
\tshowSignature = true
[credential]
\thelper = !{canary}/credential
[extensions]
\tpartialClone = origin
[remote "origin"]
\turl = ssh://example.invalid/x
\tpromisor = true
[filter "processed"]
\tprocess = {canary}/process
\trequired = true
[include]
\tpath = ../included
"""
DRIVERS = """
[filter "{name}"]
\tclean = {canary}/clean
\tsmudge = {canary}/smudge
[diff "{name}"]
\tcommand = {canary}/command
\ttextconv = {canary}/textconv
[merge "{name}"]
\tdriver = {canary}/driver
"""


def git(folder: Path, *arguments: str) -> str:
    """Run git as a user would, with a name of their own."""
    who = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.invalid"]
    ran = subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, timeout=20)
    return ran.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "file.txt").write_text("one\n")
    (folder / ".gitignore").write_text("*.log\n:(top)odd\n")
    (folder / "plain").write_text("one\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "one")
    return folder


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A folder of programs that leave a file `<name>.ran` when they run."""
    folder = tmp_path / "canary"
    folder.mkdir()
    programs = "alternates askpass clean command credential driver editor external fsmonitor gpg pager process proxy"
    for name in [*programs.split(), "smudge", "ssh", "textconv", *HOOKS]:
        (folder / name).write_text(f'#!/bin/sh\ntouch "{folder}/{name}.ran"\n')
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def hostile(repository: Path, canary: Path) -> Path:
    """The repository, with every known way of naming a program, and a file that makes git use them."""
    for name in HOOKS:
        (repository / ".git/hooks").mkdir(exist_ok=True)
        (repository / ".git/hooks" / name).symlink_to(canary / name)
    with (repository / ".git/config").open("a") as file:
        file.write(HOSTILE_SETTINGS.format(canary=canary))
    escaped = [name.replace('"', '\\"') for name in DRIVER_NAMES]
    (repository / "included").write_text("".join(DRIVERS.format(name=name, canary=canary) for name in escaped))
    (repository / ".gitattributes").write_text("*.txt filter=plain diff=plain\n*.bin filter=processed\n")
    (repository / "new.bin").touch()
    (repository / "file.txt").write_text("two\n")
    (repository / "plain").write_text("two\n")
    return repository


def ran(canary: Path) -> set[str]:
    return {path.stem for path in canary.glob("*.ran")}


def content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


COMMANDS = [
    ("status", "--porcelain=v2", "-z"),
    ("diff", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "HEAD"),
    ("diff", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "--cached"),
    ("ls-files", "-z", "--modified", "--others", "--exclude-standard"),
    ("log", "--no-ext-diff", "--no-textconv", "-p", "-1"),
    ("grep", "--no-textconv", "-z", "-e", "two"),
    ("cat-file", "-e", "1" * 40),
]


def test_invariant_6_no_program_of_the_repository_runs_when_git_is_asked(hostile: Path, canary: Path) -> None:
    asked = UserRepository(hostile)
    assert asked.branch() == "main"
    assert asked.base_commit() == git(hostile, "rev-parse", "HEAD")
    assert asked.is_dirty() is True
    assert asked.is_ignored(["a.log", "file.txt"]) == frozenset({"a.log"})
    for command in [*COMMANDS, ("hash-object", "file.txt", "new.bin"), ("update-index", "file.txt")]:
        asked.run(command)
    assert ran(canary) == set()


def test_canaries_sing_when_git_runs_without_the_runner(hostile: Path, canary: Path) -> None:
    for arguments in COMMANDS:
        git(hostile, *[argument for argument in arguments if argument not in ("--no-ext-diff", "--no-textconv")])
    git(hostile, "diff", "--no-ext-diff", "HEAD")
    git(hostile, "branch", "other")
    git(hostile, "add", "plain")
    git(hostile, "add", "new.bin")
    fired = {"clean", "command", "external", "fsmonitor", "post-index-change", "process", "reference-transaction"}
    assert ran(canary) >= {*fired, "ssh", "textconv"}


def test_folder_that_cannot_be_searched_is_passed_over_when_git_is_found() -> None:
    # Too long a name is refused to every user, as a folder that may not be searched is to most.
    assert find_git(f"/{'x' * 300}") is None


def test_driver_is_disarmed_when_its_name_is_odd(hostile: Path) -> None:
    listed = subprocess.run(["git", "config", "--list", "-z"], cwd=hostile, capture_output=True, check=True).stdout
    names = [setting.partition(b"\n")[0] for setting in listed.split(b"\0")]
    overrides = dict(disarmed([*names, b"filter.new\nline.clean", b"core.bare", b"diff.external"]))
    spelled = [*DRIVER_NAMES[:-1], "newnline", "new\nline"]
    assert {f"filter.{name}.clean" for name in spelled} <= set(overrides)
    assert {f"diff.{name}.textconv" for name in DRIVER_NAMES[:-1]} <= set(overrides)
    assert overrides["remote.origin.promisor"] == "false"
    assert not any(name.startswith(("core", "diff.external")) for name in overrides)


def test_invariant_6_repository_is_the_same_byte_for_byte_when_git_was_asked(repository: Path) -> None:
    (repository / "file.txt").write_text("one\n")
    os.utime(repository / "file.txt", (1, 1))
    before = content(repository / ".git")
    asked = UserRepository(repository)
    assert asked.is_dirty() is False
    asked.run(("status", "--porcelain=v2"))
    asked.run(("diff", "--no-ext-diff", "--no-textconv", "HEAD"))
    assert content(repository / ".git") == before


def test_inherited_variables_are_ignored_when_git_runs(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = tmp_path / "trace"
    for name, value in {
        "GIT_DIR": "/nonexistent",
        "GIT_INDEX_FILE": "/nonexistent",
        "GIT_TRACE": str(trace),
        "GIT_WORK_TREE": "/",
        "GIT_CONFIG_PARAMETERS": "'core.bare'='true'",
        "GIT_OBJECT_DIRECTORY": "/nonexistent",
    }.items():
        monkeypatch.setenv(name, value)
    asked = UserRepository(repository)
    assert (asked.branch(), asked.is_dirty()) == ("main", False)
    store = PrivateStore(tmp_path / "store")
    store.initialise()
    assert store.ref("refs/sessions/a") is None
    assert not trace.exists()


def test_environment_is_the_allow_list_when_git_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-secret")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/nonexistent")
    program = script(tmp_path, "/usr/bin/env -0")
    output = GitRunner(str(program), 5).run(("x",), {"GIT_DIR": "a b\nc"}).output
    found = dict(line.split("=", 1) for line in output.decode().split("\0") if line)
    unknown = {name for name in found if not name.startswith("GIT_")} - {"PWD", "SHLVL", "_"}
    assert unknown == {"PATH", "HOME", "LC_ALL", "SSH_ASKPASS"}
    assert found["GIT_DIR"] == "a b\nc"
    assert found["GIT_CONFIG_GLOBAL"] == "/dev/null"


def test_environment_is_the_users_when_git_runs_as_they_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_COPYDESK", "1")
    program = script(tmp_path, "/usr/bin/env -0")
    theirs = {"PATH": "/usr/bin", "SECRET": "a=b\nc", "GIT_DIR": "x", "GIT_AUTHOR_NAME": "N", "GPG_TTY": "/dev/tty"}
    output = UserGit(str(program), str(tmp_path), theirs, 5).run(("x",), overrides=()).output
    found = dict(line.split("=", 1) for line in output.decode().split("\0") if line)
    assert found["SECRET"] == "a=b\nc"
    asking = {"GIT_ASKPASS", "GIT_EDITOR", "GIT_TERMINAL_PROMPT", "SSH_ASKPASS_REQUIRE"}
    assert set(found) - {"PWD", "SHLVL", "_", "OLDPWD"} == {"PATH", "SECRET", "GIT_AUTHOR_NAME", *asking}


def test_values_of_the_environment_are_in_no_command_line_when_git_runs_as_the_user(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "git.cmd")
    program = script(tmp_path, "env")
    answer = UserGit(str(program), "/", {"PATH": "/usr/bin:/bin", "NAME": "not-to-be-seen"}, 5).run(("x",))
    assert b"NAME=not-to-be-seen" in answer.output
    assert str(program) in caplog.text
    assert "not-to-be-seen" not in caplog.text


def test_git_is_killed_when_it_runs_as_the_user_for_too_long(tmp_path: Path) -> None:
    program = script(tmp_path, f"sleep 50 & echo $! > {tmp_path}/child; wait")
    with pytest.raises(GitError, match=r"git x did not end within 0\.5 seconds"):
        UserGit(str(program), str(tmp_path), {"PATH": "/usr/bin:/bin"}, 0.5).run(("x",))
    child = (tmp_path / "child").read_text().strip()
    assert eventually(lambda: not is_running(child))


def test_background_process_is_not_waited_for_when_git_has_ended(tmp_path: Path) -> None:
    program = script(tmp_path, f"echo said; sleep 50 & echo $! > {tmp_path}/child; exit 3")
    began = time.monotonic()
    answer = UserGit(str(program), str(tmp_path), {"PATH": "/usr/bin:/bin"}, 20).run(("x",))
    assert (answer.status, answer.output) == (3, b"said\n")
    assert time.monotonic() - began < 5
    os.kill(int((tmp_path / "child").read_text()), signal.SIGKILL)


@pytest.mark.parametrize("place", [".gitignore", ".git/config", ".git/HEAD", ".git/info/exclude", ".git/packed-refs"])
def test_hint_is_missing_in_time_when_a_fifo_makes_git_wait(repository: Path, place: str) -> None:
    (repository / ".git/info").mkdir(exist_ok=True)
    (repository / place).unlink(missing_ok=True)
    os.mkfifo(repository / place)
    asked = UserRepository(repository, GitRunner(find_git(), 0.25))
    others, began = children(), time.monotonic()
    hints = asked.branch(), asked.base_commit(), asked.is_dirty(), asked.is_ignored(["a.log"])
    assert None in hints
    assert time.monotonic() - began < 4
    assert children() <= others


def children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def test_whole_group_is_killed_when_the_deadline_passes(tmp_path: Path) -> None:
    program = script(tmp_path, f"sleep 50 & echo $! > {tmp_path}/child; wait")
    with pytest.raises(GitError, match=r"git x did not end within 0\.5 seconds and was stopped"):
        GitRunner(str(program), 0.5).run(("x",), {})
    child = (tmp_path / "child").read_text().strip()
    assert eventually(lambda: not is_running(child))


def test_whole_group_is_killed_when_its_answer_is_not_wanted_any_more(tmp_path: Path) -> None:
    program = script(tmp_path, f"sleep 50 & echo $! > {tmp_path}/child; wait")
    stop = Event()
    timer = Timer(0.3, stop.set)
    timer.start()
    began = time.monotonic()
    with pytest.raises(GitError, match="no longer wanted"):
        GitRunner(str(program), 20).run(("x",), {}, stop=stop)
    assert time.monotonic() - began < 5
    child = (tmp_path / "child").read_text().strip()
    assert eventually(lambda: not is_running(child))


def test_output_is_whole_when_a_process_that_may_be_stopped_takes_its_time(tmp_path: Path) -> None:
    answers = script(tmp_path, "sleep 0.2; head -c 300000 /dev/zero; sleep 0.2; echo end")
    assert GitRunner(str(answers), 20).run(("x",), {}, stop=Event()).output == b"\0" * 300_000 + b"end\n"
    reads = script(tmp_path, "sleep 0.3; wc -c")
    assert GitRunner(str(reads), 20).run(("x",), {}, stdin=b"x" * 300_000, stop=Event()).output.strip() == b"300000"


def is_running(process: str) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(holds: object) -> bool:
    assert callable(holds)
    for _ in range(100):
        if holds():
            return True
        time.sleep(0.02)
    return False


def script(folder: Path, body: str) -> Path:
    program = folder / "git"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return program


def test_work_tree_is_the_root_when_the_configuration_names_another(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    git(repository, "config", "core.worktree", str(tmp_path / "elsewhere"))
    asked = UserRepository(repository)
    assert asked.run(("rev-parse", "--show-toplevel")).output.decode().strip() == str(repository)
    assert asked.is_dirty() is False


def test_hints_are_missing_when_the_repository_begins_above_the_root(repository: Path) -> None:
    (repository / "below").mkdir()
    asked = UserRepository(repository / "below")
    assert (asked.branch(), asked.is_dirty(), asked.is_ignored(["a.log"])) == (None, None, None)


def test_hints_are_missing_when_the_root_is_a_bare_repository(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "bare")
    assert UserRepository(tmp_path / "bare").branch() is None


def test_hints_are_missing_when_git_is_not_installed(repository: Path) -> None:
    runner = GitRunner(find_git("relative:/nonexistent"), 5)
    assert runner.executable is None
    assert runner.available() is None
    assert UserRepository(repository, runner).branch() is None
    with pytest.raises(GitError, match="not installed"):
        runner.run(("version",), {})


def test_version_is_known_when_git_is_new_enough(tmp_path: Path) -> None:
    assert GitRunner(find_git(), 5).available()
    assert GitRunner(str(script(tmp_path, "echo git version 2.37.9")), 5).available() is None
    assert GitRunner(str(script(tmp_path, "echo git version 2.38.0.rc1")), 5).available() == "2.38.0.rc1"


def test_branch_is_named_when_there_is_no_commit_or_a_detached_one(repository: Path, tmp_path: Path) -> None:
    asked = UserRepository(repository)
    git(repository, "checkout", "--quiet", "--detach")
    assert asked.branch() == f"({git(repository, 'rev-parse', '--short', 'HEAD')})"
    git(repository, "checkout", "--quiet", "--orphan", "fresh/été")
    assert asked.branch() == "fresh/été"
    assert asked.base_commit() is None
    git(repository, "worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"), "main")
    assert UserRepository(tmp_path / "side").branch() == "side"


def test_ignored_names_are_taken_literally_when_they_look_like_patterns(repository: Path) -> None:
    asked = ["a.log", ":(top)odd", "file.txt", "odd", "non-\udcff.log", "new\nline.log"]
    expected = frozenset({"a.log", ":(top)odd", "non-\udcff.log", "new\nline.log"})
    assert UserRepository(repository).is_ignored(asked) == expected
    assert UserRepository(repository).is_ignored(["file.txt"]) == frozenset()


def test_invariant_6_no_hook_runs_when_one_was_planted_in_the_store(tmp_path: Path, canary: Path) -> None:
    store = PrivateStore(tmp_path / "state/repo.git")
    store.initialise()
    (store.directory / "hooks").symlink_to(canary)
    with (store.directory / "config").open("a") as file:
        file.write(HOSTILE_SETTINGS.format(canary=canary))
    commit = store.fast_import([b"commit refs/a\nmark :1\ncommitter x <x@localhost> 1 +0000\ndata 0\n\nget-mark :1\n"])
    store.point("refs/sessions/b", commit.decode().strip())
    store.cat(["1" * 40])
    assert ran(canary) == set()
