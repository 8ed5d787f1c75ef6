"""Proves that of an edit exactly what a person accepted reaches the disk, and that the model is told so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from copydesk.domain import events
from copydesk.domain.checkpoints import Aim
from copydesk.domain.decisions import Choice, HunkDecision, Remark, Weight
from copydesk.domain.diffs import diff_images
from copydesk.domain.policies import Mode
from tests.consent import (
    BEFORE,
    FILE,
    FIRST,
    PROPOSED,
    SECOND,
    THIRD,
    WITHOUT_SECOND,
    answer,
    asked,
    journalled,
    replacement,
    settings,
    three_changes,
)
from tests.sessions import Wish, talking
from tests.strict_api import StrictApi, call, say

pytestmark = pytest.mark.anyio

ASK = Wish(mode=Mode.ASK, is_interactive=True)
KEPT = HunkDecision(2, Choice.REJECT, note="keep the timeout")
NOTHING = tuple(HunkDecision(number, Choice.REJECT) for number in (1, 2, 3))


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / FILE).write_bytes(BEFORE.encode())
    return folder


async def test_rejected_hunk_stays_as_it_was_and_its_note_reaches_the_model(workspace: Path, state_dir: Path) -> None:
    with StrictApi([call(three_changes()), say("I keep it.")]) as api:
        async with talking(api, workspace, ASK) as talk:
            await talk.session.submit("tidy up")
            card = await asked(talk)
            assert [len(diff.hunks) for diff in card.diffs] == [3]
            assert (workspace / FILE).read_bytes() == BEFORE.encode()
            answer(talk, card, KEPT)
            await talk.session.idle()

            assert (workspace / FILE).read_bytes() == WITHOUT_SECOND.encode()
            (result,) = talk.results()
            assert not result.get("is_error", False)
            assert "Landed: hunk 1 (line 5), hunk 3 (line 35)." in result["content"]
            assert "Did not land: hunk 2 (line 20). The person says: keep the timeout\n" in result["content"]
            (row,) = await talk.session.history()
            await talk.session.rollback(Aim(row.id))
            assert (workspace / FILE).read_bytes() == BEFORE.encode()

    proposed, _ = journalled(state_dir, events.ProposalMade)
    applied, back = journalled(state_dir, events.ChangeApplied)
    assert [diff.hunks for diff in proposed.diffs] == [diff_images(FILE, BEFORE.encode(), PROPOSED.encode()).hunks]
    assert applied.diff.hunks == diff_images(FILE, BEFORE.encode(), WITHOUT_SECOND.encode()).hunks
    assert (applied.is_partial, back.is_partial) == (True, False)
    assert back.diff.hunks == diff_images(FILE, WITHOUT_SECOND.encode(), BEFORE.encode()).hunks


async def test_rewritten_hunk_lands_as_the_person_wrote_it_and_the_model_is_told_the_text(
    workspace: Path, state_dir: Path
) -> None:
    mine = "".join(settings({20: "timeout = 30\ngrace = 5\n"}).splitlines(keepends=True)[16:24])
    landed = settings({5: FIRST, 20: "timeout = 30\ngrace = 5\n", 35: THIRD})
    with StrictApi([call(three_changes()), say("I see.")]) as api:
        async with talking(api, workspace, ASK) as talk:
            await talk.session.submit("tidy up")
            answer(talk, await asked(talk), HunkDecision(2, Choice.EDIT, mine))
            await talk.session.idle()

            assert (workspace / FILE).read_bytes() == landed.encode()
            (result,) = talk.results()
            assert not result.get("is_error", False)
            assert "Rewritten by the person: hunk 2 (lines 17-24).\n" in result["content"]
            assert "    20\ttimeout = 30\n    21\tgrace = 5\n" in result["content"]

    (proposed,) = journalled(state_dir, events.ProposalMade)
    (applied,) = journalled(state_dir, events.ChangeApplied)
    assert [diff.hunks for diff in proposed.diffs] == [diff_images(FILE, BEFORE.encode(), PROPOSED.encode()).hunks]
    assert applied.diff.hunks == diff_images(FILE, BEFORE.encode(), landed.encode()).hunks
    assert applied.is_partial


async def test_lines_of_a_hunk_land_alone(workspace: Path) -> None:
    edit = replacement(FILE, "option_9 = 9\noption_10 = 10\n", "option_9 = 9\nnew = 1\nother = 2\noption_10 = 10\n")
    with StrictApi([call(edit), say("I see.")]) as api:
        async with talking(api, workspace, ASK) as talk:
            await talk.session.submit("go")
            card = await asked(talk)
            place = [line.text for line in card.diffs[0].hunks[0].lines].index("other = 2\n")
            answer(talk, card, HunkDecision(1, Choice.REJECT, lines=(place, place + 1)))
            await talk.session.idle()

            assert (workspace / FILE).read_text() == settings({9: "option_9 = 9\nnew = 1\n"})
            assert "Some lines landed: hunk 1" in talk.results()[0]["content"]


async def test_accepted_edit_with_a_note_lands_whole_and_the_note_follows_the_answer(workspace: Path) -> None:
    with StrictApi([call(three_changes()), say("Thanks.")]) as api:
        async with talking(api, workspace, ASK) as talk:
            await talk.session.submit("go")
            answer(talk, await asked(talk), note="well seen; now the tests")
            await talk.session.idle()

            assert (workspace / FILE).read_bytes() == PROPOSED.encode()
            (applied,) = (event for event in talk.events if isinstance(event, events.ChangeApplied))
            assert not applied.is_partial
            assert talk.results()[0]["content"].endswith("\nThe person says: well seen; now the tests")


async def test_words_on_hunks_and_lines_reach_the_model_as_they_are(workspace: Path) -> None:
    remarks = (
        Remark(FILE, 20, 'why "50"?', Weight.QUESTION),
        Remark(FILE, 35, "was 35", Weight.NIT, is_old=True),
        Remark(FILE, 5, "quote it:\n\tlike so", last=6),
    )
    with StrictApi([call(three_changes()), say("I see.")]) as api:
        async with talking(api, workspace, ASK) as talk:
            await talk.session.submit("go")
            praised = HunkDecision(1, Choice.ACCEPT, note="good <name>")
            answer(talk, await asked(talk), praised, KEPT, note="as a whole: fine", remarks=remarks)
            await talk.session.idle()

            told = talk.results()[0]["content"]
            assert (workspace / FILE).read_bytes() == WITHOUT_SECOND.encode()
            assert "Landed: hunk 1 (line 5). The person says: good <name>\n" in told
            assert "The person says: as a whole: fine\n" in told
            assert 'settings.py:20 (question): why "50"?\n' in told
            assert "settings.py:35 (nit, before the edit): was 35\n" in told
            assert "settings.py:5-6 (must): quote it:\n\tlike so\n" in told


@pytest.mark.parametrize("hunks", [(), NOTHING], ids=["as a whole", "hunk by hunk"])
async def test_edit_rejected_without_a_word_ends_the_turn(hunks: tuple[HunkDecision, ...], workspace: Path) -> None:
    with StrictApi([call(three_changes(), replacement(FILE, "timeout = 20", "timeout = 1"))]) as api:
        async with talking(api, workspace, ASK) as talk:
            await talk.session.submit("go")
            answer(talk, await asked(talk), *hunks, accepted=bool(hunks))
            await talk.session.idle()

            assert (talk.last_turn.stop_reason, len(api.bodies)) == ("rejected", 1)
            assert (workspace / FILE).read_bytes() == BEFORE.encode()


@pytest.mark.parametrize(
    ("hunks", "note", "remarks"),
    [
        ((), "not now", ()),
        ((*NOTHING[:2], HunkDecision(3, Choice.REJECT, note="not now")), "", ()),
        (NOTHING, "", (Remark(FILE, 5, "not now"),)),
    ],
    ids=["note", "note on a hunk", "remark"],
)
async def test_edit_rejected_with_a_word_goes_on_and_the_model_hears_it(
    hunks: tuple[HunkDecision, ...], note: str, remarks: tuple[Remark, ...], workspace: Path
) -> None:
    with StrictApi([call(three_changes()), say("As you like.")]) as api:
        async with talking(api, workspace, ASK) as talk:
            await talk.session.submit("go")
            answer(talk, await asked(talk), *hunks, accepted=False, note=note, remarks=remarks)
            await talk.session.idle()

            assert len(api.bodies) == 2
            (result,) = talk.results()
            assert result["is_error"]
            assert "not now" in result["content"]
            assert (workspace / FILE).read_bytes() == BEFORE.encode()


async def test_calls_of_one_message_are_computed_on_what_was_decided_before(workspace: Path) -> None:
    on_rejected, on_kept = replacement(FILE, SECOND, "a"), replacement(FILE, "timeout = 20", "timeout = 21")
    with StrictApi([call(three_changes(), on_rejected, on_kept), say("Done.")]) as api:
        async with talking(api, workspace, ASK) as talk:
            await talk.session.submit("go")
            answer(talk, await asked(talk), KEPT)
            second = await asked(talk, 2)
            shown = diff_images(
                FILE, WITHOUT_SECOND.encode(), settings({5: FIRST, 20: "timeout = 21\n", 35: THIRD}).encode()
            )
            assert [diff.hunks for diff in second.diffs] == [shown.hunks]
            answer(talk, second)
            await talk.session.idle()

            assert [result.get("is_error", False) for result in talk.results()] == [False, True, False]
            assert (workspace / FILE).read_text() == settings({5: FIRST, 20: "timeout = 21\n", 35: THIRD})


@pytest.mark.parametrize(
    ("hunk", "reason"),
    [
        (HunkDecision(4, Choice.ACCEPT), "settings.py has 3 hunks in this proposal; there is no 4."),
        (HunkDecision(0, Choice.REJECT), "settings.py has 3 hunks in this proposal; there is no 0."),
        (HunkDecision(1, Choice.ACCEPT, lines=(0, 99)), "Hunk 1 of settings.py does not have the lines (0, 99)."),
    ],
)
async def test_decision_that_does_not_fit_writes_nothing_and_is_said(
    hunk: HunkDecision, reason: str, workspace: Path
) -> None:
    with StrictApi([call(three_changes()), say("I see.")]) as api:
        async with talking(api, workspace, ASK) as talk:
            await talk.session.submit("go")
            answer(talk, await asked(talk), hunk)
            await talk.session.idle()

            (result,) = talk.results()
            (refused,) = (event for event in talk.events if isinstance(event, events.ChangeRefused))
            assert (result["is_error"], result["content"]) == (True, f"No change was made. {reason}")
            assert (refused.path, refused.reason) == (FILE, reason)
            assert (workspace / FILE).read_bytes() == BEFORE.encode()


FORMS: dict[str, Callable[[str], bytes]] = {
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "utf-16-le": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "utf-16-be with crlf": lambda text: b"\xfe\xff" + text.replace("\n", "\r\n").encode("utf-16-be"),
    "utf-8 with a mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "no newline at the end": lambda text: text.removesuffix("\n").encode(),
}


@pytest.mark.parametrize("form", FORMS)
async def test_part_of_an_edit_keeps_the_form_of_the_file(form: str, workspace: Path) -> None:
    encoded = FORMS[form]
    (workspace / FILE).write_bytes(encoded(BEFORE))
    mine = "".join(settings({35: "retries = 'drei'\n"}).splitlines(keepends=True)[31:38])
    with StrictApi([call(three_changes()), say("I see.")]) as api:
        async with talking(api, workspace, ASK) as talk:
            await talk.session.submit("go")
            answer(talk, await asked(talk), KEPT, HunkDecision(3, Choice.EDIT, mine))
            await talk.session.idle()

    assert (workspace / FILE).read_bytes() == encoded(settings({5: FIRST, 35: "retries = 'drei'\n"}))
