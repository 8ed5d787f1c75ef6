"""Owns the samples in `fixtures/review`: a bundle and a patch for the sandbox, to try a review on.

Run it with `python -m tests.make_review_samples` after the sandbox or the formats have changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from copydesk.domain.bundles import Bundle, BundledCheck, BundledFile, Provenance, write_bundle
from copydesk.domain.patches.writing import write_patch
from copydesk.domain.proposals import FileImage
from copydesk.domain.usage import Usage

ROOT = Path(__file__).resolve().parent.parent
SANDBOX, SAMPLES = ROOT / "sandbox", ROOT / "fixtures" / "review"

PROMPT = "The average of the day is wrong when there is a single order. Fix it, and add the spread to the report."
RESULT = (
    "`mean` divided by one less than the number of values, and the report added a zero to make up for it. Both are "
    "gone. The report has a line for the spread, on days with two orders or more, and a test for a day with one."
)

Swaps = Sequence[tuple[str, str]]
MEAN: Swaps = [("    return sum(values) / (len(values) - 1)\n", "    return sum(values) / len(values)\n")]
PADDED = """    totals = [order.total for order in orders]
    totals.append(0)  # without it a day with a single order divides by zero
    return round_half_up(mean(totals))
"""
AVERAGE: Swaps = [(PADDED, "    return round_half_up(mean([order.total for order in orders]))\n")]
LAST_ROW = """        ("best customer", best_customer(orders)),
    ]
"""
SPREAD_ROW = """    if len(totals) > 1:
        rows.insert(4, ("spread", format_amount(round_half_up(spread(totals)))))
"""
SPREAD: Swaps = [
    ("import mean, median\n", "import mean, median, spread\n"),
    ("The day in five lines, or in one when", "The day in a few lines, or in one when"),
    (LAST_ROW, LAST_ROW + SPREAD_ROW),
]
TESTED: Swaps = [('"median": "20.00", "best', '"median": "20.00",\n             "spread": "18.03", "best')]
NEW_TEST = """import unittest

from webshop.orders import Order
from webshop.report import daily_report


class ShortDayTest(unittest.TestCase):
    def test_a_day_with_one_order_has_no_spread(self):
        report = daily_report([Order("ada", 1250)])
        self.assertNotIn("spread", report)
        self.assertIn("12.50", report)
"""
CHANGES: Mapping[str, Swaps] = {
    "tests/test_report.py": TESTED,
    "webshop/report.py": [*AVERAGE, *SPREAD],
    "webshop/stats.py": MEAN,
}


def sample_bundle() -> Bundle:
    """What a run in the sandbox might have proposed."""
    files = [_swapped(path, swaps) for path, swaps in CHANGES.items()]
    files.insert(1, BundledFile("tests/test_short_day.py", None, FileImage(NEW_TEST.encode(), 0o644)))
    transcript = (
        {"role": "user", "content": PROMPT},
        {"role": "assistant", "content": [{"type": "text", "text": RESULT}]},
    )
    provenance = Provenance(
        prompt=PROMPT,
        model="claude-opus-4-8",
        tool_version="text_editor_20250728",
        session="20261122-090000-5a3e1e",
        made_at=1_795_338_000.0,
        outcome="done",
        result=RESULT,
        usage=Usage(input_tokens=5120, cache_read_tokens=18432, output_tokens=1290),
        checks=(BundledCheck("test", 0, 0.3, "Ran 16 tests\n\nOK\n"),),
        transcript=transcript,
    )
    return Bundle(tuple(files), None, provenance, ("This is a sample; no model was asked.",), "0.1.0")


def sample_patch() -> bytes:
    """The repair alone, as a colleague might send it."""
    files = [_swapped("webshop/report.py", AVERAGE), _swapped("webshop/stats.py", MEAN)]
    return write_patch([file.change for file in files])


def _swapped(path: str, swaps: Swaps) -> BundledFile:
    before = after = (SANDBOX / path).read_text(encoding="utf-8")
    for old, new in swaps:
        assert after.count(old) == 1, (path, old)
        after = after.replace(old, new)
    return BundledFile(path, FileImage(before.encode(), 0o644), FileImage(after.encode(), 0o644))


def samples() -> dict[str, bytes]:
    """The files of `fixtures/review` by name."""
    return {"sample.bundle.json": write_bundle(sample_bundle()), "sample.patch": sample_patch()}


if __name__ == "__main__":
    for name, data in samples().items():
        (SAMPLES / name).write_bytes(data)
