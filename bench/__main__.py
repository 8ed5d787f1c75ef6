"""Owns `python -m bench`: which measurements are run, and the table."""

import argparse
import importlib

from bench.measure import HEAD, compare

NAMES = (
    "startup",
    "screen",
    "headless",
    "editor",
    "servers",
    "search",
    "diffs",
    "history",
    "desk",
    "streaming",
    "soak",
)


def main() -> None:
    """Run the measurements that were asked for, all by default."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Ratios against floors, measured in one run.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("-n", "--runs", type=int, default=5)
    options = parser.parse_args()
    print(HEAD)
    for name in options.names or NAMES:
        if name not in NAMES:
            parser.error(f"there is no measurement {name}; there are {', '.join(NAMES)}")
        module = importlib.import_module(f"bench.{name}")
        for pair in module.pairs() if hasattr(module, "pairs") else ():
            print(compare(pair, options.runs), flush=True)
        for line in module.notes(options.runs) if hasattr(module, "notes") else ():
            print(line, flush=True)


if __name__ == "__main__":
    main()
