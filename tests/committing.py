"""Owns a user's repository with a session of copydesk in it, for tests that commit."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from copydesk.assembly.committing import commit_accepted, preview_commit
from copydesk.assembly.door import personal_gate
from copydesk.assembly.place import Place, open_place
from copydesk.changes.rollback import agree, perform, plan_rollback
from copydesk.changes.steps import Operation, Step, StepMeta
from copydesk.domain.checkpoints import Aim, Answers
from copydesk.domain.commits import CommitPreview, Committed, CommitWish, NotCommitted
from copydesk.domain.decisions import Decision
from copydesk.domain.proposals import FileChange, FileImage

LINES = "".join(f"line {number}\n" for number in range(1, 31))
PERSONAL = "[user]\n\tname = Nobody\n\temail = nobody@example.invalid\n[init]\n\tdefaultBranch = main\n"


class UserRepo:
    """A repository in `folder/work`, its user's home in `folder/home`, a workspace at its top or in `below`."""

    def __init__(self, folder: Path, *, options: tuple[str, ...] = (), below: str = "") -> None:
        self.folder, self.top = folder, folder / "work"
        (folder / "home").mkdir()
        (folder / "home/.gitconfig").write_text(PERSONAL)
        self.environment = {
            "HOME": str(folder / "home"),
            "PATH": os.environ["PATH"],
            "COPYDESK_STATE_DIR": str(folder / "state"),
        }
        (self.top / below).mkdir(parents=True)
        self.git("init", "--quiet", *options)
        self.place = self.opened(self.top / below)

    def opened(self, directory: Path) -> Place:
        return open_place(str(directory), self.environment)

    def git(self, *arguments: str, given: bytes | None = None, cwd: Path | None = None) -> str:
        """Run git as the user does; it has to end well."""
        ran = subprocess.run(
            ["git", *arguments],
            cwd=cwd or self.top,
            env=self.environment,
            input=given,
            capture_output=True,
            timeout=20,
            check=True,
        )
        return ran.stdout.decode("utf-8", "surrogateescape")

    def write(self, path: str, data: str | bytes) -> None:
        place = self.top / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data.encode() if isinstance(data, str) else data)

    def have(self, files: Mapping[str, str | bytes]) -> None:
        """Commit files as the user."""
        for path, data in files.items():
            self.write(path, data)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "before")

    def edit(self, path: str, after: str | bytes | None, session: str = "s1", mode: int | None = None) -> Step:
        """Change a file as copydesk does; `path` is from the root of the workspace."""
        before = self.place.files.read(path)
        data = after.encode() if isinstance(after, str) else after
        image = None if data is None else FileImage(data, mode or (before.mode if before else None))
        return self.place.applier.apply([FileChange(path, before, image)], StepMeta(Operation.EDIT, session))

    def replace(self, path: str, old: str, new: str, session: str = "s1") -> Step:
        """Change some of the text of a file as copydesk does."""
        found = self.place.files.read(path)
        assert found
        assert old.encode() in found.data
        return self.edit(path, found.data.replace(old.encode(), new.encode()), session)

    def go_back(self, step: Step) -> None:
        history = self.place.applier.history
        plan = plan_rollback(history, self.place.files, Aim(step.commit))
        assert plan is not None
        asyncio.run(perform(personal_gate(self.place), history, agree(plan, Answers(), "back"), "s1"))

    def commit(
        self, message: str = "", anyway: bool = False, shown: str = "", choice: Decision | None = None
    ) -> Committed:
        done = self.try_commit(message, anyway, shown, choice)
        assert isinstance(done, Committed), done
        return done

    def try_commit(
        self, message: str = "", anyway: bool = False, shown: str = "", choice: Decision | None = None
    ) -> Committed | NotCommitted:
        wish = CommitWish(message, anyway, choice, shown)
        return commit_accepted(self.place, "s1", wish, environment=self.environment)

    def preview(self, anyway: bool = False) -> CommitPreview:
        found = preview_commit(self.place, "s1", CommitWish(anyway=anyway), environment=self.environment)
        assert isinstance(found, CommitPreview), found
        return found

    def refused(self, anyway: bool = False) -> str:
        """Try to commit, which must be refused and leave the repository as it was; gives the reasons."""
        before = self.state()
        done = self.try_commit(anyway=anyway)
        assert isinstance(done, NotCommitted), done
        assert self.state() == before
        return "\n".join(done.reasons)

    def state(self) -> tuple[str, ...]:
        """What the user sees of their repository, and what a commit must not leave behind."""
        index = Path(self.git("rev-parse", "--path-format=absolute", "--git-path", "index").strip())
        shown = self.git("for-each-ref"), self.git("status", "--porcelain=v2", "-z"), self.git("diff", "--cached")
        locks = sorted(str(path) for path in self.top.glob(".git/**/*.lock"))
        head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=self.top, capture_output=True, env=self.environment)
        data = index.read_bytes().hex() if index.exists() else ""
        scratch = list(self.place.state.scratch.glob("*")) if self.place.state.scratch.exists() else []
        return (data, head.stdout.decode(), *shown, *locks, *map(str, scratch))

    def shown(self, path: str, at: str = "HEAD") -> str:
        """What a commit, or with an empty `at` the index, holds of a file."""
        return self.git("cat-file", "blob", f"{at}:{path}")

    def hook(self, name: str, body: str) -> None:
        place = self.top / ".git/hooks" / name
        place.parent.mkdir(exist_ok=True)
        place.write_text(f"#!/bin/sh\n{body}\n")
        place.chmod(0o755)
