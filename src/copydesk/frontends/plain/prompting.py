"""Owns what can be done beside sending a prompt: earlier prompts, prompts that wait, checks, files in the editor."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from copydesk.domain.errors import UsageError
from copydesk.engine.session import Session
from copydesk.frontends.check_words import consent_text, list_checks
from copydesk.frontends.editors import find_file, open_file
from copydesk.frontends.plain.dialogue import Dialogue
from copydesk.frontends.plain.surroundings import Surroundings
from copydesk.frontends.plain.words import Action

MOST_PROMPTS = 20
"""Earlier prompts that are said at once, the newest."""


@dataclass(frozen=True, slots=True)
class Prompting:
    """The words prompts, unsend, check and open."""

    session: Session
    dialogue: Dialogue
    surroundings: Surroundings

    @property
    def actions(self) -> Mapping[str, Action]:
        """By name."""
        return {"prompts": self.prompts, "unsend": self.unsend, "check": self.check, "open": self.open}

    async def prompts(self, words: str) -> None:
        """Say the earlier prompts that hold these words, the newest last, each with its number."""
        earlier = await self._earlier()
        found = [number for number, text in enumerate(earlier, 1) if words.casefold() in text.casefold()]
        lines = [f"{number}: {' '.join(earlier[number - 1].split())}" for number in found[-MOST_PROMPTS:]]
        self.dialogue.say(*lines or ["There is no such earlier prompt."])

    async def prompt(self, number: str) -> str:
        """The earlier prompt of a number; UsageError where there is none."""
        earlier = await self._earlier()
        if not number.isdecimal() or not 1 <= int(number) <= len(earlier):
            raise UsageError("Say /again and the number of an earlier prompt; /prompts lists them.")
        return earlier[int(number) - 1]

    async def keep(self, prompt: str) -> None:
        """Remember a prompt that is sent."""
        if self.surroundings.prompts is not None:
            await asyncio.to_thread(self.surroundings.prompts.add, prompt)

    async def unsend(self, _: str) -> None:
        """Take back the last prompt that waits."""
        prompt = self.session.take_back()
        self.dialogue.say("No prompt waits." if prompt is None else f"Taken back: {prompt}")

    async def check(self, name: str) -> None:
        """Run a check, once it is agreed to; without a name, say which there are."""
        tools = self.session.tools
        if not name:
            self.dialogue.say(list_checks(tools.checks))
            return
        check = tools.find_check(name)
        if tools.needs_consent(check) and not await self.dialogue.agrees(f"{consent_text(check)}\nRun it?"):
            self.dialogue.say("Nothing was run.")
            return
        self.dialogue.say(f"Running the check {check.name}. Control C stops it.")
        await self.session.run_check(check)

    async def open(self, words: str) -> None:
        """Open a file in the person's own editor."""
        path, _, line = words.rpartition(" ") if words.rpartition(" ")[2].isdecimal() else (words, "", "1")
        editor = self.surroundings.editor
        file = await asyncio.to_thread(find_file, editor.command, path)
        self.dialogue.say("Your editor is open.")
        with editor.lent():
            await asyncio.to_thread(open_file, editor.command, file, int(line))
        self.dialogue.say("Your editor is closed.")

    async def _earlier(self) -> list[str]:
        prompts = self.surroundings.prompts
        return list(await asyncio.to_thread(prompts.load)) if prompts is not None else []
