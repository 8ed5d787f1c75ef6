"""Owns the start of `run`: everything that can be wrong is found before anything is done."""

import argparse
import asyncio
import shlex
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from copydesk import __version__
from copydesk.assembly.circumstances import Circumstances
from copydesk.assembly.place import Place, configure, missing_git, open_place, require_state
from copydesk.assembly.session import SessionPlan, open_session, recorded_model
from copydesk.assembly.trust import trust_instructions
from copydesk.changes.overlay import Overlay
from copydesk.config import Config
from copydesk.domain.commits import CommitRefused
from copydesk.domain.decision_files import DecisionFile
from copydesk.domain.errors import UsageError
from copydesk.domain.messages import Block
from copydesk.domain.modes import Mode
from copydesk.domain.unified import quoted_path
from copydesk.engine.frame import Frame
from copydesk.engine.journal import require_free
from copydesk.engine.relay import Relay
from copydesk.engine.session import Session
from copydesk.engine.shelf import find_journal
from copydesk.frontends.headless.decided import DecidedBeforehand
from copydesk.frontends.headless.run import run
from copydesk.frontends.headless.summary import without_commands
from copydesk.frontends.headless.wire import RunFacts
from copydesk.frontends.headless.writers import RunOptions, Streams
from copydesk.launch.checking import checks_for
from copydesk.launch.delivering import STANDARD_OUTPUT, Destinations, deliver, destinations_of
from copydesk.launch.flags import flags_config
from copydesk.launch.model import circumstances_of, find_credentials_of, model_for
from copydesk.launch.request import frame_for
from copydesk.launch.terminal import complain, find_prompt, write_text
from copydesk.launch.upkeep import look_after_history
from copydesk.model.client import ClaudeModel
from copydesk.model.profiles import ModelProfile

DEFAULT_MODE = Mode.ACCEPT


def run_headless(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """`run`: everything that can be wrong is found before anything is done."""
    wanted = destinations_of(options, environment)
    place = open_place(options.root, environment)
    config = config_of(options, place, environment)
    refuse_held(place, options)
    decided = decided_beforehand(options.decisions)
    refuse_undecided(config, is_decided=bool(decided), holds_edits=wanted.hold_edits)
    refuse_waiting(place, options, config)
    place = replace(place, circumstances=circumstances_of(options))
    frame, profile = frame_for(options, with_recorded_model(place, options, config))
    attached = attached_to(options, profile)
    checks = checks_for(options, place, config)
    require_repository(place, options, environment)
    require_history(place, config, leaves_record=not options.no_session or options.trust)
    relay = Relay(None)
    model = prepared_model(options, environment, place, relay)
    # Last, since the SDK loads while we wait for a pipe that may never deliver.
    task = find_prompt(options)
    plan = session_plan(options, config, frame, model, relay)
    plan = replace(plan, approver=decided or plan.approver, environment=environment, attached=attached)

    async def carry_out() -> int:
        if options.trust:
            trust_instructions(place)
        session = open_session(place, plan)
        session.start()
        facts = replace(await run_facts(place, plan, session), max_retries=options.max_retries)
        written = replace(
            run_options(options, task.piped),
            decided=decided,
            checks=checks,
            deliver=partial(deliver, place, wanted, complain) if wanted.are_any else None,
            is_delivered=wanted.hold_edits,
        )
        return await run(session, task.words, facts, written, terminal_streams(place.circumstances, wanted))

    code = asyncio.run(carry_out())
    look_after_history(place, config)
    return code


def prepared_model(
    options: argparse.Namespace, environment: Mapping[str, str], place: Place, relay: Relay
) -> ClaudeModel:
    """The model client; the SDK begins to load."""
    model = model_for(options, find_credentials_of(options, environment), relay.notice, place.circumstances)
    model.prepare()
    return model


def config_of(options: argparse.Namespace, place: Place, environment: Mapping[str, str]) -> Config:
    """The configuration of a run; one that proposes works in mode review, whatever is set elsewhere."""
    flags = flags_config(options)
    if options.propose:
        flags = replace(flags, mode=Mode.REVIEW)
    modes = tuple(Mode)
    return configure(place, flags, environment, options.config, DEFAULT_MODE, trusts=options.trust, modes=modes)


def refuse_undecided(config: Config, *, is_decided: bool, holds_edits: bool) -> None:
    """UsageError where edits would wait for somebody who is not there, or would not wait for what was decided."""
    is_review = config.mode is Mode.REVIEW
    waits = config.mode in (Mode.ASK, Mode.REVIEW)
    if is_decided and not waits:
        raise UsageError(
            f"--decisions decides about edits in the modes ask and review, and mode {config.mode} would not read it: "
            "add --mode review, or leave it out."
        )
    if is_decided or (is_review and holds_edits) or not waits:
        return
    undecided = " With --propose or --patch the edits go into a file undecided." if is_review else ""
    raise UsageError(
        f"Mode {config.mode} needs somebody who decides: name a file with --decisions, or use plan or accept."
        + undecided
    )


def decided_beforehand(path: str | None) -> DecidedBeforehand | None:
    """What a decision file says; None without one, UsageError for one that cannot be read."""
    if path is None:
        return None
    try:
        return DecidedBeforehand(DecisionFile(Path(path).read_bytes()))
    except OSError as error:
        raise UsageError(f"{path} cannot be read as decisions: {error.strerror}.") from error


def refuse_waiting(place: Place, options: argparse.Namespace, config: Config) -> None:
    """UsageError where edits wait for a review in the session that is to go on: they are decided in mode review."""
    prefix = "" if options.continues else options.resume
    if prefix is None or options.fork or config.mode is Mode.REVIEW:
        return
    identity = find_journal(place.state.sessions, prefix).stem
    waiting = Overlay.load(place.applier.history.store, place.files, identity).images()
    if waiting:
        session = "--continue" if options.continues else f"--resume {identity}"
        raise UsageError(
            f"Edits of {', '.join(map(quoted_path, waiting))} wait for a review in this session; decide about them "
            f"with `copydesk run {session} --mode review --decisions FILE PROMPT`."
        )


def refuse_held(place: Place, options: argparse.Namespace) -> None:
    """UsageError or JournalError where the session that is to go on cannot: there is none, or somebody is in it."""
    if not (options.continues or options.resume):
        if options.fork:
            raise UsageError("--fork goes on with a copy of a session: name it with --resume, or use --continue.")
        return
    if not options.fork:
        require_free(find_journal(place.state.sessions, options.resume or ""))


def attached_to(options: argparse.Namespace, profile: ModelProfile) -> tuple[Block, ...]:
    """What goes in with the first prompt; UsageError for what would not be taken."""
    if not options.attach:
        return ()
    from copydesk.launch.attaching import attached_blocks

    return attached_blocks(options.attach, profile)


def with_recorded_model(place: Place, options: argparse.Namespace, config: Config) -> Config:
    """A session goes on with the model that it began with, unless the command line names another."""
    prefix = "" if options.continues else options.resume
    if prefix is None or options.model:
        return config
    return replace(config, model=recorded_model(place, prefix) or config.model)


def require_repository(place: Place, options: argparse.Namespace, environment: Mapping[str, str]) -> None:
    """UsageError where the commit that is asked for could not be made, before the conversation is paid for."""
    if options.commit is None:
        return
    from copydesk.assembly.committing import check_repository

    try:
        check_repository(place, environment=environment, anyway=options.commit_anyway)
    except CommitRefused as refusal:
        raise UsageError(f"--commit: {refusal}") from refusal


def require_history(place: Place, config: Config, *, leaves_record: bool) -> None:
    """UsageError where no edit could be recorded: each would be refused, after the conversation was paid for."""
    require_state(place, config.mode, leaves_record=leaves_record)
    if config.mode is not Mode.PLAN and (reason := missing_git(place.git)):
        raise UsageError(f"{reason} Install git, or use --mode plan.")


def session_plan(
    options: argparse.Namespace, config: Config, frame: Frame, model: ClaudeModel, relay: Relay
) -> SessionPlan:
    """What the options say of a session; without a screen as it is."""
    return SessionPlan(
        frame=frame,
        model=model,
        mode=config.mode or DEFAULT_MODE,
        config=config,
        max_characters=options.max_characters,
        relay=relay,
        leaves_record=not options.no_session,
        resumes="" if options.continues else options.resume,
        forks=options.fork,
    )


async def run_facts(place: Place, plan: SessionPlan, session: Session) -> RunFacts:
    """What every line of a run's output says of it."""
    parameters = plan.frame.parameters
    return RunFacts(
        session.id,
        place.root.path,
        str(parameters.body["model"]),
        parameters.tool_version.type,
        tuple(str(tool["name"]) for tool in plan.frame.tools),
        str(session.mode),
        __version__,
        await asyncio.to_thread(place.repository.base_commit),
    )


def run_options(options: argparse.Namespace, piped: str) -> RunOptions:
    """How a run is written, and what was piped in beside the prompt."""
    return RunOptions(
        output=options.output_format,
        has_partials=options.include_partial_messages,
        expects_changes=options.expect_changes,
        max_seconds=options.max_time,
        is_verbose=options.verbose,
        is_kept=not options.no_session,
        keeps_stdout=options.patch == STANDARD_OUTPUT,
        piped=piped,
        commit=options.commit,
        commits_anyway=options.commit_anyway,
        fix_rounds=options.fix_rounds,
        rollback=f"copydesk rollback --root {shlex.quote(options.root)}" if options.root else "copydesk rollback",
    )


def terminal_streams(circumstances: Circumstances, wanted: Destinations | None = None) -> Streams:
    """Standard output for the answer, standard error for the talk; a CI runner that reads them gets no commands."""
    guarded = without_commands if wanted and wanted.annotates else str
    return Streams(
        lambda line: write_text(f"{guarded(line)}\n"),
        lambda line: complain(guarded(line)),
        circumstances.elapsed,
        partial(circumstances.draw, "line", 16),
    )
