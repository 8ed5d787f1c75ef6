"""Proves that an ignore file leaves out what git would leave out by it, and takes a bounded time."""

import re
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from copydesk.assembly.place import LARGEST_OWN_FILE
from copydesk.domain.errors import UsageError
from copydesk.domain.ignores import MOST_WILDCARDS, read_ignores

PATHS = [
    "a", "b", "ab", "a.b", "x/a", "x/a.b", "x/b/a", "x/y/a.b", "a/b", "a/b/c", "a/b/a/b", "b/a", "x/a/y", "a/x/y/b",
    "a b", "a ", "#a", "!a", "a*b", "a]b", "a\\b", "0", "A", "a-b", "^", "[a", "x/[a", "deep/down/a/b/c",
]  # fmt: skip
PIECES = [
    *("a", "b", "x", "/", "*", "**", "?", "!", "#", " ", "\\", ".", "[ab]", "[!a]", "[^b]", "[a-c]", "[[:alpha:]]"),
    *("[[:digit:]a]", "[]a]", "[\\]a]", "[a", "]", "-", "**/", "/**", "A", "[[:odd:]]"),
]
Judge = Callable[[str], set[str]]


@pytest.fixture(scope="module")
def git_ignores(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """What git leaves out of `PATHS` by an ignore file of this text."""
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    asked = "\0".join(PATHS).encode()

    def judge(text: str) -> set[str]:
        Path(folder, ".gitignore").write_bytes(text.encode())
        command = ["git", "check-ignore", "--no-index", "--stdin", "-z"]
        ran = subprocess.run(command, cwd=folder, input=asked, capture_output=True, check=False)
        assert ran.returncode in (0, 1), ran.stderr
        return {path for path in ran.stdout.decode().split("\0") if path}

    return judge


def left_out(text: str, paths: Iterable[str] = PATHS) -> set[str]:
    patterns = read_ignores(text.encode())
    return {path for path in paths if patterns.matches(path)}


@pytest.mark.parametrize(
    "text",
    [
        "a\n",
        "/a\n",
        "a/\n",
        "a/b\n",
        "*.b\n!x/a.b\n",
        "a/*\n!a/b\n",
        "a\n!a/b\n",
        "x/**\n",
        "**/a\n",
        "a/**/b\n",
        "# a\n\\#a\n",
        "\\!a\n",
        "a \n",
        "a\\ \n",
        "a\r\n",
        "a\\*b\n",
        "*\n!*/\n!a\n",
        "[[:upper:]]\n",
        "\n\n/\n!\n",
        "\ufeffa\n",
        "a/***/b\n",
        "a\\",
        "a\n!a\na\n",
        "*a\n!a\n",
        "!a\n*a\n",
        "a/b\n!/a/b\n",
        "x/y\n!x/y/\n",
        "\\a\\*b\n",
    ],
)
def test_pattern_leaves_out_what_git_leaves_out(text: str, git_ignores: Judge) -> None:
    assert left_out(text) == git_ignores(text)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=5).map("".join), max_size=4).map("\n".join))
def test_any_file_leaves_out_what_git_leaves_out(git_ignores: Judge, text: str) -> None:
    # Against its own manual, git takes `a**/` for `a/**/` where no wildcard comes before.
    assume(not re.search(r"[^/\n!]\*{2,}/", text))
    assert left_out(text) == git_ignores(text)


def test_sign_of_several_bytes_is_one_character() -> None:
    assert left_out("caf?\n[à-ü]\n", ["café", "é", "caf"]) == {"café", "é"}


def test_file_of_any_bytes_is_read() -> None:
    patterns = read_ignores(b"caf\xe9\n\0\n\xff[\n")

    assert patterns.matches("caf\udce9")
    assert not patterns.matches("café")


def test_hostile_patterns_take_no_time() -> None:
    patterns = read_ignores(f"{'**/a/' * 12}b\n{'*a' * 12}b\n{'**/*a/' * 12}b\n".encode())

    began = time.process_time()
    assert not any(patterns.matches(path) for path in ("a" * 200, "a/" * 60 + "a" * 100))
    assert time.process_time() - began < 5


def test_long_file_is_quick_on_a_whole_listing() -> None:
    patterns = read_ignores("".join(f"folder{number}/*.tmp\n*.ext{number}\n" for number in range(300)).encode())

    began = time.process_time()
    assert sum(patterns.matches(f"src/part{number}/a.ext{number}") for number in range(1000)) == 300
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    "text",
    [
        "*a" * (MOST_WILDCARDS - 1) + "b",
        "*a*a*a*ac\n" * (MOST_WILDCARDS // 4),
        "**/a/**/ab\n" * (MOST_WILDCARDS // 2),
        "folder/name\nname\n" * (LARGEST_OWN_FILE // 17),
        "*" + "abcd" * (LARGEST_OWN_FILE // 4 - 1),
    ],
    ids=["one", "stars", "folders", "literals", "long"],
)
def test_largest_file_takes_no_time(text: str) -> None:
    began = time.process_time()
    patterns = read_ignores(text.encode())
    assert not any(patterns.matches(f"src/{'a' * 100}{number}c/ab{number}") for number in range(500))
    assert time.process_time() - began < 5


def test_file_of_too_many_wildcards_is_refused() -> None:
    read_ignores(b"*.a\n" * MOST_WILDCARDS + b"literal\n" * 100)

    with pytest.raises(UsageError, match=r"have 4,002 wildcards; at most 4,000"):
        read_ignores(b"*.a\n" * MOST_WILDCARDS + b"?[ab]\n")


def test_folder_is_told_from_a_file_by_its_path() -> None:
    folders = ["secrets/", "secrets", "a/secrets/", "kept/", "x.d/", "x.d"]
    assert left_out("secrets/\n*.d\n!*.d/\nkept/*\n", folders) == {"secrets/", "a/secrets/", "x.d"}


def test_root_is_never_left_out() -> None:
    assert left_out("*\n.*\n!src/\n", [".", "src/", "lib/"]) == {"lib/"}
