"""Owns what the History remembers: `Step`, one applied change, and how it is written as `step.json`.

A step is written before its files are, so it holds only what is known by then; what an interruption left
true is said by a later step of kind `settle`. Nothing here reads or writes a file.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from copydesk.domain.errors import HistoryError
from copydesk.domain.proposals import FileAttributes, FileImage

SCHEMA = 1
"""Version of `step.json`; a reader refuses what is newer than itself."""
SHORT_ID = 10
"""Hexadecimal digits of a commit that people see and type."""


class Operation(StrEnum):
    """Why a step was made."""

    EDIT = "edit"
    UNDO = "undo"
    ROLLBACK = "rollback"
    REDO = "redo"
    SETTLE = "settle"
    COMMIT = "commit"
    """The user's repository holds the session's steps so far; it changes no file."""


@dataclass(frozen=True, slots=True)
class StoredImage:
    """A file's image by name; the bytes are in the store."""

    blob: str
    """Git's name of the bytes, in hexadecimal."""
    digest: str
    """SHA-256 of the bytes, in hexadecimal."""
    size: int
    """In bytes."""
    mode: int | None
    """Permission bits; None where the umask decided after the step was written."""
    attributes: FileAttributes | None = field(default=None, compare=False)
    """What a file that was on disk had beside these."""

    @classmethod
    def of(cls, image: FileImage) -> "StoredImage":
        """Name an image without storing it."""
        blob = hashlib.sha1(b"blob %d\0" % len(image.data), usedforsecurity=False)
        blob.update(image.data)
        return cls(blob.hexdigest(), image.digest, len(image.data), image.mode, image.attributes)


Image = StoredImage | FileImage | None
"""A file's state: content and mode by name or by value, or no file."""


def same_image(left: Image, right: Image) -> bool:
    """Compare two states of a file: same bytes, and same mode where both are known."""
    if left is None or right is None:
        return left is right
    modes = {left.mode, right.mode}
    return left.digest == right.digest and (None in modes or len(modes) == 1)


@dataclass(frozen=True, slots=True)
class StepFile:
    """What a step does to one file."""

    path: str
    """Relative to the workspace root, every link on the way resolved; odd bytes as surrogates."""
    before: StoredImage | None
    after: StoredImage | None
    temporary: str
    """Name, beside the file, under which the new bytes are written before they take its place."""
    created_directories: tuple[str, ...] = ()
    """Folders on the way that did not exist, outermost first."""
    added: int = 0
    """Lines added."""
    removed: int = 0
    """Lines removed."""
    directory_modes: tuple[tuple[str, int], ...] = ()
    """Permission bits of the folders on the way to a file that is deleted, which may be removed with it."""


@dataclass(frozen=True, slots=True)
class ReviewedEdits:
    """Of what waited for a review, all that one review decided: it waits no more once the step is made."""

    proposals: tuple[str, ...]
    """Ids of the proposals."""
    paths: tuple[str, ...]
    """The files, those in which nothing landed included; the others of these proposals go on waiting."""


@dataclass(frozen=True, slots=True)
class Undone:
    """Steps that a rollback or redo took back wholly in one file."""

    path: str
    steps: tuple[int, ...]
    """Their numbers."""


@dataclass(frozen=True, slots=True)
class StepMeta:
    """Who made a step, and why."""

    operation: Operation
    session: str
    turn: str = ""
    call: str = ""
    """The `tool_use` id that it answers; empty where a person asked."""
    model: str = ""
    title: str = ""
    """One line for lists."""
    target: int | None = None
    """Number of the step that a rollback or redo went before, or that a settle step speaks of."""
    emptied_directories: tuple[str, ...] = ()
    """Folders to remove if nothing is left in them once the files are written, outermost first."""
    reviewed: ReviewedEdits | None = None
    """What the review decided that made this step; None for any other."""
    undoes: tuple[Undone, ...] = ()
    """What it took back, a file each; a file of which only a part went back is not in it."""

    def undone_in(self, path: str) -> tuple[int, ...]:
        """Numbers of the steps that it took back in a file."""
        return next((undone.steps for undone in self.undoes if undone.path == path), ())


@dataclass(frozen=True, slots=True)
class Step:
    """One applied change of the workspace."""

    number: int
    """Counts the workspace's steps from 1, over all sessions."""
    commit: str
    """Git's name of the step, in hexadecimal; empty until it is recorded."""
    at: float
    """Seconds since the epoch."""
    meta: StepMeta
    files: tuple[StepFile, ...]
    """What it does to each file; for a settle step: what stands of the step that it speaks of."""

    @property
    def id(self) -> str:
        """The name that people see and type."""
        return self.commit[:SHORT_ID]

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that it is about, in order."""
        return tuple(file.path for file in self.files)


def step_document(step: Step) -> bytes:
    """Write `step.json`: ASCII, paths as the hexadecimal of their raw bytes, since they need not be text."""
    document = {
        "schema": SCHEMA,
        "number": step.number,
        "at": step.at,
        **asdict(step.meta),
        "emptied_directories": [_hexadecimal(path) for path in step.meta.emptied_directories],
        "reviewed": _reviewed_document(step.meta.reviewed),
        "undoes": [{"path": _hexadecimal(undone.path), "steps": undone.steps} for undone in step.meta.undoes],
        "files": [_file_document(file) for file in step.files],
    }
    return json.dumps(document, indent=1).encode("ascii") + b"\n"


def read_step(commit: str, data: bytes) -> Step:
    """Read `step.json` of a commit; HistoryError where it is damaged or newer than this program."""
    try:
        document = json.loads(data)
        if document["schema"] > SCHEMA:
            raise HistoryError(f"Step {commit[:SHORT_ID]} was written by a newer copydesk; update this one to read it.")
        return Step(
            document["number"],
            commit,
            document["at"],
            _read_meta(document),
            tuple(_read_file(file) for file in document["files"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        message = f"Step {commit[:SHORT_ID]} of the History is damaged: its step.json cannot be read."
        raise HistoryError(message) from error


def _hexadecimal(path: str) -> str:
    return path.encode("utf-8", "surrogateescape").hex()


def _path(hexadecimal: str) -> str:
    return bytes.fromhex(hexadecimal).decode("utf-8", "surrogateescape")


def _reviewed_document(reviewed: ReviewedEdits | None) -> dict[str, Any] | None:
    if reviewed is None:
        return None
    return {"proposals": reviewed.proposals, "paths": [_hexadecimal(path) for path in reviewed.paths]}


def _file_document(file: StepFile) -> dict[str, Any]:
    return {
        **asdict(file),
        "path": _hexadecimal(file.path),
        "before": _image_document(file.before),
        "after": _image_document(file.after),
        "created_directories": [_hexadecimal(path) for path in file.created_directories],
        "directory_modes": [[_hexadecimal(path), mode] for path, mode in file.directory_modes],
    }


def _image_document(image: StoredImage | None) -> dict[str, Any] | None:
    if image is None:
        return None
    document = asdict(image)
    if image.attributes:
        document["attributes"]["extended"] = [[name, value.hex()] for name, value in image.attributes.extended]
    return document


def _read_meta(document: dict[str, Any]) -> StepMeta:
    return StepMeta(
        Operation(document["operation"]),
        document["session"],
        document["turn"],
        document["call"],
        document["model"],
        document["title"],
        document["target"],
        tuple(_path(path) for path in document["emptied_directories"]),
        _read_reviewed(document["reviewed"]),
        tuple(Undone(_path(undone["path"]), tuple(undone["steps"])) for undone in document["undoes"]),
    )


def _read_reviewed(document: dict[str, Any] | None) -> ReviewedEdits | None:
    if document is None:
        return None
    return ReviewedEdits(tuple(document["proposals"]), tuple(_path(path) for path in document["paths"]))


def _read_image(document: dict[str, Any] | None) -> StoredImage | None:
    if document is None:
        return None
    attributes = document["attributes"]
    if attributes:
        extended = tuple((name, bytes.fromhex(value)) for name, value in attributes["extended"])
        attributes = FileAttributes(attributes["owner"], attributes["group"], extended)
    return StoredImage(**{**document, "attributes": attributes})


def _read_file(document: dict[str, Any]) -> StepFile:
    return StepFile(
        _path(document["path"]),
        _read_image(document["before"]),
        _read_image(document["after"]),
        document["temporary"],
        tuple(_path(path) for path in document["created_directories"]),
        document["added"],
        document["removed"],
        tuple((_path(path), mode) for path, mode in document["directory_modes"]),
    )
