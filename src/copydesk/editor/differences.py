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
from copydesk.editor.lookalikes import unescaped, unit_around, with_plain_letters
from copydesk.editor.snippets import counted

LEAST_REPEATED = 4
"""From how many equal characters in a row on their number is told."""
LONGEST_UNIT = 50
"""Characters after `old_str`'s length that one escaped character of the file may take."""
MOST_RUNS = 6
"""Stretches of equal white space that are told of one gap."""
MOST_MARKS = 4
"""Combining marks that are told with their letter."""
_SPACE = re.compile(r"\s*")
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
    real = file.text[start : start + len(sent) + LONGEST_UNIT]
    for say in (_repeats, _escapes, _spacing):
        said = say(file, start, real, sent, at)
        if said:
            return said
    return _said(_place(file.text, start + at), _named(file, _letter(real, at)), _named(file, _letter(sent, at)))


def _place(text: str, offset: int) -> str:
    """Name the line and the column of a character, both from 1."""
    return f"Line {text.count(chr(10), 0, offset) + 1}, column {offset - text.rfind(chr(10), 0, offset):,}"


def _said(where: str, real: str, sent: str) -> str:
    return f"{where}: the file has {real} where old_str has {sent}. "


def _letter(text: str, at: int) -> str:
    """A character with the marks that combine with it."""
    end = at + 1
    while end < min(at + MOST_MARKS, len(text)) and unicodedata.combining(text[end]):
        end += 1
    return text[at:end]


def _named(file: FileText, letters: str) -> str:
    """Name characters: printable ASCII as it is, all else by code point, bytes that are no text as bytes."""
    if not letters:
        return "its end"
    if letters.isascii() and letters.isprintable() and letters not in (" ", '"'):
        return f'"{letters}"'
    return " and ".join(_name(file, letter) for letter in letters)


def _name(file: FileText, letter: str) -> str:
    code = ord(letter)
    if 0xDC80 <= code <= 0xDCFF and file.encoding.errors == "surrogateescape":
        return f"byte {code & 0xFF:02X}"
    return f"a {_SPACES[letter]}" if letter in _SPACES else _code(letter)


def _code(letter: str) -> str:
    return f"U+{ord(letter):04X} {unicodedata.name(letter, '')}".rstrip()


def _repeats(file: FileText, start: int, real: str, sent: str, at: int) -> str:
    """Count a character that both have repeated, but not as often."""
    letter = sent[at - 1 : at] if at else ""
    if not letter or letter.isspace() or letter == "\\" or letter not in (real[at : at + 1], sent[at : at + 1]):
        return ""
    begin = at - len(sent[:at]) + len(sent[:at].rstrip(letter))
    run = re.compile(re.escape(letter) + "*")
    counts = _length(run, file.text, start + begin), _length(run, sent, begin)
    if max(counts) < LEAST_REPEATED:
        return ""
    where = _place(file.text, start + begin)
    return _said(where, f"{counts[0]} times {_named(file, letter)}", f"{counts[1]} times")


def _escapes(file: FileText, start: int, real: str, sent: str, at: int) -> str:
    """Show what is escaped on one side and not, or otherwise, on the other."""
    begin = min(unit_around(side, at).start for side in (real, sent))
    pieces = [side[begin : unit_around(side, begin).end] for side in (real, sent)]
    if pieces[0] == pieces[1] or unescaped(pieces[0]) != unescaped(pieces[1]):
        return ""
    return _said(_place(file.text, start + begin), _named(file, pieces[0]), _named(file, pieces[1]))


def _spacing(file: FileText, start: int, real: str, sent: str, at: int) -> str:
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


def _gap_said(text: str, begin: int, real: str, sent: str) -> str:
    lines, sent_lines = real.split("\n"), sent.split("\n")
    first = text.count("\n", 0, begin) + 1
    if len(lines) != len(sent_lines) and len(lines) > 1 and len(sent_lines) > 1:
        return _said(f"After line {first}", counted(len(lines) - 2, "blank line"), str(len(sent_lines) - 2))
    if len(lines) == len(sent_lines):
        index = next(index for index, line in enumerate(lines) if line != sent_lines[index])
        offset = begin + sum(len(line) + 1 for line in lines[:index])
        return _said(_spot(text, offset, len(lines[index])), _runs(lines[index]), _runs(sent_lines[index]))
    return _said(_spot(text, begin, len(real)), _runs(real), _runs(sent))


def _spot(text: str, offset: int, length: int) -> str:
    """Name the place of white space, by the end of its line that it is at, if it is at one."""
    line = text.count("\n", 0, offset) + 1
    is_first = offset == 0 or text[offset - 1] == "\n"
    is_last = text[offset + length : offset + length + 1] in ("", "\n")
    match is_first, is_last:
        case True, True:
            return f"In the blank line {line}"
        case True, False:
            return f"At the beginning of line {line}"
        case False, True:
            return f"At the end of line {line}"
        case _:
            return _place(text, offset)


def _runs(gap: str) -> str:
    runs = [_run(letter, sum(1 for _ in run)) for letter, run in groupby(gap)]
    return ", ".join(runs[:MOST_RUNS]) + (" and more" if len(runs) > MOST_RUNS else "") or "no white space"


def _run(letter: str, count: int) -> str:
    if letter in _SPACES:
        return counted(count, _SPACES[letter])
    return _code(letter) if count == 1 else f"{count} times {_code(letter)}"
