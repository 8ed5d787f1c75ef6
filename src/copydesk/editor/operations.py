"""Owns what each command does to a text, and what the model is told of it; reads and writes nothing.

Bytes outside the matched or inserted stretch never change. Paths in answers are relative to the workspace.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from copydesk.domain.edits import Create, Insert, StrReplace
from copydesk.domain.encodings import HEAD, UTF8, Encoding, declared_encoding
from copydesk.domain.errors import EditError
from copydesk.domain.text import FileText, Splice, dominant_newline, with_newlines
from copydesk.domain.unified import quoted_path
from copydesk.editor.guessing import guess_encoding
from copydesk.editor.matching import MOST_OCCURRENCES, Span, occurrences
from copydesk.editor.sections import Section, read_section
from copydesk.editor.snippets import CLIPPED, counted, excerpt_around, numbered

LISTED_LINES = 10
"""How many line numbers an error names."""


@dataclass(frozen=True, slots=True)
class Edited:
    """What becomes of a text, and what the model is told once it is on disk."""

    before: FileText
    splice: Splice
    summary: str

    @property
    def text(self) -> FileText:
        """The new text."""
        return self.before.spliced(self.splice)


@dataclass(frozen=True, slots=True)
class Listing:
    """What is in a directory and in the directories in it."""

    entries: tuple[str, ...]
    """Paths relative to the workspace, in order; directories end in `/`."""
    left_out: int
    """Hidden entries and directories that programs fill, seen and not listed."""


def view_file(path: str, chunks: Iterable[bytes], size: int, view_range: tuple[int, int] | None, limit: int) -> str:
    """Show numbered lines: all, or those of a range (1-based, included, -1 for the end), at most `limit` characters.

    `chunks` are the file's `size` bytes in order. Takes memory by the limit, not by the file.
    """
    first, last = view_range or (1, -1)
    section = read_section(chunks, size, max(first, 1), last, limit)
    total = section.total
    if total == 0:
        return f"{path} is empty (0 lines)."
    end = _checked_end(path, (first, last), total)
    excerpt = numbered(section.lines, first, limit)
    notes = []
    if excerpt.last < end or excerpt.is_clipped:
        notes += [CLIPPED, _clip_note(section, excerpt.last, (first, end), limit)]
    elif last > total:
        notes.append(f"NOTE: line {last} was asked for; the file ends at line {total}.")
    if section.encoding.note:
        notes.append(f"NOTE: {section.encoding.note}")
    return "\n".join([f"{path}, lines {first}-{excerpt.last} of {total}:", excerpt.text, *notes])


def _checked_end(path: str, view_range: tuple[int, int], total: int) -> int:
    """The last line that a range covers; EditError for a range that covers none."""
    first, last = view_range
    if not 1 <= first <= total:
        raise EditError(
            f"view_range [{first}, {last}] begins outside {path}, which has {counted(total, 'line')}: "
            f"the first number is from 1 to {total}."
        )
    if last != -1 and last < first:
        raise EditError(
            f"view_range [{first}, {last}] ends before it begins: the second number is {first} or more, or -1."
        )
    return total if last == -1 else min(last, total)


def _clip_note(section: Section, shown_last: int, view_range: tuple[int, int], limit: int) -> str:
    first, last = view_range
    is_cut = shown_last == first and len(numbered(section.lines[:1], first, limit + 1).text) > limit
    cut = f"line {first} has {section.first_length:,} bytes and is cut; " if is_cut else ""
    rest = f"go on with view_range [{shown_last + 1}, {last}]" if shown_last < last else "there are no lines after it"
    return f"NOTE: a view shows at most {limit:,} characters; {cut}{rest}."


def view_directory(path: str, listing: Listing, limit: int) -> str:
    """Show a directory's entries two levels deep, one a line, whole lines only, at most `limit` characters."""
    shown: list[str] = []
    room = limit
    for entry in map(quoted_path, listing.entries):
        room -= len(entry) + 1
        if room < 0:
            break
        shown.append(entry)
    left_out = f"; {listing.left_out:,} hidden or generated left out" if listing.left_out else ""
    header = f"{path}, 2 levels deep ({counted(len(listing.entries), 'path')}{left_out}):"
    more = len(listing.entries) - len(shown)
    clip = [CLIPPED, f"NOTE: {more:,} more; view a directory of these to see what is in it."] if more else []
    return "\n".join([header, *shown, *clip])


def create(text: FileText, command: Create) -> Edited:
    """Fill a file that is empty or not there (an empty text, too); EditError where there is content."""
    if text.characters:
        raise EditError(
            f"{command.path} already exists ({counted(text.line_count, 'line')}) and create does not overwrite. "
            "Change it with str_replace or insert; view it first if you have not."
        )
    if text.encoding == UTF8:
        text = FileText("", declared_encoding(command.file_text[:HEAD].encode("utf-8", "replace")))
    if character := text.unwritable(command.file_text):
        raise _unwritable(command.path, text.encoding, character)
    filling = Splice(0, 0, command.file_text)
    return Edited(text, filling, f"Created {command.path} ({counted(text.lines_with(filling), 'line')}).")


def str_replace(text: FileText, command: StrReplace) -> Edited:
    """Replace `old_str`, which must stand in the text once; EditError says why it cannot be done."""
    span = _only_occurrence(text, command)
    found = text.characters[span.start : span.end]
    newline = dominant_newline(found) or text.newline
    splice = Splice(span.start, span.end, with_newlines(command.new_str, newline))
    if found == splice.text:
        raise EditError("old_str and new_str differ only in line ends, which stay as the file has them: no change.")
    _refuse_unwritable(command.path, text, splice)
    total = text.lines_with(splice)
    moved = total - text.line_count
    numbers = f" Lines after it moved by {moved:+}." if moved else ""
    return Edited(text, splice, f"Edited {command.path}.{numbers} {excerpt_around(text, splice, total)}")


def _only_occurrence(text: FileText, command: StrReplace) -> Span:
    spans = occurrences(text, command.old_str)
    match spans:
        case [span]:
            return span
        case []:
            # Its tables are not worth a slower start of everything else.
            from copydesk.editor.hints import explain_miss

            raise EditError(f"old_str is not in {command.path}; nothing was changed. {explain_miss(text, command)}")
        case _:
            raise EditError(
                f"old_str is in {command.path} {_times(len(spans))}, {_line_list(text, spans)}; nothing was changed. "
                "Send more of the lines around the one you mean."
            )


def _times(count: int) -> str:
    return f"at least {count} times" if count == MOST_OCCURRENCES else f"{count} times"


def _line_list(text: FileText, spans: list[Span]) -> str:
    numbers = [str(text.line_at(span.start)) for span in spans[:LISTED_LINES]]
    return f"at lines {', '.join(numbers)}" + (" and further" if len(spans) > LISTED_LINES else "")


def insert(text: FileText, command: Insert) -> Edited:
    """Put whole lines after a line; 0 is before the first, and one more than there are lines is also the end."""
    total = text.line_count
    if not 0 <= command.insert_line <= total + 1:
        raise EditError(
            f"insert_line {command.insert_line} is outside {command.path}, which has {counted(total, 'line')}: "
            f"0 is before line 1, {total} is after the last."
        )
    offset = text.offset_after(command.insert_line)
    splice = Splice(offset, offset, _as_lines(text, offset, command.insert_text))
    _refuse_unwritable(command.path, text, splice)
    new_total = text.lines_with(splice)
    after, count = min(command.insert_line, total), new_total - total
    where = f"Inserted {counted(count, 'line')} after line {after} of {command.path}."
    moved = f" Lines after it moved by {count:+}." if after < total else ""
    return Edited(text, splice, f"{where}{moved} {excerpt_around(text, splice, new_total)}")


def _as_lines(text: FileText, offset: int, given: str) -> str:
    """Give an insertion the line ends that it needs; at the end of a file without a final one, the one before it."""
    new = with_newlines(given, text.newline)
    if offset == len(text.characters) and not text.ends_with_newline:
        return text.newline + new if text.characters else new
    return new if new.endswith("\n") else new + text.newline


def _refuse_unwritable(path: str, text: FileText, splice: Splice) -> None:
    if character := text.unwritable(splice.text):
        raise _unwritable(path, text.encoding, character)
    if text.encoding.origin != "declared" or (text.characters.isascii() and splice.text.isascii()):
        return
    edited = text.spliced(splice)
    told = FileText.decode(edited.encode(), guess_encoding).encoding
    if not edited.text.isascii() and told.name != text.encoding.name:
        raise EditError(
            f"{path} declares that it is {text.encoding.name}; after this edit it would be read otherwise, and its "
            "other characters would be lost. Keep the declaration, or ask the person to convert the file."
        )


def _unwritable(path: str, encoding: Encoding, character: str) -> EditError:
    match encoding.origin:
        case "guessed":
            why = f"is not UTF-8 and declares no encoding ({encoding.name} is a guess)"
        case "unknown":
            why = "is neither UTF-8 nor UTF-16 and declares no encoding"
        case _:
            why = f"is {encoding.name}, which does not have it"
    return EditError(
        f"U+{ord(character):04X} cannot be written into {path}, which {why}; nothing was changed. Use characters that "
        "the file has already, or ASCII, or ask the person to convert the file to UTF-8."
    )
