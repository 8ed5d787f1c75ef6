"""Owns the accessible mode: follows a session, says what happens, and carries out the words that are typed.

It is one of the readers of the session, like the screen; it decides nothing, and it sets no timer.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from copydesk.domain.decisions import Decision
from copydesk.domain.errors import CopydeskError, UsageError
from copydesk.domain.events import ApprovalRequested, Envelope, TurnFinished
from copydesk.domain.modes import Mode
from copydesk.domain.transcript import Transcript, fold
from copydesk.engine.session import Session
from copydesk.frontends.opening import Opening
from copydesk.frontends.plain.deciding import GONE, Deciding
from copydesk.frontends.plain.dialogue import Dialogue, Line
from copydesk.frontends.plain.going_back import GoingBack
from copydesk.frontends.plain.kept import KeptSessions
from copydesk.frontends.plain.offer import Offer, offer_of, offer_of_changeset
from copydesk.frontends.plain.prompting import Prompting
from copydesk.frontends.plain.reading import SessionReading
from copydesk.frontends.plain.speech import Speech
from copydesk.frontends.plain.surroundings import Surroundings
from copydesk.frontends.plain.words import ALIASES, ANSWERS, COMMANDS, READINGS, Action, help_lines
from copydesk.frontends.plain.writing import write_text
from copydesk.frontends.present import is_key

NO_CREDENTIALS = "No credentials: /key takes a key for this session, or set ANTHROPIC_API_KEY."
WELCOME = "Write what is to be done, and end the line. /help reads every word. Control C interrupts."


def of_before(envelopes: Sequence[Envelope], opened_after: int) -> list[Envelope]:
    """What happened in a session before it was opened; what comes after is read as it comes.

    Pieces of a text are numbered, and are not among what is kept, so that a number is no count.
    """
    return [envelope for envelope in envelopes if envelope.seq <= opened_after]


class PlainDesk:
    """One sitting."""

    def __init__(self, session: Session, dialogue: Dialogue, surroundings: Surroundings) -> None:
        self._session = session
        self._dialogue = dialogue
        self._surroundings = surroundings
        self._transcript = fold(Transcript(), of_before(session.events_after(0), session.opened_after))
        self._speech = Speech()
        self._following: asyncio.Task[None] | None = None
        self._deciding: Deciding | None = None
        self._overruled: frozenset[str] = frozenset()
        """Files in conflict that are read with the proposed lines over what others wrote."""
        self._asked = asyncio.Event()
        self._has_left = self._is_leaving = False

    async def sit(self) -> None:
        """Follow the session and carry out what is typed, until the person leaves or there is nobody any more."""
        self._following = asyncio.create_task(self._follow())
        self._dialogue.say(WELCOME)
        if not self._session.has_credentials:
            self._dialogue.say(NO_CREDENTIALS)
        if self._surroundings.first_prompt:
            await self._submit(self._surroundings.first_prompt)
        while not self._has_left and (line := await self._dialogue.next_line()):
            try:
                await self._take(line)
            except CopydeskError as error:
                self._dialogue.say(str(error))
            self._is_leaving = self._is_leaving and line.is_broken_off
        if not self._has_left:
            await self._wait_for_turns()
        await self._leave_session()

    def interrupt(self) -> None:
        """Stop the turn, and answer what is being asked with nothing; twice with no turn leaves."""
        if self._stop_work():
            self._dialogue.say("Interrupting.")
        elif self._is_leaving:
            self._has_left = True
        else:
            self._is_leaving = True
            self._dialogue.say("Control C again leaves.")
        self._dialogue.break_off()

    def terminate(self) -> None:
        """End at once: the turn is closed properly, and the session can be resumed."""
        self._has_left = True
        self._session.cancel("terminated")
        self._dialogue.end()

    async def _wait_for_turns(self) -> None:
        """Nobody answers any more: what runs is finished unless it asks."""
        if not self._transcript.waiting:
            ends = {asyncio.create_task(self._session.idle()), asyncio.create_task(self._asked.wait())}
            _, running = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for task in running:
                task.cancel()

    async def _follow(self) -> None:
        async for envelope in self._session.subscribe(self._session.opened_after):
            self._hear_event(envelope)

    def _hear_event(self, envelope: Envelope) -> None:
        self._transcript = fold(self._transcript, [envelope])
        self._dialogue.say(*self._speech.lines(envelope.event, self._transcript))
        match envelope.event:
            case ApprovalRequested():
                self._asked.set()
                card = self._transcript.waiting[0]
                self._read_out(offer_of(card, self._session.proposal(card.proposal)))
            case TurnFinished():
                self._end_deciding()
                if waiting := self._session.waiting_review:
                    self._dialogue.say(f"Edits of {', '.join(waiting)} wait for your review: /review begins it.")
            case _:
                self._end_deciding()

    def _end_deciding(self) -> None:
        """Let go of an offer that no longer waits."""
        offer = self._deciding.offer if self._deciding else None
        if offer and offer.proposal and offer.digest not in {card.digest for card in self._transcript.waiting}:
            self._deciding = None

    def _read_out(self, offer: Offer) -> None:
        decide = self._decide if offer.proposal else self._decide_review
        self._deciding = Deciding(offer, self._dialogue, self._surroundings.editor, decide, self._overrule)
        self._deciding.read_out()

    async def _decide(self, decision: Decision) -> str:
        offer = self._deciding.offer if self._deciding else None
        return "" if offer and self._session.decide(offer.proposal, decision) else GONE

    async def _decide_review(self, decision: Decision) -> str:
        reviewed = await self._session.decide_review(replace(decision, overruled=tuple(self._overruled)))
        return reviewed.outcome.message

    async def _overrule(self, path: str) -> None:
        """Read what was gathered again, with a file in conflict the other way; nothing is written by that."""
        self._overruled ^= {path}
        await self._review_gathered()

    async def _take(self, line: Line) -> None:
        text = line.text.strip()
        if line.is_broken_off:
            return
        if text.startswith("/") and "/" not in text[1:].split(" ")[0]:
            await self._command(text)
        elif text.startswith("!") and text[1:].replace("-", "_").isidentifier():
            await self._command(f"/check {text[1:]}")
        elif text.lower() in ("help", "?"):
            self._help()
        elif self._deciding:
            deciding = self._deciding
            await deciding.answer(line)
            if deciding.is_over and self._deciding is deciding:
                self._deciding = None
        elif text:
            await self._submit(text)

    async def _command(self, text: str) -> None:
        name, _, rest = text[1:].partition(" ")
        name, actions = ALIASES.get(name, name), self.actions
        if name not in actions:
            raise UsageError(f"There is no such command. Commands: {', '.join(COMMANDS)}.")
        await actions[name](rest.strip())

    @property
    def actions(self) -> Mapping[str, Action]:
        """What can be asked for after a slash, by name."""
        around, dialogue, session = self._surroundings, self._dialogue, self._session
        return {
            **Prompting(session, dialogue, around).actions,
            **SessionReading(session, dialogue).actions,
            **GoingBack(session, dialogue, around.local_time).actions,
            **KeptSessions(around.shelf, dialogue, around.local_time, session.id).actions,
            **{name: self._reading(name) for name in READINGS},
            **self._own_actions,
        }

    @property
    def _own_actions(self) -> Mapping[str, Action]:
        return {
            "again": self._again,
            "details": _at_once(self._switch_details),
            "fork": lambda prefix: self._go_to(Opening(prefix, is_copy=True)),
            "help": _at_once(self._help),
            "interrupt": _at_once(self._interrupt_work),
            "key": self._enter_key,
            "mode": self._set_mode,
            "new": lambda model: self._go_to(Opening(model=model)),
            "prompt": self._submit,
            "quit": _at_once(self._quit),
            "resume": self._resume,
            "review": self._review,
            "trust": self._trust,
            "write": self._write,
        }

    def _reading(self, name: str) -> Action:
        async def read(words: str) -> None:
            if name not in self._surroundings.readings:
                raise UsageError(f"There is nothing to be read of {name} here.")
            self._dialogue.say(await asyncio.to_thread(self._surroundings.readings[name], words))

        return read

    def _quit(self) -> None:
        self._has_left = True

    def _stop_work(self) -> bool:
        """Stop the check that the person runs, or the turn; False where nothing runs."""
        return self._session.tools.stop_check() or self._session.cancel()

    def _interrupt_work(self) -> None:
        self._dialogue.say("Interrupting." if self._stop_work() else "Nothing runs.")

    def _switch_details(self) -> None:
        self._speech.has_details = not self._speech.has_details
        self._dialogue.say(f"Details are {'read out' if self._speech.has_details else 'left out'}.")

    async def _set_mode(self, mode: str) -> None:
        if mode not in list(Mode):
            raise UsageError(f"Say /mode and one of {', '.join(Mode)}.")
        self._session.set_mode(mode)

    def _help(self) -> None:
        if self._deciding:
            self._dialogue.say("While something waits:", *help_lines(ANSWERS))
        self._dialogue.say(*help_lines(COMMANDS), *help_lines({f"/{name}": said for name, said in READINGS.items()}))
        self._dialogue.say("Everything else that you write is a prompt. Control C interrupts, twice it leaves.")

    async def _resume(self, prefix: str) -> None:
        if not prefix:
            raise UsageError("Say /resume and the id of a session; /sessions lists them.")
        await self._go_to(Opening(prefix))

    async def _go_to(self, opening: Opening) -> None:
        """Go to another session; UsageError where that cannot be, and this one goes on."""
        shelf = self._surroundings.shelf
        if shelf is None or shelf.open_session is None:
            raise UsageError("Another session cannot be opened here.")
        if self._session.is_busy:
            raise UsageError("A turn is running; Control C stops it, then another session can be opened.")
        if opening.is_copy and not opening.resumes:
            raise UsageError("Say /fork and the id of a session; /sessions lists them.")
        self._dialogue.say("Opening.")
        session = await asyncio.to_thread(shelf.open_session, opening)
        await self._leave_session()
        self._session, self._deciding = session, None
        self._transcript = fold(Transcript(), of_before(session.events_after(0), session.opened_after))
        self._speech = Speech()
        session.start()
        session.warm_up()
        self._following = asyncio.create_task(self._follow())
        self._dialogue.say(f"This is session {session.id} now. /transcript reads what was said in it.")

    async def _leave_session(self) -> None:
        await self._session.close()
        if self._following is not None:
            await self._following

    async def _again(self, number: str) -> None:
        await self._submit(await self._prompting.prompt(number))

    @property
    def _prompting(self) -> Prompting:
        return Prompting(self._session, self._dialogue, self._surroundings)

    async def _submit(self, prompt: str) -> None:
        if is_key(prompt):
            self._use_key(prompt)
            return
        if not self._session.has_credentials:
            raise UsageError(NO_CREDENTIALS)
        if self._session.is_busy:
            self._dialogue.say("Sent when this turn ends.")
        if prompt:
            await self._prompting.keep(prompt)
            await self._session.submit(prompt)

    async def _write(self, _: str) -> None:
        text = await write_text(self._surroundings.editor, self._dialogue, "")
        if text and text.strip():
            await self._submit(text.strip())

    async def _review(self, _: str) -> None:
        if self._deciding and self._deciding.offer.proposal:
            self._deciding.read_out()
        elif not self._session.waiting_review:
            self._dialogue.say("Nothing waits for a review.")
        else:
            if not self._deciding:
                self._overruled = frozenset()
            await self._review_gathered()

    async def _review_gathered(self) -> None:
        """Read what was gathered; what was said of it already stays where it is still the same."""
        self._dialogue.say("Comparing what was gathered with your files.")
        changeset = await self._session.changeset(self._overruled)
        closed = [file.change.path for file in changeset.files if self._session.is_closed(file.change)]
        offer = await asyncio.to_thread(offer_of_changeset, changeset, closed=closed)
        if self._deciding and self._deciding.offer == offer:
            self._deciding.read_out()
        else:
            self._read_out(offer)

    async def _trust(self, _: str) -> None:
        self._dialogue.say(await self._session.trust())

    async def _enter_key(self, _: str) -> None:
        self._surroundings.secret(True)
        try:
            key = await self._dialogue.ask("Type the key; it is not shown. An empty line gives none.")
        finally:
            self._surroundings.secret(False)
        if key:
            self._use_key(key)

    def _use_key(self, key: str) -> None:
        self._session.use_key(key)
        self._dialogue.say("The key is used for this session only; it is not kept.")


def _at_once(carry_out: Callable[[], None]) -> Action:
    """An action of something that waits for nothing and takes no words."""

    async def act(_: str) -> None:
        carry_out()

    return act
