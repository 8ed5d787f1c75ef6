"""Owns the start of the accessible mode: the same session as the screen's, and the terminal as it is."""

import argparse
import asyncio
import signal
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from copydesk.assembly.place import Place
from copydesk.config import WorkspaceState
from copydesk.frontends.plain.desk import PlainDesk, Reading, Surroundings
from copydesk.frontends.plain.dialogue import Dialogue
from copydesk.frontends.plain.writing import Editor
from copydesk.launch.editor import editor_command
from copydesk.launch.screen import find_wanted, make_session, refuse_options_of_run
from copydesk.launch.terminal import find_words, local_time, silence, write_text
from copydesk.launch.typed_lines import TypedLines
from copydesk.launch.upkeep import look_after_history

if TYPE_CHECKING:
    from copydesk.engine.session import Session

TERMINATED = 143


def run_accessible(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Sit at a session with plain text; gives the exit code."""
    refuse_options_of_run(options)
    wanted = find_wanted(options, environment)
    names: list[str] = []

    def make() -> "Session":
        session = make_session(wanted)
        names.append(session.id)
        return session

    code = asyncio.run(sit(make, wanted.place, environment, find_words(options)))
    if not options.no_session:
        say(f"The session is kept: copydesk --accessible --resume {names[0]}\n")
    look_after_history(wanted.place, wanted.config)
    return code


async def sit(make: Callable[[], "Session"], place: Place, environment: Mapping[str, str], prompt: str = "") -> int:
    """Open a session and stay until the person leaves; gives the exit code."""
    dialogue = Dialogue(say, time.monotonic)
    dialogue.say("copydesk, accessible mode. The session is being opened.")
    session = await asyncio.to_thread(make)
    session.start()
    session.warm_up()
    typed = TypedLines(sys.stdin.fileno(), dialogue.hear, dialogue.end)
    editor = Editor(editor_command(place.root.path, environment), typed.lent)
    desk = PlainDesk(session, dialogue, Surroundings(editor, local_time, typed.hide, readings(place.state), prompt))
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


def say(text: str) -> None:
    """Write to standard output; where that is gone, work does not stop for it."""
    try:
        write_text(text)
    except OSError:
        silence(sys.stdout)


def readings(state: WorkspaceState) -> dict[str, Reading]:
    """What can be read out that is not of this session."""
    return {
        "models": Reading("what is known of every model, with prices", read_models),
        "sessions": Reading("the sessions of this workspace, newest first", lambda: read_sessions(state)),
    }


def read_models() -> str:
    """The table of models."""
    from copydesk.frontends.verbs.models import run_models

    written: list[str] = []
    run_models(as_json=False, write=written.append)
    return "".join(written)


def read_sessions(state: WorkspaceState) -> str:
    """The recorded sessions by their ids, with the time of their last word."""
    journals = sorted(state.sessions.glob("*.jsonl"), key=lambda path: path.stat().st_mtime, reverse=True)
    lines = [f"{path.stem}: last used {local_time(path.stat().st_mtime)}" for path in journals]
    return "\n".join([*lines, "copydesk --accessible --resume ID goes on with one."])
