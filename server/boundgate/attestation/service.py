"""Attestation in two round trips.

One would not do: a signature by an attestation key proves nothing while nobody knows where that key is, and anybody can
put a software key beside somebody's genuine endorsement certificate. So the first trip wraps a secret for the TPM of
the certificate and the attestation key's *name*: only a TPM that holds both gives it out. The secret is a MAC over all
that the first trip established, so the server keeps nothing between the two.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from hashlib import sha256

from boundgate.attestation.chain import Endorsement, EndorsementRoots
from boundgate.attestation.errors import NotAttested
from boundgate.attestation.make_credential import SECRET_OCTETS, make_credential
from boundgate.attestation.model import Answer, Attestation, Demand, Holder, KnownTpm, Outcome, Submission
from boundgate.attestation.names import name_of
from boundgate.attestation.ports import AttestationStore, Macs, Nonces, Notices, Standing
from boundgate.attestation.public_area import PublicArea, read_public
from boundgate.attestation.verify import check_attestation_key, check_certified_key, verify_certification
from boundgate.clock import Clock, RandomBytes
from boundgate.errors import NotFound
from boundgate.terms import Provenance

NONCE_SECONDS = 120.0
"""For two operations of a TPM and one round trip."""

_PURPOSE = "attestation"
_KID_OCTETS = 8
_NEW_TPM = "This TPM is new for your account. Accept it with your passkey on the account page."


@dataclass(frozen=True, slots=True)
class _Examined:
    """A submission that shows everything that it can show without the TPM."""

    endorsement: Endorsement
    attestation_key: PublicArea
    key: PublicArea

    @property
    def summary(self) -> list[str]:
        return [self.endorsement.fingerprint, name_of(self.attestation_key).hex(), name_of(self.key).hex()]


class AttestationService:
    """Finds out whether the key of a token family lives in a TPM of a listed maker.

    Args:
        roots: of the makers; none, and every key stays `software`.
        macs: the server's MAC keys; the secrets are theirs.
        nonces: single-use, bound to user, client and key.
        on_raised: told whose provenance has just been raised, so that what is cached about them is dropped.
    """

    def __init__(
        self,
        *,
        roots: EndorsementRoots,
        store: AttestationStore,
        nonces: Nonces,
        macs: Macs,
        notices: Notices,
        clock: Clock,
        random: RandomBytes,
        on_raised: Callable[[Collection[str]], None],
    ) -> None:
        self._roots, self._store, self._nonces, self._macs = roots, store, nonces, macs
        self._notices, self._clock, self._random, self._on_raised = notices, clock, random, on_raised

    async def begin(self, holder: Holder, submission: Submission) -> Demand | Outcome:
        """The first trip. Stores nothing but, where something is missing, why."""
        try:
            examined = self._examine(holder, submission)
            nonce = self._nonces.issue(purpose=_PURPOSE, context=_context(holder))
            credential = make_credential(
                endorsement_key=examined.endorsement.key,
                name=name_of(examined.attestation_key),
                secret=self._secret(nonce, holder, examined),
                random=self._random,
            )
        except NotAttested as refusal:
            return await self._refuse(holder, refusal)
        return Demand(nonce=nonce, credential_blob=credential.blob, encrypted_seed=credential.encrypted_seed)

    async def complete(self, holder: Holder, submission: Submission, answer: Answer) -> Outcome:
        """The second trip, with the submission of the first."""
        try:
            examined = self._examine(holder, submission)
            self._check_answer(holder, examined, answer)
            await self._use_up(answer.nonce, holder)
            return await self._record(holder, examined.endorsement)
        except NotAttested as refusal:
            return await self._refuse(holder, refusal)

    async def waiting(self, user_id: str) -> list[Attestation]:
        """What waits for the user's touch, newest first."""
        return await self._store.waiting(user_id)

    async def known(self, user_id: str) -> list[KnownTpm]:
        """The endorsement keys that the user has accepted."""
        return await self._store.known(user_id)

    async def accept(self, user_id: str, ek_fingerprint: str) -> tuple[str, ...]:
        """Accept an endorsement key, for whoever has just answered with a passkey for this very act.

        Returns:
            The families whose keys are attested now.

        Raises:
            NotFound: nothing waits for it, or no longer.
        """
        families = await self._store.accept(user_id, ek_fingerprint, at=self._clock())
        if families is None:
            raise NotFound("No key waits for this TPM, or no longer. Have the client attest its key again.")
        self._on_raised(families)
        await self._notices.tell(user_id, f"You accepted a TPM, {_short(ek_fingerprint)}: keys in it are attested.")
        return families

    async def forget(self, user_id: str, ek_fingerprint: str) -> None:
        """Forget an endorsement key, accepted or waiting, for whoever has just answered with a passkey for that.

        Raises:
            NotFound: nothing of it is known for the user.
        """
        if not await self._store.forget(user_id, ek_fingerprint):
            raise NotFound("Your account has no such TPM, or no longer. Reload the page.")

    async def forget_all(self, user_id: str) -> None:
        """Forget everything about the user's TPMs, after a recovery."""
        await self._store.forget_all(user_id)

    async def prune(self, *, before: float) -> None:
        """Forget what is older and belongs to no token family on record any more. Unix seconds."""
        await self._store.prune(before=before)

    def _examine(self, holder: Holder, submission: Submission) -> _Examined:
        if holder.user_id is None:
            raise NotAttested("This token belongs to no user, and nobody could accept its TPM.")
        attestation_key = read_public(submission.attestation_key, what="attestation key's public area")
        key = read_public(submission.key, what="certified key's public area")
        check_attestation_key(attestation_key)
        check_certified_key(key, expected_thumbprint=holder.jkt)
        endorsement = self._roots.verify(submission.certificate, chain=submission.chain, now=self._clock())
        return _Examined(endorsement, attestation_key, key)

    def _check_answer(self, holder: Holder, examined: _Examined, answer: Answer) -> None:
        context = _context(holder)
        if not self._nonces.check(answer.nonce, purpose=_PURPOSE, context=context, max_age_seconds=NONCE_SECONDS):
            raise NotAttested("The nonce was not given to this user, client and key in the last two minutes.")
        kid, tag = answer.secret[:_KID_OCTETS].decode("latin-1"), answer.secret[_KID_OCTETS:]
        if len(answer.secret) != SECRET_OCTETS or not self._macs.verify(
            _PURPOSE.encode(), kid, _message(answer.nonce, holder, examined), tag
        ):
            raise NotAttested("The secret is another: the attestation key is not in the TPM of this certificate.")
        verify_certification(
            certification=answer.certification,
            signature=answer.signature,
            attestation_key=examined.attestation_key,
            expected_name=name_of(examined.key),
            expected_extra_data=qualifying_data(answer.nonce),
        )

    async def _use_up(self, nonce: str, holder: Holder) -> None:
        # Last, so that nobody but the TPM's owner can use it up.
        if not await self._nonces.redeem(
            nonce, purpose=_PURPOSE, context=_context(holder), max_age_seconds=NONCE_SECONDS
        ):
            raise NotAttested("The nonce was used before. Begin again.")

    def _secret(self, nonce: str, holder: Holder, examined: _Examined) -> bytes:
        kid, tag = self._macs.sign(_PURPOSE.encode(), _message(nonce, holder, examined))
        return (kid.encode("latin-1") + tag)[:SECRET_OCTETS]

    async def _record(self, holder: Holder, endorsement: Endorsement) -> Outcome:
        assert holder.user_id is not None, "examined before"
        attestation = Attestation(
            user_id=holder.user_id,
            client_id=holder.client_id,
            jkt=holder.jkt,
            ek_fingerprint=endorsement.fingerprint,
            maker=endorsement.maker,
            at=self._clock(),
        )
        recorded = await self._store.record(attestation, waiting=_NEW_TPM)
        if recorded.standing is Standing.GONE:
            raise NotAttested("The token's family has ended.")
        if recorded.standing is Standing.ATTESTED:
            self._on_raised(recorded.families)
            return Outcome(provenance=Provenance.ATTESTED)
        if recorded.standing is Standing.WAITS:
            shown = _short(endorsement.fingerprint)
            await self._notices.tell(
                holder.user_id,
                f"A client wants its key attested by a TPM that is new for your account, {shown}. "
                "If that is not you, end the client's access.",
            )
        return Outcome(provenance=Provenance.SOFTWARE, reason=_NEW_TPM, touch_wanted=endorsement.fingerprint)

    async def _refuse(self, holder: Holder, refusal: NotAttested) -> Outcome:
        await self._store.refuse(holder, reason=refusal.detail)
        return Outcome(provenance=Provenance.SOFTWARE, reason=refusal.detail)


def qualifying_data(nonce: str) -> bytes:
    """What TPM2_Certify takes for a nonce: its SHA-256, since some TPMs take no more than 50 octets."""
    return sha256(nonce.encode()).digest()


def _context(holder: Holder) -> str:
    return json.dumps([holder.user_id, holder.client_id, holder.jkt])


def _message(nonce: str, holder: Holder, examined: _Examined) -> bytes:
    return json.dumps([nonce, holder.user_id, holder.client_id, holder.jkt, *examined.summary]).encode()


def _short(fingerprint: str) -> str:
    return f"{fingerprint[:12]}…"
