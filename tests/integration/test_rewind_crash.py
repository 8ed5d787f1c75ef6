"""Proves that a cut is on screen and in the journal alike, and that a kill leaves it wholly done or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from copydesk.domain import events
from copydesk.domain.checkpoints import Answers, Remedy
from copydesk.domain.transcript import Prompt, Transcript, fold
from tests.rewinding import CUT_OUT, LOOK, ROLLED_BACK, TWO_TURNS, begun, check_same, contents, journal, said
from tests.sessions import Wish, talking
from tests.strict_api import StrictApi, say

pytestmark = pytest.mark.anyio


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return begun(tmp_path / "shop")


@pytest.mark.parametrize("with_files", [False, True], ids=["alone", "with files"])
async def test_screen_shows_that_it_was_cut_and_what_it_cost(
    with_files: bool, workspace: Path, state_dir: Path
) -> None:
    with StrictApi([*TWO_TURNS, say("Hi.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("one")
            await talk.say("two")
            whole = talk.transcript
            await talk.session.rewind(2, with_files)
            await talk.settled()
            cut = talk.transcript
            await talk.say("three")
            live = talk.transcript
        async with talking(api, workspace, Wish(resumes="")) as talk:
            await talk.settled()
            resumed = talk.transcript

    assert cut.items[:-1] == tuple(whole.items[: list(whole.items).index(Prompt("two", 2))])
    files = "Rolled back" if with_files else "Not as they were then"
    assert str(cut.items[-1]).count(f"Cut out of the conversation: “two”. {files}: a.py, b.py.") == 1
    assert (cut.cost_usd, cut.usage) == (whole.cost_usd, whole.usage)
    assert [item for item in live.items if isinstance(item, Prompt)] == [Prompt("one", 1), Prompt("three", 3)]
    assert resumed.items == live.items


@pytest.mark.parametrize("with_files", [False, True], ids=["alone", "with files"])
async def test_session_that_is_killed_while_it_is_cut_is_wholly_cut_or_not(
    with_files: bool, workspace: Path, state_dir: Path
) -> None:
    with StrictApi(lambda body, index: TWO_TURNS[index] if index < 4 else say("Hi.")) as api:
        async with talking(api, workspace) as talk:
            await talk.say("one")
            await talk.say("two")
            (workspace / "b.py").write_text("mine = 1\n")
            first = len(journal(state_dir).read_bytes().splitlines())
            await talk.session.rewind(2, with_files, Answers(Remedy.KEEP))
            ended = journal(state_dir).read_bytes().splitlines(keepends=True)
        seen = []
        for count in range(first, len(ended) + 1):
            # The History is written before any of these records is.
            journal(state_dir).write_bytes(b"".join(ended[:count]))
            seen.append(await is_cut_after(api, workspace, state_dir))

    assert seen == sorted(seen)
    assert {True, False} == set(seen)
    assert len(seen) > 3 + with_files


async def is_cut_after(api: StrictApi, workspace: Path, state_dir: Path) -> bool:
    """Go on with a killed session twice, and hold what is said on both sides against each other."""
    for prompt in ("three", "four"):
        async with talking(api, workspace, Wish(resumes="")) as talk:
            assert (await talk.say(prompt)).outcome == "done"
            check_same(talk, state_dir)
            shown = [item.text for item in talk.transcript.items if isinstance(item, Prompt)]
    told = said(api)
    assert [text for text in told if text in ("one", "two", "three", "four")] == shown
    is_cut = "two" not in told
    is_back = contents(workspace)["a.py"] == "x = 2\n"
    notices = [event.text for event in talk.events if isinstance(event, events.Noticed)]
    assert not any("damaged" in text for text in notices)
    assert told.count(f"{ROLLED_BACK}a.py.{LOOK}") == (is_back and not is_cut)
    assert told.count(f"{CUT_OUT}{'b.py' if is_back else 'a.py, b.py'}.{LOOK}") == is_cut
    assert sum(isinstance(event, events.ConversationCut) for event in talk.events) == is_cut
    assert sum(isinstance(event, events.RolledBack) for event in talk.events) == is_back
    assert fold(Transcript(), talk.envelopes) == talk.transcript
    return is_cut
