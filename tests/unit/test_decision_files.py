"""Proves that decisions from a file are held for the proposals that they fit, and that nothing wrong in them passes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from copydesk.changes.landing import land_all
from copydesk.domain.decision_files import DecisionFile
from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision, Remark, Weight
from copydesk.domain.errors import UsageError
from copydesk.domain.proposals import FileChange, FileImage
from tests.schemas import validator

OLD = b"".join(b"line %d\n" % number for number in range(40))
NEW = OLD.replace(b"line 3\n", b"three\n").replace(b"line 20\n", b"20a\n20b\n").replace(b"line 36\n", b"")
SETTINGS = FileChange("settings.py", FileImage(OLD), FileImage(NEW))
NOTES = FileChange("notes.md", None, FileImage(b"a\nb\nc\nd\n"))
CREATED = FileChange("new.py", None, FileImage(b"new\n"))
EXAMPLES = [
    json.loads(example)
    for example in re.findall(
        r"```json\n(.*?)\n```", (Path(__file__).parents[2] / "docs/consent.md").read_text("utf-8"), re.DOTALL
    )
]


def parsed(document: Any) -> DecisionFile:
    return DecisionFile(json.dumps(document).encode())


def fits_schema(document: Any) -> bool:
    return not list(validator("decisions.schema.json").iter_errors(document))


def test_the_documented_examples_fit_the_schema_and_the_proposals_that_they_speak_of() -> None:
    assert len(EXAMPLES) == 2
    for example in EXAMPLES:
        assert fits_schema(example)
        decisions = parsed(example)
        land_all([SETTINGS, NOTES, CREATED], decisions.decision_on([SETTINGS, NOTES, CREATED], "d"))
        assert decisions.unused() == ()


def test_a_list_decides_hunks_lines_and_files_and_rejects_the_rest() -> None:
    decision = parsed(EXAMPLES[0]).decision_on([SETTINGS, NOTES, CREATED], "digest")

    hunks = (
        HunkDecision(2, Choice.REJECT, note="keep the timeout"),
        HunkDecision(3, Choice.EDIT, "line 35\nmine\nline 37\n"),
    )
    lines = (HunkDecision(1, Choice.ACCEPT, lines=(1, 4)),)
    assert decision == Decision(
        False,
        "digest",
        files=(
            FileDecision("settings.py", Choice.ACCEPT, hunks),
            FileDecision("notes.md", Choice.REJECT, lines),
        ),
    )


def test_an_object_decides_the_rest_and_brings_notes_and_remarks() -> None:
    decision = parsed(EXAMPLES[1]).decision_on([SETTINGS, CREATED], "digest")

    assert decision == Decision(
        True,
        "digest",
        "small steps, please",
        files=(FileDecision("new.py", Choice.REJECT, note="not needed"),),
        remarks=(Remark("settings.py", 4, "a word would do", Weight.NIT),),
    )


def test_a_file_is_rewritten_as_a_whole() -> None:
    decision = parsed([{"path": "new.py", "verdict": "edit", "text": "mine\n"}]).decision_on([CREATED], "")

    assert decision.files == (FileDecision("new.py", Choice.EDIT, text="mine\n"),)


def test_what_a_proposal_does_not_have_waits_for_the_next_and_is_named_if_none_comes() -> None:
    decisions = parsed(
        {
            "decisions": [
                {"path": "settings.py", "hunk": 4, "verdict": "accept"},
                {"path": "settings.py", "hunk": 1, "lines": [1, 90], "verdict": "accept"},
                {"path": "notes.md", "verdict": "accept"},
            ],
            "remarks": [{"path": "gone.py", "line": 3, "text": "why?"}],
        }
    )

    assert decisions.decision_on([SETTINGS], "") == Decision(False, "")
    assert len(decisions.unused()) == 4
    decisions.decision_on([NOTES], "")
    assert decisions.unused() == (
        "decision 1 (hunk 4 of settings.py)",
        "decision 2 (hunk 1 of settings.py)",
        "remark 1 (line 3 of gone.py)",
    )


ENTRY = {"path": "a", "verdict": "accept"}
WRONG: list[tuple[Any, str]] = [
    (3, "neither a list nor an object"),
    ([3], "decision 1 is no object"),
    ([ENTRY, {**ENTRY, "hunks": 1}], "In decision 2, 'hunks' is no key"),
    ({"defaults": "accept"}, "In the decisions file, 'defaults' is no key"),
    ({"default": "edit"}, 'default is "edit"; it has to be one of accept, reject'),
    ({"note": 1}, "note is 1; it has to be a text"),
    ({"decisions": {}}, "decisions is {}"),
    ([{"path": "a"}], "In decision 1, verdict is missing"),
    ([{**ENTRY, "verdict": "maybe"}], 'verdict is "maybe"'),
    ([{**ENTRY, "verdict": ["accept"]}], "verdict is"),
    ([{"verdict": "accept"}], "path is missing"),
    ([{**ENTRY, "path": ""}], 'path is ""'),
    ([{**ENTRY, "hunk": 0}], "hunk is 0"),
    ([{**ENTRY, "hunk": True}], "hunk is true"),
    ([{**ENTRY, "hunk": 1.5}], "hunk is 1.5"),
    ([{**ENTRY, "hunk": None}], "hunk is null"),
    ([{**ENTRY, "lines": [1, 2]}], "lines are those of a hunk"),
    *(([{**ENTRY, "hunk": 1, "lines": lines}], "lines is") for lines in ([], [1], [0, 1], "12", None, [1, 2, 3])),
    ([{**ENTRY, "verdict": "edit"}], "which needs one"),
    ([{**ENTRY, "text": "a"}], "text belongs to the verdict edit"),
    ([{**ENTRY, "note": None}], "note is null"),
    ({"remarks": [{"path": "a", "line": 1}]}, "In remark 1, text is missing"),
    ({"remarks": [{"path": "a", "line": 1, "text": "b", "weight": "heavy"}]}, 'weight is "heavy"'),
]


@pytest.mark.parametrize(("document", "said"), WRONG)
def test_what_is_wrong_is_named_with_its_entry_and_key_and_the_schema_refuses_it_too(document: Any, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        parsed(document)
    assert not fits_schema(document)


@pytest.mark.parametrize(
    "entries",
    [
        [ENTRY, {**ENTRY, "verdict": "reject"}],
        [{**ENTRY, "hunk": 1}, ENTRY, {**ENTRY, "hunk": 1}],
        [{**ENTRY, "hunk": 1}, {**ENTRY, "hunk": 1, "lines": [3, 4]}],
        [{**ENTRY, "hunk": 1, "lines": [4, 6]}, {**ENTRY, "hunk": 1, "lines": [1, 4]}],
        [{**ENTRY, "hunk": 2}, {**ENTRY, "verdict": "edit", "text": ""}],
        [{**ENTRY, "hunk": 1, "lines": [6, 5]}],
    ],
)
def test_entries_that_contradict_are_refused(entries: list[dict[str, Any]]) -> None:
    with pytest.raises(UsageError, match=r"decide|lines is"):
        parsed(entries)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[" * 100_000, b'[{"path": "a", "path": "b"}]'])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(UsageError, match="decisions"):
        DecisionFile(data)


def test_parts_of_one_hunk_are_decided_apart() -> None:
    decisions = parsed([{**ENTRY, "path": "notes.md", "hunk": 1, "lines": [n, n]} for n in (1, 3)])

    [landing] = land_all([NOTES], decisions.decision_on([NOTES], ""))

    assert landing.change
    assert landing.change.after == FileImage(b"a\nc\n")


@pytest.mark.parametrize(
    "held",
    [
        {"hunk": 4, "verdict": "reject"},
        {"hunk": 4, "verdict": "edit", "text": "mine\n"},
        {"hunk": 1, "lines": [2, 90], "verdict": "reject"},
    ],
)
@pytest.mark.parametrize("said", ["file", "default"])
def test_nothing_more_is_accepted_when_what_was_to_be_held_back_is_not_there(held: dict[str, Any], said: str) -> None:
    entries = [{"path": "settings.py", "hunk": 2, "verdict": "accept"}, {"path": "settings.py", **held}]
    if said == "file":
        entries.append({"path": "settings.py", "verdict": "accept", "note": "fine"})
    decisions = parsed({"default": "accept", "decisions": entries})

    decided, created = land_all([SETTINGS, CREATED], decisions.decision_on([SETTINGS, CREATED], ""))

    assert decided.change
    assert decided.change.after == FileImage(OLD.replace(b"line 20\n", b"20a\n20b\n"))
    assert created.is_whole
    assert len(decisions.unused()) == 1
