"""Owns the law of `run_check`: a name is all that a model can give, and its answer is what happened."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from pathlib import Path

import jsonschema
import pytest

from copydesk.domain.checks import Check
from tests.checking import CheckDesk, text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def repository(folder: Path) -> Path:
    for name in ("kept", "edited", "gone", "staged"):
        (folder / name).write_text("one\n")
    (folder / ".gitignore").write_text("*.log\n")
    who = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.invalid"]
    for arguments in (["init", "--quiet"], ["add", "."], [*who, "commit", "--quiet", "-m", "one"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True, timeout=20)
    return folder


def written_number(file: Path) -> int:
    """Wait for a whole line in a file."""
    until = time.monotonic() + 10
    while time.monotonic() < until and not (file.exists() and file.read_text().endswith("\n")):
        time.sleep(0.01)
    return int(file.read_text())


async def test_check_is_reported_when_it_passes(folder: Path) -> None:
    desk = CheckDesk(folder, Check("hello", ("/bin/echo", "a b")))
    result = await desk.run(name="hello")
    assert text(result).startswith("hello passed with exit code 0 after 0.")
    assert text(result).endswith(" s.\nOutput:\na b")
    assert not result.is_error
    assert [(e.name, e.exit_code, e.output, e.is_cut, e.reason) for e in desk.events] == [
        ("hello", 0, "a b", False, "")
    ]
    assert desk.asked == []


async def test_check_is_no_error_when_it_fails(folder: Path) -> None:
    result = await CheckDesk(folder, Check("bad", "echo wrong >&2; exit 3")).run(name="bad")
    assert text(result).startswith("bad failed with exit code 3 after")
    assert text(result).endswith("Output:\nwrong")
    assert not result.is_error


async def test_silence_is_said_when_a_check_writes_nothing(folder: Path) -> None:
    assert text(await CheckDesk(folder, Check("a", ("true",))).run(name="a")).endswith("\nIt wrote no output.")


async def test_check_is_no_error_when_a_signal_ended_it(folder: Path) -> None:
    result = await CheckDesk(folder, Check("a", "kill -ABRT $$")).run(name="a")
    assert "failed with exit code 134" in text(result)
    assert "It was ended by SIGABRT." in text(result)
    assert not result.is_error


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        (Check("a", "echo begun; sleep 60", 0.3), "It did not end within 0.3 seconds and was stopped.\nOutput:\nbegun"),
        (Check("a", ("no-such-program",)), "no-such-program could not be started: No such file or directory."),
    ],
)
async def test_check_is_an_error_when_it_gave_no_result(folder: Path, check: Check, reason: str) -> None:
    desk = CheckDesk(folder, check)
    result = await desk.run(name="a")
    assert result.is_error
    assert text(result).startswith("a gave no result after ")
    assert reason in text(result)
    assert desk.events[0].exit_code is None


@pytest.mark.parametrize(
    "given",
    [
        {"name": "hello", "args": ["-x"]},
        {"name": "hello", "command": "rm -rf ."},
        {"name": "hello", "env": {"A": "b"}},
        {"name": "hello", "cwd": "/"},
    ],
)
async def test_call_is_refused_when_it_passes_more_than_a_name(folder: Path, given: dict[str, object]) -> None:
    desk = CheckDesk(folder, Check("hello", ("touch", "made")))
    result = await desk.run(**given)
    assert result.is_error
    assert "without arguments" in text(result)
    assert desk.left() == []


@pytest.mark.parametrize(
    "name", ["", "hell", "hello ", "HELLO", "hello; touch made", "touch made", "../hello", "hello\0", 7, ["hello"], {}]
)
async def test_names_are_listed_when_there_is_no_such_check(folder: Path, name: object) -> None:
    desk = CheckDesk(folder, Check("hello", ("touch", "made")), Check("again", ("touch", "made")))
    result = await desk.run(name=name)
    assert result.is_error
    assert text(result).startswith("There is no check ")
    assert text(result).endswith("; the checks are again, hello.")
    assert desk.left() == []


async def test_names_are_listed_when_none_is_given(folder: Path) -> None:
    assert text(await CheckDesk(folder, Check("a", "true")).run()) == "`name` is missing; the checks are a."


async def test_output_is_safe_when_it_holds_control_characters(folder: Path) -> None:
    (folder / "bytes").write_bytes(b"\x1b]52;c;eA==\x07 \xff\xfe\0 \xe2\x80\xae x\r\nnext\r\n\n")
    result = await CheckDesk(folder, Check("a", ("cat", "bytes"))).run(name="a")
    assert text(result).endswith("Output:\n␛]52;c;eA==␇ \ufffd\ufffd␀ ‹U+202E› x\nnext")


async def test_output_is_cut_in_whole_lines_when_it_is_long(folder: Path) -> None:
    desk = CheckDesk(folder, Check("a", "seq 2 100000"))
    told = text(await desk.run(name="a")).partition("Output:\n")[2]
    head, _, tail = told.partition("\n[… ")
    missing, _, tail = tail.partition(" bytes left out …]\n")
    assert head.splitlines() == [str(number) for number in range(2, len(head.splitlines()) + 2)]
    assert tail.splitlines() == [str(number) for number in range(100_001 - len(tail.splitlines()), 100_001)]
    assert int(missing.replace(",", "")) + len(head) + 1 + len(tail) + 1 == 588_893
    assert 7_000 < len(told) < 8_100
    assert desk.events[0].is_cut


async def test_keys_are_not_seen_when_a_check_looks_for_them(folder: Path) -> None:
    told = text(await CheckDesk(folder, Check("a", ("/usr/bin/env",))).run(name="a"))
    assert "PATH=" in told
    assert "sk-ant" not in told
    assert "GH_TOKEN" not in told


async def test_group_ends_before_the_call_does_when_it_is_cancelled(folder: Path) -> None:
    desk = CheckDesk(folder, Check("a", "echo $$ > pid; exec sleep 60"))
    call = asyncio.create_task(desk.run(name="a"))
    pid = await asyncio.to_thread(written_number, folder / "pid")
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not desk.writing.locked()
    assert desk.events == []


async def test_call_is_answered_when_its_check_is_interrupted(folder: Path) -> None:
    desk = CheckDesk(folder, Check("a", "echo $$ > pid; exec sleep 60"))
    assert desk.tool is not None
    call = asyncio.create_task(desk.run(name="a"))
    pid = await asyncio.to_thread(written_number, folder / "pid")
    desk.tool.interrupt()
    result = await call
    assert result.is_error
    assert "It was interrupted." in text(result)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert [event.exit_code for event in desk.events] == [None]


async def test_check_is_not_started_when_it_was_interrupted_while_it_waited(folder: Path) -> None:
    desk = CheckDesk(folder, Check("a", ("touch", "made")))
    assert desk.tool is not None
    await desk.writing.acquire()
    call = asyncio.create_task(desk.run(name="a"))
    await asyncio.sleep(0)
    desk.tool.interrupt()
    desk.writing.release()
    assert "It was interrupted." in text(await call)
    assert desk.left() == []
    assert not (await desk.run(name="a")).is_error


async def test_check_waits_when_something_is_being_written(folder: Path) -> None:
    desk = CheckDesk(folder, Check("a", ("touch", "made")))
    await desk.writing.acquire()
    call = asyncio.create_task(desk.run(name="a"))
    await asyncio.sleep(0.1)
    assert not (folder / "made").exists()
    desk.writing.release()
    assert not (await call).is_error
    assert (folder / "made").exists()


async def test_changed_files_are_told_when_git_sees_them(repository: Path) -> None:
    (repository / "edited").write_text("two\n")
    (repository / "new").write_text("one\n")
    command = "echo 3 >> edited; echo 2 > new; rm gone; git add staged; mkdir sub; touch sub/made a.log 'q\"'"
    desk = CheckDesk(repository, Check("a", command))
    told = text(await desk.run(name="a"))
    named = 'edited, gone, new, "q\\"", sub/made'
    assert f"\nNOTE: Changed while it ran, and not covered by rollback: {named}.\n" in told
    assert desk.events[0].paths == ("edited", "gone", "new", 'q"', "sub/made")


async def test_some_files_are_named_when_very_many_changed(repository: Path) -> None:
    desk = CheckDesk(repository, Check("a", "for n in $(seq 101 160); do touch new$n; done"))
    told = text(await desk.run(name="a"))
    assert "new101, new102" in told
    assert "new110 and 50 more." in told
    assert (len(desk.events[0].paths), desk.events[0].more_paths) == (50, 10)


async def test_nothing_is_said_of_files_when_none_changed(repository: Path) -> None:
    (repository / "edited").write_text("two\n")
    assert "NOTE" not in text(await CheckDesk(repository, Check("a", ("cat", "edited"))).run(name="a"))


async def test_nothing_is_said_of_files_when_there_is_no_git(folder: Path) -> None:
    assert "NOTE" not in text(await CheckDesk(folder, Check("a", ("touch", "made"))).run(name="a"))


def test_definition_lists_the_checks_and_stays_the_same(folder: Path) -> None:
    desk = CheckDesk(folder, Check("b", ("pytest", "a b")), Check("a", "x" * 300 + "\x1b"))
    assert desk.tool is not None
    definition = desk.tool.definition()
    assert str(definition["description"]).endswith(f"The checks are:\n- a: {'x' * 200}…\n- b: pytest 'a b'")
    assert definition == desk.tool.definition()
    schema = definition["input_schema"]
    assert isinstance(schema, dict)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate({"name": "a"}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"name": "a", "args": []}, schema)


async def test_check_ends_by_itself_when_it_ignores_the_request_to_end(folder: Path) -> None:
    desk = CheckDesk(folder, Check("a", "trap '' TERM; echo $$; while :; do sleep 0.05; done", 0.3))
    result = await desk.run(name="a")
    assert result.is_error
    with pytest.raises(ProcessLookupError):
        os.kill(int(desk.events[0].output.split()[0]), signal.SIGCONT)
