"""Owns the start of the screen: painted first; the session and the SDK come after."""

import argparse
import asyncio
from collections.abc import Mapping
from dataclasses import replace

from copydesk import __version__
from copydesk.assembly.place import configure, open_place
from copydesk.assembly.session import open_session, trust_instructions
from copydesk.domain.policies import Mode
from copydesk.engine.relay import Relay
from copydesk.engine.session import Session
from copydesk.frontends.tui.app import run_app
from copydesk.frontends.tui.facts import Facts
from copydesk.launch.model import find_credentials_of, flags_config, frame_for, model_for
from copydesk.launch.run import session_plan
from copydesk.model.failures import CredentialsMissing
from copydesk.model.providers import NO_CREDENTIALS


def run_screen(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """The screen: painted first; the session and the SDK come after."""
    place = open_place(options.root, environment)
    config = configure(place, flags_config(options), environment, options.config)
    frame, profile = frame_for(options, config)
    mode = config.mode or Mode.ASK
    if options.trust:
        trust_instructions(place)
    relay = Relay(place.root)
    try:
        credentials = find_credentials_of(options, environment)
    except CredentialsMissing:
        credentials = NO_CREDENTIALS
    model = model_for(options, credentials, relay.notice)
    plan = replace(session_plan(options, config, frame, model, relay), mode=mode, is_interactive=True)

    async def opened() -> Session:
        session = await asyncio.to_thread(open_session, place, plan)
        session.start()
        model.prepare()
        return session

    facts = Facts(
        place.name,
        profile.requested,
        frame.parameters.tool_version.type,
        str(mode),
        __version__,
        first_prompt=" ".join(options.prompt) or None,
    )
    return run_app(opened, facts)
