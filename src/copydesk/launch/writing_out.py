"""Owns where the words of a review go, and the sentence on its verdict."""

import json
from pathlib import Path

from copydesk.domain.errors import UsageError
from copydesk.launch.files import replace_whole
from copydesk.launch.terminal import complain, write_text
from copydesk.review.comments import ReviewReport, Verdict, as_document, as_markdown, as_text
from copydesk.review.sources import STANDARD_INPUT

OUTCOMES = {
    Verdict.APPROVED: "Approved",
    Verdict.CHANGES_REQUESTED: "Changes requested",
    Verdict.LEFT: "Left without a verdict; what you marked and said is kept",
}


def tell(report: ReviewReport, destination: str | None, form: str) -> int:
    """Write out what a review came to; gives the exit code of its verdict."""
    text = written(report, form)
    if destination not in (None, STANDARD_INPUT) and report.verdict is not Verdict.LEFT:
        try:
            replace_whole(Path(str(destination)), text.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise UsageError(f"{destination} cannot be written: {error.strerror}.") from error
    elif form == "json" or report.has_words:
        write_text(text)
    applied = (
        f"; applied as step {report.checkpoint} (copydesk rollback {report.checkpoint})" if report.checkpoint else ""
    )
    complain(f"{OUTCOMES[report.verdict]}{applied}.")
    return int(report.verdict)


def written(report: ReviewReport, form: str) -> str:
    """It in one of the forms of --format."""
    match form:
        case "json":
            return json.dumps(as_document(report), indent=2) + "\n"
        case "markdown":
            return as_markdown(report)
        case _:
            return as_text(report)
