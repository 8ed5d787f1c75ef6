"""Proves that the built wheel holds all that the demo needs: played from it, in an empty directory."""

import subprocess
import sys
import zipfile
from pathlib import Path

from tests.programs import copydesk

ROOT = Path(__file__).parents[2]


def test_the_demo_plays_from_the_wheel_in_an_empty_directory(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")
    unpacked, empty = tmp_path / "unpacked", tmp_path / "empty"
    zipfile.ZipFile(wheel).extractall(unpacked)
    empty.mkdir()
    where = [sys.executable, "-c", "import copydesk; print(copydesk.__file__)"]
    found = subprocess.run(where, cwd=empty, env={"PYTHONPATH": str(unpacked)}, check=True, capture_output=True)
    assert Path(found.stdout.decode().strip()).is_relative_to(unpacked)

    ran = copydesk("demo", "--keep", str(tmp_path / "kept"), cwd=empty, PYTHONPATH=str(unpacked))

    assert ran.code == 0, ran.talk
    assert "+    return sum(values) / len(values)\n" in ran.out
    assert list(empty.iterdir()) == []
    names = zipfile.ZipFile(wheel).namelist()
    assert "copydesk/_data/sandbox/webshop/stats.py" in names
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests/")]
