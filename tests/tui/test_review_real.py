"""Proves `copydesk review` in a real terminal: keys come from it though a patch is piped in, and what it loads."""

import os
import secrets
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.test_revisions import git
from tests.programs import command, surroundings
from tests.programs import warm_copydesk as copydesk
from tests.tui.terminal import terminal

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "sum.py").write_text("total = a - b\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "one")
    (folder / "sum.py").write_text("total = a + b\n")
    return folder


@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux for a real terminal")
def test_keys_come_from_the_terminal_when_a_patch_is_piped_in(shop: Path) -> None:
    review = shlex.join(command("review", "-", "--root", str(shop)))
    script = f"echo; echo; git -C {shop} diff | {review} > {shop}.said; echo the code is $?"
    environment = surroundings(TERM="xterm-256color", PATH=os.environ["PATH"], LANG="C.UTF-8")
    with terminal(f"copydesk-{secrets.token_hex(4)}", ["sh", "-c", script], (80, 24), environment) as desk:
        desk.shows("review", "standard input", "− total = a - b", "a accept", "in the files already")
        desk.press("c")
        desk.shows("must · sum.py, line 1")
        desk.type("why?")
        desk.press("Enter")
        desk.shows("you, line 1 · must: why?")
        desk.press("Enter")
        desk.shows("r request changes", "With 1 comment")
        desk.press("r")
        desk.shows("What should change?")
        desk.press("Enter")
        desk.shows("Changes requested.", "the code is 10")
    assert Path(f"{shop}.said").read_text() == "sum.py:1: must\n    | total = a + b\n    why?\n\n"


@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux for a real terminal")
def test_path_that_the_command_line_denies_cannot_be_accepted(shop: Path) -> None:
    review = shlex.join(command("review", "--deny", "sum.py", "../fix.patch"))
    git(shop, "diff", "--output", "../fix.patch")
    git(shop, "checkout", "--quiet", ".")
    script = f"cd {shop}; {review}; echo the code is $?"
    environment = surroundings(TERM="xterm-256color", PATH=os.environ["PATH"], LANG="C.UTF-8")
    with terminal(f"copydesk-{secrets.token_hex(4)}", ["sh", "-c", script], (80, 24), environment) as desk:
        desk.shows("from: fix.patch", "denied by a rule", "a accept")
        desk.press("a")
        desk.shows("It cannot be accepted: sum.py is denied by --deny sum.py.")
        desk.press("q")
        desk.shows("the code is 11")
    assert (shop / "sum.py").read_text() == "total = a - b\n"


def test_review_says_what_it_needs_when_there_is_no_terminal(shop: Path) -> None:
    ran = copydesk("review", "--root", str(shop))

    assert (ran.code, ran.out) == (2, "")
    assert "terminal" in ran.talk


def test_review_loads_neither_sdk_nor_servers_when_it_is_on_screen(shop: Path) -> None:
    program = (
        "import sys, asyncio, os\n"
        "from copydesk.launch.review import finder\n"
        "from copydesk.assembly.place import open_place\n"
        "from copydesk.frontends.editors import EditorCommand\n"
        "from copydesk.frontends.tui.review.carrying import Remembered\n"
        "from copydesk.frontends.tui.review.source_case import SourceCase\n"
        "from copydesk.frontends.tui.review_app import Case, ReviewApp\n"
        "find = finder('fix.patch', open_place('.', dict(os.environ)))\n"
        "case = SourceCase(find(), find, None)\n"
        "app = ReviewApp(Case('', case.offer, case.decide, case.look, True, EditorCommand()), Remembered())\n"
        "async def main():\n"
        "    async with app.run_test() as pilot:\n"
        "        await pilot.press('c', 'x', 'enter')\n"
        "        print(app.screen.state.remarks[0].text, *({'anthropic', 'git', 'mcp', 'httpx2'} & set(sys.modules)))\n"
        "asyncio.run(main())\n"
    )
    (shop / "fix.patch").write_text("--- a/sum.py\n+++ b/sum.py\n@@ -1 +1 @@\n-total = a + b\n+total = 0\n")
    ran = subprocess.run([sys.executable, "-c", program], cwd=shop, capture_output=True, timeout=50, check=False)

    assert ran.stdout.decode().split() == ["x"], ran.stderr.decode()
