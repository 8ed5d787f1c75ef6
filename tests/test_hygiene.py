"""Owns what must hold of the project as a whole: what commands load, and that its texts agree with its tree."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]

DEMO_COMMAND = "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/copydesk demo"
TEST_COMMAND = ".venv/bin/pip install -e '.[dev]' && .venv/bin/pytest"

HEAVY = ("anthropic", "textual")
LIGHT_COMMANDS = [
    ["--version"],
    ["--help"],
    ["models"],
    ["models", "--json"],
    ["history"],
    ["history", "--json"],
    ["rollback"],
    ["rollback", "--preview"],
    ["redo"],
    ["rules"],
    ["rules", "--json"],
    ["tool"],
    ["mcp"],
]

RUN_AND_TELL = """
import json, sys
from copydesk.cli import main
for command in json.loads(sys.argv[1]):
    sys.argv = ["copydesk", *command]
    try:
        status = main()
    except SystemExit as ended:
        status = ended.code
    loaded = sorted({name.split(".")[0] for name in sys.modules})
    sys.stderr.write("\\ntold " + json.dumps([command, status, loaded]) + "\\n")
"""
"""Runs commands one after the other in one process, and names after each what is loaded by then."""

# Written in two halves, so that this file does not hold what it looks for.
MACHINE_PATHS = ["/wo" + "rk/", "/fa" + "rm/", "/ro" + "ot/"]
REGISTRY_HOSTS = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "debian" + ".org", "crates" + ".io"]
FORBIDDEN_TEXT = re.compile(
    "|".join([*(rf"(?<![\w.]){re.escape(path)}" for path in MACHINE_PATHS), *map(re.escape, REGISTRY_HOSTS)])
)

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
REQUIREMENT = re.compile(r"[A-Za-z0-9._-]+")


def project_files() -> list[str]:
    """What git tracks, and what it would track if it were added now."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return sorted(name for name in listed.split("\0") if name and (ROOT / name).is_file())


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


def run_and_tell(folder: Path, source: str = RUN_AND_TELL) -> list[tuple[list[str], int, set[str]]]:
    """Each command, its exit code, and which of the heavy packages are loaded when it has run."""
    told = [sys.executable, "-c", source, json.dumps(LIGHT_COMMANDS)]
    ran = subprocess.run(told, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    lines = [json.loads(line[5:]) for line in ran.stderr.splitlines() if line.startswith("told ")]
    return [(command, status, {*HEAVY} & {*loaded}) for command, status, loaded in lines]


def test_commands_load_neither_sdk_nor_screen_when_they_need_none(tmp_path: Path) -> None:
    assert run_and_tell(tmp_path) == [(command, 0, set()) for command in LIGHT_COMMANDS]


def test_heavy_package_is_seen_when_a_command_loads_it(tmp_path: Path) -> None:
    source = RUN_AND_TELL.replace("from copydesk.cli import main", "import textual\nmain = int")
    assert run_and_tell(tmp_path, source)[0][2] == {"textual"}


def test_files_name_no_machine_path_and_no_registry() -> None:
    found = [
        f"{name}:{number}: {line.strip()[:80]}"
        for name in project_files()
        for number, line in enumerate(read(name).splitlines(), 1)
        if FORBIDDEN_TEXT.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("text", [MACHINE_PATHS[0] + "x", "cd '" + MACHINE_PATHS[2] + "x'", *REGISTRY_HOSTS])
def test_forbidden_text_is_found_when_it_is_there(text: str) -> None:
    assert FORBIDDEN_TEXT.search(text)


def test_codemap_names_the_tree() -> None:
    assert sorted(codemap()) == sorted({*source_entries(), *top_folders()})


def test_command_stands_in_the_readme_and_parses() -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", read("README.md"), re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert lines == [DEMO_COMMAND, TEST_COMMAND]
    for line in lines:
        subprocess.run(["bash", "-n", "-c", line], check=True)


def test_ci_runs_the_test_command_of_the_readme_last() -> None:
    assert read(".ci/run").splitlines()[-1] == TEST_COMMAND
    assert (ROOT / ".ci/run").stat().st_mode & 0o111
    subprocess.run(["bash", "-n", ".ci/run"], cwd=ROOT, check=True)


def test_link_in_the_documents_leads_somewhere() -> None:
    assert [
        f"{name} → {target}" for name, target in relative_links() if not (ROOT / name).parent.joinpath(target).exists()
    ] == []


def test_each_picture_of_a_screen_is_shown_in_the_documents() -> None:
    shown = {Path(target).name for name, target in relative_links() if target.endswith(".svg")}
    assert shown == {path.name for path in (ROOT / "docs/screens").iterdir()}


def test_licence_is_there() -> None:
    assert read("LICENSE").startswith("MIT License\n")
    assert project()["license"] == "MIT"


def test_lock_pins_each_requirement_with_hashes() -> None:
    pinned = set(re.findall(r"^([a-z0-9-]+)==", read("requirements.lock"), re.MULTILINE))
    extras = project()["optional-dependencies"]
    required = [*project()["dependencies"], *extras["dev"], *extras["mcp"]]
    assert {normalised(requirement) for requirement in required} - pinned == {"copydesk"}
    assert all(
        "--hash=sha256:" in block
        for block in re.split(r"^(?=\S)", read("requirements.lock"), flags=re.MULTILINE)
        if block
    )


def test_import_of_the_source_is_declared() -> None:
    required = [*project()["dependencies"], *project()["optional-dependencies"]["mcp"]]
    assert imported_distributions() - {normalised(requirement) for requirement in required} == set()


def test_changelog_speaks_of_this_version() -> None:
    assert re.search(rf"^## \[(?:Unreleased|{re.escape(project()['version'])})\]", read("CHANGELOG.md"), re.MULTILINE)


def codemap() -> Iterator[str]:
    """The paths in the README's codemap; an entry's folder is the nearest one above it with less indentation."""
    block = read("README.md").split("## Codemap", 1)[1].split("```")[1]
    above: list[tuple[int, str]] = []
    for line in block.strip().splitlines():
        indent = len(line) - len(line.lstrip())
        above = [(depth, folder) for depth, folder in above if depth < indent]
        path = "".join(folder for _, folder in above) + line.split()[0]
        if path.endswith("/"):
            above.append((indent, line.split()[0]))
        yield path


def source_entries() -> set[str]:
    """Every package of the source, and the modules that lie in none of them."""
    modules = [name for name in project_files() if name.startswith("src/copydesk/") and name.endswith(".py")]
    packages = {str(Path(name).parent) + "/" for name in modules}
    return packages | {name for name in modules if name.count("/") == 2 and not Path(name).name.startswith("__")}


def top_folders() -> set[str]:
    """The folders beside `src`; those with a leading dot are machinery."""
    tops = {name.split("/")[0] + "/" for name in project_files() if "/" in name}
    return {folder for folder in tops if not folder.startswith((".", "src/"))}


def relative_links() -> Iterator[tuple[str, str]]:
    for name in project_files():
        if name.endswith(".md"):
            for target in LINK.findall(read(name)):
                if not re.match(r"[a-z]+:|#", target):
                    yield name, target.split("#")[0]


def project() -> dict[str, Any]:
    return dict(tomllib.loads(read("pyproject.toml"))["project"])


def normalised(requirement: str) -> str:
    """The name in "Types_Pygments>=2" as the lock writes it: "types-pygments"."""
    match = REQUIREMENT.match(requirement)
    assert match, requirement
    return re.sub(r"[-_.]+", "-", match[0]).lower()


def imported_distributions() -> set[str]:
    """The distributions whose packages the source imports, wherever in a module it does."""
    providers = packages_distributions()
    trees = [ast.parse(read(name)) for name in project_files() if name.startswith("src/") and name.endswith(".py")]
    roots = {name.split(".")[0] for tree in trees for name in absolute_imports(tree)}
    return {normalised(providers[root][0]) for root in roots if root in providers and root != "copydesk"}


def absolute_imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
