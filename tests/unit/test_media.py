from __future__ import annotations

import base64
import struct
import zlib

import pytest

from copydesk.domain.errors import EditError
from copydesk.domain.text import BinaryFile, FileText
from copydesk.domain.tools import SCHEMA_TYPE, TOOL_VERSIONS
from copydesk.tools.media import LARGEST_IMAGE, Medium, medium_of, show_medium
from tests.unit.test_editor_tool import Bench

pytestmark = pytest.mark.anyio


def png(width: int = 2, height: int = 3, filling: bytes = b"") -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IDAT", filling or zlib.compress(b"\0" * (width + 1) * height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffc0000b080003000201011100ffd9")
GIF = b"GIF89a\x02\x00\x03\x00\x00\x00\x00;"
WEBP = b"RIFF\x16\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x02\x00\x00"
PDF = b"%PDF-1.7\n%%EOF\n"


def known(data: bytes) -> Medium:
    medium = medium_of(data)
    assert medium is not None
    return medium


@pytest.mark.parametrize(
    ("data", "kind"),
    [(png(), "image/png"), (JPEG, "image/jpeg"), (GIF, "image/gif"), (WEBP, "image/webp")],
    ids=["png", "jpeg", "gif", "webp"],
)
def test_row_16_image_is_a_sentence_and_a_block(data: bytes, kind: str) -> None:
    sentence, block = show_medium("a", known(data), data)
    assert f"({len(data)} bytes, 2 × 3 pixels):" in sentence["text"]
    assert block["type"] == "image"
    assert block["source"]["media_type"] == kind
    assert base64.b64decode(block["source"]["data"]) == data


def test_row_16_pdf_is_a_document_block() -> None:
    sentence, block = show_medium("a.pdf", known(PDF), PDF)
    assert sentence["text"] == "a.pdf is a PDF document (15 bytes):"
    assert (block["type"], block["source"]["media_type"]) == ("document", "application/pdf")


@pytest.mark.parametrize(
    "data", [png()[:-4], JPEG[:-2], GIF[:5] + b"a", b"\x89PNG\r\n\x1a\n\0", WEBP[:-3], b"%PDF-", b"%PDF-1.7\n" * 200]
)
def test_image_is_refused_when_the_api_could_not_read_it(data: bytes) -> None:
    with pytest.raises(EditError, match="damaged or not complete"):
        show_medium("a", known(data), data)


def test_image_is_refused_when_it_is_too_large() -> None:
    with pytest.raises(EditError, match=r"8,001 × 1 pixels; images can be looked at up to 8,000 a side\."):
        show_medium("a", known(png()), png(8_001, 1))
    data = png(filling=b"x" * LARGEST_IMAGE)
    with pytest.raises(EditError, match=r"it can be looked at up to 3,932,160\."):
        show_medium("a", known(data), data)


@pytest.mark.parametrize("data", [png(), JPEG, GIF, WEBP, PDF], ids=["png", "jpeg", "gif", "webp", "pdf"])
def test_medium_is_named_when_it_is_read_as_text(data: bytes) -> None:
    with pytest.raises(BinaryFile, match=f"^{known(data).name} of {len(data)} bytes$"):
        FileText.decode(data)


@pytest.mark.parametrize("version", TOOL_VERSIONS.values(), ids=TOOL_VERSIONS.keys())
async def test_image_is_viewed_where_the_model_is_known_to_take_it(version: object) -> None:
    bench = Bench({"a.png": png()}, version)  # type: ignore[arg-type]
    result = (await bench.call("view", "a.png")).result
    if bench.tool.version.type == SCHEMA_TYPE:
        assert result.is_error
        assert "a.png is a PNG image of" in result.text
    else:
        assert [block["type"] for block in result.to_block()["content"]] == ["text", "image"]
        assert result.text.startswith("a.png is a PNG image (")


async def test_image_that_is_too_large_is_not_even_read() -> None:
    bench = Bench({"a.png": png(filling=b"x" * LARGEST_IMAGE)})
    assert "it can be looked at up to 3,932,160." in await bench.refusal("view", "a.png")
