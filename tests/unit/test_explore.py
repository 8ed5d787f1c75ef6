"""Owns the law of the exploring tools: what a model is told, how little it can take, and what it never learns."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import jsonschema
import pytest

from copydesk.domain.messages import ToolCall
from copydesk.domain.policies import Action, ActionKind, Mode, Policy, Rule, Verdict
from copydesk.editor.snippets import VIEW_LIMIT
from copydesk.tools import explore
from copydesk.tools.explore import ExplorePorts, FindFiles, SearchText
from copydesk.workspace.files import DiskFiles
from copydesk.workspace.git import GitRunner, find_git
from copydesk.workspace.paths import Root
from copydesk.workspace.scope import Scope
from copydesk.workspace.search import FileSearch
from tests.overlays import OverlaidFiles

GIT = find_git()
SECRETS = {".env": b"TOKEN=word\n", "keys/id_rsa": b"word\n", "a.pem": b"word\n"}


class Desk:
    """Both tools on one folder, called as a model would."""

    def __init__(self, root: Root, runner: GitRunner, *rules: Rule) -> None:
        files = DiskFiles(root)
        self.folder = Path(root.path)
        self.scope = Scope(files.real_path)
        self.reports: list[tuple[int, int, str]] = []
        policy = Policy(Mode.ASK, rules)
        self.ports = ExplorePorts(
            files,
            self.scope.real_path,
            self.scope.covers,
            lambda path: (
                self.scope.covers(path) and policy.rule_on(Action(ActionKind.VIEW, path)).verdict is Verdict.ALLOW
            ),
            FileSearch(files, self.folder, runner, self.folder.parent / "scratch"),
            lambda done, total, doing: self.reports.append((done, total, doing)),
        )

    def fill(self, files: dict[str, bytes]) -> None:
        for name, data in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(data)

    def find(self, **given: object) -> str:
        """The paths that were found, without the line that counts them."""
        told = answer(FindFiles(self.ports), given)
        return HEAD.sub("", told)

    def search(self, **given: object) -> str:
        return answer(SearchText(self.ports), given)


HEAD = re.compile(r"\A[\d,]+ files?:\n")


def answer(tool: FindFiles | SearchText, given: dict[str, Any]) -> str:
    """The text of an answer, after `error: ` where it is one."""
    result = asyncio.run(tool.call(ToolCall("call", tool.name, given))).result
    assert isinstance(result.content, str)
    return f"error: {result.content}" if result.is_error else result.content


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    return folder


@pytest.fixture
def make_desk(folder: Path) -> Iterator[Callable[..., Desk]]:
    with Root.open(folder) as root:
        yield lambda *rules, git=GIT, deadline=10: Desk(root, GitRunner(git, deadline), *rules)


@pytest.fixture
def desk(folder: Path, make_desk: Callable[..., Desk]) -> Desk:
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True, timeout=20)
    desk = make_desk()
    desk.fill({"README.md": b"# word\n", "src/app.py": b"one\ndef word():\n    pass\n", "src/ui/view.ts": b"word()\n"})
    desk.fill({".gitignore": b"build/\n*.log\n", "build/out.py": b"word\n", "x.log": b"word\n"})
    return desk


def test_files_are_listed_when_nothing_is_asked_of_them(desk: Desk) -> None:
    assert answer(FindFiles(desk.ports), {}).startswith("4 files:\n.gitignore\n")
    assert desk.find() == desk.find(pattern=None, path="") == ".gitignore\nREADME.md\nsrc/app.py\nsrc/ui/view.ts"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"pattern": "*.py"}, ["src/app.py"]),
        ({"pattern": "src/**/*.ts"}, ["src/ui/view.ts"]),
        ({"pattern": "ui"}, ["src/ui/view.ts"]),
        ({"pattern": "*.{py,ts}"}, ["src/app.py", "src/ui/view.ts"]),
        ({"pattern": "{src/{app,none},README}.*"}, ["README.md", "src/app.py"]),
        ({"pattern": "ui/*.ts", "path": "src"}, ["src/ui/view.ts"]),
        ({"pattern": "src/ui/*.ts", "path": "src"}, ["src/ui/view.ts"]),
        ({"path": "src/ui"}, ["src/ui/view.ts"]),
        ({"path": "./src/../src/app.py"}, ["src/app.py"]),
        ({"pattern": "/README.md"}, ["README.md"]),
    ],
)
def test_files_are_found_when_their_path_matches(desk: Desk, given: dict[str, str], found: list[str]) -> None:
    assert desk.find(**given).split("\n") == found


def test_file_with_braces_in_its_name_is_found_when_it_is_named(desk: Desk) -> None:
    desk.fill({"{a,b}.txt": b"", "a.txt": b""})
    assert desk.find(pattern="{a,b}.txt") == "a.txt\n{a,b}.txt"


def test_search_shows_numbered_lines_by_file_when_some_match(desk: Desk) -> None:
    assert desk.search(pattern="word") == (
        "3 lines in 3 files match:\n\nREADME.md\n     1\t# word\n\nsrc/app.py\n     2\tdef word():\n\n"
        "src/ui/view.ts\n     1\tword()"
    )
    assert desk.search(pattern="word", path="src", glob="*.py").startswith("1 line in 1 file matches:\n\nsrc/app.py")
    assert desk.search(pattern="WORD()", literal="true", ignore_case=True, path="src/app.py").endswith("def word():")
    assert desk.search(pattern="WORD") == "No line matches."
    assert desk.search(pattern="word", glob="*.go") == "No line matches.\nNOTE: There was no file to search."


@pytest.mark.parametrize("path", ["build", "build/out.py", "x.log"])
def test_answer_says_so_when_the_path_is_ignored(desk: Desk, path: str) -> None:
    note = f"{path} is ignored by git, so only tracked files in it count; view shows the others."
    assert note in desk.find(path=path)
    assert desk.search(pattern="word", path=path).startswith(f"No line matches.\nNOTE: {note}")


def test_secrets_are_left_out_when_no_rule_opens_them(desk: Desk, make_desk: Callable[..., Desk]) -> None:
    desk.fill(SECRETS)
    closed = desk.find()
    assert closed.endswith("\nNOTE: 3 matching paths left out: protected.")
    assert not any(name in closed for name in SECRETS)
    assert "3 lines in 3 files" in desk.search(pattern="word")
    assert desk.search(pattern="TOKEN") == "No line matches."
    assert "protected" in desk.search(pattern="TOKEN", path=".env")
    assert desk.search(pattern="TOKEN", path=".env") == desk.search(pattern="other", path=".env")
    opened = make_desk(Rule(Verdict.ALLOW, ".env", "--allow"))
    assert "     1\tTOKEN=word" in opened.search(pattern="TOKEN")
    assert ".env\n" in opened.find()


def test_answer_is_the_same_when_only_a_secret_would_match(desk: Desk) -> None:
    desk.fill({".env": b"TOKEN=x\n"})
    patterns = ["TOKEN=x", "TOKEN=(?=x)(?R)|def", "TOKEN=[x-z]|word"]
    told = [desk.search(pattern=pattern) for pattern in patterns]
    desk.fill({".env": b"nothing\n"})
    assert [desk.search(pattern=pattern) for pattern in patterns] == told


def test_nothing_beyond_the_limits_is_told_when_a_client_narrows_the_workspace(desk: Desk) -> None:
    with desk.scope.narrowed(("src/ui",)):
        assert desk.find() == "src/ui/view.ts"
        assert desk.search(pattern="word").startswith("1 line in 1 file matches:\n\nsrc/ui/view.ts")
        assert desk.find(path="src").startswith("error: src is outside the roots that the client gave")


def test_answer_is_bounded_when_very_many_lines_match(desk: Desk) -> None:
    desk.fill({f"many/{number:03}.txt": b"match me\n" * 25 for number in range(120)})
    desk.fill({"one.txt": b"just here\n" * 3000})
    told = desk.search(pattern="match me")
    assert told.startswith("3,000 lines in 120 files match:")
    assert told.count("\tmatch me") == 100
    assert told.count("… 5 more in this file") == 5
    assert told.endswith("… 2,875 more in 115 files; narrow `pattern`, `path` or `glob`.")
    desk.fill({f"few/{number:03}.txt": b"seven\n" * 7 for number in range(20)})
    assert desk.search(pattern="seven").count("\tseven") == 100
    alone = desk.search(pattern="just here")
    assert alone.count("\tjust here") == 100
    assert alone.endswith("\n… 2,900 more in this file")


def test_answer_is_bounded_when_paths_or_lines_are_very_long(desk: Desk) -> None:
    deep = "/".join(["d" * 200] * 15)
    desk.fill({f"{deep}/{number}": b"\xc3\xa9" * 500 + b" needle " + b"y" * 5000 for number in range(20)})
    told = desk.search(pattern="needle")
    assert len(told) < VIEW_LIMIT + 200
    assert told.startswith("20 lines in 20 files match:")
    assert "     1\t…" + "é" * 59 + " needle " + "y" * 133 + "…\n" in told
    assert "more in 13 files; narrow" in told
    assert len(desk.find()) < VIEW_LIMIT + 200
    assert "… 1" in desk.find()


def test_files_are_as_the_overlay_has_them_when_they_differ_from_the_disk(desk: Desk) -> None:
    root = Root.open(desk.folder)
    overlay = {"README.md": None, "src/app.py": b"one\nword word\n", "src/new.py": b"word\n", "new.log": b"word\n"}
    files = OverlaidFiles(root, overlay)
    searching = FileSearch(files, desk.folder, GitRunner(GIT, 10), desk.folder.parent / "scratch")
    ports = replace(desk.ports, files=files, search=searching)
    with root:
        assert answer(FindFiles(ports), {}) == "4 files:\n.gitignore\nsrc/app.py\nsrc/new.py\nsrc/ui/view.ts"
        assert answer(SearchText(ports), {"pattern": "word", "glob": "*.py"}) == (
            "2 lines in 2 files match:\n\nsrc/app.py\n     2\tword word\n\nsrc/new.py\n     1\tword"
        )
        assert "README.md" not in answer(SearchText(ports), {"pattern": "word"})


def test_list_is_cut_when_there_are_very_many_files(desk: Desk) -> None:
    desk.fill({f"many/{number:03}.txt": b"" for number in range(250)})
    lines = desk.find(path="many").split("\n")
    assert (lines[0], lines[199], lines[200:]) == (
        "many/000.txt",
        "many/199.txt",
        ["… 50 more; narrow `pattern` or `path`."],
    )


def test_lines_are_shown_as_text_when_the_encoding_is_another(desk: Desk) -> None:
    latin = "# coding: latin-1\r\nword é\r\n"
    desk.fill({"latin.txt": latin.encode("latin-1"), "bom.txt": b"\xef\xbb\xbfnone\nword \xc3\xa9\r\n"})
    told = desk.search(pattern="^word .", glob="*.txt")
    assert "bom.txt\n     2\tword é" in told
    assert "latin.txt" not in told, "a byte that is no UTF-8 is no character"
    assert "latin.txt\n     2\tword é" in desk.search(pattern="^word ", glob="latin.txt")


def test_name_is_quoted_when_it_could_be_taken_for_something_else(desk: Desk) -> None:
    desk.fill({"new\nline.txt": b"word\n", ":(glob)x.txt": b"word\n", "non\udcff.txt": b"word\n"})
    assert desk.find(pattern="*.txt") == ':(glob)x.txt\n"new\\nline.txt"\nnon\ufffd.txt'
    assert '"new\\nline.txt"\n     1\tword' in desk.search(pattern="word")
    assert "1 line in 1 file" in desk.search(pattern="word", path="new\nline.txt")
    assert "1 line in 1 file" in desk.search(pattern="word", path=":(glob)x.txt")


def test_numbers_are_shown_when_a_file_is_too_large_to_be_quoted(desk: Desk) -> None:
    desk.fill({"big.txt": b"word\n" + b"\n" * (16 * 1024 * 1024)})
    told = desk.search(pattern="word", path="big.txt")
    assert "big.txt\n1 line, in a file that is too large to be quoted here; view it in ranges." in told


def test_search_makes_way_when_a_killed_one_left_something(desk: Desk) -> None:
    scratch = desk.folder.parent / "scratch"
    (scratch / "search-old/copies").mkdir(parents=True)
    (scratch / "search-new").mkdir()
    os.utime(scratch / "search-old", (1, 1))
    desk.search(pattern="word")
    assert [path.name for path in scratch.iterdir()] == ["search-new"]


def test_file_is_left_out_when_it_cannot_be_read(desk: Desk) -> None:
    desk.fill({"late.pdf": b"%PDF-\nword\n"})
    assert "3 lines in 3 files" in desk.search(pattern="word")


def test_files_are_listed_when_there_is_no_git(desk: Desk, make_desk: Callable[..., Desk]) -> None:
    desk.fill({"node_modules/a/b.py": b"", "src/__pycache__/c.py": b"", ".git/d.py": b"", ".env": b""})
    (desk.folder / "out").symlink_to("/")
    without = make_desk(git=None)
    told = without.find(pattern="*.py")
    assert told.startswith(
        "build/out.py\nsrc/app.py\nNOTE: Ignored files are listed too, since git could not be asked: "
    )
    assert "1 matching path left out" in without.find()
    assert without.find(path="src/app.py").startswith("src/app.py\n")
    assert without.search(pattern="word") == (
        "error: git is not installed, or is not in the search path. "
        "Without it there is find_files to list files, and view to look into them."
    )


@pytest.mark.parametrize("tool", [FindFiles, SearchText])
def test_description_names_view_as_it_is_called_everywhere(tool: type[FindFiles | SearchText], desk: Desk) -> None:
    told = str(tool(desk.ports).definition()["description"])
    assert "(`view` shows them)" in told
    assert "editor" not in told


def test_walk_ends_when_there_is_too_much(desk: Desk) -> None:
    desk.fill({f"{number}/a": b"" for number in range(9)})
    found, is_cut = explore._walk(desk.ports.files, ".", 12, Event())
    assert (is_cut, "9/a" in found, len(found) < 9) == (True, False, True)
    assert explore._walk(desk.ports.files, "src", 3, Event()) == (["src/app.py", "src/ui/view.ts"], False)


def test_answer_tells_how_to_narrow_when_a_search_takes_too_long(desk: Desk, make_desk: Callable[..., Desk]) -> None:
    os.mkfifo(desk.folder / ".gitattributes")
    told = make_desk(deadline=0.5).search(pattern="word")
    assert told.startswith("error: git grep did not end within 0.5 seconds and was stopped. Narrow it with `path`")


def test_git_is_killed_when_the_call_is_cancelled(desk: Desk, make_desk: Callable[..., Desk], tmp_path: Path) -> None:
    program = tmp_path / "git"
    started = tmp_path / "started"
    script = (
        f'#!/bin/sh\ncase " $* " in *" grep "*) echo $$ > "{started}"; exec sleep 30;; esac; exec {find_git()} "$@"\n'
    )
    program.write_text(script)
    program.chmod(0o755)
    tool = SearchText(make_desk(git=str(program)).ports)

    async def cancelled() -> None:
        task = asyncio.create_task(tool.call(ToolCall("call", tool.name, {"pattern": "word"})))
        while not started.exists() or not started.read_text():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    began = time.monotonic()
    asyncio.run(cancelled())
    assert time.monotonic() - began < 5
    assert not Path(f"/proc/{started.read_text().strip()}").exists()
    assert list((tmp_path / "scratch").iterdir()) == []


def test_progress_is_reported_when_somebody_listens(desk: Desk) -> None:
    desk.search(pattern="word")
    assert [report[:2] for report in desk.reports] == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert desk.reports[1][2] == "Searching 4 files"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "`pattern` is missing for `search_text`"),
        ({"pattern": None}, "`pattern` is missing"),
        ({"pattern": ""}, "`pattern` must not be empty"),
        ({"pattern": "a\nb"}, "neither a line end nor a NUL"),
        ({"pattern": "a\0b"}, "neither a line end nor a NUL"),
        ({"pattern": "a" * 2001}, "`pattern` has 2,001 characters; at most 2,000"),
        ({"pattern": ["a"]}, "`pattern` must be a string, not a list of 1"),
        ({"pattern": "a", "path": 5}, "`path` must be a string, not a number"),
        ({"pattern": "a", "glob": {}}, "`glob` must be a string, not an object"),
        ({"pattern": "a", "literal": "yes"}, "`literal` must be true or false, not 'yes'"),
        ({"pattern": "a", "ignore_case": 1}, "`ignore_case` must be true or false, not 1"),
        (
            {"pattern": "a", "query": "b"},
            "takes no 'query'; its parameters are pattern, path, glob, literal, ignore_case",
        ),
        ({"pattern": "a", "path": "none"}, "none does not exist"),
        ({"pattern": "a", "path": "../x"}, "outside the workspace"),
        ({"pattern": "a", "path": ".git"}, "inside a .git directory"),
        (
            {"pattern": "("},
            "no valid regular expression: missing closing parenthesis. Correct it, or pass literal: true",
        ),
        ({"pattern": "\ud800"}, "cannot be encoded"),
        ({"pattern": "a", "glob": "*" + "a*" * 8}, "`glob` has more than 8 stars"),
        ({"pattern": "a", "glob": "{a,b}" * 7}, "`glob` stands for more than 64 patterns"),
    ],
)
def test_search_says_what_is_wrong_when_it_cannot_be_made(desk: Desk, given: dict[str, object], told: str) -> None:
    answered = desk.search(**given)
    assert answered.startswith("error: ")
    assert told in answered


def test_input_is_refused_when_it_is_no_object(desk: Desk) -> None:
    given: Any = ["pattern"]
    assert (
        answer(FindFiles(desk.ports), given) == "error: The input of `find_files` must be an object, not a list of 1."
    )


@pytest.mark.parametrize("tool", [FindFiles, SearchText])
def test_definition_is_a_plain_client_tool_with_a_valid_schema(
    desk: Desk, tool: type[FindFiles] | type[SearchText]
) -> None:
    definition: Any = tool(desk.ports).definition()
    assert set(definition) == {"name", "description", "input_schema"}
    assert definition["name"] == tool.name
    jsonschema.Draft202012Validator.check_schema(definition["input_schema"])
    given = {
        name: "a" if schema["type"] == "string" else True
        for name, schema in definition["input_schema"]["properties"].items()
    }
    jsonschema.validate(given, definition["input_schema"])
    assert "parameters are" not in answer(tool(desk.ports), given)
    assert json.dumps(definition) == json.dumps(tool(desk.ports).definition())
