"""Owns the prompts of before: one JSON string a line in a private file, for the arrow keys."""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from copydesk.workspace.private import make_private

KEPT = 500
"""Prompts that are read back, the newest ones."""
MOST_BYTES = 4_000_000
"""Bytes that are read back; of a file of twice as many the older half is dropped."""


class FilePrompts:
    """A store of prompts in a file; what cannot be read or written is simply not remembered."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Sequence[str]:
        """The prompts of before, oldest first."""
        prompts = []
        for line in self._newest_lines():
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
                is_full = os.fstat(descriptor).st_size > 2 * MOST_BYTES
            finally:
                os.close(descriptor)
            if is_full:
                self._drop_older()

    def _newest_lines(self) -> list[bytes]:
        """The last lines of the file; the first of them may be torn, and says nothing then."""
        try:
            with self._path.open("rb") as file:
                file.seek(max(file.seek(0, os.SEEK_END) - MOST_BYTES, 0))
                return file.read().split(b"\n")[-KEPT - 1 :]
        except OSError:
            return []

    def _drop_older(self) -> None:
        kept = self._path.with_name(f"{self._path.name}.new")
        descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(b"\n".join(self._newest_lines()))
        kept.replace(self._path)
