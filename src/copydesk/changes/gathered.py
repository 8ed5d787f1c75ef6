"""Owns what the overlay remembers of each proposal that waits in it, and how that is written as `overlay.json`.

Bytes are named here, not held. Nothing here reads or writes a file.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from copydesk.changes.steps import StoredImage
from copydesk.domain.errors import HistoryError

SCHEMA = 1
"""Version of `overlay.json`; a reader refuses what is newer than itself."""


@dataclass(frozen=True, slots=True)
class GatheredFile:
    """What a gathered proposal does to one file, as the overlay showed it then."""

    path: str
    """Relative to the workspace root, without links; odd bytes as surrogates."""
    before: StoredImage | None
    after: StoredImage | None
    encoding: str = "utf-8"
    """The codec that people are shown it in."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """A proposal that waits in the overlay; a file of it that was decided about is not there any more."""

    proposal: str
    """Its id."""
    call: str
    """The `tool_use` id that it answers."""
    turn: str
    summary: str
    files: tuple[GatheredFile, ...]
    is_undo: bool = False
    """It takes back the edit before it that was not taken back yet, of each of its files."""
    emptied_directories: tuple[str, ...] = ()
    """Directories to remove if nothing is left in them once it is on disk, outermost first."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that it touches, in order."""
        return tuple(file.path for file in self.files)


def images_of(gathered: Iterable[Gathered]) -> dict[str, StoredImage]:
    """All images that are named, by blob."""
    files = (file for one in gathered for file in one.files)
    return {image.blob: image for file in files for image in (file.before, file.after) if image}


def undoable(gathered: Iterable[Gathered], path: str) -> GatheredFile | None:
    """The last edit of a file that is not taken back; None where there is none."""
    edits: list[GatheredFile] = []
    for one in gathered:
        for file in one.files:
            if file.path == path and one.is_undo:
                del edits[-1:]
            elif file.path == path:
                edits.append(file)
    return edits[-1] if edits else None


def without(
    gathered: Iterable[Gathered], paths: Collection[str], proposals: Collection[str] | None = None
) -> tuple[Gathered, ...]:
    """The same without these files in these proposals (None for all), and without proposals that touched no others."""
    kept = []
    for one in gathered:
        is_meant = proposals is None or one.proposal in proposals
        files = tuple(file for file in one.files if not (is_meant and file.path in paths))
        if files:
            kept.append(replace(one, files=files))
    return tuple(kept)


def overlay_document(gathered: Sequence[Gathered]) -> bytes:
    """Write `overlay.json`: ASCII, paths as the hexadecimal of their raw bytes, since they need not be text."""
    document = {"schema": SCHEMA, "gathered": [_document(one) for one in gathered]}
    return json.dumps(document, separators=(",", ":")).encode("ascii") + b"\n"


def read_overlay(data: bytes) -> tuple[Gathered, ...]:
    """Read `overlay.json`; HistoryError where it is damaged or newer than this program."""
    try:
        document = json.loads(data)
        if document["schema"] > SCHEMA:
            raise HistoryError("The pending edits were kept by a newer copydesk; update this one to read them.")
        return tuple(_read(one) for one in document["gathered"])
    except (ValueError, KeyError, TypeError) as error:
        raise HistoryError("The record of the pending edits is damaged: its overlay.json cannot be read.") from error


def _document(gathered: Gathered) -> dict[str, Any]:
    # `asdict` would take most of the time of keeping a long list.
    return {
        "proposal": gathered.proposal,
        "call": gathered.call,
        "turn": gathered.turn,
        "summary": gathered.summary,
        "files": [_file_document(file) for file in gathered.files],
        "is_undo": gathered.is_undo,
        "emptied_directories": [_hexadecimal(path) for path in gathered.emptied_directories],
    }


def _file_document(file: GatheredFile) -> dict[str, Any]:
    return {
        "path": _hexadecimal(file.path),
        "before": _image_document(file.before),
        "after": _image_document(file.after),
        "encoding": file.encoding,
    }


def _image_document(image: StoredImage | None) -> dict[str, Any] | None:
    if image is None:
        return None
    return {"blob": image.blob, "digest": image.digest, "size": image.size, "mode": image.mode}


def _read(document: dict[str, Any]) -> Gathered:
    files = tuple(_read_file(file) for file in document["files"])
    emptied = tuple(_path(path) for path in document["emptied_directories"])
    return Gathered(**{**document, "files": files, "emptied_directories": emptied})


def _read_file(document: dict[str, Any]) -> GatheredFile:
    before, after = document["before"], document["after"]
    return GatheredFile(
        _path(document["path"]),
        StoredImage(**before) if before else None,
        StoredImage(**after) if after else None,
        document["encoding"],
    )


def _hexadecimal(path: str) -> str:
    return path.encode("utf-8", "surrogateescape").hex()


def _path(hexadecimal: str) -> str:
    return bytes.fromhex(hexadecimal).decode("utf-8", "surrogateescape")
