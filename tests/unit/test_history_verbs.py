"""Owns what `history`, `rollback` and `redo` print, and their exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from copydesk.domain.checkpoints import Remedy
from copydesk.domain.errors import UsageError
from copydesk.frontends.verbs.history import Output, run_history
from copydesk.frontends.verbs.rollback import RollbackRequest, run_rollback
from tests.desk import STARTED, Desk
from tests.overlay_desk import OverlayDesk
from tests.schemas import complaints


class Terminal:
    """What was printed, and talked."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.talk: list[str] = []

    def output(self, *, as_json: bool = False) -> Output:
        return Output(self.out.append, self.talk.append, as_json)

    @property
    def document(self) -> Any:
        return json.loads("".join(self.out))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


def minute(at: float) -> str:
    assert at == STARTED
    return "2023-11-14 22:13"


def test_history_lists_newest_first_when_there_are_steps(desk: Desk, terminal: Terminal) -> None:
    first = desk.edit("a\x1b[2J.py", b"1\n2\n", "s-0a1b2c", "7")
    second = desk.edit("b.py", b"1\n")
    desk.go_back(second)
    assert run_history(desk.history, terminal.output(), minute) == 0
    lines = "".join(terminal.out).splitlines()
    assert [line.split("  ")[2].strip() for line in lines] == ["rollback", "edit", "edit"]
    assert lines[1] == f"{second.id}  2023-11-14 22:13  edit      undone             +1 −0  b.py  (s1)"
    assert lines[2] == f"{first.id}  2023-11-14 22:13  edit      applied            +2 −0  a␛[2J.py  (s-0a1b2c 7)"


def test_history_is_one_document_when_asked_for_json(desk: Desk, terminal: Terminal) -> None:
    step = desk.edit("a", b"1\n", turn="3")
    assert run_history(desk.history, terminal.output(as_json=True), minute) == 0
    assert complaints("history.schema.json", terminal.document) == []
    [row] = terminal.document["steps"]
    assert row == {
        "id": step.id,
        "at": STARTED,
        "session": "s1",
        "turn": "3",
        "operation": "edit",
        "number": 1,
        "files": [{"path": "a", "added": 1, "removed": 0, "state": "applied"}],
        "title": "an edit",
        "paths": ["a"],
        "added": 1,
        "removed": 0,
        "state": "applied",
        "model": "",
    }


def test_history_says_so_when_there_are_no_steps(desk: Desk, terminal: Terminal) -> None:
    assert run_history(desk.history, terminal.output(), minute) == 0
    assert (terminal.out, terminal.talk) == ([], ["Nothing was applied in this workspace yet."])


def test_last_edit_is_taken_back_when_no_id_is_given(desk: Desk, terminal: Terminal) -> None:
    desk.edit("a", b"1\n")
    step = desk.edit("a", b"2\n")
    assert run_rollback(desk.applier, desk.gate, RollbackRequest(), terminal.output()) == 0
    assert desk.contents() == {"a": b"1\n"}
    assert terminal.out == ["    +1 −1  a\n"]
    assert terminal.talk == [f"Returned to before {step.id} as step {desk.history.steps()[-1].id}."]


def test_earlier_edit_is_taken_back_when_the_last_already_is(desk: Desk, terminal: Terminal) -> None:
    desk.edit("a", b"1")
    desk.edit("a", b"2")
    for _ in range(2):
        assert run_rollback(desk.applier, desk.gate, RollbackRequest(), terminal.output()) == 0
    assert desk.contents() == {}


def test_whole_turn_is_taken_back_when_asked_for(desk: Desk, terminal: Terminal) -> None:
    for number, turn in enumerate(["1", "2", "2"]):
        desk.edit("a", b"%d" % number, turn=turn)
    assert run_rollback(desk.applier, desk.gate, RollbackRequest(is_turn=True), terminal.output()) == 0
    assert desk.contents() == {"a": b"0"}


def test_diff_is_printed_and_nothing_moved_when_previewed(desk: Desk, terminal: Terminal) -> None:
    step = desk.edit("a", b"1\n")
    assert run_rollback(desk.applier, desk.gate, RollbackRequest(step.id, is_preview=True), terminal.output()) == 0
    assert "--- a/a\n+++ /dev/null\n@@ -1 +0,0 @@ hunk 1\n-1\n" in "".join(terminal.out)
    assert desk.history.steps() == [step]
    assert desk.contents() == {"a": b"1\n"}


@pytest.mark.parametrize("is_preview", [False, True])
def test_exit_code_is_4_when_a_file_changed_outside(desk: Desk, terminal: Terminal, is_preview: bool) -> None:
    step = desk.edit("a", b"1\n")
    desk.write("a", b"theirs")
    assert run_rollback(desk.applier, desk.gate, RollbackRequest(is_preview=is_preview), terminal.output()) == 4
    assert terminal.talk[1] == f"  a: it was changed outside copydesk since {step.id}."
    assert desk.contents() == {"a": b"theirs"}


@pytest.mark.parametrize("is_preview", [False, True])
def test_exit_code_is_4_when_an_edit_waits_in_another_session(
    tmp_path: Path, terminal: Terminal, is_preview: bool
) -> None:
    desk = OverlayDesk(tmp_path)
    desk.edit("a", b"1\n")
    step = desk.edit("b", b"1\n", session="s2")
    desk.propose({"b": b"2\n"})
    assert (
        run_rollback(desk.applier, desk.gate, RollbackRequest(step.id, is_preview=is_preview), terminal.output()) == 4
    )
    assert terminal.talk[1] == "  b: an edit of it waits for a review in session s1."
    assert desk.contents() == {"a": b"1\n", "b": b"1\n"}


def test_redo_is_exit_code_4_until_what_waits_is_decided(tmp_path: Path, terminal: Terminal) -> None:
    desk = OverlayDesk(tmp_path)
    desk.edit("a", b"1\n")
    run_rollback(desk.applier, desk.gate, RollbackRequest(), terminal.output())
    desk.propose({"a": b"2\n", "b": b"1\n"})
    assert run_rollback(desk.applier, desk.gate, RollbackRequest(is_redo=True), terminal.output()) == 4
    assert desk.contents() == {}
    desk.overlay.discard(["a"])
    assert run_rollback(desk.applier, desk.gate, RollbackRequest(is_redo=True), terminal.output()) == 0
    assert desk.contents() == {"a": b"1\n"}


def test_document_says_all_when_asked_for_json(desk: Desk) -> None:
    step = desk.edit("a", b"1\n")
    printed = [Terminal() for _ in range(4)]
    run_rollback(desk.applier, desk.gate, RollbackRequest(is_preview=True), printed[0].output(as_json=True))
    run_rollback(desk.applier, desk.gate, RollbackRequest(), printed[1].output(as_json=True))
    run_rollback(desk.applier, desk.gate, RollbackRequest(is_redo=True), printed[2].output(as_json=True))
    desk.write("a", b"theirs")
    run_rollback(desk.applier, desk.gate, RollbackRequest(), printed[3].output(as_json=True))
    documents = [terminal.document for terminal in printed]
    assert [complaints("rollback.schema.json", document) for document in documents] == [[]] * 4
    assert [document["outcome"] for document in documents] == ["preview", "done", "done", "conflict"]
    assert documents[0]["changes"] == [{"path": "a", "status": "deleted", "added": 0, "removed": 1, "hunks": [1]}]
    assert documents[1]["before"] == step.id
    assert [document["checkpoint"] for document in documents[1:3]] == [s.id for s in desk.history.steps()[1:]]
    (conflict,) = documents[3]["conflicts"]
    assert conflict["reason"] == f"a: it was changed outside copydesk since {desk.history.steps()[-1].id}."
    assert (conflict["kind"], conflict["remedies"]) == ("changed_since", ["keep", "restore"])
    assert "-1\n" in conflict["lost"]


def test_id_is_refused_when_no_step_has_it(desk: Desk, terminal: Terminal) -> None:
    desk.edit("a", b"1\n")
    with pytest.raises(UsageError):
        run_rollback(desk.applier, desk.gate, RollbackRequest("zz"), terminal.output())


def test_exit_code_is_0_when_there_is_nothing_to_do(desk: Desk, terminal: Terminal) -> None:
    assert run_rollback(desk.applier, desk.gate, RollbackRequest(), terminal.output()) == 0
    assert run_rollback(desk.applier, desk.gate, RollbackRequest(is_redo=True), terminal.output()) == 0
    assert terminal.out == []
    assert len(terminal.talk) == 2


def test_rollback_comes_back_when_redone(desk: Desk, terminal: Terminal) -> None:
    desk.edit("a", b"1\n")
    run_rollback(desk.applier, desk.gate, RollbackRequest(), terminal.output())
    assert run_rollback(desk.applier, desk.gate, RollbackRequest(is_redo=True), terminal.output()) == 0
    assert desk.contents() == {"a": b"1\n"}


def test_interrupted_step_is_told_of_when_a_rollback_starts(desk: Desk, terminal: Terminal) -> None:
    step = desk.begin([desk.change("a", b"1\n")])
    assert run_rollback(desk.applier, desk.gate, RollbackRequest(), terminal.output()) == 0
    assert terminal.talk[0] == f"The change {step.id} (a) was interrupted and is not applied."


def test_neither_client_nor_screen_is_loaded_when_the_verbs_are() -> None:
    code = (
        "import sys, copydesk.frontends.verbs.history, copydesk.frontends.verbs.rollback\n"
        "assert not {'anthropic', 'textual', 'rich', 'httpx2'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


LINES = [f"line {number}\n" for number in range(40)]


def changed(*numbers: int) -> bytes:
    return "".join(f"new {n}\n" if n in numbers else line for n, line in enumerate(LINES)).encode()


def test_only_the_named_hunk_goes_back_and_comes_again(desk: Desk, terminal: Terminal) -> None:
    desk.write("a", changed())
    desk.write("b", changed())
    desk.apply([desk.change("a", changed(3, 30)), desk.change("b", changed(5, 25))])
    preview = Terminal()
    run_rollback(desk.applier, desk.gate, RollbackRequest(is_preview=True), preview.output())
    assert [line.partition("@@ hunk ")[2] for line in "".join(preview.out).splitlines() if "@@" in line] == list("1234")
    assert run_rollback(desk.applier, desk.gate, RollbackRequest(hunks=(2, 3)), terminal.output()) == 0
    assert desk.contents() == {"a": changed(3), "b": changed(25)}
    assert run_rollback(desk.applier, desk.gate, RollbackRequest(is_redo=True), terminal.output()) == 0
    assert desk.contents() == {"a": changed(3, 30), "b": changed(5, 25)}


def test_hunk_that_is_not_there_is_a_usage_error(desk: Desk, terminal: Terminal) -> None:
    desk.edit("a", b"1\n")
    with pytest.raises(UsageError, match="1 hunk; there is no hunk 2"):
        run_rollback(desk.applier, desk.gate, RollbackRequest(hunks=(2,)), terminal.output())
    assert desk.contents() == {"a": b"1\n"}


def test_only_the_named_file_goes_back(desk: Desk, terminal: Terminal) -> None:
    desk.apply([desk.change("a", b"1\n"), desk.change("b", b"1\n")])
    assert run_rollback(desk.applier, desk.gate, RollbackRequest(paths=("b",)), terminal.output()) == 0
    assert desk.contents() == {"a": b"1\n"}
    with pytest.raises(UsageError, match="c: nothing was changed there"):
        run_rollback(desk.applier, desk.gate, RollbackRequest(paths=("c",)), terminal.output())


@pytest.mark.parametrize(
    ("remedy", "wanted"),
    [
        (Remedy.KEEP, changed(3, 20)),
        (Remedy.MERGE, changed(20)),
        (Remedy.RESTORE, changed()),
    ],
)
def test_conflict_is_settled_as_the_person_says_and_can_be_taken_back(
    desk: Desk, terminal: Terminal, remedy: Remedy, wanted: bytes
) -> None:
    desk.write("a", changed())
    desk.apply([desk.change("a", changed(3)), desk.change("b", b"1\n")])
    desk.write("a", changed(3, 20))
    assert run_rollback(desk.applier, desk.gate, RollbackRequest(), terminal.output()) == 4
    assert "With --on-conflict: keep (keep what is there), restore" in terminal.talk[-1]
    assert run_rollback(desk.applier, desk.gate, RollbackRequest(on_conflict=remedy), terminal.output()) == 0
    assert desk.contents() == {"a": wanted}
    assert ("a stays as it is." in terminal.talk) == (remedy is Remedy.KEEP)
    run_rollback(desk.applier, desk.gate, RollbackRequest(is_redo=True), terminal.output())
    assert desk.contents() == {"a": changed(3, 20), "b": b"1\n"}
