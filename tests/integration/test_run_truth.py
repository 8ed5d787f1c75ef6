"""Proves that a run says what it did and no more: denied edits are denied edits, and a resumed run is its own."""

from pathlib import Path
from typing import Any

import pytest

from tests.programs import warm_copydesk as copydesk
from tests.strict_api import StrictApi, call, dropped, fail, say

EDIT = {"command": "str_replace", "path": "a.py", "old_str": "1", "new_str": "2"}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "a.py").write_text("x = 1\n")
    (folder / ".env").write_text("KEY=1\n")
    (folder / ".git").mkdir()
    return folder


DENIED: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "edit of a secret": ({**EDIT, "path": ".env"}, ()),
    "edit by rule": (EDIT, ("--deny", "a.py")),
    "outside the root": ({"command": "create", "path": "../evil.py", "file_text": "x"}, ()),
    "inside .git": ({"command": "create", "path": ".git/hooks/x", "file_text": "x"}, ()),
}


@pytest.mark.parametrize("name", DENIED)
def test_every_denied_edit_is_exit_4_and_is_listed(name: str, workspace: Path) -> None:
    given, options = DENIED[name]
    with StrictApi([call(given), say("Done.")]) as api:
        ran = copydesk("run", *options, "--root", str(workspace), "--output-format", "json", "go", api=api)

    assert (ran.code, ran.json["outcome"]) == (4, "denied")
    assert [denial["tool_input"] for denial in ran.json["permission_denials"]] == [given]


def test_a_denied_view_is_listed_and_does_not_count(workspace: Path) -> None:
    with StrictApi([call({"command": "view", "path": ".env"}), say("Done.")]) as api:
        ran = copydesk("run", "--root", str(workspace), "--output-format", "json", "go", api=api)

    assert (ran.code, [denial["path"] for denial in ran.json["permission_denials"]]) == (0, [".env"])
    assert "KEY" not in str(api.bodies)


def test_a_resumed_run_speaks_of_itself_only(workspace: Path) -> None:
    with StrictApi([call(EDIT), say("Done."), say("Nothing left."), fail(400, "invalid_request_error", "No")]) as api:
        copydesk("run", "--root", str(workspace), "go", api=api)
        options = ("--root", str(workspace), "--output-format", "json", "--continue")
        idle = copydesk("run", *options, "--expect-changes", "more", api=api)
        broken = copydesk("run", *options, "more", api=api)

    assert (idle.code, idle.json["changes"], idle.json["num_steps"]) == (6, [], 1)
    assert (broken.code, broken.json["changes"], broken.json["checkpoint"]) == (1, [], None)
    assert "Done." not in broken.out


def test_a_discarded_reply_is_not_printed(workspace: Path) -> None:
    reply = call(EDIT, text="Editing.")
    with StrictApi([dropped(reply, 8), reply, say("Done.")]) as api:
        ran = copydesk("run", "--root", str(workspace), "--output-format", "stream-json", "go", api=api)

    said = [line["message"]["content"][0].get("text") for line in ran.lines if line["type"] == "assistant"]
    assert said == ["Editing.", None, "Done."]


def test_a_named_secret_is_not_read_without_a_person(workspace: Path) -> None:
    with StrictApi([say("ok")] * 2) as api:
        copydesk("run", "--root", str(workspace), "what is in @.env?", api=api)
        copydesk("run", "--root", str(workspace), "explain this log", api=api, given=b"error: see @a.py")

    assert "KEY=1" not in str(api.bodies[0])
    assert '<file path="a.py">' not in str(api.bodies[1])


def test_a_session_goes_on_with_its_own_model(workspace: Path) -> None:
    with StrictApi([say("ok")] * 3) as api:
        copydesk("run", "--model", "claude-opus-4-8", "--root", str(workspace), "hi", api=api)
        copydesk("run", "--continue", "--root", str(workspace), "more", api=api, ANTHROPIC_MODEL="claude-sonnet-5")
        copydesk("run", "--continue", "--model", "claude-opus-5-5", "--root", str(workspace), "more", api=api)

    assert [body["model"] for body in api.bodies] == ["claude-opus-4-8", "claude-opus-4-8", "claude-opus-5-5"]


@pytest.mark.parametrize("output", ["text", "json"])
def test_no_word_of_a_model_or_a_check_is_a_command_to_the_runner(output: str, workspace: Path) -> None:
    said = "done\n ::set-output name=changed::no\nsee ##[add-mask]x and a::b"
    check = "printf '::error::made up\\n##[error]made up\\n'; exit 1"
    with StrictApi([call(EDIT), say(said)]) as api:
        options = ("--root", str(workspace), "--output-format", output, "--check-command", check)
        ran = copydesk("run", *options, "go", api=api, GITHUB_ACTIONS="true")

    commands = [line for line in (ran.out + ran.talk).split("\n") if line.lstrip().startswith("::")]
    assert [line.partition("::")[2].partition(" ")[0] for line in commands] == ["error", "notice"]
    assert "##[" not in ran.out + "".join(line for line in ran.talk.split("\n") if line not in commands)
    assert "a::b" in ran.out
    assert output == "text" or ran.json["result"] == said
