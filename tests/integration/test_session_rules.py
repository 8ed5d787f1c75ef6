"""Proves that a rule made in a session counts at once, is kept as far as it says, and can be revoked."""

from pathlib import Path

import pytest

from copydesk.domain import events
from copydesk.domain.errors import UsageError
from copydesk.domain.policies import Mode, Verdict
from copydesk.domain.rules import RuleScope
from tests.sessions import Wish, talking
from tests.strict_api import StrictApi, call, say

pytestmark = pytest.mark.anyio


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


EDIT = {"command": "create", "path": "docs/new.md", "file_text": "text\n"}
AGAIN = {"command": "create", "path": "docs/other.md", "file_text": "text\n"}


@pytest.mark.parametrize("scope", [RuleScope.GLOB, RuleScope.SESSION])
async def test_rule_lets_edits_through_when_it_was_remembered(scope: RuleScope, workspace: Path) -> None:
    wish = Wish(mode=Mode.ASK, is_interactive=True)
    with StrictApi([call(EDIT), say("done"), call(AGAIN), say("done")]) as api:
        async with talking(api, workspace, wish) as talk:
            identity = await talk.session.remember(Verdict.ALLOW, "docs/**", scope)
            await talk.say("write it")
            assert (workspace / "docs/new.md").read_text() == "text\n"
            made = next(event for event in talk.events if isinstance(event, events.ProposalMade))
            assert "docs/**" in made.rule

            await talk.session.forget(identity)
            await talk.session.submit("and the other one")
            await talk.decide(accepted=False)
            await talk.session.idle()
            assert not (workspace / "docs/other.md").exists()


async def test_rule_is_there_in_the_next_session_unless_it_was_for_one_only(workspace: Path) -> None:
    wish = Wish(mode=Mode.ASK, is_interactive=True)
    with StrictApi([]) as api:
        async with talking(api, workspace, wish) as talk:
            kept = await talk.session.remember(Verdict.DENY, "secrets/**", RuleScope.GLOB)
            await talk.session.remember(Verdict.DENY, "drafts/**", RuleScope.SESSION)
            assert {rule.glob for rule in talk.session.rules} >= {"secrets/**", "drafts/**"}
            book, _ = talk.session._parts.rules.rules()
            assert [rule.id for rule in book] == [kept]


async def test_protected_path_is_not_remembered_when_a_pattern_names_it(workspace: Path) -> None:
    with StrictApi([]) as api:
        async with talking(api, workspace, Wish(mode=Mode.ASK, is_interactive=True)) as talk:
            with pytest.raises(UsageError):
                await talk.session.remember(Verdict.ALLOW, ".env*", RuleScope.GLOB)
            with pytest.raises(UsageError, match="no remembered rule"):
                await talk.session.forget("abcdef")
