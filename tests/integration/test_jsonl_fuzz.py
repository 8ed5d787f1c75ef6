"""Proves that whatever comes as a line, `copydesk tool` answers with a sentence and changes only what it names.

`COPYDESK_CAMPAIGN=100000` feeds it as many lines; without it there are some thousand.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.integration.test_whole_tool import contents
from tests.programs import warm_copydesk
from tests.schemas import complaints

CAMPAIGN = int(os.environ.get("COPYDESK_CAMPAIGN", "0"))
BATCH = 1000
"""Lines that one process is fed."""
BATCHES = max(CAMPAIGN // BATCH, 2)

pytestmark = pytest.mark.timeout(120)

COMMANDS = ("view", "view", "view", "create", "str_replace", "insert", "undo_edit")
TOOLS = ("str_replace_based_edit_tool", "str_replace_editor", "find_files", "search_text", "bash", "", "\ud800")
PARAMETERS = ("command", "path", "file_text", "old_str", "new_str", "insert_line", "insert_text", "view_range")
EXPLORING = ("pattern", "pattern", "path", "glob", "literal", "ignore_case", "more")
TEXTS = (
    "", " ", "\n", "one", "two\n", "one\ntwo", "a\r\nb", "\0", "\x1b[2J", "\x7f\x85\u2028\u2029", "\ufeff", "\ufffe",
    "\ud800", "\udfff\ud800", "e\u0301", "\u202eabc", "\U0010ffff", "👩‍👩‍👧", "𝕘𝕚𝕥", "ﬀ", "İ", "ß" * 50,
    "%s%n{0}", "$(id)", "`id`", "'; --", '{"command": "view"}', "null", "-1", "1e5", "٣", "[1, 2]", "\\u0000", "\\",
    '"', "a" * 300,
)  # fmt: skip
FILES = ("a.py", "src/b.txt", "src", ".", "in/b.txt", "tall.txt", "wide.txt", "old.txt")
PATHS = (
    "a.py", "src/b.txt", "src", ".", "", " ", "/", "//", "./a.py", "a.py/", "a.py/x", "src/../a.py",
    "..", "../outside", "../outside/canary", "../../etc/passwd", "/etc/passwd", "/etc/shadow", "/proc/self/environ",
    "/proc/self/cwd/a.py", "/proc/self/root/etc/passwd", "/dev/zero", "/dev/stdin", "/dev/fd/0", "~", "~/x", "$HOME",
    "file:///etc/passwd", "C:\\x", "\\\\host\\share", "src\\b.txt", ".git", ".git/config", ".GIT/config", ".git /HEAD",
    "git~1/config", ".git::$INDEX_ALLOCATION/config", ".gi\u200bt/config", "src/.git/x", ".git\0", "a.py\0", "x\0y",
    "in", "in/b.txt", "out", "out/canary", "dangling", "loop", "pipe", "pipe/x", "wide.txt", "tall.txt", "bytes.bin",
    "old.txt", "caf\udce9", "\ud800", "a" * 255, "a" * 256, "d/" * 60 + "x", "x" * 5000, "...", ". .", "-", "--help",
    "*", "[a]", "?", ":(top)x", "#", "new\nname", "CON", "nul.txt", "\u202e.py", "é", "e\u0301",
    ".copydesk.toml", ".env",
)  # fmt: skip
NUMBERS = (0, 1, 2, -1, -2, 3, 99, 10**6, 2**31, 2**63, -(2**63), 10**18, 10**30, 0.5, 2.0, -0.0, 1e300, 5e-324, True)

EXCEPTION = re.compile(
    r"\b[A-Z][A-Za-z]*(Error|Exception|Warning|Iteration)\b|\b[Ee]rrno\b|Traceback|<class|object at 0x"
)
SENTENCE = re.compile(r"\w.*[.!?:]$", re.MULTILINE)
"""A line that ends as a sentence does; more may follow, such as what stands in a file."""

Line = bytes
Json = Any


@dataclass(frozen=True)
class Sent:
    """A line of which there must be one answer."""

    line: Line
    identity: Json
    is_exact: bool = True
    """False where the line may not be readable; then the id may be null."""


def lay_out(folder: Path) -> Path:
    """A workspace with a few files of every kind, beside what is none of anybody's business."""
    root = folder / "desk"
    for path in (root / "src", root / ".git" / "hooks", folder / "outside"):
        path.mkdir(parents=True)
    (root / "a.py").write_text("one\ntwo\nthree\ntwo\n")
    (root / "src" / "b.txt").write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n\tdone")
    (root / "wide.txt").write_text("wide " * 40_000)
    (root / "tall.txt").write_text("".join(f"line {number}\n" for number in range(20_000)))
    (root / "bytes.bin").write_bytes(bytes(range(256)) * 20)
    (root / "old.txt").write_bytes("über\n".encode("latin-1"))
    (root / ".git" / "config").write_text("[core]\n\tbare = false\n")
    (folder / "outside" / "canary").write_text("the canary sings\n")
    links = {"in": "src", "out": "../outside", "dangling": "../outside/new", "loop": "loop"}
    for name, target in links.items():
        (root / name).symlink_to(target)
    os.mkfifo(root / "pipe")
    return root


def number(random: Random) -> Json:
    return random.choice(NUMBERS)


def text(random: Random) -> str:
    kind = random.random()
    if kind < 0.01:
        return random.choice(("x", "two\n", "\u2028", "\\", "e\u0301")) * random.choice((1000, 200_000))
    if kind < 0.15:
        return "".join(chr(random.randrange(0x11_0000)) for _ in range(random.randrange(1, 12)))
    return random.choice(TEXTS)


def path(random: Random) -> str:
    kind = random.random()
    if kind < 0.1:
        return "/".join(random.choice(PATHS) for _ in range(random.randrange(2, 5)))
    if kind < 0.5:
        return random.choice(FILES)
    return text(random) if kind < 0.55 else random.choice(PATHS)


def value(random: Random, depth: int = 0) -> Json:
    """Any JSON at all."""
    match random.randrange(9 if depth < 3 else 6):
        case 0:
            return random.choice((None, True, False))
        case 1:
            return number(random)
        case 2:
            return path(random)
        case 3 | 4 | 5:
            return text(random)
        case 6:
            return [value(random, depth + 1) for _ in range(random.randrange(4))]
        case 7:
            return {text(random): value(random, depth + 1) for _ in range(random.randrange(3))}
        case _:
            return nested(random.choice((5, 50, 300)))


def nested(depth: int) -> Json:
    inner: Json = "core"
    for level in range(depth):
        inner = [inner] if level % 2 else {"a": inner}
    return inner


def call(random: Random) -> dict[str, Json]:
    """An input that makes some sense."""
    command = random.choice(COMMANDS)
    given: dict[str, Json] = {"command": command, "path": path(random)}
    match command:
        case "view" if random.random() < 0.5:
            given["view_range"] = random.choice(
                ([1, 2], [2, -1], [5, 1], [number(random), number(random)], value(random))
            )
        case "create":
            given["file_text"] = text(random)
        case "str_replace":
            given |= {"old_str": random.choice(("two", "one\n", text(random))), "new_str": text(random)}
        case "insert":
            given |= {"insert_line": number(random), random.choice(("insert_text", "new_str")): text(random)}
        case _:
            pass
    return given


def spoilt(random: Random) -> dict[str, Json]:
    """An input of which a parameter is of another type, missing, or more than there are."""
    given = call(random)
    match random.randrange(4):
        case 0:
            given[random.choice(list(given))] = value(random)
        case 1:
            del given[random.choice(list(given))]
        case 2:
            given[random.choice((*PARAMETERS, text(random)))] = value(random)
        case _:
            given = {name: value(random) for name in random.sample(PARAMETERS, random.randrange(5))}
    return given


def exploring(random: Random) -> dict[str, Json]:
    names = random.sample(EXPLORING, random.randrange(5))
    return {name: random.choice((text, path, value))(random) for name in names}


def request(random: Random, identity: Json) -> dict[str, Json]:
    """A request that is an object, with whatever input."""
    kind = random.random()
    if kind < 0.02:
        return {"id": identity, "name": random.choice(TOOLS), "input": exploring(random)}
    if kind < 0.03:
        return {"id": identity, "describe": True}
    if kind < 0.1:
        inputs: Json = random.choice((value(random), json.dumps(call(random)), [call(random)]))
        return {"id": identity, "input": inputs}
    if kind < 0.13:
        return {"id": identity, "name": value(random), "input": call(random)}
    given = call(random) if kind < 0.5 else spoilt(random)
    return {"id": identity, "input": given}


def whole(random: Random, identity: Json) -> Sent:
    return Sent(
        json.dumps(request(random, identity), ensure_ascii=random.random() < 0.5).encode("utf-8", "replace"), identity
    )


def ascii_only(random: Random, identity: Json) -> Sent:
    """As JSON that keeps surrogates and NUL apart from the encoding of the line."""
    wished = random.choice((identity, value(random)))
    return Sent(json.dumps(request(random, wished)).encode("ascii"), wished)


def truncated(random: Random, identity: Json) -> Sent:
    line = whole(random, identity).line
    return Sent(line[: random.randrange(1, len(line))] or b"{", identity, False)


def mutated(random: Random, identity: Json) -> Sent:
    """With some bytes changed, put in or taken out; no line end among them."""
    line = bytearray(whole(random, identity).line)
    for _ in range(random.randrange(1, 4)):
        at = random.randrange(len(line))
        line[at : at + random.randrange(2)] = random.choice(
            (b"\xff", b"\0", b'"', b"{", b"}", b",", b"\\", b"9", b"\xed\xa0\x80")
        )
    return Sent(bytes(line).replace(b"\n", b" "), identity, False)


def doubled(random: Random, identity: Json) -> Sent:
    """With a key that stands twice: the last one counts, as in every common reader of JSON."""
    other = json.dumps({"input": spoilt(random)})
    line = json.dumps(request(random, identity))
    return Sent(f"{other[:-1]}, {line[1:]}".encode("ascii"), identity)


def monstrous(random: Random, identity: Json) -> Sent:
    """No JSON that anybody would write."""
    line = random.choice(
        (
            b"[" * random.randrange(1, 100_000),
            b'{"a":' * random.randrange(1, 50_000),
            b'{"id": ' + b"9" * random.randrange(1, 20_000) + b"}",
            b'{"id": -1e%d}' % random.randrange(400),
            b'{"id": NaN, "input": [Infinity]}',
            b"\xef\xbb\xbf" * random.randrange(1, 3) + b"{}",
            random.randbytes(random.randrange(1, 200)).replace(b"\n", b"") + b"x",
            json.dumps(json.dumps(request(random, identity))).encode("ascii"),
            json.dumps(value(random)).encode("ascii"),
            b'{"id": 1, "id": ' + b'"' + b"x" * random.randrange(200_000) + b'"}',
            b'{"id": %s}' % json.dumps(nested(random.choice((100, 300, 400)))).encode("ascii"),
        )
    )
    return Sent(line, None, False)


MAKERS: tuple[Callable[[Random, Json], Sent], ...] = (
    *([whole] * 4), *([ascii_only] * 6), *([truncated] * 2), *([mutated] * 4), doubled, monstrous,
)  # fmt: skip


def identity_of(line: Line) -> Json:
    """The id that a line has; None where it cannot be read."""
    try:
        read = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return read.get("id") if isinstance(read, dict) else None


def check_answer(sent: Sent, answer: dict[str, Json]) -> None:
    """One answer to one line: its shape, its id, its sentence."""
    assert complaints("tool.schema.json", answer) == []
    expected = sent.identity if sent.is_exact else identity_of(sent.line)
    is_same = answer["id"] == expected and type(answer["id"]) is type(expected)
    assert is_same or (not sent.is_exact and answer["is_error"] and answer["id"] is None)
    if answer["is_error"]:
        said = answer["content"]
        assert isinstance(said, str)
        assert SENTENCE.search(said), said[:300]
        assert not EXCEPTION.search(said), said[:300]
        assert "inside copydesk" not in said, said[:300]


def check_disk(before: dict[str, tuple[int, bytes]], after: dict[str, tuple[int, bytes]], named: set[str]) -> None:
    """Nothing is other than before but the files that were named, and the folders that they needed."""
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    folders = {str(parent) for name in named for parent in Path(name).parents}
    assert changed <= named | folders
    assert {name for name in changed & folders if name in before} <= named


@pytest.mark.parametrize("seed", range(BATCHES))
def test_whatever_comes_is_answered_with_a_sentence(tmp_path: Path, seed: int) -> None:
    root = lay_out(tmp_path)
    random = Random(seed)
    made = [random.choice(MAKERS)(random, f"{seed}:{count}") for count in range(BATCH)]
    sent = [one for one in made if one.line.strip()]
    before = contents(tmp_path)
    options = ("--tool-version", "text_editor_20250124") if seed % 2 else ()

    ran = warm_copydesk("tool", *options, cwd=root, given=b"\n".join(one.line for one in sent))

    assert (ran.code, ran.talk) == (0, "")
    answers = ran.lines
    assert len(answers) == len(sent)
    tally = Counter[bool]()
    named = set()
    for one, answer in zip(sent, answers, strict=True):
        check_answer(one, answer)
        tally[answer["is_error"]] += 1
        if (change := answer.get("change")) and change["status"] == "applied":
            named.add(f"desk/{change['path']}")
    check_disk(before, contents(tmp_path), named)
    assert not any(name.startswith(("desk/.git/", "outside/")) for name in named)
    assert tally[False] > BATCH / 50
    assert named
