"""Proves that sessions leave the History whole, that nothing else does, and that who reads it is not disturbed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from copydesk.changes.history import History
from copydesk.changes.retention import kept_sessions, purge, tidy, to_purge
from copydesk.domain.errors import HistoryError, UsageError
from copydesk.domain.retention import DAY, Retention
from copydesk.workspace.git import STORE_DEADLINE, GitRunner, find_git
from copydesk.workspace.live import ended_session, is_live, keep_live
from copydesk.workspace.store import PrivateStore
from tests.desk import STARTED, Desk
from tests.integration.tidy_once import LATER, RETENTION, SHARED, carry_out, prepare
from tests.live import live_session
from tests.overlay_desk import OverlayDesk


@pytest.fixture
def desk(tmp_path: Path) -> OverlayDesk:
    return prepare(tmp_path)


def sessions(desk: Desk) -> set[str]:
    return {step.meta.session for step in History(PrivateStore(desk.store)).steps()}


def has(desk: Desk, name: str) -> bool:
    git = ["git", f"--git-dir={desk.store}", "cat-file", "-e", name]
    return subprocess.run(git, check=False, capture_output=True, timeout=30).returncode == 0


def objects_of(desk: Desk, session: str) -> list[str]:
    """What a session holds that no other does."""
    git = ["git", f"--git-dir={desk.store}", "rev-list", "--objects", "--no-object-names"]
    own, others = ([f"refs/sessions/{session}"], [f"--exclude=refs/sessions/{session}", "--all"])
    listed = [subprocess.run([*git, *of], check=True, capture_output=True, text=True).stdout for of in (own, others)]
    return sorted(set(listed[0].split()) - set(listed[1].split()))


def sound(desk: Desk) -> bool:
    git = ["git", f"--git-dir={desk.store}", "fsck", "--strict", "--no-progress", "--unreachable"]
    return subprocess.run(git, check=True, capture_output=True, timeout=60).stdout == b""


def test_old_sessions_are_gone_when_their_time_is_past(desk: OverlayDesk) -> None:
    contents, going = desk.contents(), [*objects_of(desk, "s1"), desk.history.store.refs("refs/overlays")["s1"]]
    tidied = tidy(desk.history, RETENTION, LATER)
    assert tidied is not None
    assert [one.session for one in tidied.dropped] == ["s1", "s2"]
    assert tidied.sentences == ("The oldest sessions left the history (2); they cannot be taken back any more.",)
    assert sessions(desk) == {"s3", "s4"}
    assert len(going) > 6
    assert not any(has(desk, name) for name in going)
    assert desk.history.store.parts() == (0, 1)
    assert sound(desk)
    assert desk.contents() == contents


def test_steps_that_stay_are_taken_back_as_before_when_others_are_gone(desk: OverlayDesk) -> None:
    before = desk.history.steps()
    tidy(desk.history, RETENTION, LATER)
    assert desk.history.steps() == [step for step in before if step.meta.session in ("s3", "s4")]
    last = before[-1]
    assert last.files[0].after is not None
    desk.go_back(last)
    assert desk.contents()["file4"] == b"4b\n" * 500
    desk.redo()
    assert desk.contents()["file4"] == SHARED
    with pytest.raises(UsageError, match="This workspace has no step"):
        desk.history.find(before[0].id)


def test_edits_wait_no_more_when_their_session_was_dropped(desk: OverlayDesk) -> None:
    assert desk.shown() == {"waiting": b"new\n"}
    tidy(desk.history, RETENTION, LATER)
    assert desk.shown(desk.load()) == {}


def test_edits_go_on_waiting_when_their_session_is_not_past_its_time(desk: OverlayDesk) -> None:
    tidied = tidy(desk.history, Retention(days=50, sessions=1, size=1), LATER)
    assert tidied is not None
    assert [one.session for one in tidied.dropped] == ["s2", "s3"]
    assert "too new, in use, or waits" in tidied.sentences[-1]
    assert desk.shown(desk.load()) == {"waiting": b"new\n"}
    assert sound(desk)


def test_live_session_stays_when_it_is_past_its_time(desk: OverlayDesk) -> None:
    child = (
        "import sys; from copydesk.workspace.live import keep_live; from copydesk.workspace.store import *\n"
        "store = PrivateStore(sys.argv[1]); keep_live(store, 's1'); print(flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", child, str(desk.store)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert {one.session for one in kept_sessions(desk.history) if one.is_live} == {"s1"}
        tidy(desk.history, RETENTION, LATER)
        assert sessions(desk) == {"s1", "s3", "s4"}
        assert purge(desk.history, ["s1"]) == ()
        process.kill()
    tidy(desk.history, RETENTION, LATER)
    assert sessions(desk) == {"s3", "s4"}
    assert list((desk.store.parent / "live").iterdir()) == []


def test_session_is_live_as_long_as_somebody_is_in_it(desk: OverlayDesk) -> None:
    store = PrivateStore(desk.store)
    assert not is_live(store, "s1")
    with live_session(store, "s1"), ExitStack() as second:
        second.enter_context(live_session(store, "s1"))
        assert is_live(store, "s1")
        second.close()
        assert is_live(store, "s1")
    assert not is_live(store, "s1")
    keep_live(store, "s1")
    assert is_live(PrivateStore(desk.store), "s1")
    del store
    assert not is_live(PrivateStore(desk.store), "s1")


def test_session_is_opened_without_a_lock_when_the_state_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    with live_session(PrivateStore(tmp_path / "state/repo.git"), "s1"):
        pass
    assert is_live(PrivateStore(tmp_path / "state/repo.git"), "s1")


def test_session_stays_when_nothing_can_tell_whether_it_is_live(desk: OverlayDesk) -> None:
    (desk.store.parent / "live").touch()
    assert purge(desk.history, ["s1", "s4"]) == ()
    assert sessions(desk) == {"s1", "s2", "s3", "s4"}


def test_session_is_live_when_it_was_opened_while_it_was_dropped(desk: OverlayDesk) -> None:
    entered, left = threading.Event(), threading.Event()

    def enter() -> None:
        with live_session(PrivateStore(desk.store), "s1"):
            entered.set()
            left.wait(30)

    thread = threading.Thread(target=enter)
    with ended_session(desk.history.store, "s1") as is_ended:
        assert is_ended
        thread.start()
        assert not entered.wait(0.3)
    assert entered.wait(30)
    assert is_live(desk.history.store, "s1")
    left.set()
    thread.join()


def test_number_is_not_given_twice_when_the_last_session_was_purged(desk: OverlayDesk) -> None:
    last = desk.history.steps()[-1]
    purge(desk.history, ["s4"])
    assert desk.edit("file4", b"again\n", "s5").number > last.number


def test_purge_says_what_would_go(desk: OverlayDesk) -> None:
    everything = to_purge(desk.history)
    assert [one.session for one in everything] == ["s1", "s2", "s3", "s4"]
    assert [one.is_waiting for one in everything] == [True, False, False, False]
    assert all(one.size > 0 and one.used_at == STARTED for one in everything)
    found = {
        path: [one.session for one in to_purge(desk.history, path)] for path in ("file1", "shared", "waiting", "x")
    }
    assert found == {"file1": ["s1"], "shared": ["s2", "s3"], "waiting": ["s1"], "x": []}
    assert [one.session for one in to_purge(desk.history, ".")] == ["s1", "s2", "s3", "s4"]


def test_size_of_a_session_is_what_is_free_without_it(desk: OverlayDesk) -> None:
    desk.edit("large", os.urandom(200_000), "s2")
    sizes = {one.session: one.size for one in kept_sessions(desk.history)}
    before = desk.history.store.disk_size()
    purge(desk.history, ["s2"])
    assert 200_000 < sizes["s2"] < 205_000
    assert sizes["s2"] * 0.98 < before - desk.history.store.disk_size() < sizes["s2"] + 20_000


@pytest.mark.parametrize(("path", "left"), [(None, set[str]()), ("file3", {"s1", "s2", "s4"})])
def test_bytes_are_gone_when_they_were_purged(desk: OverlayDesk, path: str | None, left: set[str]) -> None:
    going = [one.session for one in to_purge(desk.history, path)]
    names = [name for session in going for name in objects_of(desk, session)]
    step = next(step for step in desk.history.steps() if step.meta.session == "s3")
    dropped = purge(desk.history, going)
    assert [one.session for one in dropped] == going
    assert sessions(desk) == left
    assert names
    assert not any(has(desk, name) for name in names)
    assert sound(desk)
    with pytest.raises(UsageError, match="no step"):
        desk.history.find(step.id)
    desk.go_back(desk.edit("file3", b"goes on\n", "s7"))
    assert desk.contents()["file3"] == b"3b\n" * 500


def test_nothing_is_dropped_when_a_step_was_interrupted(desk: OverlayDesk) -> None:
    desk.begin([desk.change("file1", b"half\n")])
    assert tidy(desk.history, RETENTION, LATER) is None
    with pytest.raises(HistoryError, match="not settled yet"):
        purge(desk.history, ["s4"])
    assert sessions(desk) == {"s1", "s2", "s3", "s4"}
    desk.applier.recover()
    assert tidy(desk.history, RETENTION, LATER) is not None


class FullStore(PrivateStore):
    """A store on a file system with too little room."""

    def free_space(self) -> int:
        return 1_000


def test_nothing_is_dropped_when_there_is_too_little_room_to_pack(desk: OverlayDesk) -> None:
    history = History(FullStore(desk.store))
    parts = history.store.parts()
    with pytest.raises(HistoryError, match=r"needs 0\.\d MiB free. Nothing was dropped"):
        tidy(history, RETENTION, LATER)
    assert (history.store.parts(), sessions(desk)) == (parts, {"s1", "s2", "s3", "s4"})
    purge(history, ["s1", "s2", "s3", "s4"])
    assert history.store.disk_size() == 0


def test_purge_of_a_store_that_is_not_there_has_nothing_to_say(tmp_path: Path) -> None:
    assert to_purge(History(PrivateStore(tmp_path / "ws/repo.git"))) == []


def test_history_is_whole_when_git_is_stopped_for_its_deadline(desk: OverlayDesk) -> None:
    git = desk.base / "slow-git"
    git.write_text(f'#!/bin/sh\n[ "$1" = pack-objects ] && exec sleep 60\nexec {find_git()} "$@"\n')
    git.chmod(0o755)
    slow = History(PrivateStore(desk.store, GitRunner(str(git), 1.0)))
    with pytest.raises(Exception, match="did not end within 1 seconds"):
        tidy(slow, RETENTION, LATER)
    assert sessions(desk) == {"s3", "s4"}
    carry_out(desk, "tidy")
    assert desk.history.store.parts() == (0, 1)
    assert sound(desk)


def test_who_reads_without_the_lock_is_not_disturbed_when_sessions_leave(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    kept = desk.edit("kept", b"kept\n" * 1_000, "s0").files[0].after
    stop = threading.Event()
    failures: list[BaseException] = []

    def read() -> Iterator[None]:
        warm = History(PrivateStore(desk.store, GitRunner(find_git(), STORE_DEADLINE)))
        while not stop.is_set():
            for history in (warm, History(PrivateStore(desk.store))):
                assert any(step.meta.session == "s0" for step in history.steps())
                [image] = history.images([kept])
                assert image is not None
                assert image.data == b"kept\n" * 1_000
                yield

    def run() -> None:
        try:
            for _ in read():
                rounds.append(1)
        except BaseException as error:
            failures.append(error)

    rounds: list[int] = []
    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    with live_session(PrivateStore(desk.store), "s0"):
        for number in count(1):
            for version in range(3):
                desk.edit("file", f"{number} {version}\n".encode(), f"s{number}")
            tidy(desk.history, Retention(days=1, sessions=1), STARTED + 9 * DAY)
            if failures or (number >= 10 and len(rounds) > 20):
                break
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []


class RacingStore(PrivateStore):
    """A store from which a session leaves between the list of its steps and what is read of them."""

    def cat(self, names: Sequence[str]) -> list[bytes | None]:
        other = History(PrivateStore(self.directory))
        purge(other, {step.meta.session for step in other.steps()} - {"s4"})
        return super().cat(names)


def test_steps_are_read_when_a_session_leaves_meanwhile(desk: OverlayDesk) -> None:
    warm = History(RacingStore(desk.store))
    assert {step.meta.session for step in warm.steps()} == {"s4"}
    desk.edit("file1", b"since\n", "s1")
    assert {step.meta.session for step in warm.steps()} == {"s4"}
