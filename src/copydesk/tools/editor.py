"""Owns the text editor tool as something that can be called: parse → read → operate → submit to the door.

It never writes, never decides whether an edit is allowed, and never raises for what a model or a disk got wrong.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, assert_never

from copydesk.changes.steps import Operation, StepMeta
from copydesk.domain.edits import Create, EditCommand, Insert, StrReplace, UndoEdit, View
from copydesk.domain.errors import CopydeskError, EditError, PathRefused
from copydesk.domain.messages import ToolCall, ToolResult, clean
from copydesk.domain.proposals import FileChange, FileImage, Outcome, Proposal
from copydesk.domain.text import BinaryFile, FileText
from copydesk.domain.tools import ToolVersion, definition
from copydesk.editor import operations
from copydesk.editor.commands import parse
from copydesk.editor.operations import Edited
from copydesk.editor.snippets import VIEW_LIMIT
from copydesk.tools.calls import CallOutcome, answered, refused
from copydesk.tools.directories import list_directory
from copydesk.workspace.files import Files


class Permission(Protocol):
    """Whether something may be read."""

    @property
    def allowed(self) -> bool:
        """True if it may."""
        ...

    @property
    def reason(self) -> str:
        """Why not, in a sentence."""
        ...


class Door(Protocol):
    """Where edits are ruled on, asked about and written."""

    @property
    def origin(self) -> StepMeta:
        """What the next steps are recorded under."""
        ...

    async def may_view(self, path: str, call: str = "", *, is_edit: bool = False) -> Permission:
        """Rule on reading a real path (relative to the root); an edit reads the file that it changes."""
        ...

    def refuse(self, call: str, path: str, reason: str, *, is_view: bool) -> None:
        """Say that a call was refused before there was anything to propose."""
        ...

    async def submit(self, proposal: Proposal, meta: StepMeta | None = None) -> Outcome:
        """Rule on a proposal, ask, apply; `meta` is what it is recorded under."""
        ...


class UndoSource(Protocol):
    """Knows what this session's model changed."""

    def last_change(self, path: str) -> FileChange | None:
        """The last applied change of a path that is not undone (blocking); None where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class EditorPorts:
    """What the tool needs of the world."""

    files: Files
    real_path: Callable[[str], str]
    """From a name as the model gives it to the path without links relative to the root (blocking)."""
    door: Door
    changes: UndoSource
    new_id: Callable[[], str]
    """Names a proposal."""


class EditorTool:
    """One version of the text editor tool on one workspace."""

    def __init__(self, version: ToolVersion, ports: EditorPorts, max_characters: int | None = None) -> None:
        self.version = version
        self._ports = ports
        self._max_characters = max_characters

    @property
    def name(self) -> str:
        """The tool's name in this version."""
        return self.version.name

    def definition(self) -> dict[str, object]:
        """The entry of `tools` that declares it."""
        return definition(self.version, self._max_characters)

    async def call(self, call: ToolCall) -> CallOutcome:
        """Carry a call out; every expected failure is an answer with `is_error`."""
        try:
            return await self._carry_out(call, parse(self.version, call.input))
        except CopydeskError as error:
            return refused(call, str(error))
        except OSError as error:
            return refused(call, f"The file system refused: {error.strerror or 'it gave no reason'}.")
        except UnicodeError:
            return refused(call, "The path or text holds characters that cannot be encoded.")

    async def _carry_out(self, call: ToolCall, given: EditCommand) -> CallOutcome:
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
        permission = await self._ports.door.may_view(command.path, call.id, is_edit=is_edit)
        if not permission.allowed:
            raise EditError(permission.reason)

    def _view(self, command: View) -> str:
        limit = self._max_characters or VIEW_LIMIT
        if self._ports.files.kind(command.path) == "directory":
            if command.view_range:
                raise EditError(f"{command.path} is a directory, so view takes no view_range.")
            return operations.view_directory(command.path, list_directory(self._ports.files, command.path), limit)
        text = _text_of(command.path, self._existing(command.path))
        return operations.view_file(command.path, text, command.view_range, limit)

    async def _submit(self, call: ToolCall, command: Create | StrReplace | Insert | UndoEdit) -> CallOutcome:
        change, summary = await asyncio.to_thread(self._compute, command)
        if change.before_digest == change.after_digest:
            return answered(call, f"{command.path} is already as asked; nothing was changed.")
        proposal = Proposal(self._ports.new_id(), call.id, (change,), summary)
        origin = self._ports.door.origin
        operation = Operation.UNDO if isinstance(command, UndoEdit) else origin.operation
        outcome = await self._ports.door.submit(proposal, replace(origin, call=call.id, operation=operation))
        return CallOutcome(ToolResult(call.id, clean(outcome.message), outcome.is_error), outcome)

    def _compute(self, command: Create | StrReplace | Insert | UndoEdit) -> tuple[FileChange, str]:
        """The change that a command asks for, from the file as it is now, and what is said once it is made."""
        path = command.path
        if self._ports.files.kind(path) == "directory":
            raise EditError(f"{path} is a directory; only view works on directories.")
        if isinstance(command, UndoEdit):
            return self._undo(path)
        before = self._ports.files.read(path) if isinstance(command, Create) else self._existing(path)
        edited = _operate(command, before)
        after = FileImage(edited.text.encode(), before.mode if before else None)
        return FileChange(path, before, after), edited.summary

    def _existing(self, path: str) -> FileImage:
        image = self._ports.files.read(path)
        if image is None:
            raise _missing(path)
        return image

    def _undo(self, path: str) -> tuple[FileChange, str]:
        """Take back this session's last change of a file, if the file is still as that change left it."""
        last = self._ports.changes.last_change(path)
        if last is None:
            raise EditError(f"There is no edit of {path} in this session to undo.")
        current = self._ports.files.read(path)
        # An edit never sets permissions, so undoing one keeps those that the file has by now.
        before = replace(last.before, mode=current.mode) if last.before and current else last.before
        change = FileChange(path, current, before)
        if change.before_digest != last.after_digest:
            raise EditError(f"{path} changed since your last edit; undoing would lose that. View it, then edit it.")
        done = f"{path} is deleted again" if last.before is None else f"{path} is as it was before it"
        return change, f"Undid your last edit: {done}."


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


def _missing(path: str) -> EditError:
    return EditError(f"{path} does not exist. View its directory to see what is there, or use create.")


def _text_of(path: str, image: FileImage) -> FileText:
    try:
        return FileText.decode(image.data)
    except BinaryFile as binary:
        raise EditError(f"{path} is {binary}; this tool views and edits text files only.") from binary
