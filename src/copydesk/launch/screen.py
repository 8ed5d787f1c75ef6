"""Owns the start of the screen: painted first; the session, the SDK and the hints of git come after.

What the screen does not need for its first paint is imported only when the session is opened.
"""

import argparse
import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from copydesk import __version__
from copydesk.arguments import parser_for
from copydesk.assembly.place import Place, configure, missing_git, open_place
from copydesk.config import Config, StateHome
from copydesk.domain.errors import UsageError
from copydesk.domain.policies import SELECTABLE, Mode
from copydesk.engine.frame import Frame
from copydesk.frontends.tui.app import CopydeskApp, run_app
from copydesk.frontends.tui.facts import EditorCommand, Facts
from copydesk.frontends.tui.prompts import FilePrompts
from copydesk.launch.request import flags_config, frame_for
from copydesk.launch.terminal import find_words, forbid_colour, is_terminal
from copydesk.launch.upkeep import look_after_history
from copydesk.launch.warming import load_ahead, resume_collection

if TYPE_CHECKING:
    from copydesk.engine.session import Session

QUIET_SECONDS = 0.8
"""Between the first paint and the loading of the SDK, which makes typing stutter: the first keys are echoed before."""

DEFAULT_MODE = Mode.ASK
OF_RUN = ("max_time", "expect_changes", "output_format", "include_partial_messages", "commit", "commit_anyway")
"""Options that mean nothing where a person stays; the parser takes them because of `-p`."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was found out of the options before the first paint."""

    options: argparse.Namespace
    environment: Mapping[str, str]
    place: Place
    config: Config
    frame: Frame
    model: str
    """As the person names it."""


Learn = Callable[[Facts], None]
"""Shows facts that were found out after the first paint; on the loop's thread."""


def run_screen(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Open the screen; what is wrong with the options is said before it is painted."""
    refuse_options_of_run(options)
    if not is_terminal():
        raise UsageError("The screen needs a terminal; `copydesk run` (or -p) carries out a task without one.")
    if options.color == "never":
        forbid_colour()
    wanted = find_wanted(options, environment)
    code = run_app(make_app(wanted))
    look_after_history(wanted.place, wanted.config)
    return code


def refuse_options_of_run(options: argparse.Namespace) -> None:
    """UsageError where an option is set that the screen would ignore."""
    unset = parser_for("").parse_args([])
    given = [name for name in OF_RUN if getattr(options, name) != getattr(unset, name)]
    if given:
        raise UsageError(f"--{given[0].replace('_', '-')} goes with `copydesk run` or -p, not with the screen.")


def find_wanted(options: argparse.Namespace, environment: Mapping[str, str]) -> Wanted:
    """What the options and the files say; a session goes on with the model that it began with."""
    place = open_place(options.root, environment)
    flags, trusts = flags_config(options), options.trust
    config = configure(place, flags, environment, options.config, DEFAULT_MODE, trusts=trusts, modes=SELECTABLE)
    if options.continues or options.resume:
        from copydesk.launch.run import with_recorded_model

        config = with_recorded_model(place, options, config)
    frame, profile = frame_for(options, config)
    return Wanted(options, environment, place, config, frame, profile.requested)


def make_app(wanted: Wanted) -> CopydeskApp:
    """The screen of a workspace, ready to run."""
    place, frame = wanted.place, wanted.frame
    facts = Facts(
        place.name,
        wanted.model,
        frame.parameters.tool_version.type,
        str(wanted.config.mode),
        __version__,
        price=frame.price_note,
        first_prompt=find_words(wanted.options) or None,
        editor=editor_command(place, wanted.environment),
    )

    async def opened(learn: Learn) -> "Session":
        session = await asyncio.to_thread(make_session, wanted)
        session.start()
        resume_collection()
        aside.extend([asyncio.ensure_future(warm_up(session)), asyncio.ensure_future(show_hints(learn))])
        return session

    async def warm_up(session: "Session") -> None:
        await asyncio.sleep(QUIET_SECONDS)
        await asyncio.to_thread(load_ahead)
        session.warm_up()

    async def show_hints(learn: Learn) -> None:
        learn(await asyncio.to_thread(with_hints, place, facts))

    aside: list[asyncio.Future[None]] = []
    """Kept, since the loop itself holds a task only weakly."""

    return CopydeskApp(opened, facts, FilePrompts(place.state.prompts))


def editor_command(place: Place, environment: Mapping[str, str]) -> EditorCommand:
    """The editor that the person named, started where the workspace is."""
    line = environment.get("VISUAL") or environment.get("EDITOR") or ""
    return EditorCommand(line, place.root.path, environment)


def make_session(wanted: Wanted) -> "Session":
    """Join a session for a person; without credentials one is made that asks for a key."""
    from copydesk.assembly.session import open_session
    from copydesk.assembly.trust import trust_instructions
    from copydesk.engine.relay import Relay
    from copydesk.launch.model import find_credentials_of, model_for
    from copydesk.launch.run import session_plan
    from copydesk.model.failures import CredentialsMissing
    from copydesk.model.providers import NO_CREDENTIALS

    options, place = wanted.options, wanted.place
    StateHome(place.state.home).ensure()
    if options.trust:
        trust_instructions(place)
    relay = Relay(place.root)
    if reason := missing_git(place.git):
        relay.notice(reason)
    try:
        credentials = find_credentials_of(options, wanted.environment)
    except CredentialsMissing:
        credentials = NO_CREDENTIALS
    model = model_for(options, credentials, relay.notice)
    plan = session_plan(options, wanted.config, wanted.frame, model, relay)
    plan = replace(plan, is_interactive=True, environment=wanted.environment)
    return open_session(place, plan)


def with_hints(place: Place, facts: Facts) -> Facts:
    """Add what git says of the workspace, where there is git and it answers."""
    return replace(facts, branch=place.repository.branch() or "", is_dirty=bool(place.repository.is_dirty()))
