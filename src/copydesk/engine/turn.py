"""Owns one turn: ask the model, carry out its calls, answer them, until it stops or is stopped.

Tools run only for a reply whose stop reason is `tool_use`; every call gets exactly one result, also when the person
interrupts.
"""

import asyncio
from collections.abc import Callable
from decimal import Decimal

from copydesk.domain import events
from copydesk.domain.errors import ModelError, UsageError
from copydesk.domain.messages import (
    CUT_OFF,
    INTERRUPTED,
    NOT_RUN_AFTER_REJECT,
    AssistantTurn,
    ToolCall,
    ToolResult,
)
from copydesk.domain.usage import Usage
from copydesk.engine.conversation import Conversation
from copydesk.engine.frame import Frame
from copydesk.model import stream
from copydesk.model.client import ClaudeModel, ModelRequest, ReplyStream
from copydesk.model.failures import CredentialsRejected, RequestRejected
from copydesk.tools.toolbox import Toolbox

CONTINUATIONS = 2
"""How often a turn goes on by itself after a reply that could not be carried out."""
BROKEN_CALL = "Your last tool call was not valid JSON, so it was dropped. Send it again."
EMPTY_REPLY = "Your last reply was empty. Please go on, or say that you are done."


class TurnRunner:
    """Runs turns one after the other on one conversation."""

    def __init__(
        self,
        model: ClaudeModel,
        frame: Frame,
        conversation: Conversation,
        toolbox: Toolbox,
        emit: Callable[[events.Event], None],
    ) -> None:
        self._model = model
        self._frame = frame
        self._conversation = conversation
        self._toolbox = toolbox
        self._emit = emit
        self._streaming: asyncio.Task[AssistantTurn] | None = None
        self._interrupted = ""
        self._unended = ""
        """What has come of the text that is being said."""
        self._steps = 0
        """Model calls for this task."""
        self.spent: Decimal = Decimal(0)
        """Dollars in the whole session, as far as prices are known."""
        self._continued = 0
        self._has_replied = False
        """True once the model answered: before that, wrong credentials mean that nothing was done."""
        self._last_message = ""

    def interrupt(self, outcome: str = "interrupted") -> None:
        """Stop the running turn as soon as what is being written is written; a check that runs is stopped."""
        self._interrupted = outcome
        self._toolbox.interrupt()
        if self._streaming:
            self._streaming.cancel()

    def begin(self, *, goes_on: bool = False) -> None:
        """Forget the interruption of the turn before; what interrupts from now on is meant for the new one."""
        self._interrupted, self._continued = "", 0
        if not goes_on:
            self._steps = 0

    def forget_last_message(self) -> None:
        """Compare the next request with none: what the last message followed was cut out of the conversation."""
        self._last_message = ""

    async def run(self) -> events.TurnFinished:
        """Go on until the model stops, a limit is reached, or the person interrupts."""
        is_paused = False
        while True:
            reached = self._limit_reached()
            if reached:
                return reached
            self._steps += 1
            self._conversation.check(is_paused=is_paused)
            try:
                turn = await self._stream()
            except RequestRejected as error:
                if error.is_signature_mismatch and self._may_continue():
                    self._conversation.drop_thinking()
                    continue
                return _rejected(error)
            except (CredentialsRejected, UsageError) as error:
                return events.TurnFinished("failed" if self._has_replied else "usage", reason=str(error))
            except ModelError as error:
                return events.TurnFinished("failed", reason=str(error))
            if turn is None:
                return self._stopped_by_person()
            finished = await self._answer(turn)
            if finished:
                return finished
            is_paused = turn.stop_reason == "pause_turn"

    def _limit_reached(self) -> events.TurnFinished | None:
        limits = self._frame.limits
        if self._interrupted:
            return self._stopped_by_person()
        if limits.steps is not None and self._steps >= limits.steps:
            return events.TurnFinished("stopped", "max_steps", f"Stopped at the limit of steps, {limits.steps}.")
        if limits.cost_usd is not None and self.spent >= limits.cost_usd:
            return events.TurnFinished("stopped", "max_cost", f"Stopped at the limit of cost, ${limits.cost_usd}.")
        return None

    def _stopped_by_person(self) -> events.TurnFinished:
        if self._interrupted == "stopped":
            return events.TurnFinished("stopped", "max_time", "Stopped at the time limit.")
        return events.TurnFinished(self._interrupted, "interrupted", f"{self._interrupted.capitalize()}.")

    async def _stream(self) -> AssistantTurn | None:
        """One model call; None where the person interrupted it (what was said by then is kept)."""
        reply = self._model.open(
            ModelRequest(
                self._frame.parameters,
                self._frame.system,
                [*self._frame.tools],
                self._conversation.messages,
                self._last_message,
            )
        )
        self._unended = ""
        self._streaming = asyncio.ensure_future(self._read(reply))
        try:
            return await self._streaming
        except asyncio.CancelledError:
            if not self._interrupted:
                self._streaming.cancel()
                raise
            self._keep_partial(reply.partial())
            return None
        except ModelError:
            self._count_broken(reply.partial().usage)
            raise
        finally:
            self._streaming = None
            await reply.aclose()

    async def _read(self, reply: ReplyStream) -> AssistantTurn:
        async for part in reply:
            match part:
                case stream.TextPart(text):
                    self._unended += text
                    self._emit(events.TextDelta(text))
                case stream.TextEnded(text):
                    self._unended = ""
                    self._emit(events.TextFinished(text))
                case stream.ThinkingPart(text):
                    self._emit(events.ThinkingDelta(text))
                case stream.ThinkingEnded(text, seconds):
                    self._emit(events.ThinkingFinished(text, seconds))
                case stream.RetryPlanned(attempt, seconds, reason):
                    self._emit(events.RetryScheduled(attempt, seconds, reason))
                case stream.Discarded(reason, usage):
                    self._unended = ""
                    self._emit(events.StepDiscarded(reason))
                    self._count_broken(usage)
                case stream.Ended(turn, seconds):
                    self._has_replied = True
                    self._last_message = turn.message_id
                    self._count(turn, seconds)
                    return turn
                case stream.CallPart(call, name, fragment):
                    self._emit(events.ToolDrafted(call, name, fragment))
        raise ModelError("The reply ended without its last event.")

    def _count(self, turn: AssistantTurn, seconds: float) -> None:
        cost = self._frame.price(turn.usage)
        self.spent += cost or 0
        text = None if cost is None else str(cost)
        self._emit(events.UsageReported(turn.usage, text, seconds, turn.cache_miss))

    def _count_broken(self, usage: Usage) -> None:
        """Report what a reply used that broke off, if it came so far: it is billed all the same."""
        if usage != Usage():
            self._count(AssistantTurn((), None, usage), 0.0)

    def _keep_partial(self, partial: AssistantTurn) -> None:
        """Keep what an interrupted reply said, if it said anything; its closed calls are answered "not run"."""
        if self._unended.strip():
            self._emit(events.TextFinished(self._unended))
        self._count_broken(partial.usage)
        kept = partial.sendable()
        if not kept.text and not kept.calls:
            return
        self._conversation.add_reply(kept)
        if kept.calls:
            self._conversation.add_results([ToolResult(call.id, INTERRUPTED, True) for call in kept.calls])

    async def _answer(self, turn: AssistantTurn) -> events.TurnFinished | None:
        """Do what the stop reason asks for; None where the turn goes on."""
        kept = turn.sendable()
        if turn.stop_reason == "refusal":
            return self._refused(turn)
        self._conversation.add_reply(kept)
        match turn.stop_reason:
            case "tool_use":
                return await self._run_calls(kept, has_broken=bool(turn.broken_calls))
            case "pause_turn":
                return None
            case "max_tokens":
                return self._cut_off(kept)
            case "end_turn" | "stop_sequence":
                return self._ended(kept)
            case "model_context_window_exceeded":
                self._answer_unrun(kept, CUT_OFF)
                return events.TurnFinished("stopped", "context", "The conversation no longer fits the model's context.")
            case other:
                self._answer_unrun(kept, CUT_OFF)
                return events.TurnFinished("stopped", str(other), f"The model stopped for an unknown reason: {other}.")

    def _refused(self, turn: AssistantTurn) -> events.TurnFinished:
        """A refused turn is taken out of what is sent next; the journal keeps it."""
        self._conversation.cut_turn()
        explanation = (turn.stop_details or {}).get("explanation") or "it gave no explanation"
        return events.TurnFinished("stopped", "refusal", f"The model refused: {str(explanation).rstrip('.')}.")

    def _ended(self, turn: AssistantTurn) -> events.TurnFinished | None:
        self._answer_unrun(turn, "Not run: the reply ended without asking for it.")
        if not turn.content and self._may_continue():
            self._conversation.add_note(EMPTY_REPLY)
            return None
        return events.TurnFinished("done", turn.stop_reason or "")

    def _cut_off(self, turn: AssistantTurn) -> events.TurnFinished | None:
        """A reply that hit its length limit: its calls are not run, and it may try again with smaller ones."""
        self._answer_unrun(turn, CUT_OFF)
        if turn.calls and self._may_continue():
            return None
        return events.TurnFinished("stopped", "max_tokens", "The reply was cut off by its length limit (--max-tokens).")

    def _may_continue(self) -> bool:
        self._continued += 1
        return self._continued <= CONTINUATIONS

    def _answer_unrun(self, turn: AssistantTurn, reason: str) -> None:
        if turn.calls:
            self._conversation.add_results([ToolResult(call.id, reason, True) for call in turn.calls])

    async def _run_calls(self, turn: AssistantTurn, *, has_broken: bool) -> events.TurnFinished | None:
        """Carry out the calls strictly in order; what comes after a plain rejection or an interruption is not run."""
        results: list[ToolResult] = []
        not_run = ""
        for call in turn.calls:
            not_run = INTERRUPTED if self._interrupted else not_run
            if not_run:
                results.append(ToolResult(call.id, not_run, True))
                continue
            result, ends_turn = await self._run_call(call)
            results.append(result)
            not_run = NOT_RUN_AFTER_REJECT if ends_turn else ""
        if results:
            self._conversation.add_results(results, BROKEN_CALL if has_broken else "")
        elif not self._may_continue():
            return events.TurnFinished("failed", reason="The model's tool calls could not be read.")
        else:
            self._conversation.add_note(BROKEN_CALL)
        if self._interrupted:
            return self._stopped_by_person()
        return events.TurnFinished("done", "rejected") if not_run else None

    async def _run_call(self, call: ToolCall) -> tuple[ToolResult, bool]:
        self._emit(events.ToolCallStarted(call.id, call.name, call.input))
        outcome = await self._toolbox.run(call)
        self._emit(events.ToolCallFinished(call.id, outcome.result.text, outcome.result.is_error))
        return outcome.result, outcome.outcome is not None and outcome.outcome.ends_turn


def _rejected(error: RequestRejected) -> events.TurnFinished:
    """A request that the API does not take as it is: too long is a limit, anything else a failure."""
    if error.is_context_too_long:
        return events.TurnFinished("stopped", "context", str(error))
    return events.TurnFinished("failed", reason=str(error))
