"""The authorization server, composed: everything of `boundgate.oauth` that routes and commands may use."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from boundgate.clock import Clock, RandomBytes
from boundgate.dpop import ALGORITHMS, DpopNonces, DpopProofs
from boundgate.keyring import KeyringFile
from boundgate.oauth import metadata as paths
from boundgate.oauth.access_tokens import AccessTokens
from boundgate.oauth.allowance import Allowance
from boundgate.oauth.authentication import ClientAuthentication
from boundgate.oauth.authorize import Authorization
from boundgate.oauth.clients import ClientRegistry
from boundgate.oauth.codes import Codes
from boundgate.oauth.families import Families, NothingAttested
from boundgate.oauth.found import TokenFinder
from boundgate.oauth.identity import Identity
from boundgate.oauth.introspection import Introspection
from boundgate.oauth.keys import TokenKeys
from boundgate.oauth.metadata import MetadataDocuments
from boundgate.oauth.model import Grant
from boundgate.oauth.ports import Attestations, GrantStore, RecordStore
from boundgate.oauth.pushed import PushedRequests
from boundgate.oauth.revocation import Revocation
from boundgate.oauth.rules import OAuthRules
from boundgate.oauth.subjects import Subjects
from boundgate.oauth.tokens.code_grant import CodeGrant
from boundgate.oauth.tokens.refresh_grant import RefreshGrant
from boundgate.oauth.tokens.request import GrantHandler
from boundgate.oauth.tokens.service import Tokens
from boundgate.oauth.tokens.service_grant import ServiceGrant
from boundgate.passkeys.ports import PasskeyStore
from boundgate.sessions.ports import HotState
from boundgate.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
    """The services of the token endpoints, and the stores whose records pages show."""

    rules: OAuthRules
    proofs: DpopProofs
    keys: TokenKeys
    authorization: Authorization
    pushed: PushedRequests
    allowance: Allowance
    authentication: ClientAuthentication
    tokens: Tokens
    access_tokens: AccessTokens
    subjects: Subjects
    revocation: Revocation
    introspection: Introspection
    identity: Identity
    families: Families
    registry: ClientRegistry
    metadata: MetadataDocuments
    grants: GrantStore
    store: RecordStore


class PasskeyPeople:
    """`People` over the users who have passkeys."""

    def __init__(self, store: PasskeyStore) -> None:
        self._store = store

    async def name_of(self, user_id: str) -> str | None:
        user = await self._store.user(user_id)
        return None if user is None else user.name


def compose_oauth(
    settings: Settings,
    *,
    clients: RecordStore,
    grants: GrantStore,
    passkeys: PasskeyStore,
    keyring: KeyringFile,
    hot: HotState,
    clock: Clock,
    random: RandomBytes,
    on_ended: Callable[[Collection[str]], None],
    attestations: Attestations | None = None,
) -> OAuth:
    """Join the rooms of the authorization server.

    Args:
        on_ended: told which families have just ended, so that what runs for them can be cut.
        attestations: what is known about keys; by default nothing.
    """
    rules = oauth_rules(settings)
    keys = TokenKeys(keyring)
    access_tokens = AccessTokens(keys=keys, rules=rules, clock=clock, random=random)
    subjects = Subjects(clients=clients, grants=grants)
    families = Families(
        grants=grants,
        attestations=attestations or NothingAttested(),
        macs=keyring,
        rules=rules,
        clock=clock,
        random=random,
        on_ended=on_ended,
    )
    identity = Identity(keys=keys, people=PasskeyPeople(passkeys), rules=rules, clock=clock)
    finder = TokenFinder(grants=grants, subjects=subjects, access_tokens=access_tokens, rules=rules, clock=clock)
    authentication = ClientAuthentication(
        clients=clients,
        assertions=clients,
        rules=rules,
        endpoints=[rules.issuer + path for path in (paths.TOKEN_PATH, paths.PAR_PATH)],
        clock=clock,
    )
    handlers: dict[Grant, GrantHandler] = {
        Grant.AUTHORIZATION_CODE: CodeGrant(
            grants=grants,
            families=families,
            access_tokens=access_tokens,
            identity=identity,
            rules=rules,
            clock=clock,
        ),
        Grant.REFRESH_TOKEN: RefreshGrant(
            grants=grants, families=families, access_tokens=access_tokens, rules=rules, clock=clock
        ),
        Grant.CLIENT_CREDENTIALS: ServiceGrant(
            grants=grants, families=families, access_tokens=access_tokens, rules=rules
        ),
    }
    return OAuth(
        rules=rules,
        proofs=DpopProofs(nonces=DpopNonces(macs=keyring, used=hot, clock=clock), used=hot, clock=clock),
        keys=keys,
        authorization=Authorization(
            clients=clients,
            requests=clients,
            codes=Codes(grants=grants, rules=rules, clock=clock, random=random),
            rules=rules,
            clock=clock,
            random=random,
        ),
        pushed=PushedRequests(requests=clients, rules=rules, clock=clock, random=random),
        allowance=Allowance(per_minute=settings.oauth_unproved_per_minute, clock=clock),
        authentication=authentication,
        tokens=Tokens(clients=authentication, handlers=handlers, rules=rules),
        access_tokens=access_tokens,
        subjects=subjects,
        revocation=Revocation(finder=finder, families=families),
        introspection=Introspection(finder=finder, rules=rules),
        identity=identity,
        families=families,
        registry=ClientRegistry(store=clients, clock=clock, random=random, on_ended=on_ended),
        metadata=MetadataDocuments(
            issuer=settings.origin, organisation=settings.organisation, dpop_algorithms=ALGORITHMS
        ),
        grants=grants,
        store=clients,
    )


def oauth_rules(settings: Settings) -> OAuthRules:
    """Who issues, for what, and how long things last."""
    return OAuthRules(
        issuer=settings.origin,
        resource=settings.origin + paths.RESOURCE_PATH,
        pushed_seconds=settings.oauth_pushed_seconds,
        code_seconds=settings.oauth_code_seconds,
        access_seconds=settings.oauth_access_seconds,
        refresh_seconds=settings.oauth_refresh_seconds,
        family_seconds=settings.oauth_family_seconds,
        again_seconds=settings.oauth_again_seconds,
    )
