"""Owns the records of what failed inside the screen: one private file each, in the state directory."""

import os
from pathlib import Path

from copydesk.assembly.circumstances import THE_MACHINE
from copydesk.assembly.place import named_by_time
from copydesk.workspace.private import make_private


def keep_trace(home: Path, text: str) -> str:
    """Keep the text of a failure; gives where, empty where it cannot be kept."""
    path = home / "mishaps" / f"{named_by_time(THE_MACHINE)}.log"
    try:
        make_private(path.parent)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as record:
            record.write(text)
    except OSError:
        return ""
    return str(path)
