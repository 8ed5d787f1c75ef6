"""Proves that a bundle comes back as written, holds no key unasked, and is refused where it is not what it says."""

from __future__ import annotations

import base64
import json
import re
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copydesk.domain.bundle_reading import read_bundle
from copydesk.domain.bundles import Bundle, BundledCheck, BundledFile, Provenance, write_bundle
from copydesk.domain.errors import BundleError
from copydesk.domain.proposals import FileImage
from copydesk.domain.usage import Usage
from tests.bundled import every_kind
from tests.conftest import CAMPAIGN
from tests.schemas import complaints

SCHEMA = "bundle.schema.json"
KEY = "sk-ant-" + "a1B2" * 8
PROVENANCE = Provenance(
    prompt="Fix the average.\n",
    model="claude-opus-4-8",
    tool_version="text_editor_20250728",
    session="20261122-073633-1b71a8",
    made_at=1795332993.5,
    outcome="done",
    result="Fixed \u2028 it.",
    usage=Usage(1, 2, 3, 4, 5),
    cost_usd="0.0125",
    checks=(BundledCheck("test", 0, 1.5, "ok\n"), BundledCheck("slow", None, 600.0, "", "It was stopped.")),
    transcript=(
        {"role": "user", "content": "Fix the average.\n"},
        {"role": "assistant", "content": [{"type": "text"}]},
    ),
)
SAMPLE = replace(every_kind(), base_commit="ab" * 20, provenance=PROVENANCE, notes=("One file was dirty.",))

WORDS = st.text(st.sampled_from('ab\n"\\\0\x1b\u2028\ud800\u00e9\U0001f600'), max_size=8)
IMAGES = st.builds(
    FileImage,
    st.binary(max_size=40) | WORDS.map(lambda text: text.encode("utf-8", "replace")),
    st.sampled_from([0o644, 0o755, None]),
)
CONTENTS = st.none() | IMAGES
NAMES = st.lists(st.sampled_from(["a", "b c", "\u00e9", "x\udcff", '"', "\n", "-", "..."]), min_size=1).map("/".join)


@st.composite
def bundles(draw: st.DrawFn) -> Bundle:
    """Any bundle of a few files."""
    paths: list[str] = draw(st.lists(NAMES, max_size=4, unique=True))
    free = [path for path in paths if not any(path.startswith(f"{other}/") for other in paths)]
    files = (BundledFile(path, draw(CONTENTS), draw(CONTENTS), is_dirty=draw(st.booleans())) for path in free)
    changing = tuple(file for file in files if not file.is_void)
    commit = draw(st.none() | st.sampled_from(["0" * 40, "f" * 64]))
    said = Provenance(draw(WORDS), made_at=draw(st.none() | st.floats(0, 1e12)), transcript=({"a": draw(WORDS)},))
    return Bundle(changing, commit, said, tuple(draw(st.lists(WORDS, max_size=2))), "0.1.0")


@given(bundles())
def test_bundle_is_read_as_it_was_written(bundle: Bundle) -> None:
    written = write_bundle(bundle)
    assert read_bundle(written) == bundle
    assert write_bundle(read_bundle(written)) == written


def test_bundle_of_every_kind_is_read_as_it_was_written() -> None:
    assert read_bundle(write_bundle(SAMPLE)) == SAMPLE


@given(bundles())
def test_bundle_fits_the_schema(bundle: Bundle) -> None:
    assert complaints(SCHEMA, json.loads(write_bundle(bundle))) == []
    assert complaints(SCHEMA, json.loads(write_bundle(SAMPLE))) == []


def with_key(place: str) -> Bundle:
    key = KEY.encode()
    match place:
        case "before":
            return replace(SAMPLE, files=(BundledFile("a", FileImage(b"K=" + key), None),))
        case "UTF-16":
            return replace(SAMPLE, files=(BundledFile("a", None, FileImage(KEY.encode("utf-16"))),))
        case "path":
            return replace(SAMPLE, files=(BundledFile(KEY, None, FileImage(b"")),))
        case "notes":
            return replace(SAMPLE, notes=(KEY,))
        case "transcript":
            return replace(SAMPLE, provenance=Provenance(transcript=({"content": [{"text": f"see {KEY}"}]},)))
        case "checks":
            return replace(SAMPLE, provenance=Provenance(checks=(BundledCheck("x", 1, 0.0, KEY),)))
        case _:
            return replace(SAMPLE, provenance=Provenance(prompt=KEY))


@pytest.mark.parametrize("place", ["before", "UTF-16", "path", "notes", "transcript", "checks", "prompt"])
def test_key_is_not_written_unless_that_is_wanted(place: str) -> None:
    with pytest.raises(BundleError, match=r"looks like an Anthropic key.*--include-secrets") as caught:
        write_bundle(with_key(place))
    assert KEY not in str(caught.value)
    assert read_bundle(write_bundle(with_key(place), includes_secrets=True)) == with_key(place)


def document() -> dict[str, Any]:
    """A small bundle as it stands in its file."""
    files = (
        BundledFile("d/a", FileImage(b"1\n", 0o644), FileImage(b"2\n", 0o644)),
        BundledFile("b", None, FileImage(b"")),
    )
    written: dict[str, Any] = json.loads(write_bundle(Bundle(files, "ab" * 20, PROVENANCE, (), "0.1.0")))
    return written


def changed(path: str, value: object) -> Callable[[dict[str, Any]], object]:
    """Put a value at a place such as `files.0.path`."""

    def change(root: dict[str, Any]) -> None:
        at: Any = root
        *parts, last = (int(part) if part.isdecimal() else part for part in path.split("."))
        for part in parts:
            at = at[part]
        at[last] = value

    return change


HOSTILE: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "newer": (changed("format", "copydesk-bundle/2"), "newer copydesk"),
    "other format": (changed("format", "zip"), 'format is "zip"'),
    "no format": (lambda root: root.pop("format"), "format is missing"),
    "absolute path": (changed("files.0.path", "/etc/passwd"), r"files\[0\].path.*absolute"),
    "path above": (changed("files.0.path", "a/../../b"), "`..`"),
    "path in .git": (changed("files.0.path", ".Git/hooks/pre-commit"), r"\.git"),
    "empty path": (changed("files.0.path", ""), "empty"),
    "NUL in a path": (changed("files.0.path", "a\0b"), "NUL"),
    "path in base64 above": (changed("files.0.path", {"base64": "Li4v"}), "empty, `.` or `..`"),
    "path of another type": (changed("files.0.path", 7), r"files\[0\].path is 7"),
    "twice": (lambda root: root["files"].append(root["files"][0]), "more than once"),
    "file and folder": (changed("files.1.path", "d"), "folder too"),
    "other content": (changed("files.0.after.content", {"text": "3\n"}), r"files\[0\].after does not have"),
    "other digest": (changed("files.0.before.sha256", "0" * 64), "sha256"),
    "other size": (changed("files.0.before.size", 99), "size"),
    "two contents": (changed("files.0.after.content", {"text": "2\n", "base64": "Mgo="}), "either text or base64"),
    "no base64": (changed("files.0.after.content", {"base64": "%%%"}), "not base64"),
    "lone surrogate": (changed("files.0.after.content", {"text": "\udc80"}), "not text"),
    "mode of a link": (changed("files.0.after.mode", "120000"), "100644 or 100755"),
    "other status": (changed("files.0.status", "created"), "modified, by its contents"),
    "nothing on both sides": (changed("files.1.after", None), "neither content"),
    "renamed without content": (changed("files.1.old_path", "c"), "two names"),
    "nothing changes": (lambda root: root["files"][0].update(before=root["files"][0]["after"]), "changes nothing"),
    "no commit": (changed("base_commit", "HEAD; rm"), "name of a commit"),
    "no list": (changed("files", {}), "files is an object"),
    "no objects": (changed("files", [1]), r"files\[0\] is no object"),
    "negative usage": (changed("provenance.usage.input_tokens", -1), "whole number"),
    "true as a number": (changed("provenance.usage.input_tokens", True), "whole number"),
    "cost": (changed("provenance.cost_usd", "1e9"), "decimal dollars"),
    "notes": (changed("notes", ["a", 1]), r"notes\[1\] is no text"),
    "empty patch": (changed("patch", {"text": ""}), "its patch is not the change"),
    "no patch": (changed("patch", {"text": "hello"}), "its patch is none"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_bundle_is_refused_with_place_and_reason_when_it_is_hostile(name: str) -> None:
    change, said = HOSTILE[name]
    root = document()
    change(root)
    with pytest.raises(BundleError) as caught:
        read_bundle(json.dumps(root).encode())
    assert re.search(said, str(caught.value)), str(caught.value)


@pytest.mark.parametrize("said", [("+2", "+3"), ("mode 100644", "mode 100755"), ("d/a", "d/b")])
def test_bundle_is_refused_when_its_patch_says_another_change(said: tuple[str, str]) -> None:
    root = document()
    root["patch"]["text"] = root["patch"]["text"].replace(*said)
    with pytest.raises(BundleError, match="not the change from the contents"):
        read_bundle(json.dumps(root).encode())


RAW: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "not JSON"),
    "a list": (b"[]", "no JSON object"),
    "bytes": (b"\xff\xfe\x00", "not JSON in UTF-8"),
    "deep": (b'{"format":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "levels deep"),
    "deep behind a string": (b'{"a":"\\"[","b":' + b'{"":' * 200 + b"1" + b"}" * 201, "levels deep"),
    "many": (b'{"files":[' + b"[]," * 2_100_000 + b"[]]}", "more than 2,000,000 values"),
    "repeated": (b'{"format":"copydesk-bundle/1","format":"x"}', "more than once"),
    "no number": (b'{"format":NaN}', "NaN is no number"),
    "endless number": (b'{"format":' + b"9" * 5000 + b"}", "not JSON"),
    "escapes": (b'{"' + b'\\"' * 100_000, "not JSON"),
}


@pytest.mark.parametrize("name", RAW)
def test_document_is_refused_before_it_takes_much_memory(name: str) -> None:
    data, said = RAW[name]
    tracemalloc.start()
    with pytest.raises(BundleError, match=said):
        read_bundle(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * len(data) + 2_000_000


@settings(max_examples=CAMPAIGN or 60)
@given(st.data())
def test_damaged_bundle_is_refused_or_still_consistent(data: st.DataObject) -> None:
    sample = bytearray(write_bundle(SAMPLE))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(sample)))
        piece = data.draw(
            st.binary(max_size=4) | st.sampled_from([b"null", b"[]", b"{}", b'"', b"-1", b"true", b"../"])
        )
        sample[place : place + data.draw(st.integers(0, 8))] = piece
    try:
        bundle = read_bundle(bytes(sample))
    except BundleError:
        return
    assert read_bundle(write_bundle(bundle, includes_secrets=True)) == bundle


def places(value: object, at: str = "") -> list[str]:
    """Every place of a document, as `changed` takes it."""
    inner: dict[Any, object] = dict(enumerate(value)) if isinstance(value, list) else {}
    inner |= value if isinstance(value, dict) else {}
    return [at, *(place for key, one in inner.items() for place in places(one, f"{at}.{key}".lstrip(".")))]


@settings(max_examples=CAMPAIGN or 60)
@given(st.data())
def test_value_of_another_type_is_refused_or_of_no_consequence(data: st.DataObject) -> None:
    root = document()
    place = data.draw(st.sampled_from([place for place in places(root) if place]))
    value: object = data.draw(st.sampled_from([None, True, -1, 2**70, 1.5, "", "x" * 5000, [], [[]], {}, {"text": ""}]))
    changed(place, value)(root)
    try:
        read_bundle(json.dumps(root).encode())
    except BundleError as error:
        said = str(error)
    else:
        said = ""
    assert len(said) < 1000


def test_content_that_is_no_text_is_base64() -> None:
    (file,) = json.loads(write_bundle(Bundle((BundledFile("a", None, FileImage(b"\xff\0")),))))["files"]
    assert base64.b64decode(file["after"]["content"]["base64"]) == b"\xff\0"


def test_bundle_is_not_written_when_it_could_not_be_read_again() -> None:
    files = tuple(BundledFile(f"f{number}", None, FileImage(b"")) for number in range(20_001))
    with pytest.raises(BundleError, match="20,001 files"):
        write_bundle(Bundle(files))
