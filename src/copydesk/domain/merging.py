"""Owns the three-way merge of a file's lines: what two sides made of one text, put together, or where they contradict.

Lines are found in the bytes and end at LF only. Nothing is guessed: where both sides changed the same or adjoining
lines in different ways it is a conflict, as it is for `git merge-file`, and there is no merged text then. Lines that
repeat tell no place, so changes with nothing else between them conflict too, where git may be bolder.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from copydesk.domain.forms import decoded
from copydesk.domain.lines import Opcode, changed_regions, split_bytes


@dataclass(frozen=True, slots=True)
class Stretch:
    """Lines of one version of a file, for display."""

    first: int
    """Number (from 1) of the first line; of the line before where it holds none."""
    text: str | None
    """The lines with their ends; None where there is no file, or no text in it."""


@dataclass(frozen=True, slots=True)
class MergeConflict:
    """A place that two sides made different things of."""

    base: Stretch
    ours: Stretch
    theirs: Stretch


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge gives."""

    data: bytes | None
    """The merged bytes; None where there are conflicts, and where both sides have no file."""
    conflicts: tuple[MergeConflict, ...] = ()


def merge(base: bytes | None, ours: bytes | None, theirs: bytes | None, encoding: str = "utf-8") -> Merged:
    """Put together what two sides made of a file, None standing for no file; `encoding` is for display only.

    A file that is not there, or that holds NUL, is taken whole: only one side may have changed it.
    """
    if ours == theirs or theirs == base:
        return Merged(ours)
    if ours == base:
        return Merged(theirs)
    if base is None or ours is None or theirs is None or any(b"\0" in data for data in (base, ours, theirs)):
        whole = (_whole(data, encoding) for data in (base, ours, theirs))
        return Merged(None, (MergeConflict(*whole),))
    return _merged_lines(split_bytes(base), split_bytes(ours), split_bytes(theirs), encoding)


def overrule(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """Put them together with our lines wherever the two contradict; None where a file holds NUL."""
    if any(b"\0" in data for data in (base, ours, theirs)):
        return None
    return _merged_lines(split_bytes(base), split_bytes(ours), split_bytes(theirs), "utf-8", takes_ours=True).data


def _whole(data: bytes | None, encoding: str) -> Stretch:
    shown = None if data is None or b"\0" in data else decoded(data, encoding)
    return Stretch(1 if data else 0, shown)


@dataclass(frozen=True, slots=True)
class _Cluster:
    """Changes that overlap or adjoin: where they are in the base and on each side, the end excluded."""

    base: tuple[int, int]
    ours: tuple[int, int]
    theirs: tuple[int, int]


def _merged_lines(
    base: list[bytes], ours: list[bytes], theirs: list[bytes], encoding: str, *, takes_ours: bool = False
) -> Merged:
    merged: list[bytes] = []
    conflicts: list[MergeConflict] = []
    position = 0
    for cluster in _clusters(base, ours, theirs):
        stretches = base[slice(*cluster.base)], ours[slice(*cluster.ours)], theirs[slice(*cluster.theirs)]
        chosen = _chosen(*stretches)
        if chosen is None and takes_ours:
            chosen = stretches[1]
        if chosen is None:
            starts = cluster.base[0], cluster.ours[0], cluster.theirs[0]
            pairs = zip(starts, stretches, strict=True)
            conflicts.append(MergeConflict(*(_shown(start, lines, encoding) for start, lines in pairs)))
            continue
        merged += base[position : cluster.base[0]]
        merged += chosen
        position = cluster.base[1]
    merged += base[position:]
    return Merged(None, tuple(conflicts)) if conflicts else Merged(b"".join(merged))


def _chosen(base: list[bytes], ours: list[bytes], theirs: list[bytes]) -> list[bytes] | None:
    """What stands in the place of a stretch: the side that changed it; None where both did, differently."""
    if ours == theirs or theirs == base:
        return ours
    return theirs if ours == base else None


def _shown(start: int, lines: list[bytes], encoding: str) -> Stretch:
    return Stretch(start + bool(lines), decoded(b"".join(lines), encoding))


_Change = tuple[Opcode, int]
"""A region that a side changed, and which side: 0 for ours, 1 for theirs."""


def _clusters(base: list[bytes], ours: list[bytes], theirs: list[bytes]) -> Iterator[_Cluster]:
    """Gather the changes of both sides, in order, where nothing certain stands between them."""
    changes = [(region, side) for side, new in enumerate((ours, theirs)) for region in changed_regions(base, new)]
    shifts = [0, 0]
    for cluster in _adjoining(sorted(changes), _landmarks_before(base, ours, theirs)):
        start, end = cluster[0][0][0], max(region[1] for region, _ in cluster)
        starts = [start + shift for shift in shifts]
        for (old_start, old_end, new_start, new_end), side in cluster:
            shifts[side] += (new_end - new_start) - (old_end - old_start)
        spans = [(first, end + shift) for first, shift in zip(starts, shifts, strict=True)]
        yield _Cluster((start, end), spans[0], spans[1])


def _landmarks_before(base: list[bytes], ours: list[bytes], theirs: list[bytes]) -> list[int]:
    """For each place in the base, how many lines stand before it that tell their place in each version.

    Only such a line keeps changes apart. Lines that repeat or that were moved may be paired in several ways, so what
    is between two of them proves nothing.
    """
    landmarks = _unmoved(base, ours) & _unmoved(base, theirs)
    return list(accumulate((line in landmarks for line in base), initial=0))


def _unmoved(old: list[bytes], new: list[bytes]) -> set[bytes]:
    """The lines that occur once on each side, and that no other such line has been moved past."""
    old_counts, new_counts = Counter(old), Counter(new)
    once = {line for line, count in old_counts.items() if count == 1 and new_counts[line] == 1}
    places = {line: place for place, line in enumerate(line for line in new if line in once)}
    order = [line for line in old if line in once]
    furthest = accumulate((places[line] for line in order), max)
    return {
        line for place, (line, last) in enumerate(zip(order, furthest, strict=True)) if places[line] == last == place
    }


def _adjoining(changes: Sequence[_Change], landmarks_before: Sequence[int]) -> Iterator[list[_Change]]:
    group: list[_Change] = []
    end = 0
    for change in changes:
        if group and landmarks_before[change[0][0]] > landmarks_before[end]:
            yield group
            group = []
        group.append(change)
        end = max(end, change[0][1])
    if group:
        yield group
