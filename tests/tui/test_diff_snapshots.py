"""Owns how differences look, compared with pictures in text of what was looked at and found right.

To draw the pictures anew: `COPYDESK_SNAPSHOTS=1 pytest -n 0 tests/tui/test_diff_snapshots.py`; then read their diff.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from copydesk.domain.diffs import ChangeStatus, diff_images
from copydesk.frontends.tui.diff.view import Comment, Layout, ShownFile
from tests.tui.diff_desk import Reader, numbered, pictured, reading, shown

PICTURES = Path(__file__).parent / "snapshots"
IS_DRAWING = os.environ.get("COPYDESK_SNAPSHOTS") == "1"

LONG = "".join(chr(97 + number % 26) for number in range(5_000))

CASES = {
    "words": shown(
        "def total(self):\n    return sum(i.price for i in self.items)\n\ndef clear(self):\n    pass\n",
        "def total(self):\n    return sum(i.price * i.count for i in self.items)\n\ndef clear(self):\n    pass\n",
    ),
    "tabs": shown("if x:\n\treturn 1\n\ty = 2\n", "if x:\n    return 1\n\ty = 3\t# three\n"),
    "wide": shown("漢字かな交じり\nok\n", "漢字かな混じり文\nok\n", "cjk.txt"),
    "emoji": shown("cafe\u0301 👍🏽 no\n", "cafe\u0301 👍🏽 yes 👩\u200d👧\n", "emoji.txt"),
    "line ends": shown("one\r\ntwo\r\nthree\r\n", "one\ntwo\nthree\n", "flip.txt"),
    "one line end": shown("one\r\ntwo\nthree\n", "one\ntwo\nthree", "ends.txt"),
    "blanks": shown("a = 1\nb = 2\n", "a = 1  \nb =  2\n", "blanks.py"),
    "rename": ShownFile(
        replace(diff_images("new/name.py", b"x = 1\n", b"x = 2\n"), status=ChangeStatus.RENAMED, old_path="old/name.py")
    ),
    "mode": ShownFile(diff_images("run.sh", b"echo\n", b"echo\n", modes=(0o644, 0o755))),
    "binary": ShownFile(diff_images("logo.png", b"\0a", b"\0b")),
    "created": shown(None, "first\nsecond\n", "new.txt"),
    "deleted": shown("first\nsecond\n", None, "gone.txt"),
    "folded": replace(shown("{}\n", "{ }\n", "package-lock.json"), is_folded=True, mark="generated"),
    "control": shown("safe\n", "\x1b]52;c;cm0=\x07 [red]no[/red] [@click=app.quit]x[/] \x9b2J\b\b\n", "odd.txt"),
    "hidden": shown("user = 'admin'\n", "user = '\u202enimda\u202c'\u200b\n", "bidi.py"),
    "context": replace(shown(numbered(60), numbered(60, [12, 40])), remarks=("It is read by the shop.",)),
    "large": shown(None, "".join(f"value_{number} = {number}\n" for number in range(20_000)), "large.py"),
}
LAYOUTS = [(layout, width) for layout in (Layout.UNIFIED, Layout.SIDE) for width in (80, 160)]


@pytest.mark.parametrize(("layout", "width"), LAYOUTS, ids=lambda value: getattr(value, "name", str(value)).lower())
async def test_differences_look_as_before_when_they_are_shown(layout: Layout, width: int) -> None:
    pictures = []
    async with reading(size=(width, 24)) as reader:
        for name, file in CASES.items():
            await reader.show(file, layout=layout)
            if name == "context":
                reader.view.mark_file(0, "◐", "waiting")
                reader.view.mark_hunk(0, 1, "✓ accepted", "added")
                reader.view.set_comments([Comment(0, 12, False, None, "keep it\nas it was", "you, line 12 · must")])
                reader.view.search("line 1")
                await reader.press("down")
            pictures.append(f"== {name}\n{pictured(reader.strips())}")
            reader.view.search("")
        pictures += [f"== {name}\n{picture}" for name, picture in await long_lines(reader, layout)]
    compare(f"{layout.name.lower()}-{width}.txt", "\n".join(pictures))


async def long_lines(reader: Reader, layout: Layout) -> list[tuple[str, str]]:
    """A line of 5,000 columns that differs at column 4,900: folded, running on, and where it differs."""
    pictures = []
    file = shown(f"{LONG}\n", f"{LONG[:4900]}--{LONG[4902:]}\n", "long.txt")
    for name, wraps in (("long", True), ("long, running on", False)):
        await reader.show(file, layout=layout, wraps=wraps)
        pictures.append((name, "\n".join(pictured(reader.strips()).splitlines()[:6]) + "\n"))
        await reader.press("end", *(["up"] if layout is Layout.UNIFIED and not wraps else []), "shift+right")
        pictures.append((f"{name}, where it differs", pictured(reader.strips())))
    return pictures


def compare(name: str, picture: str) -> None:
    if IS_DRAWING:
        (PICTURES / name).write_text(picture, encoding="utf-8")
    assert picture == (PICTURES / name).read_text(encoding="utf-8")
