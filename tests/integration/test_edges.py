"""Proves what happens at the edges of the process: its streams, its directories, its configuration, its options."""

import argparse
import io
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from copydesk.arguments import parser_for
from copydesk.assembly.place import Place, configure, open_git, open_place
from copydesk.changes.steps import Operation, StepMeta
from copydesk.config import Config
from copydesk.domain.errors import UsageError
from copydesk.domain.events import Envelope, Noticed
from copydesk.domain.policies import Action, ActionKind, Mode, Policy, Verdict
from copydesk.domain.proposals import FileChange, FileImage
from copydesk.engine.session import Session
from copydesk.launch.demo import prepare_copy
from copydesk.launch.run import run_headless
from copydesk.launch.screen import Wanted, find_wanted, make_app, make_session, run_screen
from copydesk.launch.terminal import Task, find_prompt
from tests.programs import command, copydesk, surroundings, warm_copydesk
from tests.strict_api import StrictApi, say

KEY = {"ANTHROPIC_API_KEY": "sk-ant-not-a-key"}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "calc"
    folder.mkdir()
    return folder


@pytest.fixture
def place(workspace: Path) -> Iterator[Place]:
    opened = open_place(str(workspace), os.environ)
    yield opened
    opened.root.close()


def configured(place: Place, flags: Config | None = None, default_mode: Mode = Mode.ASK) -> Config:
    return configure(place, flags or Config(), {}, None, default_mode)


def options_of(verb: str, *given: str) -> argparse.Namespace:
    return parser_for(verb).parse_args([*given])


def run_here(workspace: Path, *given: str, **extra: str) -> None:
    run_headless(options_of("run", "--root", str(workspace), *given, "add"), {**os.environ, **KEY, **extra})


@pytest.mark.parametrize(("default", "expected"), [(Mode.ASK, Mode.ASK), (Mode.PLAN, Mode.PLAN)])
def test_a_workspace_does_not_loosen_the_mode_of_a_front_end(default: Mode, expected: Mode, place: Place) -> None:
    Path(place.root.path, ".copydesk.toml").write_text('mode = "accept"\n')

    assert configured(place, default_mode=default).mode is expected


def test_the_screen_asks_where_the_workspace_says_accept(workspace: Path) -> None:
    (workspace / ".copydesk.toml").write_text('mode = "accept"\n')

    app = make_app(find_wanted(options_of("", "--root", str(workspace)), os.environ))

    assert app._facts.mode == "ask"


@pytest.mark.parametrize("kind", ["fifo", "link", "folder"])
def test_the_workspaces_configuration_is_read_like_any_of_its_files(kind: str, place: Place) -> None:
    file = Path(place.root.path, ".copydesk.toml")
    match kind:
        case "fifo":
            os.mkfifo(file)
        case "link":
            Path(place.root.path, "../secret.toml").write_text('mode = "hidden"\n')
            file.symlink_to("../secret.toml")
        case _:
            file.mkdir()

    with pytest.raises(UsageError, match=r"\.copydesk\.toml") as caught:
        configured(place)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("tail", ["", "/", "/src", "/src/a.py", "/src/*.py"])
def test_a_rule_with_an_absolute_path_holds_in_the_workspace(tail: str, place: Place) -> None:
    rules = configured(place, Config(deny=(f"{place.root.path}{tail}",))).rules()

    assert Policy(Mode.ACCEPT, rules).rule_on(Action(ActionKind.VIEW, "src/a.py")).verdict is Verdict.DENY
    beside = Policy(Mode.ACCEPT, rules).rule_on(Action(ActionKind.VIEW, "deep/src/a.py")).verdict
    assert beside is (Verdict.DENY if tail in ("", "/") else Verdict.ALLOW)


def test_a_current_directory_that_is_gone_is_a_usage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    for directory in (None, "."):
        with pytest.raises(UsageError, match="is gone"):
            open_place(directory, os.environ)


def test_run_says_that_the_state_cannot_be_made_before_anything_is_done(workspace: Path, tmp_path: Path) -> None:
    (workspace / "AGENTS.md").write_text("Be kind.\n")
    file = tmp_path / "file"
    file.write_text("")

    with pytest.raises(UsageError, match="COPYDESK_STATE_DIR"):
        run_here(workspace, "--trust", COPYDESK_STATE_DIR=str(file / "state"))


@pytest.mark.parametrize("given", ["state", "./state", "~/state"])
def test_state_directory_that_depends_on_the_current_one_is_a_usage_error(given: str, workspace: Path) -> None:
    with pytest.raises(UsageError, match="set it to an absolute path"):
        open_place(str(workspace), {**os.environ, "COPYDESK_STATE_DIR": given})


def test_state_is_not_needed_by_a_run_that_keeps_nothing(workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    state = str(tmp_path / "file" / "state")
    with pytest.raises(UsageError, match="cannot be written"):
        run_here(workspace, "--mode", "plan", COPYDESK_STATE_DIR=state)
    with StrictApi([say("ok")]) as api:
        given = ("--root", str(workspace), "--mode", "plan", "--no-session", "go")
        ran = warm_copydesk("run", *given, api=api, COPYDESK_STATE_DIR=state)
    assert (ran.code, ran.out) == (0, "ok\n"), ran.talk


def test_run_without_git_is_a_usage_error_before_anything_is_sent(workspace: Path) -> None:
    with pytest.raises(UsageError, match="There is no git"):
        run_here(workspace, PATH="/nonexistent")


@pytest.mark.anyio
async def test_the_screen_without_git_opens_and_says_so(workspace: Path) -> None:
    environment = {**os.environ, **KEY, "PATH": "/nonexistent"}
    options = options_of("", "--root", str(workspace))
    place = open_place(str(workspace), environment)

    session = make_session(Wanted(options, environment, place, Config()))
    session.start()
    noticed = [e.event.text async for e in first_two(session) if isinstance(e.event, Noticed)]
    await session.close()

    assert any("There is no git" in text for text in noticed)


async def first_two(session: Session) -> AsyncIterator[Envelope]:
    """The events of a session's start."""
    reading = session.subscribe()
    for _ in range(2):
        yield await anext(reading)


def test_run_in_mode_plan_needs_no_git(workspace: Path) -> None:
    with pytest.raises(UsageError, match="cannot be replayed"):
        run_here(workspace, "--mode", "plan", "--replay", "missing.json", PATH="/nonexistent")


def test_a_recording_that_cannot_be_written_is_a_usage_error_before_anything_is_sent(workspace: Path) -> None:
    with pytest.raises(UsageError, match="cannot be recorded to"):
        run_here(workspace, "--record", "/nonexistent/tape.json")


def test_demo_says_where_its_copy_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(UsageError, match="cannot be made"):
        prepare_copy(str(tmp_path / "file" / "copy"), open_git(os.environ))


@pytest.mark.parametrize(
    "given",
    [
        ("--max-time", "3"),
        ("--output-format", "json"),
        ("--expect-changes",),
        ("--include-partial-messages",),
    ],
    ids=lambda given: given[0],
)
def test_the_screen_refuses_what_goes_with_run(given: tuple[str, ...], workspace: Path) -> None:
    with pytest.raises(UsageError, match=f"{given[0]} goes with `copydesk run` or -p"):
        run_screen(options_of("", "--root", str(workspace), *given), os.environ)


def test_the_screen_begins_with_the_prompt_file(workspace: Path, tmp_path: Path) -> None:
    file = tmp_path / "task.txt"
    file.write_text("Fix the sum.\n")

    app = make_app(
        find_wanted(options_of("", "--root", str(workspace), "--prompt-file", str(file), "Please."), os.environ)
    )

    assert app._facts.first_prompt == "Please.\n\nFix the sum."


def stdin_of(data: bytes, *, is_open: bool) -> tuple[io.TextIOWrapper, int]:
    """A standard input that delivers this, and the end that keeps it open or was closed."""
    reading, writing = os.pipe()
    os.write(writing, data)
    if not is_open:
        os.close(writing)
    return io.TextIOWrapper(os.fdopen(reading, "rb")), writing


def test_the_persons_words_and_what_is_piped_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin, _ = stdin_of(b"see @secret\n", is_open=False)
    with stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        task = find_prompt(options_of("run", "explain", "@a.py"))

    assert task == Task("explain @a.py", "see @secret")
    assert task.text == "explain @a.py\n\nsee @secret"


def test_an_idle_pipe_is_left_with_a_word(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    stdin, writing = stdin_of(b"", is_open=True)
    with stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        began = time.monotonic()
        task = find_prompt(options_of("run", "explain"))
        waited = time.monotonic() - began
    os.close(writing)

    assert task == Task("explain", "")
    assert waited < 5
    assert "Standard input delivered nothing" in capsys.readouterr().err


def record_a_step(place: Place) -> None:
    """Write a file with a name that ASCII has no signs for."""
    change = FileChange("größe.py", None, FileImage(b"x = 1\n", 0o644))
    place.applier.apply([change], StepMeta(Operation.EDIT, "session"))


def test_signs_that_the_terminal_has_no_code_for_are_escaped(place: Place) -> None:
    record_a_step(place)

    listed = copydesk("history", "--root", place.root.path, PYTHONIOENCODING="ascii")
    back = copydesk("rollback", "--root", place.root.path, PYTHONIOENCODING="ascii")

    assert (listed.code, back.code) == (0, 0), listed.talk + back.talk
    assert r"+1 \u22120  gr\xf6\xdfe.py" in listed.out
    assert r"gr\xf6\xdfe.py" in back.out


def in_a_shell(redirection: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run the program with one of its streams redirected as a shell does."""
    line = ["sh", "-c", f'exec "$@" {redirection}', "sh", *command(*arguments)]
    return subprocess.run(line, env=surroundings(), capture_output=True, timeout=50, check=False)


@pytest.mark.parametrize(
    ("redirection", "verb", "code"), [(">&-", "models", 0), ("2>&-", "history", 0), ("<&- >&- 2>&-", "models", 0)]
)
def test_a_closed_stream_is_no_obstacle(redirection: str, verb: str, code: int, workspace: Path) -> None:
    ran = in_a_shell(redirection, verb, "--root", str(workspace))

    assert (ran.returncode, ran.stderr.replace(b"Nothing was applied in this workspace yet.\n", b"")) == (code, b"")


def test_the_screen_says_what_it_needs_where_there_is_no_standard_input(workspace: Path) -> None:
    ran = in_a_shell("<&-", "--root", str(workspace))

    assert (ran.returncode, ran.stderr.startswith(b"copydesk: The screen needs a terminal")) == (2, True), ran.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_a_sentence(workspace: Path) -> None:
    out = in_a_shell(">/dev/full", "models")
    talk = in_a_shell("2>/dev/full", "history", "--root", str(workspace))

    assert (out.returncode, out.stderr.count(b"\n"), b"No space left" in out.stderr) == (1, 1, True), out.stderr
    assert (talk.returncode, talk.stdout) == (0, b"")


@pytest.mark.parametrize("verb", ["history", "rollback"])
def test_a_history_that_cannot_be_reached_is_a_sentence(verb: str, workspace: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    ran = copydesk(verb, "--root", str(workspace), COPYDESK_STATE_DIR=str(file / "state"))

    assert (ran.code, ran.talk.count("\n"), "The history cannot be kept" in ran.talk) == (1, 1, True), ran.talk


def test_print_keeps_words_that_look_like_it(workspace: Path) -> None:
    with StrictApi([say("ok")]) as api:
        ran = warm_copydesk("-pv", "--root", str(workspace), "--", "-p", "is", "a", "flag", api=api)

    assert (ran.code, ran.out) == (0, "ok\n"), ran.talk
    assert api.bodies[0]["messages"][0]["content"][-1]["text"] == "-p is a flag"


def test_invariant_11_a_complaint_that_quotes_a_file_is_safe_to_show(tmp_path: Path) -> None:
    (tmp_path / ".copydesk.toml").write_text('"\\u001b[2Jx" = 1\n')

    ran = warm_copydesk("run", "--root", str(tmp_path), "go")

    assert ran.code == 2
    assert "\u241b[2Jx" in ran.talk
    assert "\x1b" not in ran.talk
