"""Proves which links the exploring tools list: by what they lead to, and by what they are called."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from copydesk.workspace.git import GitRunner, find_git
from copydesk.workspace.paths import Root
from tests.unit.test_explore import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    folder = tmp_path / "folder"
    folder.mkdir()
    with Root.open(folder) as root:
        desk = Desk(root, GitRunner(find_git(), 10))
        desk.fill({"README.md": b"# word\n", "src/app.py": b"one\ndef word():\n    pass\n"})
        yield desk


def test_link_is_listed_when_it_leads_to_a_file_that_may_be_seen(desk: Desk, tmp_path: Path) -> None:
    desk.fill({".env": b"word\n"})
    (tmp_path / "outside").write_text("word\n")
    links = {"in": "src/app.py", "to_env": ".env", "to_src": "src", "out": "../outside", "loop": "loop", "dead": "none"}
    for name, target in links.items():
        (desk.folder / name).symlink_to(target)
    assert desk.find() == "README.md\nin\nsrc/app.py\nNOTE: 2 matching paths left out: protected."
    assert "2 lines in 2 files match" in desk.search(pattern="word")
    assert desk.find(path="to_src", pattern="*.py") == "src/app.py"
    assert "1 line in 1 file" in desk.search(pattern="word", path="in")


def test_link_is_left_out_when_its_own_name_is_protected(desk: Desk) -> None:
    (desk.folder / ".env").symlink_to("README.md")
    assert desk.find(pattern="{.env,*.md}") == "README.md\nNOTE: 1 matching path left out: protected."
