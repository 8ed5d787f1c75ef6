"""Proves that every rule, wherever it stands, holds for every command through every front end.

All rules stand in one workspace, each about a folder of its own, so that they are also seen to leave each other alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from copydesk.assembly.place import configure, open_place, rule_book
from copydesk.config import Config
from copydesk.domain.policies import Mode
from copydesk.domain.rules import RuleScope, Verdict
from tests.mcp_client import connect, open_desk, text_of
from tests.programs import warm_copydesk
from tests.sessions import Wish, talking
from tests.strict_api import Reply, StrictApi, call, say

pytestmark = pytest.mark.anyio

MODEL, VERSION = "claude-3-7-sonnet-20250219", "text_editor_20250124"
"""Of the editions that have `undo_edit`."""
BEFORE, AFTER = "TOKEN = 1\n", "TOKEN = 2\n"

ALLOWED = ("named/a.py", "opened/.env", "**/deep/**")
DENIED = ("option/**", "twice/a.py")
OPTIONS = (
    *(word for glob in ("twice/a.py", *ALLOWED) for word in ("--allow", glob)),
    *(word for glob in DENIED for word in ("--deny", glob)),
)
PERSONAL = """
deny = ["/listed", "named/*.py"]
ignore_files = [".aiignore", ".mine"]
respect_gitignore = true
[[rules]]
verdict = "deny"
paths = ["tabled/*.py", "again"]
[[rules]]
verdict = "ask"
paths = "asked"
[[rules]]
verdict = "allow"
paths = "again"
actions = ["view", "create", "edit", "delete"]
[[rules]]
verdict = "deny"
paths = "uncreated"
actions = "create"
[[rules]]
verdict = "deny"
paths = "unedited"
actions = "edit"
[[rules]]
verdict = "deny"
paths = "undeleted"
actions = ["delete"]
"""
FILES = {
    ".copydesk.toml": """
        deny = ["theirs"]
        allow = ["listed", "asked"]
        ignore_files = [".others"]
        [[rules]]
        verdict = "ask"
        paths = "theirs2/**"
    """,
    ".aiignore": "/ignored/*\n!/ignored/kept.py\n",
    ".mine": "mine/\n",
    ".others": "others/\n",
    ".gitignore": "gitted/\n",
}
REMEMBERED = [(Verdict.DENY, "kept"), (Verdict.ALLOW, "opened2/.env"), (Verdict.ALLOW, "deep2/**")]
CLOSED = {
    "option/a.py": "is denied by --deny option/**",
    "twice/a.py": "is denied by --deny twice/a.py",
    "listed/a.py": "is denied by config.toml: deny /listed",
    "tabled/a.py": "is denied by config.toml: deny tabled/*.py",
    "asked/a.py": "needs the person's consent, by config.toml: ask asked",
    "theirs/a.py": "is denied by .copydesk.toml: deny theirs",
    "theirs2/a.py": "needs the person's consent, by .copydesk.toml: ask theirs2/**",
    "ignored/a.py": "is denied by the ignore file .aiignore",
    "mine/a.py": "is denied by the ignore file .mine",
    "others/a.py": "is denied by the ignore file .others",
    "gitted/a.py": "is denied by the ignore file .gitignore",
    "kept/a.py": "is denied by the remembered rule ",
    "secret/.env": "consent",
    "deep/.env": "consent",
    "deep2/server.pem": "consent",
}
"""File → what the answer says that refuses it."""
OPEN = ["free/a.py", "named/a.py", "again/a.py", "ignored/kept.py", "opened/.env", "opened2/.env"]

Call = tuple[str, dict[str, Any]]
"""A command of the editor, or the name of another tool, and its input."""
EXPLORING: list[Call] = [("find_files", {}), ("search_text", {"pattern": "TOKEN"})]
Answer = tuple[bool, str]
"""Whether a call failed, and what the model reads."""


@dataclass
class Shop:
    """A workspace with all these rules, and what the last run in it said."""

    folder: Path
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def config(self) -> Config:
        """The configuration as the front ends make it of files and options."""
        flags = Config(allow=("twice/a.py", *ALLOWED), deny=DENIED)
        return configure(open_place(str(self.folder), os.environ), flags, os.environ, None, Mode.ACCEPT)

    def text(self, path: str) -> str:
        return (self.folder / path).read_text()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path / "shop")
    own = Path(os.environ["XDG_CONFIG_HOME"], "copydesk", "config.toml")
    texts = {made.folder / name: text for name, text in FILES.items()} | {own: PERSONAL}
    texts |= {made.folder / path: BEFORE for path in [*CLOSED, *OPEN, "unedited/a.py"]}
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    book = rule_book(open_place(str(made.folder), os.environ))
    for verdict, glob in REMEMBERED:
        book.remember(verdict, glob, RuleScope.GLOB)
    return made


FrontEnd = Callable[[Shop, list[Call]], Awaitable[list[Answer]]]


def scripted(calls: list[Call]) -> list[Reply]:
    """A model that makes the calls of the editor in one message, and each of the others in its own."""
    tools = dict(EXPLORING)
    editing = [{"command": name, **given} for name, given in calls if name not in tools]
    return [call(*editing), *(call(given, name=name) for name, given in calls if name in tools), say("Done.")]


def told(api: StrictApi) -> list[Answer]:
    """All tool results that the last request carries."""
    blocks = [block for message in api.bodies[-1]["messages"] for block in message["content"]]
    results = [block for block in blocks if block["type"] == "tool_result"]
    return [(bool(result.get("is_error")), str(result["content"])) for result in results]


async def in_session(shop: Shop, calls: list[Call]) -> list[Answer]:
    with StrictApi(scripted(calls)) as api:
        async with talking(api, shop.folder, Wish(model=MODEL, config=shop.config)) as talk:
            assert (await talk.say("go")).outcome == "done"
        return told(api)


async def in_run(shop: Shop, calls: list[Call]) -> list[Answer]:
    options = ("--model", MODEL, "--output-format", "json", *OPTIONS)
    with StrictApi(scripted(calls)) as api:
        ran = warm_copydesk("run", *options, "go", cwd=shop.folder, api=api)
        assert api.failures == []
        shop.result = ran.json
        return told(api)


async def in_lines(shop: Shop, calls: list[Call]) -> list[Answer]:
    tools = dict(EXPLORING)
    requests = [
        {"name": name, "input": given} if name in tools else {"input": {"command": name, **given}}
        for name, given in calls
    ]
    lines = "".join(f"{json.dumps(request)}\n" for request in requests).encode()
    ran = warm_copydesk("tool", "--tool-version", VERSION, *OPTIONS, cwd=shop.folder, given=lines)
    return [(line["is_error"], str(line["content"])) for line in ran.lines]


async def in_mcp(shop: Shop, calls: list[Call]) -> list[Answer]:
    desk = open_desk(shop.folder, Mode.ACCEPT, VERSION, file_rules=shop.config.rules())
    async with connect(desk, "modern") as client:
        results = [await client.call_tool(name, given) for name, given in calls]
    return [(bool(result.is_error), text_of(result)) for result in results]


FRONT_ENDS: dict[str, FrontEnd] = {"session": in_session, "run": in_run, "tool": in_lines, "mcp": in_mcp}


def view(path: str) -> Call:
    return "view", {"path": path}


def create(path: str) -> Call:
    return "create", {"path": path, "file_text": BEFORE}


def edits(path: str) -> list[Call]:
    return [
        ("str_replace", {"path": path, "old_str": "1", "new_str": "2"}),
        ("insert", {"path": path, "insert_line": 0, "new_str": "TOKEN = 0\n"}),
    ]


def undo(path: str) -> Call:
    return "undo_edit", {"path": path}


@pytest.mark.parametrize("front_end", FRONT_ENDS)
async def test_closed_file_is_neither_read_nor_written_nor_found(front_end: str, shop: Shop) -> None:
    ruled = [(path, each) for path in CLOSED for each in [view(path), *edits(path), create(f"{path}.pem")]]
    calls = [given for _, given in ruled]

    answers = await FRONT_ENDS[front_end](shop, [*calls, *map(undo, CLOSED), *EXPLORING])

    refused, explored = answers[: -len(EXPLORING)], answers[-len(EXPLORING) :]
    assert [text for is_error, text in refused if not is_error or "TOKEN" in text] == []
    said = [
        (CLOSED[path], answer) for (path, given), answer in zip(ruled, refused, strict=False) if given[0] != "create"
    ]
    assert [(words, text) for words, (_, text) in said if words not in text] == []
    assert [path for path in CLOSED if shop.text(path) != BEFORE or (shop.folder / f"{path}.pem").exists()] == []
    for is_error, text in explored:
        assert not is_error
        assert [path for path in CLOSED if path in text] == []
        assert [path for path in OPEN if path not in text] == []
    if shop.result:
        denials = [(denial["path"], denial["tool_input"]) for denial in shop.result["permission_denials"]]
        assert denials == [(given["path"], {"command": name, **given}) for name, given in calls]
        assert shop.result["exit_code"] == 4


@pytest.mark.parametrize("front_end", FRONT_ENDS)
async def test_open_file_is_read_written_and_found(front_end: str, shop: Shop) -> None:
    calls = [each for path in OPEN for each in [view(path), *edits(path), undo(path)]]

    answers = await FRONT_ENDS[front_end](shop, [*calls, create("free/b.py"), undo("free/b.py")])

    assert [text for is_error, text in answers if is_error] == []
    assert [path for path in OPEN if shop.text(path) != AFTER] == []
    assert not (shop.folder / "free/b.py").exists()
    if shop.result:
        assert (shop.result["exit_code"], shop.result["permission_denials"]) == (0, [])


@pytest.mark.parametrize("front_end", FRONT_ENDS)
async def test_rule_for_an_action_refuses_that_one_alone(front_end: str, shop: Shop) -> None:
    expected: list[tuple[Call, bool]] = [
        (create("uncreated/a.py"), False),
        (create("unedited/b.py"), True),
        *((given, False) for given in edits("unedited/a.py")),
        (view("unedited/a.py"), True),
        (undo("unedited/b.py"), True),
        (create("undeleted/a.py"), True),
        *((given, True) for given in edits("undeleted/a.py")),
        (undo("undeleted/a.py"), True),
        (undo("undeleted/a.py"), True),
        (undo("undeleted/a.py"), False),
    ]

    answers = await FRONT_ENDS[front_end](shop, [given for given, _ in expected])

    judged = [(given, not is_error) for (given, _), (is_error, _) in zip(expected, answers, strict=True)]
    assert judged == expected
    assert shop.text("undeleted/a.py") == BEFORE


@pytest.mark.parametrize(
    ("calls", "code"),
    [
        ([view("kept/a.py")], 0),
        (edits("kept/a.py"), 4),
        ([create("undeleted/a.py"), undo("undeleted/a.py")], 4),
        ([create("undeleted/a.py"), undo("undeleted/a.py"), edits("undeleted/a.py")[0]], 0),
    ],
    ids=["view", "edit", "not made good", "made good"],
)
async def test_denied_edit_counts_until_it_is_made_good_and_a_denied_view_never(
    calls: list[Call], code: int, shop: Shop
) -> None:
    answers = await in_run(shop, calls)

    denied = [given[0] for given, (is_error, _) in zip(calls, answers, strict=True) if is_error]
    assert [denial["tool_input"]["command"] for denial in shop.result["permission_denials"]] == denied != []
    assert shop.result["exit_code"] == code
