"""Owns how hunks are applied: in this one place, and only to the bytes that they were computed from.

Bytes outside of the hunks are copied as they are; anything that does not fit is an error, never a guess.
"""

from collections.abc import Iterable

from copydesk.domain.forms import TextForm, encoded
from copydesk.domain.hunks import Hunk

_PLAIN = TextForm()


def splice_hunks(data: bytes, hunks: Iterable[Hunk], form: TextForm = _PLAIN) -> bytes:
    """Splice hunks, in order, into the old file, both in this form; ValueError where they do not fit it."""
    plain = form.plain(data)
    pieces: list[bytes] = []
    at = line = 0
    for hunk in hunks:
        first, texts = hunk.old_from, hunk.old_texts
        taken = encoded("".join(texts), form.codec)
        place = _place_of(plain, at, first - line, taken)
        if place < 0:
            raise ValueError(f"The hunk at line {hunk.old_start} does not fit the text that it is applied to.")
        pieces += [plain[at:place], encoded("".join(hunk.new_texts), form.codec)]
        at, line = place + len(taken), first + len(texts)
    return form.data(b"".join([*pieces, plain[at:]]))


def _place_of(data: bytes, at: int, skipped: int, taken: bytes) -> int:
    """Where the lines of a hunk stand, so many lines after `at`; -1 where they do not.

    What is looked for mostly stands there only, and finding it is quicker than finding where lines begin.
    """
    place = data.find(taken, at)
    begins_line = place <= at or data[place - 1 : place] == b"\n"
    if place < 0 or not begins_line or data.count(b"\n", at, place) != skipped:
        place = at if skipped >= 0 else -1
        for _ in range(skipped):
            place = data.find(b"\n", place) + 1
            if not place:
                return -1
    is_whole = place + len(taken) == len(data) or taken[-1:] in (b"\n", b"")
    return place if place >= 0 and is_whole and data.startswith(taken, place) else -1
