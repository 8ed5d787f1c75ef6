"""Proves when memory is looked through around the start of the screen."""

import gc
from collections.abc import Iterator

import pytest

from copydesk.launch.warming import hold_collection, resume_collection


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def test_nothing_is_collected_from_the_start_until_the_first_paint() -> None:
    hold_collection()

    assert not gc.isenabled()

    resume_collection()

    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


def test_nothing_is_frozen_where_collection_was_not_held() -> None:
    resume_collection()

    assert gc.get_freeze_count() == 0
