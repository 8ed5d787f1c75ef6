"""Owns what the model is given beside a prompt: where it is, trusted instruction files, and mentioned files."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from copydesk.changes.gate import Gate
from copydesk.domain.errors import PathRefused
from copydesk.domain.messages import Block
from copydesk.domain.policies import Action, ActionKind, Verdict
from copydesk.domain.proposals import FileImage
from copydesk.engine.attention import Attention
from copydesk.engine.mentions import instruction_texts, mention_texts


@dataclass(frozen=True, slots=True)
class PromptContext:
    """Collects the blocks that go in with a prompt."""

    attention: Attention
    gate: Gate
    real_path: Callable[[str], str]
    """Gives a path without links, relative to the root; raises PathRefused."""
    describe: Callable[[], str]
    """Says in a line where the session runs; may ask git, so it is called in a thread."""
    trusts_instructions: Callable[[], bool]
    """Reads files, so it is called in a thread."""
    is_interactive: bool
    """A person writes the prompts, so that naming a file is consent to read it."""
    attached: list[Block] = field(default_factory=list)
    """What the person attached to the next prompt, and to no other."""

    async def __call__(self, prompt: str, is_first: bool) -> tuple[list[str | Block], list[str]]:
        """What goes in with a prompt, and sentences about what was attached or could not be taken in."""
        blocks: list[str | Block] = []
        if is_first:
            blocks.append(await asyncio.to_thread(self.describe))
            if await asyncio.to_thread(self.trusts_instructions):
                blocks += await instruction_texts(self._read)
        mentioned, problems = await mention_texts(prompt, self._read)
        attached = self.attached.copy()
        self.attached.clear()
        return [*blocks, *mentioned, *attached], [*attached_sentences(attached), *problems]

    async def _read(self, path: str) -> FileImage | None:
        """What a person names may be read unless it is denied; without one, what has to be asked may not."""
        real = await asyncio.to_thread(self.real_path, path)
        ruling = self.gate.policy.rule_on(Action(ActionKind.VIEW, real))
        if ruling.verdict is Verdict.DENY or (ruling.verdict is Verdict.ASK and not self.is_interactive):
            raise PathRefused(ruling.reason)
        return await asyncio.to_thread(self.attention.read, real)


def attached_sentences(blocks: Iterable[Block]) -> list[str]:
    """What was attached, for the person and for every export of the session: each file's own sentence."""
    return [f"Attached: {block['text'].removesuffix(':')}." for block in blocks if block["type"] == "text"]
