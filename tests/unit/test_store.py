"""Proves that the private store keeps bytes, moves refs only as it is told, and is nobody else's business."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from copydesk.domain.errors import GitError, HistoryError
from copydesk.workspace.store import PrivateStore

BLOBS = [b"", b"\n", b"text\n\n", b"no end", b"\0\xff\r\n", b"x" * 300_000]


@pytest.fixture
def store(tmp_path: Path) -> PrivateStore:
    store = PrivateStore(tmp_path / "state/workspace/repo.git")
    store.initialise()
    return store


def keep(store: PrivateStore, ref: str, blobs: list[bytes]) -> str:
    """Commit blobs as files named by their number; gives the id of the commit."""
    lines = [b"commit %b\nmark :1\ncommitter x <x@localhost> 1 +0000\ndata 1\nx\n" % ref.encode()]
    lines += [b"M 100644 inline %d\ndata %d\n%b\n" % (place, len(blob), blob) for place, blob in enumerate(blobs)]
    return store.fast_import([*lines, b"get-mark :1\n"]).decode().strip()


def test_bytes_come_back_when_they_were_kept(store: PrivateStore) -> None:
    commit = keep(store, "refs/sessions/a", BLOBS)
    names = [f"{commit}:{number}" for number in range(len(BLOBS))]
    assert store.cat([*names, f"{commit}:absent", "nonsense", "odd name"]) == [*BLOBS, None, None, None]
    assert store.ref("refs/sessions/a") == commit
    assert store.run(("cat-file", "blob", f"{commit}:2")) == b"text\n\n"


def test_cat_refuses_a_name_when_it_holds_a_newline(store: PrivateStore) -> None:
    with pytest.raises(ValueError, match="newline"):
        store.cat(["a\nb"])


def test_ref_moves_when_it_is_pointed_at_another_object(store: PrivateStore) -> None:
    first, second = keep(store, "refs/sessions/a", [b"1"]), keep(store, "refs/sessions/b", [b"2"])
    for commit in (first, second):
        store.point("refs/overlays/c", commit)
        assert store.ref("refs/overlays/c") == commit


@pytest.mark.parametrize("name", ["HEAD", "--help", "refs/../x", "refs/a b", "refs/", "refs/-x", "refs/x\n"])
def test_ref_name_is_refused_when_it_is_not_ours(store: PrivateStore, name: str) -> None:
    with pytest.raises(ValueError, match="no name of a ref"):
        store.ref(name)
    with pytest.raises(ValueError, match="no object id"):
        store.point("refs/sessions/a", "-d")


def test_store_is_private_when_it_was_made(store: PrivateStore) -> None:
    keep(store, "refs/sessions/a", BLOBS)
    store.initialise()
    outer = store.directory.parents[1]
    kept = [path for path in (*store.directory.rglob("*"), store.directory) if path.name not in ("refs", "objects")]
    assert outer.stat().st_mode & 0o077 == 0
    assert [path for path in kept if path.is_file() and path.stat().st_mode & 0o077] == []
    assert not any((store.directory / name).exists() for name in ("hooks", "description", "info"))


def test_store_cannot_be_made_when_a_file_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    with pytest.raises(HistoryError, match="The history cannot be kept in"):
        PrivateStore(tmp_path / "state/repo.git").initialise()


def test_store_is_an_error_when_it_was_never_made(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="not a git repository"):
        PrivateStore(tmp_path / "absent").run(("rev-list", "--all"))


def test_all_that_refs_reach_is_one_pack_when_the_store_was_packed(store: PrivateStore) -> None:
    first, second = keep(store, "refs/sessions/a", BLOBS), keep(store, "refs/overlays/b", [b"waits"])
    third = keep(store, "refs/sessions/c", [b"dropped"])
    store.drop("refs/sessions/c")
    store.pack()
    assert store.cat([f"{first}:{number}" for number in range(len(BLOBS))]) == BLOBS
    assert store.cat([f"{second}:0", third, f"{third}:0"]) == [b"waits", None, None]
    assert store.parts() == (0, 1)
    store.pack()
    assert store.parts() == (0, 1)
    assert store.cat([f"{first}:0"]) == BLOBS[:1]


def test_nothing_is_left_when_no_ref_is(store: PrivateStore) -> None:
    for name in "ab":
        keep(store, f"refs/sessions/{name}", [name.encode()])
        store.pack()
    for name in "ab":
        store.drop(f"refs/sessions/{name}")
    store.drop("refs/sessions/never-was")
    store.pack()
    assert (store.parts(), store.disk_size(), store.refs("refs/sessions")) == ((0, 0), 0, {})


def test_nothing_is_removed_when_a_ref_is_damaged(store: PrivateStore) -> None:
    keep(store, "refs/sessions/a", [b"a"])
    lost = keep(store, "refs/sessions/b", [b"b"])
    before = store.parts()
    for content, message in (("", "does not name an object"), (f"{'0' * 39}1", "pack-objects failed")):
        (store.directory / "refs/sessions/b").write_text(content)
        with pytest.raises((HistoryError, GitError), match=message):
            store.pack()
    assert store.parts() == before
    assert store.cat([f"{lost}:0"]) == [b"b"]


def test_refs_are_listed_with_what_they_name(store: PrivateStore) -> None:
    assert store.refs("refs/overlays") == {}
    commit = keep(store, "refs/sessions/a", [b"a"])
    (store.directory / "refs/sessions/b.lock~").touch()
    assert store.refs("refs/sessions") == {"a": commit}
    (store.directory / "refs/sessions/c").write_text("damaged")
    with pytest.raises(HistoryError, match="refs/sessions/c does not name an object"):
        store.refs("refs/sessions")


def test_sizes_are_what_objects_take_on_disk(store: PrivateStore) -> None:
    commit = keep(store, "refs/sessions/a", [os.urandom(5_000)])
    found = store.disk_sizes([commit, f"{commit}:0", f"{commit}:absent"])
    assert found[0] > 0
    assert 5_000 < found[1] < 5_100
    assert found[2] == 0
    assert store.disk_size() > sum(found)


LEFT = (
    *("HEAD.lock", "config.new", "copydesk.ref", "fast_import_crash_7", "objects/7f/tmp_obj_x", "refs/sessions/a.lock"),
    *("objects/pack/tmp_pack_x", "objects/pack/.tmp-7-pack-x", "objects/pack/multi-pack-index.lock"),
)


def test_leftovers_of_killed_processes_go_and_the_lock_stays(store: PrivateStore) -> None:
    commit = keep(store, "refs/sessions/a", [b"a"])
    for name in (*LEFT, "copydesk.lock"):
        (store.directory / name).parent.mkdir(exist_ok=True)
        (store.directory / name).touch()
    store.clear_leftovers()
    assert [name for name in LEFT if (store.directory / name).exists()] == []
    assert (store.directory / "copydesk.lock").exists()
    assert store.cat([f"{commit}:0"]) == [b"a"]


def test_time_of_the_last_look_is_that_of_the_store_until_there_was_one(store: PrivateStore) -> None:
    made = (store.directory / "config").stat().st_mtime
    assert store.tidied_at() == made
    os.utime(store.directory / "config", (1, 1))
    store.mark_tidied()
    assert store.tidied_at() >= made
