"""Owns the tour of the screens: a person walks through the real program, and each screen is kept as a picture.

`python -m tests.tour FOLDER [LOOK ...]` draws the pictures anew; those of the project are in `docs/screens`. Session,
workspace, git and History are real; only the model is the tests' stand-in.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from copydesk.arguments import parser_for
from copydesk.launch.screen import find_wanted, make_app
from tests.strict_api import Reply, StrictApi, call, say
from tests.tui.driver import Person

SANDBOX = Path(__file__).parents[1] / "sandbox"
USUAL, NARROW, WIDE = (120, 34), (60, 16), (200, 50)
LOOKS: Mapping[str, tuple[tuple[int, int], str]] = {
    "dark": (USUAL, "desk-dark"),
    "light": (USUAL, "desk-light"),
    "plain": (USUAL, "desk-plain"),
    "narrow": (NARROW, "desk-dark"),
    "wide": (WIDE, "desk-dark"),
}
"""Name of a look → its size in cells, and its theme."""
CHANGES = {
    "int(match[2] or 0)": 'int((match[2] or "0").ljust(2, "0"))',
    "return int(cents + 0.5)": "return floor(cents + 0.5)",
    "import re\n": "import re\nfrom math import floor\n",
}
ANSWER = """The shop now reads `12.5` as **twelve and a half**, and rounds negative amounts down:

| amount | cents |
|---|---:|
| `12.5` | 1250 |
| `-0.5` | 0 |

```python
def round_half_up(cents: float) -> int:
    return floor(cents + 0.5)
```

See webshop/prices.py:20.
"""
_WEB_FONT = re.compile(r"\s*@font-face \{[^}]*\}")
"""A picture asks no other host for letters."""


@dataclass(frozen=True, slots=True)
class Guide:
    """Somebody at a screen who takes pictures."""

    person: Person
    folder: Path
    look: str
    base: str
    """The folder that everything lies in; a picture says `~`."""

    async def keep(self, name: str, *texts: str) -> None:
        """Keep the screen once it shows these texts."""
        await self.person.until_seen(*texts)
        await self.person.wait(0.3)
        drawn = self.person.app.export_screenshot(title=f"copydesk: {name}", simplify=True)
        picture = _WEB_FONT.sub("", drawn).replace("<svg ", '<svg xml:space="preserve" ', 1)
        for place in (self.base, str(Path.home())):
            picture = picture.replace(place, "~")
        (self.folder / f"{name}-{self.look}.svg").write_text(picture, encoding="utf-8")

    async def ask(self, text: str) -> None:
        """Write something and send it."""
        await self.person.write(text)
        await self.person.press("enter")

    async def go_back(self, *, until: str = "f3 history") -> None:
        """Leave screens until the desk is there."""
        while until not in self.person.sees():
            await self.person.press("escape")
            await self.person.wait(0.7)


async def walk(guide: Guide, workspace: Path) -> None:
    """See every screen once."""
    await see_the_prompt(guide)
    await see_the_review(guide)
    await see_the_history(guide, workspace / "webshop/prices.py")
    await see_the_rest(guide)


async def see_the_prompt(guide: Guide) -> None:
    await guide.keep("start", "enter   sends")
    await guide.person.write("/")
    await guide.keep("commands", "/help")
    await guide.person.press("backspace")
    await guide.person.write("look at @pri")
    await guide.keep("files", "webshop/prices.py")
    await guide.person.press("escape", "ctrl+c")


async def see_the_review(guide: Guide) -> None:
    await guide.ask("12.5 is refused as a price, and halves are rounded wrongly: mend both in webshop/prices.py")
    await guide.keep("review", "accept", "prices.py")
    await guide.person.wait(0.5)
    await guide.person.press("a")
    await guide.person.press("c")
    await guide.person.write("keep the regular expression as it is")
    await guide.keep("comment", "keep the regular")
    await guide.person.press("enter")
    await guide.person.wait(0.5)
    await guide.person.press("enter")
    await guide.keep("finish", "answer the model")
    await guide.person.press("escape", "q")
    await guide.keep("waiting", "waits")
    await guide.person.press("ctrl+r")
    await guide.person.wait(0.8)
    await guide.person.press("A")
    if "answer the model" in guide.person.sees():
        await guide.person.press("a")
    await guide.keep("transcript", "See webshop/prices.py:20")


async def see_the_history(guide: Guide, file: Path) -> None:
    await guide.person.press("f3")
    await guide.keep("history", "applied", "would change")
    await guide.person.press("enter")
    await guide.keep("going-back", "goes back")
    await guide.person.press("r")
    await guide.keep("confirm", "y rolls back")
    await guide.go_back()
    await asyncio.to_thread(change, file)
    await guide.person.press("f3")
    await guide.person.until_seen("changed outside")
    await guide.person.press("r")
    await guide.keep("conflict", "k keep")
    await guide.go_back()


def change(file: Path) -> None:
    """Save a file as its owner does, meanwhile."""
    file.write_text(file.read_text().replace("floor(cents + 0.5)", "floor(cents + 0.5)  # mine"))


async def see_the_rest(guide: Guide) -> None:
    for name in ("sessions", "models", "rules", "cost", "settings", "help"):
        await guide.ask(f"/{name}")
        await guide.keep(name, " keys" if name == "help" else f" {name}")
        await guide.go_back()
    await guide.person.press("ctrl+p")
    await guide.keep("palette", "History")


async def draw(folder: Path, look: str) -> None:
    """Take the walk in a workspace of its own."""
    size, theme = LOOKS[look]
    with tempfile.TemporaryDirectory() as base, StrictApi(script()) as api:
        workspace = furnish(Path(base))
        environment = {
            **os.environ,
            "ANTHROPIC_API_KEY": api.key,
            "ANTHROPIC_BASE_URL": api.url,
            "HOME": base,
            "XDG_CONFIG_HOME": f"{base}/.config",
            "COPYDESK_STATE_DIR": f"{base}/.local/state/copydesk",
        }
        arguments = ["--root", str(workspace), "--model", "claude-opus-5-5"]
        app = make_app(find_wanted(parser_for("").parse_args(arguments), environment))
        async with app.run_test(size=size) as pilot:
            app.theme = theme
            await walk(Guide(Person(app, pilot), folder, look, base), workspace)


def script() -> list[Reply]:
    """What the model says and does."""
    before = after = (SANDBOX / "webshop/prices.py").read_text()
    for old, new in CHANGES.items():
        after = after.replace(old, new, 1)
    looks = {"command": "view", "path": "webshop/prices.py"}
    edits = {"command": "str_replace", "path": "webshop/prices.py", "old_str": before, "new_str": after}
    return [
        call(looks, text="I'll read the file first.", thinking="The amount is matched by a regular expression."),
        call(edits, text="Two lines are wrong: one digit after the point, and how halves are rounded."),
        say(ANSWER),
    ]


def furnish(base: Path) -> Path:
    """A small shop under git."""
    workspace = base / "webshop"
    shutil.copytree(SANDBOX, workspace, ignore=shutil.ignore_patterns("__pycache__"))
    owner = ["-c", "user.name=owner", "-c", "user.email=owner@localhost"]
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], [*owner, "commit", "-qm", "The shop as it is"]):
        subprocess.run(["git", "-C", str(workspace), *command], check=True)
    return workspace


def main(folder: Path, looks: list[str]) -> None:
    """Draw the screens anew, in all looks or those that are named."""
    folder.mkdir(parents=True, exist_ok=True)
    for look in looks or LOOKS:
        asyncio.run(draw(folder, look))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
