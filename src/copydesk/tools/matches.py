"""Owns how matching lines are shown to a model: which of them, read from where all text is read, by file, numbered.

The lines come in the form of the editor tool's view. A file that cannot be read that way is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from copydesk.domain.errors import CopydeskError
from copydesk.domain.text import FileText
from copydesk.domain.unified import quoted_path
from copydesk.editor.guessing import guess_encoding
from copydesk.editor.snippets import VIEW_LIMIT, counted
from copydesk.workspace.files import Files
from copydesk.workspace.search import COPY_LIMIT, Hit

LINES_SHOWN = 100
"""Lines in one answer."""
LINES_OF_A_FILE = 20
"""Lines of one file, where several have some."""
LINE_WIDTH = 200
"""Characters that are shown of a line."""
BEFORE_MATCH = 60
"""Characters of them before the match, in a longer line."""


@dataclass(frozen=True, slots=True)
class Found:
    """What matches in one file."""

    path: str
    total: int
    """Lines that match."""
    hits: tuple[Hit, ...] | None
    """Those to be shown; None where the file is too large to be quoted."""


@dataclass(frozen=True, slots=True)
class Matches:
    """What matches in all files."""

    shown: tuple[Found, ...]
    more_files: int
    """Files that match and are not to be shown."""
    more_lines: int
    """Lines that match in those."""


def choose(counts: Mapping[str, int]) -> dict[str, int]:
    """Choose of which files, in the order given, how many lines are shown."""
    room, chosen = LINES_SHOWN, dict[str, int]()
    for path, count in counts.items():
        if room <= 0:
            break
        chosen[path] = min(count, room, LINES_OF_A_FILE if len(counts) > 1 else LINES_SHOWN)
        room -= chosen[path]
    return chosen


def show_matches(files: Files, matches: Matches, notes: Sequence[str]) -> str:
    """Write the answer (reads the files): the lines by file, how many more there are, and notes."""
    parts, room = list[str](), VIEW_LIMIT
    total_files, total_lines = matches.more_files, matches.more_lines
    more_files, more_lines = matches.more_files, matches.more_lines
    for found in matches.shown:
        part = _part(files, found)
        if part is None:
            continue
        total_files, total_lines = total_files + 1, total_lines + found.total
        if len(part) > room:
            more_files, more_lines, room = more_files + 1, more_lines + found.total, 0
        else:
            parts.append(part)
            room -= len(part) + 2
    if not total_files:
        return "\n".join(["No line matches.", *(f"NOTE: {note}" for note in notes)])
    verb = "matches" if total_lines == 1 else "match"
    head = f"{counted(total_lines, 'line')} in {counted(total_files, 'file')} {verb}:"
    more = f"… {more_lines:,} more in {counted(more_files, 'file')}; narrow `pattern`, `path` or `glob`."
    ends = [*([more] if more_files else []), *(f"NOTE: {note}" for note in notes)]
    return "\n\n".join([head, *parts, *(["\n".join(ends)] if ends else [])])


def _part(files: Files, found: Found) -> str | None:
    """The lines of a file under its name; None where there is nothing (any more) to show."""
    name = quoted_path(found.path)
    if found.hits is None:
        lines = counted(found.total, "line")
        return f"{name}\n{lines}, in a file that is too large to be quoted here; view it in ranges."
    try:
        image = files.read(found.path, COPY_LIMIT)
        text = FileText.decode(image.data, guess_encoding) if image else FileText("")
    except (CopydeskError, OSError):
        return None
    lines_there = text.lines
    rows = [_row(text, lines_there[hit.line - 1], hit) for hit in found.hits if hit.line <= len(lines_there)]
    if rows and found.total > len(found.hits):
        rows.append(f"… {found.total - len(found.hits):,} more in this file")
    return "\n".join([name, *rows]) if rows else None


def _row(text: FileText, line: str, hit: Hit) -> str:
    if len(line) <= LINE_WIDTH:
        return f"{hit.line:6}\t{line}"
    encoding = text.encoding
    before = line.encode(encoding.name, encoding.errors)[: hit.column - 1].decode(encoding.name, "ignore")
    start = max(0, min(len(before) - BEFORE_MATCH, len(line) - LINE_WIDTH))
    end = start + LINE_WIDTH
    return f"{hit.line:6}\t{'…' if start else ''}{line[start:end]}{'…' if end < len(line) else ''}"
