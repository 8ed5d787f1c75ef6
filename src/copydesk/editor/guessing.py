"""Owns the guess at the encoding of a file that is not UTF-8 and declares none; nothing else asks the detector."""

FEW = 8
"""Letters that are not ASCII; so many or less tell little of a language."""
DOUBTFUL = 0.2
"""The detector's confidence, from 0 to 1, below which so few letters are taken for those of Western Europe."""


def guess_encoding(sample: bytes) -> str | None:
    """Name the encoding that a sample is most likely written in, None where nothing fits.

    Takes some milliseconds, and a tenth of a second more the first time, when the detector loads its tables.
    """
    from chardet import detect

    found = detect(sample)
    letters = len(sample) - len(sample.translate(None, _BEYOND_ASCII))
    return "cp1252" if letters <= FEW and found["confidence"] < DOUBTFUL else found["encoding"]


_BEYOND_ASCII = bytes(range(128, 256))
