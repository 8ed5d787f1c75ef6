"""Owns decisions that a person wrote down beforehand: the JSON of `--decisions`, and what it says of each proposal.

It reads no file, and it never takes silence for consent: what no entry names gets the file's `default`, which is to
reject unless it says otherwise.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NoReturn, TypeGuard

from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision, Remark, Weight
from copydesk.domain.errors import UsageError
from copydesk.domain.json_reading import load_value
from copydesk.domain.proposals import FileChange

_DOCUMENT_KEYS = ("default", "note", "decisions", "remarks")
_ENTRY_KEYS = ("path", "hunk", "lines", "verdict", "text", "note")
_REMARK_KEYS = ("path", "line", "text", "weight")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One verdict, on a file or on a hunk of it."""

    name: str
    """How a message calls it."""
    path: str
    said: HunkDecision
    """With 0 for a hunk where it speaks of the file."""

    def fits(self, change: FileChange) -> bool:
        """True where the change has what it speaks of."""
        hunks = change.diff.hunks
        if self.path != change.path or self.said.hunk > len(hunks):
            return False
        return not self.said.lines or self.said.lines[1] <= len(hunks[self.said.hunk - 1].lines)

    def overlaps(self, other: "_Entry") -> bool:
        """True where both speak of the same lines, or of the same file as a whole."""
        if (self.path, self.said.hunk) != (other.path, other.said.hunk):
            return False
        mine, others = self.said.lines, other.said.lines
        return not mine or not others or (mine[0] < others[1] and others[0] < mine[1])


class DecisionFile:
    """What was decided beforehand, for every proposal that has what an entry speaks of; knows which were of use."""

    def __init__(self, data: bytes) -> None:
        """Read the JSON; UsageError names the entry and the key that is wrong."""
        document = load_value(data, _complain)
        if isinstance(document, list):
            document = {"decisions": document}
        if not isinstance(document, dict):
            raise UsageError("The decisions are neither a list nor an object.")
        read = _Object("the decisions file", document, _DOCUMENT_KEYS)
        self._entries = [_entry(one) for one in read.objects("decisions", "decision", _ENTRY_KEYS)]
        self._remarks = [(one.name, _remark(one)) for one in read.objects("remarks", "remark", _REMARK_KEYS)]
        self._default = Choice(read.one_of("default", (Choice.ACCEPT, Choice.REJECT), Choice.REJECT))
        self._note = read.text("note", "")
        self._used: set[str] = set()
        _refuse_contradictions(self._entries)

    def decision_on(self, changes: Sequence[FileChange], digest: str) -> Decision:
        """What it says of these changes, which the digest is of; entries on what they do not have are left aside."""
        files = [file for change in changes if (file := self._decision_on_file(change))]
        paths = {change.path for change in changes}
        remarks = [(name, remark) for name, remark in self._remarks if remark.path in paths]
        self._used.update(name for name, _ in remarks)
        said = tuple(remark for _, remark in remarks)
        return Decision(self._default is Choice.ACCEPT, digest, self._note, files=tuple(files), remarks=said)

    def _decision_on_file(self, change: FileChange) -> FileDecision | None:
        """What the entries say of one file; None where none does.

        Where one would hold back a hunk that the file does not have, it is not known which of the others that is: what
        no other entry names is rejected.
        """
        meant = [entry for entry in self._entries if entry.path == change.path]
        entries = [entry for entry in meant if entry.fits(change)]
        self._used.update(entry.name for entry in entries)
        whole = next((entry.said for entry in entries if not entry.said.hunk), HunkDecision(0, self._default))
        if any(entry.said.choice is not Choice.ACCEPT for entry in meant if entry not in entries):
            whole = replace(whole, choice=Choice.REJECT)
        elif not entries:
            return None
        hunks = tuple(entry.said for entry in entries if entry.said.hunk)
        return FileDecision(change.path, whole.choice, hunks, whole.text, whole.note)

    def unused(self) -> tuple[str, ...]:
        """The entries that no proposal had anything for, by number and what they speak of."""
        names = [(entry.name, _subject(entry)) for entry in self._entries]
        names += [(name, f"line {remark.line} of {remark.path}") for name, remark in self._remarks]
        return tuple(f"{name} ({subject})" for name, subject in names if name not in self._used)


def _subject(entry: _Entry) -> str:
    return f"hunk {entry.said.hunk} of {entry.path}" if entry.said.hunk else entry.path


@dataclass(frozen=True, slots=True)
class _Object:
    """A JSON object, and how a message calls it; each reading is a UsageError where the value is another than meant."""

    name: str
    values: Mapping[str, object]
    keys: tuple[str, ...]

    def __post_init__(self) -> None:
        for key in self.values:
            if key not in self.keys:
                raise UsageError(f"In {self.name}, {key!r} is no key; the keys are {', '.join(self.keys)}.")

    def objects(self, key: str, noun: str, keys: tuple[str, ...]) -> "list[_Object]":
        """The objects of a list, numbered from 1."""
        values = self.values.get(key, [])
        if not isinstance(values, list):
            self.refuse(key, "a list of objects")
        for number, value in enumerate(values, 1):
            if not isinstance(value, dict):
                raise UsageError(f"In {self.name}, {noun} {number} is no object.")
        return [_Object(f"{noun} {number}", value, keys) for number, value in enumerate(values, 1)]

    def text(self, key: str, default: str | None = None) -> str:
        """A text, which is required where there is no default."""
        value = self.values.get(key, default)
        return value if isinstance(value, str) and (value or default is not None) else self.refuse(key, "a text")

    def number(self, key: str) -> int:
        """A number from 1."""
        value = self.values.get(key)
        return value if _is_number(value) else self.refuse(key, "a whole number from 1 on")

    def one_of(self, key: str, known: Sequence[str], default: str | None = None) -> str:
        """One of some words, which is required where there is no default."""
        value = self.values.get(key, default)
        return value if isinstance(value, str) and value in known else self.refuse(key, f"one of {', '.join(known)}")

    def refuse(self, key: str, wanted: str) -> NoReturn:
        """Say what a key has to be."""
        given = json.dumps(self.values[key])[:80] if key in self.values else "missing"
        raise UsageError(f"In {self.name}, {key} is {given}; it has to be {wanted}.")


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _complain(reason: str) -> NoReturn:
    raise UsageError(f"The file of decisions cannot be used: {reason}.")


def _entry(read: _Object) -> _Entry:
    choice = Choice(read.one_of("verdict", [choice.value for choice in Choice]))
    if ("text" in read.values) is not (choice is Choice.EDIT):
        raise UsageError(f"In {read.name}, text belongs to the verdict edit, which needs one.")
    if "lines" in read.values and "hunk" not in read.values:
        raise UsageError(f"In {read.name}, lines are those of a hunk, which is missing.")
    hunk = read.number("hunk") if "hunk" in read.values else 0
    said = HunkDecision(hunk, choice, read.text("text", ""), read.text("note", ""), _lines(read))
    return _Entry(read.name, read.text("path"), said)


def _lines(read: _Object) -> tuple[int, int] | None:
    """The range of lines, which is written from 1 on with the last one included."""
    if "lines" not in read.values:
        return None
    match read.values["lines"]:
        case [first, last] if _is_number(first) and _is_number(last) and first <= last:
            return first - 1, last
    return read.refuse("lines", "the first and the last of the hunk's lines, counted from 1")


def _remark(read: _Object) -> Remark:
    weight = Weight(read.one_of("weight", [weight.value for weight in Weight], Weight.MUST))
    return Remark(read.text("path"), read.number("line"), read.text("text"), weight)


def _refuse_contradictions(entries: Sequence[_Entry]) -> None:
    """Raise UsageError where two entries speak of the same, or of the hunks of a file that is rewritten as a whole."""
    ordered = sorted(entries, key=lambda entry: (entry.path, entry.said.hunk, entry.said.lines or (0, 0)))
    for one, other in pairwise(ordered):
        is_rewritten = one.path == other.path and not one.said.hunk and one.said.choice is Choice.EDIT
        if one.overlaps(other) or is_rewritten:
            raise UsageError(f"Both {one.name} and {other.name} decide {_subject(other)}.")
