from __future__ import annotations

import asyncio

import pytest

from copydesk.domain.errors import PathRefused
from copydesk.workspace.scope import Scope


def same(path: str) -> str:
    return path


@pytest.mark.parametrize("path", ["src", "src/a.py", "docs/x/y"])
def test_path_is_found_when_it_is_within_the_limits(path: str) -> None:
    scope = Scope(same)
    with scope.narrowed(("src", "docs/x")):
        assert scope.real_path(path) == path


@pytest.mark.parametrize("path", [".", "srcs", "docs", "docs/xy", "a.py"])
def test_path_is_refused_when_it_is_outside_the_limits(path: str) -> None:
    scope = Scope(same)
    with scope.narrowed(("src", "docs/x")), pytest.raises(PathRefused, match="which cover src, docs/x"):
        scope.real_path(path)
    assert scope.real_path(path) == path


def test_everything_is_covered_by_the_root_and_nothing_by_no_limit_at_all() -> None:
    scope = Scope(same)
    with scope.narrowed((".",)):
        assert scope.covers("a/b")
    with scope.narrowed(()), pytest.raises(PathRefused, match="nothing of this workspace"):
        scope.real_path("a")


def test_limits_hold_for_their_own_call_only() -> None:
    scope = Scope(same)

    async def narrowed(limit: str) -> list[bool]:
        with scope.narrowed((limit,)):
            await asyncio.sleep(0)
            return [await asyncio.to_thread(scope.covers, path) for path in ("a", "b")]

    async def both() -> tuple[list[bool], list[bool]]:
        return await asyncio.gather(narrowed("a"), narrowed("b"))

    assert list(asyncio.run(both())) == [[True, False], [False, True]]
