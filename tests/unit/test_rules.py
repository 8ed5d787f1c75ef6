"""Proves the order of rules: the last that speaks of an action decides, and its origin limits what it opens."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copydesk.domain.ignores import read_ignores
from copydesk.domain.policies import STRICTNESS, Action, ActionKind, Mode, Policy, Rule, Ruling, Verdict
from copydesk.domain.rules import EDITS, Origin, RememberedRule, RuleScope, fault_of_remembered, in_order

ALLOW, ASK, DENY = Verdict.ALLOW, Verdict.ASK, Verdict.DENY
VIEW, CREATE, EDIT, DELETE = ActionKind.VIEW, ActionKind.CREATE, ActionKind.EDIT, ActionKind.DELETE
FILE, WORKSPACE, REMEMBERED = Origin.CONFIGURATION, Origin.WORKSPACE, Origin.REMEMBERED


def rule(verdict: Verdict, glob: str = "src", *actions: ActionKind, origin: Origin = Origin.COMMAND_LINE) -> Rule:
    return Rule(verdict, glob, "a rule:", actions, origin)


def ruling(*rules: Rule, kind: ActionKind = EDIT, path: str = "src/a.py", mode: Mode = Mode.ASK) -> Ruling:
    return Policy(mode, rules).rule_on(Action(kind, path))


@pytest.mark.parametrize(("first", "last"), [*product(Verdict, repeat=2)])
def test_last_rule_that_matches_decides(first: Verdict, last: Verdict) -> None:
    ruled = ruling(rule(first), rule(last, "*.py"), rule(first, "*.md"))

    assert (ruled.verdict, ruled.rule) == (last, rule(last, "*.py"))


@pytest.mark.parametrize("kind", ActionKind)
@pytest.mark.parametrize("verdict", Verdict)
def test_rule_without_actions_is_of_edits_when_it_allows_and_of_everything_else(
    verdict: Verdict, kind: ActionKind
) -> None:
    ruled = ruling(rule(verdict), kind=kind)

    assert (ruled.rule is not None) is (verdict is not ALLOW or kind in EDITS)


@pytest.mark.parametrize(("spoken", "kind"), [*product(ActionKind, repeat=2)])
def test_rule_with_an_action_is_of_that_one_alone(spoken: ActionKind, kind: ActionKind) -> None:
    for verdict in Verdict:
        assert (ruling(rule(verdict, "src", spoken), kind=kind).rule is not None) is (spoken is kind)


def test_file_that_is_allowed_by_its_name_may_be_read_as_well() -> None:
    hidden = rule(DENY)

    assert ruling(hidden, rule(ALLOW, "src/a.py"), kind=VIEW).verdict is ALLOW
    assert ruling(hidden, rule(ALLOW, "src/*.py"), kind=VIEW).verdict is DENY


@pytest.mark.parametrize("mode", [Mode.ASK, Mode.REVIEW, Mode.ACCEPT])
def test_ask_rule_asks_in_every_mode_that_edits_and_never_by_a_bare_default(mode: Mode) -> None:
    ruled = ruling(rule(ASK), mode=mode)

    assert (ruled.verdict, ruled.is_protected, ruled.rule) == (ASK, True, rule(ASK))
    assert ruled.reason == "src/a.py needs the person's consent, by a rule: src."


@pytest.mark.parametrize("kind", EDITS)
def test_plan_refuses_edits_whatever_allows_them(kind: ActionKind) -> None:
    assert ruling(rule(ALLOW, "src/a.py"), kind=kind, mode=Mode.PLAN).verdict is DENY


def test_ruling_says_by_which_rule_an_edit_was_let_through() -> None:
    ruled = ruling(rule(ALLOW), mode=Mode.ACCEPT)

    assert (ruled.rule, ruled.reason) == (rule(ALLOW), "Allowed by a rule: src.")
    assert ruling(mode=Mode.ACCEPT).rule is None


@pytest.mark.parametrize("kind", [VIEW, EDIT])
@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([rule(ALLOW, ".env"), rule(ALLOW, "**")], ALLOW),
        ([rule(ALLOW, ".env"), rule(ASK, "**")], ASK),
        ([rule(ALLOW, "**", *ActionKind)], ASK),
        ([rule(DENY, "**"), rule(ALLOW, "**", *ActionKind)], DENY),
        ([rule(DENY, "**"), rule(ALLOW, ".env")], ALLOW),
        ([rule(ALLOW, ".env", origin=REMEMBERED)], ALLOW),
        ([rule(ALLOW, "/.env", origin=FILE)], ALLOW),
        ([rule(ALLOW, ".env", origin=WORKSPACE)], ASK),
    ],
)
def test_secret_is_opened_only_by_its_own_path(rules: list[Rule], expected: Verdict, kind: ActionKind) -> None:
    assert ruling(*rules, kind=kind, path=".env").verdict is expected


@pytest.mark.parametrize(
    ("origin", "glob", "expected"),
    [
        (Origin.COMMAND_LINE, ".github/**", ALLOW),
        (FILE, ".github/**", ALLOW),
        (REMEMBERED, ".github/**", ASK),
        (REMEMBERED, "/.github/workflows/ci.yml", ALLOW),
        (WORKSPACE, ".github/workflows/ci.yml", ASK),
    ],
)
def test_protected_path_is_opened_by_the_person_and_from_memory_only_by_its_own_path(
    origin: Origin, glob: str, expected: Verdict
) -> None:
    ruled = ruling(rule(ALLOW, glob, origin=origin), path=".github/workflows/ci.yml", mode=Mode.ACCEPT)

    assert ruled.verdict is expected


@pytest.mark.parametrize(
    ("person", "workspace", "expected"),
    [
        ([], [ALLOW], ALLOW),
        ([], [DENY, ALLOW], ALLOW),
        ([ALLOW], [ASK], ASK),
        ([ALLOW], [DENY], DENY),
        ([DENY], [ALLOW], DENY),
        ([DENY], [ASK], DENY),
        ([ASK], [DENY, ALLOW], ASK),
    ],
)
def test_rule_of_the_workspace_never_undercuts_the_persons_own(
    person: list[Verdict], workspace: list[Verdict], expected: Verdict
) -> None:
    rules = [rule(verdict, origin=FILE) for verdict in person]
    rules += [rule(verdict, origin=WORKSPACE) for verdict in workspace]

    assert ruling(*rules).verdict is expected
    assert ruling(*rules, rule(ALLOW, origin=REMEMBERED)).verdict is ALLOW
    assert ruling(*rules, rule(ALLOW), rule(DENY)).verdict is DENY


GLOBS = st.sampled_from(["**", "src", "*.py", "src/a.py", ".env", "/.env", "secrets/**", "package.json"])
PATHS = st.sampled_from(["src/a.py", ".env", "secrets/key.pem", "package.json", "AGENTS.md"])


def rules_of(origin: Origin, verdicts: list[Verdict]) -> st.SearchStrategy[list[Rule]]:
    actions = st.lists(st.sampled_from(ActionKind), max_size=2, unique=True).map(tuple)
    made = st.builds(Rule, st.sampled_from(verdicts), GLOBS, st.just("a rule:"), actions, st.just(origin))
    return st.lists(made, max_size=4)


@given(
    rules_of(FILE, list(Verdict)),
    rules_of(WORKSPACE, [ASK, DENY]),
    rules_of(REMEMBERED, list(Verdict)),
    st.sampled_from(Mode),
    st.sampled_from(ActionKind),
    PATHS,
)
def test_workspace_that_is_not_trusted_only_makes_stricter(
    person: list[Rule], workspace: list[Rule], remembered: list[Rule], mode: Mode, kind: ActionKind, path: str
) -> None:
    without = ruling(*person, *remembered, kind=kind, path=path, mode=mode).verdict
    under = ruling(*person, *workspace, *remembered, kind=kind, path=path, mode=mode).verdict

    assert under.severity >= without.severity


@given(rules_of(FILE, list(Verdict)), rules_of(WORKSPACE, list(Verdict)), st.sampled_from(ActionKind), PATHS)
def test_workspace_that_is_trusted_opens_nothing_that_the_person_closed(
    person: list[Rule], workspace: list[Rule], kind: ActionKind, path: str
) -> None:
    own, both = (ruling(*rules, kind=kind, path=path, mode=Mode.ASK) for rules in (person, [*person, *workspace]))

    assert both.verdict.severity >= own.verdict.severity or (own.rule is None and not own.is_protected)


def test_modes_are_ordered_from_the_mildest_on() -> None:
    assert STRICTNESS == (Mode.ACCEPT, Mode.REVIEW, Mode.ASK, Mode.PLAN)
    assert set(STRICTNESS) == set(Mode)


def test_ignore_file_denies_what_it_lists() -> None:
    ignoring = Rule(DENY, ".aiignore", "the ignore file", origin=WORKSPACE, ignored=read_ignores(b"gen/\n!gen.py\n"))

    for kind in ActionKind:
        denied = ruling(ignoring, kind=kind, path="gen/a.py", mode=Mode.ACCEPT)
        assert (denied.verdict, denied.reason) == (DENY, "gen/a.py is denied by the ignore file .aiignore.")
    assert ruling(ignoring, path="gen.py", mode=Mode.ACCEPT).verdict is ALLOW


def test_remembered_rule_takes_its_place_before_the_command_line_and_can_be_forgotten() -> None:
    kept = RememberedRule("a1b2c3", ALLOW, (), "/src/a.py", RuleScope.SESSION, 0.0)
    policy = Policy(Mode.ASK, (rule(DENY, origin=FILE), rule(ASK, "src/a.py", DELETE)))

    remembering = policy.remembering(kept.rule)

    assert [known.origin for known in remembering.rules] == [FILE, REMEMBERED, Origin.COMMAND_LINE]
    assert remembering.rule_on(Action(EDIT, "src/a.py")).verdict is ALLOW
    assert remembering.rule_on(Action(DELETE, "src/a.py")).verdict is ASK
    assert remembering.forgetting("a1b2c3") == policy
    assert remembering.forgetting("other") == remembering


def test_rules_are_ordered_by_who_wrote_them_and_else_stay_as_they_are() -> None:
    mixed = [rule(DENY), rule(ALLOW, origin=REMEMBERED), rule(ASK, origin=WORKSPACE), rule(ASK), rule(ASK, origin=FILE)]

    assert in_order(mixed) == tuple(mixed[place] for place in (4, 2, 1, 0, 3))


@pytest.mark.parametrize(
    ("verdict", "glob", "said"),
    [
        (ALLOW, "*.pem", "one by one"),
        (ALLOW, "/.env*", "one by one"),
        (ALLOW, ".github/workflows/*", "one by one"),
        (DENY, "*.pem", ""),
        (ALLOW, ".env", ""),
        (ALLOW, "/certs/a.pem", ""),
        (ALLOW, "src/**", ""),
        (ALLOW, "a//b", "can match no file"),
    ],
)
def test_pattern_for_protected_files_is_not_remembered_where_it_allows(verdict: Verdict, glob: str, said: str) -> None:
    fault = fault_of_remembered(verdict, glob)

    assert said in fault
    assert bool(said) is bool(fault)
