"""Owns what the screen is given beside its session: kept sessions, choices, settings, and how another one is opened."""

import argparse
import os
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from copydesk.assembly.place import Place, project_file
from copydesk.config import (
    DEFAULT_MODEL,
    PROJECT_FILE,
    Config,
    StateHome,
    environment_config,
    personal_config,
    read_choices,
    user_config_file,
    write_choices,
)
from copydesk.frontends.tui.surroundings import Setting, Surroundings
from copydesk.launch.flags import flags_config

if TYPE_CHECKING:
    from copydesk.engine.shelf import SessionShelf
    from copydesk.frontends.tui.review.looks import FileLooks

DEFAULTS = {"model": DEFAULT_MODEL, "mode": "ask", "thinking": "auto", "explore": "on"}
"""Name of a setting → what counts where nobody set it; all others are the model's affair."""
LISTED = ("model", "mode", "effort", "thinking", "max_tokens", "explore", "ignore_files", "notifications", "history")


class Told(NamedTuple):
    """Where settings come from."""

    options: argparse.Namespace
    environment: Mapping[str, str]
    place: Place

    @property
    def own_file(self) -> str:
        """The person's configuration."""
        return self.options.config or str(user_config_file(self.environment))


def surroundings_of(told: Told, config: Config) -> Surroundings:
    """All but the way to another session, which is the affair of who opens the first one."""
    home = StateHome(told.place.state.home)
    return Surroundings(
        shelf=partial(_shelf, told.place),
        looks=partial(_looks, told.place),
        choices=read_choices(home.choices),
        keep_choices=partial(write_choices, home.choices),
        settings=partial(settings_of, told, config),
        keys=config.keys or {},
        keys_source=f"[keys] in {told.own_file}",
        exports=told.environment.get("HOME") or os.sep,
        save_export=partial(_save_export, told.place),
    )


def _shelf(place: Place) -> "SessionShelf":
    # Reading sessions takes more of the engine than a first paint should wait for.
    from copydesk.assembly.shelf import shelf_of

    return shelf_of(place)


def _looks(place: Place) -> "FileLooks":
    from copydesk.frontends.tui.review.looks import FileLooks

    return FileLooks(place.state.looks)


def _save_export(place: Place, path: str, text: str) -> str:
    from copydesk.assembly.shelf import save_export

    return save_export(place, path, text)


def settings_of(told: Told, config: Config) -> tuple[Setting, ...]:
    """What is set, with who set it (blocking)."""
    project = project_file(told.place)
    layers = (
        ("the command line", flags_config(told.options)),
        ("the environment", environment_config(told.environment)),
        (told.own_file, personal_config(told.environment, told.options.config)),
        (PROJECT_FILE, project.config if project else Config()),
    )
    single = (_single(name, getattr(config, name), layers) for name in LISTED)
    checks = (
        Setting(
            "check", f"{check.name}: {check.line}", next((one for one, layer in layers if check in layer.checks), "")
        )
        for check in config.checks
    )
    return (*(one for one in single if one), *checks, *_places(told))


def _single(name: str, value: object, layers: tuple[tuple[str, Config], ...]) -> Setting | None:
    """A setting with the first layer that sets it; None where nothing does and there is no default."""
    if value is None:
        return Setting(name, DEFAULTS[name], "default") if name in DEFAULTS else None
    source = next((source for source, layer in layers if getattr(layer, name) is not None), "default")
    return Setting(name, _written(value), source)


def _places(told: Told) -> Iterator[Setting]:
    """Where everything lies."""
    state = told.place.state
    kept = "COPYDESK_STATE_DIR, or the platform's place for state"
    yield Setting("workspace", told.place.root.path, "--root, or the repository around here")
    yield Setting("configuration", told.own_file, "--config, or COPYDESK_CONFIG")
    yield Setting("sessions", str(state.sessions), kept)
    yield Setting("history store", str(state.store), kept)
    yield Setting("choices", str(StateHome(state.home).choices), kept)


def _written(value: object) -> str:
    from copydesk.domain.retention import Retention

    match value:
        case bool():
            return "on" if value else "off"
        case tuple():
            return ", ".join(map(str, value)) or "none"
        case Retention():
            return ", ".join(f"{entry.name} {getattr(value, entry.name)}" for entry in fields(value))
        case _:
            return str(value)
