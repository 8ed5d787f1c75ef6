"""Owns a stand-in for the model in a process of its own: here it would hold up whoever counts the milliseconds."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

BEHIND = ("nice", "-n", "10")
"""The real one costs this machine nothing: the program and who watches it come first."""


@contextmanager
def stand_in(answers: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, str]]:
    """A server that gives these answers over and over, as a script of `tests.strict_api` has them; what it goes by."""
    with TemporaryDirectory(prefix="copydesk-bench-") as folder:
        script = Path(folder, "script.json")
        script.write_text(json.dumps(list(answers)))
        command = [*BEHIND, sys.executable, "-m", "tests.strict_api", "--loop", "--script", str(script)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as server:
            assert server.stdout is not None
            try:
                yield dict(each.split("=", 1) for each in server.stdout.readline().split())
            finally:
                server.terminate()
