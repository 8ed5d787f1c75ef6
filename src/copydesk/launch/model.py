"""Owns the way to the model: credentials, the network or a tape, and what every request carries."""

import argparse
import asyncio
import random
import time
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path

from copydesk.config import DEFAULT_MODEL, Config
from copydesk.domain.errors import CassetteError, UsageError
from copydesk.domain.policies import Mode
from copydesk.domain.usage import Usage
from copydesk.engine.prompts import system_prompt
from copydesk.engine.turn import Frame, Limits
from copydesk.model.cassettes import Cassette, read_cassette, write_cassette
from copydesk.model.client import ClaudeModel
from copydesk.model.connection import Connection, MakeTransport
from copydesk.model.parameters import RequestOptions, Sampling, parameters
from copydesk.model.pricing import cost
from copydesk.model.profiles import ModelProfile, resolve
from copydesk.model.providers import Credentials, find_credentials
from copydesk.model.retries import Retries
from copydesk.model.transports import Pause, recorded_network, replay_transport

TAPE_CREDENTIALS = Credentials(api_key="a-tape-needs-no-key")


def find_credentials_of(options: argparse.Namespace, environment: Mapping[str, str]) -> Credentials:
    """The credentials that the options and the environment give; a tape needs none."""
    if options.replay:
        return TAPE_CREDENTIALS
    return find_credentials(environment, Path(options.env_file) if options.env_file else None)


def model_for(options: argparse.Namespace, credentials: Credentials, notice: Callable[[str], None]) -> ClaudeModel:
    """The model client, on the network or on a tape."""
    transport: MakeTransport | None = None
    if options.replay:
        return model_on_tape(load_cassette(Path(options.replay)), None, notice)
    if options.record:
        transport = partial(recorded_network, partial(save_cassette, Path(options.record)), credentials.redact)
    connection = Connection(credentials, notice, timeout=options.timeout, make_transport=transport)
    retries = Retries(random.random, time.time, asyncio.sleep, options.max_retries)
    return ClaudeModel(connection, retries, time.monotonic)


def model_on_tape(cassette: Cassette, pause: Pause | None, notice: Callable[[str], None]) -> ClaudeModel:
    """The model client with a tape in place of the network; nothing is tried twice."""
    connection = Connection(TAPE_CREDENTIALS, notice, make_transport=partial(replay_transport, cassette, pause))
    return ClaudeModel(connection, Retries(random.random, time.time, asyncio.sleep, 0), time.monotonic)


def load_cassette(path: Path) -> Cassette:
    """Read a cassette; UsageError where there is none that can be played."""
    try:
        return read_cassette(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, CassetteError) as error:
        raise UsageError(f"{path} cannot be replayed: {error}") from error


def save_cassette(path: Path, cassette: Cassette) -> None:
    """Write what was recorded so far."""
    path.write_text(write_cassette(cassette), encoding="utf-8")


def flags_config(options: argparse.Namespace) -> Config:
    """The part of the command line that configuration files can hold too."""
    return Config(
        model=options.model,
        mode=Mode(options.mode) if options.mode else None,
        effort=options.effort,
        thinking=options.thinking,
        max_tokens=options.max_tokens,
        allow=tuple(options.allow),
        deny=tuple(options.deny),
    )


def frame_for(options: argparse.Namespace, config: Config) -> tuple[Frame, ModelProfile]:
    """What every request carries, or a UsageError for what the model does not take."""
    profile = resolve(config.model or DEFAULT_MODEL, options.tool_version)
    wishes = RequestOptions(
        effort=config.effort,
        thinking=config.thinking or "auto",
        max_tokens=config.max_tokens,
        betas=tuple(options.beta),
        sampling=Sampling(options.temperature, options.top_p, options.top_k),
        tool_version=options.tool_version,
        max_characters=options.max_characters,
    )
    request = parameters(profile, wishes)
    system = _system(options)
    price = price_of(profile, options.price)
    limits = Limits(options.max_steps, _dollars(options.max_cost))
    if limits.cost_usd is not None and price(Usage(1, 1, 1, 1, 1)) is None:
        raise UsageError(f"The price of {profile.requested} is not known, so --max-cost needs --price IN/OUT.")
    return Frame(request, system, (dict(request.tools_entry),), price, limits), profile


def price_of(profile: ModelProfile, given: str | None) -> Callable[[Usage], Decimal | None]:
    """How a request is priced: by the profile, or by what the person says."""
    if given is None:
        return partial(cost, profile)
    try:
        into, out = (Decimal(part) for part in given.split("/"))
    except (ValueError, InvalidOperation) as error:
        raise UsageError(f"--price is IN/OUT in USD per million tokens, such as 3/15, not {given!r}.") from error
    return lambda usage: (usage.context_tokens * into + usage.output_tokens * out) / 1_000_000


def _dollars(given: str | None) -> Decimal | None:
    try:
        return None if given is None else Decimal(given)
    except InvalidOperation as error:
        raise UsageError(f"--max-cost is an amount in USD, not {given!r}.") from error


def _system(options: argparse.Namespace) -> str:
    if not options.system_prompt_file:
        return system_prompt(options.append_system_prompt)
    try:
        text = Path(options.system_prompt_file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The system prompt file {options.system_prompt_file} cannot be read: {error}.") from error
    return f"{text.strip()}\n\n{options.append_system_prompt.strip()}".strip()
