"""Owns reading a bundle that anybody may have made: every type, name, digest and count is looked at before it counts.

It never trusts the patch in it either: what `git apply` would make of that has to be what the contents say.
"""

import base64
import binascii
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import NoReturn

from copydesk.domain.bundles import FORMAT, Bundle, BundledCheck, BundledFile, Provenance
from copydesk.domain.display import show
from copydesk.domain.errors import BundleError, PatchError
from copydesk.domain.foreign_paths import path_fault
from copydesk.domain.json_reading import JsonObject, load_object
from copydesk.domain.patches.patch import PatchedFile
from copydesk.domain.patches.reading import MOST_FILES, read_patch
from copydesk.domain.proposals import FileImage
from copydesk.domain.unified import REGULAR, git_mode
from copydesk.domain.usage import Usage

LARGEST = 256 * 1024 * 1024
"""Bytes of a bundle that are read."""
MOST_MESSAGES = 1_000_000
"""Messages of a transcript."""
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_COST = re.compile(r"\d{1,9}(\.\d{1,12})?")
_FAMILY = FORMAT.partition("/")[0]
_MODES = {"100644": 0o644, "100755": 0o755}


def read_bundle(data: bytes) -> Bundle:
    """Read a bundle; BundleError, naming the place and what is wrong there, for one that is not what it says."""
    if len(data) > LARGEST:
        raise BundleError(f"The bundle has {len(data):,} bytes; at most {LARGEST:,} are read.")
    read = load_object(data, _refuse)
    _require_format(read)
    files = tuple(_file(one) for one in read.objects("files", MOST_FILES))
    _refuse_repeated(files)
    _require_same_patch(files, _content(read.object("patch")))
    commit = read.optional_text("base_commit")
    if commit is not None and not _COMMIT.fullmatch(commit):
        read.wrong("base_commit", "the name of a commit")
    provenance = _provenance(read.object("provenance"))
    return Bundle(files, commit, provenance, tuple(read.texts("notes")), read.text("copydesk"))


def _refuse(reason: str) -> NoReturn:
    raise BundleError(f"The bundle cannot be read: {show(reason)}.")


def _require_format(read: JsonObject) -> None:
    given = read.text("format")
    if given == FORMAT:
        return
    if re.fullmatch(rf"{_FAMILY}/\d{{1,9}}", given):
        raise BundleError(f"The bundle has the format {given}, which a newer copydesk wrote; this one reads {FORMAT}.")
    read.wrong("format", FORMAT)


def _file(read: JsonObject) -> BundledFile:
    path = _path(read, "path")
    old_path = "" if read.values.get("old_path") is None else _path(read, "old_path")
    file = BundledFile(path, _image(read, "before"), _image(read, "after"), old_path, read.flag("is_dirty"))
    if file.before is None and file.after is None:
        _refuse(f"{read.name} has neither content before nor after")
    if old_path and (None in (file.before, file.after) or old_path == path):
        _refuse(f"{read.name} is renamed, and has not both contents and two names")
    if read.text("status") != file.status:
        read.wrong("status", f"{file.status}, by its contents")
    if file.is_void:
        _refuse(f"{read.name} changes nothing")
    return file


def _path(read: JsonObject, key: str) -> str:
    given = read.values.get(key)
    raw = _content(read.object(key)) if isinstance(given, dict) else read.text(key).encode("utf-8", "surrogatepass")
    path = raw.decode("utf-8", "surrogateescape")
    if fault := path_fault(path):
        _refuse(f"{read.at(key)}, `{path[:80]}`, {fault}")
    return path


def _image(read: JsonObject, key: str) -> FileImage | None:
    if read.values.get(key) is None:
        return None
    image = read.object(key)
    data = _content(image.object("content"))
    mode = image.optional_text("mode")
    if mode is not None and mode not in _MODES:
        image.wrong("mode", " or ".join(_MODES))
    found = FileImage(data, None if mode is None else _MODES[mode])
    if image.text("sha256") != found.digest or image.number("size") != len(data):
        _refuse(f"{image.name} does not have the content that its size and sha256 say")
    return found


def _content(read: JsonObject) -> bytes:
    if len(read.values.keys() & {"text", "base64"}) != 1:
        _refuse(f"{read.name} has to have either text or base64")
    try:
        if "text" in read.values:
            return read.text("text").encode("utf-8")
        return base64.b64decode(read.text("base64"), validate=True)
    except (UnicodeEncodeError, ValueError, binascii.Error):
        _refuse(f"{read.name} is not text, or not base64")


def _refuse_repeated(files: Sequence[BundledFile]) -> None:
    """A path is made once and taken away once, and no file is a folder of another."""
    made, gone = [file.path for file in files], [file.old_path for file in files if file.old_path]
    for paths in (made, gone):
        path, count = max(Counter(paths).items(), key=itemgetter(1), default=("", 0))
        if count > 1:
            _refuse(f"`{path}` is in it more than once")
    standing = {file.path for file in files if file.after}
    for path in standing:
        folders = (path.rsplit("/", count)[0] for count in range(1, path.count("/") + 1))
        if folder := next((folder for folder in folders if folder in standing), ""):
            _refuse(f"`{folder}` is a file in it and a folder too")


def _require_same_patch(files: Sequence[BundledFile], patch: bytes) -> None:
    """Whoever reads the patch with other tools sees the change that is made."""
    try:
        patched = {file.path: file for file in read_patch(patch).files}
        is_same = len(patched) == len(files) and all(_is_said(file, patched.get(file.path)) for file in files)
    except PatchError as error:
        _refuse(f"its patch is none: {error}")
    if not is_same:
        _refuse("its patch is not the change from the contents before to those after")


def _is_said(file: BundledFile, patched: PatchedFile | None) -> bool:
    if patched is None or (patched.source, patched.is_copy) != (file.old_path or file.path, False):
        return False
    made = patched.apply(file.before.data if file.before else None)
    is_same = made.data == (file.after.data if file.after else None) and not made.moved
    return is_same and (file.after is None or patched.new_mode == _said_mode(file, file.after.mode))


def _said_mode(file: BundledFile, mode: int | None) -> int | None:
    """The mode that a patch says a file gets; None where it stays as it is."""
    if file.before is None:
        return git_mode(mode) or REGULAR
    return git_mode(mode) if file.changes_mode else None


def _provenance(read: JsonObject) -> Provenance:
    usage = read.object("usage")
    cost = read.optional_text("cost_usd")
    if cost is not None and not _COST.fullmatch(cost):
        read.wrong("cost_usd", "decimal dollars")
    counts = {name: usage.number(name) for name in Usage.__dataclass_fields__}
    return Provenance(
        prompt=read.text("prompt"),
        model=read.text("model"),
        tool_version=read.text("tool_version"),
        session=read.text("session"),
        made_at=read.optional_real("made_at"),
        outcome=read.text("outcome"),
        reason=read.text("reason"),
        result=read.text("result"),
        usage=Usage(**counts),
        cost_usd=cost,
        checks=tuple(_checks(read)),
        transcript=tuple(one.values for one in read.objects("transcript", MOST_MESSAGES)),
    )


def _checks(read: JsonObject) -> Iterator[BundledCheck]:
    for one in read.objects("checks", MOST_FILES):
        code = None if one.values.get("code") is None else one.number("code", lowest=-255)
        seconds = one.optional_real("seconds")
        yield BundledCheck(one.text("name"), code, seconds or 0.0, one.text("output"), one.text("reason"))
