"""Owns the demo: the real program on a copy of the sandbox, with a tape in place of the network.

Its state lives beside the copy, so nothing of the person's is touched; the copy stays, so that its tests can be run.
"""

import argparse
import asyncio
import shlex
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from copydesk import __version__
from copydesk.arguments import parser_for
from copydesk.assembly.place import Place, missing_git, open_git, open_place
from copydesk.assembly.session import SessionPlan, open_session
from copydesk.config import DEFAULT_MODEL, Config
from copydesk.domain.errors import GitError, UsageError
from copydesk.domain.modes import Mode
from copydesk.domain.tools import ToolVersion
from copydesk.engine.relay import Relay
from copydesk.engine.session import Session
from copydesk.frontends.headless.run import run
from copydesk.frontends.headless.writers import RunOptions
from copydesk.launch.editor import editor_command
from copydesk.launch.model import load_cassette, model_on_tape
from copydesk.launch.request import frame_for
from copydesk.launch.run import run_facts, terminal_streams
from copydesk.launch.terminal import complain, has_colour, is_accessible, is_terminal, refuse_dumb
from copydesk.model.transports import Pause
from copydesk.workspace.git import GitRunner

if TYPE_CHECKING:
    from copydesk.frontends.tui.app import CopydeskApp

_IDENTITY = {"NAME": "", "EMAIL": "@localhost"}
CHECKS = {
    "debug": "python3 -m unittest",
    "refactor": "python3 -m unittest tests.test_cart tests.test_prices",
    "docs": "python3 -m doctest webshop/orders.py",
    "tests": "python3 -m unittest tests.test_orders",
}
"""Scenario → the command by which a person sees that the copy is as it should be now."""
SCREEN_PACE = 0.02
"""Seconds between two events on a screen: a model's own speed, about."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demo plays, and what is played."""

    place: Place
    plan: SessionPlan
    prompt: str
    environment: Mapping[str, str]


def run_demo(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Play the demo: on a terminal in the screen, else without one; gives the exit code."""
    if options.review:
        from copydesk.launch.demo_review import review_demo

        return review_demo(options, environment)
    is_sitting = not options.run and options.output_format == "text"
    is_plain = is_sitting and is_accessible(options, environment)
    is_screen = is_plain or (is_sitting and is_terminal())
    if is_screen and not is_plain:
        refuse_dumb(environment)
    stage = set_stage(options, environment, is_screen=is_screen)
    complain(f"The demo plays on a copy in {stage.place.root.path}")
    if is_plain:
        from copydesk.launch.accessible import Seat, sit

        seat = Seat(partial(open_session, stage.place, stage.plan), stage.place, environment, stage.prompt)
        return asyncio.run(sit(seat))
    if is_screen:
        from copydesk.frontends.tui.app import run_app

        return run_app(make_app(stage), complain)
    written = RunOptions(
        output=options.output_format,
        shows_diff=True,
        has_colour=has_colour(options.color),
        is_verbose=options.verbose,
        rollback=_rollback(stage.place),
    )
    code = asyncio.run(_without_screen(stage, written))
    complain(f"Try it: cd {shlex.quote(stage.place.root.path)} && {CHECKS[options.scenario]}")
    return code


def set_stage(options: argparse.Namespace, environment: Mapping[str, str], *, is_screen: bool) -> Stage:
    """Copy the sandbox, and put in the tape that fits the model's tool version."""
    git = open_git(environment)
    if reason := missing_git(git):
        raise UsageError(f"{reason} Install git to play the demo.")
    folder = prepare_copy(options.keep, git)
    place = open_place(str(folder / "webshop"), {**environment, "COPYDESK_STATE_DIR": str(folder / "state")})
    frame, profile = frame_for(model_options(options), Config(model=options.model or DEFAULT_MODEL))
    tape = load_cassette(data_folder("fixtures/cassettes") / tape_name(options.scenario, profile.tool_version))
    relay = Relay(place.root if is_screen else None)
    pause: Pause | None = partial(asyncio.sleep, SCREEN_PACE) if is_screen else None
    plan = SessionPlan(
        frame=frame,
        model=model_on_tape(tape, pause, relay.notice, place.circumstances),
        mode=Mode.ASK if is_screen else Mode.ACCEPT,
        config=Config(),
        relay=relay,
        is_interactive=is_screen,
    )
    return Stage(place, plan, tape.prompts[0], environment)


def tape_name(scenario: str, version: ToolVersion) -> str:
    """The cassette of a scenario; one of them also shows how an edit is taken back, where the tool can."""
    return "debug-undo.json" if scenario == "debug" and version.can_undo else f"{scenario}.json"


async def _without_screen(stage: Stage, options: RunOptions) -> int:
    session = open_session(stage.place, stage.plan)
    session.start()
    facts = await run_facts(stage.place, stage.plan, session)
    return await run(session, stage.prompt, facts, options, terminal_streams(stage.place.circumstances))


def _rollback(place: Place) -> str:
    """The command that finds the demo's own state and workspace."""
    state, root = shlex.quote(str(place.state.home)), shlex.quote(place.root.path)
    return f"COPYDESK_STATE_DIR={state} copydesk rollback --root {root}"


def make_app(stage: Stage) -> "CopydeskApp":
    """The screen with the demo in it, ready to run."""
    from copydesk.frontends.tui.app import CopydeskApp
    from copydesk.frontends.tui.facts import Facts

    place, plan = stage.place, stage.plan

    async def opened(_: Callable[[Facts], None]) -> Session:
        session = await asyncio.to_thread(open_session, place, plan)
        session.start()
        plan.model.prepare()
        return session

    parameters = plan.frame.parameters
    facts = Facts(place.name, str(parameters.body["model"]), parameters.tool_version.type, str(plan.mode), __version__)
    editor = editor_command(place.root.path, stage.environment)
    return CopydeskApp(opened, facts._replace(is_demo=True, first_prompt=stage.prompt, editor=editor))


def prepare_copy(keep: str | None, git: GitRunner) -> Path:
    """Copy the sandbox into a new folder and make it a git repository."""
    if keep is None:
        folder = Path(tempfile.mkdtemp(prefix="copydesk-demo-"))
    else:
        folder = Path(keep).absolute()
        if folder.exists():
            raise UsageError(f"{folder} exists already; --keep takes the name of a new directory.")
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise UsageError(f"{folder} cannot be made: {error.strerror}.") from error
    workspace = folder / "webshop"
    shutil.copytree(data_folder("sandbox"), workspace, ignore=shutil.ignore_patterns("__pycache__"))
    make_repository(workspace, git)
    return folder


def make_repository(workspace: Path, git: GitRunner) -> None:
    """Commit the copy to a git repository of its own; where git fails it is played in a plain directory."""
    identity = {f"GIT_{who}_{what}": f"demo{at}" for who in ("AUTHOR", "COMMITTER") for what, at in _IDENTITY.items()}
    place = {"GIT_DIR": str(workspace / ".git"), "GIT_WORK_TREE": str(workspace), **identity}
    steps = (
        ("init", "--quiet", "--initial-branch=main", "--template="),
        ("add", "--all"),
        ("commit", "--quiet", "--message=The shop as it is"),
    )
    with suppress(GitError):
        for step in steps:
            git.run(("-C", str(workspace), *step), place)


def data_folder(name: str) -> Path:
    """The demo's data: inside the installed package, or in the clone that it runs from."""
    packaged = Path(__file__).parents[1] / "_data" / Path(name).name
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / name


def model_options(options: argparse.Namespace) -> argparse.Namespace:
    """The demo's options as a run without any of its own would have them."""
    return parser_for("run").parse_args(["--model", options.model or DEFAULT_MODEL])
