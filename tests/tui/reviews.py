"""Owns how a test sits at the review desk, with offers that it made itself, and reads off what was said."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from copydesk.domain.decisions import Choice, Decision
from copydesk.domain.diffs import diff_images
from copydesk.frontends.tui.review.carrying import Remembered
from copydesk.frontends.tui.review.finish_screen import FinishScreen
from copydesk.frontends.tui.review.offer import Answered, Offer, OfferedFile, Review
from copydesk.frontends.tui.review.screen import ReviewScreen
from tests.tui.driver import Person, seated
from tests.tui.fake_session import FakeSession

NEARLY_AT_ONCE = 0.01
OLD = "".join(f"line {number}\n" for number in range(1, 61))
NEW = OLD.replace("line 5\n", "five\n").replace("line 30\n", "thirty\n").replace("line 33\n", "more\nthan\n")


def offered(path: str, old: str | None, new: str | None, **more: object) -> OfferedFile:
    before, after = (None if text is None else text.encode() for text in (old, new))
    return OfferedFile(diff_images(path, before, after), old, new, **more)  # type: ignore[arg-type]


TWO_FILES = offered("a.txt", OLD, NEW), offered("b.py", "one\ntwo\n", "one\nzwei\n")
"""Two hunks and one; the second has two stretches that change."""


@dataclass
class Desk:
    """A review, with the answers that a test gives, and what was decided."""

    person: Person
    screen: ReviewScreen
    memory: Remembered
    answers: list[Answered] = field(default_factory=list)
    """What comes of the next decisions; without one each is settled."""
    decisions: list[Decision] = field(default_factory=list)
    left_with: list[str | None] = field(default_factory=list)

    async def decide(self, decision: Decision) -> Answered:
        self.decisions.append(decision)
        return self.answers.pop(0) if self.answers else Answered(True, "applied")

    async def read(self) -> None:
        """Look for as long as it takes until a key may accept."""
        await self.person.until(lambda: getattr(self.person.screen, "is_armed", False), "to have read")

    async def press(self, *keys: str) -> None:
        """Press keys, each after what it is about has been read."""
        for key in keys:
            if isinstance(self.person.screen, ReviewScreen | FinishScreen):
                await self.read()
            await self.person.press(key)

    async def until_decided(self) -> Decision:
        await self.person.until(lambda: bool(self.decisions), "for a decision")
        return self.decisions[-1]

    @property
    def chosen(self) -> dict[str, str]:
        """Path and hunk of every part of which something was said, and what."""
        signs = {Choice.ACCEPT: "✓", Choice.REJECT: "✗", Choice.EDIT: "✎"}
        answers = self.screen.state.answers
        return {f"{part.path} {part.hunk}": signs[answers[part].choice] for part in sorted(answers)}


@asynccontextmanager
async def at_the_desk(
    *files: OfferedFile,
    size: tuple[int, int] = (80, 24),
    memory: Remembered | None = None,
    arming_seconds: float = NEARLY_AT_ONCE,
) -> AsyncIterator[Desk]:
    """Have these files reviewed."""
    async with seated(FakeSession(), size=size) as person:
        yield await begun(person, files, memory or Remembered(), arming_seconds)


async def begun(
    person: Person, files: Sequence[OfferedFile], memory: Remembered, arming_seconds: float = NEARLY_AT_ONCE
) -> Desk:
    """Open a review of these files over whatever is there."""

    async def edit(text: str, name: str) -> str:
        return text.upper()

    async def decide(decision: Decision) -> Answered:
        return await desk.decide(decision)

    offer = Offer('turn 1  "fix it"', "d1", tuple(files) or TWO_FILES, "In mode ask each edit is shown first.")

    async def look() -> Offer:
        return replace(offer, digest="d2")

    screen = ReviewScreen(Review("subject", offer, decide, edit, look), memory, arming_seconds)
    desk = Desk(person, screen, memory)
    person.app.push_screen(screen, desk.left_with.append)
    await person.until(lambda: person.screen is screen, "for the review")
    await person.until_seen("review")
    return desk
