"""Proves the invariants on the program as a whole: whatever the model asks for, in every mode, on real files."""

import codecs
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from copydesk.domain import events
from copydesk.domain.display import is_unsafe
from copydesk.domain.policies import Mode
from tests.programs import warm_copydesk as copydesk
from tests.repositories import repository, unborn
from tests.sessions import Wish, talking
from tests.strict_api import StrictApi, call, fail, say
from tests.untouched import answers, armed

OUTSIDE = "kept outside"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "desk"
    folder.mkdir()
    return folder


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every name in a folder with its mode and bytes; of a link, where it leads."""
    found = {}
    for path in sorted(folder.rglob("*")):
        data = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        found[path.relative_to(folder).as_posix()] = (path.lstat().st_mode, data)
    return found


def edit(path: str, old: str, new: str) -> dict[str, Any]:
    return {"command": "str_replace", "path": path, "old_str": old, "new_str": new}


def insert(path: str, line: int, text: str) -> dict[str, Any]:
    return {"command": "insert", "path": path, "insert_line": line, "insert_text": text}


def create(path: str, text: str) -> dict[str, Any]:
    return {"command": "create", "path": path, "file_text": text}


def results(api: StrictApi) -> list[dict[str, Any]]:
    """All tool results that the last request carries."""
    blocks = [block for message in api.bodies[-1]["messages"] for block in message["content"]]
    return [block for block in blocks if block["type"] == "tool_result"]


def every_edit(path: str) -> list[dict[str, Any]]:
    return [create(path, "mine"), edit(path, "kept", "mine"), insert(path, 0, "mine\n")]


REFUSED_EDITS = {
    "plan": (("--mode", "plan"), "src/a.py"),
    "denied by a rule": (("--deny", "src/**", "--allow", "src/a.py"), "src/a.py"),
    "protected": ((), ".github/workflows/ci.yml"),
    "secret": (("--allow", "*"), ".env"),
}


@pytest.mark.parametrize("name", REFUSED_EDITS)
def test_invariant_3_nothing_is_written_when_no_person_can_be_asked(
    name: str, workspace: Path, state_dir: Path
) -> None:
    options, path = REFUSED_EDITS[name]
    (workspace / path).parent.mkdir(parents=True, exist_ok=True)
    (workspace / path).write_text("kept\n")
    before = contents(workspace)
    asked = [edit(path, "kept", "mine"), insert(path, 0, "mine\n"), create(f"{path}.d/../{Path(path).name}", "mine")]
    new = create(str(Path(path).with_name(f"new{Path(path).name}")) if name != "secret" else ".env.local", "mine")
    with StrictApi([call(*asked, new), say("I could not.")]) as api:
        ran = copydesk("run", *options, "--root", str(workspace), "go", api=api)

    assert ran.code == 4
    assert [result["is_error"] for result in results(api)] == [True] * 4
    assert contents(workspace) == before
    assert not list(state_dir.rglob("refs/sessions/*"))


TRAPS = (
    *("../outside/file", "link", "link-to-folder/file", "chain/file", "absolute-link", "sub/../../outside/file"),
    *(".git/config", ".GIT/config", "sub/.git/config", "git~1/config", ".git\u200c/config", "link-to-git/config"),
)


def set_traps(workspace: Path) -> Path:
    """Put files that must stay unread around a workspace, and every kind of link to them into it."""
    outside = workspace.parent / "outside"
    for folder in (outside, workspace / ".git", workspace / "sub" / ".git"):
        folder.mkdir(parents=True)
    for place in (outside / "file", workspace / ".git" / "config", workspace / "sub" / ".git" / "config"):
        place.write_text(f"{OUTSIDE}\n")
    links = {
        "link": "../outside/file",
        "link-to-folder": "../outside",
        "chain": "link-to-folder",
        "absolute-link": str(outside / "file"),
        "link-to-git": ".git",
        "AGENTS.md": "../outside/file",
    }
    for name, target in links.items():
        (workspace / name).symlink_to(target)
    return outside


@pytest.mark.anyio
@pytest.mark.parametrize("mode", Mode)
async def test_invariant_4_nothing_is_read_or_written_outside_in_any_mode(mode: Mode, workspace: Path) -> None:
    outside = set_traps(workspace)
    before = contents(workspace.parent)
    traps = [*TRAPS, str(outside / "file"), str(workspace / ".git" / "config")]
    views = [{"command": "view", "path": path} for path in [*traps, "../outside", ".git", "link-to-folder"]]
    asked = [*views, *(one for path in traps for one in every_edit(path)), create(".git/hooks/post-commit", "x")]
    with StrictApi([call(*asked), say("I could not.")]) as api:
        async with talking(api, workspace, Wish(mode=mode, is_interactive=True)) as talk:
            await talk.session.trust()
            finished = await talk.say(f"look at {' '.join(f'@{path}' for path in traps)}")
            kinds = {type(event) for event in talk.events}

    assert finished.outcome == "done"
    assert [result["is_error"] for result in results(api)] == [True] * len(asked)
    assert OUTSIDE not in json.dumps(api.bodies)
    assert contents(workspace.parent) == before
    assert not kinds & {events.ProposalMade, events.ApprovalRequested, events.ChangeApplied}


def work_and_go_back(workspace: Path, **surroundings: Any) -> Iterator[int]:
    """A session with two edits, taken back, done again, and taken back as a turn; gives the exit codes."""
    edits = [edit("notes", "one", "two"), create("new/file", "x\n")]
    with StrictApi([call(*edits), say("Done.")]) as api:
        yield copydesk("run", "--root", str(workspace), "go", api=api, cwd=workspace, **surroundings).code
    for verb in (["rollback"], ["redo"], ["rollback", "--turn"]):
        yield copydesk(*verb, "--root", str(workspace), cwd=workspace, **surroundings).code


@pytest.mark.parametrize("make", [repository, unborn])
def test_invariant_6_the_repository_is_the_same_after_a_session_and_rollbacks(
    make: Callable[[Path], None], workspace: Path, tmp_path: Path
) -> None:
    make(workspace)
    (workspace / "notes").write_bytes(b"one\n")
    asked, canary = answers(workspace), tmp_path / "canary"
    as_in_a_hook = {"GIT_DIR": str(workspace / ".git"), "GIT_INDEX_FILE": str(workspace / ".git/index")}
    with armed(workspace, canary):
        before = contents(workspace)
        assert list(work_and_go_back(workspace, **as_in_a_hook)) == [0] * 4
        assert contents(workspace) == before
        assert not canary.exists()
    assert answers(workspace) == asked


def test_invariant_6_no_repository_is_made_where_there_is_none(workspace: Path) -> None:
    (workspace / "notes").write_bytes(b"one\n")
    assert list(work_and_go_back(workspace)) == [0] * 4
    assert list(contents(workspace)) == ["notes"]


BOM_16 = codecs.BOM_UTF16_LE
FILES: Mapping[str, tuple[bytes, dict[str, Any], bytes]] = {
    "crlf": (b"a\r\nold\r\nz\r\n", edit("crlf", "a\nold", "a\nnew\nmore"), b"a\r\nnew\r\nmore\r\nz\r\n"),
    "mixed": (b"a\nold\r\nz\n", edit("mixed", "old", "new"), b"a\nnew\r\nz\n"),
    "open": (b"a\nold", edit("open", "old", "new"), b"a\nnew"),
    "open-insert": (b"a\nz", insert("open-insert", 1, "new"), b"a\nnew\nz"),
    "bom": (codecs.BOM_UTF8 + b"old\n", edit("bom", "old", "new"), codecs.BOM_UTF8 + b"new\n"),
    "utf16": (
        BOM_16 + "é old\r\n".encode("utf-16-le"),
        edit("utf16", "old", "new"),
        BOM_16 + "é new\r\n".encode("utf-16-le"),
    ),
    "latin1": (b"caf\xe9 old \xff\n", edit("latin1", "old", "new"), b"caf\xe9 new \xff\n"),
    "tabs": (b"\tif x:\n\t\told  \n \t\n", edit("tabs", "\t\told  ", "\t\tnew  "), b"\tif x:\n\t\tnew  \n \t\n"),
    "odd": (
        b"a\x0c\x0bold\xc2\x85\xe2\x80\xa8z\r\n",
        edit("odd", "old", "new"),
        b"a\x0c\x0bnew\xc2\x85\xe2\x80\xa8z\r\n",
    ),
    "composed": ("e\u0301 é old\n".encode(), edit("composed", "old", "new"), "e\u0301 é new\n".encode()),
    "crlf-insert": (b"a\r\nz\r\n", insert("crlf-insert", 1, "new\n"), b"a\r\nnew\r\nz\r\n"),
    "run.sh": (b"#!/bin/sh\nold\n", edit("run.sh", "old", "new"), b"#!/bin/sh\nnew\n"),
    "deep/target": (b"old\n", edit("link", "old", "new"), b"new\n"),
}
"""Name → bytes before, the edit, bytes after."""
MODES = {"run.sh": 0o750, "crlf": 0o600, "bom": 0o664}


def test_invariant_7_only_the_edited_bytes_change_and_all_come_back(workspace: Path) -> None:
    (workspace / "deep").mkdir()
    for name, (before, _, _) in FILES.items():
        (workspace / name).write_bytes(before)
        (workspace / name).chmod(MODES.get(name, 0o644))
    (workspace / "link").symlink_to("deep/target")
    original = contents(workspace)
    with StrictApi([call(*(asked for _, asked, _ in FILES.values())), say("Done.")]) as api:
        ran = copydesk("run", "--output-format", "json", "--root", str(workspace), "go", api=api)

    assert ran.code == 0, [result["content"] for result in results(api) if result.get("is_error")]
    expected = {name: (original[name][0], after) for name, (_, _, after) in FILES.items()}
    assert contents(workspace) == original | expected
    assert copydesk("rollback", ran.json["checkpoint"], "--root", str(workspace)).code == 0
    assert contents(workspace) == original


def test_invariant_8_a_later_edit_of_the_person_is_never_rolled_over(workspace: Path) -> None:
    (workspace / "a").write_bytes(b"one\n")
    (workspace / "b").write_bytes(b"one\n")
    with StrictApi([call(edit("a", "one", "two"), edit("b", "one", "two")), say("Done.")]) as api:
        ran = copydesk("run", "--output-format", "json", "--root", str(workspace), "go", api=api)
    (workspace / "a").write_bytes(b"mine\n")

    assert copydesk("rollback", ran.json["checkpoint"], "--root", str(workspace)).code == 4
    assert [(workspace / name).read_bytes() for name in "ab"] == [b"mine\n", b"two\n"]


KEY, TOKEN, TENANT = "sk-ant-api03-PLANTED_aB9-zyxwvAA", "sk-ant-oat01-PLANTED_cD8-zyxwvAA", "tenant.PLANTED/+=01"
GIVEN: Mapping[str, tuple[str, Mapping[str, str], bool]] = {
    "key and header": (KEY, {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_CUSTOM_HEADERS": f"X-Tenant: {TENANT}"}, False),
    "token in a file": (TOKEN, {"ANTHROPIC_AUTH_TOKEN": TOKEN}, True),
    "gateway key in a file": (TENANT, {"ANTHROPIC_API_KEY": TENANT, "COPYDESK_API_KEY_HEADER": "x-api-key"}, True),
}
"""Name → the credential that signs, the variables that hold it, and whether they are in a file."""


@pytest.mark.parametrize("name", GIVEN)
def test_invariant_10_a_credential_of_any_shape_is_written_nowhere(
    name: str, workspace: Path, state_dir: Path, tmp_path: Path
) -> None:
    key, variables, is_in_file = GIVEN[name]
    given: dict[str, Any] = {} if is_in_file else dict(variables)
    options = ["--output-format", "stream-json", "--record", str(tmp_path / "tape.json")]
    keys = tmp_path / "keys.env"
    if is_in_file:
        keys.write_text("".join(f"{variable}={value}\n" for variable, value in variables.items()))
        options += ["--env-file", str(keys)]
    repeating = fail(400, "invalid_request_error", f'Bad key "{key}" in {json.dumps({"x": key, "y": TENANT})}')
    header = variables.get("COPYDESK_API_KEY_HEADER", "authorization")
    with StrictApi([call(create("a.txt", "x\n")), repeating], key=key, credential=header) as api:
        ran = copydesk("run", *options, "--root", str(workspace), "go", **given, ANTHROPIC_BASE_URL=api.url)

    assert ran.code == 1, ran.talk
    keys.unlink(missing_ok=True)
    found = [path for path in (*state_dir.rglob("*"), *tmp_path.rglob("*")) if path.is_file()]
    assert {".jsonl", ".json", ".txt"} <= {path.suffix for path in found}
    written = [path.read_bytes().decode("utf-8", "replace") for path in found]
    secrets = {secret for secret in (KEY, TOKEN, TENANT) if secret in "".join(variables.values())}
    assert not any(secret in text for secret in secrets for text in [*written, ran.out, ran.talk])
    assert "[credential]" in ran.out


HOSTILE = " ".join(
    [
        "\x1b[2J\x1b[H \x1b]52;c;cm0=\x07 \x1b]8;;https:x.example\x1b\\click\x1b]8;;\x1b\\",
        "safe\rover\x08\x7f \x9b2J\x9d0;t\x9c",
        "\u202egpj\u202c\u2066x\u2069 a\u200bb\ufeff\U000e0041",
    ]
)
"""Clears, copies, links, overwrites, controls of eight bits, directions, and what nobody sees."""
NO_TEXT = "\udc9b2J"
"""A byte that is no UTF-8, in a name: alone it begins a control sequence on some terminals."""


def told(*arguments: str, **surroundings: Any) -> tuple[int, list[str]]:
    """The exit code of a command, and the characters of its output that a terminal would obey or hide."""
    ran = copydesk(*arguments, **surroundings)
    return ran.code, [f"U+{ord(sign):04X}" for sign in ran.out + ran.talk if sign != "\n" and is_unsafe(sign)]


@pytest.mark.parametrize("output", ["text", "stream-json"])
def test_invariant_11_no_output_of_a_run_holds_what_a_terminal_obeys(output: str, tmp_path: Path) -> None:
    workspace = tmp_path / f"desk {HOSTILE}{NO_TEXT}"
    workspace.mkdir()
    calls = [
        create(f"{HOSTILE}.txt", f"{HOSTILE}\n"),
        create(".env", HOSTILE),
        {"command": "view", "path": f"missing {HOSTILE}"},
        {"command": HOSTILE, "path": HOSTILE},
    ]
    thought = call(*calls, text=f"I {HOSTILE} edit.", thinking=HOSTILE)
    refused = fail(400, "invalid_request_error", f"No {HOSTILE} here")
    run = ("run", "--root", str(workspace), "--output-format", output, "--include-partial-messages", "go")
    with StrictApi([thought, say(f"Done {HOSTILE}."), refused]) as api:
        assert told(*run, api=api) == (4, [])
        assert told(*run, api=api) == (1, [])
        assert api.refusals == []


def test_invariant_11_no_output_of_a_verb_holds_what_a_terminal_obeys(tmp_path: Path) -> None:
    desk = tmp_path / f"desk {HOSTILE}{NO_TEXT}"
    desk.mkdir()
    with StrictApi([call(create(f"{HOSTILE}.txt", f"{HOSTILE}\n")), say("Done.")]) as api:
        assert copydesk("run", "--root", str(desk), "go", api=api).code == 0
    verb = ("--root", str(desk))
    assert told("history", *verb) == told("history", "--json", *verb) == (0, [])
    assert told("rollback", "--preview", *verb) == told("rollback", "--preview", "--json", *verb) == (0, [])
    (changed,) = desk.iterdir()
    created = changed.read_bytes()
    changed.write_bytes(b"mine\n")
    assert told("rollback", *verb) == (4, [])
    changed.write_bytes(created)
    assert told("rollback", *verb) == (0, [])
