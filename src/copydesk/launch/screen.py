"""Owns the start of the screen: painted first; the session, the SDK and the hints of git come after.

What the screen does not need for its first paint is imported only when the session is opened.
"""

import argparse
import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from copydesk import __version__
from copydesk.arguments import parser_for
from copydesk.assembly.place import Place, configure, missing_git, open_place
from copydesk.config import DEFAULT_MODEL, Config, StateHome
from copydesk.domain.errors import UsageError
from copydesk.domain.modes import SELECTABLE, Mode
from copydesk.frontends.present import plural
from copydesk.frontends.tui.facts import Facts
from copydesk.frontends.tui.prompt.prompts import FilePrompts
from copydesk.frontends.tui.surroundings import Opening
from copydesk.launch.editor import editor_command
from copydesk.launch.flags import asks_of_model, flags_config
from copydesk.launch.mishaps import keep_trace
from copydesk.launch.surroundings import Told, surroundings_of
from copydesk.launch.terminal import complain, find_words, is_terminal, refuse_dumb, settle_colour
from copydesk.launch.upkeep import look_after_history
from copydesk.launch.warming import load_ahead, resume_collection

if TYPE_CHECKING:
    from copydesk.domain.messages import Block
    from copydesk.engine.frame import Frame
    from copydesk.engine.session import Session
    from copydesk.frontends.tui.app import CopydeskApp
    from copydesk.model.profiles import ModelProfile

QUIET_SECONDS = 0.8
"""Between the first paint and the loading of the SDK, which makes typing stutter: the first keys are echoed before."""

DEFAULT_MODE = Mode.ASK
OF_RUN = (
    *("max_time", "output_format", "include_partial_messages", "commit", "commit_anyway"),
    *("expect_changes", "decisions", "check", "check_command", "fix_rounds"),
    *("propose", "include_secrets", "patch", "predictions", "instance_id"),
)
"""Options that mean nothing where a person stays; the parser takes them because of `-p`."""


@dataclass(frozen=True)
class Wanted:
    """What was found out of the options before the first paint."""

    options: argparse.Namespace
    environment: Mapping[str, str]
    place: Place
    config: Config

    @property
    def model(self) -> str:
        """As the person names it."""
        return self.config.model or DEFAULT_MODEL

    @property
    def asks_of_model(self) -> bool:
        """Whether what was asked may be refused by the model: it is looked up before the first paint then."""
        return asks_of_model(self.options, self.config)

    @cached_property
    def _requests(self) -> "tuple[Frame, ModelProfile]":
        """Loads what is known of the models."""
        from copydesk.launch.request import frame_for

        return frame_for(self.options, self.config)

    @property
    def frame(self) -> "Frame":
        """What every request carries, or a UsageError for what the model does not take."""
        return self._requests[0]

    @cached_property
    def attached(self) -> "tuple[Block, ...]":
        """What goes in with the first prompt, or a UsageError for what would not be taken."""
        from copydesk.launch.run import attached_to

        return attached_to(self.options, self._requests[1])


Learn = Callable[[Facts], None]
"""Shows facts that were found out after the first paint; on the loop's thread."""


def run_screen(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Open the screen; what is wrong with the options is said before it is painted."""
    refuse_options_of_run(options)
    if not is_terminal():
        raise UsageError(
            "The screen needs a terminal; `copydesk run` (or -p) carries out a task without one, and --accessible "
            "talks in plain lines."
        )
    refuse_dumb(environment)
    settle_colour(options.color)
    wanted = find_wanted(options, environment)
    from copydesk.frontends.tui.app import run_app

    app = make_app(wanted)
    code = run_app(app, complain)
    if not code and not options.no_session and app.session and app.state.transcript.turn:
        complain(f"{kept_sentence(len(app.session.waiting_review))}: copydesk --resume {app.session.id}")
    look_after_history(wanted.place, wanted.config)
    return code


def kept_sentence(waiting: int) -> str:
    """What is kept of a session that is left: itself, and the files of which edits wait for a review."""
    if not waiting:
        return "The session is kept"
    return f"The session is kept, and so are the edits of {plural(waiting, 'file')} that wait for your review"


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
    if options.continues or options.resume or options.fork:
        from copydesk.launch.run import refuse_held, with_recorded_model

        refuse_held(place, options)
        config = with_recorded_model(place, options, config)
    wanted = Wanted(options, environment, place, config)
    if wanted.asks_of_model:
        # What is wrong is said at the shell; what nobody asked for is always right, and looked up after the paint.
        _ = wanted.frame
    if options.attach:
        _ = wanted.attached
    if options.provider != "anthropic":
        # A key that is typed on the screen is one of Anthropic's own.
        from copydesk.launch.model import find_credentials_of

        find_credentials_of(options, environment)
    return wanted


def make_app(wanted: Wanted) -> "CopydeskApp":
    """The screen of a workspace, ready to run."""
    from copydesk.frontends.tui.app import CopydeskApp

    place, first = wanted.place, first_facts(wanted)
    first = facts_of_model(wanted, first) if wanted.asks_of_model else first

    async def opened(learn: Learn) -> "Session":
        session = await asyncio.to_thread(make_session, wanted)
        facts = facts_of_model(wanted, first)
        learn(facts)
        session.start()
        resume_collection()
        aside.extend([asyncio.ensure_future(warm_up(session)), asyncio.ensure_future(show_hints(learn, facts))])
        return session

    async def warm_up(session: "Session") -> None:
        await asyncio.sleep(QUIET_SECONDS)
        await asyncio.to_thread(load_ahead)
        session.warm_up()

    async def show_hints(learn: Learn, facts: Facts) -> None:
        learn(await asyncio.to_thread(with_hints, place, facts))

    async def open_other(opening: Opening, learn: Learn) -> "Session":
        other = await asyncio.to_thread(find_wanted, options_for(wanted.options, opening), wanted.environment)
        session = await asyncio.to_thread(make_session, other)
        session.start()
        session.warm_up()
        learn(await asyncio.to_thread(with_hints, place, facts_of_model(other, first_facts(other))))
        return session

    aside: list[asyncio.Future[None]] = []
    """Kept, since the loop itself holds a task only weakly."""
    told = Told(wanted.options, wanted.environment, place)
    around = replace(surroundings_of(told, wanted.config), open_session=open_other)
    trace = partial(keep_trace, place.state.home)
    return CopydeskApp(opened, first, FilePrompts(place.state.prompts), around, trace)


def options_for(options: argparse.Namespace, opening: Opening) -> argparse.Namespace:
    """The options of the start, for another session: it has no first prompt, and its own model counts."""
    changes: dict[str, object] = {
        "continues": False,
        "resume": opening.resumes or None,
        "fork": opening.is_copy,
        "model": opening.model or (None if opening.resumes else options.model),
        "prompt": [],
        "prompt_file": None,
        "attach": [],
    }
    return argparse.Namespace(**{**vars(options), **changes})


def first_facts(wanted: Wanted) -> Facts:
    """What is known before the first paint without looking the model up."""
    return Facts(
        wanted.place.name,
        wanted.model,
        "",
        str(wanted.config.mode),
        __version__,
        limits=limits_sentence(wanted.options),
        first_prompt=find_words(wanted.options) or None,
        notifications=wanted.config.notifications or "bell",
        editor=editor_command(wanted.place.root.path, wanted.environment),
    )


def facts_of_model(wanted: Wanted, facts: Facts) -> Facts:
    """Add what is known of the model; UsageError for what it does not take."""
    frame = wanted.frame
    return facts._replace(tool_version=frame.parameters.tool_version.type, price=frame.price_note)


def limits_sentence(options: argparse.Namespace) -> str:
    """What a session may take; empty where there is no limit."""
    steps = f"{options.max_steps} requests a turn" if options.max_steps else ""
    cost = f"${options.max_cost}" if options.max_cost is not None else ""
    said = " and ".join(part for part in (steps, cost) if part)
    return f"At most {said}." if said else ""


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
    model = model_for(options, credentials, relay.notice, place.circumstances)
    plan = session_plan(options, wanted.config, wanted.frame, model, relay)
    plan = replace(plan, is_interactive=True, environment=wanted.environment, attached=wanted.attached)
    return open_session(place, plan)


def with_hints(place: Place, facts: Facts) -> Facts:
    """Add what git says of the workspace, where there is git and it answers."""
    return facts._replace(branch=place.repository.branch() or "", is_dirty=bool(place.repository.is_dirty()))
