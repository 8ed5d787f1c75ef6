"""Owns how images and PDF documents are shown to a model: as content blocks, checked first.

A block that the Messages API refuses would stay in the conversation and spoil every request after it, so only whole
files within its limits are shown.
"""

import base64
from dataclasses import dataclass
from io import BytesIO

from copydesk.domain.errors import EditError
from copydesk.domain.messages import Block
from copydesk.domain.text import known_format

HEAD = 16
"""Bytes that tell the format."""
LARGEST_IMAGE = 5 * 1024 * 1024 * 3 // 4
"""Bytes of an image: 5 MiB in base64."""
LARGEST_DOCUMENT = 20 * 1024 * 1024
"""Bytes of a PDF document."""
LONGEST_SIDE = 8_000
"""Pixels of an image's width and height at most."""


@dataclass(frozen=True, slots=True)
class Medium:
    """A format that a model can look at."""

    name: str
    """As `known_format` has it."""
    media_type: str
    largest: int
    ending: bytes = b""
    """The bytes that a whole file ends with."""

    @property
    def is_image(self) -> bool:
        """True for a picture, False for a document."""
        return self.media_type.startswith("image/")


_PNG = Medium("a PNG image", "image/png", LARGEST_IMAGE, b"IEND\xaeB`\x82")
_JPEG = Medium("a JPEG image", "image/jpeg", LARGEST_IMAGE, b"\xff\xd9")
_GIF = Medium("a GIF image", "image/gif", LARGEST_IMAGE, b";")
_WEBP = Medium("a WebP image", "image/webp", LARGEST_IMAGE)
_PDF = Medium("a PDF document", "application/pdf", LARGEST_DOCUMENT)
_MEDIA = {medium.name: medium for medium in (_PNG, _JPEG, _GIF, _WEBP, _PDF)}


def medium_of(head: bytes) -> Medium | None:
    """Tell the format by a file's first bytes; None for everything else."""
    return _MEDIA.get(known_format(head))


def refuse_large(path: str, medium: Medium, size: int) -> None:
    """EditError for a file of more bytes than the API takes; asked before it is read, too."""
    if size > medium.largest:
        raise EditError(f"{path} is {medium.name} of {size:,} bytes; it can be looked at up to {medium.largest:,}.")


def show_medium(path: str, medium: Medium, data: bytes) -> list[Block]:
    """Show a whole file: a sentence, then the block. EditError for what the API would not take."""
    refuse_large(path, medium, len(data))
    if not _is_whole(medium, data):
        raise EditError(f"{path} is {medium.name} that is damaged or not complete, so it cannot be looked at.")
    facts = f"{len(data):,} bytes" + (f", {_pixels(path, medium, data)}" if medium.is_image else "")
    source = {"type": "base64", "media_type": medium.media_type, "data": base64.b64encode(data).decode("ascii")}
    return [
        {"type": "text", "text": f"{path} is {medium.name} ({facts}):"},
        {"type": "image" if medium.is_image else "document", "source": source},
    ]


def _is_whole(medium: Medium, data: bytes) -> bool:
    """Whether the end of a file is there, as far as its format tells."""
    if medium is _WEBP:
        return len(data) >= int.from_bytes(data[4:8], "little") + 8
    if medium is _PDF:
        return b"%%EOF" in data[-1_024:]
    return data.rstrip(b"\0\r\n").endswith(medium.ending)


def _pixels(path: str, medium: Medium, data: bytes) -> str:
    import imagesize

    try:
        width, height = imagesize.get(BytesIO(data))
    except (ValueError, OSError):
        width, height = -1, -1
    if width < 1 or height < 1:
        raise EditError(f"{path} is {medium.name} that is damaged or not complete, so it cannot be looked at.")
    if max(width, height) > LONGEST_SIDE:
        raise EditError(
            f"{path} has {width:,} × {height:,} pixels; images can be looked at up to {LONGEST_SIDE:,} a side."
        )
    return f"{width:,} × {height:,} pixels"
