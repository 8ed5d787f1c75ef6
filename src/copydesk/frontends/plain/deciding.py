"""Owns the words with which a person decides about what waits, and asks again where a word could do harm.

It writes nothing itself: what was decided is handed over once, bound to exactly what was said aloud.
"""

from collections.abc import Awaitable, Callable

from copydesk.domain.decisions import Choice, Decision, Weight
from copydesk.domain.errors import UsageError
from copydesk.frontends.plain.dialogue import READING_SECONDS, TOO_QUICK, Dialogue, Line
from copydesk.frontends.plain.marks import Marks
from copydesk.frontends.plain.offer import HOW, Offer, file_lines, found_lines, hunk_lines
from copydesk.frontends.plain.writing import Editor, write_text
from copydesk.frontends.present import plural

CHOICES = {"accept": Choice.ACCEPT, "reject": Choice.REJECT}
GONE = "Nothing was decided: it no longer waits as it was read to you."
Decide = Callable[[Decision], Awaitable[str]]
"""Hands a decision over; gives what is to be said, empty where the events say it."""
Overrule = Callable[[str], Awaitable[None]]
"""Reads everything again, a file in conflict with its proposed lines over what others wrote, or not any more."""


class Deciding:
    """One offer, from when it is read out until it is decided."""

    def __init__(self, offer: Offer, dialogue: Dialogue, editor: Editor, decide: Decide, overrule: Overrule) -> None:
        self.offer = offer
        self.is_over = False
        self._dialogue = dialogue
        self._editor = editor
        self._decide = decide
        self._overrule = overrule
        self._marks = offer.marks
        self._past: list[Marks] = []
        self._future: list[Marks] = []
        self._read_at = 0.0

    def read_out(self) -> None:
        """Say what waits, and how it is answered."""
        self._dialogue.say(*self.offer.lines(), HOW)
        self._read_at = self._dialogue.now

    async def answer(self, line: Line) -> None:
        """Carry out a word about it; UsageError for what is none."""
        word, _, rest = line.text.strip().partition(" ")
        match word.lower():
            case "accept" | "reject" as verb:
                if line.at < self._read_at + READING_SECONDS:
                    self._dialogue.say(TOO_QUICK)
                else:
                    await self._choose(CHOICES[verb], rest.strip())
            case "edit":
                await self._write(rest.strip())
            case "finish":
                await self._finish()
            case "overrule" if rest.strip() in self.offer.overrulable:
                await self._overrule(rest.strip())
            case "overrule":
                raise UsageError("overrule takes a file in conflict of which single lines contradict.")
            case "later" if not self.offer.proposal:
                self.is_over = True
                self._dialogue.say("It goes on waiting; nothing was applied.")
            case word:
                self._answer_at_once(word, rest.strip())

    def _answer_at_once(self, word: str, rest: str) -> None:
        """The words that wait for nothing."""
        match word:
            case "comment":
                self._comment(rest)
            case "split":
                number, _, row = rest.partition(" ")
                before = int(row) if row.strip().isdecimal() else None
                self._take(self._marks.splitting(self._number(number), before))
                self._dialogue.say(*hunk_lines(self._marks))
            case "drop":
                self._take(self._marks.dropping(rest))
                self._dialogue.say(f"{rest} will be let go of; finish carries it out.")
            case "show":
                self._show(rest)
            case "files":
                self._dialogue.say(*file_lines(self._marks))
            case "find" if rest:
                self._dialogue.say(*[*found_lines(self._marks, rest)] or [f"No line of it holds {rest}."])
            case "undo" | "redo":
                self._step(word, rest)
            case _:
                raise UsageError(f"Something waits for your decision. {HOW} A prompt for later: /prompt and the words.")

    async def _choose(self, choice: Choice, rest: str) -> None:
        numbers, words = numbers_in(rest)
        if path := next((path for path in self._marks.paths if f"{rest} ".startswith(f"{path} ")), ""):
            numbers, words = self._marks.numbers_of(path), rest.removeprefix(path).strip()
        if numbers:
            self._take(self._marks.marking(numbers, choice, note=words))
            self._say_marks()
        elif not self._marks.is_silent:
            raise UsageError("You spoke of single hunks. Say finish to carry that out, or undo all to forget it.")
        elif choice is Choice.REJECT:
            await self._hand_over(self._marks.whole(self.offer.digest, accepted=False, note=words))
        elif words:
            raise UsageError("accept takes numbers of hunks or a file, and nothing else. Nothing was decided.")
        elif await self._is_sure():
            await self._hand_over(self._marks.whole(self.offer.digest, accepted=True))

    async def _finish(self) -> None:
        if self._marks.is_silent and not self._marks.dropped:
            raise UsageError("Nothing was said of single hunks yet; accept or reject speaks of everything.")
        left = f" {plural(len(self._marks.open), 'hunk')} of which nothing was said will be rejected."
        rejects = f" and rejects {self._marks.refused}" if self._marks.refused else ""
        said = f"This applies {plural(self._marks.taken, 'hunk')}{rejects}.{left if self._marks.open else ''}"
        if await self._dialogue.agrees(said) and (not self._marks.taken or await self._is_sure()):
            await self._hand_over(self._marks.decision(self.offer.digest))
        else:
            self._dialogue.say("Nothing was decided.")

    async def _is_sure(self) -> bool:
        """What is protected takes a second word."""
        if not self.offer.is_protected:
            return True
        sure = await self._dialogue.agrees(f"Protected ({self.offer.mark}). Is it really to be accepted?")
        if not sure:
            self._dialogue.say("Nothing was decided.")
        return sure

    async def _hand_over(self, decision: Decision) -> None:
        said = await self._decide(decision)
        self.is_over = True
        self._dialogue.say(*[said] * bool(said))

    async def _write(self, place: str) -> None:
        """Have a hunk, or a whole file, written anew."""
        if place in self._marks.paths:
            before, what = self._whole(place), "file"
        else:
            number = self._number(place)
            part = self._marks.part(number)
            if not part.hunk:
                raise UsageError("This file has no hunk that could be written anew; accept or reject it.")
            before, what = "".join(part.shown.new_texts), "hunk"
        text = await write_text(self._editor, self._dialogue, before)
        if text is None or text == before:
            self._dialogue.say(f"The {what} is as it was; nothing was said of it.")
            return
        text = text.replace("\r\n", "\n")
        marks = self._marks
        self._take(marks.rewriting(place, text) if what == "file" else marks.marking([number], Choice.EDIT, text=text))
        self._dialogue.say(f"Instead of the {what}'s new lines:", *(f"+ {line}" for line in text.splitlines()))
        self._say_marks()

    def _whole(self, path: str) -> str:
        """All of a file as it would be; UsageError where that is no text."""
        if path not in self.offer.texts:
            raise UsageError(f"{path} is no text that could be read or written as a whole.")
        return self._marks.rewritten.get(path, self.offer.texts[path])

    def _show(self, rest: str) -> None:
        if rest in self._marks.paths:
            self._dialogue.say(f"{rest} as it would be:", *self._whole(rest).splitlines())
        elif rest:
            self._dialogue.say(*hunk_lines(self._marks, self._number(rest)))
        elif self._marks.parts == self.offer.marks.parts:
            self._dialogue.say(*self.offer.lines())
        else:
            self._dialogue.say(*hunk_lines(self._marks))

    def _comment(self, rest: str) -> None:
        first, _, more = rest.partition(" ")
        weight = Weight(first) if first in list(Weight) else Weight.MUST
        rest = more.strip() if first in list(Weight) else rest
        is_old = rest.startswith("old ")
        place, _, text = rest.removeprefix("old ").strip().partition(" ")
        self._take(self._marks.remarking(place, text.strip(), weight, is_old=is_old))
        self._dialogue.say(f"Kept for Claude, {weight}: {text.strip()}")

    def _take(self, marks: Marks) -> None:
        """Go on with these, so that the step can be taken back."""
        self._past.append(self._marks)
        self._future.clear()
        self._marks = marks

    def _step(self, word: str, rest: str) -> None:
        if word == "undo" and rest == "all":
            self._take(self._marks.without())
        else:
            course, other = (self._past, self._future) if word == "undo" else (self._future, self._past)
            if not course:
                raise UsageError(f"There is nothing to {word}.")
            other.append(self._marks)
            self._marks = course.pop()
        self._say_marks()

    def _say_marks(self) -> None:
        said = [f"{number} {one.choice}" for number, one in sorted(self._marks.said.items())]
        said += [f"{path} rewritten" for path in self._marks.rewritten]
        left = ", ".join(map(str, self._marks.open))
        has_said = f"So far: {', '.join(said)}." if said else "Nothing is said of any hunk now."
        self._dialogue.say(f"{has_said} {f'Open: {left}.' if left else 'None is open.'} finish carries it out.")

    def _number(self, text: str) -> int:
        if text.isdecimal():
            return int(text)
        if not text and len(self._marks.parts) == 1:
            return 1
        raise UsageError("Name the hunk by its number or the file by its path, such as: edit 1.")


def numbers_in(text: str) -> tuple[list[int], str]:
    """The numbers at the beginning, apart by blanks or commas, and the words after them."""
    words = text.replace(",", " ").split() if text[:1].isdecimal() else []
    numbers: list[int] = []
    for word in words:
        if not word.isdecimal():
            break
        numbers.append(int(word))
    rest = text.strip()
    for _ in numbers:
        rest = rest.lstrip(" ,").partition(" ")[2] if " " in rest.lstrip(" ,") else ""
    return numbers, rest.strip()
