"""Owns the proof that one module writes to the workspace, and the list of those that write anywhere else, with what.

Calls are known by their names, wherever the object comes from: better one exception too many than a writer unseen.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[1] / "src" / "copydesk"
DOOR = "copydesk.workspace.exchange"
WRITING = {"exchange", "sweep", "remove_directories"}

MODULES = {"copydesk.workspace.syscalls", "os", "shutil", "tempfile"}
FUNCTIONS = {
    *("O_APPEND", "O_CREAT", "O_RDWR", "O_TRUNC", "O_WRONLY", "chmod", "chown", "copy", "copy2", "copyfile"),
    *("copy_file_range", "copytree", "exchange_names", "fchmod", "fchown", "ftruncate", "lchown", "link"),
    *("makedirs", "mkdir", "mkdtemp", "mkfifo", "mknod", "mkstemp", "move", "pwrite", "remove", "removedirs"),
    *("removexattr", "rename", "rename_without_replacing", "renames", "replace", "rmdir", "rmtree", "sendfile"),
    *("setxattr", "symlink", "truncate", "unlink", "utime", "NamedTemporaryFile", "TemporaryDirectory"),
    *("SpooledTemporaryFile", "TemporaryFile", "unpack_archive"),
}
"""What changes a file system in one of the modules, or lets a file be opened for it."""
METHODS = {
    *("chmod", "hardlink_to", "lchmod", "mkdir", "rename", "rmdir", "symlink_to", "touch", "unlink"),
    *("write_bytes", "write_text"),
}
"""What changes a file system as a method of a path."""

WRITERS = {
    "assembly/shelf.py": "a new file outside the workspace that the person names for an export",
    "changes/history.py": "the lock of the History in the state directory",
    "changes/ledger.py": "the notes of the History in the state directory, and what killed git processes left there",
    "config/state.py": "the state directory, and in it what was trusted and what is remembered",
    "engine/journal.py": "the journals in the state directory",
    "frontends/editors.py": "a private file outside the workspace for the person's editor, removed after it",
    "frontends/tui/prompt/prompts.py": "the prompts of before in the state directory",
    "launch/batch.py": "the prompts and results of tasks in the folder that the person names, and copies of their own",
    "launch/demo_review.py": "the decisions beside the demo's own copy",
    "launch/files.py": "what the person, or the CI service, names for the result of a run",
    "launch/diagnosis.py": "the diagnostic log that --debug-file names",
    "launch/demo.py": "the demo's own copy in a new directory",
    "launch/mishaps.py": "the records of what failed in the state directory",
    "launch/model.py": "the recording that --record names",
    "launch/terminal.py": "the null device for a closed stream, and the terminal in place of a pipe for the keys",
    "workspace/checkout.py": "the private directory of one commit in the state directory, removed after it",
    "workspace/committing.py": "the user's index and objects, and the message for their hooks, at the user's word",
    "workspace/copies.py": "copies of the workspace in the state directory, removed after the checks in them",
    "workspace/empty_repository.py": "the private directory of one search in the state directory, removed after it",
    "workspace/live.py": "the locks of live sessions in the state directory",
    "workspace/exchange.py": "the workspace, for the applier alone",
    "workspace/store.py": "the private store in the state directory",
    "workspace/private.py": "folders of the state directory",
}
"""Module → what it writes; one of them only may be the workspace."""

BREACHES = [
    "open('a', 'w')",
    "open('a', mode='r+b')",
    "open('a', mode)",
    "path.open('xb')",
    "path.open(mode='a')",
    "os.open('a', os.O_RDONLY | os.O_CREAT)",
    "flags = os.O_WRONLY",
    "path.write_text('x')",
    "write = path.write_bytes",
    "path.replace(target)",
    "os.replace(a, b)",
    "from os import unlink",
    "from shutil import *",
    "shutil.rmtree(path)",
    "from copydesk.workspace.syscalls import exchange_names",
]
HARMLESS = [
    "open('a')",
    "open('a', 'rb')",
    "path.open()",
    "path.open('r')",
    "os.open('a', os.O_RDONLY | os.O_CLOEXEC)",
    "text.replace('a', 'b')",
    "replace(value, mode=1)",
    "stream.write('x')",
    "names.remove('x')",
    "from copydesk.launch.terminal import write_text",
]
WAYS = [
    "from copydesk.workspace.exchange import exchange",
    "from copydesk.workspace.exchange import *",
    "from copydesk.workspace.exchange import is_temporary, sweep as look",
    "from copydesk.workspace import exchange",
    "import copydesk.workspace.exchange",
    "import_module('copydesk.workspace.exchange')",
]

Search = Callable[[ast.AST], Iterator[str]]


def changes_files(tree: ast.AST) -> Iterator[str]:
    """By what a module can change a file system."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module in MODULES and name in FUNCTIONS:
                yield name
            case ast.Attribute(attr=name) if name in METHODS:
                yield name
            case ast.ImportFrom(module=module, names=names) if module in MODULES:
                yield from (alias.name for alias in names if alias.name in FUNCTIONS | {"*"})
            case ast.Call(func=ast.Attribute(attr="replace"), args=[_], keywords=[]):
                yield "replace"
            case ast.Call(func=ast.Name(id="open"), args=[_, *modes]) if _may_write([*modes, *node.keywords]):
                yield "open"
            case ast.Call(func=ast.Attribute(value=owner, attr="open")) if not _is_os(owner):
                yield from ("open" for mode in [*node.args, *node.keywords] if _is_writing_mode(mode))


def _may_write(modes: Sequence[ast.AST]) -> bool:
    """True unless every argument after the name is a constant that only reads."""
    return any(_is_writing_mode(mode) or not isinstance(_value(mode), ast.Constant) for mode in modes)


def _is_writing_mode(argument: ast.AST) -> bool:
    match _value(argument):
        case ast.Constant(value=str(mode)):
            return set(mode) <= set("rwaxbt+") and bool(set(mode) & set("wax+"))
        case _:
            return False


def _value(argument: ast.AST) -> ast.AST:
    return argument.value if isinstance(argument, ast.keyword) else argument


def _is_os(owner: ast.expr) -> bool:
    return isinstance(owner, ast.Name) and owner.id == "os"


def opens_the_door(tree: ast.AST) -> Iterator[str]:
    """By what a module can reach the functions that write to the workspace."""
    package, _, module = DOOR.rpartition(".")
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=name, names=names) if name == DOOR:
                yield from (alias.name for alias in names if alias.name in WRITING | {"*"})
            case ast.ImportFrom(module=name, names=names) if name == package:
                yield from (alias.name for alias in names if alias.name in (module, "*"))
            case ast.Import(names=names):
                yield from (alias.name for alias in names if alias.name == DOOR)
            case ast.Constant(value=str(text)) if DOOR in text:
                yield text


def found_in_sources(search: Search) -> set[str]:
    """The modules in which a search finds something, relative to the package."""
    return {
        path.relative_to(SOURCES).as_posix()
        for path in SOURCES.rglob("*.py")
        if any(search(ast.parse(path.read_text("utf-8"))))
    }


def test_invariant_1_no_module_changes_files_but_those_that_say_which() -> None:
    assert found_in_sources(changes_files) == set(WRITERS)


def test_invariant_1_only_the_applier_reaches_what_writes_to_the_workspace() -> None:
    assert found_in_sources(opens_the_door) == {"changes/applier.py"}


@pytest.mark.parametrize("source", BREACHES)
def test_change_of_a_file_is_found_when_there_is_one(source: str) -> None:
    assert any(changes_files(ast.parse(source)))


@pytest.mark.parametrize("source", HARMLESS)
def test_nothing_is_found_when_a_module_only_reads(source: str) -> None:
    assert not any(changes_files(ast.parse(source)))


@pytest.mark.parametrize("source", WAYS)
def test_way_to_the_door_is_found_when_there_is_one(source: str) -> None:
    assert any(opens_the_door(ast.parse(source)))
