"""Owns what a transcript is as Markdown."""

import pytest

from copydesk.domain.diffs import diff_images
from copydesk.domain.transcript import Notice, Prompt, Reply, Thought, ToolCard
from copydesk.frontends.export import fenced, markdown_of

EDIT = diff_images("src/stats.py", b"a\nb\n", b"a\nc\n")


def test_conversation_is_written_in_order_when_it_is_exported() -> None:
    items = (
        Prompt("fix it\nplease", 4),
        Thought("Where?", 6.2),
        Reply("The **divisor**:\n\n```python\nx = 1\n```"),
        ToolCard("c", "editor", {"command": "str_replace"}, "applied", (EDIT,)),
        Notice("Interrupted."),
    )
    assert markdown_of(items) == (
        "## Turn 4\n\n> fix it\n> please\n\n*Thought 6 s*\n\n> Where?\n\n"
        "The **divisor**:\n\n```python\nx = 1\n```\n\n**edit** `src/stats.py` · +1 −1 · applied\n\n"
        "```diff\ndiff --git a/src/stats.py b/src/stats.py\n--- a/src/stats.py\n+++ b/src/stats.py\n"
        "@@ -1,2 +1,2 @@\n a\n-b\n+c\n```\n\n*Interrupted.*\n"
    )


def test_nothing_is_written_when_there_are_no_items() -> None:
    assert markdown_of(()) == ""


@pytest.mark.parametrize(("text", "fence"), [("a", "```"), ("a ``` b", "````"), ("`````", "``````")])
def test_fence_is_longer_than_any_in_the_text_when_code_is_written(text: str, fence: str) -> None:
    assert fenced(text) == f"{fence}\n{text}\n{fence}"


def test_control_characters_are_shown_when_anything_is_exported() -> None:
    hostile = "a\x1b[2J\u202eb"
    diff = diff_images("a.py", b"x\n", f"{hostile}\n".encode())
    cards = [ToolCard("c", "t", {"path": hostile}, "rejected", reason=hostile), ToolCard("d", "t", {}, diffs=(diff,))]
    written = markdown_of([Prompt(hostile), Reply(hostile), Thought(hostile), Notice(hostile), *cards])
    assert written.count("a␛[2J‹U+202E›b") == 7
    assert "\x1b" not in written
