"""Owns the law of filters in a commit: it holds what git would keep of the files, and of ours only."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.committing import LINES, UserRepo

UPPER = "tr a-z A-Z"
LOWER = "tr A-Z a-z"
POINTER = """\
import hashlib, pathlib, sys
data = sys.stdin.buffer.read()
if not data.startswith(b"pointer "):
    name = hashlib.sha256(data).hexdigest()
    pathlib.Path("{store}", name).write_bytes(data)
    print("pointer", name)
"""


@pytest.fixture
def repo(tmp_path: Path) -> UserRepo:
    return UserRepo(tmp_path)


def crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


@pytest.mark.parametrize("attributes", ["", "* text=auto\n", "*.py text eol=crlf\n"])
def test_line_ends_are_gits_when_the_files_have_others(repo: UserRepo, attributes: str) -> None:
    if not attributes:
        repo.git("config", "core.autocrlf", "true")
    repo.have({".gitattributes": attributes, "cart.py": crlf(LINES)})
    assert "\r" not in repo.shown("cart.py")
    repo.write("cart.py", crlf(LINES).replace(b"line 20\r", b"mine\r"))
    repo.replace("cart.py", "line 3\r\n", "ours\r\n")
    repo.edit("new.py", crlf("new\n"))
    repo.commit()
    assert repo.shown("cart.py") == LINES.replace("line 3\n", "ours\n")
    assert repo.shown("new.py") == "new\n"
    assert repo.git("diff", "--cached") == ""
    assert repo.git("status", "--porcelain") == " M cart.py\n"


def test_line_ends_stay_when_git_holds_the_file_with_them(repo: UserRepo) -> None:
    repo.have({"cart.py": crlf(LINES), "mixed.py": crlf(LINES) + b"last\n"})
    repo.git("config", "core.autocrlf", "true")
    repo.replace("cart.py", "line 3\r\n", "ours\r\n")
    repo.replace("mixed.py", "line 3\r\n", "ours\r\n")
    repo.commit()
    assert repo.shown("cart.py").encode() == crlf(LINES.replace("line 3\n", "ours\n"))
    assert repo.git("show", "--numstat", "--format=", "HEAD") == "1\t1\tcart.py\n1\t1\tmixed.py\n"
    assert repo.git("status", "--porcelain") == ""


def test_content_is_filtered_when_a_filter_is_configured(repo: UserRepo) -> None:
    repo.git("config", "filter.loud.clean", UPPER)
    repo.git("config", "filter.loud.smudge", LOWER)
    repo.have({".gitattributes": "*.py filter=loud\n", "cart.py": LINES})
    repo.write("cart.py", LINES.replace("line 20\n", "mine\n"))
    repo.replace("cart.py", "line 3\n", "ours\n")
    repo.commit()
    assert repo.shown("cart.py") == LINES.replace("line 3\n", "ours\n").upper()
    assert repo.git("diff", "--cached") == ""
    assert repo.git("show", "--numstat", "--format=", "HEAD") == "1\t1\tcart.py\n"


def test_plain_text_is_not_committed_when_a_filter_came_after_the_last_commit(repo: UserRepo) -> None:
    repo.have({"cart.py": crlf(LINES)})
    repo.git("config", "filter.loud.clean", UPPER)
    repo.write(".gitattributes", "*.py filter=loud\n")
    repo.replace("cart.py", "line 3\r\n", "ours\r\n")
    assert "In cart.py the last commit does not hold the lines" in repo.refused()


def test_pointer_is_committed_when_content_is_kept_elsewhere(repo: UserRepo) -> None:
    (store := repo.folder / "large").mkdir()
    (repo.folder / "clean.py").write_text(POINTER.format(store=store))
    repo.git("config", "filter.large.clean", f"python3 -I {repo.folder}/clean.py")
    repo.git("config", "filter.large.required", "true")
    repo.have({".gitattributes": "*.bin filter=large\n", "a.bin": "large\n"})
    repo.edit("a.bin", b"larger\0\n")
    repo.commit()
    pointer = repo.shown("a.bin").split()
    assert pointer[0] == "pointer"
    assert (store / pointer[1]).read_bytes() == b"larger\0\n"
    assert repo.git("status", "--porcelain") == ""


def test_commit_is_refused_when_a_required_filter_is_missing(repo: UserRepo) -> None:
    repo.have({"a.bin": "large\n"})
    repo.edit("a.bin", "larger\n")
    repo.git("config", "filter.large.clean", "no-such-program")
    repo.git("config", "filter.large.required", "true")
    repo.write(".gitattributes", "*.bin filter=large\n")
    assert "git hash-object failed" in repo.refused()


def test_repository_gets_no_object_when_a_commit_is_only_previewed(repo: UserRepo) -> None:
    repo.git("config", "filter.loud.clean", UPPER)
    repo.have({".gitattributes": "*.py filter=loud\n", "cart.py": LINES})
    repo.replace("cart.py", "line 3\n", "ours\n")
    repo.edit("gone", "x\n")

    def everything() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in (repo.top / ".git").rglob("*") if path.is_file()}

    before = everything()
    shown = "".join(
        line.text for hunk in repo.preview().diffs[0].hunks for line in hunk.lines if line.kind != "context"
    )
    assert shown == "LINE 3\nOURS\n"
    assert everything() == before
