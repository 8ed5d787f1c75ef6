"""Proves that what may not be viewed is not named in a view of a directory either, and what outranks an ignore file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from copydesk.assembly.place import configure, open_place
from copydesk.assembly.server import ServerPlan, open_server
from copydesk.config import Config
from copydesk.domain.errors import UsageError
from copydesk.domain.ignores import MOST_WILDCARDS
from copydesk.domain.messages import ToolCall, ToolResult
from copydesk.domain.policies import Action, ActionKind, Mode, Policy, Verdict

pytestmark = pytest.mark.anyio
FILES = ("secrets/prod-db.txt", "secrets/deep/key.txt", "src/a.py", "src/secrets/b.txt", "src/query.sql")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "shop"
    for name in FILES:
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text("x\n")
    return made


def configured(folder: Path, *, trusts: bool = False, flags: Config | None = None) -> Config:
    place = open_place(str(folder), os.environ)
    with place.root:
        return configure(place, flags or Config(), os.environ, None, Mode.ACCEPT, trusts=trusts)


def verdict(config: Config, kind: ActionKind, path: str) -> Verdict:
    return Policy(Mode.ACCEPT, config.rules()).rule_on(Action(kind, path)).verdict


async def viewed(folder: Path, path: str, *deny: str) -> ToolResult:
    config = configured(folder, flags=Config(deny=deny))
    place = open_place(str(folder), os.environ)
    with place.root:
        server = open_server(place, ServerPlan(mode=Mode.ACCEPT, config=config))
        call = ToolCall("1", server.editor.name, {"command": "view", "path": path})
        return (await server.toolbox.run(call)).result


@pytest.mark.parametrize("deny", [(), ("secrets/**", "src/secrets/**")], ids=["ignore file", "rule"])
async def test_denied_directory_is_neither_listed_nor_viewed(deny: tuple[str, ...], folder: Path) -> None:
    (folder / ".aiignore").write_text("" if deny else "secrets/\n")

    listed = await viewed(folder, ".", *deny)

    assert listed.text == "., 2 levels deep (3 paths; 3 hidden or generated left out):\nsrc/\nsrc/a.py\nsrc/query.sql"
    for path in ("secrets", "secrets/", "secrets/deep", "src/secrets"):
        refused = await viewed(folder, path, *deny)
        assert refused.is_error
        assert "is denied by" in refused.text
        assert "2 levels deep" not in refused.text


async def test_denied_file_is_counted_and_what_is_brought_back_is_listed(folder: Path) -> None:
    (folder / ".aiignore").write_text("/secrets/*\n!/secrets/prod-db.txt\n")

    assert (await viewed(folder, "src", "*.sql")).text == (
        "src, 2 levels deep (3 paths; 1 hidden or generated left out):\nsrc/a.py\nsrc/secrets/\nsrc/secrets/b.txt"
    )
    assert (await viewed(folder, "secrets")).text.endswith("1 hidden or generated left out):\nsecrets/prod-db.txt")


async def test_directory_is_viewed_when_an_allow_names_it(folder: Path) -> None:
    (folder / ".aiignore").write_text("secrets/\n")
    config = configured(folder, flags=Config(allow=("/secrets",)))

    assert verdict(config, ActionKind.VIEW, "secrets/") is Verdict.ALLOW
    assert verdict(config, ActionKind.VIEW, "secrets/prod-db.txt") is Verdict.DENY


@pytest.mark.parametrize("trusts", [False, True])
def test_denial_of_an_ignore_file_is_never_softened_to_a_question(trusts: bool, folder: Path) -> None:
    (folder / ".aiignore").write_text("x\n")
    (folder / ".copydesk.toml").write_text('[[rules]]\nverdict = "deny"\npaths = ".aiignore"\nactions = "delete"\n')

    config = configured(folder, trusts=trusts)

    assert verdict(config, ActionKind.DELETE, ".aiignore") is Verdict.DENY
    assert verdict(config, ActionKind.EDIT, ".aiignore") is Verdict.ASK


def test_allow_of_the_workspace_beats_an_ignore_file_once_it_is_trusted_and_never_its_protection(folder: Path) -> None:
    (folder / ".aiignore").write_text("secrets/\n")
    (folder / ".copydesk.toml").write_text('allow = ["**", "secrets/prod-db.txt"]\n')

    untrusted, trusted = configured(folder), configured(folder, trusts=True)

    for kind in (ActionKind.VIEW, ActionKind.EDIT):
        assert verdict(untrusted, kind, "secrets/prod-db.txt") is Verdict.DENY
        assert verdict(trusted, kind, "secrets/prod-db.txt") is Verdict.ALLOW
    assert verdict(trusted, ActionKind.EDIT, ".aiignore") is Verdict.ASK


@pytest.mark.parametrize("trusts", [False, True])
def test_question_of_the_workspace_counts_for_less_than_an_ignore_file_until_it_is_trusted(
    trusts: bool, folder: Path
) -> None:
    (folder / ".aiignore").write_text("secrets/\n")
    (folder / ".copydesk.toml").write_text('[[rules]]\nverdict = "ask"\npaths = "secrets"\n')

    config = configured(folder, trusts=trusts)

    assert verdict(config, ActionKind.VIEW, "secrets/prod-db.txt") is (Verdict.ASK if trusts else Verdict.DENY)


@pytest.mark.parametrize("text", ["name\n" * 14_000, "*\n" * (MOST_WILDCARDS + 1)], ids=["large", "wild"])
def test_ignore_file_that_would_take_long_is_refused(text: str, folder: Path) -> None:
    (folder / ".aiignore").write_text(text)

    with pytest.raises(UsageError, match=r"The workspace's \.aiignore cannot be read: "):
        configured(folder)
