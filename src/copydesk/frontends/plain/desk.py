"""Owns the accessible mode: follows a session, says what happens, and carries out the words that are typed.

It is one of the readers of the session, like the screen; it decides nothing, and it sets no timer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from copydesk.domain.decisions import Decision
from copydesk.domain.errors import CopydeskError, UsageError
from copydesk.domain.events import ApprovalRequested, Envelope, TurnFinished
from copydesk.domain.policies import Mode
from copydesk.domain.rules import RuleScope, Verdict
from copydesk.domain.transcript import Transcript, fold
from copydesk.engine.session import Session
from copydesk.frontends.plain.deciding import GONE, WORDS, Deciding
from copydesk.frontends.plain.dialogue import Dialogue, Line
from copydesk.frontends.plain.going_back import GoingBack
from copydesk.frontends.plain.offer import Offer, offer_of
from copydesk.frontends.plain.speech import Speech
from copydesk.frontends.plain.writing import Editor, write_text
from copydesk.frontends.present import is_key, usage_line

COMMANDS = {
    "/help": "every word",
    "/prompt TEXT": "a prompt, also while something waits for your decision",
    "/write": "write a prompt of several lines",
    "/review": "read again what waits, or begin the review of what was gathered",
    "/history": "what was changed here, newest first",
    "/rollback ID [FILE]": "go back to before a step, in one file only if you name it; last for the newest",
    "/redo [ID]": "take a rollback back",
    "/rewind TURN": "cut the conversation back to before a turn, with the files or without",
    "/commit [MESSAGE]": "commit what was accepted",
    "/mode plan|ask|review|accept": "what becomes of edits",
    "/rules": "what is allowed, asked and denied, and by which rule",
    "/allow GLOB": "from now on; /ask and /deny likewise; /revoke ID takes it back",
    "/trust": "give AGENTS.md and CLAUDE.md of this workspace to Claude",
    "/transcript": "read the conversation from its beginning",
    "/details": "read what was thought and what tools answered, or no longer",
    "/cost": "what this session used",
    "/key": "enter an API key for this session; it is not shown",
    "/quit": "leave; the session is kept",
}
NO_CREDENTIALS = "No credentials: /key takes a key for this session, or set ANTHROPIC_API_KEY."
WELCOME = "Write what is to be done, and end the line. /help reads every word. Control C interrupts."


@dataclass(frozen=True, slots=True)
class Reading:
    """Something that can be read out, found by a word."""

    meaning: str
    read: Callable[[], str]
    """Blocking."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the world lends to the accessible mode."""

    editor: Editor
    local_time: Callable[[float], str]
    """Seconds since the epoch as people here write it."""
    secret: Callable[[bool], None]
    """Has the terminal not echo what is typed, or echo it again."""
    readings: Mapping[str, Reading]
    """By the word that asks for each."""
    first_prompt: str = ""


class PlainDesk:
    """One sitting."""

    def __init__(self, session: Session, dialogue: Dialogue, surroundings: Surroundings) -> None:
        self._session = session
        self._dialogue = dialogue
        self._surroundings = surroundings
        self._transcript = fold(Transcript(), session.events_after(0)[: session.opened_after])
        self._speech = Speech()
        self._deciding: Deciding | None = None
        self._asked = asyncio.Event()
        self._has_left = self._is_leaving = False

    async def sit(self) -> None:
        """Follow the session and carry out what is typed, until the person leaves or there is nobody any more."""
        following = asyncio.create_task(self._follow())
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
        await self._session.close()
        await following

    def interrupt(self) -> None:
        """Stop the turn, and answer what is being asked with nothing; twice with no turn leaves."""
        if self._session.cancel():
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
                self._read_out(offer_of(self._transcript.waiting[0]))
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
        self._deciding = Deciding(offer, self._dialogue, self._surroundings.editor, decide)
        self._deciding.read_out()

    async def _decide(self, decision: Decision) -> str:
        offer = self._deciding.offer if self._deciding else None
        return "" if offer and self._session.decide(offer.proposal, decision) else GONE

    async def _decide_review(self, decision: Decision) -> str:
        reviewed = await self._session.decide_review(decision)
        return reviewed.outcome.message

    async def _take(self, line: Line) -> None:
        text = line.text.strip()
        if line.is_broken_off:
            return
        if text.startswith("/") and "/" not in text[1:].split(" ")[0]:
            await self._command(text)
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
        words, back = rest.split(), GoingBack(self._session, self._dialogue, self._surroundings.local_time)
        plain: Mapping[str, Callable[[], Awaitable[None]]] = {
            "prompt": lambda: self._submit(rest.strip()),
            "write": self._write,
            "review": self._review,
            "history": back.history,
            "rollback": lambda: back.rollback(words),
            "redo": lambda: back.redo(words),
            "rewind": lambda: back.rewind(words),
            "commit": lambda: back.commit(rest.strip()),
            "trust": self._trust,
            "key": self._enter_key,
        }
        if name in plain:
            await plain[name]()
        elif name in self._surroundings.readings:
            self._dialogue.say(await asyncio.to_thread(self._surroundings.readings[name].read))
        elif name in list(Verdict) and words:
            await self._session.remember(Verdict(name), words[0], RuleScope.GLOB)
        elif name == "revoke" and words:
            await self._session.forget(words[0])
            self._dialogue.say(f"The rule {words[0]} is gone.")
        else:
            self._say_at_once(name, words)

    def _say_at_once(self, name: str, words: list[str]) -> None:
        """The commands that wait for nothing."""
        match name, words:
            case "help", _:
                self._help()
            case "quit", _:
                self._has_left = True
            case "mode", [mode] if mode in list(Mode):
                self._session.set_mode(mode)
            case "rules", _:
                rules = [f"{rule.verdict} {rule.glob}, {rule.source} {rule.id}".strip() for rule in self._session.rules]
                self._dialogue.say(*rules or ["There are no rules: the mode decides, and what is protected is asked."])
            case "cost", _:
                self._dialogue.say(usage_line(self._transcript) or "Nothing was used yet.")
            case "details", _:
                self._speech.has_details = not self._speech.has_details
                self._dialogue.say(f"Details are {'read out' if self._speech.has_details else 'left out'}.")
            case "transcript", _:
                self._read_transcript()
            case _:
                raise UsageError(f"There is no such command. Commands: {', '.join(COMMANDS)}.")

    def _help(self) -> None:
        if self._deciding:
            self._dialogue.say("While something waits:", *(f"{word}: {meaning}" for word, meaning in WORDS.items()))
        commands = COMMANDS | {f"/{name}": reading.meaning for name, reading in self._surroundings.readings.items()}
        self._dialogue.say(*(f"{word}: {meaning}" for word, meaning in commands.items()))
        self._dialogue.say("Everything else that you write is a prompt. Control C interrupts, twice it leaves.")

    def _read_transcript(self) -> None:
        speech, transcript = Speech(), Transcript()
        for envelope in self._session.events_after(0):
            transcript = fold(transcript, [envelope])
            self._dialogue.say(*speech.lines(envelope.event, transcript))

    async def _submit(self, prompt: str) -> None:
        if is_key(prompt):
            self._use_key(prompt)
            return
        if not self._session.has_credentials:
            raise UsageError(NO_CREDENTIALS)
        if self._session.is_busy:
            self._dialogue.say("Sent when this turn ends.")
        if prompt:
            await self._session.submit(prompt)

    async def _write(self) -> None:
        text = await write_text(self._surroundings.editor, self._dialogue, "")
        if text and text.strip():
            await self._submit(text.strip())

    async def _review(self) -> None:
        if self._deciding:
            self._deciding.read_out()
        elif not self._session.waiting_review:
            self._dialogue.say("Nothing waits for a review.")
        else:
            changeset = await self._session.changeset()
            changes = [file.change for file in changeset.files]
            diffs = tuple(change.diff for change in changes)
            reason = " ".join(conflict.reason for conflict in changeset.conflicts)
            title = f"all that was gathered, in {', '.join(changeset.paths)}"
            is_protected = any(map(self._session.is_closed, changes))
            mark = "some of it needs your own word" * is_protected
            self._read_out(Offer(title, changeset.digest, diffs, reason, mark, is_protected))

    async def _trust(self) -> None:
        self._dialogue.say(await self._session.trust())

    async def _enter_key(self) -> None:
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
