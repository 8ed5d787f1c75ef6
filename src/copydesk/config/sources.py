"""Owns where a configuration comes from beside the command line: the person's own file, and the environment."""

from collections.abc import Mapping
from pathlib import Path

from copydesk.config.parsing import parse_config
from copydesk.config.settings import Config
from copydesk.domain.errors import UsageError


def personal_config(environment: Mapping[str, str], named: str | None) -> Config:
    """Read the person's own file; it may be missing, but one named on the command line must exist."""
    path = Path(named) if named else user_config_file(environment)
    try:
        data = path.read_bytes()
    except OSError as error:
        if not named and isinstance(error, FileNotFoundError):
            return Config()
        raise UsageError(f"{path} cannot be read as configuration: {error.strerror}.") from error
    return parse_config(str(path), data)


def environment_config(environment: Mapping[str, str]) -> Config:
    """What the environment sets: the model only."""
    model = environment.get("COPYDESK_MODEL") or environment.get("ANTHROPIC_MODEL") or None
    return Config(model=model)


def user_config_file(environment: Mapping[str, str]) -> Path:
    """Where the person's own configuration lives."""
    if environment.get("COPYDESK_CONFIG"):
        return Path(environment["COPYDESK_CONFIG"])
    from platformdirs import user_config_path

    return user_config_path("copydesk") / "config.toml"
