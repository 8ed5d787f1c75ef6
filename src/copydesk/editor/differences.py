"""Owns how the first difference between a file's text and `old_str` is put into words: where it is, what each has.

Characters that cannot be told apart by looking are named by code point, bytes that are no text as bytes, white space
and repeated characters by their number. Line ends are LF only here.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable
from itertools import groupby

from copydesk.domain.text import FileText
from copydesk.editor.lookalikes import LONGEST_UNIT, unescaped, unit_at, with_plain_letters
from copydesk.editor.snippets import counted

LEAST_REPEATED = 4
"""From how many equal characters in a row on their number is told."""
MOST_RUNS = 6
"""Stretches of equal white space that are told of one gap."""
_SPACE = re.compile(r"\s*")
_LETTER = re.compile("(?s:.)[\u0300-\u036f]{0,3}")
"""A character with the marks that combine with it."""
_SPACES = {" ": "space", "\n": "line end", "\t": "TAB", "\r": "CR"}


def largest(limit: int, holds: Callable[[int], bool]) -> int:
    """The largest number up to `limit` for which a test holds, or 0; it must hold for every number below that, too."""
    return bisect_left(range(1, limit + 1), True, key=lambda number: not holds(number))


def shared_length(text: str, start: int, sent: str) -> int:
    """How many characters of `sent` stand in a text at an offset."""
    return largest(len(sent), lambda length: text.startswith(sent[:length], start))


def first_difference(file: FileText, start: int, sent: str) -> str:
    """Say how a file goes on, from an offset on, other than `sent`: a sentence and a space, empty if it does not."""
    at = shared_length(file.text, start, sent)
    if at == len(sent):
        return ""
    said = (say(file, start, sent, at) for say in (_repeats, _escapes, _spacing))
    return next(filter(None, said), "") or _letters(file, start + at, sent, at)


def _letters(file: FileText, offset: int, sent: str, at: int) -> str:
    real, wanted = _LETTER.match(file.text, offset), _LETTER.match(sent, at)
    return _said(file, offset, real[0] if real else "", wanted[0] if wanted else "")


def _repeats(file: FileText, start: int, sent: str, at: int) -> str:
    """Count a character that both have repeated, but not as often."""
    letter = sent[at - 1 : at]
    if not letter.strip() or letter == "\\":
        return ""
    begin, run = len(sent[:at].rstrip(letter)), re.compile(re.escape(letter) + "*")
    counts = _length(run, file.text, start + begin), _length(run, sent, begin)
    if counts[0] == counts[1] or max(counts) < LEAST_REPEATED:
        return ""
    where = _place(file.text, start + begin)
    return f"{where}: the file has {counts[0]} times {_named(file, letter)} where old_str has {counts[1]} times. "


def _escapes(file: FileText, start: int, sent: str, at: int) -> str:
    """Show what is escaped on one side and not, or otherwise, on the other."""
    for begin in range(max(0, at - LONGEST_UNIT), at + 1):
        real, wanted = unit_at(file.text, start + begin), unit_at(sent, begin)
        if real != wanted and unescaped(real) == unescaped(wanted):
            return _said(file, start + begin, real, wanted)
    return ""


def _spacing(file: FileText, start: int, sent: str, at: int) -> str:
    """Say which white space each side has, and where; empty where they do not go on alike after it."""
    begin = len(sent[:at].rstrip())
    end = start + begin + _length(_SPACE, file.text, start + begin)
    sent_end = begin + _length(_SPACE, sent, begin)
    real_gap, sent_gap = file.text[start + begin : end], sent[begin:sent_end]
    if sent_end == len(sent):
        real_gap = "\n".join(real_gap.split("\n")[: sent_gap.count("\n") + 1])
    elif real_gap == sent_gap or with_plain_letters(file.text[end : end + 1]) != with_plain_letters(sent[sent_end]):
        return ""
    return _gap_said(file.text, start + begin, real_gap, sent_gap)


def _length(pattern: re.Pattern[str], text: str, begin: int) -> int:
    found = pattern.match(text, begin)
    return found.end() - begin if found else 0


def _said(file: FileText, offset: int, real: str, sent: str) -> str:
    return f"{_place(file.text, offset)}: the file has {_named(file, real)} where old_str has {_named(file, sent)}. "


def _place(text: str, offset: int) -> str:
    """Name the line and the column of a character, both from 1."""
    return f"Line {text.count(chr(10), 0, offset) + 1}, column {offset - text.rfind(chr(10), 0, offset):,}"


def _named(file: FileText, letters: str) -> str:
    """Name characters: printable ASCII as it is, all else by code point, bytes that are no text as bytes."""
    if letters.isascii() and letters.isprintable() and letters not in ("", " ", '"'):
        return f'"{letters}"'
    return " and ".join(_name(file, letter) for letter in letters) or "its end"


def _name(file: FileText, letter: str) -> str:
    code = ord(letter)
    if 0xDC80 <= code <= 0xDCFF and file.encoding.errors == "surrogateescape":
        return f"byte {code & 0xFF:02X}"
    return f"a {_SPACES[letter]}" if letter in _SPACES else _code(letter)


def _code(letter: str) -> str:
    return f"U+{ord(letter):04X} {unicodedata.name(letter, '')}".rstrip()


def _gap_said(text: str, begin: int, real: str, sent: str) -> str:
    lines, sent_lines = real.split("\n"), sent.split("\n")
    if len(lines) != len(sent_lines) and len(lines) > 1 and len(sent_lines) > 1:
        where, blank = f"After line {text.count(chr(10), 0, begin) + 1}", counted(len(lines) - 2, "blank line")
        return f"{where}: the file has {blank} where old_str has {len(sent_lines) - 2}. "
    if len(lines) == len(sent_lines):
        index = next(index for index, line in enumerate(lines) if line != sent_lines[index])
        begin += sum(len(line) + 1 for line in lines[:index])
        real, sent = lines[index], sent_lines[index]
    return f"{_spot(text, begin, len(real))}: the file has {_runs(real)} where old_str has {_runs(sent)}. "


def _spot(text: str, offset: int, length: int) -> str:
    """Name the place of white space, by the end of its line that it is at, if it is at one."""
    line = text.count("\n", 0, offset) + 1
    is_last = text[offset + length : offset + length + 1] in ("", "\n")
    if offset == 0 or text[offset - 1] == "\n":
        return f"In the blank line {line}" if is_last else f"At the beginning of line {line}"
    return f"At the end of line {line}" if is_last else _place(text, offset)


def _runs(gap: str) -> str:
    runs = [_run(letter, sum(1 for _ in run)) for letter, run in groupby(gap)]
    return ", ".join(runs[:MOST_RUNS]) + (" and more" if len(runs) > MOST_RUNS else "") or "no white space"


def _run(letter: str, count: int) -> str:
    if letter in _SPACES:
        return counted(count, _SPACES[letter])
    return _code(letter) if count == 1 else f"{count} times {_code(letter)}"
