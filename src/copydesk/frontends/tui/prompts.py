"""Owns the prompts of before: one JSON string a line in a private file, for the arrow keys."""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from copydesk.workspace.private import make_private

KEPT = 500
"""Prompts that are read back, the newest ones."""


class FilePrompts:
    """A store of prompts in a file; what cannot be read or written is simply not remembered."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Sequence[str]:
        """The prompts of before, oldest first."""
        try:
            lines = self._path.read_bytes().split(b"\n")[-KEPT - 1 :]
        except OSError:
            return ()
        prompts = []
        for line in lines:
            with suppress(ValueError):
                prompt = json.loads(line)
                if isinstance(prompt, str):
                    prompts.append(prompt)
        return prompts

    def add(self, prompt: str) -> None:
        """Keep a prompt that was sent."""
        with suppress(OSError):
            make_private(self._path.parent)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                os.write(descriptor, json.dumps(prompt).encode("ascii") + b"\n")
            finally:
                os.close(descriptor)
