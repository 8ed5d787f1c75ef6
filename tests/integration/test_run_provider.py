"""Proves `--provider`: what goes to Microsoft Foundry and how it is signed, and which providers are refused."""

from pathlib import Path

import pytest

from copydesk.arguments import parser_for
from copydesk.launch.screen import find_wanted
from copydesk.model.failures import CredentialsMissing
from copydesk.model.providers import find_foundry_credentials
from tests.programs import warm_copydesk as copydesk
from tests.strict_api import StrictApi, call, say

VIEW = {"command": "view", "path": "sum.py"}
PLANTED = "planted-key-of-anthropic"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "calc"
    folder.mkdir()
    (folder / "sum.py").write_text("total = 1\n")
    return folder


def test_foundry_is_asked_with_its_own_key_and_without_diagnostics(workspace: Path) -> None:
    given = ("run", "--provider", "foundry", "--root", str(workspace), "--output-format", "json", "Look.")
    with StrictApi([call(VIEW), say("Seen.")], credential="x-api-key") as api:
        named = {"ANTHROPIC_FOUNDRY_API_KEY": api.key, "ANTHROPIC_FOUNDRY_BASE_URL": api.url}
        ran = copydesk(*given, api=None, cwd=None, given=None, **named, ANTHROPIC_API_KEY=PLANTED)

    assert (ran.code, api.refusals, ran.json["result"]) == (0, [], "Seen."), ran.talk
    assert [("diagnostics" in body, len(body["tools"])) for body in api.bodies] == [(False, 3), (False, 3)]
    assert all(PLANTED not in str(request.headers) for request in api.requests)
    assert {request.headers.get("api-key") for request in api.requests} == {api.key}


def test_resource_names_the_address_when_no_address_is_given(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("ANTHROPIC_FOUNDRY_API_KEY=a-key-of-foundry\n")
    found = find_foundry_credentials({"ANTHROPIC_FOUNDRY_RESOURCE": "my-desk"}, file)
    assert (found.api_key, found.base_url) == ("a-key-of-foundry", "https://my-desk.services.ai.azure.com/anthropic/")


def test_what_foundry_lacks_is_named_before_anything_is_done(workspace: Path) -> None:
    ran = copydesk("run", "--provider", "foundry", "--root", str(workspace), "Look.", ANTHROPIC_API_KEY=PLANTED)
    names = "ANTHROPIC_FOUNDRY_API_KEY and ANTHROPIC_FOUNDRY_RESOURCE or ANTHROPIC_FOUNDRY_BASE_URL"
    assert (ran.code, ran.out) == (2, "")
    assert ran.talk == f"copydesk: --provider foundry needs {names}, in the environment or --env-file.\n"


def test_screen_names_it_at_the_shell(workspace: Path, tmp_path: Path) -> None:
    options = parser_for("").parse_args(["--root", str(workspace), "--provider", "foundry"])
    with pytest.raises(CredentialsMissing, match="ANTHROPIC_FOUNDRY_API_KEY"):
        find_wanted(options, {"HOME": str(tmp_path), "ANTHROPIC_API_KEY": PLANTED})


@pytest.mark.parametrize("provider", ["bedrock", "vertex", "aws", "google-cloud"])
def test_provider_that_was_never_driven_is_refused(provider: str, workspace: Path) -> None:
    ran = copydesk("run", "--provider", provider, "--root", str(workspace), "Look.", ANTHROPIC_API_KEY=PLANTED)
    assert (ran.code, ran.out) == (2, "")
    assert "is not part of version" in ran.talk
    assert "anthropic and foundry" in ran.talk
