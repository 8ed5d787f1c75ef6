from __future__ import annotations

import codecs
import os
import posixpath
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from copydesk.changes.steps import Operation
from copydesk.domain.errors import WorkspaceError
from copydesk.domain.messages import ToolCall
from copydesk.domain.proposals import FileImage, OutcomeKind
from copydesk.domain.tools import DEFAULT_TOOL_VERSION, TOOL_VERSIONS, ToolVersion
from copydesk.tools.calls import CallOutcome
from copydesk.tools.editor import EditorTool
from copydesk.tools.ports import EditorPorts
from copydesk.tools.toolbox import Toolbox
from copydesk.workspace.files import DiskFiles, Entry, Files
from copydesk.workspace.paths import Root
from tests.fakes import MemoryDoor, MemoryFiles

pytestmark = pytest.mark.anyio
ALL_VERSIONS = pytest.mark.parametrize("version", TOOL_VERSIONS.values(), ids=TOOL_VERSIONS.keys())
WITH_UNDO = TOOL_VERSIONS["text_editor_20250124"]


class Bench:
    """A tool, its files and its door; `say` makes a call and gives the answer's text."""

    def __init__(
        self,
        files: dict[str, bytes | FileImage] | None = None,
        version: ToolVersion = WITH_UNDO,
        limit: int | None = None,
        **door: Any,
    ) -> None:
        self.files = MemoryFiles(files)
        self.door = MemoryDoor(self.files, **door)
        self.tool = editor_on(self.files, posixpath.normpath, self.door, version, limit)

    async def call(self, command: str, path: str, **parameters: object) -> CallOutcome:
        given = {"command": command, "path": path, **parameters}
        return await self.tool.call(ToolCall("call", self.tool.name, given))

    async def say(self, command: str, path: str, **parameters: object) -> str:
        result = (await self.call(command, path, **parameters)).result
        assert not result.is_error, result.content
        return str(result.content)

    async def refusal(self, command: str, path: str, **parameters: object) -> str:
        result = (await self.call(command, path, **parameters)).result
        assert result.is_error, result.content
        return str(result.content)

    def data(self, path: str) -> bytes | None:
        image = self.files.files.get(path)
        return image.data if image else None


def editor_on(
    files: Files, real_path: Callable[[str], str], door: MemoryDoor, version: ToolVersion, limit: int | None = None
) -> EditorTool:
    ids = count(1)
    return EditorTool(version, EditorPorts(files, real_path, door, door, lambda: f"p{next(ids)}"), limit)


def disk_editor(root: Root, version: ToolVersion = DEFAULT_TOOL_VERSION) -> EditorTool:
    files = DiskFiles(root)
    return editor_on(files, files.real_path, MemoryDoor(MemoryFiles()), version)


async def view(tool: EditorTool, path: str) -> tuple[str, bool]:
    result = (await tool.call(ToolCall("call", tool.name, {"command": "view", "path": path}))).result
    return str(result.content), result.is_error


@ALL_VERSIONS
async def test_every_command_works_in_every_version(version: ToolVersion) -> None:
    bench = Bench(version=version)
    assert await bench.say("create", "src/a.py", file_text="one\ntwo\n") == "Created src/a.py (2 lines)."
    assert "     2\ttwo" in await bench.say("view", "src/a.py")
    assert "     2\tTWO" in await bench.say("str_replace", "src/a.py", old_str="two", new_str="TWO")
    text = {version.insert_text_parameter: "zero\n"}
    assert "     1\tzero" in await bench.say("insert", "src/a.py", insert_line=0, **text)
    assert bench.data("src/a.py") == b"zero\none\nTWO\n"


@ALL_VERSIONS
async def test_undo_works_where_the_version_has_it(version: ToolVersion) -> None:
    bench = Bench({"a": b"x"}, version)
    await bench.say("str_replace", "a", old_str="x", new_str="y")
    if version.can_undo:
        assert await bench.say("undo_edit", "a") == "Undid your last edit: a is as it was before it."
        assert bench.data("a") == b"x"
    else:
        assert "ask the person" in await bench.refusal("undo_edit", "a")
        assert bench.data("a") == b"y"


async def test_case_44_undo_of_create_removes_the_file() -> None:
    bench = Bench()
    await bench.say("create", "a", file_text="x")
    assert await bench.say("undo_edit", "a") == "Undid your last edit: a is deleted again."
    assert bench.data("a") is None


async def test_case_45_undo_is_refused_when_the_file_changed_since() -> None:
    bench = Bench({"a": b"x"})
    await bench.say("str_replace", "a", old_str="x", new_str="y")
    bench.files.files["a"] = FileImage(b"the person's", 0o644)
    assert "a changed since your last edit" in await bench.refusal("undo_edit", "a")
    assert bench.data("a") == b"the person's"


async def test_case_46_undo_is_byte_exact() -> None:
    data = codecs.BOM_UTF8 + b"a\r\nb\n\xff"
    bench = Bench({"a": data})
    await bench.say("str_replace", "a", old_str="b", new_str="c")
    await bench.say("undo_edit", "a")
    assert bench.data("a") == data


async def test_undo_goes_one_step_further_back_each_time() -> None:
    bench = Bench({"a": b"1"})
    for old, new in [("1", "2"), ("2", "3")]:
        await bench.say("str_replace", "a", old_str=old, new_str=new)
    await bench.say("undo_edit", "a")
    assert bench.data("a") == b"2"
    await bench.say("undo_edit", "a")
    assert bench.data("a") == b"1"
    assert "no edit of a" in await bench.refusal("undo_edit", "a")


async def test_undo_keeps_permissions_when_they_were_set_since() -> None:
    bench = Bench({"a": FileImage(b"x", 0o644)})
    await bench.say("str_replace", "a", old_str="x", new_str="y")
    bench.files.files["a"] = FileImage(b"y", 0o755)
    await bench.say("undo_edit", "a")
    assert bench.files.files["a"] == FileImage(b"x", 0o755)


async def test_case_31_mode_is_kept_when_a_file_is_edited() -> None:
    bench = Bench({"run": FileImage(b"x\n", 0o755), "empty": FileImage(b"", 0o600)})
    await bench.say("insert", "run", insert_line=1, insert_text="y")
    await bench.say("create", "empty", file_text="x")
    assert [bench.files.files[path].mode for path in ("run", "empty")] == [0o755, 0o600]


async def test_case_32_new_file_leaves_its_mode_to_the_umask() -> None:
    bench = Bench()
    await bench.say("create", "a", file_text="x")
    change = bench.door.proposals[0].changes[0]
    assert change.before is None
    assert change.after == FileImage(b"x", None)


async def test_case_48_file_is_read_anew_for_every_edit() -> None:
    bench = Bench({"a": b"one\ntwo\n"})
    await bench.say("view", "a")
    bench.files.files["a"] = FileImage(b"ONE\ntwo\n", 0o644)
    await bench.say("str_replace", "a", old_str="two", new_str="TWO")
    assert bench.data("a") == b"ONE\nTWO\n"


async def test_proposal_names_the_call_and_an_undo_is_recorded_as_one() -> None:
    bench = Bench({"a": b"x"})
    outcome = await bench.call("str_replace", "a", old_str="x", new_str="y")
    await bench.say("undo_edit", "a")
    assert [(proposal.id, proposal.call) for proposal in bench.door.proposals] == [("p1", "call"), ("p2", "call")]
    assert outcome.outcome is not None
    assert outcome.outcome.kind is OutcomeKind.APPLIED
    assert bench.door.origin.operation is Operation.EDIT


async def test_nothing_is_proposed_when_nothing_would_change() -> None:
    bench = Bench({"empty": b""})
    assert "already as asked" in await bench.say("create", "empty", file_text="")
    assert bench.door.proposals == []


@pytest.mark.parametrize("kind", [OutcomeKind.STALE, OutcomeKind.REJECTED, OutcomeKind.DENIED])
async def test_answer_is_an_error_with_the_doors_words_when_it_refuses(kind: OutcomeKind) -> None:
    bench = Bench({"a": b"x"}, kind=kind)
    outcome = await bench.call("str_replace", "a", old_str="x", new_str="y")
    assert (outcome.result.content, outcome.result.is_error) == (f"No change was made: {kind}.", True)
    assert outcome.outcome is not None
    assert outcome.outcome.kind is kind


@pytest.mark.parametrize(
    ("command", "parameters"),
    [
        ("view", {}),
        ("str_replace", {"old_str": "guess", "new_str": "x"}),
        ("insert", {"insert_line": 0, "insert_text": "x"}),
    ],
)
async def test_nothing_of_a_file_is_told_when_it_may_not_be_read(command: str, parameters: dict[str, object]) -> None:
    bench = Bench({".env": b"KEY=hidden\n"}, unseen=".env")
    assert await bench.refusal(command, ".env", **parameters) == ".env may not be read."
    assert bench.door.proposals == []


async def test_create_is_refused_with_the_line_count_when_the_file_has_content() -> None:
    bench = Bench({"a": b"1\n2\n"})
    assert "a already exists (2 lines)" in await bench.refusal("create", "a", file_text="x")


@pytest.mark.parametrize("command", ["view", "str_replace", "insert"])
async def test_missing_file_is_named(command: str) -> None:
    more: dict[str, dict[str, object]] = {
        "view": {},
        "str_replace": {"old_str": "a", "new_str": "b"},
        "insert": {"insert_line": 0, "insert_text": "x"},
    }
    assert "src/a.py does not exist" in await Bench().refusal(command, "src/../src/a.py", **more[command])


async def test_directory_is_refused_when_it_is_to_be_edited() -> None:
    bench = Bench({"src/a": b"x"})
    for command, more in [("create", {"file_text": "x"}), ("undo_edit", {})]:
        assert "src is a directory; only view" in await bench.refusal(command, "src", **more)


async def test_range_is_refused_when_the_path_is_a_directory() -> None:
    bench = Bench({"src/a": b"x"})
    assert "takes no view_range" in await bench.refusal("view", "src", view_range=[1, 2])


async def test_case_42_binary_file_is_refused_with_kind_and_size() -> None:
    bench = Bench({"a.zip": b"PK\x03\x04\0", "a.bin": b"\0\1"})
    assert "a.zip is a ZIP archive of 5 bytes" in await bench.refusal("view", "a.zip")
    assert "a.bin is a binary file" in await bench.refusal("str_replace", "a.bin", old_str="a", new_str="b")
    assert "a.bin is a binary file" in await bench.refusal("create", "a.bin", file_text="x")


async def test_case_10_legacy_bytes_are_shown_by_a_guess_and_stay() -> None:
    bench = Bench({"a": b"un caf\xe9\nx\n"})
    assert "un café\n     2\tx\nNOTE: The file is not UTF-8" in await bench.say("view", "a")
    await bench.say("str_replace", "a", old_str="café\nx", new_str="café, pas th\u00e9\ny")
    assert bench.data("a") == b"un caf\xe9, pas th\xe9\ny\n"
    assert "U+00EA cannot be written" in await bench.refusal("str_replace", "a", old_str="y", new_str="\u00ea")


async def test_new_file_is_written_as_it_declares() -> None:
    bench = Bench()
    await bench.say("create", "a.py", file_text="# coding: latin-1\n# caf\xe9\n")
    assert bench.data("a.py") == b"# coding: latin-1\n# caf\xe9\n"
    assert "is iso8859-1, which does not have it" in await bench.refusal(
        "create", "b.py", file_text="# coding: latin-1\n# \u20ac\n"
    )


async def test_case_58_snippet_shows_the_change_when_long_lines_come_before_it() -> None:
    bench = Bench({"a": b"x" * 9_000 + b"\nb\n", "long": b"x" * 20_000 + b"MARK" + b"y" * 20_000})
    assert (await bench.say("str_replace", "a", old_str="b", new_str="c")).endswith("Lines 2-2 of 2 now:\n     2\tc")
    said = await bench.say("str_replace", "long", old_str="MARK", new_str="here")
    assert "characters 19,601-20,400 of the 40,004 of line 1 of 1, now:\n     1\txx" in said
    assert "xhereyy" in said


async def test_read_only_file_is_neither_edited_nor_undone() -> None:
    bench = Bench({"a": FileImage(b"x\n", 0o444)})
    for command in ({"old_str": "x", "new_str": "y"}, {"insert_line": 0, "insert_text": "y"}):
        name = "insert" if "insert_line" in command else "str_replace"
        assert "a is read-only" in await bench.refusal(name, "a", **command)
    await bench.say("create", "b", file_text="x")
    image = bench.files.files["b"]
    bench.files.files["b"] = FileImage(image.data, 0o444)
    assert "b is read-only" in await bench.refusal("undo_edit", "b")


async def test_damaged_bytes_are_replaced_in_the_answer_only() -> None:
    bench = Bench({"a": "cafés, thés ".encode() + b"\xff\nx\n"})
    assert "cafés, thés \ufffd\n" in await bench.say("view", "a")
    await bench.say("str_replace", "a", old_str="x", new_str="é")
    assert bench.data("a") == "cafés, thés ".encode() + b"\xff\n\xc3\xa9\n"


async def test_declared_encoding_is_read_and_written() -> None:
    bench = Bench({"a.py": b"# -*- coding: iso-8859-15 -*-\nprice = 1\n"})
    await bench.say("str_replace", "a.py", old_str="= 1", new_str='= "1 €"')
    assert bench.data("a.py") == b'# -*- coding: iso-8859-15 -*-\nprice = "1 \xa4"\n'
    bench = Bench({"a.py": b"# -*- coding: iso-8859-15 -*-\n# caf\xe9\nprice = 1\n"})
    await bench.say("str_replace", "a.py", old_str="= 1", new_str='= "1 €"')
    assert bench.data("a.py") == b'# -*- coding: iso-8859-15 -*-\n# caf\xe9\nprice = "1 \xa4"\n'
    assert "is iso8859-15, which does not have it" in await bench.refusal(
        "insert", "a.py", insert_line=0, insert_text="漢"
    )


async def test_view_is_bounded_by_max_characters_when_it_is_given() -> None:
    bench = Bench({"a": b"1234567890\n" * 100}, DEFAULT_TOOL_VERSION, 200)
    assert "at most 200 characters" in await bench.say("view", "a")
    assert bench.tool.definition()["max_characters"] == 200


async def test_case_38_hidden_entries_are_left_out_below_the_path_only() -> None:
    paths = [".github/ci.yml", ".github/.x", "src/a.py", "src/node_modules/b.js", ".env"]
    bench = Bench(dict.fromkeys(paths, b""))
    assert await bench.say("view", ".") == "., 2 levels deep (2 paths; 3 hidden or generated left out):\nsrc/\nsrc/a.py"
    assert await bench.say("view", ".github") == (
        ".github, 2 levels deep (1 path; 1 hidden or generated left out):\n.github/ci.yml"
    )


async def test_case_39_directory_view_is_two_levels_deep_and_sorted() -> None:
    bench = Bench({"b/z/deep": b"", "b/a": b"", "a": b"", "b.txt": b""})
    assert (await bench.say("view", ".")).split("\n")[1:] == ["a", "b/", "b/a", "b/z/", "b.txt"]


class BrokenFiles(MemoryFiles):
    """Files of which some directories and files cannot be read."""

    def read(self, path: str, limit: int | None = None) -> FileImage | None:
        if path == "broken":
            raise OSError(5, "Input/output error")
        return super().read(path, limit)

    def entries(self, path: str) -> list[Entry]:
        if path == "locked":
            raise WorkspaceError("locked cannot be used: Permission denied.")
        return super().entries(path)


def broken_editor() -> EditorTool:
    files = BrokenFiles({"locked/a": b"", "open/b": b"", "broken": b""})
    return editor_on(files, posixpath.normpath, MemoryDoor(files), WITH_UNDO)


async def test_case_40_directory_is_listed_when_one_inside_cannot_be() -> None:
    shown, is_error = await view(broken_editor(), ".")
    assert shown.split("\n")[1:] == ["broken", "locked/", "open/", "open/b"]
    assert not is_error


async def test_case_59_failure_of_the_disk_is_an_error_and_a_sentence() -> None:
    assert await view(broken_editor(), "broken") == ("The file system refused: Input/output error.", True)


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root.open(tmp_path)


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", ".git/config", "a\0b", "", "x" * 5_000, "\ud800"])
async def test_path_is_refused_with_a_sentence_when_it_is_none_of_the_workspace(root: Root, path: str) -> None:
    with root:
        said, is_error = await view(disk_editor(root), path)
    assert is_error
    assert said.endswith(".")


async def test_absolute_path_is_answered_by_its_relative_name_when_it_is_inside(tmp_path: Path, root: Root) -> None:
    (tmp_path / "a.txt").write_bytes(b"x\n")
    with root:
        assert await view(disk_editor(root), str(tmp_path / "a.txt")) == ("a.txt, lines 1-1 of 1:\n     1\tx", False)


async def test_case_33_link_is_answered_by_the_file_that_it_leads_to(tmp_path: Path, root: Root) -> None:
    (tmp_path / "a.txt").write_bytes(b"x\n")
    (tmp_path / "link").symlink_to("a.txt")
    with root:
        assert (await view(disk_editor(root), "link"))[0].startswith("a.txt, lines 1-1")


async def test_case_41_fifo_is_refused_at_once(tmp_path: Path, root: Root) -> None:
    os.mkfifo(tmp_path / "pipe")
    with root:
        said, is_error = await view(disk_editor(root), "pipe")
    assert (said, is_error) == ("pipe is not a regular file.", True)


async def test_case_37_directory_is_listed_when_its_name_is_a_command(tmp_path: Path, root: Root) -> None:
    folder = tmp_path / "$(touch made) x"
    folder.mkdir()
    (folder / "a").touch()
    (folder / ".git").mkdir()
    with root:
        shown, _ = await view(disk_editor(root), folder.name)
    assert shown == "$(touch made) x, 2 levels deep (1 path):\n$(touch made) x/a"
    assert not (tmp_path / "made").exists()


async def test_toolbox_runs_the_tool_that_is_named() -> None:
    bench = Bench({"a": b"x"})
    toolbox = Toolbox(bench.tool)
    assert toolbox.definitions() == [{"type": "text_editor_20250124", "name": "str_replace_editor"}]
    answer = await toolbox.run(ToolCall("c1", "str_replace_editor", {"command": "view", "path": "a"}))
    assert (answer.result.call, answer.result.is_error) == ("c1", False)


async def test_toolbox_names_its_tools_when_there_is_none_of_a_name() -> None:
    answer = await Toolbox(Bench().tool).run(ToolCall("c1", "bash", {}))
    assert answer.result.is_error
    assert answer.result.content == "There is no tool 'bash'; the tools are str_replace_editor."
