"""Owns the promise that the demo rests on: the sandbox is broken as shipped, and two edits in two files mend it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SANDBOX = Path(__file__).parents[2] / "sandbox"

EDITS = [
    (
        "webshop/stats.py",
        "    return sum(values) / (len(values) - 1)\n",
        "    return sum(values) / len(values)\n",
    ),
    (
        "webshop/report.py",
        "    totals.append(0)  # without it a day with a single order divides by zero\n",
        "",
    ),
]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return shutil.copytree(SANDBOX, tmp_path / "shop", ignore=shutil.ignore_patterns("__pycache__"))


def failing_modules(shop: Path) -> set[str]:
    """Run the shop's own suite; the test modules in which something fails."""
    command = [sys.executable, "-B", "-m", "unittest"]
    ran = subprocess.run(command, cwd=shop, capture_output=True, text=True, check=False)
    failing = set(re.findall(r"^(?:FAIL|ERROR): \w+ \(tests\.(\w+)", ran.stderr, re.MULTILINE))
    assert re.search(r"^Ran 15 tests", ran.stderr, re.MULTILINE), ran.stderr
    assert (ran.returncode == 0) == (not failing), ran.stderr
    return failing


def edit(shop: Path, number: int) -> None:
    name, old, new = EDITS[number]
    text = (shop / name).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (shop / name).write_text(text.replace(old, new), encoding="utf-8")


def test_suite_fails_when_the_shop_is_as_shipped(shop: Path) -> None:
    assert failing_modules(shop) == {"test_stats"}


def test_suite_still_fails_when_only_the_mean_is_mended(shop: Path) -> None:
    edit(shop, 0)
    assert failing_modules(shop) == {"test_report"}


def test_suite_still_fails_when_only_the_report_is_mended(shop: Path) -> None:
    edit(shop, 1)
    assert failing_modules(shop) == {"test_stats", "test_report"}


def test_suite_passes_when_both_are_mended(shop: Path) -> None:
    edit(shop, 0)
    edit(shop, 1)
    assert failing_modules(shop) == set()
