"""Owns making the commit that the user asks for: their objects, their index and their branch, at their word alone.

It is put together from plumbing and never by `git commit`, which takes part in whatever is in progress. Until the
branch moves nothing of the repository has changed but objects that nobody refers to; the index is replaced as git
itself does it, under its lock. Never touches a file of the work tree.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from copydesk.domain.errors import GitError
from copydesk.domain.proposals import FileImage
from copydesk.domain.unified import git_mode
from copydesk.workspace.checkout import Checkout, Entry, copy_index
from copydesk.workspace.git import Answer, checked

HOOK_DEADLINE = 900.0
"""Seconds for each hook: many run tests."""
SIGNING_DEADLINE = 120.0
"""Seconds in which a key must have been unlocked."""
_LONGEST_WORDS = 4_000
"""Characters of what a hook said that are passed on: its last ones."""
_CANDIDATE, _NEXT = "candidate", "next"
"""Our indexes: what is committed, and what the user's becomes."""


@dataclass(frozen=True, slots=True)
class FileCommit:
    """What becomes of one file; images have the permission bits 0644 or 0755, None stands for no file."""

    path: str
    """From the top of the repository."""
    image: FileImage | None
    """What the commit holds."""
    staged: FileImage | None
    """What the index holds after it."""
    entry: Entry | None
    """What the index held before."""


def make_commit(checkout: Checkout, files: Sequence[FileCommit], message: str) -> str:
    """Commit files onto the current branch and give the commit's id; GitError with what to do where that cannot be."""
    _require_identity(checkout)
    _store(checkout, files)
    tree = _candidate_tree(checkout, files)
    _prepare_index(checkout, files)
    text = _hooked_message(checkout, message)
    if checked(checkout.ask(("write-tree",), index=_CANDIDATE), "write-tree") != tree:
        raise GitError(
            "A hook changed what is to be committed, so it is not what you accepted any more; nothing was committed. "
            "Have the hook only look, or commit with git yourself."
        )
    commit = _commit_object(checkout, tree.decode("ascii").strip(), text)
    _move_branch(checkout, commit, text.partition("\n")[0])
    with suppress(GitError):
        # The commit stands, whatever becomes of this one.
        _run_hook(checkout, "post-commit", index=None)
    return commit


def _require_identity(checkout: Checkout) -> None:
    for who in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
        if checkout.git.run(("var", who)).status:
            raise GitError(
                "git does not know who you are, so nothing was committed; set user.name and user.email with git config "
                "and commit again."
            )


def _store(checkout: Checkout, files: Sequence[FileCommit]) -> None:
    """Put the contents into the repository, as they are."""
    images = {image.data for file in files for image in (file.image, file.staged) if image}
    names = [checkout.scratch / f"blob-{number}" for number in range(len(images))]
    for name, data in zip(names, images, strict=True):
        name.write_bytes(data)
    if names:
        checked(checkout.git.run(("hash-object", "-w", "--no-filters", "--", *map(str, names))), "hash-object")


def _candidate_tree(checkout: Checkout, files: Sequence[FileCommit]) -> bytes:
    """Write the tree of the commit: the last one's with these files in it."""
    _copy_index(checkout, _CANDIDATE)
    begun = ("read-tree", "--reset", checkout.head) if checkout.head else ("read-tree", "--empty")
    checked(checkout.ask(begun, index=_CANDIDATE), "read-tree")
    _set_entries(checkout, _CANDIDATE, [(file.path, file.image) for file in files])
    return checked(checkout.ask(("write-tree",), index=_CANDIDATE), "write-tree")


def _prepare_index(checkout: Checkout, files: Sequence[FileCommit]) -> None:
    """Make the index that takes the place of the user's: only the entries of these files differ."""
    _copy_index(checkout, _NEXT)
    moved = [file for file in files if _entry_of(checkout, file.staged) != _as_set(file.entry)]
    _set_entries(checkout, _NEXT, [(file.path, file.staged) for file in moved])
    standing = [file for file in moved if file.staged]
    # Setting an entry takes its marks away.
    for option, is_marked in (("--skip-worktree", _is_skipped), ("--assume-unchanged", _is_assumed)):
        paths = [file.path for file in standing if file.entry and is_marked(file.entry)]
        if paths:
            checked(checkout.ask(("update-index", option, "-z", "--stdin"), _listed(paths), _NEXT), "update-index")
    if standing:
        # Only spares the next `git status` a look into the files; where it cannot be done, that looks.
        refresh = ("add", "--refresh", "--sparse", "--pathspec-from-file=-", "--pathspec-file-nul")
        checkout.ask(refresh, _listed([file.path for file in standing]), _NEXT)


def _copy_index(checkout: Checkout, name: str) -> None:
    if (found := checkout.scratch / "index").exists():
        copy_index(found, checkout.scratch / name)


def _set_entries(checkout: Checkout, index: str, entries: Sequence[tuple[str, FileImage | None]]) -> None:
    """Give files their entries; GitError where one would push out an entry that is not ours.

    What goes makes room first: a directory may take the place of a file.
    """
    none = "0" * len(checkout.blob_of(b""))
    going = b"".join(b"0 %s\t%s\0" % (none.encode("ascii"), os.fsencode(path)) for path, image in entries if not image)
    checked(checkout.ask(("update-index", "-z", "--index-info"), going, index), "update-index")
    coming = [(entry, path) for path, image in entries if (entry := _entry_of(checkout, image))]
    # Unlike a list on standard input, these replace no file by a directory, nor a directory by a file.
    words = [word for (mode, blob), path in coming for word in ("--cacheinfo", f"{mode:o},{blob},{path}")]
    checked(checkout.ask(("update-index", "--add", *words), index=index), "update-index")


def _entry_of(checkout: Checkout, image: FileImage | None) -> tuple[int, str] | None:
    return (git_mode(image.mode) or 0, checkout.blob_of(image.data)) if image else None


def _as_set(entry: Entry | None) -> tuple[int, str] | None:
    return (entry.mode, entry.blob) if entry else None


def _is_skipped(entry: Entry) -> bool:
    return entry.tag in "Ss"


def _is_assumed(entry: Entry) -> bool:
    return entry.tag.islower()


def _listed(paths: Sequence[str]) -> bytes:
    return b"".join(os.fsencode(path) + b"\0" for path in paths)


def _hooked_message(checkout: Checkout, message: str) -> str:
    """Have the hooks look at what is to be committed and at its message, and give the message as they left it."""
    hooks = checkout.hooks
    if "pre-commit" in hooks:
        _run_hook(checkout, "pre-commit")
    data = message.encode("utf-8", "replace")
    for hook, extra in (("prepare-commit-msg", ("message",)), ("commit-msg", ())):
        if hook in hooks:
            place = checkout.places["COMMIT_EDITMSG"]
            place.write_bytes(data)
            _run_hook(checkout, hook, (str(place), *extra))
            data = place.read_bytes()
    tidied = checked(checkout.git.run(("stripspace",), data), "stripspace") if data else b""
    if not tidied.strip():
        raise GitError("The message of the commit is empty; give one. Nothing was committed.")
    return tidied.decode("utf-8", "replace")


def _run_hook(checkout: Checkout, hook: str, arguments: Sequence[str] = (), index: str | None = _CANDIDATE) -> None:
    """Run one of the user's hooks as git would; GitError with its words where it refuses."""
    variables = {"GIT_INDEX_FILE": str(checkout.scratch / index)} if index else {}
    git = replace(checkout.git, deadline=HOOK_DEADLINE)
    # The arguments of a hook come after `--`; nothing of copydesk's own configuration reaches it.
    answer = git.run(("hook", "run", "--ignore-missing", hook, "--", *arguments), b"", variables, ())
    if answer.status:
        raise GitError(
            f"The hook {hook} refused the commit, and nothing was committed; do as it says and commit again."
            f"{_words(answer)}"
        )


def _words(answer: Answer) -> str:
    said = answer.complaint.strip()
    return f"\n{said[-_LONGEST_WORDS:]}" if said else " It said nothing."


def _commit_object(checkout: Checkout, tree: str, message: str) -> str:
    place = checkout.scratch / "message"
    place.write_text(message, "utf-8")
    wanted = checkout.git.run(("config", "--type=bool", "--get", "commit.gpgSign"))
    signing = ("-S",) if wanted.output.strip() == b"true" else ()
    parents = ("-p", checkout.head) if checkout.head else ()
    git = replace(checkout.git, deadline=SIGNING_DEADLINE)
    answer = git.run(("commit-tree", tree, *parents, *signing, "-F", str(place)))
    if answer.status and signing:
        raise GitError(
            "The commit could not be signed, as your configuration wants it; nothing was committed. Unlock the key and "
            f"commit again.{_words(answer)}"
        )
    return checked(answer, "commit-tree").decode("ascii").strip()


def _move_branch(checkout: Checkout, commit: str, subject: str) -> None:
    """Put the commit onto the branch and the index in its place, unless one of them has changed since we looked."""
    index = checkout.places["index"]
    lock = index.with_name(f"{index.name}.lock")
    descriptor = _take_lock(lock)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _require_same(checkout, index)
            if index.exists():
                os.fchmod(descriptor, index.stat().st_mode)
            file.write((checkout.scratch / _NEXT).read_bytes())
            file.flush()
            os.fsync(descriptor)
        _update_head(checkout, commit, subject)
    except BaseException:
        lock.unlink(missing_ok=True)
        raise
    try:
        lock.replace(index)
    except OSError as error:
        raise GitError(
            f"The commit {commit} is made, but {index} could not be replaced: {error.strerror}. Rename {lock} to it."
        ) from error


def _take_lock(lock: Path) -> int:
    try:
        return os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except FileExistsError as error:
        raise GitError(
            f"Another git process works on the index, or was killed: {lock} is there. Nothing was committed; wait for "
            "it, or remove that file once no git is running, and commit again."
        ) from error
    except OSError as error:
        raise GitError(f"{lock} cannot be made: {error.strerror}; nothing was committed.") from error


def _require_same(checkout: Checkout, index: Path) -> None:
    found = checkout.scratch / "index"
    if (index.read_bytes() if index.exists() else None) != (found.read_bytes() if found.exists() else None):
        raise GitError("The index was changed while the commit was being made; nothing was committed. Commit again.")


def _update_head(checkout: Checkout, commit: str, subject: str) -> None:
    """Move the branch, unless it is not where it was; runs the hook reference-transaction, as every move does."""
    kind = "commit" if checkout.head else "commit (initial)"
    before = checkout.head or "0" * len(commit)
    command = ("update-ref", "-m", f"{kind}: {subject}", "HEAD", commit, before)
    try:
        answer = replace(checkout.git, deadline=HOOK_DEADLINE).run(command, overrides=())
    except GitError:
        # It was stopped: what it has done by then counts.
        if checkout.current_head() != commit:
            raise
        return
    if answer.status:
        raise GitError(
            "The branch could not be moved to the commit: it was moved meanwhile, or a hook refused it. Nothing was "
            f"committed; commit again.{_words(answer)}"
        )
