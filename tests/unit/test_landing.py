"""Proves that just the accepted bytes land, whatever is accepted, and that nothing else of a file changes."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.changes.landing import Fate, Landing, land, land_all
from copydesk.domain.decisions import Choice, Decision, FileDecision, HunkDecision
from copydesk.domain.diffs import HunkPart
from copydesk.domain.errors import InvalidDecision
from copydesk.domain.forms import TextForm
from copydesk.domain.hunks import LineKind
from copydesk.domain.merging import merge
from copydesk.domain.proposals import FileChange, FileImage
from copydesk.domain.splicing import splice_hunks

THREE = b"".join(b"line %d\n" % number for number in range(40))
CHANGED = THREE.replace(b"line 3\n", b"three\n").replace(b"line 20\n", b"20a\n20b\n").replace(b"line 36\n", b"")

LINES = st.sampled_from(
    [b"a\n", b"b\n", b"\n", b"x\r\n", b"\x0c\n", b"caf\xc3\xa9\n", b"\xff\n", b"\xe2\x80\xa8\r\r\n"]
)
FILES = st.builds(
    lambda lines, tail: b"".join(lines) + tail, st.lists(LINES, max_size=40), st.sampled_from([b"", b"end", b"\t"])
)
CHARACTERS = st.text(st.sampled_from("aé\u0a0a\u2028\n\r"), max_size=40)


def change(before: bytes | None, after: bytes | None, encoding: str = "utf-8") -> FileChange:
    old, new = (FileImage(data, 0o640) if data is not None else None for data in (before, after))
    return FileChange("a.txt", old, new, encoding)


def wide(text: str) -> bytes:
    return b"\xff\xfe" + text.encode("utf-16-le")


def changes() -> st.SearchStrategy[FileChange]:
    marks = st.sampled_from([b"", b"\xef\xbb\xbf"])
    files = st.builds(lambda mark, old, new: change(mark + old, mark + new), marks, FILES, FILES)
    others = st.builds(lambda old, new: change(wide(old), wide(new)), CHARACTERS, CHARACTERS)
    return st.one_of(files, others, st.builds(change, st.none(), FILES), st.builds(change, FILES, st.none()))


def landed(landing: Landing, of: FileChange) -> bytes | None:
    image = landing.change.after if landing.change else of.before
    return image.data if image else None


def taking(of: FileChange, numbers: set[int]) -> bytes | None:
    hunks = tuple(HunkDecision(number, Choice.ACCEPT) for number in sorted(numbers))
    return landed(land(of, FileDecision("a.txt", Choice.REJECT, hunks)), of)


def decided(of: FileChange, *hunks: HunkDecision, rest: Choice = Choice.ACCEPT) -> Landing:
    return land(of, FileDecision("a.txt", rest, hunks))


@given(changes())
def test_the_change_itself_lands_where_all_is_accepted_however_it_is_said(of: FileChange) -> None:
    numbers = range(1, len(of.diff.hunks) + 1)
    singly = [
        HunkDecision(number, Choice.ACCEPT, lines=(line, line + 1))
        for number in numbers
        for line in range(len(of.diff.hunks[number - 1].lines))
    ]
    for rest, hunks in [
        (Choice.ACCEPT, []),
        (Choice.REJECT, [HunkDecision(number, Choice.ACCEPT) for number in numbers]),
        (Choice.REJECT, singly),
    ]:
        if rest is Choice.ACCEPT or hunks:
            landing = land(of, FileDecision("a.txt", rest, tuple(hunks)))
            assert landing.change == of
            assert landing.is_whole
            assert {hunk.fate for hunk in landing.hunks} <= {Fate.ACCEPTED}


@given(changes())
def test_nothing_lands_where_all_is_rejected_however_it_is_said(of: FileChange) -> None:
    numbers = range(1, len(of.diff.hunks) + 1)
    for rest, hunks in [
        (Choice.REJECT, []),
        (Choice.ACCEPT, [HunkDecision(number, Choice.REJECT) for number in numbers]),
    ]:
        if rest is Choice.REJECT or hunks:
            landing = land(of, FileDecision("a.txt", rest, tuple(hunks)))
            assert landing.change is None
            assert not landing.is_whole


@given(FILES, FILES, st.data())
def test_each_line_lands_or_stays_in_its_own_bytes_whichever_are_accepted(
    before: bytes, after: bytes, data: st.DataObject
) -> None:
    of = change(before, after)
    lines = [(number, line) for number, hunk in enumerate(of.diff.hunks, 1) for line in range(len(hunk.lines))]
    wanted = {line for line in lines if data.draw(st.booleans())}
    hunks = (HunkDecision(number, Choice.ACCEPT, lines=(line, line + 1)) for number, line in sorted(wanted))

    got = landed(land(of, FileDecision("a.txt", Choice.REJECT, tuple(hunks))), of)

    expected = walked(of, wanted)
    assert got in {b"".join(ended(expected, end)) for end in (b"\n", b"\r\n")}


def walked(of: FileChange, wanted: set[tuple[int, int]]) -> list[bytes]:
    """The lines of a change of which only these are wanted, found one by one."""
    old, new = (cut(image.data if image else b"") for image in (of.before, of.after))
    result: list[bytes] = []
    position = 0
    for number, hunk in enumerate(of.diff.hunks, 1):
        result += old[position : hunk.old_from]
        position, added = hunk.old_from, hunk.new_from
        for index, line in enumerate(hunk.lines):
            is_wanted = (number, index) in wanted
            if line.kind is LineKind.ADDED:
                result += [new[added]] if is_wanted else []
            elif line.kind is LineKind.CONTEXT or not is_wanted:
                result.append(old[position])
            position += line.kind is not LineKind.ADDED
            added += line.kind is not LineKind.REMOVED
    return result + old[position:]


def cut(data: bytes) -> list[bytes]:
    *lines, last = data.split(b"\n")
    return [line + b"\n" for line in lines] + [last] * bool(last)


def ended(lines: Sequence[bytes], end: bytes) -> list[bytes]:
    """A last line without end gets one where another comes after it."""
    return [line if line.endswith(b"\n") else line + end for line in lines[:-1]] + list(lines[-1:])


@given(FILES, FILES, st.sampled_from(["utf-8", "shift_jis", "cp1006"]), st.data())
def test_what_lands_is_what_the_difference_with_only_these_lines_shows(
    before: bytes, after: bytes, encoding: str, data: st.DataObject
) -> None:
    of = change(before, after, encoding)
    lines = [(number, line) for number, hunk in enumerate(of.diff.hunks, 1) for line in range(len(hunk.lines))]
    wanted = [HunkPart(number, line, line + 1) for number, line in lines if data.draw(st.booleans())]
    hunks = (HunkDecision(part.hunk, Choice.ACCEPT, lines=part[1:]) for part in wanted)

    landing = land(of, FileDecision("a.txt", Choice.REJECT, tuple(hunks)))

    assert landed(landing, of) == splice_hunks(before, of.diff.select(wanted).hunks, TextForm(encoding))


@given(st.data())
def test_marks_in_the_middle_of_a_text_are_data(data: st.DataObject) -> None:
    mark = b"\xef\xbb\xbf"
    sides = st.lists(st.sampled_from([b"a\n", b"b\n", mark + b"a\n"]), max_size=6).map(b"".join)
    after = mark + data.draw(sides)
    of = change(mark + data.draw(sides), after)
    lines = range(len(of.diff.hunks[0].lines) if of.diff.hunks else 0)
    accepted = (HunkDecision(1, Choice.ACCEPT, lines=(line, line + 1)) for line in lines)

    assert landed(decided(of, *accepted, rest=Choice.REJECT), of) == after


@given(FILES, FILES, st.data())
def test_taking_hunks_one_after_the_other_is_taking_them_together(
    before: bytes, after: bytes, data: st.DataObject
) -> None:
    of = change(before, after)
    numbers = range(1, len(of.diff.hunks) + 1)
    first = {number for number in numbers if data.draw(st.booleans())}
    second = {number for number in numbers if data.draw(st.booleans())}

    merged = merge(before, taking(of, first), taking(of, second))

    assert merged.conflicts or merged.data == taking(of, first | second)


@given(FILES, FILES, st.data())
def test_hunks_that_are_taken_leave_the_others_to_be_taken(before: bytes, after: bytes, data: st.DataObject) -> None:
    of = change(before, after)
    first = {number for number in range(1, len(of.diff.hunks) + 1) if data.draw(st.booleans())}

    now = taking(of, first)

    rest = change(now, after)
    assert len(rest.diff.hunks) == len(of.diff.hunks) - len(first)
    assert taking(rest, set(range(1, len(rest.diff.hunks) + 1))) == after


@given(changes())
def test_proposed_text_that_is_written_back_as_it_was_shown_is_what_was_proposed(of: FileChange) -> None:
    hunks = of.diff.hunks
    texts = ["".join(line.text for line in hunk.lines if line.kind is not LineKind.REMOVED) for hunk in hunks]

    landing = decided(of, *(HunkDecision(number, Choice.EDIT, text) for number, text in enumerate(texts, 1)))

    assert landing.change == of


def test_only_some_hunks_land_and_are_told_with_their_lines_as_they_now_are() -> None:
    of = change(THREE, CHANGED)

    landing = decided(of, HunkDecision(2, Choice.REJECT, note="keep the timeout"))

    assert landed(landing, of) == CHANGED.replace(b"20a\n20b\n", b"line 20\n")
    assert [(hunk.fate, hunk.first, hunk.last) for hunk in landing.hunks] == [
        (Fate.ACCEPTED, 4, 4),
        (Fate.REJECTED, 21, 21),
        (Fate.ACCEPTED, 37, 36),
    ]
    assert landing.hunks[1].notes == ("keep the timeout",)
    assert landing.fate is Fate.PARTLY_ACCEPTED
    assert landing.change
    assert landing.change.before == of.before


def test_the_persons_text_lands_in_place_of_a_hunk() -> None:
    of = change(THREE, CHANGED)
    text = "line 17\nline 18\nline 19\nmine\nline 21\nline 22\nline 23"

    landing = decided(of, HunkDecision(2, Choice.EDIT, text))

    assert landed(landing, of) == CHANGED.replace(b"20a\n20b\n", b"mine\n")
    assert landing.fate is Fate.REWRITTEN
    assert (landing.hunks[1].first, landing.hunks[1].last, landing.hunks[1].text) == (18, 24, text + "\n")


def test_the_persons_text_gets_the_line_ends_and_the_encoding_of_the_file() -> None:
    of = change("# coding: latin-1\r\na\r\nb\n".encode("latin-1"), b"# coding: latin-1\r\na\r\nc\n", "iso8859-1")

    landing = decided(of, HunkDecision(1, Choice.EDIT, "# coding: latin-1\na\n\u00e9\nc"))

    assert landed(landing, of) == b"# coding: latin-1\r\na\r\n\xe9\r\nc\n"


def test_the_persons_text_is_utf_16_in_such_a_file() -> None:
    of = change(wide("a\r\nb\r\n"), wide("a\r\nc\r\n"), "utf-16-le")

    assert landed(decided(of, HunkDecision(1, Choice.EDIT, "a\n\u0a0a")), of) == wide("a\r\n\u0a0a\r\n")


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_byte_order_mark_stays_once_whether_the_person_wrote_it_or_not(mark: str) -> None:
    of = change(b"\xef\xbb\xbfa\nb\n", b"\xef\xbb\xbfx\nb\n")

    assert landed(decided(of, HunkDecision(1, Choice.EDIT, f"{mark}y\nb\n")), of) == b"\xef\xbb\xbfy\nb\n"
    assert landed(land(of, FileDecision("a.txt", Choice.EDIT, text=f"{mark}y")), of) == b"\xef\xbb\xbfy\n"


def test_a_file_of_a_byte_order_mark_alone_takes_each_line_as_it_is() -> None:
    of = change(b"\xef\xbb\xbf", b"\xef\xbb\xbfend")
    lines = (HunkDecision(1, Choice.ACCEPT, lines=(line, line + 1)) for line in range(len(of.diff.hunks[0].lines)))

    assert decided(of, *lines, rest=Choice.REJECT).change == of


def test_a_byte_order_mark_alone_is_no_line_that_others_come_after() -> None:
    of = change(b"\xef\xbb\xbf", b"\xef\xbb\xbfend")
    added = decided(of, HunkDecision(1, Choice.REJECT, lines=(0, 1)))

    assert landed(added, of) == b"\xef\xbb\xbfend"
    assert [(hunk.first, hunk.last) for hunk in added.hunks] == [(1, 1)]


def test_the_persons_text_is_in_the_encoding_of_the_file_however_it_was_shown() -> None:
    of = change("# coding: latin-1\n\u00e9\nb\n".encode("latin-1"), "# coding: latin-1\n\u00e9\nc\n".encode("latin-1"))

    landing = decided(of, HunkDecision(1, Choice.EDIT, "# coding: latin-1\n\udce9\n\u00e8\n"))

    assert landed(landing, of) == "# coding: latin-1\n\u00e9\n\u00e8\n".encode("latin-1")


def test_a_last_line_ends_as_it_was_proposed_unless_the_person_ends_it() -> None:
    open_ended, closed = change(b"a\nb\n", b"a\nc"), change(b"a\nb", b"a\nc\n")

    assert landed(decided(open_ended, HunkDecision(1, Choice.EDIT, "a\nd")), open_ended) == b"a\nd"
    assert landed(decided(open_ended, HunkDecision(1, Choice.EDIT, "a\nd\n")), open_ended) == b"a\nd\n"
    assert landed(decided(closed, HunkDecision(1, Choice.EDIT, "a\nd")), closed) == b"a\nd\n"


def test_lines_are_never_joined_where_a_last_one_without_end_stays() -> None:
    of = change(b"a\r\nb", b"a\r\nc\r\nd\r\n")
    added = next(index for index, line in enumerate(of.diff.hunks[0].lines) if line.text == "d\r\n")

    taken = HunkDecision(1, Choice.ACCEPT, lines=(added, added + 1))

    assert landed(decided(of, taken, rest=Choice.REJECT), of) == b"a\r\nb\r\nd\r\n"


def test_a_rewritten_file_keeps_the_bytes_of_lines_that_are_as_proposed() -> None:
    of = change(b"a\r\nb\nc\n", b"a\r\nb\nd\n")

    landing = land(of, FileDecision("a.txt", Choice.EDIT, text="a\nb\nmine\n"))

    assert landed(landing, of) == b"a\r\nb\nmine\n"
    assert [(hunk.hunk, hunk.fate, hunk.text) for hunk in landing.hunks] == [(0, Fate.REWRITTEN, "a\r\nb\nmine\n")]


def test_a_new_file_lands_in_part_or_not_at_all() -> None:
    of = change(None, b"a\nb\nc\n")

    assert decided(of, HunkDecision(1, Choice.REJECT)).change is None
    assert decided(of, HunkDecision(1, Choice.EDIT, "")).change is None
    assert landed(decided(of, HunkDecision(1, Choice.REJECT, lines=(1, 2))), of) == b"a\nc\n"


def test_a_deleted_file_stays_with_what_was_not_let_go() -> None:
    of = change(b"a\nb\nc\n", None)
    landing = decided(of, HunkDecision(1, Choice.REJECT, lines=(1, 2)))

    assert landing.change == FileChange("a.txt", of.before, FileImage(b"b\n", 0o640))
    assert decided(of, HunkDecision(1, Choice.ACCEPT, lines=(0, 3)), rest=Choice.REJECT).change == of


def test_permissions_go_with_the_acceptance_of_any_hunk() -> None:
    of = FileChange("a.txt", FileImage(THREE, 0o644), FileImage(CHANGED, 0o755))
    some = decided(of, HunkDecision(1, Choice.REJECT))
    only = FileChange("a.txt", FileImage(THREE, 0o644), FileImage(THREE, 0o755))

    assert some.change
    assert some.change.after
    assert some.change.after.mode == 0o755
    assert decided(only).change == only
    assert decided(only, rest=Choice.REJECT).change is None


WIDER = change(b"a\nb\n", wide("a\nc\n"))


@pytest.mark.parametrize(
    ("of", "decision", "said"),
    [
        (change(THREE, CHANGED), [HunkDecision(4, Choice.ACCEPT)], "3 hunks"),
        (change(THREE, CHANGED), [HunkDecision(0, Choice.ACCEPT)], "3 hunks"),
        (change(b"\0", b"\1"), [HunkDecision(1, Choice.ACCEPT)], "0 hunks"),
        (change(THREE, CHANGED), [HunkDecision(1, Choice.ACCEPT, lines=(0, 9))], "does not have the lines"),
        (change(THREE, CHANGED), [HunkDecision(1, Choice.ACCEPT, lines=(2, 2))], "does not have the lines"),
        (change(THREE, CHANGED), [HunkDecision(1, Choice.ACCEPT), HunkDecision(1, Choice.REJECT)], "decided twice"),
        (
            change(THREE, CHANGED),
            [HunkDecision(1, Choice.REJECT, lines=(2, 4)), HunkDecision(1, Choice.ACCEPT, lines=(0, 3))],
            "decided twice",
        ),
        (change(b"\xe9t\xe9\n", b"\xe9\n"), [HunkDecision(1, Choice.EDIT, "\u20ac")], "cannot hold '\u20ac'"),
        (change(b"a\n", b"b\n"), [HunkDecision(1, Choice.EDIT, "\ud800")], "U+D800"),
        (WIDER, [HunkDecision(1, Choice.ACCEPT, lines=(1, 2))], "encoding of a.txt changes"),
    ],
)
def test_a_decision_that_does_not_fit_is_refused_with_a_sentence(
    of: FileChange, decision: list[HunkDecision], said: str
) -> None:
    with pytest.raises(InvalidDecision, match=said.replace("+", r"\+")):
        land(of, FileDecision("a.txt", Choice.REJECT, tuple(decision)))


def test_a_file_is_rewritten_as_a_whole_or_by_hunk_and_a_binary_one_not_at_all() -> None:
    with pytest.raises(InvalidDecision, match="rewritten as a whole"):
        land(change(THREE, CHANGED), FileDecision("a.txt", Choice.EDIT, (HunkDecision(1, Choice.REJECT),), "a"))
    with pytest.raises(InvalidDecision, match="binary"):
        land(change(b"\0", b"\1"), FileDecision("a.txt", Choice.EDIT, text="a"))


def test_an_encoding_that_changes_lands_as_a_whole() -> None:
    assert decided(WIDER).change == WIDER
    assert decided(WIDER, HunkDecision(1, Choice.ACCEPT), rest=Choice.REJECT).change == WIDER


def test_files_are_decided_by_name_and_the_rest_alike() -> None:
    both = [change(THREE, CHANGED), FileChange("b.txt", None, FileImage(b"new\n"))]

    landings = land_all(both, Decision(True, "", files=(FileDecision("a.txt", Choice.REJECT, note="no"),)))

    assert [(landing.path, landing.fate, landing.note) for landing in landings] == [
        ("a.txt", Fate.REJECTED, "no"),
        ("b.txt", Fate.ACCEPTED, ""),
    ]


def test_a_decision_on_a_file_that_was_not_proposed_or_two_on_one_are_refused() -> None:
    for paths in (["c.txt"], ["a.txt", "a.txt"]):
        files = tuple(FileDecision(path, Choice.ACCEPT) for path in paths)
        with pytest.raises(InvalidDecision, match=paths[0]):
            land_all([change(THREE, CHANGED)], Decision(False, "", files=files))
