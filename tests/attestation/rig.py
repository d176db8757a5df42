"""A server's side of attestation, and a client whose key and whose lies can be chosen."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from sqlalchemy import insert, select, update

from boundgate.attestation import (
    Answer,
    AttestationService,
    Demand,
    EndorsementRoots,
    Holder,
    Outcome,
    Submission,
    qualifying_data,
)
from boundgate.attestation.names import thumbprint_of
from boundgate.attestation.public_area import read_public
from boundgate.dbsc import Challenges
from boundgate.storage import Database, SqlAttestationStore
from boundgate.storage.oauth_schema import families
from boundgate.storage.schema import users
from demo_client.tpm import EndorsementCertificate, KeyBlobs, open_tpm
from tests.support.keys import FakeClock, MemoryUsed, StaticMacs, counting_random

USER, CLIENT = "user-alice", "client"


class NoticeBoard:
    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    async def tell(self, user_id: str, text: str) -> None:
        self.told.append((user_id, text))


class Server:
    """The service over a database of its own. Its clock stands at the real time, when the certificates are valid."""

    def __init__(self, database: Database, roots: EndorsementRoots) -> None:
        self.database = database
        self.clock, self.macs, self.notices = FakeClock(time.time()), StaticMacs(), NoticeBoard()
        self.used = MemoryUsed()
        self.raised: list[str] = []
        self.random = counting_random()
        self.store = SqlAttestationStore(database)
        self.service = self.with_roots(roots)

    def with_roots(self, roots: EndorsementRoots) -> AttestationService:
        nonces = Challenges(macs=self.macs, used=self.used, clock=self.clock, random=self.random)
        return AttestationService(
            roots=roots,
            store=self.store,
            nonces=nonces,
            macs=self.macs,
            notices=self.notices,
            clock=self.clock,
            random=self.random,
            on_raised=self.raised.extend,
        )

    async def add_user(self, user_id: str = USER) -> None:
        row = {"id": user_id, "name": user_id, "handle": user_id.encode(), "operator": False, "created_at": 0.0}
        async with self.database.write() as connection:
            await connection.execute(insert(users).values(row))

    async def add_family(self, holder: Holder, family_id: str = "family") -> None:
        async with self.database.write() as connection:
            await connection.execute(insert(families).values(a_family(holder, family_id)))

    async def end_family(self, family_id: str) -> None:
        ended = update(families).where(families.c.id == family_id).values(ended_at=1.0, end_reason="revoked")
        async with self.database.write() as connection:
            await connection.execute(ended)

    async def recorded(self, family_id: str = "family") -> tuple[str, str | None]:
        """Provenance and reason of a family, as everything else will read them."""
        query = select(families.c.provenance, families.c.attestation).where(families.c.id == family_id)
        async with self.database.read() as connection:
            provenance, reason = (await connection.execute(query)).one()
        return provenance, reason


def a_family(holder: Holder, family_id: str) -> dict[str, object]:
    return {
        "id": family_id,
        "client_id": holder.client_id,
        "user_id": holder.user_id,
        "jkt": holder.jkt,
        "provenance": "software",
        "attestation": "not shown",
        "scope": "[]",
        "acr": None,
        "amr": "[]",
        "auth_time": None,
        "created_at": 0.0,
        "last_proof_at": 0.0,
    }


@dataclass(frozen=True)
class TpmClient:
    """A client with a key and an attestation key in a TPM."""

    tcti: str
    certificate: EndorsementCertificate
    issuer: bytes
    key: KeyBlobs
    attestation_key: KeyBlobs

    @classmethod
    def make(cls, tcti: str, issuer: bytes, *, certificate: int = 0) -> TpmClient:
        with open_tpm(tcti) as tpm:
            found = tpm.endorsement_certificates()[certificate]
            return cls(tcti, found, issuer, tpm.create_key(), tpm.create_attestation_key())

    @property
    def holder(self) -> Holder:
        return holder_of(self.key.public)

    @property
    def submission(self) -> Submission:
        return Submission(
            certificate=self.certificate.der,
            chain=(self.issuer,),
            attestation_key=self.attestation_key.public,
            key=self.key.public,
        )

    def activate(self, demand: Demand) -> bytes:
        with open_tpm(self.tcti) as tpm:
            return tpm.activate_credential(
                self.certificate, self.attestation_key, demand.credential_blob, demand.encrypted_seed
            )

    def answer(self, demand: Demand, *, nonce: str | None = None, key: KeyBlobs | None = None) -> Answer:
        """An honest answer, but for a nonce or a key that is another."""
        secret = self.activate(demand)
        with open_tpm(self.tcti) as tpm:
            made = tpm.certify(key or self.key, self.attestation_key, qualifying_data(nonce or demand.nonce))
        return Answer(nonce=demand.nonce, secret=secret, certification=made.attest, signature=made.signature)

    def with_a_new_key(self) -> TpmClient:
        with open_tpm(self.tcti) as tpm:
            return replace(self, key=tpm.create_key())


def holder_of(public: bytes) -> Holder:
    return Holder(user_id=USER, client_id=CLIENT, jkt=thumbprint_of(read_public(public, what="key")))


async def demand_of(service: AttestationService, holder: Holder, submission: Submission) -> Demand:
    demand = await service.begin(holder, submission)
    assert isinstance(demand, Demand), demand
    return demand


async def attested(service: AttestationService, client: TpmClient) -> Outcome:
    """The whole way of an honest client."""
    demand = await demand_of(service, client.holder, client.submission)
    return await service.complete(client.holder, client.submission, client.answer(demand))
