"""One ordered ladder from facts to a decision. Every rung is a sentence of design.md §4 or of the contract."""

from __future__ import annotations

from boundgate.policy.model import Action, Authorization, Decision, Facts, Rule, Rules
from boundgate.terms import Provenance, SessionState

ALLOW = Decision(Action.ALLOW, "ok", "")

_KEYS = {
    Provenance.NONE: "no key",
    Provenance.SOFTWARE: "a software key",
    Provenance.BROWSER: "a browser's own key",
    Provenance.ATTESTED: "an attested TPM key",
}

_BINDING_DETAIL = {
    SessionState.SIGNED_OUT: (
        "Sign in with a passkey in a browser that supports Device Bound Session Credentials, or that has the Boundgate "
        "extension."
    ),
    SessionState.BINDING: "This browser is still registering its key; send the request again in a few seconds.",
    SessionState.UNBOUND: (
        "This sign-in is not bound to a key: the browser did not register one. Sign in again with a browser that "
        "supports Device Bound Session Credentials, or add the Boundgate extension to this one and sign in again."
    ),
}


def decide(facts: Facts, rules: Rules) -> Decision:
    """The one decision about a call.

    Args:
        facts: see `Facts`.
        rules: one rule per tier.
    """
    refusal = _of_authorization(facts) or _of_session(facts) or _of_scope(facts)
    if refusal is not None:
        return refusal
    return ALLOW if facts.tier is None else _of_tier(facts, rules[facts.tier])


def _of_authorization(facts: Facts) -> Decision | None:
    if facts.authorization is Authorization.DPOP:
        # Authorization: DPoP alone decides, whatever cookies came along.
        return None if facts.token is not None else _refuse("invalid_token", "This server has not issued this token.")
    if facts.authorization is Authorization.OWN_BEARER:
        return _refuse("invalid_token", "This token is bound to a key. Send it as DPoP, with a proof of that key.")
    if facts.authorization is Authorization.BEARER_WITH_PROOF:
        return _refuse("invalid_token", "A DPoP proof goes with a DPoP-bound token, never with a Bearer token.")
    if facts.authorization is not Authorization.NONE and not facts.bound_cookie_present:
        return _refuse("invalid_token", "Bearer tokens and API keys are worth nothing here; use a bound session.")
    return None


def _of_session(facts: Facts) -> Decision | None:
    if facts.state is SessionState.ENDED:
        return _refuse("session_revoked", "This session has ended. Sign in again.")
    if facts.state in _BINDING_DETAIL:
        return _refuse("binding_required", _BINDING_DETAIL[facts.state])
    if facts.state is SessionState.LAPSED:
        return _refresh("The last proof of this session's key is too old, or from elsewhere; prove the key again.")
    if facts.contested:
        return _step_up("A second key was offered for this session. Sign in again to confirm that it is you.")
    return None


def _of_scope(facts: Facts) -> Decision | None:
    if facts.token is None or facts.needed_scope is None or facts.needed_scope in facts.token.scope:
        return None
    detail = f'This token is not good for this; sign in again and ask for the scope "{facts.needed_scope}".'
    return Decision(Action.REFUSE, "insufficient_scope", detail, facts.needed_scope)


def _of_tier(facts: Facts, rule: Rule) -> Decision:
    if facts.provenance not in rule.accepted_provenances:
        accepted = " or ".join(text for provenance, text in _KEYS.items() if provenance in rule.accepted_provenances)
        holder = "session" if facts.token is None else "token"
        detail = f"This model asks for {accepted}, and this {holder} has {_KEYS[facts.provenance]}."
        return _refuse("model_forbidden", detail)
    if rule.step_up and facts.token is not None and not facts.token.person:
        return _refuse("model_forbidden", "This model asks for a touch, and no person stands behind this token.")
    if rule.step_up:
        return _step_up("This model needs a passkey confirmation, which this server does not offer yet.")
    if facts.proof_age_seconds is None or facts.proof_age_seconds > rule.proof_max_age_seconds:
        return _refresh("This model asks for a more recent proof of the session's key.")
    return ALLOW


def _refuse(code: str, detail: str) -> Decision:
    return Decision(Action.REFUSE, code, detail)


def _refresh(detail: str) -> Decision:
    return Decision(Action.REFRESH, "proof_required", detail)


def _step_up(detail: str) -> Decision:
    return Decision(Action.STEP_UP, "step_up_required", detail)
