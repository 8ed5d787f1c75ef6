"""Proves that the private store keeps bytes, moves refs only as it is told, and is nobody else's business."""

from __future__ import annotations

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
