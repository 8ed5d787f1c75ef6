"""Owns what a person attaches to the first prompt: images and PDF documents, as blocks that the model can take.

A file that the model or the API would refuse is refused here, before anything is sent.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from copydesk.domain.display import show
from copydesk.domain.errors import EditError, UsageError
from copydesk.domain.messages import Block
from copydesk.model.profiles import ModelProfile
from copydesk.tools.media import HEAD, Medium, medium_of, refuse_large, show_medium

MOST_FILES: Final = 20
"""With more in a request the API takes only small images."""
LARGEST_TOGETHER: Final = 28 * 1024 * 1024
"""Bytes in base64, of the 32 MiB that a request may have: the rest is for the conversation."""
SPACIOUS_CONTEXT: Final = 1_000_000
"""Tokens; a model with less room is given shorter documents."""
MOST_PAGES: Final = {False: 100, True: 600}
"""Of PDF documents in a request; by whether the context is spacious."""

_PAGE: Final = re.compile(rb"/Type\s*/Page(?![a-zA-Z])")
"""A page's own entry; in documents that keep their entries compressed none can be seen, and the API counts."""


def attached_blocks(names: Sequence[str], profile: ModelProfile) -> tuple[Block, ...]:
    """The blocks for these files, in order; UsageError for what cannot be read or would not be taken."""
    if len(names) > MOST_FILES:
        raise UsageError(f"--attach is given {len(names)} times; at most {MOST_FILES} files go in with a prompt.")
    blocks: list[Block] = []
    pages = 0
    for name in names:
        medium, data = _read(name)
        if not medium.is_image:
            _require_documents(profile)
            pages += len(_PAGE.findall(data))
        blocks += _shown(name, medium, data)
    _refuse_many(blocks, pages, profile)
    return tuple(blocks)


def _read(name: str) -> tuple[Medium, bytes]:
    path = Path(name)
    try:
        if not path.is_file():
            raise UsageError(f"--attach: {show(name)} is {'no regular file' if path.exists() else 'not there'}.")
        with path.open("rb") as file:
            head = file.read(HEAD)
            medium = medium_of(head)
            if medium is None:
                raise UsageError(
                    f"--attach: {show(name)} is no image (PNG, JPEG, GIF, WebP) and no PDF document; "
                    "name a text in the prompt as @PATH."
                )
            _refuse_large(name, medium, path.stat().st_size)
            return medium, head + file.read()
    except OSError as error:
        raise UsageError(f"--attach: {show(name)} cannot be read: {error.strerror}.") from error


def _refuse_large(name: str, medium: Medium, size: int) -> None:
    try:
        refuse_large(show(name), medium, size)
    except EditError as error:
        raise UsageError(f"--attach: {error}") from error


def _shown(name: str, medium: Medium, data: bytes) -> list[Block]:
    try:
        return show_medium(show(name), medium, data)
    except EditError as error:
        raise UsageError(f"--attach: {error}") from error


def _require_documents(profile: ModelProfile) -> None:
    if profile.reads_pdf is False:
        raise UsageError(f"--attach: {profile.requested} does not take PDF documents; attach images of the pages.")


def _refuse_many(blocks: Sequence[Block], pages: int, profile: ModelProfile) -> None:
    """UsageError for what is too much together, though each may be well."""
    size = sum(len(block["source"]["data"]) for block in blocks if "source" in block)
    if size > LARGEST_TOGETHER:
        raise UsageError(
            f"--attach: the files take {size:,} bytes of a request together; at most {LARGEST_TOGETHER:,}."
        )
    most = MOST_PAGES[(profile.limits.context_window or 0) >= SPACIOUS_CONTEXT]
    if pages > most:
        raise UsageError(f"--attach: the documents have {pages} pages; {profile.requested} takes at most {most}.")
