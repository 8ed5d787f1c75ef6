"""Owns telling what a terminal answers from what a person types: answers never become keys.

A text on the screen that gets a terminal to answer (its name, the cursor's place, a setting, the clipboard) would
otherwise press letters, and letters decide here. What is pasted passes as it is; it is text, not keys.
"""

import re

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS

PASTE, PASTE_END = "\x1b[200~", "\x1b[201~"
LONGEST_ANSWER = 1 << 16
"""Characters; an answer that is longer never ends, and what follows is typed again."""
TYPED = 3
"""Characters that one key sends at most without an escape; a longer piece of an open answer belongs to it."""

_EIGHT_BIT = {"\x90": "\x1bP", "\x98": "\x1bX", "\x9b": "\x1b[", "\x9d": "\x1b]", "\x9e": "\x1b^", "\x9f": "\x1b_"}
_ESCAPE = re.compile("[\x1b\x90\x98\x9b\x9d\x9e\x9f]")
_STRING = re.compile(r"\x1b[PX\]^_](?=[^\x1b])")
"""The beginning of a string of control, with something after it: alone it is a key with alt."""
_STRING_END = re.compile(r"\x07|\x9c|\x1b\\|\x18|\x1a|(?=\x1b[^\\])")
_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_UNFINISHED = re.compile(r"\x1b\[[0-?]+[ -/]*\Z")
_OF_THE_PERSON = re.compile(r"\x1b\[(?:[0-9;:]*[~A-HPQRSZuIO]|<[0-9;-]+[Mm]|48;[0-9;]+t|\?[0-9;]+\$y|\[)")
"""Keys, the mouse, the focus; the new size, and what the terminal says of modes, which Textual asks about."""


class TerminalAnswers:
    """Takes the answers out of what comes from a terminal, piece by piece."""

    def __init__(self) -> None:
        self._held = ""
        """The beginning of a sequence whose end has not come yet."""
        self._swallowed = 0
        """Characters of an open answer so far; 0 while none is open."""
        self._is_pasting = False

    def feed(self, text: str) -> str:
        """What of a piece was typed."""
        text, self._held = self._held + text, ""
        if self._swallowed and len(text) <= TYPED and not _STRING_END.search(text):
            self._swallowed = 0
        typed: list[str] = []
        while text:
            part, text = self._next(text)
            typed.append(part)
        return "".join(typed)

    def _next(self, text: str) -> tuple[str, str]:
        """The next part that was typed, and what is left."""
        if self._is_pasting:
            return self._pasted(text)
        if self._swallowed:
            return "", self._after_answer(text)
        escape = _ESCAPE.search(text)
        if escape is None or escape.start():
            end = escape.start() if escape else len(text)
            return text[:end], text[end:]
        return self._escaped(_EIGHT_BIT.get(text[0], text[0]) + text[1:])

    def _escaped(self, text: str) -> tuple[str, str]:
        if text in ANSI_SEQUENCES_KEYS:
            return text, ""
        if text.startswith(PASTE):
            self._is_pasting = True
            return PASTE, text[len(PASTE) :]
        if opened := _STRING.match(text):
            self._swallowed = 1
            return "", text[opened.end() :]
        if found := _SEQUENCE.match(text):
            sequence = found[0]
            is_key = _OF_THE_PERSON.match(sequence) or sequence in ANSI_SEQUENCES_KEYS
            return sequence if is_key else "", text[found.end() :]
        if _UNFINISHED.match(text) and len(text) < LONGEST_ANSWER:
            self._held = text
            return "", ""
        return text[0], text[1:]

    def _pasted(self, text: str) -> tuple[str, str]:
        pasted, end, rest = text.partition(PASTE_END)
        self._is_pasting = not end
        cut = next((size for size in range(len(PASTE_END) - 1, 0, -1) if pasted.endswith(PASTE_END[:size])), 0)
        if end or not cut:
            return pasted + end, rest
        self._held = pasted[-cut:]
        return pasted[:-cut], rest

    def _after_answer(self, text: str) -> str:
        """What is left after the answer that is open."""
        found = _STRING_END.search(text)
        if found:
            self._swallowed = 0
            return text[found.end() :]
        self._swallowed += len(text)
        if self._swallowed > LONGEST_ANSWER:
            self._swallowed = 0
        # An ESC at the end may be half of what ends the answer.
        self._held = "\x1b" if text.endswith("\x1b") else ""
        return ""
