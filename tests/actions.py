"""Owns a reader of our `action.yml`, for tests that do what a runner does: the inputs, and the steps that are run.

It reads the YAML that we write there, not YAML: two blanks a level, a value on the line of its key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_EXPRESSION = re.compile(r"\$\{\{ *([\w.-]+) *\}\}")


@dataclass
class Step:
    """A step of a composite action."""

    name: str
    run: str = ""
    env: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Action:
    """What a runner knows of an action."""

    inputs: Mapping[str, str]
    """With their defaults."""
    outputs: tuple[str, ...]
    steps: tuple[Step, ...]

    def environment(self, step: Step, given: Mapping[str, str], context: Mapping[str, str]) -> dict[str, str]:
        """What a step sees of the inputs; KeyError for an input or a value that there is not."""
        known = {f"inputs.{name}": value for name, value in {**self.inputs, **given}.items()} | dict(context)
        return {name: _EXPRESSION.sub(lambda found: known[found[1]], value) for name, value in step.env.items()}


def read_action(text: str) -> Action:
    """Read an action."""
    inputs: dict[str, str] = {}
    outputs: list[str] = []
    steps: list[Step] = []
    section = name = ""
    for line in text.splitlines():
        key, _, value = line.strip().removeprefix("- ").partition(":")
        value, depth = value.strip().strip('"'), len(line) - len(line.lstrip())
        if depth == 0:
            section = key
        elif section in ("inputs", "outputs") and depth == 2:
            name = key
            outputs += [key] if section == "outputs" else []
        elif section == "inputs" and key == "default":
            inputs[name] = value
        elif section == "runs" and line.lstrip().startswith("- name:"):
            steps.append(Step(value))
        elif section == "runs" and depth == 6 and key == "run":
            steps[-1].run = line.split("run:", 1)[1].strip()
        elif section == "runs" and depth == 8:
            steps[-1].env[key] = value
    return Action(inputs, tuple(outputs), tuple(steps))
