"""Owns the bundle: a proposed change as one file, with all that is needed to judge it and to apply it elsewhere.

It holds both sides of every file, so that it merges into files that moved on. What has the shape of a key is not
written without being told to; equal bundles are equal bytes.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from copydesk.domain.diffs import ChangeStatus
from copydesk.domain.display import show
from copydesk.domain.errors import BundleError
from copydesk.domain.patches.patch_text import LARGEST as LARGEST_PATCH
from copydesk.domain.patches.reading import MOST_FILES
from copydesk.domain.patches.writing import write_patch
from copydesk.domain.proposals import FileChange, FileImage
from copydesk.domain.secrets import key_shapes_in
from copydesk.domain.unified import git_mode
from copydesk.domain.usage import Usage

FORMAT: Final = "copydesk-bundle/1"
"""What the file says it is, with the version of the format; a reader refuses what it does not know."""
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BundledFile:
    """One file that is to change."""

    path: str
    """Relative to the workspace, `/` between parts; surrogates for bytes that are not UTF-8."""
    before: FileImage | None
    """As it was read, of `old_path` where it is renamed; None for a file that is created."""
    after: FileImage | None
    """None for a file that is deleted."""
    old_path: str = ""
    """What a renamed file was called."""
    is_dirty: bool = False
    """It was not as the base commit has it: the patch alone does not apply there."""

    @property
    def status(self) -> ChangeStatus:
        """What happens to the file as a whole."""
        if self.before is None:
            return ChangeStatus.CREATED
        if self.after is None:
            return ChangeStatus.DELETED
        return ChangeStatus.RENAMED if self.old_path else ChangeStatus.MODIFIED

    @property
    def changes_mode(self) -> bool:
        """True where both sides tell whether the file can be run, and differ in that."""
        modes = {git_mode(image.mode) for image in (self.before, self.after) if image}
        return len(modes) == 2 and None not in modes

    @property
    def is_void(self) -> bool:
        """True where nothing changes."""
        return not self.old_path and self.change.is_void and not self.changes_mode

    @property
    def change(self) -> FileChange:
        """The change of the file under its new name."""
        return FileChange(self.path, self.before, self.after)


@dataclass(frozen=True, slots=True)
class BundledCheck:
    """How a check ended that was run on the change."""

    name: str
    code: int | None
    """The exit code; None where it was stopped or could not be run."""
    seconds: float = 0.0
    output: str = ""
    reason: str = ""
    """Why there is no exit code."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """How a change came to be; nothing of it is needed to apply the change."""

    prompt: str = ""
    model: str = ""
    tool_version: str = ""
    session: str = ""
    made_at: float | None = None
    """Seconds since the epoch."""
    outcome: str = ""
    """As in the result of `run`."""
    reason: str = ""
    """A sentence, where the outcome is not `done`."""
    result: str = ""
    """The last text of the model."""
    usage: Usage = field(default_factory=Usage)
    cost_usd: str | None = None
    """Decimal dollars; None where a price was unknown."""
    checks: tuple[BundledCheck, ...] = ()
    transcript: tuple[Mapping[str, Any], ...] = ()
    """The messages as they went to the Messages API and came from it."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A proposed change."""

    files: tuple[BundledFile, ...]
    base_commit: str | None = None
    """What was checked out, in hexadecimal; None outside a repository."""
    provenance: Provenance = field(default_factory=Provenance)
    notes: tuple[str, ...] = ()
    """Sentences that whoever reviews it should read."""
    copydesk: str = ""
    """Version of the program that made it."""

    @property
    def patch(self) -> bytes:
        """The change as `git apply` takes it."""
        renamed = {file.path: file.old_path for file in self.files if file.old_path}
        return write_patch([file.change for file in self.files], renamed)


def write_bundle(bundle: Bundle, *, includes_secrets: bool = False) -> bytes:
    """Write a bundle as JSON in ASCII, the same bytes for the same bundle; files that do not change are left out.

    BundleError where it holds what has the shape of a key, unless that is wanted, and where it would be too large to be
    read again.
    """
    if len(bundle.files) > MOST_FILES:
        raise BundleError(f"Nothing was written: {len(bundle.files):,} files are changed; a bundle has {MOST_FILES:,}.")
    if not includes_secrets:
        _refuse_secrets(bundle)
    patch = bundle.patch
    if len(patch) > LARGEST_PATCH:
        raise BundleError(f"Nothing was written: the patch has {len(patch):,} bytes; a bundle has {LARGEST_PATCH:,}.")
    document = {
        "format": FORMAT,
        "copydesk": bundle.copydesk,
        "base_commit": bundle.base_commit,
        "files": [_file_document(file) for file in bundle.files if not file.is_void],
        "patch": content_document(patch),
        "notes": list(bundle.notes),
        "provenance": asdict(bundle.provenance),
    }
    return json.dumps(document, indent=1, sort_keys=True, allow_nan=False).encode("ascii") + b"\n"


def content_document(data: bytes) -> Document:
    """Bytes as JSON has them: text where they are UTF-8 without NUL, else base64."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    return {"base64": base64.b64encode(data).decode("ascii")} if "\0" in text else {"text": text}


def path_document(path: str) -> str | Document:
    """A path as JSON has it: text, or the base64 of its bytes where they are not UTF-8."""
    raw = path.encode("utf-8", "surrogateescape")
    document = content_document(raw)
    return path if "text" in document else document


def _file_document(file: BundledFile) -> Document:
    return {
        "path": path_document(file.path),
        "old_path": path_document(file.old_path) if file.old_path else None,
        "status": file.status.value,
        "before": _image_document(file.before),
        "after": _image_document(file.after),
        "is_dirty": file.is_dirty,
    }


def _image_document(image: FileImage | None) -> Document | None:
    if image is None:
        return None
    mode = git_mode(image.mode)
    return {
        "mode": None if mode is None else f"{mode:o}",
        "sha256": image.digest,
        "size": len(image.data),
        "content": content_document(image.data),
    }


def _refuse_secrets(bundle: Bundle) -> None:
    for place, text in _texts(bundle):
        if shapes := key_shapes_in(text):
            raise BundleError(
                f"Nothing was written: {show(place)} holds what looks like {shapes[0]}. "
                "Take it out, or say --include-secrets if it may leave this machine."
            )


def _texts(bundle: Bundle) -> Iterator[tuple[str, str]]:
    """All that a bundle says, with where it stands."""
    for file in bundle.files:
        yield "a path", f"{file.path}\n{file.old_path}"
        for image, when in ((file.before, "before"), (file.after, "after")):
            if image:
                # Without NUL, keys in UTF-16 have their shape too.
                yield f"{file.path} ({when} the change)", image.data.replace(b"\0", b"").decode("latin-1")
    yield "a note", "\n".join(bundle.notes)
    for name, value in asdict(bundle.provenance).items():
        yield f"the {name.replace('_', ' ')}", value if isinstance(value, str) else json.dumps(value)
