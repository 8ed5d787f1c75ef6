"""Owns where credentials are looked for, in which order, and that none is ever shown."""

from __future__ import annotations

import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from copydesk.domain.errors import UsageError
from copydesk.model.failures import CredentialsMissing
from copydesk.model.providers import Credentials, find_credentials, read_env_file

KEY = "sk-ant-planted-0123456789abcdef"
TOKEN = "token-planted-fedcba9876543210"


def env_file(folder: Path, text: str) -> Path:
    path = folder / "keys.env"
    path.write_text(text, encoding="utf-8")
    return path


def test_key_goes_over_the_token_when_both_are_set() -> None:
    found = find_credentials({"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_AUTH_TOKEN": TOKEN}, None)
    assert (found.api_key, found.auth_token) == (KEY, None)


def test_token_address_and_headers_are_taken_when_set() -> None:
    found = find_credentials(
        {
            "ANTHROPIC_API_KEY": "",
            "ANTHROPIC_AUTH_TOKEN": f" {TOKEN}\n",
            "ANTHROPIC_BASE_URL": "https://gateway.example",
            "ANTHROPIC_CUSTOM_HEADERS": "X-One: 1\nno header\nX-Two: a: b",
        },
        None,
    )
    assert found == Credentials(
        auth_token=TOKEN, base_url="https://gateway.example", headers={"X-One": "1", "X-Two": "a: b"}
    )


def test_gateway_gets_the_key_in_its_own_header_when_told_so() -> None:
    assert find_credentials({"ANTHROPIC_API_KEY": KEY, "COPYDESK_API_KEY_HEADER": "X-API-Key"}, None).use_x_api_key


def test_header_that_signs_is_enough() -> None:
    assert find_credentials({"ANTHROPIC_CUSTOM_HEADERS": f"x-api-key: {KEY}"}, None).api_key is None


def test_nothing_found_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CredentialsMissing, match=r"ANTHROPIC_API_KEY.*--env-file.*copydesk demo"):
        find_credentials({"HOME": str(tmp_path)}, None)


def test_nothing_found_loads_no_sdk(tmp_path: Path) -> None:
    told = (
        "import sys\nfrom copydesk.model.providers import find_credentials\n"
        "try: find_credentials({}, None)\nexcept Exception as error: print(type(error).__name__, *sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert ran.stdout.split()[0] == "CredentialsMissing"
    assert not {"anthropic", "httpx2"} & set(ran.stdout.split())


@pytest.mark.parametrize("name", ["configs/default.json", "active_config"])
def test_profile_on_disk_is_left_to_the_sdk_when_nothing_else_is_given(tmp_path: Path, name: str) -> None:
    place = tmp_path / ".config" / "anthropic" / name
    place.parent.mkdir(parents=True)
    place.write_text("work")
    assert find_credentials({"HOME": str(tmp_path)}, None) == Credentials()


def test_named_profile_and_federated_identity_are_left_to_the_sdk() -> None:
    assert find_credentials({"ANTHROPIC_PROFILE": "work"}, None).profile == "work"
    federated = {
        "ANTHROPIC_FEDERATION_RULE_ID": "rule",
        "ANTHROPIC_ORGANIZATION_ID": "org",
        "ANTHROPIC_IDENTITY_TOKEN_FILE": "token",
    }
    assert find_credentials(federated, None) == Credentials()


def test_file_gives_names_of_credentials_only(tmp_path: Path) -> None:
    path = env_file(
        tmp_path,
        f'# keys\nexport ANTHROPIC_API_KEY="{KEY}"\nANTHROPIC_BASE_URL=https://a.example # mine\n'
        "PATH=/bad\nANTHROPIC_LOG=debug\nLD_PRELOAD=x.so\nnot a line\n#ANTHROPIC_AUTH_TOKEN=no\nANTHROPIC_PROFILE=\n"
        "COPYDESK_API_KEY_HEADER='x-api-key'\n",
    )
    assert read_env_file(path) == {
        "ANTHROPIC_API_KEY": KEY,
        "ANTHROPIC_BASE_URL": "https://a.example",
        "COPYDESK_API_KEY_HEADER": "x-api-key",
    }


def test_file_goes_over_the_environment_also_with_another_kind(tmp_path: Path) -> None:
    path = env_file(tmp_path, f"ANTHROPIC_AUTH_TOKEN={TOKEN}\n")
    found = find_credentials({"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": "https://a.example"}, path)
    assert found == Credentials(auth_token=TOKEN, base_url="https://a.example")


def test_missing_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.env.*No such file"):
        find_credentials({"ANTHROPIC_API_KEY": KEY}, tmp_path / "nowhere.env")


@pytest.mark.parametrize("address", ["gateway", "user:secret@gateway", "https://", "ftp://gateway"])
def test_address_that_is_none_is_a_usage_error_and_is_not_shown(address: str) -> None:
    with pytest.raises(UsageError, match="ANTHROPIC_BASE_URL holds no address") as raised:
        find_credentials({"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": address}, None)
    assert address not in str(raised.value).removesuffix("https:// or http://.")


def test_unknown_header_for_the_key_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="x-api-key"):
        find_credentials({"ANTHROPIC_API_KEY": KEY, "COPYDESK_API_KEY_HEADER": "cookie"}, None)


@pytest.mark.parametrize(
    "environment",
    [
        {"ANTHROPIC_API_KEY": f"{KEY}\nx"},
        {"ANTHROPIC_API_KEY": f"{KEY}ü"},
        {"ANTHROPIC_AUTH_TOKEN": f"{KEY} {KEY}"},
        {"ANTHROPIC_CUSTOM_HEADERS": f"X-Key: {KEY}ü"},
    ],
)
def test_invariant_10_value_that_no_header_can_carry_is_refused_and_not_shown(environment: dict[str, str]) -> None:
    with pytest.raises(UsageError) as refused:
        find_credentials(environment, None)
    assert "planted" not in "".join(traceback.format_exception(refused.value))


def test_invariant_10_credentials_show_what_they_hold_and_not_its_value() -> None:
    held = Credentials(KEY, TOKEN, "https://user:pass-planted@a.example", headers={"X-Key": f"{KEY}-header"})
    assert "planted" not in f"{held!r} {held} {[held]} {held!r:>5}"
    assert repr(held) == "Credentials(api_key, auth_token, headers)"


def test_invariant_10_every_secret_is_blacked_out_of_a_text() -> None:
    held = Credentials(KEY, TOKEN, "https://user:pass-planted@a.example", headers={"X": f'{KEY}"\\tail-planted'})
    told = f'{KEY} {TOKEN} user:pass-planted {KEY}"\\tail-planted {KEY}\\"\\\\tail-planted'
    assert held.redact(told) == " ".join(["[credential]"] * 5)


def test_invariant_10_secret_of_a_header_is_blacked_out_without_its_scheme_too() -> None:
    credentials = Credentials(headers={"Authorization": "Bearer sk-very-secret"})

    assert "sk-very-secret" not in credentials.redact("you sent sk-very-secret, and Bearer sk-very-secret")
