"""Owns what the History remembers and how it is kept."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.changes.history import History
from copydesk.changes.steps import (
    Operation,
    Step,
    StepFile,
    StepMeta,
    StoredImage,
    read_step,
    same_image,
    step_document,
)
from copydesk.domain.errors import HistoryError, UsageError
from copydesk.domain.proposals import FileAttributes, FileImage
from copydesk.workspace.git import STORE_DEADLINE, Answer, GitRunner, find_git
from copydesk.workspace.store import PrivateStore
from tests.desk import Desk

AWKWARD = [
    b"",
    b"\0",
    b"no final newline",
    b"\r\nmixed\n\rends\r",
    b"caf\xe9 \xff\xfe",
    b"data 3\nM 100644 inline pre-0\nfrom x\ndone\n",
    b"#!/bin/sh\n" * 5000,
]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def git(store: Path, *arguments: str) -> str:
    command = ["git", f"--git-dir={store}", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout


paths = st.binary(min_size=1, max_size=20).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
attributes = st.builds(
    FileAttributes, st.integers(0), st.integers(0), st.lists(st.tuples(paths, st.binary())).map(tuple)
)
images = st.none() | st.builds(
    StoredImage,
    st.just("a" * 40),
    st.just("b" * 64),
    st.integers(0, 2**40),
    st.none() | st.integers(0, 0o7777),
    st.none() | attributes,
)
modes = st.lists(st.tuples(paths, st.integers(0, 0o7777))).map(tuple)
files = st.builds(
    StepFile, paths, images, images, st.just(".t"), st.lists(paths).map(tuple), st.integers(0), st.integers(0), modes
)
metas = st.builds(
    StepMeta,
    st.sampled_from(Operation),
    st.just("s"),
    st.text(),
    st.text(),
    st.text(),
    st.text(),
    st.none() | st.integers(1),
    st.lists(paths).map(tuple),
)
steps = st.builds(
    Step, st.integers(1), st.just("c" * 40), st.floats(0, 1e10), metas, st.lists(files, max_size=3).map(tuple)
)


@given(steps)
def test_step_is_the_same_when_written_and_read(step: Step) -> None:
    # What is not compared is shown.
    assert repr(read_step(step.commit, step_document(step))) == repr(step)


@pytest.mark.parametrize("document", [b"", b"{", b"[]", b"{}", b'{"schema": 1}', b'{"schema": "1"}'])
def test_step_is_refused_when_its_document_is_damaged(document: bytes) -> None:
    with pytest.raises(HistoryError, match="damaged"):
        read_step("c" * 40, document)


def test_step_is_refused_when_a_newer_program_wrote_it() -> None:
    with pytest.raises(HistoryError, match="newer"):
        read_step("c" * 40, b'{"schema": 2}')


def test_images_are_the_same_when_a_mode_is_unknown() -> None:
    image = FileImage(b"x", 0o644)
    assert same_image(StoredImage.of(replace(image, mode=None)), image)
    assert not same_image(StoredImage.of(replace(image, mode=0o755)), image)
    assert not same_image(None, image)
    assert same_image(None, None)


@pytest.mark.parametrize("data", AWKWARD, ids=range(len(AWKWARD)))
def test_bytes_come_back_exactly_when_they_are_awkward(desk: Desk, data: bytes) -> None:
    desk.edit("file", data)
    step = desk.edit("file", b"other")
    assert desk.history.images([step.files[0].before, step.files[0].after]) == [
        FileImage(data, 0o644),
        FileImage(b"other", 0o644),
    ]


def test_no_image_is_given_when_there_was_no_file(desk: Desk) -> None:
    step = desk.edit("file", b"x")
    assert desk.history.images([step.files[0].before]) == [None]


def test_steps_are_counted_together_when_two_sessions_write(desk: Desk) -> None:
    sessions = ["one", "two", "two", "one"]
    for number, session in enumerate(sessions):
        desk.edit("file", b"%d" % number, session)
    found = History(PrivateStore(desk.store)).steps()
    assert [(step.number, step.meta.session) for step in found] == list(enumerate(sessions, 1))
    assert found == desk.history.steps()


def test_each_session_is_a_chain_of_plain_commits_when_git_reads_the_store(desk: Desk) -> None:
    steps = [desk.edit("file", b"%d" % number, session) for number, session in enumerate(["one", "two", "one"])]
    assert git(desk.store, "rev-list", "refs/sessions/one").split() == [steps[2].commit, steps[0].commit]
    assert git(desk.store, "show", f"{steps[2].commit}:pre-0") == "1"
    assert "Session: one\nStep: 3\nOp: edit" in git(desk.store, "log", "-1", "--format=%B", "refs/sessions/one")
    assert git(desk.store, "fsck", "--strict", "--no-dangling") == ""
    assert git(desk.store, "for-each-ref", "--format=%(refname)").split() == ["refs/sessions/one", "refs/sessions/two"]


def test_commit_holds_its_own_step_alone_when_others_came_before(desk: Desk) -> None:
    desk.write("b", b"b")
    desk.apply([desk.change("a", b"a"), desk.change("b", b"B")])
    step = desk.edit("c", b"c")
    assert git(desk.store, "ls-tree", "--name-only", step.commit).split() == ["post-0", "step.json"]


def test_message_stays_one_title_and_trailers_when_the_title_holds_controls(desk: Desk) -> None:
    meta = StepMeta(Operation.EDIT, "s1", call="x\nOp: forged", title="a\x1b]52;c;x\x07\nStep: 99 \udc80")
    desk.applier.apply([desk.change("file", b"x")], meta)
    lines = git(desk.store, "log", "-1", "--format=%B", "refs/sessions/s1").splitlines()
    assert lines[0] == "a?]52;c;x??Step: 99 ?"
    assert "Tool-Use-Id: x?Op: forged" in lines


def test_steps_of_another_process_are_seen_when_it_wrote_meanwhile(desk: Desk, tmp_path: Path) -> None:
    desk.edit("file", b"mine")
    other = Desk(tmp_path)
    step = other.edit("file", b"theirs", "s2")
    assert desk.history.steps()[-1] == step
    assert desk.edit("file", b"mine again").number == 3


def test_no_step_is_lost_when_two_histories_write_at_once(tmp_path: Path) -> None:
    desks = [Desk(tmp_path), Desk(tmp_path)]

    def work(index: int) -> None:
        for number in range(8):
            desks[index].edit(f"file{index}", b"%d" % number, f"s{index}")

    with ThreadPoolExecutor() as pool:
        list(pool.map(work, range(2)))
    assert [step.number for step in Desk(tmp_path).history.steps()] == list(range(1, 17))


@dataclass(frozen=True)
class CountingRunner(GitRunner):
    """Runs git and remembers what for."""

    verbs: list[str] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    """How many lines each was given to read."""

    def run(self, arguments, environment, overrides=(), stdin=b"", stop=None) -> Answer:  # type: ignore[no-untyped-def]
        self.verbs.append(arguments[0])
        self.asked.append(stdin.count(b"\n") if isinstance(stdin, bytes) else 0)
        return super().run(arguments, environment, overrides, stdin, stop)


def test_reading_takes_two_processes_when_there_are_many_steps(desk: Desk) -> None:
    for number in range(5):
        desk.edit("file", b"%d" % number)
    runner = CountingRunner(find_git(), STORE_DEADLINE)
    history = History(PrivateStore(desk.store, runner))
    assert len(history.steps()) == 5
    assert len(history.steps()) == 5
    assert runner.verbs == ["rev-list", "cat-file"]


def test_an_edit_takes_one_process_when_the_steps_are_known(desk: Desk) -> None:
    runner = CountingRunner(find_git(), STORE_DEADLINE)
    desk.applier.history = History(PrivateStore(desk.store, runner))
    desk.edit("file", b"1")
    del runner.verbs[:]
    desk.edit("file", b"2")
    assert runner.verbs == ["fast-import"]


def test_only_new_steps_are_read_when_another_process_made_some(desk: Desk, tmp_path: Path) -> None:
    runner = CountingRunner(find_git(), STORE_DEADLINE)
    history = History(PrivateStore(desk.store, runner))
    for number in range(5):
        desk.edit("file", b"%d" % number)
    history.steps()
    del runner.asked[:]
    desk.edit("file", b"new", "s2")
    desk.edit("file", b"newer")
    assert history.steps() == desk.history.steps()
    assert runner.asked == [0, 2]


def test_steps_are_gone_when_their_session_was_cleared(desk: Desk, tmp_path: Path) -> None:
    kept = desk.edit("file", b"one", "s1")
    desk.edit("file", b"two", "s2")
    clear(desk.store, "s2")
    assert desk.history.steps() == [kept]


def test_steps_are_those_on_disk_when_a_cleared_session_goes_on(desk: Desk, tmp_path: Path) -> None:
    kept = desk.edit("file", b"one", "s1")
    desk.edit("file", b"two", "s2")
    clear(desk.store, "s2")
    git(desk.store, "prune", "--expire=now")
    step = Desk(tmp_path).edit("file", b"three", "s2")
    assert desk.history.steps() == [kept, step]


def clear(store: Path, session: str) -> None:
    (store / "refs/sessions" / session).unlink()


def test_number_is_not_given_again_when_its_session_was_cleared(desk: Desk, tmp_path: Path) -> None:
    desk.edit("file", b"one", "s1")
    last = desk.edit("file", b"two", "s2").number
    clear(desk.store, "s2")
    assert Desk(tmp_path).edit("file", b"three", "s1").number > last


def test_number_is_not_given_again_when_the_cleared_step_was_settled(desk: Desk, tmp_path: Path) -> None:
    desk.edit("file", b"one", "s2")
    desk.begin([desk.change("file", b"two")])
    desk.applier.recover()
    last = desk.history.steps()[-1].number
    clear(desk.store, "s1")
    assert Desk(tmp_path).edit("file", b"three", "s2").number > last


def test_nothing_is_left_to_clear_when_the_step_that_left_it_was_cleared(desk: Desk) -> None:
    step = desk.edit("file", b"one", "s2")
    desk.edit("file", b"two", "s1")
    with desk.history.locked():
        desk.history.keep_uncleared([step])
        assert desk.history.uncleared() == [step]
        clear(desk.store, "s2")
        assert desk.history.uncleared() == []
    assert not desk.history.may_be_interrupted()


def test_numbers_follow_each_other_when_nothing_was_cleared(desk: Desk, tmp_path: Path) -> None:
    desk.edit("file", b"one")
    desk.begin([desk.change("file", b"two")])
    desk.applier.recover()
    Desk(tmp_path).edit("file", b"three", "s2")
    assert [step.number for step in desk.history.steps()] == [1, 2, 3, 4]


def test_edit_is_refused_when_another_process_does_not_end(desk: Desk, tmp_path: Path) -> None:
    desk.edit("file", b"one")
    desk.applier.history = History(PrivateStore(desk.store), patience=0.1)
    with (desk.store / "copydesk.lock").open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(HistoryError, match=r"locked for 0.1 seconds. Wait until it has ended; .* killed"):
            desk.edit("file", b"two")
    assert desk.contents() == {"file": b"one"}
    desk.edit("file", b"two")


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_edit_is_refused_when_the_file_system_has_no_locks(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(HistoryError, match=r"cannot be locked \(.*\), so no edit is made. Set COPYDESK_STATE_DIR"):
        desk.edit("file", b"x")
    assert desk.names() == set()


def test_store_is_made_when_the_process_that_made_it_was_killed(desk: Desk) -> None:
    desk.store.mkdir()
    (desk.store / "config.lock").write_bytes(b"")
    (desk.store / "HEAD.lock").write_bytes(b"")
    desk.edit("file", b"x")
    assert desk.contents() == {"file": b"x"}


def test_what_killed_processes_left_in_the_store_is_removed_when_a_step_is_settled(desk: Desk) -> None:
    desk.begin([desk.change("file", b"x")])
    litter = ["objects/pack/tmp_pack_x", "objects/ab/tmp_obj_x", "refs/sessions/s1.lock", "fast_import_crash_1"]
    for name in litter:
        with suppress(FileExistsError):
            (desk.store / name).parent.mkdir()
        (desk.store / name).write_bytes(b"")
    desk.applier.recover()
    assert [name for name in litter if (desk.store / name).exists()] == []
    assert (desk.store / "copydesk.lock").exists()


def test_nothing_is_made_when_an_empty_history_is_read(desk: Desk) -> None:
    assert desk.history.steps() == []
    assert not desk.store.exists()


def test_step_is_found_when_its_beginning_is_given(desk: Desk) -> None:
    step = desk.edit("file", b"x")
    assert desk.history.find(step.id) == step
    assert desk.history.find(step.commit.upper()) == step


@pytest.mark.parametrize("prefix", ["", "zz", "--all", "*"])
def test_step_is_refused_when_no_id_begins_so(desk: Desk, prefix: str) -> None:
    desk.edit("file", b"x")
    with pytest.raises(UsageError, match="no step"):
        desk.history.find(prefix)


def test_step_is_refused_when_several_ids_begin_so(desk: Desk) -> None:
    first = {desk.edit("file", b"%d" % number).commit[0] for number in range(17)}
    assert len(first) < 17
    common = next(digit for digit in first if sum(s.commit[0] == digit for s in desk.history.steps()) > 1)
    with pytest.raises(UsageError, match="more of its digits"):
        desk.history.find(common)


@pytest.mark.parametrize("session", ["", "../x", "a/b", "a b", "-x", "x.lock", "x" * 101])
def test_session_is_refused_when_it_cannot_name_a_ref(desk: Desk, session: str) -> None:
    with pytest.raises(HistoryError, match="cannot name a session"):
        desk.edit("file", b"x", session)
    assert desk.names() == set()


def test_loss_is_said_when_a_blob_is_missing(desk: Desk) -> None:
    image = desk.edit("file", b"x").files[0].after
    assert image is not None
    (desk.store / "objects" / image.blob[:2] / image.blob[2:]).unlink()
    with pytest.raises(HistoryError, match="lost"):
        desk.history.images([image])


def test_invariant_10_store_is_readable_by_its_owner_alone_when_it_is_used(desk: Desk) -> None:
    desk.edit("file", b"secret")
    desk.edit("file", b"other")
    assert desk.store.stat().st_mode & 0o777 == 0o700


def test_edit_is_refused_when_the_store_cannot_be_made(desk: Desk) -> None:
    desk.store.write_bytes(b"a file in its place")
    with pytest.raises(HistoryError, match="cannot be kept"):
        desk.edit("file", b"x")
    assert desk.names() == set()


def test_step_is_recorded_when_the_store_has_lost_what_it_should_hold(desk: Desk) -> None:
    first = desk.edit("file", b"one")
    image = first.files[0].after
    assert image
    (desk.store / "objects" / image.blob[:2] / image.blob[2:]).unlink()
    step = desk.edit("file", b"two")
    assert [held.data for held in desk.history.images([step.files[0].before, step.files[0].after]) if held] == [
        b"one",
        b"two",
    ]
    assert list(desk.store.glob("fast_import_crash_*")) == []
