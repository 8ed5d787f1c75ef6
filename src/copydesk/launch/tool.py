"""Owns the start of `tool`: the tools of a workspace as lines of JSON on the standard streams."""

import argparse
import sys
from collections.abc import Mapping

from copydesk.assembly.place import open_place
from copydesk.assembly.server import open_server
from copydesk.domain.display import show_lines
from copydesk.domain.errors import UsageError
from copydesk.domain.modes import Mode
from copydesk.frontends.jsonl.serve import Streams, serve
from copydesk.launch.server import server_plan
from copydesk.launch.terminal import complain
from copydesk.launch.upkeep import look_after_history

DEFAULT_MODE = Mode.ACCEPT


def run_tool(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """`tool`: everything that can be wrong is found before the first request is read."""
    place = open_place(options.root, environment)
    plan = server_plan(place, options, environment, DEFAULT_MODE)
    if plan.mode is Mode.ASK:
        raise UsageError(
            "Mode ask needs somebody to ask; `copydesk tool` takes --mode plan or accept, and the workspace's "
            ".copydesk.toml none that asks."
        )
    server = open_server(place, plan)
    for notice in server.notices:
        complain(f"copydesk: {show_lines(notice)}")
    streams = Streams(sys.stdin.buffer, sys.stdout.buffer, complain)
    code = serve(server.editor, server.toolbox, streams)
    look_after_history(place, plan.config)
    return code
