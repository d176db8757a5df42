"""An honest client with a TPM, and what a user sees of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from boundgate.attestation import AttestationService, Demand, EndorsementRoots, Outcome
from boundgate.errors import NotFound
from boundgate.storage import Database
from boundgate.terms import Provenance
from demo_client.tpm import EndorsementCertificate, open_tpm
from tests.attestation.certificates import EK_EXTENSIONS, certificate, usage, without
from tests.attestation.rig import CLIENT, USER, Server, TpmClient, attested, demand_of
from tests.attestation.test_make_credential import endorsement_key
from tests.support.swtpm import Maker


@pytest.fixture
async def server(database: Database, maker: Maker, tpm: str) -> Server:
    made = Server(database, EndorsementRoots.from_pem(maker.root_pem))
    await made.add_user()
    return made


@pytest.fixture(params=["RSA", "P-384"])
async def client(request: pytest.FixtureRequest, server: Server, maker: Maker, tpm: str) -> TpmClient:
    made = TpmClient.make(tpm, maker.issuer_der, certificate=["RSA", "P-384"].index(request.param))
    await server.add_family(made.holder)
    return made


async def test_a_key_in_a_tpm_that_its_user_has_accepted_is_attested(server: Server, client: TpmClient) -> None:
    outcome = await attested(server.service, client)
    assert outcome.provenance is Provenance.SOFTWARE
    assert outcome.touch_wanted
    assert await server.recorded() == ("software", outcome.reason)
    assert await server.service.accept(USER, outcome.touch_wanted) == ("family",)
    assert await server.recorded() == ("attested", None)
    again = await attested(server.service, client)
    assert again == Outcome(provenance=Provenance.ATTESTED)


async def test_a_further_key_in_an_accepted_tpm_takes_no_touch(server: Server, client: TpmClient) -> None:
    first = await attested(server.service, client)
    await server.service.accept(USER, first.touch_wanted or "")
    other = client.with_a_new_key()
    await server.add_family(other.holder, "another family")
    assert await attested(server.service, other) == Outcome(provenance=Provenance.ATTESTED)
    assert server.raised == ["family", "another family"]


async def test_a_new_tpm_is_told_once_and_its_acceptance_once(server: Server, client: TpmClient) -> None:
    for _ in range(3):
        outcome = await attested(server.service, client)
    (told,) = server.notices.told
    assert told[0] == USER
    assert "new for your account" in told[1]
    await server.service.accept(USER, outcome.touch_wanted or "")
    assert "You accepted a TPM" in server.notices.told[1][1]
    await attested(server.service, client)
    assert len(server.notices.told) == 2


async def test_the_user_sees_what_waits_and_what_is_accepted(server: Server, client: TpmClient) -> None:
    outcome = await attested(server.service, client)
    (waits,) = await server.service.waiting(USER)
    assert (waits.ek_fingerprint, waits.client_id, waits.jkt) == (outcome.touch_wanted, CLIENT, client.holder.jkt)
    await server.service.accept(USER, waits.ek_fingerprint)
    assert await server.service.waiting(USER) == []
    (known,) = await server.service.known(USER)
    assert (known.ek_fingerprint, known.maker) == (waits.ek_fingerprint, "id:00001014")
    await server.service.forget(USER, known.ek_fingerprint)
    assert await server.service.known(USER) == []
    assert (await attested(server.service, client)).touch_wanted == known.ek_fingerprint


async def test_nobody_accepts_what_does_not_wait(server: Server, client: TpmClient) -> None:
    outcome = await attested(server.service, client)
    for user_id, fingerprint in (("user-bob", outcome.touch_wanted or ""), (USER, "0" * 64)):
        with pytest.raises(NotFound):
            await server.service.accept(user_id, fingerprint)
    await server.end_family("family")
    with pytest.raises(NotFound):
        await server.service.accept(USER, outcome.touch_wanted or "")
    assert await server.recorded() == ("software", outcome.reason)


async def test_a_key_whose_family_has_ended_is_not_attested(server: Server, client: TpmClient) -> None:
    demand = await demand_of(server.service, client.holder, client.submission)
    answer = client.answer(demand)
    await server.end_family("family")
    outcome = await server.service.complete(client.holder, client.submission, answer)
    assert "family has ended" in (outcome.reason or "")
    assert await server.service.waiting(USER) == []


async def test_tokens_of_no_user_stay_software(server: Server, client: TpmClient) -> None:
    nobody = replace(client.holder, user_id=None)
    await server.add_family(nobody, "service")
    outcome = await server.service.begin(nobody, client.submission)
    assert isinstance(outcome, Outcome)
    assert await server.recorded("service") == ("software", outcome.reason)


async def test_a_failed_attempt_lowers_nothing(server: Server, client: TpmClient) -> None:
    outcome = await attested(server.service, client)
    await server.service.accept(USER, outcome.touch_wanted or "")
    refused = await server.service.begin(client.holder, replace(client.submission, key=b"\0\0"))
    assert isinstance(refused, Outcome)
    assert refused.provenance is Provenance.SOFTWARE
    assert await server.recorded() == ("attested", None)


async def test_the_server_may_rotate_its_keys_between_the_trips(server: Server, client: TpmClient) -> None:
    demand = await demand_of(server.service, client.holder, client.submission)
    server.macs.rotate("kid-0002")
    outcome = await server.service.complete(client.holder, client.submission, client.answer(demand))
    assert outcome.touch_wanted


async def test_an_answer_after_two_minutes_is_late(server: Server, client: TpmClient) -> None:
    demand = await demand_of(server.service, client.holder, client.submission)
    server.clock.advance(121)
    outcome = await server.service.complete(client.holder, client.submission, client.answer(demand))
    assert "last two minutes" in (outcome.reason or "")


async def test_the_first_trip_stores_nothing_but_a_reason(server: Server, client: TpmClient) -> None:
    await demand_of(server.service, client.holder, client.submission)
    assert await server.recorded() == ("software", "not shown")
    assert await server.service.waiting(USER) == []
    assert server.used.entries == {}


async def test_without_roots_nothing_is_attested(server: Server, client: TpmClient) -> None:
    service: AttestationService = server.with_roots(EndorsementRoots())
    outcome = await service.begin(client.holder, client.submission)
    assert outcome == Outcome(
        provenance=Provenance.SOFTWARE, reason="This server lists no maker of TPMs, so it attests no key."
    )


async def test_an_endorsement_key_on_p_256_serves_as_well(server: Server, maker: Maker, tpm: str) -> None:
    class Issuer:
        name, key = maker.issuer.subject, maker.issuer_key

    with open_tpm(tpm) as opened:
        key = endorsement_key(opened, "EK-ECC256")
    extensions = (*without(x509.KeyUsage, of=EK_EXTENSIONS), (usage(key_agreement=True), True))
    der = certificate(Issuer, key, extensions).public_bytes(Encoding.DER)
    client = replace(TpmClient.make(tpm, maker.issuer_der), certificate=EndorsementCertificate("EK-ECC256", der))
    await server.add_family(client.holder)
    assert (await attested(server.service, client)).touch_wanted


def test_secrets_are_not_shown_by_what_holds_them() -> None:
    demand = Demand(nonce="n", credential_blob=b"blob", encrypted_seed=b"seed")
    assert "seed'" not in repr(demand)
