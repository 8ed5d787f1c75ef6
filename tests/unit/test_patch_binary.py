"""Proves that git's binary patches come to git's bytes, and that damaged deltas are refused within bounds."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.domain.errors import PatchError
from copydesk.domain.patches.binary import BinaryContent, read_binary, write_binary
from copydesk.domain.patches.patch_text import PatchText

BEFORE = b"0123456789"
"""What the deltas below are on."""


def delta(*pieces: bytes, old: int = len(BEFORE), new: int) -> BinaryContent:
    return BinaryContent(bytes([old, new]) + b"".join(pieces), is_delta=True)


def copied(offset: int, size: int) -> bytes:
    return bytes([0x80 | 0x01 | 0x10, offset, size])


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_what_is_written_is_read(before: bytes, after: bytes) -> None:
    text = PatchText(write_binary(before, after).encode())
    text.take()
    assert read_binary(text) == BinaryContent(after, is_delta=False)
    assert text.is_done


def test_delta_puts_together_old_and_new_bytes() -> None:
    made = delta(copied(7, 3), b"\x02ab", copied(0, 1), new=6).made_of(BEFORE)
    assert made == b"789ab0"


DAMAGED = {
    "on other bytes": (delta(copied(0, 3), old=9, new=3), "other bytes"),
    "behind the end": (delta(copied(8, 5), new=5), "behind the end"),
    "too few": (delta(copied(0, 3), new=4), "as many bytes"),
    "too many": (delta(copied(0, 3), copied(0, 3), new=3), "as many bytes"),
    "cut": (delta(b"\x05ab", new=5), "ends in the middle"),
    "no instruction": (delta(b"\0", new=1), "nobody knows"),
    "nothing": (BinaryContent(b"", is_delta=True), "ends in the middle"),
    "endless number": (BinaryContent(b"\xff" * 20, is_delta=True), "too large"),
    "endless file": (BinaryContent(b"\x0a\xff\xff\xff\xff\x7f" + copied(0, 1), is_delta=True), "other bytes"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_delta_is_refused(name: str) -> None:
    content, said = DAMAGED[name]
    with pytest.raises(PatchError, match=said):
        content.made_of(BEFORE)


@given(st.binary(max_size=30), st.binary(max_size=20))
def test_any_delta_is_refused_or_has_the_announced_size(payload: bytes, before: bytes) -> None:
    content = BinaryContent(bytes([len(before), 7]) + payload, is_delta=True)
    try:
        made = content.made_of(before)
    except PatchError:
        return
    assert len(made) == 7


@pytest.mark.parametrize("size", [0, 99, 101, 5000])
def test_content_is_refused_when_it_has_not_the_announced_size(size: int) -> None:
    written = write_binary(b"", bytes(100)).replace("literal 100", f"literal {size}").encode()
    text = PatchText(written)
    text.take()
    with pytest.raises(PatchError, match=f"the {size:,} bytes"):
        read_binary(text)


def test_content_is_refused_when_it_is_not_deflated() -> None:
    text = PatchText(b"literal 4\nD00000\n\n")
    with pytest.raises(PatchError, match="damaged"):
        read_binary(text)


def test_delta_of_git_makes_its_bytes(tmp_path: Path) -> None:
    before = bytes(range(256)) * 400
    after = before[:70_000] + b"\0new\0" + before[40_000:] + bytes(9)
    (tmp_path / "a").write_bytes(before)
    (tmp_path / "b").write_bytes(after)
    command = ["git", "diff", "--no-index", "--binary", "a", "b"]
    patch = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).stdout
    assert b"\ndelta " in patch
    text = PatchText(patch.partition(b"GIT binary patch\n")[2])
    assert read_binary(text).made_of(before) == after
