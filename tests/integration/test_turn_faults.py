"""Proves that no order of faults and interruptions leaves a session that the API refuses, or a claim that is untrue."""

import asyncio
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from copydesk.domain import events
from copydesk.domain.checkpoints import Aim
from copydesk.domain.policies import Mode
from copydesk.domain.transcript import Transcript, fold
from copydesk.engine.frame import Limits
from tests.sessions import Wish, talking
from tests.strict_api import StrictApi, call, dropped, fail, say, stop

pytestmark = pytest.mark.anyio
EDIT = {"command": "str_replace", "path": "a.py", "old_str": "1", "new_str": "2"}
VIEW = {"command": "view", "path": "a.py"}
ASKING = Wish(mode=Mode.ASK, is_interactive=True)


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file grow beyond what the journal has now."""
    journal = next(Path(os.environ["COPYDESK_STATE_DIR"]).rglob("*.jsonl"))
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.stat().st_size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "a.py").write_text("x = 1\n")
    return folder


async def test_invariant_5_a_refusal_after_a_rejection_leaves_a_session_that_goes_on(workspace: Path) -> None:
    with StrictApi([call(EDIT), stop("refusal"), say("Fine.")]) as api:
        async with talking(api, workspace, ASKING) as talk:
            await talk.session.submit("go")
            await talk.decide(accepted=False)
            await talk.session.idle()
            assert (await talk.say("something bad")).stop_reason == "refusal"
            assert (await talk.say("and now?")).outcome == "done"


async def test_invariant_5_a_refusal_after_the_step_limit_leaves_a_session_that_goes_on(workspace: Path) -> None:
    with StrictApi([call(VIEW), stop("refusal"), say("Fine.")]) as api:
        async with talking(api, workspace, Wish(limits=Limits(steps=1))) as talk:
            assert (await talk.say("go")).stop_reason == "max_steps"
            await talk.say("something bad")
            assert (await talk.say("and now?")).outcome == "done"


@pytest.mark.parametrize("then", [say("The rest."), call(VIEW)], ids=["text", "call"])
async def test_invariant_5_a_paused_turn_goes_on(workspace: Path, then: object) -> None:
    script = [stop("pause_turn", say("First.")), then, say("Done."), say("Again.")]
    with StrictApi(script) as api:  # type: ignore[arg-type]
        async with talking(api, workspace) as talk:
            assert (await talk.say("go")).outcome == "done"
            assert (await talk.say("more")).outcome == "done"


async def test_a_cancellation_before_the_first_request_counts(workspace: Path) -> None:
    with StrictApi([say("Hello.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.session.submit("go")
            await asyncio.sleep(0)
            assert talk.session.cancel()
            await talk.session.idle()
            await talk.settled()

            assert (talk.last_turn.outcome, api.bodies) == ("interrupted", [])
            assert (workspace / "a.py").read_text() == "x = 1\n"
            assert (await talk.say("now")).outcome == "done"


async def test_a_question_asked_after_escape_is_answered_no(workspace: Path) -> None:
    with StrictApi([call(EDIT), say("Hello.")]) as api:
        async with talking(api, workspace, ASKING) as talk:

            def stop_there(event: events.Event) -> None:
                if isinstance(event, events.ToolCallStarted):
                    talk.session.cancel()

            talk.session._parts.bus.observers.append(stop_there)
            await talk.session.submit("go")
            async with asyncio.timeout(10):
                await talk.session.idle()
            await talk.settled()

            assert (talk.last_turn.outcome, (workspace / "a.py").read_text()) == ("interrupted", "x = 1\n")
            talk.session._parts.bus.observers.remove(stop_there)
            await talk.say("go on")
            assert "interrupted" in talk.results()[0]["content"]


async def test_invariant_5_a_full_disk_refuses_edits_and_the_conversation_goes_on(workspace: Path) -> None:
    with StrictApi([call(VIEW), call(EDIT), say("I see."), say("Hello.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.session.submit("go")
            await talk.until(events.ToolCallStarted)
            with full_disk():
                await talk.session.idle()
            await talk.settled()

            assert talk.last_turn.outcome == "done"
            assert (workspace / "a.py").read_text() == "x = 1\n"
            assert any("cannot be recorded" in e.text for e in talk.events if isinstance(e, events.Noticed))
            assert (await talk.say("still there?")).outcome == "done"


@pytest.mark.parametrize(
    "raw",
    [
        '{"command":"view","path":"a.py","view_range":[1e400,2]}',
        '{"command":"view","path":' + "[" * 60_000 + "]" * 60_000 + "}",
    ],
    ids=["infinite number", "deep nesting"],
)
async def test_input_that_could_not_be_sent_back_is_a_broken_call(workspace: Path, raw: str) -> None:
    with StrictApi([call(raw), say("Sorry."), say("Hello.")]) as api:
        async with talking(api, workspace) as talk:
            assert (await talk.say("go")).outcome == "done"
            assert (await talk.say("more")).outcome == "done"


async def test_a_prompt_that_is_too_long_stops_at_the_context(workspace: Path) -> None:
    too_long = fail(400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum")
    with StrictApi([too_long]) as api:
        async with talking(api, workspace) as talk:
            finished = await talk.say("go")
            assert (finished.outcome, finished.stop_reason) == ("stopped", "context")


async def test_a_discarded_reply_is_not_in_the_transcript_of_the_journal_and_is_counted(workspace: Path) -> None:
    reply = call(EDIT, text="Editing.")
    with StrictApi([dropped(reply, 8), reply, say("Done.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("go")
            live = talk.transcript
            assert len([event for event in talk.events if isinstance(event, events.UsageReported)]) == 3
        async with talking(api, workspace, Wish(resumes="")) as again:
            await again.settled()
            replayed = fold(Transcript(), again.envelopes)

    texts = [str(item) for item in live.items if "Editing." in str(item)]
    assert len(texts) == 1
    assert len([item for item in replayed.items if "Editing." in str(item)]) == 1


async def test_the_model_hears_of_a_rollback_even_if_the_next_prompt_is_refused_or_the_session_resumed(
    workspace: Path,
) -> None:
    with StrictApi([call(EDIT), say("Done."), stop("refusal"), say("I see.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("go")
            await talk.session.rollback(Aim((await talk.session.history())[0].id))
            await talk.say("something bad")
        async with talking(api, workspace, Wish(resumes="")) as again:
            await again.say("and now?")

        assert "rolled files back: a.py" in str(api.bodies[-1]["messages"])


async def test_a_session_goes_on_with_the_system_prompt_that_it_began_with(workspace: Path) -> None:
    wish = Wish(model="claude-opus-5-5")
    with StrictApi([call(VIEW, thinking="Hm."), say("Done."), say("Yes.")]) as api:
        async with talking(api, workspace, wish) as talk:
            await talk.say("go")
        async with talking(api, workspace, Wish(model="claude-opus-5-5", resumes="", system="Other.")) as again:
            assert (await again.say("sure?")).outcome == "done"

        assert api.bodies[0]["system"] == api.bodies[-1]["system"]


async def test_the_cost_limit_counts_the_whole_session(workspace: Path) -> None:
    with StrictApi([say("Hello.")]) as api:
        async with talking(api, workspace) as talk:
            await talk.say("go")
            spent = talk.transcript.cost_usd
        assert spent
        async with talking(api, workspace, Wish(resumes="", limits=Limits(cost_usd=spent))) as again:
            assert (await again.say("more")).stop_reason == "max_cost"


async def test_thinking_that_the_api_no_longer_takes_is_left_out_and_the_turn_goes_on(workspace: Path) -> None:
    with StrictApi([call(VIEW, thinking="Hm."), say("Done."), say("Yes.")]) as api:
        async with talking(api, workspace, Wish(model="claude-opus-5-5")) as talk:
            await talk.say("go")
        wish = Wish(model="claude-opus-5-5", resumes="", tool_version="schema")
        async with talking(api, workspace, wish, refusals=1) as again:
            assert (await again.say("sure?")).outcome == "done"

        assert "signature" not in str(api.bodies[-1]["messages"])
