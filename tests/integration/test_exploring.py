"""Proves that the exploring tools stand beside the editor in sessions and runs, and can be switched off."""

from pathlib import Path

import pytest

from copydesk.config import Config
from copydesk.domain.transcript import ToolCard
from copydesk.frontends.present import card_line
from tests.programs import warm_copydesk
from tests.sessions import Wish, talking
from tests.strict_api import StrictApi, call, say

pytestmark = pytest.mark.anyio

SEARCH = call({"pattern": "price", "glob": "*.py"}, name="search_text")
FIND = call({"pattern": "*.py", "path": "shop"}, name="find_files")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "w"
    (folder / "shop").mkdir(parents=True)
    (folder / "shop/a.py").write_text("price = 1\n")
    (folder / "shop/b.py").write_text("name = 2\n")
    (folder / ".env").write_text("price=secret\n")
    return folder


async def test_session_finds_and_searches_when_the_model_asks(workspace: Path) -> None:
    with StrictApi([SEARCH, FIND, say("Found.")]) as api:
        async with talking(api, workspace) as talk:
            assert (await talk.say("where are prices?")).outcome == "done"
            (searched,), (found,) = talk.results(1), talk.results(2)
            lines = [card_line(item) for item in talk.transcript.items if isinstance(item, ToolCard)]
    assert searched["content"] == "1 line in 1 file matches:\n\nshop/a.py\n     1\tprice = 1"
    assert found["content"] == "2 files:\nshop/a.py\nshop/b.py"
    assert [(line.verb, line.path, line.extent) for line in lines] == [
        ("search", "price in *.py", "1 line"),
        ("find", "*.py in shop", "2 files"),
    ]


async def test_session_has_no_exploring_tools_when_they_are_switched_off(workspace: Path) -> None:
    with StrictApi([SEARCH, say("I see.")]) as api:
        async with talking(api, workspace, Wish(config=Config(explore=False))) as talk:
            await talk.say("where are prices?")
            (answer,) = talk.results()
    assert answer["is_error"]
    assert "There is no tool 'search_text'; the tools are str_replace_based_edit_tool." in answer["content"]


@pytest.mark.parametrize("given", [(), ("--no-explore",)])
def test_run_declares_the_exploring_tools_unless_they_are_switched_off(given: tuple[str, ...], workspace: Path) -> None:
    with StrictApi([say("Hello.")]) as api:
        ran = warm_copydesk("run", *given, "hello", cwd=workspace, api=api)
    assert ran.code == 0, ran.talk
    names = [tool["name"] for tool in api.bodies[0]["tools"]]
    assert names == ["str_replace_based_edit_tool", *([] if given else ["find_files", "search_text"])]
