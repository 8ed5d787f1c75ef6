"""Proves what is loaded when the first key is echoed: the screen, and neither the SDK nor what lies over the desk."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import asyncio, os, sys
from copydesk.arguments import parser_for
from copydesk.launch.screen import find_wanted, make_app

AHEAD = "copydesk.frontends.tui.review_screen"

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


def test_a_typed_key_shows_before_the_sdk_and_the_review_are_loaded(tmp_path: Path) -> None:
    environment = {**os.environ, "ANTHROPIC_API_KEY": "sk-ant-not-a-key"}
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], env=environment, capture_output=True, timeout=50, check=False
    )

    assert ran.stdout.decode().split() == ["q", "False", "False", "True", "True"], ran.stderr.decode()
