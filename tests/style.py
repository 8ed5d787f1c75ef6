"""Owns the rules of style that a program can check: each takes a parsed module and yields what breaks the rule.

The tables of exceptions, and which rule holds where, are in test_layers.py.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LONGEST_MODULE = 400
LONGEST_FUNCTION = 40
MOST_PARAMETERS = 5

AMBIENT_CALLS = {
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "os.environ",
    "os.environb",
    "os.getcwd",
    "os.getcwdb",
    "os.getenv",
    "os.urandom",
    "pathlib.Path.cwd",
    "pathlib.Path.home",
    "time.monotonic",
    "time.monotonic_ns",
    "time.perf_counter",
    "time.time",
    "time.time_ns",
    "uuid.uuid1",
    "uuid.uuid4",
}
"""What the composition root passes in: environment, clock, random identifiers, current and home directory."""

AMBIENT_PACKAGES = {"random", "secrets"}
IMPURE_PACKAGES = {
    "asyncio", "ctypes", "os", "shutil", "signal", "socket", "subprocess", "tempfile", "threading",
}  # fmt: skip
VAGUE_NAME = re.compile(r"^Base[A-Z]|(Manager|Helper|Helpers|Util|Utils|Base)$|^(base|common|helpers?|misc|utils?)$")
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One source file, parsed."""

    path: str
    """Relative to the repository, with forward slashes."""
    source: str
    tree: ast.Module


@dataclass(frozen=True)
class Finding:
    """One breach of one rule."""

    where: str
    """`path` or `path::name`: the key of an exception."""
    said: str


def parse_module(path: str, source: str) -> Module:
    return Module(path, source, ast.parse(source, path))


def long_module(module: Module) -> Iterator[Finding]:
    lines = len(module.source.splitlines())
    if lines > LONGEST_MODULE:
        yield Finding(module.path, f"{lines} lines; a module ends at {LONGEST_MODULE}")


def long_function(module: Module) -> Iterator[Finding]:
    for name, function in _functions(module.tree):
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > LONGEST_FUNCTION:
            yield Finding(f"{module.path}::{name}", f"{lines} lines; a function ends at {LONGEST_FUNCTION}")


def wide_constructor(module: Module) -> Iterator[Finding]:
    """Classes that do something take at most five things; frozen dataclasses are values and hold what they describe."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef):
            parameters = _constructor_parameters(node)
            if parameters > MOST_PARAMETERS:
                yield Finding(f"{module.path}::{node.name}", f"{parameters} parameters; at most {MOST_PARAMETERS}")


def ambient_access(module: Module) -> Iterator[Finding]:
    """`print`, the environment, the clock, random identifiers, the current directory: also as a value passed on."""
    origins = _imported_names(module.tree)
    for node in ast.walk(module.tree):
        name = _qualified_name(node, origins)
        if name in AMBIENT_CALLS or name == "print" or (name and name.split(".")[0] in AMBIENT_PACKAGES):
            yield Finding(f"{module.path}::{name}", f"{name} in line {node.lineno}; it is to be passed in")  # type: ignore[attr-defined]


def blind_except(module: Module) -> Iterator[Finding]:
    """Catching everything; a handler that ends in a bare `raise` only cleans up and is none."""
    for name, function in [("", module.tree), *_functions(module.tree)]:
        for handler in _own_handlers(function):
            if _catches_everything(handler) and not _ends_in_raise(handler):
                yield Finding(f"{module.path}::{name}", f"catches everything in line {handler.lineno}")


def unfinished_note(module: Module) -> Iterator[Finding]:
    for number, line in enumerate(module.source.splitlines(), 1):
        if UNFINISHED.search(line):
            yield Finding(module.path, f"a note of unfinished work in line {number}; it belongs into an issue")


def vague_name(module: Module) -> Iterator[Finding]:
    if VAGUE_NAME.search(Path(module.path).stem):
        yield Finding(module.path, "the module's name does not say what it owns")
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef) and VAGUE_NAME.search(node.name):
            yield Finding(f"{module.path}::{node.name}", "the class's name does not say what it is")


def missing_docstring(module: Module) -> Iterator[Finding]:
    if not ast.get_docstring(module.tree):
        yield Finding(module.path, "no docstring that says what the module owns")


def impure_import(module: Module) -> Iterator[Finding]:
    """Pure layers import nothing that touches the world; of pathlib only the pure paths."""
    for origin in _imported_names(module.tree).values():
        package = origin.split(".")[0]
        if package in IMPURE_PACKAGES or (package == "pathlib" and not origin.startswith("pathlib.Pure")):
            yield Finding(f"{module.path}::{package}", f"imports {origin} in a pure layer")


def patched_code(module: Module) -> Iterator[Finding]:
    """Our own code is not replaced in tests; what stands in for something lives in tests/fakes.py."""
    for origin in _imported_names(module.tree).values():
        if origin.startswith(("unittest.mock", "mock")):
            yield Finding(f"{module.path}::mock", "imports mocks")
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "setattr":
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and str(first.value).startswith("copydesk"):
                yield Finding(f"{module.path}::setattr", f"patches {ast.unparse(first)}")


def told_test(module: Module) -> Iterator[Finding]:
    for name, function in _functions(module.tree):
        if function.name.startswith("test_") and ast.get_docstring(function):
            yield Finding(f"{module.path}::{name}", "a test's name says what it tests; it has no docstring")


def _functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, Function]]:
    """Every function with its dotted name, outer before inner."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef | Function):
            name = f"{prefix}{node.name}"
            if isinstance(node, Function):
                yield name, node
            yield from _functions(node, f"{name}.")
        else:
            yield from _functions(node, prefix)


def _constructor_parameters(node: ast.ClassDef) -> int:
    for statement in node.body:
        if isinstance(statement, Function) and statement.name == "__init__":
            arguments = statement.args
            return len(arguments.posonlyargs) + len(arguments.args) + len(arguments.kwonlyargs) - 1
    if _is_changeable_dataclass(node):
        return sum(isinstance(statement, ast.AnnAssign) and not _hidden(statement) for statement in node.body)
    return 0


def _is_changeable_dataclass(node: ast.ClassDef) -> bool:
    texts = [ast.unparse(decorator) for decorator in node.decorator_list]
    return any("dataclass" in text and "frozen=True" not in text for text in texts)


def _hidden(field: ast.AnnAssign) -> bool:
    """Fields that no caller passes: class variables and `init=False`."""
    value = ast.unparse(field.value) if field.value else ""
    return "ClassVar" in ast.unparse(field.annotation) or "init=False" in value


def _imported_names(tree: ast.Module) -> dict[str, str]:
    """Local name → where it comes from, wherever in the module it is imported."""
    origins = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                origins[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and not node.level:
            origins |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return origins


def _qualified_name(node: ast.AST, origins: dict[str, str]) -> str | None:
    """The full name behind `datetime.now` or `environ`; None for what is no name of an imported thing or builtin."""
    match node:
        case ast.Name(id=name):
            return origins.get(name, name if name == "print" else None)
        case ast.Attribute(value=owner, attr=attribute):
            outer = _qualified_name(owner, origins)
            return f"{outer}.{attribute}" if outer else None
        case _:
            return None


def _own_handlers(scope: ast.AST) -> Iterator[ast.ExceptHandler]:
    """The handlers of a function, without those of functions inside it."""
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, ast.ExceptHandler):
            yield node
        if not isinstance(node, Function):
            yield from _own_handlers(node)


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(isinstance(n, ast.Name) and n.id in ("Exception", "BaseException") for n in ast.walk(handler.type))


def _ends_in_raise(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None
