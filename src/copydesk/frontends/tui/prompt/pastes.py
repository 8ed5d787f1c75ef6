"""Owns long pasted texts: each stands in the prompt as one short sign, and is sent whole.

Nothing here forgets a text while the program runs, so undo and recalled prompts find it again.
"""

import re
from typing import Final

MOST_LINES: Final = 20
MOST_CHARACTERS: Final = 2_000
"""What is longer, in lines or in characters, is folded."""
_HUGE: Final = 10
"""Times the limits of a paste; what is longer is not for the prompt's few lines, whoever wrote it."""
_SIGN = re.compile(r"\[pasted [^\]\n]*\]")


class Pastes:
    """The texts behind the signs of a prompt."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def fold(self, text: str) -> str:
        """Give the sign for a long text, and a short one as it is; lines end in LF."""
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        return self._sign(text) if is_long(text) else text

    def unfold(self, written: str) -> str:
        """What is written, with every text in the place of its sign."""
        return _SIGN.sub(lambda found: self._texts.get(found[0], found[0]), written)

    def refold(self, whole: str) -> str:
        """What is written for a whole prompt: the longest texts that stand in it as their signs."""
        for sign, text in sorted(self._texts.items(), key=lambda entry: -len(entry[1])):
            whole = whole.replace(text, sign)
        return whole

    def shown(self, whole: str) -> str:
        """How a whole prompt of before is written; a huge one that was not pasted is a sign too."""
        written = self.refold(whole)
        is_huge = len(written) > _HUGE * MOST_CHARACTERS or written.count("\n") > _HUGE * MOST_LINES
        return self._sign(written) if is_huge else written

    def sign_before(self, piece: str) -> str:
        """The sign with which a piece of a line ends; empty where it ends in none."""
        sign = piece[piece.rfind("[") :] if piece.endswith("]") else ""
        return sign if sign in self._texts else ""

    def sign_after(self, piece: str) -> str:
        """The sign with which a piece of a line begins; empty where it begins with none."""
        found = _SIGN.match(piece)
        return found[0] if found and found[0] in self._texts else ""

    def _sign(self, text: str) -> str:
        count = text.count("\n") + (not text.endswith("\n"))
        what = f"{count:,} lines" if count > 1 else f"{len(text):,} characters"
        signs = (f"[pasted {what}{f' ({number})' if number else ''}]" for number in range(len(self._texts) + 1))
        sign = next(sign for sign in signs if self._texts.get(sign, text) == text)
        self._texts[sign] = text
        return sign


def is_long(text: str) -> bool:
    """Whether a pasted text would fill the prompt."""
    return len(text) > MOST_CHARACTERS or text.count("\n") >= MOST_LINES
