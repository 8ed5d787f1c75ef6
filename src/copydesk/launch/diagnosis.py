"""Owns the diagnostic log of `--debug-file`: what the program did, as lines of JSON, without secrets or file contents.

The other parts write to loggers below `copydesk`, which nothing listens to where no such file is asked for.
"""

import argparse
import json
import logging
import os
import platform
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from copydesk import __version__
from copydesk.domain.errors import CopydeskError, UsageError
from copydesk.domain.secrets import SHAPES
from copydesk.model.providers import REDACTED, read_env_file

LOGGER: Final = "copydesk"
WORDS: Final = ("prompt", "append_system_prompt", "send", "options", "check_command", "commit", "reason", "words")
"""Options that hold what somebody wrote."""
MOST_CHARACTERS: Final = 2_000
"""Of one text in a line."""

_SECRET_NAME: Final = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL|HEADERS|AUTH|COOKIE")
_SHORTEST_SECRET: Final = 6
_SHAPED: Final = re.compile("|".join(SHAPES.values()))

Start = Callable[[argparse.Namespace, Mapping[str, str]], int]


def diagnosed(start: Start, verb: str, options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Carry out a verb and log what it does; UsageError, before it begins, where the file cannot be written."""
    with _logging_to(options.debug_file, _secrets(options, environment)):
        log = logging.getLogger(LOGGER)
        log.debug("start", extra={"facts": _about(verb, options, environment)})
        try:
            code = start(options, environment)
        except CopydeskError as error:
            log.debug("refused", extra={"facts": {"error": type(error).__name__, "sentence": str(error)}})
            raise
        except BaseException:
            log.debug("broken off", exc_info=True)
            raise
        log.debug("end", extra={"facts": {"code": int(code)}})
        return code


@contextmanager
def _logging_to(name: str, secrets: list[str]) -> Iterator[None]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    try:
        descriptor = os.open(name, flags, 0o600)
    except OSError as error:
        raise UsageError(f"--debug-file: {name} cannot be written: {error.strerror}.") from error
    with os.fdopen(descriptor, "a", encoding="utf-8", errors="backslashreplace") as file:
        handler, loggers = _Handler(file.write, file.flush, secrets), (logging.getLogger(LOGGER), logging.getLogger())
        before = loggers[0].level, loggers[0].propagate
        loggers[0].setLevel(logging.DEBUG)
        loggers[0].propagate = False
        for logger in loggers:
            logger.addHandler(handler)
        try:
            yield
        finally:
            for logger in loggers:
                logger.removeHandler(handler)
            loggers[0].level, loggers[0].propagate = before


class _Handler(logging.Handler):
    """Writes a record as a line; what ends says how long it took since it began."""

    def __init__(self, write: Callable[[str], object], flush: Callable[[], None], secrets: list[str]) -> None:
        super().__init__()
        self._write = write
        self._flush = flush
        self._secrets = secrets
        self._begun: dict[object, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; what cannot be written is left out, and work does not stop for it."""
        try:
            self._write(json.dumps(self._cleaned(self._line(record)), default=str) + "\n")
            self._flush()
        except (OSError, ValueError):
            return

    def _line(self, record: logging.LogRecord) -> dict[str, Any]:
        is_own = record.name.partition(".")[0] == LOGGER
        at = logging.Formatter().formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{record.msecs:03.0f}"
        # What libraries say may quote anything, so that only who said it stands here.
        said = record.getMessage() if is_own else f"said by {record.name}, line {record.lineno} of {record.module}"
        line = {"at": at, "from": record.name, "what": said, **getattr(record, "facts", {})}
        span = getattr(record, "span", None)
        if span is not None and record.msg == "begins":
            self._begun[span] = record.created
        elif span in self._begun:
            line["seconds"] = round(record.created - self._begun.pop(span), 4)
        if record.exc_info and record.exc_info[0]:
            line |= _trace(record.exc_info[1])
        return line

    def _cleaned(self, value: Any) -> Any:
        match value:
            case str():
                for secret in self._secrets:
                    value = value.replace(secret, REDACTED)
                return _SHAPED.sub(REDACTED, value)[:MOST_CHARACTERS]
            case dict():
                return {name: self._cleaned(one) for name, one in value.items()}
            case list() | tuple():
                return [self._cleaned(one) for one in value]
            case _:
                return value


def _trace(error: BaseException | None) -> dict[str, Any]:
    """Where an error came from, without its words: they may quote what was being read."""
    frames = traceback.extract_tb(error.__traceback__ if error else None)
    return {
        "error": type(error).__name__,
        "trace": [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
    }


def _about(verb: str, options: argparse.Namespace, environment: Mapping[str, str]) -> dict[str, Any]:
    """What one would ask first: versions, the place, and what was set; of values only those that hold no text."""
    from copydesk.config import user_config_file
    from copydesk.workspace.git import find_git

    plain = {
        name: value for name, value in vars(options).items() if value not in (None, [], "", False) and name not in WORDS
    }
    return {
        "version": __version__,
        "python": platform.python_version(),
        "platform": f"{sys.platform} {platform.release()} {platform.machine()}",
        "git": find_git(environment.get("PATH", "")) or "none",
        "verb": verb or "screen",
        "options": plain,
        "configuration": options.config or str(user_config_file(environment)),
        "environment": sorted(name for name in environment if name.startswith(("COPYDESK_", "ANTHROPIC_"))),
    }


def _secrets(options: argparse.Namespace, environment: Mapping[str, str]) -> list[str]:
    """Every value that may be a secret, longest first, so that none hides a part of another."""
    values = [value for name, value in environment.items() if _SECRET_NAME.search(name.upper())]
    if file := getattr(options, "env_file", None):
        # What is wrong with the file, the verb itself says.
        with suppress(UsageError):
            values += read_env_file(Path(file)).values()
    parts = [part for value in values for part in (value, value.rpartition(" ")[2])]
    return sorted({part for part in parts if len(part) >= _SHORTEST_SECRET}, key=len, reverse=True)
