"""Owns where credentials come from: the environment, a file that the person names, profiles that the SDK reads itself.

Never loads the SDK, and never shows a secret: not in a repr, not in an error.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from copydesk.domain.errors import UsageError
from copydesk.model.failures import CredentialsMissing

REDACTED: Final = "[credential]"
KEY_HEADER: Final = "COPYDESK_API_KEY_HEADER"
"""`x-api-key` for a gateway that wants the key in that header; unset, or `authorization`, sends a bearer token."""

_IDENTIFYING: Final = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_PROFILE")
FOUNDRY_KEY: Final = "ANTHROPIC_FOUNDRY_API_KEY"
FOUNDRY_RESOURCE: Final = "ANTHROPIC_FOUNDRY_RESOURCE"
FOUNDRY_URL: Final = "ANTHROPIC_FOUNDRY_BASE_URL"
SERVED: Final = ("anthropic", "foundry")
"""Those that were driven against a server; with the others nobody has seen what copydesk sends work."""

_FILE_NAMES: Final = (
    *(*_IDENTIFYING, "ANTHROPIC_BASE_URL", "ANTHROPIC_CUSTOM_HEADERS", KEY_HEADER),
    *(FOUNDRY_KEY, FOUNDRY_RESOURCE, FOUNDRY_URL),
)
_FEDERATION: Final = ("ANTHROPIC_FEDERATION_RULE_ID", "ANTHROPIC_ORGANIZATION_ID")
_IDENTITY_TOKENS: Final = ("ANTHROPIC_IDENTITY_TOKEN", "ANTHROPIC_IDENTITY_TOKEN_FILE")
_SIGNING_HEADERS: Final = ("authorization", "x-api-key")
_RESOURCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_SHORTEST_SECRET: Final = 6
"""Characters; a shorter value is too common in ordinary text to be blacked out there."""

MISSING: Final = (
    "No credentials were found. Set ANTHROPIC_API_KEY, or name a file that holds it with --env-file, or log in with "
    "the `ant` command; `copydesk demo` needs none."
)


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """What signs a request; with neither key nor token the SDK finds a profile or an identity by itself."""

    api_key: str | None = None
    auth_token: str | None = None
    base_url: str | None = None
    """None leaves it to the profile, else to the SDK."""
    use_x_api_key: bool = False
    """Send the key as `x-api-key`, and nothing as `authorization`."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent with every request; may hold secrets."""
    profile: str | None = None
    """Name of a profile on disk."""
    provider: str = "anthropic"

    def redact(self, text: str) -> str:
        """Black out every secret of these credentials, also where it stands escaped as in JSON or a repr."""
        for secret in self._secrets():
            for form in {secret, json.dumps(secret)[1:-1], repr(secret)[1:-1]}:
                text = text.replace(form, REDACTED)
        return text

    def _secrets(self) -> Iterator[str]:
        """Longest first, so that none hides a part of another."""
        given = [self.api_key, self.auth_token, *self.headers.values()]
        # A header such as `Bearer KEY` is repeated by some servers without its scheme.
        given += [value.rpartition(" ")[2] for value in self.headers.values()]
        if self.base_url and "@" in self.base_url:
            given.append(self.base_url.rpartition("@")[0].rpartition("//")[2])
        known = {value for value in given if value and len(value) >= _SHORTEST_SECRET}
        yield from sorted(known, key=len, reverse=True)

    def __repr__(self) -> str:
        kinds = {"api_key": self.api_key, "auth_token": self.auth_token, "headers": self.headers}
        held = [name for name, value in kinds.items() if value]
        return f"Credentials({', '.join(held) or 'found by the SDK'})"


NO_CREDENTIALS: Final = Credentials()
"""Stands for credentials that were looked for and not found, so that nothing is sent unsigned."""


def find_foundry_credentials(environment: Mapping[str, str], env_file: Path | None) -> Credentials:
    """Take the key and the address of Microsoft Foundry; CredentialsMissing names what is not there."""
    given = {**environment, **(read_env_file(env_file) if env_file else {})}
    key, url, resource = _secret(given, FOUNDRY_KEY), _address(given, FOUNDRY_URL), given.get(FOUNDRY_RESOURCE)
    missing = [
        name
        for name, value in ((FOUNDRY_KEY, key), (f"{FOUNDRY_RESOURCE} or {FOUNDRY_URL}", url or resource))
        if not value
    ]
    if missing:
        raise CredentialsMissing(f"--provider foundry needs {' and '.join(missing)}, in the environment or --env-file.")
    if not url and not _RESOURCE.fullmatch(resource or ""):
        raise UsageError(f"{FOUNDRY_RESOURCE} is {resource!r}; the name of a resource has letters, digits and hyphens.")
    address = url or f"https://{resource}.services.ai.azure.com/anthropic/"
    return Credentials(api_key=key, base_url=address, provider="foundry")


def find_credentials(environment: Mapping[str, str], env_file: Path | None) -> Credentials:
    """Take what the person gave; the file goes over the environment.

    Raises UsageError for a file or value that cannot be used, CredentialsMissing where there is nothing at all.
    """
    given = dict(environment)
    if env_file is not None:
        named = read_env_file(env_file)
        if any(named.get(name) for name in _IDENTIFYING):
            given = {name: value for name, value in given.items() if name not in _IDENTIFYING}
        given |= named
    headers = _custom_headers(given.get("ANTHROPIC_CUSTOM_HEADERS", ""))
    found = Credentials(
        api_key=_secret(given, "ANTHROPIC_API_KEY"),
        auth_token=None if given.get("ANTHROPIC_API_KEY") else _secret(given, "ANTHROPIC_AUTH_TOKEN"),
        base_url=_address(given, "ANTHROPIC_BASE_URL"),
        use_x_api_key=_wants_x_api_key(given.get(KEY_HEADER, "")),
        headers=headers,
        profile=given.get("ANTHROPIC_PROFILE") or None,
    )
    if found.use_x_api_key and not found.api_key:
        raise CredentialsMissing(f"{KEY_HEADER} says how to send a key, but ANTHROPIC_API_KEY is not set.")
    if not (found.api_key or found.auth_token or _signs(headers) or has_profile(given)):
        raise CredentialsMissing(MISSING)
    return found


def _address(given: Mapping[str, str], name: str) -> str | None:
    """The address that a variable holds; UsageError for what is none. It is not quoted: it may hold a password."""
    address = given.get(name, "").strip()
    if address and not re.match(r"https?://[^/?#]", address, re.IGNORECASE):
        raise UsageError(f"{name} holds no address of a service; one begins with https:// or http://.")
    return address or None


def has_profile(environment: Mapping[str, str]) -> bool:
    """True if the SDK will look for an identity itself: a named or active profile, or a federated identity.

    The places are those of the SDK's own search; whether what lies there can be used, it says when it is loaded.
    """
    if environment.get("ANTHROPIC_PROFILE"):
        return True
    if all(map(environment.get, _FEDERATION)) and any(map(environment.get, _IDENTITY_TOKENS)):
        return True
    folder, home = environment.get("ANTHROPIC_CONFIG_DIR"), environment.get("HOME")
    if folder:
        return True
    if not home:
        return False
    place = Path(home) / ".config" / "anthropic"
    return (place / "active_config").is_file() or (place / "configs" / "default.json").is_file()


def read_env_file(path: Path) -> dict[str, str]:
    """Read the names of credentials from lines of KEY=VALUE, and nothing else; an empty value counts as unset."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        what = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"The file {path} given with --env-file cannot be read: {what}.") from None
    entries = (_entry(line) for line in lines)
    return {name: value for name, value in filter(None, entries) if name in _FILE_NAMES and value}


def _entry(line: str) -> tuple[str, str] | None:
    name, is_set, value = line.strip().removeprefix("export ").partition("=")
    if line.lstrip().startswith("#") or not is_set:
        return None
    return name.strip(), _unquoted(value.strip())


def _unquoted(value: str) -> str:
    """Quotes keep everything between them; without any, a comment after a space is left out."""
    if value[:1] in ("'", '"'):
        end = value.find(value[0], 1)
        inner = value[1:end] if end > 0 else value[1:]
        return inner.replace("\\n", "\n") if value[0] == '"' else inner
    return value.partition(" #")[0].rstrip()


def _secret(given: Mapping[str, str], name: str) -> str | None:
    """A header can carry printable ASCII only; said here, since the error of a library would hold the value."""
    value = given.get(name, "").strip()
    if not value:
        return None
    if not all("!" <= character <= "~" for character in value):
        raise UsageError(f"{name} holds a space, a line break or a letter that no key has; copy it again.")
    return value


def _custom_headers(text: str) -> dict[str, str]:
    """Lines of `Name: value`, as the SDK reads them."""
    lines = (line.partition(":") for line in text.split("\n"))
    headers = {name.strip(): value.strip() for name, colon, value in lines if colon}
    for name, value in headers.items():
        if not name.isascii() or not name.strip() or not (value.isascii() and value.isprintable()):
            raise UsageError("ANTHROPIC_CUSTOM_HEADERS has a line that is no `Name: value` in printable ASCII.")
    return headers


def _wants_x_api_key(value: str) -> bool:
    match value.strip().lower():
        case "" | "authorization":
            return False
        case "x-api-key":
            return True
        case _:
            raise UsageError(f"{KEY_HEADER} is {value!r}; it can be `x-api-key` or `authorization`.")


def _signs(headers: Mapping[str, str]) -> bool:
    return any(name.lower() in _SIGNING_HEADERS for name in headers)
