"""Owns what of the command line a configuration file can hold too, and whether any of it is asked of the model.

It must stay cheap to import: what it says of a model is looked up by `request`.
"""

import argparse

from copydesk.config import Config
from copydesk.domain.modes import Mode


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
        explore=False if options.no_explore else None,
    )


def asks_of_model(options: argparse.Namespace, config: Config) -> bool:
    """Whether a person said anything that the model, or the request, may not take; the defaults are always taken."""
    asked = (config.model, config.effort, config.thinking, config.max_tokens, options.max_characters, options.max_cost)
    sampling = (options.temperature, options.top_p, options.top_k)
    is_plain = options.tool_version == "auto" and not options.beta and not options.system_prompt_file
    return not is_plain or any(wish is not None for wish in (*asked, *sampling))
