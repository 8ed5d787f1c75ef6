"""Owns what a person trusted of a workspace: files by their digests, kept outside of it."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from copydesk.config.state import replace_file


class Trust(NamedTuple):
    """Files whose content the person trusted, by digest; another content is not trusted."""

    digests: Mapping[str, str] = MappingProxyType({})

    def covers(self, path: str, content_digest: str) -> bool:
        """True where exactly this content was trusted."""
        return self.digests.get(path) == content_digest

    def covers_all(self, contents: Mapping[str, str]) -> bool:
        """True where each of these files, by digest, was trusted with this content."""
        return all(self.covers(path, content) for path, content in contents.items())


def read_trust(path: Path) -> Trust:
    """Read what was trusted; anything unreadable is no trust."""
    try:
        values: Any = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return Trust()
    return Trust({str(name): str(value) for name, value in values.items()}) if isinstance(values, dict) else Trust()


def write_trust(path: Path, trust: Trust) -> None:
    """Remember what is trusted."""
    replace_file(path, json.dumps(dict(trust.digests), indent=1))
