"""Proves when the History is looked after, what people are told of it, and which sessions are live."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

import pytest

from copydesk.assembly.place import Place, open_place
from copydesk.assembly.server import ServerPlan, open_server
from copydesk.assembly.upkeep import history_to_purge, keep_up
from copydesk.changes.steps import Operation, StepMeta
from copydesk.config import Config
from copydesk.domain.policies import Mode
from copydesk.domain.proposals import FileChange, FileImage
from copydesk.domain.retention import Retention
from copydesk.frontends.verbs.history import Output
from copydesk.frontends.verbs.upkeep import PurgeRequest, run_export, run_purge
from copydesk.workspace.store import PrivateStore
from tests.live import live_session

LONG_AGO = 1_700_000_000.0
CONFIG = Config(history=Retention(days=1, sessions=1))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "w").mkdir()
    place = open_place(str(tmp_path / "w"), {**os.environ, "COPYDESK_STATE_DIR": str(tmp_path / "state")})
    for number in range(1, 4):
        edit(place, f"f{number}", f"s{number}")
    return place


def edit(place: Place, path: str, session: str) -> None:
    change = FileChange(path, place.files.read(path), FileImage(f"{session}\n".encode()))
    place.applier.apply([change], StepMeta(Operation.EDIT, session))


def store(place: Place) -> PrivateStore:
    return place.applier.history.store


def tidied_long_ago(place: Place, seconds: float = LONG_AGO) -> None:
    store(place).mark_tidied()
    os.utime(store(place).directory / "copydesk.tidied", (seconds, seconds))


def sessions(place: Place) -> list[str]:
    return sorted({step.meta.session for step in place.applier.history.steps()})


def test_nothing_is_done_when_it_is_not_time_to(place: Place) -> None:
    assert keep_up(place, CONFIG) == ()
    assert store(place).parts()[0] > 0
    edit(place, "f4", "s4")
    assert sessions(place) == ["s1", "s2", "s3", "s4"]


def test_nothing_is_made_when_there_is_no_history(tmp_path: Path) -> None:
    place = open_place(str(tmp_path), {**os.environ, "COPYDESK_STATE_DIR": str(tmp_path / "state")})
    assert keep_up(place, CONFIG) == ()
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("seconds", [LONG_AGO, LONG_AGO * 2])
def test_history_is_packed_when_a_day_has_passed(place: Place, seconds: float) -> None:
    tidied_long_ago(place, seconds)
    assert keep_up(place, CONFIG) == ()
    assert store(place).parts() == (0, 1)
    assert sessions(place) == ["s1", "s2", "s3"]
    edit(place, "f1", "s1")
    assert keep_up(place, CONFIG) == ()
    assert store(place).parts()[0] > 0, "it was just looked after"


def test_history_is_packed_within_the_day_when_there_are_many_objects(place: Place) -> None:
    last = store(place).tidied_at() - 3_600
    tidied_long_ago(place, last)
    keep_up(place, CONFIG)
    assert store(place).parts()[0] > 0
    folder = store(place).directory / "objects/00"
    folder.mkdir(exist_ok=True)
    for number in range(2_001):
        (folder / f"{number:038x}").touch()
    keep_up(place, CONFIG)
    assert store(place).parts() == (0, 1)


def test_person_is_told_when_the_history_is_larger_than_it_may_be(place: Place) -> None:
    tidied_long_ago(place)
    [first, second] = keep_up(place, Config(history=Retention(days=1, sessions=1, size=1)))
    assert "oldest sessions left the history (2)" in first
    assert "makes room" in second
    assert sessions(place) == ["s3"]


def test_exit_does_not_wait_when_another_process_is_at_work(place: Place) -> None:
    tidied_long_ago(place)
    with (store(place).directory / "copydesk.lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert keep_up(place, CONFIG) == ()
    assert store(place).parts()[0] > 0
    keep_up(place, CONFIG)
    assert store(place).parts() == (0, 1)


def test_person_is_told_when_the_history_cannot_be_looked_after(place: Place) -> None:
    (store(place).directory / "refs/sessions/s2").write_text("damaged")
    tidied_long_ago(place)
    [said] = keep_up(place, CONFIG)
    assert said.startswith("The history was not tidied up this time: ")
    assert store(place).parts()[0] > 0


def test_session_of_a_server_is_live_as_long_as_it_is_open(place: Place) -> None:
    server = open_server(place, ServerPlan(mode=Mode.ACCEPT, config=Config()))
    files = list((store(place).directory.parent / "live").iterdir())
    assert len(files) == 1
    with files[0].open("rb") as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert server.notices == ()


def test_purge_says_which_sessions_go_before_they_do(place: Place) -> None:
    out: list[str] = []
    talk: list[str] = []
    output = Output(out.append, talk.append)
    history = history_to_purge(place)
    with live_session(store(place), "s2"):
        assert run_purge(history, PurgeRequest(is_preview=True), output, lambda at: "then") == 0
        assert [line.split()[0] for line in "".join(out).splitlines()] == ["s1", "s2", "s3"]
        assert "s2  then       0.0 MiB  in use: stays\n" in "".join(out)
        assert talk == ["Nothing was dropped; 0.0 MiB would be free."]
        assert sessions(place) == ["s1", "s2", "s3"]
        run_purge(history, PurgeRequest(), output, lambda at: "then")
    assert talk[1:] == ["Dropped for good: 2, with 0.0 MiB."]
    assert sessions(place) == ["s2"]
    run_purge(history, PurgeRequest("absent"), output, lambda at: "then")
    assert talk[2:] == ["There is nothing to drop."]


def test_purge_is_one_document_when_it_was_asked_as_json(place: Place) -> None:
    out: list[str] = []
    output = Output(out.append, lambda line: None, as_json=True)
    run_purge(history_to_purge(place), PurgeRequest("f2"), output, lambda at: "then")
    document = json.loads("".join(out))
    [row] = document["sessions"]
    assert (document["outcome"], row["session"], row["is_gone"], row["size"] > 0) == ("done", "s2", True, True)


def test_export_says_what_takes_it_along(place: Place) -> None:
    out: list[str] = []
    talk: list[str] = []
    place.git.run(("init", "-q", place.root.path), {})
    for expected in ("refs/copydesk/s1\nrefs/copydesk/s2\nrefs/copydesk/s3\n", ""):
        run_export(place.applier.history, place.repository, Output(out.append, talk.append))
        assert out.pop() == expected
    assert "push --mirror" in talk[0]
    assert talk[1] == "There is nothing new to export."
