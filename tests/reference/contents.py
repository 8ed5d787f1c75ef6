"""Owns random files and texts: those that editors are known to get wrong, and ordinary ones."""

from __future__ import annotations

from random import Random

LINES = (
    "", "", "  ", "x", "end", "return x", "    return x", "\treturn x", "\tif y:", "a\tb\tc", "aXaXa", "foo foo",
    "def f(a, b):", "}", "{", "# note", "trailing  ", "$& $1 $$ \\1 \\n", "10%", "progress\rdone", "\r", "x\r",
    "page\x0cbreak", "v\x0bt", "sep\u2028arated", "next\x85line", "non\xa0breaking", "soft\xadhyphen",
    "“quoted” — dash", "naïve café", "e\u0301tude", "日本語", "emoji 😀 \u200d 👧", "mid\ufeffdle", "\u202eright",
    "     3\tnumbered", "<response clipped>", "null", "\x1b[31mred\x1b[0m", "\x7f", "'\"`",
)  # fmt: skip
LATIN_LINES = (
    "",
    "x",
    "return x",
    "caf\xe9 noir",
    "na\xefve",
    "Stra\xdfe 5",
    "\xfcber\tall",
    "plain",
    "aXaXa",
    "p\x85q",
)
"""As Latin-1 none of these is UTF-8: what follows each byte above 127 is ASCII."""
NAMES = (
    "a.txt", "b.py", "Makefile.in", "with space.txt", "a..b.txt", "backup~.txt", "..c", "-dash", "$HOME.sh", "x;y.c",
    "[1]*.txt", "it's.md", "Ünï çode.md", "emoji😀.txt", ".hidden", ".cfg/e.ini", "deep/d.tsv", "deep/er/c.go",
    "deep/er/still/b.rs", "日本/é.txt", "node_modules/m.js", "deep/__pycache__/p", "my docs/read me.txt",
)  # fmt: skip
MODES = (0o644, 0o644, 0o644, 0o600, 0o755, 0o664, 0o640, 0o700, 0o444)
BINARY = (b"\x7fELF\x02\x01", b"PK\x03\x04zip", b"\x1f\x8b\x08", b"text\nthen \0 NUL\n", b"\0\0\0\0")
SMALL_COUNTS = (0, 1, 1, 2, 3, 3, 4, 5, 6, 8, 12)
LONGEST = 8_000
"""Numbers that a long line holds, which makes some 40,000 characters."""


def draw_mode(random: Random) -> int:
    return random.choice(MODES)


def draw_data(random: Random) -> bytes:
    """The bytes of a file."""
    kind = random.random()
    if kind < 0.05:
        return b""
    if kind < 0.08:
        return random.choice(BINARY)
    if kind < 0.16:
        return _draw_unknown(random)
    body = draw_body(random)
    if kind < 0.24:
        return b"\xef\xbb\xbf" + body.encode()
    if kind < 0.28:
        return b"\xff\xfe" + body.encode("utf-16-le")
    if kind < 0.32:
        return b"\xfe\xff" + body.encode("utf-16-be")
    return body.encode()


def draw_body(random: Random) -> str:
    """The text of a file: its lines, their ends, and perhaps none at the end."""
    count = random.randint(20, 300) if random.random() < 0.08 else random.choice(SMALL_COUNTS)
    lines = [draw_line(random) for _ in range(count)]
    if lines and random.random() < 0.03:
        lines[random.randrange(len(lines))] = " ".join(map(str, range(random.randint(200, LONGEST))))
    ends = random.choice((["\n"], ["\n"], ["\r\n"], ["\n", "\r\n"], ["\r\n", "\r\n", "\n"]))
    body = "".join(line + random.choice(ends) for line in lines)
    return body.removesuffix("\n").removesuffix("\r") if random.random() < 0.3 else body


def draw_line(random: Random) -> str:
    return random.choice(LINES) if random.random() < 0.7 else f"line {random.randrange(10_000)}"


def draw_new_text(random: Random) -> str:
    """What a model writes: some lines, with LF or now and then CR LF between them."""
    lines = [draw_line(random) for _ in range(random.choice((0, 1, 1, 1, 2, 3, 6)))]
    newline = "\r\n" if random.random() < 0.15 else "\n"
    return newline.join(lines) + (newline if random.random() < 0.4 else "")


def _draw_unknown(random: Random) -> bytes:
    """Bytes that are no UTF-8: a legacy encoding, declared or not, or UTF-8 with something broken in it."""
    newline = random.choice(("\n", "\r\n"))
    lines = [random.choice(LATIN_LINES) for _ in range(random.randint(1, 8))]
    match random.randrange(3):
        case 0:
            return newline.join(lines).encode("latin-1")
        case 1:
            return newline.join(["# -*- coding: latin-1 -*-", *lines, ""]).encode("latin-1")
        case _:
            broken = [draw_line(random).encode() for _ in lines]
            broken[random.randrange(len(broken))] += random.choice((b"\xff", b"\xc3(", b"\xed\xa0\x80", b"\x80 end"))
            return newline.encode().join(broken)
