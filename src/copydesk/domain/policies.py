"""Owns who may do what: modes, rules, protected paths, and the verdict on an action.

A policy never asks anybody; it says allow, ask or deny and by which rule. Nobody to ask means no (the gate's business).
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache


class Mode(StrEnum):
    """How edits are treated when no rule says otherwise."""

    PLAN = "plan"
    ASK = "ask"
    ACCEPT = "accept"


class Verdict(StrEnum):
    """What a policy says of an action."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"


class ActionKind(StrEnum):
    """What is done to a path."""

    VIEW = "view"
    CREATE = "create"
    EDIT = "edit"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Action:
    """Something the model wants to do."""

    kind: ActionKind
    path: str
    """Real path relative to the root, links resolved."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """A verdict and the rule that said so."""

    verdict: Verdict
    reason: str
    """A sentence for the model and the person."""
    mark: str = ""
    """What the person should know before deciding: `runs code`, `secret`, `generated` ..."""
    is_protected: bool = False
    """A path that asks in every mode: an approval is never a bare default."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the policy, in the person's words."""

    verdict: Verdict
    glob: str
    source: str
    """Where it came from, such as `--allow`."""

    def matches(self, path: str) -> bool:
        """True where the path, or a directory above it, matches the pattern."""
        return glob_matches(self.glob, path)

    def names(self, path: str) -> bool:
        """True where the pattern is this very path, from the root on."""
        return self.glob.removeprefix("./").removeprefix("/") == path


@dataclass(frozen=True, slots=True)
class Protection:
    """A group of paths that modes do not open."""

    kind: str
    globs: tuple[str, ...]
    covers_view: bool = False
    always_asks: bool = True
    """False: only marked."""


PROTECTIONS = (
    Protection(
        "secret",
        (
            ".env*", "*.pem", "*.key", "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", ".npmrc", ".pypirc", ".netrc",
            ".aws/**", ".kube/**", ".ssh/**", ".gnupg/**", "*.p12", "*.pfx", "*.keystore", ".git-credentials",
        ),
        covers_view=True,
    ),
    Protection("git configuration", (".gitattributes", ".gitmodules", ".gitignore", ".mailmap")),
    Protection(
        "CI configuration",
        (
            ".github/workflows/**", ".github/actions/**", ".gitlab-ci.yml", ".circleci/**", "azure-pipelines.yml",
            "Jenkinsfile", ".ci/**", ".buildkite/**", ".husky/**", ".pre-commit-config.yaml", "lefthook.yml",
        ),
    ),
    Protection(
        "agent or editor configuration",
        (
            ".copydesk/**", ".copydesk.toml", "copydesk.toml", ".claude/**", "CLAUDE.md", ".mcp.json", ".cursor/**",
            ".cursorrules", ".codex/**", "AGENTS.md", ".gemini/**", "GEMINI.md", ".cline*", ".roo/**", ".windsurfrules",
            ".aider*", ".github/copilot-instructions.md", ".vscode/**", ".idea/**", "*.code-workspace", ".zed/**",
            ".devcontainer/**", ".editorconfig",
        ),
    ),
    Protection("shell configuration", (".envrc", ".bashrc", ".bash_profile", ".zshrc", ".profile")),
    Protection("generated", ("*.lock", "package-lock.json", "pnpm-lock.yaml", "go.sum")),
    Protection(
        "runs code",
        ("package.json", "setup.py", "pyproject.toml", "conftest.py", "Makefile", "Dockerfile"),
        always_asks=False,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Policy:
    """The mode, the person's rules, and the protected paths."""

    mode: Mode
    rules: tuple[Rule, ...] = ()
    """Later ones win, but a deny of the person always does."""

    def rule_on(self, action: Action) -> Ruling:
        """Say allow, ask or deny. Paths inside `.git` never come here: they cannot even be opened."""
        protection = protection_of(action.path)
        denied = next((rule for rule in self.rules if rule.verdict is Verdict.DENY and rule.matches(action.path)), None)
        if denied:
            return Ruling(Verdict.DENY, f"{action.path} is denied by {denied.source} {denied.glob}.")
        if action.kind is ActionKind.VIEW:
            return self._rule_on_view(action, protection)
        if self.mode is Mode.PLAN:
            return Ruling(Verdict.DENY, PLAN_REFUSAL)
        return self._rule_on_edit(action, protection)

    def _rule_on_view(self, action: Action, protection: Protection | None) -> Ruling:
        if protection is None or not protection.covers_view or self._is_opened(action.path, protection):
            return Ruling(Verdict.ALLOW, "Reading is allowed.")
        return Ruling(
            Verdict.ASK, f"{action.path} may hold secrets, so reading it needs the person's consent.", "secret", True
        )

    def _rule_on_edit(self, action: Action, protection: Protection | None) -> Ruling:
        mark = protection.kind if protection else ""
        if protection and protection.always_asks and not self._is_opened(action.path, protection):
            return Ruling(
                Verdict.ASK, f"{action.path} is protected ({mark}), so a change needs the person's consent.", mark, True
            )
        if self.mode is Mode.ACCEPT:
            return Ruling(Verdict.ALLOW, "Mode accept applies edits as they come.", mark)
        allowed = self._allowing_rule(action.path)
        if allowed:
            return Ruling(Verdict.ALLOW, f"Allowed by {allowed.source} {allowed.glob}.", mark)
        return Ruling(Verdict.ASK, "Mode ask shows each edit to the person.", mark)

    def _allowing_rule(self, path: str) -> Rule | None:
        return next((r for r in reversed(self.rules) if r.verdict is Verdict.ALLOW and r.matches(path)), None)

    def _is_opened(self, path: str, protection: Protection) -> bool:
        """A protected path is opened by a rule; a secret one only by its literal path."""
        allowing = [rule for rule in self.rules if rule.verdict is Verdict.ALLOW]
        return any(rule.names(path) if protection.covers_view else rule.matches(path) for rule in allowing)


PLAN_REFUSAL = "Mode plan makes no changes: describe the change that you would make instead of making it."


def protection_of(path: str) -> Protection | None:
    """Give the first protected group that the path belongs to, however its name is spelled."""
    found = _protected().fullmatch("/".join(map(fold, path.split("/"))))
    return PROTECTIONS[int((found.lastgroup or "").removeprefix("group"))] if found else None


def fold(name: str) -> str:
    """Reduce a name to what a case-folding or forgiving file system may take it for."""
    if name.isascii():
        visible = name.lower()
    else:
        composed = unicodedata.normalize("NFKC", name).casefold()
        visible = "".join(character for character in composed if unicodedata.category(character) != "Cf")
    return visible.split(":", 1)[0].rstrip(". ") or visible


@cache
def _protected() -> re.Pattern[str]:
    """All patterns in one, each group by its number: whole listings of files are ruled on."""
    groups = (
        "|".join(f"(?:{_pattern(glob.casefold()).pattern})" for glob in protection.globs) for protection in PROTECTIONS
    )
    return re.compile("|".join(f"(?P<group{number}>{group})" for number, group in enumerate(groups)), re.DOTALL)


def fault_of_glob(glob: str) -> str:
    """Say what is wrong with a pattern that is malformed or can match no file; empty for every other."""
    body = glob.removeprefix("./").strip("/")
    if body in ("", "."):
        return "can match no file; `**` is every file"
    if not {"", ".", ".."}.isdisjoint(body.split("/")):
        return "can match no file: paths here are without `.`, `..` and empty names"
    tokens = _tokens(body)
    if re.escape("[") in tokens:
        return "has a `[` without its `]`; `[[]` is the character itself"
    return "has a `[...]` that no character can match" if _NOTHING in tokens else ""


_CLASS = re.compile(r"\[(?P<negation>[!^]?)(?P<members>.[^]]*)]", re.DOTALL)
"""A `]` that comes first is a member."""
_STAR = "[^/]*"
_ANY_DEPTH = ("(?:.*/)?", ".*")
_NOTHING = "(?!)"
_MEMBER = re.compile(r"(.)(?:-(.))?", re.DOTALL)


def glob_matches(glob: str, path: str) -> bool:
    """Match as `.gitignore` does: a pattern without `/` matches a name at any depth, and a directory what is in it."""
    return _pattern(glob).fullmatch(path) is not None


@lru_cache(maxsize=1024)
def _pattern(glob: str) -> re.Pattern[str]:
    anchored = glob.removeprefix("./")
    is_rooted = "/" in anchored.rstrip("/").removesuffix("/**")
    return re.compile(
        ("" if is_rooted else "(?:.*/)?") + _written(_tokens(anchored.strip("/"))) + "(?:/.*)?", re.DOTALL
    )


def _tokens(body: str) -> list[str]:
    tokens, position = list[str](), 0
    while position < len(body):
        token, length = _glob_token(body, position)
        tokens.append(token)
        position += length
    return tokens


def _written(tokens: list[str]) -> str:
    """Join the tokens so that a star before another one stops at the first place that fits, and is not tried again.

    What is between two stars has a fixed length, so the first place is as good as any later one; without this, a name
    that nearly matches takes a time that grows with the power of the number of stars.
    """
    written, place = "", 0
    while place < len(tokens):
        stars = [at for at in range(place + 1, len(tokens)) if tokens[at] in (_STAR, *_ANY_DEPTH)]
        if tokens[place] == _STAR and stars and tokens[stars[0]] == _STAR:
            fixed = "".join(tokens[place + 1 : stars[0]])
            written, place = f"{written}(?>[^/]*?{fixed})", stars[0]
        else:
            written, place = written + tokens[place], place + 1
    return written


def _glob_token(body: str, position: int) -> tuple[str, int]:
    if body.startswith("**/", position):
        return _ANY_DEPTH[0], 3
    if body.startswith("**", position):
        return _ANY_DEPTH[1], 2
    if body[position] == "*":
        return _STAR, 1
    if body[position] == "?":
        return "[^/]", 1
    found = _CLASS.match(body, position)
    if found:
        return _character_class(found["members"], is_negated=bool(found["negation"])), len(found[0])
    return re.escape(body[position]), 1


def _character_class(members: str, *, is_negated: bool) -> str:
    """Write a class with every member escaped, so that none means more to `re`; a range that is none holds nothing."""
    written = ""
    for first, last in _MEMBER.findall(members):
        if not last:
            # A class never stands for the slash between two names.
            written += re.escape(first) if first != "/" else ""
        elif first <= last:
            written += f"{re.escape(first)}-{re.escape(last)}"
    if not written:
        return "[^/]" if is_negated else _NOTHING
    return f"(?!/)[{'^' if is_negated else ''}{written}]"
