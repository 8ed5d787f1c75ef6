"""Owns the guess at the encoding of a file that is not UTF-8 and declares none; nothing else asks the detector."""


def guess_encoding(sample: bytes) -> str | None:
    """Name the encoding that a sample is most likely written in, None where nothing fits.

    Takes some milliseconds, and a tenth of a second more the first time, when the detector loads its tables.
    """
    from chardet import detect

    return detect(sample)["encoding"]
