"""The decision, enumerated: every combination of facts has exactly one expected outcome, stated here independently."""

from __future__ import annotations

from itertools import product

import pytest

from boundgate.policy.decide import decide
from boundgate.policy.model import Action, Authorization, Facts, Rule
from boundgate.terms import Provenance, SessionState, Tier

RULES = {
    Tier.STANDARD: Rule(least_provenance=Provenance.SOFTWARE, proof_max_age_seconds=300, step_up=False),
    Tier.PREMIUM: Rule(least_provenance=Provenance.SOFTWARE, proof_max_age_seconds=300, step_up=True),
}
STRICT = {tier: Rule(least_provenance=Provenance.ATTESTED, proof_max_age_seconds=60, step_up=False) for tier in Tier}
RANK = {Provenance.NONE: 0, Provenance.SOFTWARE: 1, Provenance.BROWSER: 1, Provenance.ATTESTED: 2}
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
        (facts.authorization is Authorization.DPOP, (Action.REFUSE, "invalid_token")),
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
        (rule is None, (Action.ALLOW, "ok")),
        (
            rule is not None and RANK[facts.provenance] < RANK[rule.least_provenance],
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


@pytest.mark.parametrize("provenance", Provenance)
def test_a_browser_key_is_never_worth_more_than_a_software_key(provenance: Provenance) -> None:
    rules = {tier: Rule(least_provenance=provenance, proof_max_age_seconds=300, step_up=False) for tier in Tier}
    outcomes = {
        key: decide(Facts(state=SessionState.BOUND, provenance=key, proof_age_seconds=1.0, tier=Tier.STANDARD), rules)
        for key in (Provenance.SOFTWARE, Provenance.BROWSER)
    }
    assert outcomes[Provenance.SOFTWARE] == outcomes[Provenance.BROWSER]


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
