"""The stand-in as a program, to drive a client by hand: `python -m tests.strict_api --script FILE.json [--port N]`.

Prints the address and the key, then a line for each request with its status and, if it was refused, the reason. The
format of the file is in `script.py`.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from .script import load_script, next_answer
from .server import StrictApi


def main() -> None:
    options = _parse_arguments()
    answers = load_script(options.script)
    script = (lambda body, index: next_answer(answers, body, index % len(answers))) if options.loop else answers
    with StrictApi(script, key=options.key, port=options.port, credential=options.credential) as api:
        _write(f"ANTHROPIC_BASE_URL={api.url} ANTHROPIC_API_KEY={api.key}")
        try:
            _report(api)
        except KeyboardInterrupt:
            _write("stopped")


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.strict_api", description=__doc__)
    parser.add_argument("--script", type=Path, required=True, help="JSON list of answers")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--key", default="key-for-tests", help="the key that clients must send")
    parser.add_argument("--credential", choices=("authorization", "x-api-key"), default="authorization")
    parser.add_argument("--loop", action="store_true", help="begin again after the last answer")
    return parser.parse_args()


def _report(api: StrictApi) -> None:
    shown = 0
    while True:
        while shown < len(api.requests) and api.requests[shown].status:
            each = api.requests[shown]
            _write(" ".join(filter(None, (each.method, each.path, str(each.status), each.refusal))))
            shown += 1
        time.sleep(0.1)


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
