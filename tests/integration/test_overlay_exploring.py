"""Owns the proof that the tools see an overlay as they see the disk: viewed, listed, searched, through links too."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from copydesk.domain.messages import ToolCall
from copydesk.domain.proposals import FileImage
from copydesk.tools.explore import ExplorePorts, FindFiles, SearchText
from copydesk.workspace.files import Files
from copydesk.workspace.git import GitRunner, find_git
from copydesk.workspace.overlay import OverlayFiles
from copydesk.workspace.search import COPIES_LIMIT, COPY_LIMIT, FileSearch
from tests.overlay_desk import OverlayDesk


class ExploredDesk(OverlayDesk):
    """A workspace whose overlay is looked at with the exploring tools."""

    def ports(self, files: Files) -> ExplorePorts:
        search = FileSearch(files, self.base, GitRunner(find_git(), 20), self.base.parent / "scratch")
        return ExplorePorts(files, self.files.real_path, lambda path: True, lambda path: path != "secret.txt", search)

    def find(self, **given: object) -> list[str]:
        return answer(FindFiles(self.ports(self.overlay.files)), given).split("\n")[1:]

    def search(self, files: Files | None = None, **given: object) -> str:
        return answer(SearchText(self.ports(files or self.overlay.files)), {"pattern": "word", **given})


def answer(tool: FindFiles | SearchText, given: dict[str, Any]) -> str:
    result = asyncio.run(tool.call(ToolCall("call", tool.name, given))).result
    assert isinstance(result.content, str)
    assert not result.is_error, result.content
    return result.content


@pytest.fixture(params=["repository", "folder"])
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[ExploredDesk]:
    desk = ExploredDesk(tmp_path)
    for path in ("changed.txt", "gone.txt", "same.txt", "src/deep/only.txt"):
        desk.write(path, b"word on disk\n")
    desk.write(".gitignore", b"*.log\n")
    if request.param == "repository":
        for arguments in (("init", "--quiet"), ("add", ".")):
            subprocess.run(["git", *arguments], cwd=desk.base, check=True, timeout=20)
    yield desk
    desk.files.root.close()


def test_files_are_found_as_the_overlay_has_them_when_edits_wait(desk: ExploredDesk) -> None:
    desk.propose({"changed.txt": b"x", "gone.txt": None, "src/deep/only.txt": None, "new/made.txt": b"", "x.log": b""})
    assert desk.find() == [".gitignore", "changed.txt", "new/made.txt", "same.txt"]
    assert desk.find(path="new") == ["new/made.txt"]
    assert desk.find(path="src") == []
    assert desk.find(pattern="*made*") == ["new/made.txt"]


def test_lines_are_found_as_the_overlay_has_them_when_edits_wait(desk: ExploredDesk) -> None:
    desk.propose({"changed.txt": b"no\nword proposed\n", "gone.txt": None, "new/made.txt": b"word made\n"})
    desk.propose({"src/deep/only.txt": b"nothing\n", "x.log": b"word\n"})
    assert desk.search() == (
        "3 lines in 3 files match:\n\nchanged.txt\n     2\tword proposed\n\nnew/made.txt\n     1\tword made\n\n"
        "same.txt\n     1\tword on disk"
    )
    assert desk.search(path="new").startswith("1 line in 1 file matches:\n\nnew/made.txt")


def test_link_shows_the_overlay_when_it_leads_there(desk: ExploredDesk) -> None:
    (desk.base / "to_changed").symlink_to("changed.txt")
    (desk.base / "to_gone").symlink_to("gone.txt")
    (desk.base / "to_made").symlink_to("new/made.txt")
    (desk.base / "to_new").symlink_to("new")
    desk.propose({"changed.txt": b"proposed word\n", "gone.txt": None, "new/made.txt": b"word made\n"})
    assert {"to_changed", "to_made"} < set(desk.find())
    assert "to_gone" not in desk.find()
    assert desk.find(path="to_new") == ["new/made.txt"]
    assert "1\tproposed word" in desk.search(path="to_changed")
    assert "1\tword made" in desk.search(path="to_new")
    image = desk.overlay.files.read(desk.files.real_path("to_made"))
    assert image is not None
    assert image.data == b"word made\n"


def test_disk_is_searched_again_when_the_edits_were_let_go(desk: ExploredDesk) -> None:
    desk.propose({"changed.txt": b"nothing\n", "new.txt": b"word\n"})
    desk.overlay.clear()
    assert "3 lines" not in desk.search()
    assert "changed.txt\n     1\tword on disk" in desk.search()
    assert "new.txt" not in desk.find()


def test_model_is_told_which_files_were_not_searched_when_they_are_too_large(desk: ExploredDesk) -> None:
    large = FileImage(b"word\n".ljust(COPY_LIMIT + 1, b"\n"))
    files = OverlayFiles(desk.files, lambda: {"changed.txt": large, "secret.txt": large})
    told = desk.search(files)
    assert "changed.txt\n" not in told
    assert told.endswith(
        "NOTE: Not searched, since an edit of it waits for review and it is too large: changed.txt. View it in ranges."
    )
    assert "NOTE" not in desk.search(files, path="same.txt")


def test_model_is_told_which_files_were_not_searched_when_there_are_too_many(desk: ExploredDesk) -> None:
    image = FileImage(b" " * COPY_LIMIT)
    images = {f"{number:03}": image for number in range(COPIES_LIMIT // COPY_LIMIT + 12)} | {"zzz": FileImage(b"word")}
    told = desk.search(OverlayFiles(desk.files, lambda: images))
    assert "too large: 016, 017, 018, 019, 020, 021, 022, 023, 024, 025 and 3 others." in told
