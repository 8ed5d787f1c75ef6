"""Owns the law of consent to checks: only what a person declared is run, in a mode in which it may write."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from copydesk.config.confirmed import CheckBook
from copydesk.domain.checks import Check
from copydesk.domain.policies import Mode, Ruling, Verdict
from tests.checking import MAKEFILE, CheckDesk, text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def test_nothing_is_offered_when_no_check_is_declared_or_detected(folder: Path) -> None:
    assert CheckDesk(folder).tool is None


async def test_detected_check_is_run_when_the_person_confirms_it(folder: Path) -> None:
    (folder / "Makefile").write_text(MAKEFILE)
    desk = CheckDesk(folder, confirms=True)
    assert text(await desk.run(name="make-test")).endswith("Output:\nmade test")
    [(check, ruling)] = desk.asked
    assert (check.line, ruling.verdict, ruling.is_protected) == ("make test", Verdict.ASK, True)
    assert "cannot be rolled back" in ruling.reason
    assert not (await desk.run(name="make-test")).is_error
    assert len(desk.asked) == 1
    assert stat.S_IMODE(desk.kept_in.stat().st_mode) == 0o600
    assert [path.name for path in desk.kept_in.parent.iterdir()] == ["checks.json"]
    assert desk.left() == ["Makefile"]


async def test_confirmed_check_is_declared_when_another_session_begins(folder: Path) -> None:
    (folder / "Makefile").write_text(MAKEFILE)
    await CheckDesk(folder, confirms=True).run(name="make-test")
    later = CheckDesk(folder)
    assert not (await later.run(name="make-test")).is_error
    assert later.asked == []


async def test_check_is_asked_about_when_another_command_was_confirmed(folder: Path) -> None:
    (folder / "Makefile").write_text(MAKEFILE)
    CheckBook(folder.parent / "state" / "checks.json").keep(Check("make-test", ("make", "-k", "test")))
    desk = CheckDesk(folder)
    assert (await desk.run(name="make-test")).is_error
    assert [check.line for check, _ in desk.asked] == ["make test"]


async def test_detected_check_is_refused_when_nobody_confirms_it(folder: Path) -> None:
    (folder / "Makefile").write_text("test:\n\ttouch made\n")
    desk = CheckDesk(folder)
    result = await desk.run(name="make-test")
    assert result.is_error
    assert "A person declares it under [checks] in their own configuration." in text(result)
    assert desk.left() == ["Makefile"]
    assert not desk.kept_in.exists()
    await desk.run(name="make-test")
    assert len(desk.asked) == 2


async def test_check_is_run_when_its_confirmation_cannot_be_kept(folder: Path) -> None:
    (folder / "Makefile").write_text(MAKEFILE)
    (folder.parent / "state").write_text("in the way")
    desk = CheckDesk(folder, confirms=True)
    assert not (await desk.run(name="make-test")).is_error
    assert not (await desk.run(name="make-test")).is_error
    assert len(desk.asked) == 1


async def test_nothing_is_detected_when_checks_are_declared(folder: Path) -> None:
    (folder / "Makefile").write_text(MAKEFILE)
    assert text(await CheckDesk(folder, Check("a", "true")).run(name="make-test")).endswith("the checks are a.")


async def test_no_check_is_run_when_the_mode_changes_while_the_person_is_asked(folder: Path) -> None:
    (folder / "Makefile").write_text(MAKEFILE)

    class Planning(CheckDesk):
        async def ask_to_run(self, check: Check, ruling: Ruling, call: str) -> bool:
            self.mode = Mode.PLAN
            return True

    desk = Planning(folder)
    assert text(await desk.run(name="make-test")).startswith("Mode plan runs no checks")
    assert desk.events == []


@pytest.mark.parametrize("mode", [Mode.PLAN, Mode.REVIEW])
async def test_no_check_is_run_when_the_mode_forbids_it(folder: Path, mode: Mode) -> None:
    (folder / "Makefile").write_text(MAKEFILE)
    desk = CheckDesk(folder, confirms=True)
    desk.mode = mode
    result = await desk.run(name="make-test")
    assert result.is_error
    assert text(result).startswith(f"Mode {mode} runs no checks")
    assert desk.asked == []
