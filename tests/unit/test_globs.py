"""Proves what a path pattern matches, which one can match nothing, and that matching takes a bounded time."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.domain.globs import fault_of_glob, glob_matches, is_literal, names_path

UNCLOSED = "has a `[` without its `]`; `[[]` is the character itself"


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("*.py", "a.py", True),
        ("*.py", "deep/a.py", True),
        ("src/*.py", "src/a.py", True),
        ("src/*.py", "src/deep/a.py", False),
        ("src/**/*.py", "src/deep/er/a.py", True),
        ("src/**/*.py", "src/a.py", True),
        ("src/", "src/a.py", True),
        ("src", "src/deep/a.py", True),
        ("src", "other/src/a.py", True),
        ("/src", "src/a.py", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("[ab].txt", "b.txt", True),
        ("[!ab].txt", "b.txt", False),
        ("a+b.txt", "a+b.txt", True),
        ("*", "x\ny", True),
        ("[z-a]*", "z", False),
        ("[!z-a]", "z", True),
        ("[z-ab]", "b", True),
        ("[a-c]", "b", True),
        ("[a&&b]", "&", True),
        ("[a&&b]", "b", True),
        ("[[a]", "[", True),
        ("[a~~|^]", "^", True),
        ("[]a]", "]", True),
        ("[!]a]", "b", True),
        ("[!]a]", "]", False),
        ("[^a]", "a", False),
        ("[-a]", "-", True),
        ("[\\d]", "5", False),
        ("[a", "[a", True),
        ("a[!b]c", "a/c", False),
        ("a[/]c", "a/c", False),
        ("a[b/]c", "abc", True),
        ("**/a**/b", "a/ab", True),
        ("**/a/**/a/b", "a/x/a/a/b", True),
    ],
)
def test_globs_match_like_gitignore(glob: str, path: str, expected: bool) -> None:
    assert glob_matches(glob, path) is expected


@pytest.mark.parametrize(
    "glob",
    ["**", "*", "src", "src/", "/src/**", "./a", "...", ".env", "a.", "[]a]", "[[]", "[!z-a]", "a]", "{a,b}", " "],
)
def test_pattern_that_can_match_has_no_fault(glob: str) -> None:
    assert fault_of_glob(glob) == ""


@given(
    st.text("[]!-./*?az", min_size=1, max_size=6),
    st.lists(st.sampled_from(["a", "z", "az", "[", "!", "..."]), min_size=1),
)
def test_pattern_that_matches_a_file_has_no_fault_but_a_bracket(glob: str, parts: list[str]) -> None:
    assert not glob_matches(glob, "/".join(parts)) or fault_of_glob(glob) in ("", UNCLOSED)


@given(st.text(alphabet="[]!^-&~|\\*?/az0.\n") | st.text())
def test_any_text_is_a_pattern(glob: str) -> None:
    assert glob_matches(glob, "src/a.py") in (True, False)


@pytest.mark.parametrize(
    "pattern",
    ["*a*a*a*a*a*b", "**/a*/**/*a*b", "*?a*?a*?a*?b", f"{'**/a/' * 12}b", f"{'**/*a/' * 12}b", f"{'**a/' * 12}b"],
)
def test_pattern_of_many_stars_takes_no_time_when_a_name_nearly_matches(pattern: str) -> None:
    began = time.process_time()
    assert not any(glob_matches(pattern, path) for path in ("a" * 200, "a/" * 60 + "a" * 100))
    assert time.process_time() - began < 5


@given(st.text("ab*?/", max_size=9), st.text("ab/", max_size=9))
def test_stars_match_as_if_every_way_was_tried(pattern: str, path: str) -> None:
    anchored = pattern.removeprefix("./")
    written = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    body = re.sub(r"\*\*/|\*\*|.", lambda token: written.get(token[0], token[0]), anchored.strip("/"))
    start = "" if "/" in anchored.rstrip("/").removesuffix("/**") else "(?:.*/)?"
    assert glob_matches(pattern, path) == bool(re.fullmatch(f"{start}{body}(?:/.*)?", path))


@given(st.text("ab*?[]!/.", min_size=1, max_size=8))
def test_pattern_of_a_path_names_it_and_matches_it(path: str) -> None:
    glob = "/" + re.sub(r"([*?\[])", r"[\1]", path)
    if path.startswith("/") or fault_of_glob(glob):
        return
    assert names_path(glob, path)
    assert is_literal(glob)
    assert path.endswith("/") or glob_matches(glob, path)


@pytest.mark.parametrize("glob", ["*.pem", "a?c", "[ab]", "src/*"])
def test_pattern_with_a_wildcard_names_nothing(glob: str) -> None:
    assert not is_literal(glob)
    assert not names_path(glob, "abc")
