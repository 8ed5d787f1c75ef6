"""Owns the search for a path by a few of its letters, among very many, between one key and the next."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, islice

MOST_FOUND = 100
"""Paths that one search gives."""


class PathIndex:
    """Paths in the order in which they are offered: shallow before deep, short before long.

    They are searched as one text, a line each: 50,000 take a tenth of what a loop over them does.
    """

    def __init__(self, paths: Sequence[str] = ()) -> None:
        self._paths = sorted(paths, key=lambda path: (path.count("/"), len(path), path))
        lines = [path.lower().replace("\n", " ") for path in self._paths]
        self._text = "".join(f"\n/{line}" for line in lines) + "\n"
        self._starts = list(accumulate((len(line) + 2 for line in lines), initial=0))

    def __len__(self) -> int:
        return len(self._paths)

    def find(self, letters: str, most: int = MOST_FOUND) -> list[str]:
        """The paths that hold these letters in this order, the likeliest first; case does not count.

        A slash also stands for the beginning of a path.
        """
        wanted = letters.lower().replace("\n", " ")
        looks = ("\n/{}", "/{}[^/\n]*+(?=\n)", "{}[^/\n]*+(?=\n)", "{}") if wanted else ("\n/",)
        strict = chain.from_iterable(islice(self._matching(look, wanted), most) for look in looks)
        found = dict.fromkeys(islice(strict, len(looks) * most))
        if len(found) < most and wanted:
            found |= dict.fromkeys(self._spread(wanted, 4 * most))
        return [self._paths[index] for index in islice(found, most)]

    def _matching(self, look: str, wanted: str) -> Iterator[int]:
        """Indices of the paths in which the letters stand together, at a place."""
        previous = -1
        for match in re.finditer(look.format(re.escape(wanted)), self._text):
            index = self._index_at(match.end() - 1)
            if index != previous:
                previous = index
                yield index

    def _spread(self, wanted: str, most: int) -> list[int]:
        """Indices of paths that hold the letters with others between them, the closest together first."""
        steps = (f"[^\n{re.escape(letter)}]*+{re.escape(letter)}" for letter in wanted)
        hits = islice(re.finditer("\n" + "".join(steps), self._text), most)
        indices = [self._index_at(match.start() + 1) for match in hits]
        return sorted(indices, key=lambda index: _reach(self._paths[index].lower(), wanted))

    def _index_at(self, offset: int) -> int:
        return bisect_right(self._starts, offset) - 1


def _reach(path: str, letters: str) -> int:
    """Characters from the first of the letters to the last, sought from the end, where the name is."""
    end = position = len(path)
    for count, letter in enumerate(reversed(letters)):
        position = path.rfind(letter, 0, position)
        end = end if count else position
    return end - position
