"""The decision, enumerated: every combination of facts has exactly one expected outcome, stated here independently."""

from __future__ import annotations

from itertools import product

import pytest

from boundgate.policy.decide import decide
from boundgate.policy.model import Action, Authorization, Facts, Rule, Token
from boundgate.settings import load_settings
from boundgate.terms import Provenance, SessionState, Tier
from boundgate.wiring import policy_rules

ANY_KEY = frozenset(Provenance) - {Provenance.NONE}
RULES = {
    Tier.STANDARD: Rule(accepted_provenances=ANY_KEY, proof_max_age_seconds=300, step_up=False),
    Tier.PREMIUM: Rule(accepted_provenances=ANY_KEY, proof_max_age_seconds=300, step_up=True),
}
STRICT = {
    Tier.STANDARD: Rule(accepted_provenances=frozenset({Provenance.BROWSER}), proof_max_age_seconds=60, step_up=False),
    Tier.PREMIUM: Rule(accepted_provenances=frozenset({Provenance.ATTESTED}), proof_max_age_seconds=60, step_up=False),
}
TOKENS = (
    None,
    *(Token(scope=frozenset(scope), person=person) for scope in ((), ("chat",)) for person in (False, True)),
)
EVERY = list(
    product(
        Authorization,
        (False, True),
        SessionState,
        Provenance,
        (None, 0.0, 60.0, 60.5, 300.0, 301.0),
        (False, True),
        (None, *Tier),
        (RULES, STRICT),
    )
)


def expected(facts: Facts, rules: dict[Tier, Rule]) -> tuple[Action, str]:
    """The contract, as a list of (when, outcome); the first that holds counts."""
    rule = rules[facts.tier] if facts.tier else None
    age = facts.proof_age_seconds
    table = [
        (
            facts.authorization is Authorization.DPOP and facts.token is None,
            (Action.REFUSE, "invalid_token"),
        ),
        (facts.authorization is Authorization.OWN_BEARER, (Action.REFUSE, "invalid_token")),
        (facts.authorization is Authorization.BEARER_WITH_PROOF, (Action.REFUSE, "invalid_token")),
        (
            facts.authorization in {Authorization.BEARER, Authorization.OTHER} and not facts.bound_cookie_present,
            (Action.REFUSE, "invalid_token"),
        ),
        (facts.state is SessionState.ENDED, (Action.REFUSE, "session_revoked")),
        (
            facts.state in {SessionState.SIGNED_OUT, SessionState.BINDING, SessionState.UNBOUND},
            (Action.REFUSE, "binding_required"),
        ),
        (facts.state is SessionState.LAPSED, (Action.REFRESH, "proof_required")),
        (facts.contested, (Action.STEP_UP, "step_up_required")),
        (
            facts.token is not None and facts.needed_scope not in {None, *facts.token.scope},
            (Action.REFUSE, "insufficient_scope"),
        ),
        (rule is None, (Action.ALLOW, "ok")),
        (
            rule is not None and facts.provenance not in rule.accepted_provenances,
            (Action.REFUSE, "model_forbidden"),
        ),
        (
            rule is not None and rule.step_up and facts.token is not None and not facts.token.person,
            (Action.REFUSE, "model_forbidden"),
        ),
        (rule is not None and rule.step_up, (Action.STEP_UP, "step_up_required")),
        (
            rule is not None and (age is None or age > rule.proof_max_age_seconds),
            (Action.REFRESH, "proof_required"),
        ),
    ]
    return next((outcome for holds, outcome in table if holds), (Action.ALLOW, "ok"))


def test_every_combination_of_facts_has_the_expected_decision() -> None:
    for authorization, present, state, provenance, age, contested, tier, rules in EVERY:
        facts = Facts(
            authorization=authorization,
            bound_cookie_present=present,
            state=state,
            provenance=provenance,
            proof_age_seconds=age,
            contested=contested,
            tier=tier,
        )
        decision = decide(facts, rules)
        assert (decision.action, decision.code) == expected(facts, rules), facts


@pytest.mark.parametrize("needed_scope", [None, "chat"])
def test_every_combination_of_facts_about_tokens_has_the_expected_decision(needed_scope: str | None) -> None:
    for token, provenance, tier, rules in product(TOKENS, Provenance, (None, *Tier), (RULES, STRICT)):
        for present, state in product((False, True), SessionState):
            facts = Facts(
                authorization=Authorization.DPOP,
                bound_cookie_present=present,
                state=state,
                provenance=provenance,
                proof_age_seconds=0.0,
                token=token,
                needed_scope=needed_scope,
                tier=tier,
            )
            decision = decide(facts, rules)
            assert (decision.action, decision.code) == expected(facts, rules), facts
            assert decision.needed_scope == (needed_scope if decision.code == "insufficient_scope" else None)


def test_no_touch_is_ever_asked_of_a_token_without_a_person_nor_anything_granted_for_one() -> None:
    for scope, provenance, rules in product(((), ("chat",)), Provenance, (RULES, STRICT)):
        token = Token(scope=frozenset(scope), person=False)
        facts = Facts(
            authorization=Authorization.DPOP,
            state=SessionState.BOUND,
            provenance=provenance,
            proof_age_seconds=0.0,
            token=token,
            tier=Tier.PREMIUM,
        )
        decision = decide(facts, rules)
        assert decision.action in {Action.ALLOW, Action.REFUSE}
        assert decision.action is Action.REFUSE or not rules[Tier.PREMIUM].step_up


def test_nothing_but_a_bound_session_is_ever_allowed() -> None:
    for authorization, present, state, provenance, age, contested, tier, rules in EVERY:
        facts = Facts(
            authorization=authorization,
            bound_cookie_present=present,
            state=state,
            provenance=provenance,
            proof_age_seconds=age,
            contested=contested,
            tier=tier,
        )
        if decide(facts, rules).action is Action.ALLOW:
            assert state is SessionState.BOUND
            assert not contested


@pytest.mark.parametrize("tier", Tier)
def test_by_default_a_browser_key_is_worth_no_more_than_a_software_key(tier: Tier) -> None:
    rules = policy_rules(load_settings())
    outcomes = {
        key: decide(Facts(state=SessionState.BOUND, provenance=key, proof_age_seconds=1.0, tier=tier), rules)
        for key in (Provenance.SOFTWARE, Provenance.BROWSER)
    }
    assert outcomes[Provenance.SOFTWARE] == outcomes[Provenance.BROWSER]


@pytest.mark.parametrize("accepted", [{"browser"}, {"software"}, {"attested", "software"}, {"browser", "attested"}])
@pytest.mark.parametrize("provenance", Provenance)
def test_a_rule_takes_the_keys_that_it_lists_and_names_them_to_the_others(
    accepted: set[str], provenance: Provenance
) -> None:
    keys = frozenset(map(Provenance, accepted))
    rules = {tier: Rule(accepted_provenances=keys, proof_max_age_seconds=300, step_up=False) for tier in Tier}
    facts = Facts(state=SessionState.BOUND, provenance=provenance, proof_age_seconds=1.0, tier=Tier.STANDARD)
    decision = decide(facts, rules)
    assert (decision.code == "ok") is (provenance in keys)
    if provenance not in keys:
        assert decision.code == "model_forbidden"
        assert [word for word in accepted if word not in decision.detail] == []


def test_a_refusal_says_what_to_do() -> None:
    for authorization, present, state, provenance, age, contested, tier, rules in EVERY:
        decision = decide(
            Facts(
                authorization=authorization,
                bound_cookie_present=present,
                state=state,
                provenance=provenance,
                proof_age_seconds=age,
                contested=contested,
                tier=tier,
            ),
            rules,
        )
        assert bool(decision.detail) == (decision.action is not Action.ALLOW)
