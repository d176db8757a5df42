"""The one credential of a call to the gateway: a bound cookie, or a token with a proof of its key (contract.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

from quart import g, request

from boundgate.errors import AuthenticationError
from boundgate.oauth.model import TokenSubject
from boundgate.policy.model import Authorization, Facts, Token
from boundgate.routes.context import caller, credential, forget_credential, known_credential, own_target, services
from boundgate.sessions.credential import Credential
from boundgate.terms import Provenance, SessionState, Tier

# RFC 9110 §11.6.2, RFC 9449 §7.1: the scheme in any case, then one token68.
_DPOP = re.compile(r"dpop +(?P<token>[A-Za-z0-9._~+/-]+=*) *", re.IGNORECASE | re.ASCII)
_BEARER = re.compile(r"bearer +(?P<token>[A-Za-z0-9._~+/-]+=*) *", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Whom a call is booked on: a session, or a family of tokens."""

    id: str
    user_id: str | None
    key_thumbprint: str | None
    provenance: Provenance


async def facts(tier: Tier | None, needed_scope: str | None) -> Facts:
    """Everything that the policy may know about the current request.

    Raises:
        AuthenticationError, InvalidToken, DpopError: `Authorization: DPoP` that is not worth anything.
    """
    authorization = _authorization()
    if authorization is Authorization.DPOP:
        # It decides alone, whatever cookies came along.
        return _facts_of_token(await token_subject(), tier, needed_scope)
    found = await credential()
    binding = found.view.binding if found.view else None
    return Facts(
        authorization=authorization,
        bound_cookie_present=caller().bound_text is not None,
        state=found.state,
        provenance=binding.provenance if binding else Provenance.NONE,
        proof_age_seconds=found.proof_age_seconds(services().clock()),
        contested=found.contested,
        tier=tier,
        needed_scope=needed_scope,
    )


def actor() -> Actor | None:
    """Whom the current request's call is booked on, as far as that is known by now.

    A token whose key was not proved names nobody: whoever found it must not fill its owner's records.
    """
    subject = proved_token()
    if subject is not None:
        family = subject.family
        return Actor(id=family.id, user_id=family.user_id, key_thumbprint=family.jkt, provenance=family.provenance)
    found = known_credential()
    if found is None or found.view is None:
        return None
    session, binding = found.view.session, found.view.binding
    return Actor(
        id=session.id,
        user_id=session.user_id,
        key_thumbprint=binding.thumbprint if binding else None,
        provenance=binding.provenance if binding else Provenance.NONE,
    )


def presented_cookie() -> Credential | None:
    """What the cookies of the current request are worth; None where they were not asked because a token decides."""
    return None if proved_token() is not None else known_credential()


def proved_token() -> TokenSubject | None:
    """Whose token the current request came with, where its key has been proved."""
    return cast("TokenSubject | None", g.get("token"))


def forget_presented() -> None:
    """Have the next `facts` looked at anew, after a wait in which a session or a family may have ended. A proof is not
    asked for twice."""
    forget_credential()
    g.token_is_old = True


async def token_subject() -> TokenSubject:
    """Whose token the current request presents; resolved once per request, because its proof counts once.

    Raises:
        BadRequest, AuthenticationError, InvalidToken, DpopError
    """
    known = proved_token()
    if known is None:
        g.token = await services().resource.resolve(
            token=_token_text(),
            fields=request.headers.getlist("DPoP"),
            method=request.method,
            url=services().origin + own_target().partition("?")[0],
        )
    elif g.pop("token_is_old", False):
        g.token = await services().resource.still(known)
    return cast("TokenSubject", g.token)


def _token_text() -> str:
    fields = request.headers.getlist("Authorization")
    # RFC 6750 §2: a client must not use more than one method in each request.
    if len(fields) != 1:
        raise AuthenticationError("Send one Authorization field and no more (RFC 6750 §2).")
    match = _DPOP.fullmatch(fields[0])
    if match is None:
        raise AuthenticationError("The Authorization field holds no token that can be read (RFC 9449 §7.1).")
    return match["token"]


def _facts_of_token(subject: TokenSubject, tier: Tier | None, needed_scope: str | None) -> Facts:
    return Facts(
        authorization=Authorization.DPOP,
        state=SessionState.BOUND,
        provenance=subject.family.provenance,
        # The proof is for this very request.
        proof_age_seconds=0.0,
        token=Token(scope=subject.scope, person=subject.user_id is not None),
        needed_scope=needed_scope,
        tier=tier,
    )


def _authorization() -> Authorization:
    # All of the fields: whoever sends two must not have the stricter one overlooked.
    fields = request.headers.getlist("Authorization")
    schemes = {(field.split(None, 1) or [""])[0].lower() for field in fields}
    if "dpop" in schemes:
        return Authorization.DPOP
    if "DPoP" in request.headers:
        return Authorization.BEARER_WITH_PROOF
    if not schemes:
        return Authorization.NONE
    if any((match := _BEARER.fullmatch(field)) and services().resource.is_ours(match["token"]) for field in fields):
        return Authorization.OWN_BEARER
    return Authorization.BEARER if "bearer" in schemes else Authorization.OTHER
