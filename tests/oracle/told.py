"""Owns what a model can conclude from an answer: which lines a file holds now, going by the words of docs/consent.md.

It knows nothing of the program. Where an answer contradicts itself or the file, it says so in a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from tests.oracle.oracle import File, Shown, ShownHunk

NUMBERED = re.compile(r" *(\d+)\t(.*)")
HUNK = re.compile(r"(?:hunk (\d+)|the whole file) \((?:lines? (\d+)(?:-(\d+))?|no lines, after line (\d+))\)")
TITLES = (
    "Landed: ",
    "Did not land: ",
    "Some lines landed: ",
    "Some lines landed, with text of the person's: ",
    "Rewritten by the person: ",
)
"""What comes before the hunks that landed, that did not, and those whose text is shown."""


def misquoted(message: str, lines: File) -> Iterator[str]:
    """Whatever an answer shows with a number has to be the line of that number."""
    for number, text in _rows(message.split("\n")):
        if not lines or not 0 < number <= len(lines) or lines[number - 1] != text:
            yield f"line {number} is quoted as {text!r} of {lines}"


def rows(message: str) -> tuple[str, ...]:
    """The lines that an answer shows, whatever their numbers."""
    return tuple(text for _, text in _rows(message.split("\n")))


def sections(message: str, paths: Sequence[str]) -> dict[str, list[str]]:
    """The lines of an answer that speak of each file, the first without the file's name."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in message.split("\n"):
        path = next((path for path in paths if line.startswith(f"{path}: ")), None)
        if path:
            found[path] = current = [line[len(path) + 2 :]]
        else:
            current.append(line)
    return found


def concluded(section: Sequence[str], shown: Shown) -> tuple[File, list[str]]:
    """What a file holds by what is said of it, and what is wrong with what is said."""
    if section[0].startswith("landed as proposed"):
        return shown.after, []
    if section[0].startswith("did not land"):
        return shown.before, []
    said = {one.hunk: one for one in _said(section)}
    if 0 in said:
        return said[0].text, []
    if sorted(said) != list(range(1, len(shown.hunks) + 1)):
        return None, [f"the hunks {sorted(said)} of {len(shown.hunks)} are named"]
    problems, lines, position = list[str](), list[str](), 0
    for number, hunk in enumerate(shown.hunks, 1):
        lines += (shown.before or ())[position : hunk.start]
        held, place = _held(said[number], hunk, len(lines) + 1)
        if place != said[number].place:
            problems.append(f"hunk {number} is said to be at {said[number].place}; it is at {place}")
        lines += held
        position = hunk.start + len(hunk.old)
    return (*lines, *(shown.before or ())[position:]), problems


@dataclass(frozen=True, slots=True)
class _Said:
    """What an answer says of a hunk."""

    title: str
    hunk: int
    """0 for the whole file."""
    place: tuple[int, int]
    """Its first line and its last, which is one less than the first where it has none."""
    text: tuple[str, ...]
    """The lines that are there, where they are shown."""


def _said(section: Sequence[str]) -> Iterator[_Said]:
    for index, line in enumerate(section):
        title = next((title for title in TITLES if line.startswith(title)), "")
        rows = tuple(text for _, text in _rows(takewhile(NUMBERED.fullmatch, section[index + 1 :])))
        for number, first, last, before in HUNK.findall(line) if title else ():
            start = int(first or int(before) + 1)
            yield _Said(title, int(number or 0), (start, int(last or first or before)), rows)


def _held(said: _Said, hunk: ShownHunk, first: int) -> tuple[tuple[str, ...], tuple[int, int]]:
    """The lines in a hunk's place by what is said, and the place that ought to be named; context is not counted."""
    if said.title not in TITLES[:2]:
        return said.text, (first, first + len(said.text) - 1)
    held = hunk.new if said.title == TITLES[0] else hunk.old
    signs = [sign for sign, _ in hunk.lines]
    head, tail = (len(list(takewhile(" ".__eq__, way))) for way in (signs, reversed(signs)))
    return held, (first + head, first + len(held) - 1 - tail)


def _rows(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The numbered lines, with their ends."""
    for line in lines:
        if found := NUMBERED.fullmatch(line):
            yield int(found[1]), f"{found[2]}\n"
