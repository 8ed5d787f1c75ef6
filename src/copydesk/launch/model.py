"""Owns the way to the model: credentials, and the network or a tape."""

import argparse
import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from copydesk import __version__
from copydesk.assembly.circumstances import THE_MACHINE, Circumstances, OfReplay
from copydesk.domain.errors import CassetteError, UsageError
from copydesk.model.cassettes import Cassette, read_cassette, write_cassette
from copydesk.model.client import ClaudeModel
from copydesk.model.connection import Connection, MakeTransport
from copydesk.model.providers import SERVED, Credentials, find_credentials, find_foundry_credentials
from copydesk.model.retries import Retries
from copydesk.model.transports import Pause, recorded_network, replay_transport

UNDATED = 1_767_225_600.0
"""When a recording was made that does not say when: the beginning of 2026, in UTC."""
TAPE_CREDENTIALS = Credentials(api_key="a-tape-needs-no-key")


def find_credentials_of(options: argparse.Namespace, environment: Mapping[str, str]) -> Credentials:
    """The credentials that the options and the environment give; a tape needs none."""
    if options.provider not in SERVED:
        raise UsageError(
            f"--provider {options.provider} is not part of version {__version__} yet; there are {' and '.join(SERVED)}."
        )
    if options.replay:
        return TAPE_CREDENTIALS
    find = find_foundry_credentials if options.provider == "foundry" else find_credentials
    return find(environment, Path(options.env_file) if options.env_file else None)


def circumstances_of(options: argparse.Namespace) -> Circumstances:
    """The machine's time and chance, or a recording's: then all that is written is the same each time."""
    if not options.replay:
        return THE_MACHINE
    cassette = load_cassette(Path(options.replay))
    return OfReplay(write_cassette(cassette), cassette.recorded_at or UNDATED)


def model_for(
    options: argparse.Namespace,
    credentials: Credentials,
    notice: Callable[[str], None],
    circumstances: Circumstances,
) -> ClaudeModel:
    """The model client, on the network or on a tape."""
    transport: MakeTransport | None = None
    if options.replay:
        return model_on_tape(load_cassette(Path(options.replay)), None, notice, circumstances)
    if options.record:
        path = Path(options.record)
        require_writable(path)
        transport = partial(recorded_network, partial(save_cassette, path, circumstances.now()), credentials.redact)
    connection = Connection(credentials, notice, timeout=options.timeout, make_transport=transport)
    retries = Retries(random.random, circumstances.now, asyncio.sleep, options.max_retries)
    return ClaudeModel(connection, retries, circumstances.elapsed)


def model_on_tape(
    cassette: Cassette, pause: Pause | None, notice: Callable[[str], None], circumstances: Circumstances
) -> ClaudeModel:
    """The model client with a tape in place of the network; nothing is tried twice."""
    connection = Connection(TAPE_CREDENTIALS, notice, make_transport=partial(replay_transport, cassette, pause))
    at_once = Retries(lambda: 0.0, circumstances.now, asyncio.sleep, 0)
    return ClaudeModel(connection, at_once, circumstances.elapsed)


def load_cassette(path: Path) -> Cassette:
    """Read a cassette; UsageError where there is none that can be played."""
    try:
        return read_cassette(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be replayed: {error.strerror}.") from error
    except (UnicodeDecodeError, CassetteError) as error:
        raise UsageError(f"{path} cannot be replayed: {error}") from error


def require_writable(path: Path) -> None:
    """UsageError where a recording cannot be written, said before anything is paid for; what is there stays."""
    try:
        path.open("ab").close()
    except OSError as error:
        raise UsageError(f"{path} cannot be recorded to: {error.strerror}.") from error


def save_cassette(path: Path, at: float, cassette: Cassette) -> None:
    """Write what was recorded so far; `at` is when the recording was begun, in seconds since the epoch."""
    path.write_text(write_cassette(replace(cassette, recorded_at=at)), encoding="utf-8")
