"""Proves that a turn does what it must for every way in which a reply can end, with the real SDK and real files."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from copydesk.domain import events
from copydesk.domain.checkpoints import Aim
from copydesk.domain.policies import Mode
from copydesk.engine.frame import Limits
from tests.sessions import Wish, talking
from tests.strict_api import (
    Hold,
    StrictApi,
    call,
    dropped,
    error_mid_stream,
    fail,
    held,
    say,
    stop,
    truncated,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "a.py").write_text("x = 1\n")
    (folder / "b.py").write_text("y = 1\n")
    return folder


def edit(path: str, old: str, new: str) -> dict[str, str]:
    return {"command": "str_replace", "path": path, "old_str": old, "new_str": new}


VIEW_A = {"command": "view", "path": "a.py"}


async def test_a_prompt_becomes_an_edit_on_disk_and_goes_back(workspace: Path) -> None:
    with StrictApi([call(VIEW_A), call(edit("a.py", "1", "2"), text="Now."), say("Done.")]) as api:
        async with talking(api, workspace) as talk:
            finished = await talk.say("set x to 2")
            assert (finished.outcome, (workspace / "a.py").read_text()) == ("done", "x = 2\n")

            (row,) = await talk.session.history()
            assert await talk.session.rollback(Aim(row.id)) == "Rolled back: a.py."
            assert (workspace / "a.py").read_text() == "x = 1\n"
            assert await talk.session.rollback(Aim("", is_redo=True)) == "Redone: a.py."
            assert (workspace / "a.py").read_text() == "x = 2\n"


async def test_the_model_hears_of_a_rollback_with_the_next_prompt(workspace: Path) -> None:
    with StrictApi([call(edit("a.py", "1", "2")), say("Done."), say("I see.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("go")
            await talk.session.rollback(Aim((await talk.session.history())[0].id))
            await talk.say("and now?")

        texts = [block["text"] for block in api.bodies[-1]["messages"][-1]["content"]]
        assert texts[0].startswith("The person rolled files back: a.py.")
        assert texts[-1] == "and now?"


async def test_invariant_5_calls_of_one_message_run_in_order_on_each_other(workspace: Path) -> None:
    calls = call(edit("a.py", "1", "2"), edit("a.py", "2", "3"), VIEW_A)
    with StrictApi([calls, say("Done.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("count")

            assert (workspace / "a.py").read_text() == "x = 3\n"
            assert [result.get("is_error", False) for result in talk.results()] == [False, False, False]
            assert "x = 3" in talk.results()[2]["content"]


async def test_a_rejection_with_a_note_goes_on_and_carries_the_note(workspace: Path) -> None:
    with StrictApi([call(edit("a.py", "1", "2")), say("As you like.")]) as api:
        async with talking(api, workspace, Wish(mode=Mode.ASK, is_interactive=True)) as talk:
            await talk.session.submit("go")
            await talk.decide(accepted=False, note="use 5 instead")
            await talk.session.idle()

            (result,) = talk.results()
            assert result["is_error"]
            assert "use 5 instead" in result["content"]
            assert (workspace / "a.py").read_text() == "x = 1\n"


async def test_a_plain_rejection_ends_the_turn_and_the_rest_is_not_run(workspace: Path) -> None:
    with StrictApi([call(edit("a.py", "1", "2"), edit("b.py", "1", "2")), say("Fine.")]) as api:
        async with talking(api, workspace, Wish(mode=Mode.ASK, is_interactive=True)) as talk:
            await talk.session.submit("go")
            await talk.decide(accepted=False)
            await talk.session.idle()
            assert len(api.bodies) == 1
            assert (workspace / "b.py").read_text() == "y = 1\n"

            await talk.say("never mind")
            assert [result["content"][:7] for result in talk.results()] == ["No chan", "Not run"]


async def test_invariant_5_an_interrupted_stream_leaves_a_history_that_the_api_takes(workspace: Path) -> None:
    hold = Hold()
    with StrictApi([held(say("This is a long answer that never ends."), hold, 6), say("Hello again.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.session.submit("go")
            await talk.until(events.TextDelta)
            assert talk.session.cancel()
            await talk.session.idle()
            hold.release()
            assert talk.last_turn.outcome == "interrupted"

            assert (await talk.say("go on")).outcome == "done"


async def test_invariant_5_an_interrupted_approval_is_answered_and_nothing_lands(workspace: Path) -> None:
    with StrictApi([call(edit("a.py", "1", "2"), VIEW_A), say("Hello again.")]) as api:
        async with talking(api, workspace, Wish(mode=Mode.ASK, is_interactive=True)) as talk:
            await talk.session.submit("go")
            await talk.waiting()
            talk.session.cancel()
            await talk.session.idle()
            assert (talk.last_turn.outcome, (workspace / "a.py").read_text()) == ("interrupted", "x = 1\n")

            await talk.say("go on")
            assert [result["is_error"] for result in talk.results()] == [True, True]


@pytest.mark.parametrize("fault", [dropped, truncated, error_mid_stream], ids=["dropped", "truncated", "error"])
async def test_a_broken_stream_is_asked_for_once_more_and_nothing_runs_twice(workspace: Path, fault: object) -> None:
    reply = call(edit("a.py", "1", "2"), text="Editing.")
    with StrictApi([fault(reply, 7), reply, say("Done.")]) as api:  # type: ignore[operator]
        async with talking(api, workspace) as talk:
            assert (await talk.say("go")).outcome == "done"

            assert (workspace / "a.py").read_text() == "x = 2\n"
            assert len([event for event in talk.events if isinstance(event, events.ChangeApplied)]) == 1
            assert len([event for event in talk.events if isinstance(event, events.StepDiscarded)]) == 1


async def test_a_stream_that_breaks_twice_fails_and_the_next_prompt_works(workspace: Path) -> None:
    reply = call(edit("a.py", "1", "2"), text="Editing.")
    with StrictApi([dropped(reply, 7), dropped(reply, 7), say("Hello.")]) as api:
        async with talking(api, workspace) as talk:
            assert (await talk.say("go")).outcome == "failed"
            assert (workspace / "a.py").read_text() == "x = 1\n"
            assert (await talk.say("again")).outcome == "done"


async def test_invariant_5_tools_of_a_cut_off_reply_never_run(workspace: Path) -> None:
    cut = stop("max_tokens", call(edit("a.py", "1", "2")))
    with StrictApi([cut, say("Smaller then.")]) as api:
        async with talking(api, workspace) as talk:
            assert (await talk.say("go")).outcome == "done"
            assert (workspace / "a.py").read_text() == "x = 1\n"
            assert "cut off" in talk.results()[0]["content"]


async def test_a_reply_that_is_cut_off_again_and_again_stops_the_turn(workspace: Path) -> None:
    cut = stop("max_tokens", call(VIEW_A))
    with StrictApi([cut, cut, cut]) as api:
        async with talking(api, workspace) as talk:
            finished = await talk.say("go")
            assert (finished.outcome, finished.stop_reason) == ("stopped", "max_tokens")


async def test_a_refused_turn_is_not_sent_again(workspace: Path) -> None:
    with StrictApi([stop("refusal"), say("Sure.")]) as api:
        async with talking(api, workspace) as talk:
            finished = await talk.say("something bad")
            assert (finished.outcome, finished.stop_reason) == ("stopped", "refusal")
            await talk.say("something good")

        assert "something bad" not in str(api.bodies[-1]["messages"])


async def test_the_context_limit_stops_the_turn(workspace: Path) -> None:
    with StrictApi([stop("model_context_window_exceeded", call(VIEW_A)), say("Hello.")]) as api:
        async with talking(api, workspace) as talk:
            assert (await talk.say("go")).stop_reason == "context"
            assert (await talk.say("again")).outcome == "done"


async def test_unreadable_tool_input_is_dropped_and_said(workspace: Path) -> None:
    torn = call('{"command": "view", "path": "a.p')
    with StrictApi([torn, say("Once more.")]) as api:
        async with talking(api, workspace) as talk:
            assert (await talk.say("go")).outcome == "done"

        assert "not valid JSON" in str(api.bodies[-1]["messages"][-1])


async def test_the_step_limit_stops_between_two_steps(workspace: Path) -> None:
    with StrictApi([call(VIEW_A)] * 3) as api:
        async with talking(api, workspace, Wish(limits=Limits(steps=2))) as talk:
            finished = await talk.say("go")
            assert (finished.outcome, finished.stop_reason, len(api.bodies)) == ("stopped", "max_steps", 2)


async def test_the_cost_limit_stops_between_two_steps(workspace: Path) -> None:
    with StrictApi([call(VIEW_A)] * 3) as api:
        async with talking(api, workspace, Wish(limits=Limits(cost_usd=Decimal("0.0001")))) as talk:
            finished = await talk.say("go")
            assert (finished.outcome, finished.stop_reason, len(api.bodies)) == ("stopped", "max_cost", 1)


async def test_an_overloaded_api_is_tried_again_and_each_try_is_said(workspace: Path) -> None:
    busy = fail(529, "overloaded_error", "Overloaded")
    with StrictApi([busy, busy, say("Hello.")]) as api:
        async with talking(api, workspace) as talk:
            assert (await talk.say("go")).outcome == "done"
            assert len([event for event in talk.events if isinstance(event, events.RetryScheduled)]) == 2


async def test_mentioned_files_go_in_with_the_prompt(workspace: Path) -> None:
    with StrictApi([say("I see.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("what is in @a.py, and @missing.py?")

        texts = [block["text"] for block in api.bodies[0]["messages"][0]["content"]]
        assert any('<file path="a.py">\nx = 1' in text for text in texts)


async def test_invariant_2_a_file_saved_outside_while_its_edit_waits_stays(workspace: Path) -> None:
    wish = Wish(mode=Mode.ASK, is_interactive=True, watches=True)
    with StrictApi([call(edit("a.py", "1", "2")), say("I see.")]) as api:
        async with talking(api, workspace, wish) as talk:
            await asyncio.sleep(0.3)
            await talk.session.submit("go")
            await talk.waiting()
            (workspace / "a.py").write_text("x = 1  # mine\n")
            outside = await talk.until(events.FileChangedOutside)
            await talk.decide(accepted=True)
            await talk.session.idle()

            assert outside.path == "a.py"
            assert (workspace / "a.py").read_text() == "x = 1  # mine\n"
            assert "changed on disk" in talk.results()[0]["content"]


async def test_own_writes_are_not_reported_as_outside_changes(workspace: Path) -> None:
    with StrictApi([call(VIEW_A), call(edit("a.py", "1", "2")), say("Done.")]) as api:
        async with talking(api, workspace, Wish(watches=True)) as talk:
            await asyncio.sleep(0.3)
            await talk.say("go")
            await asyncio.sleep(0.5)
            assert not [event for event in talk.events if isinstance(event, events.FileChangedOutside)]


async def test_prompts_that_come_while_a_turn_runs_are_taken_in_order(workspace: Path) -> None:
    with StrictApi([say("one"), say("two")]) as api:
        async with talking(api, workspace) as talk:
            await talk.session.submit("first")
            await talk.session.submit("second")
            await talk.session.idle()

        assert [body["messages"][-1]["content"][-1]["text"] for body in api.bodies] == ["first", "second"]
