"""Owns which paths no mode opens: secrets, and what other programs take as an instruction.

Whether a rule of the person opens one is the policy's business.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from copydesk.domain.globs import compile_glob


@dataclass(frozen=True, slots=True)
class Protection:
    """A group of paths that modes do not open."""

    kind: str
    globs: tuple[str, ...]
    covers_view: bool = False
    """True for secrets."""
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
            ".copydesk/**", ".copydesk.toml", "copydesk.toml", ".aiignore", ".claude/**", "CLAUDE.md", ".mcp.json",
            ".cursor/**", ".cursorrules", ".codex/**", "AGENTS.md", ".gemini/**", "GEMINI.md", ".cline*", ".roo/**",
            ".windsurfrules", ".aider*", ".github/copilot-instructions.md", ".vscode/**", ".idea/**",
            "*.code-workspace", ".zed/**", ".devcontainer/**", ".editorconfig",
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
        "|".join(f"(?:{compile_glob(glob.casefold()).pattern})" for glob in protection.globs)
        for protection in PROTECTIONS
    )
    return re.compile("|".join(f"(?P<group{number}>{group})" for number, group in enumerate(groups)), re.DOTALL)
