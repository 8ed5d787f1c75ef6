"""Proves invariant 4 on every tool: no path, however it is written and whatever is swapped meanwhile, leads outside the
root or into a `.git` directory.

`COPYDESK_CAMPAIGN` set to anything but 0 tries thousands of paths.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest

from copydesk.assembly.place import open_place
from copydesk.assembly.server import ServerPlan, ToolServer, open_server
from copydesk.config import Config
from copydesk.domain.messages import ToolCall
from copydesk.domain.policies import Mode
from copydesk.domain.tools import TOOL_VERSIONS
from tests.integration.test_whole_tool import contents

CAMPAIGN = int(os.environ.get("COPYDESK_CAMPAIGN", "0"))
SEEDS, PATHS_A_SEED = (12, 500) if CAMPAIGN else (2, 80)
RACED_CALLS = 3000 if CAMPAIGN else 150
VERSION = TOOL_VERSIONS["text_editor_20250124"]
"""A version with `undo_edit`."""

CANARIES = ("outside-canary", "git-canary", "unseen-name")
SECRET, IN_GIT, UNSEEN = CANARIES
SWAP = """
import os, random, sys, time
from copydesk.workspace.syscalls import exchange_names
descriptor = os.open(sys.argv[1], os.O_RDONLY)
print("swapping", flush=True)
while True:
    for name in sys.argv[2:]:
        exchange_names(descriptor, name, f"{name}.link")
    time.sleep(random.choice((0, 0, 0, 0.0005, 0.002, 0.05)))
"""
"""Swaps entries of a directory with their `.link`, again and again, until it is killed; now fast, now with a rest."""

pytestmark = pytest.mark.timeout(600 if CAMPAIGN else 60)


@dataclass(frozen=True)
class Desk:
    """A workspace among things that are none of its business, with a server on it."""

    folder: Path
    server: ToolServer
    runner: asyncio.Runner

    @property
    def root(self) -> Path:
        return self.folder / "desk"

    def forbidden(self) -> dict[str, tuple[int, bytes]]:
        """All that is outside the root, and in its `.git` directories, byte for byte."""
        found = {f"outside/{name}": facts for name, facts in contents(self.folder / "outside").items()}
        for number, inside in enumerate((self.root / ".git", self.root / "vendor" / ".git", self.folder / "desk-2")):
            found |= {f"{number}/{name}": facts for name, facts in contents(inside).items()}
        gitfile = (self.root / "worktree" / ".git").read_bytes()
        beside = dict.fromkeys((path.name for path in self.folder.iterdir()), (0, b""))
        return found | beside | {"gitfile": (0, gitfile)}

    def ask(self, name: str, **given: Any) -> tuple[bool, str]:
        """Whether a call was carried out, and all that was said of it."""
        outcome = self.runner.run(self.server.toolbox.run(ToolCall("call", name, given)))
        return not outcome.result.is_error, json.dumps(outcome.result.content, ensure_ascii=False)

    def try_all(self, path: str) -> Iterator[tuple[str, bool, str]]:
        """What every tool does with a path: what was called, whether it was carried out, what was said."""
        for command, given in CALLS.items():
            yield command, *self.ask(VERSION.name, command=command, path=path, **given)
        for name, given in EXPLORING.items():
            yield name, *self.ask(name, path=path, **given)


CALLS: dict[str, dict[str, Any]] = {
    "view": {},
    "create": {"file_text": "mine\n"},
    "str_replace": {"old_str": "canary", "new_str": "mine"},
    "insert": {"insert_line": 0, "insert_text": "mine\n"},
    "undo_edit": {},
}
EXPLORING: dict[str, dict[str, Any]] = {"find_files": {"pattern": "*"}, "search_text": {"pattern": "canary"}}


def lay_out(folder: Path) -> Path:
    """A root with links of every kind, beside what may never be reached."""
    root, outside = folder / "desk", folder / "outside"
    for path in (root / ".git", root / "sub" / "deep", root / "vendor" / ".git", root / "worktree", outside / "inner"):
        path.mkdir(parents=True)
    (folder / "desk-2").mkdir()
    for path in (outside / "secret.txt", outside / "inner" / "secret.txt", folder / "desk-2" / "secret.txt"):
        path.write_text(f"{SECRET}\n")
    (outside / f"{UNSEEN}.txt").write_text(f"{SECRET}\n")
    for path in (root / ".git" / "config", root / ".git" / f"{UNSEEN}-in-git", root / "vendor" / ".git" / "config"):
        path.write_text(f"[{IN_GIT}]\n")
    (root / "worktree" / ".git").write_text(f"gitdir: ../.git/{IN_GIT}\n")
    for name in ("a.txt", "sub/b.txt", "sub/deep/c.txt", "git/config", "~/x"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("kept: a canary\n")
    for name, target in links(outside).items():
        (root / name).symlink_to(target)
    return root


def links(outside: Path) -> dict[str, str]:
    """Links in the root by their names, and where they lead."""
    found = {
        "dir-out": "../outside", "dir-out-absolute": str(outside), "file-out": "../outside/secret.txt",
        "file-out-absolute": str(outside / "secret.txt"), "dangling": "../outside/new.txt",
        "dangling-absolute": str(outside / "new.txt"), "dangling-folder": "../outside/new", "up": "..", "top": "/",
        "around": "../desk/../outside", "through": "sub/../../outside", "below": "sub/deep/../../../outside/secret.txt",
        "git-link": ".git", "git-file": ".git/config", "git-loud": ".GIT", "vendored": "vendor/.git/config",
        "gitfile": "worktree/.git", "loop": "loop", "ping": "pong", "pong": "ping", "magic": "/proc/self/root",
        "magic-cwd": "/proc/self/cwd", "magic-fd": "/dev/fd", "inside": "sub", "inside-file": "a.txt",
        "sub/back": "../..", "sub/home": "..", "chain0": "../outside", "long0": "a.txt", "git0": ".git",
    }  # fmt: skip
    for kind, length in (("chain", 6), ("long", 45), ("git", 4)):
        found |= {f"{kind}{number}": f"{kind}{number - 1}" for number in range(1, length)}
    return found


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The desk; the current directory and the home are outside, so that a name taken from there would show."""
    root = lay_out(tmp_path)
    monkeypatch.chdir(tmp_path / "outside")
    monkeypatch.setenv("HOME", str(tmp_path / "outside"))
    plan = ServerPlan(mode=Mode.ACCEPT, config=Config(), version=VERSION)
    with asyncio.Runner() as runner:
        yield Desk(tmp_path, open_server(open_place(str(root), os.environ), plan), runner)


def git_names() -> list[str]:
    """`.git` as some file system or other may take it."""
    hidden = ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u202e", "\u00ad", "\u180e"]
    spelled = [
        ".git",
        ".GIT",
        ".Git",
        ".gIt",
        "\uff0egit",
        "\u2024git",
        ".\uff47\uff49\uff54",
        ".g\u0131t",
        ".g\u0130t",
    ]
    spelled += (
        [f".g{sign}it" for sign in hidden] + [f"{sign}.git" for sign in hidden] + [f".git{sign}" for sign in hidden]
    )
    ended = [
        f".git{end}" for end in (".", " ", "...", ". .", "::$INDEX_ALLOCATION", ":$I30:$INDEX_ALLOCATION", ":x", "\\")
    ]
    return [*spelled, *ended, "git~1", "GIT~1", "git~1.", "GiT~1 ", ".git\\config", "..git", "git"]


def ways_out(folder: Path) -> list[str]:
    """Beginnings that lead outside, or might."""
    outside, root = str(folder / "outside"), str(folder / "desk")
    return [
        *(
            "..",
            "../..",
            "../outside",
            "sub/../../outside",
            "./../outside",
            "../desk/../outside",
            "sub/./../../outside",
        ),
        *("a.txt/../../outside", "nothing/../../outside", "..//outside", ".//..//outside", "../outside/inner/.."),
        *(outside, f"/{outside}", f"//{outside}", f"{root}/../outside", f"{root}-2", f"{root}/sub/../../outside"),
        *(f"/proc/self/root{outside}", "/proc/self/cwd", "/proc/thread-self/cwd", f"/proc/{os.getpid()}/cwd"),
        *("/proc/self/root", "/proc/self/fd/0", "/proc/self/environ", "/dev/fd/0", "/dev/stdin", "/", "//", "///"),
        *("~", "~root", "$HOME", "${HOME}", "%HOME%", f"file://{outside}", f"file:{outside}", f"file://host{outside}"),
        *("..\\outside", "sub\\..\\..\\outside", "\\\\?\\C:\\outside", "C:/outside", "%2e%2e/outside", "..%2foutside"),
        *("\u2024\u2024/outside", "\uff0e\uff0e/outside", "..\u2215outside", "\u2025/outside", ". ./outside"),
        *("\u200b../outside", "..\u200b/outside", "..\ufeff/outside", " ../outside", ".. /outside", "\t../outside"),
        *links(folder / "outside"),
    ]


TAILS = (
    *("", "/", "//", "/.", "/..", "/secret.txt", "/inner/secret.txt", "/inner/../secret.txt", "/new.txt", "/new/x.txt"),
    *("/config", "/../outside/secret.txt", "/../../outside", "/HEAD", "/.git/config", "/*"),
)
MIDDLES = ("", "sub/", "./", "sub/../", "vendor/", "worktree/", "inside/", "sub/deep/", "nothing/", "~/", "a.txt/")


def disguised(random: Random, path: str) -> str:
    """The same path in another spelling, or one that is broken in a way."""
    at = random.randrange(len(path) + 1)
    match random.randrange(12):
        case 0:
            return path[:at] + "\0" + path[at:]
        case 1:
            return path[:at] + random.choice(("\u200b", "\ufeff", "\u202e", "\u0301", "\ud800", "\udce9")) + path[at:]
        case 2:
            return unicodedata.normalize(random.choice(("NFC", "NFD", "NFKC", "NFKD")), path)
        case 3:
            return path.upper() if random.random() < 0.5 else path.title()
        case 4:
            return path.replace("/", random.choice(("//", "/./", "\\", "/sub/../")))
        case 5:
            return "./" * random.choice((1, 50, 2100)) + path
        case 6:
            return f"{'x' * random.choice((200, 255, 256, 5000))}/../{path}"
        case 7:
            return path + random.choice((" ", ".", "\n", "\r", "::$DATA", "/" * 5000, "?x", "#x", ";", "|cat"))
        case _:
            return path


def hostile_path(random: Random, folder: Path) -> str:
    """A path that leads where none may, or looks as if."""
    way, git = random.choice(ways_out(folder)), random.choice(git_names())
    path = random.choice(
        (
            way + random.choice(TAILS),
            random.choice(MIDDLES) + way + random.choice(TAILS),
            random.choice(MIDDLES) + git + random.choice(TAILS),
            f"{folder}/desk/{random.choice(MIDDLES)}{git}{random.choice(TAILS)}",
            f"{way}/{random.choice(ways_out(folder))}{random.choice(TAILS)}",
            f"{way}/{git}/config",
        )
    )
    return disguised(random, path)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_invariant_4_nothing_leaves_the_root_or_enters_git_when_paths_are_hostile(desk: Desk, seed: int) -> None:
    random, before, tally = Random(seed), desk.forbidden(), Counter[bool]()
    for number in range(PATHS_A_SEED):
        path = hostile_path(random, desk.folder)
        for called, is_done, said in desk.try_all(path):
            assert [canary for canary in CANARIES if canary in said] == [], (called, path, said)
            tally[is_done] += 1
        if number % 20 == 0:
            assert desk.forbidden() == before, path
    assert desk.forbidden() == before
    assert tally[False] > 2 * tally[True] > 0


def test_other_names_of_a_file_outside_keep_its_bytes_when_it_is_edited(desk: Desk) -> None:
    shared = desk.folder / "outside" / "shared.txt"
    shared.write_text("kept\n")
    for name in ("a-link.txt", "sub/b-link.txt"):
        os.link(shared, desk.root / name)
    before = desk.forbidden()

    assert desk.ask(VERSION.name, command="str_replace", path="a-link.txt", old_str="kept", new_str="mine")[0]
    assert desk.ask(VERSION.name, command="insert", path="sub/b-link.txt", insert_line=0, insert_text="mine\n")[0]
    assert desk.ask(VERSION.name, command="undo_edit", path="sub/b-link.txt")[0]

    assert (desk.root / "a-link.txt").read_text() == "mine\n"
    after = desk.forbidden()
    assert after == before
    assert shared.read_text() == "kept\n"


@contextmanager
def swapping(folder: Path, *names: str) -> Iterator[None]:
    """Let a second process swap entries of a folder with their `.link` all the time."""
    process = subprocess.Popen([sys.executable, "-c", SWAP, str(folder), *names], stdout=subprocess.PIPE)
    with process:
        assert process.stdout
        assert process.stdout.readline() == b"swapping\n"
        try:
            yield
            assert process.poll() is None
        finally:
            process.kill()


def raced_calls() -> Iterator[tuple[str, dict[str, Any]]]:
    """Calls on what is swapped, in turn and without end: the tool's name and its input."""
    for number in count():
        path = ("folder/secret.txt", "file.txt", "repository/config", "folder")[number % 4]
        yield VERSION.name, {"command": "view", "path": path}
        if number % 4 < 3:
            old, new = ("canary", "mine") if number % 8 < 4 else ("mine", "canary")
            yield VERSION.name, {"command": "str_replace", "path": path, "old_str": old, "new_str": new}
        if number % 10 == 0:
            place = f"{('folder', 'repository')[number % 20 == 0]}/new-{number}.txt"
            yield VERSION.name, {"command": "create", "path": place, "file_text": "mine\n"}
            for name, given in EXPLORING.items():
                yield name, {**given, "path": ("folder", "repository", ".")[number % 3]}


def has_seen_all(tally: Counter[tuple[str, bool]]) -> bool:
    """Whether views and edits came upon both sides of what is swapped."""
    return all(tally[command, is_done] for command in ("view", "str_replace", "create") for is_done in (True, False))


def test_invariant_4_holds_when_a_second_process_swaps_links_in(desk: Desk) -> None:
    for name, link in (("folder", "../outside"), ("repository", ".git")):
        (desk.root / name).mkdir()
        (desk.root / f"{name}.link").symlink_to(link)
    for name in ("folder/secret.txt", "file.txt", "repository/config"):
        (desk.root / name).write_text("kept: a canary\n")
    (desk.root / "file.txt.link").symlink_to("../outside/secret.txt")
    before, tally = desk.forbidden(), Counter[tuple[str, bool]]()

    with swapping(desk.root, "folder", "file.txt", "repository"):
        for name, given in raced_calls():
            if tally.total() >= RACED_CALLS and has_seen_all(tally):
                break
            is_done, said = desk.ask(name, **given)
            assert [canary for canary in CANARIES if canary in said] == [], (given, said)
            tally[given.get("command", name), is_done] += 1

    assert desk.forbidden() == before
