"""Owns the start of the accessible mode: the same session as the screen's, and the terminal as it is."""

import argparse
import asyncio
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from copydesk.assembly.place import Place
from copydesk.assembly.shelf import save_export, shelf_of
from copydesk.frontends.opening import Opening
from copydesk.frontends.plain.desk import PlainDesk
from copydesk.frontends.plain.dialogue import Dialogue
from copydesk.frontends.plain.surroundings import Prompts, Shelf, Surroundings
from copydesk.frontends.plain.writing import Editor
from copydesk.frontends.tui.prompt.prompts import FilePrompts
from copydesk.frontends.verbs.history import Output
from copydesk.launch.editor import editor_command
from copydesk.launch.screen import Wanted, find_wanted, make_session, options_for, refuse_options_of_run
from copydesk.launch.surroundings import Told, settings_of
from copydesk.launch.terminal import find_words, local_time, silence, write_text
from copydesk.launch.typed_lines import TypedLines
from copydesk.launch.upkeep import look_after_history

if TYPE_CHECKING:
    from copydesk.engine.session import Session

TERMINATED = 143
Reader = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Seat:
    """What a sitting begins with."""

    make: Callable[[], "Session"]
    """Opens the first session; blocking."""
    place: Place
    environment: Mapping[str, str]
    prompt: str = ""
    open_session: "Callable[[Opening], Session] | None" = None
    """Opens another one; blocking."""
    readings: Mapping[str, Reader] | None = None
    prompts: Prompts | None = None


def run_accessible(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Sit at a session with plain text; gives the exit code."""
    refuse_options_of_run(options)
    wanted = find_wanted(options, environment)
    names: list[str] = []

    def make(of: Wanted) -> "Session":
        session = make_session(of)
        names.append(session.id)
        return session

    def open_other(opening: Opening) -> "Session":
        return make(find_wanted(options_for(options, opening), environment))

    seat = Seat(partial(make, wanted), wanted.place, environment, find_words(options), open_other)
    seat = replace(seat, readings=readings(wanted), prompts=FilePrompts(wanted.place.state.prompts))
    code = asyncio.run(sit(seat))
    if not options.no_session:
        say(f"The session is kept: copydesk --accessible --resume {names[-1]}\n")
    look_after_history(wanted.place, wanted.config)
    return code


async def sit(seat: Seat) -> int:
    """Open a session and stay until the person leaves; gives the exit code."""
    dialogue = Dialogue(say, time.monotonic)
    dialogue.say("copydesk, accessible mode. The session is being opened.")
    session = await asyncio.to_thread(seat.make)
    session.start()
    session.warm_up()
    typed = TypedLines(sys.stdin.fileno(), dialogue.hear, dialogue.end)
    desk = PlainDesk(session, dialogue, surroundings(seat, typed))
    codes: list[int] = []

    def terminate() -> None:
        codes.append(TERMINATED)
        desk.terminate()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, desk.interrupt)
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, terminate)
    await typed.start()
    await desk.sit()
    typed.stop()
    return codes[0] if codes else 0


def surroundings(seat: Seat, typed: TypedLines) -> Surroundings:
    """What the front end is lent."""
    place = seat.place
    return Surroundings(
        editor=Editor(editor_command(place.root.path, seat.environment), typed.lent),
        local_time=local_time,
        secret=typed.hide,
        readings=seat.readings or {"models": read_models},
        shelf=Shelf(partial(shelf_of, place), partial(save_export, place), seat.open_session),
        prompts=seat.prompts,
        first_prompt=seat.prompt,
    )


def say(text: str) -> None:
    """Write to standard output; where that is gone, work does not stop for it."""
    try:
        write_text(text)
    except OSError:
        silence(sys.stdout)


def readings(wanted: Wanted) -> dict[str, Reader]:
    """What can be read out that is not of the open session."""
    return {
        "models": read_models,
        "sessions": partial(read_sessions, wanted.place),
        "settings": partial(read_settings, wanted),
    }


def read_models(_: str) -> str:
    """The table of models."""
    from copydesk.frontends.verbs.models import run_models

    written: list[str] = []
    run_models(as_json=False, write=written.append)
    return "".join(written)


def read_sessions(place: Place, words: str) -> str:
    """The kept sessions that have these words, the last used one first."""
    from copydesk.frontends.verbs.sessions import list_sessions

    written: list[str] = []
    list_sessions(shelf_of(place), words, Output(written.append, written.append, False), local_time)
    return "".join([*written, "\n/read ID, /resume ID, /fork ID, /export ID FILE and /delete ID take one of them."])


def read_settings(wanted: Wanted, words: str) -> str:
    """What is set, with who set it, where the name has these words."""
    told = Told(wanted.options, wanted.environment, wanted.place)
    settings = [one for one in settings_of(told, wanted.config) if words in one.name]
    return "\n".join(f"{one.name}: {one.value}, set by {one.source}" for one in settings) or "Nothing has that name."
