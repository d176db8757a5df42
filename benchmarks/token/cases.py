"""A call's credential in this process: from the two header fields to the policy's decision, part by part."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import ECKey

from benchmarks.timing import Case, Group
from boundgate.dpop import token_hash, verify_proof
from boundgate.dpop.proof import forget_keys
from boundgate.oauth.model import Scope, TokenSubject
from boundgate.policy.decide import decide
from boundgate.policy.model import Action, Authorization, Facts, Token
from boundgate.resource.families import FamilyCache
from boundgate.resource.journal import FamilyJournal
from boundgate.resource.service import ResourceService
from boundgate.resource.verified import MAX_ENTRIES, VerifiedTokens
from boundgate.terms import SessionState, Tier
from tests.support.oauth import Program, program_of
from tests.support.site import ORIGIN, Site

METHOD, URL = "POST", ORIGIN + "/v1/chat/completions"
_names = count()


async def group(site: Site) -> Group:
    """The cases: the bare check, the parts, and whole calls with and without the memory of verified tokens."""
    caller = await Caller.of(site)
    message = caller.proof().rpartition(".")[0].encode()
    private = ec.generate_private_key(ec.SECP256R1())
    public, signature = private.public_key(), private.sign(message, ec.ECDSA(SHA256()))
    joserfc_key = ECKey.import_key(dict(caller.program.key.jwk))

    return Group(
        "token",
        [
            Case(
                name="bare ECDSA P-256 verification",
                calls=200,
                call=lambda _: public.verify(signature, message, ec.ECDSA(SHA256())),
            ),
            Case(name="proof: verify_proof", calls=150, call=caller.verify, prepare=caller.proofs),
            Case(name="token: signature and claims", calls=150, call=lambda _: caller.read()),
            _calls("call, token verified before", caller, verified=True),
            _calls("the same, and the policy decides", caller, verified=True, decides=True),
            _calls("call, memory of verified tokens off", caller, verified=False),
            _calls("memory off, and a key never seen", caller, verified=False, new_key=True),
            _calls("call, family in SQLite", caller, verified=True, stored=True),
            Case(
                name="joserfc: proof and token, nothing else",
                calls=100,
                call=lambda proof: caller.by_joserfc(proof, joserfc_key),
                prepare=caller.proofs,
            ),
        ],
    )


class Caller:
    """A program with a token of a stored family."""

    def __init__(self, site: Site, program: Program, token: str) -> None:
        self.site, self.program, self.token = site, program, token
        self.oauth = site.services.oauth
        self.signing_key = ECKey.import_key(self.oauth.keys.jwks()["keys"][0])

    @classmethod
    async def of(cls, site: Site) -> Caller:
        name = f"program-{next(_names)}"
        await site.owner(name)
        user = await site.services.store.user_by_name(name)
        assert user is not None
        program = await program_of(site, user.id, name=name)
        return cls(site, program, (await program.tokens())["access_token"])

    def proof(self, nonce: str | None = None) -> str:
        key = self.program.key
        nonce = nonce or self.oauth.proofs.nonce(key.jkt)
        return key.proof(url=URL, method=METHOD, now=self.site.clock(), nonce=nonce, token=self.token)

    async def proofs(self, calls: int) -> Sequence[str]:
        """Fresh ones; signing them is not timed."""
        nonce = self.oauth.proofs.nonce(self.program.key.jkt)
        return [self.proof(nonce) for _ in range(calls)]

    def verify(self, proof: str) -> None:
        verify_proof(
            fields=[proof],
            expected_method=METHOD,
            expected_url=URL,
            expected_jkt=self.program.key.jkt,
            expected_token_hash=token_hash(self.token),
            nonces=None,
            now=self.site.clock(),
        )

    def read(self) -> None:
        self.oauth.access_tokens.read(self.token)

    def by_joserfc(self, proof: str, key: ECKey) -> None:
        jwt.decode(proof, key, algorithms=["ES256"])
        jwt.decode(self.token, self.signing_key, algorithms=["ES256"])

    def families(self) -> FamilyCache:
        stores = {"families": self.oauth.grants, "clients": self.oauth.store}
        return FamilyCache(**stores, clock=self.site.services.clock, seconds=3600)

    def resource(self, families: FamilyCache, *, verified_max: int) -> ResourceService:
        clock = self.site.services.clock
        keyring = self.site.services.resource._tokens._keys  # noqa: SLF001 - as the server has them
        return ResourceService(
            tokens=VerifiedTokens(self.oauth.access_tokens, keys=keyring, clock=clock, max_entries=verified_max),
            families=families,
            proofs=self.oauth.proofs,
            journal=FamilyJournal(self.oauth.grants),
            clock=clock,
        )


def _calls(
    name: str,
    caller: Caller,
    *,
    verified: bool,
    new_key: bool = False,
    stored: bool = False,
    decides: bool = False,
) -> Case:
    """Resolve, and make the next nonce: everything that a credential costs in one call."""
    families = caller.families()
    resource = caller.resource(families, verified_max=MAX_ENTRIES if verified else 0)
    rules, family_id = caller.site.services.rules, caller.oauth.access_tokens.read(caller.token).family_id

    async def call(proof: str) -> None:
        if new_key:
            forget_keys()
        if stored:
            families.drop([family_id])
        subject = await resource.resolve(token=caller.token, fields=[proof], method=METHOD, url=URL)
        if decides:
            assert decide(_facts(subject), rules).action is Action.ALLOW
        assert resource.nonce(subject)

    return Case(name=name, calls=50 if stored else 150, wait=call, prepare=caller.proofs)


def _facts(subject: TokenSubject) -> Facts:
    return Facts(
        authorization=Authorization.DPOP,
        state=SessionState.BOUND,
        provenance=subject.family.provenance,
        proof_age_seconds=0.0,
        token=Token(scope=subject.scope, person=subject.user_id is not None),
        needed_scope=Scope.CHAT,
        tier=Tier.STANDARD,
    )
