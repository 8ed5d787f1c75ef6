"""Owns what a commit of accepted changes holds: the last commit, with what copydesk did to each file put into it.

Only that: what the user, or another session, changed in the same files stays as it is, uncommitted, and staged where
it was. Where the two cannot be told apart there is no commit. It works everything out and changes nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from copydesk.changes import timeline
from copydesk.changes.applier import Applier
from copydesk.changes.history import History
from copydesk.changes.landing import land_all
from copydesk.changes.rebasing import MERGE_LIMIT, merge_images
from copydesk.changes.steps import Operation, StepFile, StepMeta
from copydesk.domain.commits import CommitPreview, CommitRefused, CommitWish
from copydesk.domain.decisions import Decision
from copydesk.domain.diffs import FileDiff, diff_images
from copydesk.domain.errors import HistoryError, InvalidDecision, WorkspaceError
from copydesk.domain.merging import MergeConflict
from copydesk.domain.proposals import FileChange, FileImage
from copydesk.domain.unified import quoted_path
from copydesk.workspace.checkout import Checkout, Entry
from copydesk.workspace.committing import FileCommit
from copydesk.workspace.files import DiskFiles

Image = FileImage | None
"""A file or none; of the permission bits only those are kept that git knows: 0644 or 0755."""
Steps = Sequence[tuple[Image, Image]]
"""What each step found and left, oldest first."""
CHANGED = "What is to be committed changed since it was shown, so nothing was committed; look at it again."
NOTHING = "There is nothing to commit: the last commit holds all that copydesk changed in this session."


@dataclass(frozen=True, slots=True)
class Accepted:
    """What copydesk did to a file, and no commit holds yet."""

    path: str
    """Relative to the workspace root."""
    steps: Steps


@dataclass(frozen=True, slots=True)
class AcceptedChanges:
    """What a session changed since its last commit."""

    files: tuple[Accepted, ...]
    latest: int
    """Number of the last step that is in it."""
    covered: int
    """Number of the last step that earlier commits hold all of."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A commit that can be made."""

    files: tuple[FileCommit, ...]
    preview: CommitPreview
    leaves_some: bool = False
    """Not all was chosen: a later commit holds the rest."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a file keeps the commit from being made."""

    reason: str
    can_be_left_out: bool = False
    """The rest makes a commit without it."""


def accepted_changes(applier: Applier, session: str) -> AcceptedChanges:
    """What a session did since its last commit; HistoryError where another process was killed in the middle."""
    applier.recover()
    history = applier.history
    with history.locked():
        if history.may_be_interrupted():
            raise HistoryError("A change was interrupted a moment ago; commit again.")
        steps = [step for step in history.steps() if step.meta.session == session]
    commits = [step.meta.target or 0 for step in steps if step.meta.operation is Operation.COMMIT]
    covered = max(commits, default=0)
    trails: dict[str, list[StepFile]] = {}
    for step, files in timeline.written(steps):
        for file in files if step.number > covered else ():
            trails.setdefault(file.path, []).append(file)
    found = tuple(Accepted(path, _images(history, trail)) for path, trail in trails.items())
    return AcceptedChanges(found, steps[-1].number if steps else 0, covered)


def record_commit(applier: Applier, session: str, commit: str, latest: int, at: float) -> None:
    """Remember that a commit holds a session's steps up to one; HistoryError where that fails."""
    with applier.history.locked():
        applier.history.begin(StepMeta(Operation.COMMIT, session, title=commit, target=latest), at, (), ())
        applier.history.finish()


def _images(history: History, trail: Sequence[StepFile]) -> Steps:
    images = map(_as_git_keeps, history.images([image for file in trail for image in (file.before, file.after)]))
    return tuple(zip(images, images, strict=True))


def _as_git_keeps(image: Image) -> Image:
    return image and image.with_mode(0o755 if (image.mode or 0) & 0o100 else 0o644)


def put_into(steps: Steps, current: Image) -> Image | tuple[MergeConflict, ...]:
    """Do to some content what the steps did: each in turn, or, where that contradicts, all that came of them at once.

    In turn goes where the user committed some of them; at once where only what is between them contradicts.
    """
    found = _merged(steps, current)
    return _merged(_joined(steps), current) if isinstance(found, tuple) else found


def _merged(steps: Steps, current: Image) -> Image | tuple[MergeConflict, ...]:
    for before, after in steps:
        found = merge_images(before, after, current, "utf-8")
        if isinstance(found, tuple):
            return found
        current = found
    return current


def _joined(steps: Steps) -> Steps:
    """Make one of the steps between which nobody else changed the file."""
    joined: list[tuple[Image, Image]] = []
    for before, after in steps:
        if joined and joined[-1][1] == before:
            joined[-1] = joined[-1][0], after
        else:
            joined.append((before, after))
    return joined


def refuse_progress(checkout: Checkout, *, anyway: bool) -> None:
    """CommitRefused in the middle of a merge or the like, unless the person wants a commit there."""
    if checkout.progress and not anyway:
        raise CommitRefused(
            f"A {checkout.progress} is in progress, and the commit would come in the middle of it; end that first, or "
            "commit anyway."
        )


def draft_commit(checkout: Checkout, files: DiskFiles, changes: Sequence[Accepted], wish: CommitWish) -> Draft:
    """Work out the commit; CommitRefused with all that stands in its way, or where there is nothing to commit."""
    refuse_progress(checkout, anyway=wish.anyway)
    base = _Holdings.of(checkout, changes)
    planned = [(change.path, _planned(base, files, change)) for change in changes]
    refused = [(path, found) for path, found in planned if isinstance(found, Refused)]
    if reasons := [found.reason for _, found in refused if not (wish.anyway and found.can_be_left_out)]:
        raise CommitRefused(*reasons)
    found = [(path, file) for path, file in planned if isinstance(file, FileCommit)]
    if not found:
        raise CommitRefused(NOTHING)
    draft = _drafted(base, found, tuple(path for path, _ in refused))
    return _chosen(base, found, draft, wish.choice) if wish.choice else draft


_Found = Sequence[tuple[str, FileCommit]]
"""By the path in the workspace what a commit would hold."""


def _drafted(base: "_Holdings", found: _Found, left_out: tuple[str, ...]) -> Draft:
    diffs = tuple(base.diff(path, file) for path, file in found)
    return Draft(tuple(file for _, file in found), CommitPreview(diffs, base.checkout.hooks, left_out))


def _chosen(base: "_Holdings", found: _Found, whole: Draft, choice: Decision) -> Draft:
    """The commit of those files and hunks that were chosen of all that was shown."""
    if choice.digest != whole.preview.digest:
        raise CommitRefused(CHANGED)
    heads = [base.image(base.committed.get(file.path)) for _, file in found]
    changes = [FileChange(path, head, file.image) for (path, file), head in zip(found, heads, strict=True)]
    try:
        landings = land_all(changes, choice)
    except InvalidDecision as error:
        raise CommitRefused(str(error)) from error
    kept = [
        (path, file if landing.is_whole else _in_part(base, file, landing.change))
        for (path, file), landing in zip(found, landings, strict=True)
        if landing.change
    ]
    if not kept:
        raise CommitRefused("Nothing of it was chosen, so there is nothing to commit.")
    leaves_some = not all(landing.is_whole for landing in landings)
    return replace(_drafted(base, kept, whole.preview.left_out), leaves_some=leaves_some)


def _in_part(base: "_Holdings", file: FileCommit, change: FileChange) -> FileCommit:
    """Some hunks of a file's change, in the last commit and in what is staged."""
    staged = put_into(((change.before, change.after),), base.image(file.entry))
    if isinstance(staged, tuple):
        raise CommitRefused(_contradiction(quoted_path(change.path), change.before, False).reason)
    return replace(file, image=change.after, staged=staged)


@dataclass(frozen=True, slots=True)
class _Holdings:
    """What the repository holds of the files, by their paths from its top."""

    checkout: Checkout
    committed: dict[str, Entry]
    staged: dict[str, Entry]
    inner: dict[str, str]
    """By the path of a file the repository that it lies in, where that is another one."""
    ignored: frozenset[str]
    contents: dict[str, bytes] = field(default_factory=dict)
    """What was read, by its id: mostly the index holds what the last commit does."""

    @classmethod
    def of(cls, checkout: Checkout, changes: Sequence[Accepted]) -> "_Holdings":
        paths = [checkout.prefix + change.path for change in changes]
        committed = checkout.committed(paths)
        within = {path: checkout.repository_within(path, committed) for path in paths}
        inner = {path: repository for path, repository in within.items() if repository}
        outer = [path for path in paths if path not in inner]
        return cls(checkout, committed, checkout.staged(paths), inner, checkout.ignored(outer))

    def image(self, entry: Entry | None) -> Image:
        """What an entry of a regular file holds."""
        if entry is None:
            return None
        if entry.blob not in self.contents:
            self.contents[entry.blob] = self.checkout.content(entry.blob)
        return FileImage(self.contents[entry.blob], entry.mode & 0o777)

    def diff(self, path: str, file: FileCommit) -> FileDiff:
        """From the last commit to the next; `path` is the one in the workspace."""
        before, after = self.image(self.committed.get(file.path)), file.image
        modes = before.mode if before else None, after.mode if after else None
        data = before.data if before else None, after.data if after else None
        return diff_images(path, *data, modes=modes)


def _planned(base: _Holdings, files: DiskFiles, change: Accepted) -> FileCommit | Refused | None:
    """What becomes of one file; None where there is nothing to commit of it."""
    path, disk = base.checkout.prefix + change.path, _on_disk(files, change.path)
    held, entry = base.committed.get(path), base.staged.get(path)
    if not held and (disk is None or all(before == after for before, after in _joined(change.steps))):
        return None
    if refused := next(_obstacles(base, path, quoted_path(change.path)), None):
        return refused
    head, index = base.image(held), base.image(entry)
    disk, *images = _cleaned(base.checkout, path, [disk, *_flat(change.steps)], head)
    steps = tuple(zip(images[::2], images[1::2], strict=True))
    image = put_into(steps, head)
    # What the user has committed by hand is on disk as the last commit holds it, and so is what they took out again.
    if head in (disk, image):
        return None
    # An empty entry of a file that no commit holds says only that the file is to be added.
    staged = put_into(steps, None if head is None and index and not index.data else index)
    if isinstance(image, tuple) or isinstance(staged, tuple):
        return _contradiction(quoted_path(change.path), head, isinstance(image, tuple))
    return FileCommit(path, image, staged, entry)


def _obstacles(base: _Holdings, path: str, name: str) -> Iterator[Refused]:
    if inner := base.inner.get(path):
        yield Refused(
            f"{name} lies in a repository of its own, {quoted_path(inner)}; commit it there, and the rest anyway.", True
        )
    held, entry = base.committed.get(path), base.staged.get(path)
    if any(found and not found.is_file for found in (held, entry)):
        yield Refused(f"{name} is a symbolic link or a submodule in the repository; commit it yourself.")
    if entry and entry.tag == "M":
        yield Refused(f"{name} is in conflict in the index; resolve it with git first.")
    if path in base.ignored and not held:
        yield Refused(
            f"{name} is ignored by git; add it yourself (git add --force) and commit it, or commit the rest anyway.",
            True,
        )


def _contradiction(name: str, head: Image, is_committed: bool) -> Refused:
    if not is_committed:
        return Refused(
            f"What you have staged of {name} contradicts what copydesk changed there; commit it or take it out of the "
            "index (git restore --staged) first."
        )
    if head is None:
        return Refused(
            f"{name} is not in the last commit, but was there before copydesk changed it, so the changes alone cannot "
            "be committed; commit the file yourself first."
        )
    return Refused(
        f"In {name} the last commit does not hold the lines that copydesk changed; commit your own changes of it first."
    )


def _on_disk(files: DiskFiles, path: str) -> Image:
    """The file as it is; an impossible one where no regular file is there."""
    try:
        if files.real_path(path) == path:
            return _as_git_keeps(files.read(path, MERGE_LIMIT))
    except WorkspaceError:
        pass
    return FileImage(b"", 0)


def _flat(steps: Steps) -> Iterator[Image]:
    return (image for step in steps for image in step)


def _cleaned(checkout: Checkout, path: str, images: Sequence[Image], head: Image) -> list[Image]:
    """The images as git would keep them.

    Where the last commit holds CRLF, and all that git would do is to take it out, it is left as it is: git does not
    take it out of such a file either.
    """
    contents = list(dict.fromkeys(image.data for image in images if image))
    cleaned = dict(zip(contents, checkout.cleaned(path, contents), strict=True))
    if head and b"\r\n" in head.data and all(_is_unfolded(raw, clean) for raw, clean in cleaned.items()):
        return list(images)
    return [image and FileImage(cleaned[image.data], image.mode) for image in images]


def _is_unfolded(raw: bytes, clean: bytes) -> bool:
    return clean in (raw, raw.replace(b"\r\n", b"\n"))
