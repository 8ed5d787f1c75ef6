"""Owns the one tree of exceptions; each message is a sentence that a model or a person can act on.

CopydeskError
├── UsageError            wrong arguments, configuration or credentials: exit 2, nothing was done
├── WorkspaceError        the workspace said no
│   ├── PathRefused       outside the root, through a link that leaves it, inside `.git`, not a name
│   ├── NotRegularFile    a directory, FIFO, socket or device where a file was expected
│   ├── FileTooLarge      more bytes than an edit takes
│   ├── PartlyWritten     a change failed in the middle, and could not be put back yet
│   └── StaleFile         the bytes on disk are not the ones that the change was computed from
├── PatchError            a patch that cannot be read, or that does not fit the file
├── BundleError           a bundle that cannot be read, or may not be written
├── ApplyConflict         a change from elsewhere contradicts the files as they are; nothing was applied
├── InvalidDecision       a decision that cannot be carried out on what was proposed
├── EditError             a tool call that cannot be carried out; the text is the tool's answer
├── HistoryError          the store of applied changes cannot be read or written
│   └── RollbackConflict  something else changed the files since; nothing was moved
├── JournalError          the session's record cannot be read or written
├── GitError              a git process failed, hung or is not there
└── ModelError            the Messages API or the way to it failed
    └── CassetteError     a replay differs from what was recorded
"""


class CopydeskError(Exception):
    """Root of all errors that copydesk raises on purpose."""


class UsageError(CopydeskError):
    """Arguments, configuration or credentials are wrong; nothing was done."""


class WorkspaceError(CopydeskError):
    """A path could not be read or written."""


class PathRefused(WorkspaceError):
    """The path is not one that copydesk reads or writes, in any mode."""


class NotRegularFile(WorkspaceError):
    """The path holds something other than a regular file."""


class FileTooLarge(WorkspaceError):
    """The file is larger than what can be edited; it can still be viewed in ranges."""

    def __init__(self, path: str, size: int, limit: int) -> None:
        super().__init__(
            f"{path} has {size:,} bytes; edits are made in files of up to {limit:,}. A view_range shows any part of it."
        )


class StaleFile(WorkspaceError):
    """The disk does not hold the bytes that the change was computed from."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} changed on disk since this edit was computed; nothing was written.")
        self.path = path


class EditError(CopydeskError):
    """A tool call that cannot be carried out as it was given."""


class PartlyWritten(WorkspaceError):
    """A step failed in the middle, and what it had written could not be put back yet."""

    def __init__(self, failed: str, standing: tuple[str, ...]) -> None:
        super().__init__(
            f"{failed} could not be written, and neither could the former content of {', '.join(standing)}, written "
            "before it in the same change: the new content stands there. The next change, or the next start of "
            "copydesk, tries again to put it back."
        )
        self.standing = standing


class InvalidDecision(CopydeskError):
    """A decision that names what was not proposed, contradicts itself, or holds text that the file cannot take."""


class PatchError(CopydeskError):
    """A patch that cannot be read, is not safe to take, or does not fit the file; nothing was changed."""


class BundleError(CopydeskError):
    """A bundle that cannot be read, contradicts itself, or holds what may not leave the machine."""


class ApplyConflict(CopydeskError):
    """A change from elsewhere contradicts the files as they are; nothing was applied."""

    def __init__(self, paths: tuple[str, ...], reasons: tuple[str, ...]) -> None:
        """`reasons` are sentences."""
        super().__init__(f"Nothing was applied. {' '.join(reasons)}")
        self.paths = paths
        self.reasons = reasons


class HistoryError(CopydeskError):
    """The store of applied changes cannot be read or written."""


class RollbackConflict(HistoryError):
    """Going back would lose what somebody else wrote; nothing was moved."""

    def __init__(self, paths: tuple[str, ...], reasons: tuple[str, ...]) -> None:
        """`reasons` are sentences."""
        super().__init__(f"Nothing was rolled back, because this would lose other changes: {' '.join(reasons)}")
        self.paths = paths
        self.reasons = reasons


class JournalError(CopydeskError):
    """The record of a session cannot be read or written."""


class GitError(CopydeskError):
    """A git process failed, did not end in time, or git is not installed."""


class ModelError(CopydeskError):
    """The Messages API, or the way to it, failed after the retries that make sense."""


class CassetteError(ModelError):
    """A replay was asked for something else than what was recorded."""
