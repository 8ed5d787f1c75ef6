"""Owns the text editor tool as something that can be called: parse → read → operate → submit to the door.

It never writes, never decides whether an edit is allowed, and never raises for what a model or a disk got wrong.
"""

import asyncio
from dataclasses import dataclass, replace
from threading import Thread
from typing import assert_never

from copydesk.changes.steps import Operation
from copydesk.domain.edits import Create, EditCommand, Insert, StrReplace, UndoEdit, View
from copydesk.domain.encodings import BINARY_PROBE, marked
from copydesk.domain.errors import CopydeskError, EditError, PathRefused
from copydesk.domain.messages import Block, ToolCall, ToolResult, clean
from copydesk.domain.policies import Ruling, Verdict
from copydesk.domain.proposals import FileChange, FileImage, Proposal
from copydesk.domain.text import BinaryFile, FileText, refuse_binary
from copydesk.domain.tools import SCHEMA_TYPE, ToolVersion, definition
from copydesk.domain.unified import quoted_path
from copydesk.editor import operations
from copydesk.editor.commands import parse
from copydesk.editor.guessing import guess_encoding
from copydesk.editor.operations import Edited
from copydesk.editor.snippets import VIEW_LIMIT, counted
from copydesk.tools.calls import CallOutcome, answered, answering_errors
from copydesk.tools.directories import list_directory
from copydesk.tools.media import HEAD, medium_of, refuse_large, show_medium
from copydesk.tools.ports import EditorPorts

BINARY_HEAD = 2 * BINARY_PROBE
"""Bytes that tell whether a file is text."""
EDIT_LIMIT = 64 * 1024 * 1024
"""Bytes of the largest file that is edited or made; larger ones can be viewed."""
LARGE = 1024 * 1024
"""Bytes from which a file's digest is worth a thread."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked before a call is carried out."""

    path: str
    ruling: Ruling
    """Why they are asked."""
    proposal: Proposal | None
    """The edit; None where the model wants to read the file."""


@dataclass(frozen=True, slots=True)
class _Edit:
    """A command's change, computed and not yet submitted."""

    change: FileChange
    summary: str
    """What is said once it is made."""
    emptied_directories: tuple[str, ...] = ()
    """Directories that go with a file that is deleted again, if nothing else is in them."""


class EditorTool:
    """One version of the text editor tool on one workspace."""

    def __init__(self, version: ToolVersion, ports: EditorPorts, max_characters: int | None = None) -> None:
        self.version = version
        self._ports = ports
        self._max_characters = max_characters
        self._editing = asyncio.Lock()
        """Held from reading a file to writing it: edits that come at once are made one after the other."""

    @property
    def name(self) -> str:
        """The tool's name in this version."""
        return self.version.name

    def definition(self) -> dict[str, object]:
        """The entry of `tools` that declares it."""
        return definition(self.version, self._max_characters)

    async def call(self, call: ToolCall) -> CallOutcome:
        """Carry a call out; every expected failure is an answer with `is_error`."""
        return await answering_errors(call, self._parsed(call))

    async def question(self, call: ToolCall) -> Question | None:
        """What a person would be asked if the call were made now; None where it needs nobody's word, or would fail.

        Nothing is done.
        """
        try:
            command = await asyncio.to_thread(self._located, parse(self.version, call.input))
            return await self._question(call, command)
        except (CopydeskError, OSError, UnicodeError):
            return None

    async def _question(self, call: ToolCall, command: EditCommand) -> Question | None:
        door = self._ports.door
        if isinstance(command, View):
            viewing = door.ruling_on_view(await asyncio.to_thread(self._viewed, command.path))
            return Question(command.path, viewing, None) if viewing.verdict is Verdict.ASK else None
        viewing = door.ruling_on_view(command.path)
        if viewing.verdict is Verdict.DENY:
            return None
        edit = await asyncio.to_thread(self._compute, command)
        proposal = Proposal("", call.id, (edit.change,), edit.summary)
        ruling = door.ruling_on(proposal)
        is_question = Verdict.ASK in (ruling.verdict, viewing.verdict) and ruling.verdict is not Verdict.DENY
        return Question(command.path, ruling, proposal) if is_question else None

    async def _parsed(self, call: ToolCall) -> CallOutcome:
        given = parse(self.version, call.input)
        try:
            command = await asyncio.to_thread(self._located, given)
        except PathRefused as error:
            self._ports.door.refuse(call.id, given.path, str(error), is_view=isinstance(given, View))
            raise
        match command:
            case View():
                await self._check_viewing(command, call)
                return answered(call, await asyncio.to_thread(self._view, command))
            case StrReplace() | Insert():
                # Errors and snippets quote the file, so an edit needs what a view needs.
                await self._check_viewing(command, call)
                return await self._submit(call, command)
            case Create() | UndoEdit():
                return await self._submit(call, command)
            case _:
                assert_never(command)

    def _located(self, given: EditCommand) -> EditCommand:
        """The same command with its real path; nobody is asked about a file that is not there."""
        path = self._ports.real_path(given.path)
        if not isinstance(given, Create | UndoEdit) and self._ports.files.kind(path) is None:
            raise _missing(path)
        return replace(given, path=path)

    async def _check_viewing(self, command: EditCommand, call: ToolCall) -> None:
        is_edit = not isinstance(command, View)
        path = command.path if is_edit else await asyncio.to_thread(self._viewed, command.path)
        permission = await self._ports.door.may_view(path, call.id, is_edit=is_edit)
        if not permission.allowed:
            raise EditError(permission.reason)

    def _viewed(self, path: str) -> str:
        """What is ruled on: a denied directory is one of which all that is in it is denied."""
        is_directory = path != "." and self._ports.files.kind(path) == "directory"
        return f"{path}/" if is_directory and self._ports.door.denies_view(f"{path}/") else path

    def _view(self, command: View) -> str | list[Block]:
        limit, files = self._max_characters or VIEW_LIMIT, self._ports.files
        if files.kind(command.path) == "directory":
            if command.view_range:
                raise EditError(f"{command.path} is a directory, so view takes no view_range.")
            listing = list_directory(files, command.path, self._ports.door.denies_view)
            return operations.view_directory(quoted_path(command.path), listing, limit)
        try:
            with files.stream(command.path) as stream:
                name, size = quoted_path(command.path), stream.size
                return operations.view_file(name, stream.chunks, size, command.view_range, limit)
        except BinaryFile as binary:
            return self._view_binary(command.path, binary)
        except FileNotFoundError as error:
            raise _missing(command.path) from error

    def _view_binary(self, path: str, binary: BinaryFile) -> list[Block]:
        """Show what the model can look at; other models than Anthropic's are not known to look at anything."""
        with self._ports.files.stream(path) as stream:
            medium = medium_of(next(stream.chunks, b"")[:HEAD])
            if medium is None or self.version.type == SCHEMA_TYPE:
                raise _no_text(path, binary)
            refuse_large(path, medium, stream.size)
        return show_medium(path, medium, self._existing(path).data)

    async def _submit(self, call: ToolCall, command: Create | StrReplace | Insert | UndoEdit) -> CallOutcome:
        async with self._editing:
            edit = await asyncio.to_thread(self._compute, command)
            if edit.change.is_void:
                return answered(call, f"{command.path} is already as asked; nothing was changed.")
            proposal = Proposal(self._ports.new_id(), call.id, (edit.change,), edit.summary)
            origin = self._ports.door.origin
            operation = Operation.UNDO if isinstance(command, UndoEdit) else origin.operation
            emptied = edit.emptied_directories
            meta = replace(origin, call=call.id, operation=operation, emptied_directories=emptied)
            outcome = await self._ports.door.submit(proposal, meta)
        return CallOutcome(ToolResult(call.id, clean(outcome.message), outcome.is_error), outcome)

    def _compute(self, command: Create | StrReplace | Insert | UndoEdit) -> _Edit:
        """The change that a command asks for, from the file as it is now."""
        path = command.path
        if self._ports.files.kind(path) == "directory":
            raise EditError(f"{path} is a directory; only view works on directories.")
        before = self._existing(path) if isinstance(command, StrReplace | Insert) else self._read(path)
        if before and len(before.data) >= LARGE:
            # Hashing lets other threads run: it is done by the time that the edit is known.
            Thread(target=getattr, args=(before, "digest")).start()
        if isinstance(command, Create) and before and before.data and not self._may_be_described(path):
            raise EditError(f"{quoted_path(path)} already exists and create does not overwrite.")
        if isinstance(command, UndoEdit):
            return self._undo(path, before)
        _refuse_read_only(path, before)
        edited = _operate(replace(command, path=quoted_path(path)), before)
        new = edited.before.spliced_bytes(before.data if before else b"", edited.splice)
        after = FileImage(new, before.mode if before else None)
        _refuse_unreadable(path, after.data)
        if len(after.data) > EDIT_LIMIT:
            raise EditError(f"{path} would have {len(after.data):,} bytes; files are written up to {EDIT_LIMIT:,}.")
        change = FileChange(path, before, after, edited.before.encoding.name)
        return _Edit(change, edited.summary + _note_on_links(before))

    def _may_be_described(self, path: str) -> bool:
        """Whether an error may say what is in a file."""
        return self._ports.door.ruling_on_view(path).verdict is Verdict.ALLOW

    def _read(self, path: str) -> FileImage | None:
        return self._ports.files.read(path, EDIT_LIMIT)

    def _existing(self, path: str) -> FileImage:
        image = self._read(path)
        if image is None:
            raise _missing(path)
        return image

    def _undo(self, path: str, current: FileImage | None) -> _Edit:
        """Take back this session's last change of a file, if the file is still as that change left it."""
        last = self._ports.changes.last_change(path)
        if last is None:
            raise EditError(f"There is no edit of {path} in this session to undo.")
        then = last.change.before
        # An edit never sets permissions, so undoing one keeps those that the file has by now.
        before = replace(then, mode=current.mode) if then and current else then
        change = FileChange(path, current, before)
        if change.before_digest != last.change.after_digest:
            raise EditError(f"{path} changed since your last edit; undoing would lose that. View it, then edit it.")
        _refuse_read_only(path, current)
        done = f"{path} is deleted again" if before is None else f"{path} is as it was before it"
        emptied = last.created_directories if before is None else ()
        return _Edit(change, f"Undid your last edit: {done}.", emptied)


def _operate(command: Create | StrReplace | Insert, before: FileImage | None) -> Edited:
    text = _text_of(command.path, before) if before else FileText("")
    match command:
        case Create():
            return operations.create(text, command)
        case StrReplace():
            return operations.str_replace(text, command)
        case Insert():
            return operations.insert(text, command)
        case _:
            assert_never(command)


def _refuse_read_only(path: str, current: FileImage | None) -> None:
    if current and current.is_read_only:
        raise EditError(f"{path} is read-only, so it is not changed; ask the person to make it writable first.")


def _refuse_unreadable(path: str, data: bytes) -> None:
    """Refuse to make of a file what could be neither viewed nor edited again."""
    try:
        refuse_binary(data[:BINARY_HEAD], marked(data[:BINARY_HEAD]))
    except BinaryFile as binary:
        raise EditError(f"{quoted_path(path)} would begin like {binary}, and could not be edited again.") from binary


def _note_on_links(before: FileImage | None) -> str:
    if before is None or before.links < 2:
        return ""
    others = counted(before.links - 1, "other name")
    return f"\nNOTE: the file had {others} (hard links), which keep the content of before."


def _missing(path: str) -> EditError:
    return EditError(f"{quoted_path(path)} does not exist. View its directory to see what is there, or use create.")


def _no_text(path: str, binary: BinaryFile) -> EditError:
    return EditError(f"{quoted_path(path)} is {binary}; this tool views and edits text files only.")


def _text_of(path: str, image: FileImage) -> FileText:
    try:
        return FileText.decode(image.data, guess_encoding)
    except BinaryFile as binary:
        raise _no_text(path, binary) from binary
