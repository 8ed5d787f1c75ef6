"""Owns the law of running a declared command: it ends in time with all that it started, and floods nothing."""

from __future__ import annotations

import os
import signal
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Timer

import pytest

from copydesk.workspace.processes import HEAD_BYTES, TAIL_BYTES, Ended, Output, Processes

ENVIRONMENT = {"PATH": os.defpath, "ONLY": "this"}


def run(folder: Path, command: tuple[str, ...] | str, seconds: float = 20, grace: float = 0.3) -> Ended:
    return Processes(str(folder), ENVIRONMENT, time.monotonic, time.monotonic, grace).run(command, seconds, Event())


def python(source: str) -> tuple[str, ...]:
    return sys.executable, "-I", "-c", source


def is_running(pid: int) -> bool:
    """Whether a process is there and not only waits to be asked for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def soon(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + 5
    while not holds() and time.monotonic() < until:
        time.sleep(0.01)
    return holds()


def test_command_is_run_as_it_is_given(tmp_path: Path) -> None:
    ended = run(tmp_path, ("/bin/echo", "a b", "$HOME", ";", "*"))
    assert (ended.exit_code, ended.output, ended.reason) == (0, Output(b"a b $HOME ; *\n"), "")


def test_string_is_read_by_the_shell(tmp_path: Path) -> None:
    ended = run(tmp_path, "cd /; pwd; echo wrong >&2; exit 7")
    assert (ended.exit_code, ended.output.head) == (7, b"/\nwrong\n")


def test_command_sees_its_directory_and_the_environment_given_and_nothing_else(tmp_path: Path) -> None:
    assert run(tmp_path, ("/bin/pwd",)).output.head.decode().strip() == os.path.realpath(tmp_path)
    names = {line.partition(b"=")[0] for line in run(tmp_path, ("/usr/bin/env",)).output.head.splitlines()}
    assert names == {b"PATH", b"ONLY"}


@pytest.fixture
def typing() -> Iterator[None]:
    """A person at the standard input of this process, who has typed a line."""
    reading, writing = os.pipe()
    os.write(writing, b"typed\n")
    kept = os.dup(0)
    os.dup2(reading, 0)
    yield
    os.dup2(kept, 0)
    for descriptor in (reading, writing, kept):
        os.close(descriptor)


@pytest.mark.usefixtures("typing")
def test_command_reads_nothing_when_it_asks_for_input(tmp_path: Path) -> None:
    ended = run(tmp_path, python("import sys; print(repr(sys.stdin.read()))"), seconds=5)
    assert (ended.exit_code, ended.output.head) == (0, b"''\n")


def test_command_has_no_terminal(tmp_path: Path) -> None:
    source = "import os; print(os.getsid(0) == os.getpgid(0) == os.getpid(), flush=True); open('/dev/tty')"
    lines = run(tmp_path, python(source)).output.head.splitlines()
    assert lines[0] == b"True"
    assert b"No such device" in lines[-1]


def test_signal_is_named_when_it_ended_the_command(tmp_path: Path) -> None:
    ended = run(tmp_path, "kill -SEGV $$")
    assert (ended.exit_code, ended.reason) == (128 + signal.SIGSEGV, "It was ended by SIGSEGV.")


@pytest.mark.parametrize("command", [("no-such-program",), ("./plain",), ("/",)])
def test_reason_is_given_when_a_program_cannot_be_started(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "plain").touch()
    ended = run(tmp_path, command)
    assert (ended.exit_code, ended.output) == (None, Output())
    assert ended.reason.startswith(f"{command[0]} could not be started: ")


def test_reason_is_given_when_the_directory_is_gone(tmp_path: Path) -> None:
    assert "could not be started" in run(tmp_path / "gone", ("/bin/true",)).reason


def test_whole_group_ends_when_the_time_is_up(tmp_path: Path) -> None:
    ended = run(tmp_path, "sleep 61 & echo $!; (sleep 62 & echo $!; wait) & echo $!; echo $$; wait", seconds=0.4)
    pids = [int(line) for line in ended.output.head.splitlines() if line.isdigit()]
    assert (ended.exit_code, ended.reason) == (None, "It did not end within 0.4 seconds and was stopped.")
    assert len(pids) == 4
    assert soon(lambda: not any(map(is_running, pids)))
    assert 0.4 <= ended.seconds < 5


def test_command_may_finish_when_it_is_asked_to_end(tmp_path: Path) -> None:
    script = "trap 'echo tidied; exit 0' TERM; echo begun; while :; do sleep 0.02; done"
    ended = run(tmp_path, script, seconds=0.3, grace=5)
    assert ended.exit_code is None
    assert (ended.output.head.splitlines()[0], ended.output.head.splitlines()[-1]) == (b"begun", b"tidied")
    assert ended.seconds < 4


def test_last_words_are_kept_when_nobody_read_them_in_time(tmp_path: Path) -> None:
    def late() -> float:
        time.sleep(0.1)
        return time.monotonic()

    script = "trap 'echo tidied; exit 0' TERM; echo begun; while :; do sleep 0.01; done"
    ended = Processes(str(tmp_path), ENVIRONMENT, late, late).run(script, 0.5, Event())
    assert ended.output.head.splitlines()[-1] == b"tidied"


def test_command_is_killed_when_it_does_not_listen(tmp_path: Path) -> None:
    source = (
        "import os, signal, time; signal.signal(15, signal.SIG_IGN); print(os.getpid(), flush=True); time.sleep(60)"
    )
    ended = run(tmp_path, python(source), seconds=0.6, grace=0.2)
    assert ended.exit_code is None
    assert not is_running(int(ended.output.head))
    assert 0.8 <= ended.seconds < 5


def test_left_children_end_with_the_command_when_they_hold_its_output(tmp_path: Path) -> None:
    ended = run(tmp_path, "sleep 60 & echo $!; exit 3")
    assert ended.exit_code == 3
    assert soon(lambda: not is_running(int(ended.output.head)))
    assert ended.seconds < 5


def test_daemon_is_not_waited_for_when_it_left_for_a_session_of_its_own(tmp_path: Path) -> None:
    source = (
        "import os, time\nif os.fork(): os._exit(0)\nos.setsid()\nif os.fork(): os._exit(0)\n"
        "print(os.getpid(), flush=True)\ntime.sleep(60)"
    )
    ended = run(tmp_path, python(source))
    daemon = int(ended.output.head)
    try:
        assert (ended.exit_code, ended.reason) == (0, "")
        assert ended.seconds < 5
        assert is_running(daemon)
    finally:
        os.kill(daemon, signal.SIGKILL)


def test_output_is_whole_when_a_child_writes_it_after_the_command_ended(tmp_path: Path) -> None:
    assert run(tmp_path, "(sleep 0.1; echo late) & exit 0").output.head == b"late\n"


def test_memory_is_bounded_when_a_command_floods(tmp_path: Path) -> None:
    source = "import sys\nfor number in range(3000): sys.stdout.write(f'{number:05}' * 20_000)"
    tracemalloc.start()
    ended = run(tmp_path, python(source))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert ended.exit_code == 0
    assert ended.output.head == b"00000" * (HEAD_BYTES // 5)
    assert ended.output.tail == b"02999" * (TAIL_BYTES // 5)
    assert ended.output.left_out == 300_000_000 - HEAD_BYTES - TAIL_BYTES
    assert peak < 1_000_000


def test_flood_is_stopped_when_the_time_is_up(tmp_path: Path) -> None:
    ended = run(tmp_path, ("yes",), seconds=0.3)
    assert ended.exit_code is None
    assert ended.seconds < 5


@pytest.mark.parametrize("size", [0, 1, HEAD_BYTES, HEAD_BYTES + 1, HEAD_BYTES + TAIL_BYTES])
def test_output_is_kept_whole_when_it_is_short(tmp_path: Path, size: int) -> None:
    text = bytes(number % 251 for number in range(size))
    (tmp_path / "text").write_bytes(text)
    output = run(tmp_path, ("/bin/cat", "text")).output
    assert (output.head + output.tail, output.left_out) == (text, 0)


def test_group_ends_when_the_run_is_no_longer_wanted(tmp_path: Path) -> None:
    stop = Event()
    timer = Timer(0.3, stop.set)
    timer.start()
    processes = Processes(str(tmp_path), ENVIRONMENT, time.monotonic, time.monotonic, 0.3)
    ended = processes.run("sleep 60 & echo $!; wait", 30, stop)
    timer.join()
    assert (ended.exit_code, ended.reason) == (None, "It was interrupted.")
    assert soon(lambda: not is_running(int(ended.output.head.splitlines()[0])))
    assert ended.seconds < 5


def test_nothing_is_started_when_the_run_is_not_wanted_any_more(tmp_path: Path) -> None:
    stop = Event()
    stop.set()
    ended = Processes(str(tmp_path), ENVIRONMENT, time.monotonic, time.monotonic).run(("no-such-program",), 5, stop)
    assert ended.reason == "It was interrupted."


def test_no_descriptor_is_left_open_when_many_commands_were_run(tmp_path: Path) -> None:
    descriptors = Path("/proc/self/fd")
    run(tmp_path, ("/bin/true",))
    before = len(list(descriptors.iterdir()))
    for _ in range(20):
        run(tmp_path, ("/bin/true",))
        run(tmp_path, ("no-such-program",))
    assert len(list(descriptors.iterdir())) == before
