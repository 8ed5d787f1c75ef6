"""Owns the words of reviews that were left without a verdict: kept in a private file until they get one.

Nothing depends on it: what is missing or damaged counts as not said.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from copydesk.config.state import replace_file
from copydesk.domain.decisions import Remark, Weight
from copydesk.frontends.tui.review.offer import Offer, OfferedFile
from copydesk.frontends.tui.review.state import ReviewState

FORMAT = 1
KEPT_REVIEWS = 50
"""Reviews whose words are kept, those that were left last."""


@dataclass(frozen=True, slots=True)
class KeptRemark:
    """Words on lines, with the first of them as it read."""

    remark: Remark
    reads: str


@dataclass(frozen=True, slots=True)
class UnsentWords:
    """What was said in one review."""

    remarks: tuple[KeptRemark, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    """Path and words on the file as a whole."""

    def said_of(self, state: ReviewState) -> ReviewState:
        """The state with these words in it; those on files that are not offered any more are left out."""
        offer = state.offer
        placed = (_placed(kept, offer.file(kept.remark.path)) for kept in self.remarks if offer.has(kept.remark.path))
        return replace(state, remarks=tuple(placed), notes={path: said for path, said in self.notes if offer.has(path)})

    def beyond(self, offer: Offer) -> "UnsentWords":
        """Those on files that are not offered."""
        remarks = tuple(kept for kept in self.remarks if not offer.has(kept.remark.path))
        return UnsentWords(remarks, tuple((path, said) for path, said in self.notes if not offer.has(path)))

    def with_state(self, state: ReviewState) -> "UnsentWords":
        """These, and what was said in a review."""
        said = (KeptRemark(one, _line(state.offer.file(one.path), one)) for one in state.remarks)
        return UnsentWords((*self.remarks, *said), (*self.notes, *state.notes.items()))


@dataclass(frozen=True, slots=True)
class FileWords:
    """The file in which they are kept."""

    path: Path

    def load(self, review: str) -> UnsentWords:
        """What was said in a review (blocking)."""
        match self._reviews().get(review):
            case {"remarks": list(remarks), "notes": dict(notes)}:
                said = tuple((str(path), str(text)) for path, text in notes.items())
                return UnsentWords(tuple(_read(remarks)), said)
            case _:
                return UnsentWords()

    def save(self, review: str, words: UnsentWords) -> None:
        """Keep what was said in a review (blocking); nothing said takes it out. OSError where that cannot be."""
        reviews = self._reviews()
        if words == UnsentWords() and review not in reviews:
            return
        reviews.pop(review, None)
        if words != UnsentWords():
            remarks = [{**asdict(kept.remark), "reads": kept.reads} for kept in words.remarks]
            reviews[review] = {"remarks": remarks, "notes": dict(words.notes)}
        newest = dict(list(reviews.items())[-KEPT_REVIEWS:])
        replace_file(self.path, json.dumps({"format": FORMAT, "reviews": newest}) + "\n")

    def _reviews(self) -> dict[str, Any]:
        try:
            values: Any = json.loads(self.path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        match values:
            case {"format": int(number), "reviews": dict(reviews)} if number == FORMAT:
                return reviews
            case _:
                return {}


def _read(records: Iterable[object]) -> Iterator[KeptRemark]:
    for record in records:
        match record:
            case {
                "path": str(path),
                "line": int(line),
                "text": str(text),
                "weight": str(weight),
                "reads": str(reads),
                **rest,
            }:
                known = Weight(weight) if weight in tuple(Weight) else Weight.MUST
                yield KeptRemark(Remark(path, line, text, known, *_extent(rest)), reads)
            case _:
                continue


def _extent(record: Mapping[Any, object]) -> tuple[bool, int | None]:
    last = record.get("last")
    return record.get("is_old") is True, last if isinstance(last, int) else None


def _placed(kept: KeptRemark, file: OfferedFile) -> Remark:
    """The remark on the nearest line that reads as its own did, else where it was."""
    lines, remark = _lines(file, kept.remark.is_old), kept.remark
    alike = [number for number, line in enumerate(lines, 1) if line == kept.reads]
    end = max(len(lines), 1)
    line = min(alike, key=lambda number: abs(number - remark.line), default=max(min(remark.line, end), 1))
    last = min(remark.last + line - remark.line, end) if remark.last else None
    return replace(remark, line=line, last=last if last and last > line else None)


def _line(file: OfferedFile, remark: Remark) -> str:
    lines = _lines(file, remark.is_old)
    return lines[remark.line - 1] if 1 <= remark.line <= len(lines) else ""


def _lines(file: OfferedFile, is_old: bool) -> list[str]:
    text = file.before if is_old else file.after
    return text.split("\n") if text else []
