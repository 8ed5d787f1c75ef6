"""Owns how a file's encoding is told: by a byte order mark, as UTF-8, by what it declares, last by a guess.

Only encodings in which every ASCII byte is that ASCII character are taken, so lines can be found in the bytes. Who
guesses is not decided here; a guess is for reading, and nothing is written that only a guess makes possible.
"""

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

HEAD = 1_024
"""Bytes in which a file may declare its encoding; HTML says as much for itself."""
SAMPLE = 32_768
"""Bytes, from the first one that is not ASCII on, that tell the encoding of a whole file."""
LEAD = 256
"""Bytes before it that are looked at too: words tell more than letters."""
BINARY_PROBE = 8_192
"""Bytes that are searched for a NUL; text editors and git look about as far."""

Origin = Literal["mark", "utf-8", "declared", "guessed", "unknown", "damaged"]
Guess = Callable[[bytes], str | None]
"""Given a sample, names a Python codec, or None where it cannot tell."""

_ASCII = bytes(range(128))
_BLOCK = 16_384
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_COMMENT = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
"""A comment of Python (PEP 263) and of what took it over, in one of the first two lines."""
_MODELINE = re.compile(rb"-\*-.*?\bcoding:[ \t]*([-\w.]+).*?-\*-|\b(?:vim?|ex):.*?\b(?:fileencoding|fenc)=([-\w.]+)")
"""What Emacs and Vim write in a comment of any language, in one of the first two lines."""
_MARKUP = re.compile(
    rb"""\s*(?:<\?xml\b[^>]{0,200}?\bencoding=["']([-\w.]+)"""
    rb"""|<(?:!doctype\s+html|html|head|meta)\b.*?<meta\b[^>]{0,200}?\bcharset=["']?([-\w.]+)"""
    rb"""|<meta\b[^>]{0,200}?\bcharset=["']?([-\w.]+))""",
    re.IGNORECASE | re.DOTALL,
)
"""Only where the file begins with markup: other files quote it."""
_STYLE = re.compile(rb"""@charset "([-\w.]+)";""")
_FAMILIES = re.compile(r"(iso8859|cp|koi8|mac|shift_jis|euc_|gb|big5|ptcp|kz|tis|johab|hp).*")
_STRAY_BYTE = re.compile("[\udc80-\udcff]")
_LONGER_THAN_ASCII = re.compile("[^\x00-\x7f\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Encoding:
    """How text stands in a file."""

    name: str = "utf-8"
    """A Python codec, by its canonical name."""
    mark: bytes = b""
    """The byte order mark, which is not part of the text."""
    origin: Origin = "utf-8"

    @property
    def errors(self) -> str:
        """How what is no text is kept, so that it comes back byte for byte."""
        return "surrogatepass" if self.name.startswith("utf-16") else "surrogateescape"

    @property
    def note(self) -> str:
        """What a reader should know about the encoding, as a sentence; empty where there is nothing to say."""
        match self.origin:
            case "declared":
                return f"The file declares its encoding: it is read and written as {self.name}."
            case "guessed":
                return f"The file is not UTF-8 and declares no encoding; it is shown as {self.name}, which is a guess."
            case "damaged":
                return f"The file is {self.name} with damage: what can be read of it is shown, and it is not edited."
            case "unknown":
                return "The file is not UTF-8 and declares no encoding; bytes that are no ASCII are shown as \ufffd."
            case _:
                return ""


UTF8 = Encoding()
UNKNOWN = Encoding(origin="unknown")


def ascii_length(data: bytes) -> int:
    """How many bytes are ASCII before the first one that is not."""
    for start in range(0, len(data), _BLOCK):
        block = data[start : start + _BLOCK]
        if not block.isascii():
            return start + len(block) - len(block.lstrip(_ASCII))
    return len(data)


def marked(head: bytes) -> Encoding | None:
    """The encoding that a byte order mark names; None without one."""
    found = next(((mark, name) for mark, name in _MARKS if head.startswith(mark)), None)
    return Encoding(found[1], found[0], "mark") if found else None


def tell(head: bytes, sample: bytes, guess: Guess) -> Encoding:
    """Tell the encoding of a file without a mark from its first bytes and a sample, which is empty if all is ASCII.

    A sample in which more characters are well-formed UTF-8 than bytes are not is UTF-8 with damage. A file that is
    ASCII so far is what it declares: what comes into it next would be read so.
    """
    if not sample:
        return declared_encoding(head)
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(sample, len(sample) < SAMPLE)
    stray = len(_STRAY_BYTE.findall(text))
    if len(_LONGER_THAN_ASCII.findall(text)) > stray or not stray:
        return UTF8
    declared = declared_encoding(head)
    if declared != UTF8:
        return declared
    name = _usable(guess(sample) or "")
    return Encoding(name, origin="guessed") if name else UNKNOWN


def declared_encoding(head: bytes) -> Encoding:
    """The encoding that a file names in its first lines; UTF-8 where it names none that can be used."""
    head = head[:HEAD]
    lines = head.split(b"\n", 2)[:2]
    told = [_MARKUP.match(head), _STYLE.match(head)]
    told += [match for line in lines for match in (_COMMENT.match(line), _MODELINE.search(line))]
    name = next((name for match in told if match for name in match.groups() if name), b"")
    usable = _usable(name.decode("ascii", "replace"))
    return Encoding(usable, origin="declared") if usable else UTF8


def _usable(name: str) -> str:
    """The canonical name of a codec that leaves ASCII alone; empty for every other."""
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    if not _FAMILIES.fullmatch(codec.name):
        return ""
    try:
        is_ascii = _ASCII.decode(codec.name) == _ASCII.decode("ascii")
        return codec.name if is_ascii and _ASCII.decode("ascii").encode(codec.name) == _ASCII else ""
    except UnicodeError:
        return ""
