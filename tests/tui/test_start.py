"""Proves what is loaded when the first key is echoed: the screen, and neither the SDK nor what lies over the desk."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from textual import events

from copydesk.arguments import parser_for
from copydesk.domain.errors import UsageError
from copydesk.frontends.tui.lines.words_field import WordsField
from copydesk.launch.screen import find_wanted, make_app
from tests.tui.driver import seated
from tests.tui.fake_session import FakeSession

PROGRAM = """
import asyncio, os, sys
from copydesk.arguments import parser_for
from copydesk.launch.screen import find_wanted, make_app

AHEAD = "copydesk.frontends.tui.review.screen"

async def main():
    app = make_app(find_wanted(parser_for("").parse_args(["--root", sys.argv[1]]), dict(os.environ)))
    async with app.run_test() as pilot:
        await pilot.press("q")
        print(app.focused.text, "anthropic" in sys.modules, AHEAD in sys.modules)
        for _ in range(200):
            await pilot.pause(0.05)
            if "anthropic" in sys.modules:
                break
        print("anthropic" in sys.modules, AHEAD in sys.modules)

asyncio.run(main())
"""

PAINTED_WITHOUT = (
    *("copydesk.model.profiles", "tomllib", "copydesk.domain.transcript", "copydesk.domain.proposals"),
    *("copydesk.domain.policies", "copydesk.frontends.tui.bridge", "copydesk.frontends.tui.transcript.sections"),
    *("copydesk.frontends.tui.lines.words_field", "copydesk.frontends.tui.prompt.key_field", "git", "anthropic"),
)
MADE = """
import os, sys
from copydesk.arguments import parser_for
from copydesk.launch.screen import find_wanted, make_app

make_app(find_wanted(parser_for("").parse_args(["--root", sys.argv[1]]), dict(os.environ)))
print(*(name for name in sys.argv[2:] if name in sys.modules))
"""


def test_only_what_the_first_paint_draws_is_loaded_when_the_screen_is_made(tmp_path: Path) -> None:
    command = [sys.executable, "-c", MADE, str(tmp_path), *PAINTED_WITHOUT]

    ran = subprocess.run(command, capture_output=True, timeout=50, check=True)

    assert ran.stdout.decode().split() == []


async def test_tool_version_and_price_are_shown_when_the_session_is_open(tmp_path: Path) -> None:
    environment = {**os.environ, "COPYDESK_STATE_DIR": str(tmp_path / "state")}
    workspace = tmp_path / "w"
    workspace.mkdir()
    app = make_app(find_wanted(parser_for("").parse_args(["--root", str(workspace)]), environment))
    async with app.run_test(size=(120, 24)) as pilot:
        for _ in range(200):
            await pilot.pause(0.02)
            seen = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
            if "text_editor_" in seen:
                break

    assert "text_editor_" in seen
    assert "per million tokens" in seen


@pytest.mark.parametrize(
    "wish",
    [("--model", "no-such-model"), ("--effort", "max", "--model", "claude-3-haiku-20240307"), ("--beta", "no-beta")],
)
def test_wish_is_refused_at_the_shell_when_the_model_does_not_take_it(wish: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        find_wanted(parser_for("").parse_args(["--root", str(tmp_path), *wish]), dict(os.environ))


def test_a_typed_key_shows_before_the_sdk_and_the_review_are_loaded(tmp_path: Path) -> None:
    environment = {**os.environ, "ANTHROPIC_API_KEY": "sk-ant-not-a-key"}
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], env=environment, capture_output=True, timeout=50, check=False
    )

    assert ran.stdout.decode().split() == ["q", "False", "False", "True", "True"], ran.stderr.decode()


async def test_words_go_into_the_field_when_they_are_typed_before_it_is_there() -> None:
    async with seated(FakeSession()) as person:
        for key in (events.Key("ctrl+f", None), events.Key("q", "q"), events.Key("w", "w")):
            person.app.post_message(key)
        await person.until(lambda: [field.text for field in person.screen.query(WordsField)] == ["qw"])

        assert person.app.desk.composer.is_empty
