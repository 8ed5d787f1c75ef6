"""Owns the law of the overlay: what a model proposed waits in it, durably, until it is decided about."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.changes.gathered import Gathered, GatheredFile, overlay_document, read_overlay
from copydesk.changes.overlay import Overlay
from copydesk.changes.steps import Operation, StepMeta, StoredImage
from copydesk.domain.errors import GitError, HistoryError, NotRegularFile, PathRefused, StaleFile
from copydesk.domain.proposals import FileChange, FileImage, Proposal
from copydesk.workspace.git import STORE_DEADLINE, Answer, GitRunner, find_git
from copydesk.workspace.store import PrivateStore
from tests.desk import Desk
from tests.overlay_desk import OverlayDesk


@pytest.fixture
def desk(tmp_path: Path) -> OverlayDesk:
    desk = OverlayDesk(tmp_path)
    desk.write("a", b"one\n")
    desk.write("d/b", b"two\n")
    return desk


def git(store: Path, *arguments: str) -> str:
    command = ["git", f"--git-dir={store}", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout


def test_model_reads_its_edits_back_and_the_disk_is_untouched_when_they_are_gathered(desk: OverlayDesk) -> None:
    before = desk.contents()
    desk.propose({"a": b"ONE\n"})
    desk.propose({"a": b"ONE!\n", "new/c": b"three\n"})
    desk.propose({"d/b": None})
    assert desk.contents() == before
    assert desk.shown() == {"a": b"ONE!\n", "new/c": b"three\n", "d/b": None}
    image = desk.overlay.files.read("a")
    assert image is not None
    assert image.data == b"ONE!\n"
    base = desk.overlay.base("a")
    assert base is not None
    assert base.data == b"one\n"
    assert [file.proposals for file in desk.overlay.overlaid] == [("p1", "p2"), ("p2",), ("p3",)]
    assert [one.proposal for one in desk.overlay.proposals] == ["p1", "p2", "p3"]
    assert (desk.overlay.proposals[0].turn, desk.overlay.proposals[0].summary) == ("2", "Done.")


def test_overlay_is_the_same_when_it_is_loaded_again(desk: OverlayDesk) -> None:
    odd = "odd\udcff\n"
    desk.write("mode", b"x")
    (desk.base / "mode").chmod(0o751)
    desk.propose({"a": b"ONE\n", "mode": b"\xff\0\r\n"})
    desk.propose({"new": b"", "d/b": None}, emptied=("d",))
    desk.propose({odd: b"odd"})
    desk.propose({"a": b"one\n"}, undo=True)
    loaded = desk.load()
    assert loaded.proposals == desk.overlay.proposals
    assert loaded.overlaid == desk.overlay.overlaid
    assert list(loaded.images().items()) == list(desk.overlay.images().items())
    assert loaded.images()["mode"] == FileImage(b"\xff\0\r\n", 0o751)
    assert loaded.last_change(odd) == desk.overlay.last_change(odd)


def test_overlay_is_empty_when_its_session_has_gathered_nothing(desk: OverlayDesk) -> None:
    assert not desk.store.exists()
    assert desk.load().proposals == ()
    assert not desk.store.exists()
    desk.propose({"a": b"ONE\n"})
    assert desk.load("s2").images() == {}


def test_history_lists_no_pending_edits_when_there_are_some(desk: OverlayDesk) -> None:
    desk.propose({"a": b"ONE\n"})
    step = desk.edit("d/b", b"TWO\n")
    desk.propose({"a": b"ONE!\n"})
    assert Desk(desk.base.parent).history.steps() == [step]
    refs = git(desk.store, "for-each-ref", "--format=%(refname)").split()
    assert refs == ["refs/overlays/s1", "refs/sessions/s1"]
    assert git(desk.store, "fsck", "--strict", "--no-dangling") == ""


@pytest.mark.parametrize("before", [b"other\n", None])
def test_edit_is_stale_when_the_disk_was_not_what_it_was_computed_from(desk: OverlayDesk, before: bytes | None) -> None:
    change = FileChange("a", None if before is None else FileImage(before), FileImage(b"x"))
    with pytest.raises(StaleFile):
        desk.overlay.gather(Proposal("p", "", (desk.wanted("d/b", b"x"), change)), StepMeta(Operation.EDIT, "s1"))
    assert desk.shown() == desk.shown(desk.load()) == {}


def test_edit_is_stale_when_the_overlay_shows_something_else(desk: OverlayDesk) -> None:
    on_disk = desk.wanted("a", b"two")
    desk.propose({"a": b"ONE\n"})
    with pytest.raises(StaleFile):
        desk.overlay.gather(Proposal("p", "", (on_disk,)), StepMeta(Operation.EDIT, "s1"))
    assert desk.shown() == {"a": b"ONE\n"}


def test_edit_goes_on_from_the_overlay_when_the_disk_changed_meanwhile(desk: OverlayDesk) -> None:
    desk.propose({"a": b"ONE\n"})
    desk.write("a", b"somebody else's\n")
    desk.propose({"a": b"ONE!\n"})
    base = desk.overlay.base("a")
    assert base is not None
    assert base.data == b"one\n"


def test_edit_is_refused_when_its_path_cannot_be_a_file(desk: OverlayDesk) -> None:
    (desk.base / "out").symlink_to("/etc/hostname")
    desk.propose({"new": b"x"})
    for path, error in [
        ("out", PathRefused),
        (".git/config", PathRefused),
        ("d", NotRegularFile),
        ("new/inner", NotRegularFile),
    ]:
        with pytest.raises(error):
            desk.overlay.gather(
                Proposal("p", "", (FileChange(path, None, FileImage(b"")),)), StepMeta(Operation.EDIT, "s1")
            )
    assert desk.shown() == {"new": b"x"}


def test_edit_is_stale_when_its_path_became_a_link_to_the_same_bytes(desk: OverlayDesk) -> None:
    change = desk.wanted("a", b"x")
    (desk.base / "a").rename(desk.base / "elsewhere")
    (desk.base / "a").symlink_to("elsewhere")
    with pytest.raises(StaleFile):
        desk.overlay.gather(Proposal("p", "", (change,)), StepMeta(Operation.EDIT, "s1"))


def test_proposal_is_refused_when_it_changes_a_file_twice(desk: OverlayDesk) -> None:
    change = desk.wanted("a", b"x")
    with pytest.raises(ValueError, match="twice"):
        desk.overlay.gather(Proposal("p", "", (change, change)), StepMeta(Operation.EDIT, "s1"))


@pytest.mark.parametrize("session", ["", "../x", "a/b", ".hidden", "x" * 101, "a b"])
def test_overlay_is_refused_when_its_name_is_none_of_a_session(desk: OverlayDesk, session: str) -> None:
    with pytest.raises(ValueError):
        desk.load(session)


def test_last_change_is_the_one_before_when_the_last_is_undone(desk: OverlayDesk) -> None:
    desk.propose({"a": b"1"})
    desk.propose({"a": b"2"})
    for expected, back in [((b"1", b"2"), b"1"), ((b"one\n", b"1"), b"one\n")]:
        last = desk.load().last_change("a")
        assert last is not None
        assert last.change.before is not None
        assert last.change.after is not None
        assert (last.change.before.data, last.change.after.data) == expected
        desk.propose({"a": back}, undo=True)
    assert desk.overlay.last_change("a") is None
    assert desk.shown() == {"a": b"one\n"}


def test_edit_back_can_be_undone_when_it_was_no_undo(desk: OverlayDesk) -> None:
    desk.propose({"a": b"1"})
    desk.propose({"a": b"one\n"})
    last = desk.overlay.last_change("a")
    assert last is not None
    assert last.change.after == FileImage(b"one\n", 0o644)


def test_trail_has_what_each_of_the_named_proposals_did_to_a_file(desk: OverlayDesk) -> None:
    desk.propose({"a": b"1"})
    desk.propose({"x": b"1"})
    desk.propose({"a": b"2", "d/b": b"2"})
    desk.propose({"a": b"3"})
    trail = [(edit.before, edit.after) for edit in desk.overlay.trail("a", ("p1", "p3"))]
    data = [tuple(image.data if image else None for image in pair) for pair in trail]
    assert data == [(b"one\n", b"1"), (b"1", b"2")]


def test_only_the_others_wait_when_some_files_are_let_go(desk: OverlayDesk) -> None:
    desk.propose({"a": b"1", "d/b": b"1"})
    desk.propose({"a": b"2"})
    desk.overlay.discard(["a", "never there"])
    for overlay in (desk.overlay, desk.load()):
        assert desk.shown(overlay) == {"d/b": b"1"}
        assert [(one.proposal, one.paths) for one in overlay.proposals] == [("p1", ("d/b",))]
        assert overlay.last_change("a") is None
    desk.propose({"a": b"3"})
    desk.overlay.clear()
    assert desk.load().proposals == desk.overlay.proposals == ()


def test_later_edit_waits_on_what_it_was_computed_from_when_earlier_ones_are_let_go(desk: OverlayDesk) -> None:
    desk.propose({"a": b"1"})
    decided = [one.proposal for one in desk.overlay.proposals]
    desk.propose({"a": b"2"})
    desk.overlay.discard(["a"], decided)
    for overlay in (desk.overlay, desk.load()):
        base = overlay.base("a")
        assert base is not None
        assert base.data == b"1"
        assert desk.shown(overlay) == {"a": b"2"}
        assert overlay.overlaid[0].proposals == ("p2",)


@contextmanager
def file_size_limited(size: int) -> Iterator[None]:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


@pytest.mark.parametrize("limit", [1, 8_000])
def test_former_state_holds_when_the_disk_takes_no_more(desk: OverlayDesk, limit: int) -> None:
    desk.propose({"a": b"1"})
    with file_size_limited(limit), pytest.raises((HistoryError, GitError)):
        desk.propose({"a": b"2", "new": os.urandom(10_000)})
    assert desk.shown() == desk.shown(desk.load()) == {"a": b"1"}
    with file_size_limited(1), pytest.raises((HistoryError, GitError)):
        desk.overlay.clear()
    assert desk.shown() == desk.shown(desk.load()) == {"a": b"1"}
    desk.propose({"a": b"3"})
    assert desk.shown(desk.load()) == {"a": b"3"}


def test_ref_is_replaced_and_never_rewritten_when_it_moves(desk: OverlayDesk) -> None:
    desk.propose({"a": b"1"})
    with (desk.store / "refs/overlays/s1").open() as file:
        commit = git(desk.store, "rev-parse", "refs/overlays/s1")
        desk.propose({"a": b"2"})
        assert file.read() == commit


@pytest.mark.parametrize("damage", [b"", b"0123", b"f" * 40 + b"\n"])
def test_person_is_told_when_the_record_is_damaged(desk: OverlayDesk, damage: bytes) -> None:
    desk.propose({"a": b"1"})
    (desk.store / "refs/overlays/s1").write_bytes(damage)
    with pytest.raises(HistoryError, match="damaged"):
        desk.load()


def test_torn_new_ref_does_not_count_when_a_process_was_killed_before_it_moved(desk: OverlayDesk) -> None:
    desk.propose({"a": b"1"})
    (desk.store / "copydesk.ref").write_bytes(b"0123")
    assert desk.shown(desk.load()) == {"a": b"1"}
    desk.propose({"a": b"2"})
    assert desk.shown(desk.load()) == {"a": b"2"}


class CountingRunner(GitRunner):
    """Runs git and remembers what for."""

    verbs: list[str] = []  # noqa: RUF012 - a frozen dataclass takes no other

    def run(self, arguments, environment, overrides=(), stdin=b"", stop=None) -> Answer:  # type: ignore[no-untyped-def]
        self.verbs.append(arguments[0])
        return super().run(arguments, environment, overrides, stdin, stop)


def test_gathering_takes_one_process_when_the_store_is_there(desk: OverlayDesk) -> None:
    desk.propose({"a": b"1"})
    runner = CountingRunner(find_git(), STORE_DEADLINE)
    desk.overlay = Overlay.load(PrivateStore(desk.store, runner), desk.files, "s1")
    del runner.verbs[:]
    desk.propose({"a": b"2", "new": b"x"})
    assert runner.verbs == ["fast-import"]


paths = st.binary(min_size=1, max_size=9).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
stored = st.none() | st.builds(
    StoredImage, st.just("a" * 40), st.just("b" * 64), st.integers(0, 2**40), st.none() | st.integers(0, 0o7777)
)
files = st.builds(GatheredFile, paths, stored, stored, st.sampled_from(["utf-8", "latin-1"]))
proposals = st.builds(
    Gathered,
    st.sampled_from("pqr"),
    st.text(),
    st.text(),
    st.text(),
    st.lists(files, max_size=3).map(tuple),
    st.booleans(),
    st.lists(paths, max_size=2).map(tuple),
)


@given(st.lists(proposals, max_size=4).map(tuple))
def test_record_is_the_same_when_written_and_read(gathered: tuple[Gathered, ...]) -> None:
    assert read_overlay(overlay_document(gathered)) == gathered


@pytest.mark.parametrize("document", [b"", b"{", b"[]", b"{}", b'{"schema": "1"}', b'{"schema": 1, "gathered": [{}]}'])
def test_record_is_refused_when_it_is_damaged(document: bytes) -> None:
    with pytest.raises(HistoryError, match="damaged"):
        read_overlay(document)


def test_record_is_refused_when_a_newer_program_wrote_it() -> None:
    with pytest.raises(HistoryError, match="newer"):
        read_overlay(b'{"schema": 2}')
