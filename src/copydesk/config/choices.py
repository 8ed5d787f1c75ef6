"""Owns what a person chose on the screen itself and wants to find again: a small file beside the workspaces' state.

Nothing depends on it: what is missing, damaged or unknown counts as not chosen.
"""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from copydesk.config.state import replace_file

FORMAT = 1


@dataclass(frozen=True, slots=True)
class ScreenChoices:
    """How the screen looks and behaves; each value is one of its words in `WORDS`."""

    theme: str = field(default="dark", metadata={"words": ("dark", "light", "plain")})
    """`plain` uses no colour at all."""
    layout: str = field(default="auto", metadata={"words": ("auto", "side", "unified")})
    """Of differences; `auto` goes by the width."""
    wrap: str = field(default="on", metadata={"words": ("on", "off")})
    """Whether long lines of differences are folded."""
    numbers: str = field(default="on", metadata={"words": ("on", "off")})
    """Whether differences have line numbers."""


WORDS: dict[str, tuple[str, ...]] = {entry.name: entry.metadata["words"] for entry in fields(ScreenChoices)}
"""Name of a choice → what can be chosen."""


def read_choices(path: Path) -> ScreenChoices:
    """What was chosen; the defaults where nothing was, or it cannot be read."""
    try:
        values: Any = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return ScreenChoices()
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        return ScreenChoices()
    return ScreenChoices(**{name: values[name] for name, words in WORDS.items() if values.get(name) in words})


def write_choices(path: Path, choices: ScreenChoices) -> None:
    """Keep what was chosen; OSError where that cannot be."""
    replace_file(path, json.dumps({"format": FORMAT, **asdict(choices)}) + "\n")
