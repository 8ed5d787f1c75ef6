"""Proves that the samples for a review are what their script makes, and mend the sandbox when they are applied."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from copydesk.changes.arrivals import Arrival, apply_arrival
from copydesk.changes.bundling import plan_bundle, plan_patch
from copydesk.changes.steps import Operation, StepMeta
from copydesk.domain.bundle_reading import read_bundle
from copydesk.domain.patches.reading import read_patch
from copydesk.workspace.files import DiskFiles
from tests.desk import Desk
from tests.make_review_samples import SAMPLES, SANDBOX, samples
from tests.schemas import complaints


def arrival(name: str, files: DiskFiles) -> Arrival:
    data = (SAMPLES / name).read_bytes()
    return plan_bundle(read_bundle(data), files) if name.endswith(".json") else plan_patch(read_patch(data), files)


@pytest.mark.parametrize("name", ["sample.bundle.json", "sample.patch"])
def test_sample_is_what_its_script_makes(name: str) -> None:
    assert (SAMPLES / name).read_bytes() == samples()[name]


def test_sample_fits_the_schema() -> None:
    assert complaints("bundle.schema.json", json.loads((SAMPLES / "sample.bundle.json").read_bytes())) == []


@pytest.mark.parametrize(("name", "count"), [("sample.bundle.json", 16), ("sample.patch", 15)])
def test_sandbox_is_mended_when_a_sample_is_applied(tmp_path: Path, name: str, count: int) -> None:
    shutil.copytree(SANDBOX, tmp_path / "workspace", ignore=shutil.ignore_patterns("__pycache__"))
    desk = Desk(tmp_path)
    plan = arrival(name, desk.files)
    asyncio.run(apply_arrival(desk.gate, plan.proposal(plan.decide(), "sample"), StepMeta(Operation.EDIT, "s1")))
    command = [sys.executable, "-B", "-m", "unittest"]
    ran = subprocess.run(command, cwd=desk.base, capture_output=True, text=True, check=False)
    assert (ran.returncode, f"Ran {count} tests" in ran.stderr) == (0, True), ran.stderr
