"""Owns what holds of a review as a value: exactly what is decided lands, and it stays when the offer changes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.changes.landing import land_all
from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision, Remark, Weight
from copydesk.domain.diffs import diff_images
from copydesk.domain.proposals import FileChange, FileImage
from copydesk.frontends.tui.review.carrying import GATHERED, Remembered, beside, carried, look_of
from copydesk.frontends.tui.review.looks import KEPT_SESSIONS, FileLooks, Look
from copydesk.frontends.tui.review.offer import Offer, OfferedFile, by_risk
from copydesk.frontends.tui.review.state import Answer, Course, Part, ReviewState, Tally

ACCEPT, REJECT = Answer(Choice.ACCEPT), Answer(Choice.REJECT)
OLD = "".join(f"line {number}\n" for number in range(1, 61))
NEW = OLD.replace("line 5\n", "five\n").replace("line 30\n", "thirty\n").replace("line 33\n", "more\nthan\n")
LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d\n", "e\n", "f\n"]), max_size=14).map("".join)


def offered(old: str | None, new: str | None, path: str = "a.txt", **more: object) -> OfferedFile:
    before, after = (None if text is None else text.encode() for text in (old, new))
    return OfferedFile(diff_images(path, before, after), old, new, **more)  # type: ignore[arg-type]


def reviewing(*files: OfferedFile, digest: str = "d") -> ReviewState:
    return ReviewState(Offer("here", digest, files))


def change_of(path: str, old: str, new: str) -> FileChange:
    return FileChange(path, FileImage(old.encode()), FileImage(new.encode()))


def composed(state: ReviewState, old: str) -> str:
    """What should land: each part's own lines where it was accepted, the old ones elsewhere."""
    lines, position, whole = old.splitlines(keepends=True), 0, ""
    for part in state.parts:
        hunk, answer = state.hunk(part), state.answers.get(part, REJECT)
        whole += "".join(lines[position : hunk.old_from])
        whole += {
            Choice.ACCEPT: "".join(hunk.new_texts),
            Choice.REJECT: "".join(hunk.old_texts),
            Choice.EDIT: answer.text,
        }[answer.choice]
        position = hunk.old_from + hunk.old_length
    return whole + "".join(lines[position:])


@given(LINES, LINES, st.data())
def test_what_is_accepted_lands_when_hunks_are_split_and_decided_anyhow(
    old: str, new: str, data: st.DataObject
) -> None:
    state = reviewing(offered(old, new))
    for _ in range(data.draw(st.integers(0, 3))):
        part = data.draw(st.sampled_from(state.parts))
        if part.hunk:
            row = data.draw(st.integers(0, part.end - part.first))
            state = state.split(part, row) if row % 2 else state.narrowed(part, row, part.end - part.first)
    for part in state.parts:
        if part.hunk:
            edit = Answer(Choice.EDIT, data.draw(LINES))
            answer = data.draw(st.sampled_from([ACCEPT, REJECT, edit, None]))
            state = state.answered([part], answer) if answer else state
    if any(state.offer.files[0].diff.hunks):
        (landing,) = land_all([change_of("a.txt", old, new)], state.decision())
        landed = landing.change.after.data.decode() if landing.change and landing.change.after else old
        assert landed == composed(state, old)


def test_decision_names_no_file_when_all_is_said_alike() -> None:
    state = reviewing(offered(OLD, NEW))
    assert state.answered(state.parts, ACCEPT).decision("fine") == Decision(True, "d", "fine")
    assert state.answered(state.parts, REJECT).decision() == state.decision() == Decision(False, "d")


def test_decision_names_hunks_when_they_are_decided_apart() -> None:
    state = reviewing(offered(OLD, NEW), offered("x\n", "y\n", "b.txt"))
    first, second, other = state.parts
    decided = state.answered([first, other], ACCEPT).answered([second], Answer(Choice.EDIT, "mine\n"))
    hunks = (HunkDecision(1, Choice.ACCEPT), HunkDecision(2, Choice.EDIT, "mine\n"))
    files = (FileDecision("a.txt", Choice.REJECT, hunks), FileDecision("b.txt", Choice.ACCEPT))
    assert decided.decision() == Decision(True, "d", files=files)
    assert decided.tally == Tally(3, 0, 0)
    assert decided.accepted_paths == ("a.txt", "b.txt")


def test_undecided_is_rejected_when_something_else_is_accepted() -> None:
    state = reviewing(offered(OLD, NEW))
    decided = state.answered(state.parts[:1], ACCEPT)
    assert decided.decision().files == (FileDecision("a.txt", Choice.REJECT, (HunkDecision(1, Choice.ACCEPT),)),)
    assert decided.tally == Tally(1, 0, 1)


@pytest.mark.parametrize("says", [REJECT, None])
def test_file_of_which_nothing_is_accepted_stays_when_another_lands(says: Answer | None) -> None:
    state = reviewing(offered(OLD, NEW), offered("x\n", "y\n", "b.txt"))
    decided = state.answered(state.parts[2:], ACCEPT)
    decided = decided.answered(state.parts[:2], says) if says else decided
    stays, lands = land_all([change_of("a.txt", OLD, NEW), change_of("b.txt", "x\n", "y\n")], decided.decision())
    assert stays.change is None
    assert lands.is_whole


def test_conflict_waits_on_when_it_was_not_dropped() -> None:
    clash = offered("x\n", "x\n", "clash.txt", conflict="clash.txt is not changed: the same lines were changed.")
    state = reviewing(offered(OLD, NEW), clash)
    part = state.parts[-1]
    assert state.answered(state.parts, ACCEPT).decision().on("clash.txt").choice is Choice.ACCEPT
    assert part not in state.answered([part], ACCEPT).answers
    assert part not in state.undecided
    assert state.decision().on("clash.txt").choice is Choice.ACCEPT
    assert state.answered([part], REJECT).decision().on("clash.txt").choice is Choice.REJECT
    assert state.refusal("no").on("clash.txt").choice is Choice.ACCEPT
    assert not state.refusal("no").accepted


def test_hunk_is_split_at_unchanged_lines_else_before_the_row() -> None:
    state = reviewing(offered(OLD, NEW))
    near = state.parts[1]
    assert len(state.split(near).parts) == 3
    dense = reviewing(offered("a\nb\n", "c\nd\n"))
    (part,) = dense.parts
    assert dense.split(part) == dense
    assert [(each.first, each.end) for each in dense.split(part, 1).parts] == [(0, 1), (1, 4)]
    assert dense.split(part, 0) == dense.split(part, 4) == dense


def test_parts_of_a_split_hunk_stay_decided_as_the_whole_was() -> None:
    state = reviewing(offered(OLD, NEW))
    near = state.parts[1]
    assert state.answered([near], ACCEPT).split(near).undecided == state.parts[:1]
    assert len(state.answered([near], Answer(Choice.EDIT, "mine\n")).split(near).undecided) == 3


def test_difference_is_shown_split_and_with_the_persons_text_when_there_is_one() -> None:
    state = reviewing(offered(OLD, NEW))
    (file,) = state.offer.files
    assert state.shown(file) is file.diff
    split = state.split(state.parts[1])
    assert len(split.shown(file).hunks) == 3
    text = split.text(split.parts[0])
    edited = split.answered([split.parts[0]], Answer(Choice.EDIT, text.replace("five", "FIVE")))
    assert "FIVE\n" in edited.shown(file).hunks[0].new_texts
    assert edited.text(split.parts[0]) == text.replace("five", "FIVE")


def test_next_undecided_goes_round_when_the_last_was_decided() -> None:
    state = reviewing(offered(OLD, NEW))
    first, second = state.parts
    assert state.next_undecided(None) == first
    assert state.next_undecided(second) == first
    assert state.answered([first], ACCEPT).next_undecided(first) == second
    assert state.answered(state.parts, ACCEPT).next_undecided(first) is None


def test_words_on_a_file_go_with_the_decision_and_with_the_refusal() -> None:
    state = reviewing(offered(OLD, NEW), offered("x\n", "y\n", "b.txt")).noted("b.txt", "why?")
    accepted = state.answered(state.parts, ACCEPT)
    assert accepted.decision().on("b.txt") == FileDecision("b.txt", Choice.ACCEPT, note="why?")
    assert accepted.decision().on("a.txt") == FileDecision("a.txt", Choice.ACCEPT)
    assert state.refusal().files == (FileDecision("b.txt", Choice.REJECT, note="why?"),)
    assert not state.refusal().accepted
    assert carried(state, state.offer).notes == {"b.txt": "why?"}
    assert not state.noted("b.txt", "").has_words


def test_remark_replaces_the_one_on_the_same_lines() -> None:
    remark = Remark("a.txt", 5, "why?", Weight.QUESTION)
    state = reviewing(offered(OLD, NEW)).remarked(remark).remarked(Remark("a.txt", 6, "and here"))
    changed = state.remarked(replace(remark, text="because?"))
    assert [one.text for one in changed.remarks] == ["and here", "because?"]
    assert [one.text for one in changed.remarked(replace(remark, text="")).remarks] == ["and here"]


def test_each_step_is_taken_back_and_done_again() -> None:
    start = Course(reviewing(offered(OLD, NEW)))
    first, second = start.state.parts
    one = start.then("accepted 1", start.state.answered([first], ACCEPT))
    two = one.then("rejected 2", one.state.answered([second], REJECT))
    assert two.then("nothing", two.state) is two
    name, back = two.undone()
    assert (name, back.state) == ("rejected 2", one.state)
    assert back.redone() == ("rejected 2", two)
    assert back.undone()[1].undone() == ("", replace(start, future=back.undone()[1].future))
    assert back.then("accepted 2", two.state).redone()[0] == ""


def test_same_offer_keeps_everything_that_was_said() -> None:
    state = reviewing(offered(OLD, NEW), offered("x\n", "y\n", "b.txt"))
    state = state.split(state.parts[1]).answered(state.parts[:1], ACCEPT).marked("b.txt", [1], True)
    state = state.remarked(Remark("a.txt", 30, "so many?"))
    assert carried(state, state.offer) == state


def test_only_decisions_on_unchanged_hunks_stay_when_a_file_changed_meanwhile() -> None:
    state = reviewing(offered(OLD, NEW))
    state = state.answered(state.parts, ACCEPT).marked("a.txt", [1, 2], True).remarked(Remark("a.txt", 30, "so many?"))
    mine = "mine\n"
    later = Offer("here", "d2", (offered(mine + OLD, mine + NEW.replace("five", "fünf")),))
    now = carried(state, later)
    assert [part.hunk for part in now.undecided] == [1]
    assert now.fresh == {("a.txt", 1)}
    assert now.reviewed == {("a.txt", 2)}
    assert not now.is_reviewed("a.txt")
    assert [remark.line for remark in now.remarks] == [31]
    assert now.decision().digest == "d2"


def test_remark_goes_to_the_line_that_reads_the_same_when_its_hunk_is_another() -> None:
    state = reviewing(offered(OLD, NEW)).remarked(Remark("a.txt", 5, "why?", last=6))
    later = Offer("here", "d2", (offered(OLD, "new\nother\n" + NEW),))
    (remark,) = carried(state, later).remarks
    assert (remark.line, remark.last) == (7, 8)


@pytest.mark.parametrize(("content", "stays"), [("1", True), ("2", False)])
def test_decision_on_a_file_without_lines_stays_when_it_holds_the_same(content: str, stays: bool) -> None:
    binary = OfferedFile(diff_images("a.bin", b"\0", b"\0\0"), content="1")
    state = reviewing(binary)
    state = state.answered(state.parts, ACCEPT)
    assert (carried(state, Offer("", "d2", (replace(binary, content=content),))).undecided == ()) is stays


def test_what_was_read_stays_read_when_it_is_proposed_again() -> None:
    memory, state = Remembered(), reviewing(offered(OLD, NEW))
    memory.settle("c1", state.answered(state.parts, REJECT).marked("a.txt", [1, 2], True), frozenset({"a.txt"}))
    again = memory.begin("c2", Offer("", "d2", (offered("top\n" + OLD, "top\n" + NEW),)))
    assert again.is_reviewed("a.txt")
    assert (again.fresh, again.answers) == (frozenset(), {})
    other = memory.begin("c3", Offer("", "d3", (offered(OLD, NEW.replace("five", "5")),)))
    assert other.reviewed == {("a.txt", 2)}
    assert other.fresh == {("a.txt", 1)}


def test_only_one_of_two_hunks_alike_is_marked_when_only_one_was() -> None:
    twice = "x\n" + OLD + "x\n"
    state = reviewing(offered(twice, twice.replace("x\n", "y\n"))).marked("a.txt", [1], True)
    memory = Remembered()
    memory.settle("c1", state, frozenset({"a.txt"}))
    assert memory.begin("c2", state.offer).reviewed == {("a.txt", 1)}
    both = state.marked("a.txt", [2], True)
    assert both.next_unreviewed(both.parts[0]) is None
    assert state.next_unreviewed(state.parts[0]) == state.next_unread == state.parts[1]
    assert both.next_unread == both.parts[0]


def test_what_was_seen_is_known_when_the_desk_is_opened_anew(tmp_path: Path) -> None:
    store, state = FileLooks(tmp_path / "ws" / "looks.json"), reviewing(offered(OLD, NEW)).marked("a.txt", [2], True)
    Remembered(store.load("s1"), partial(store.save, "s1")).leave("c1", state, frozenset({"a.txt"}))
    assert "five" not in store.path.read_text()
    assert store.path.stat().st_mode & 0o777 == 0o600
    later = Offer("", "d2", (offered("top\n" + OLD, "top\n" + NEW.replace("five", "5")),))
    again = Remembered(store.load("s1")).begin("c9", later)
    assert again.fresh == {("a.txt", 1)}
    assert again.reviewed == {("a.txt", 2)}
    assert Remembered(store.load("s2")).begin("c9", later) == ReviewState(later)


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"format": 2}', '{"format": 1, "sessions": {"s1": {"a.txt": 3}}}', "[" * 100_000]
)
def test_nothing_is_known_when_the_file_is_damaged(tmp_path: Path, damage: str) -> None:
    store = FileLooks(tmp_path / "looks.json")
    store.path.write_text(damage)
    assert set(store.load("s1").values()) <= {Look()}
    store.save("s1", {"a.txt": Look(frozenset({"1"}))})
    assert store.load("s1") == {"a.txt": Look(frozenset({"1"}))}


def said_so_far() -> ReviewState:
    """Split, decided, rewritten and commented, of which nothing is finished."""
    state = reviewing(offered(OLD, NEW), offered("one\n", "two\n", "b.py"))
    state = state.split(state.parts[1])
    state = state.answered(state.parts[:1], REJECT).answered(state.parts[1:2], Answer(Choice.EDIT, "mine\n"))
    remark = Remark("a.txt", 30, "why?", Weight.QUESTION)
    return state.remarked(remark).noted("b.py", "is it used?")


def test_what_was_said_of_gathered_edits_is_there_again_when_the_desk_is_opened_anew(tmp_path: Path) -> None:
    store, state = FileLooks(tmp_path / "ws" / "looks.json"), said_so_far()
    memory = Remembered(store.load("s1"), partial(store.save, "s1"))
    memory.say(GATHERED, ReviewState(state.offer), state)

    again = Remembered(store.load("s1"))
    assert again.begin(GATHERED, state.offer) == state
    assert again.begin("c1", state.offer) == ReviewState(state.offer)
    memory.settle(GATHERED, state, frozenset())
    after = Remembered(store.load("s1")).begin(GATHERED, state.offer)
    assert (after.answers, after.cuts, after.remarks, after.notes) == ({}, {}, (), {})


def test_only_words_outlive_a_hunk_that_is_another_after_a_restart(tmp_path: Path) -> None:
    store, state = FileLooks(tmp_path / "ws" / "looks.json"), said_so_far()
    Remembered({}, partial(store.save, "s1")).say(GATHERED, ReviewState(state.offer), state)
    moved = Offer("", "d2", (offered("top\n" + OLD, "top\n" + NEW.replace("five", "5")),))

    later = Remembered(store.load("s1")).begin(GATHERED, moved)
    assert {part.hunk: answer.choice for part, answer in later.answers.items()} == {2: Choice.EDIT}
    assert [(remark.line, remark.text) for remark in later.remarks] == [(31, "why?")]
    other = Offer("", "d3", (offered(OLD, OLD.replace("line 9", "nine")),))
    gone = Remembered(store.load("s1")).begin(GATHERED, other)
    assert (gone.answers, gone.cuts, [remark.line for remark in gone.remarks]) == ({}, {}, [30])


def test_nothing_is_lost_when_two_sessions_save_at_once(tmp_path: Path) -> None:
    path = tmp_path / "looks.json"
    names = [f"s{number}" for number in range(8)]
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(lambda name: FileLooks(path).save(name, {"a.txt": Look(frozenset({name}))}), names))
    assert {name: FileLooks(path).load(name)["a.txt"].seen for name in names} == {n: frozenset({n}) for n in names}


def test_sessions_of_long_ago_are_forgotten(tmp_path: Path) -> None:
    store = FileLooks(tmp_path / "looks.json")
    for number in range(KEPT_SESSIONS + 1):
        store.save(f"s{number}", {"a.txt": Look(frozenset({"1"}))})
    assert store.load("s0") == {}
    assert store.load("s1") != {}


def test_what_was_said_is_there_again_when_a_review_was_left() -> None:
    memory, state = Remembered(), reviewing(offered(OLD, NEW))
    decided = state.answered(state.parts[:1], REJECT)
    memory.leave("c1", decided, frozenset())
    assert memory.begin("c1", state.offer) == decided
    assert memory.begin("c2", state.offer) == state
    memory.settle("c1", decided, frozenset())
    assert memory.begin("c1", state.offer) == state


def test_nothing_is_fresh_when_a_file_was_never_looked_at() -> None:
    state = reviewing(offered(OLD, NEW))
    assert beside(state.offer, {}) == state
    assert beside(state.offer, {"a.txt": look_of(state, "a.txt")}) == state


def test_riskiest_is_read_first_and_what_nobody_reads_last_and_folded() -> None:
    lock = offered("1\n", "2\n", "a.lock", mark="generated", is_protected=True)
    gone, plain = offered("x\n", None, "gone.py"), offered("x\n", "y\n", "a.py")
    runs = offered("x\n", "y\n", "x/conf", mark="runs code", is_protected=True)
    clash = offered("x\n", "x\n", "z.py", conflict="z.py is not changed: it was deleted on disk meanwhile.")
    files = by_risk([lock, gone, plain, runs, clash])
    assert [file.path for file in files] == ["z.py", "x/conf", "a.py", "gone.py", "a.lock"]
    assert [file.path for file in files if file.is_folded] == ["gone.py", "a.lock"]


def test_protected_files_are_named_when_something_of_them_is_accepted() -> None:
    state = reviewing(offered(OLD, NEW, ".env", is_protected=True), offered("x\n", "y\n", "b.txt"))
    assert state.protected_paths == ()
    assert state.answered(state.parts[:1], ACCEPT).protected_paths == (".env",)
    assert state.answered(state.parts[:1], REJECT).protected_paths == ()


def test_part_is_found_by_the_number_of_the_hunk_that_is_shown() -> None:
    state = reviewing(offered(OLD, NEW), OfferedFile(diff_images("a.bin", b"\0", b"\0\0")))
    split = state.split(state.parts[1])
    assert split.part("a.txt", 3) == split.parts[2]
    assert split.part("a.txt", 0) is split.part("a.txt", 4) is None
    assert split.part("a.bin", 0) == Part("a.bin", 0, 0, 0)
