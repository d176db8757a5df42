"""Everything that is not what it says stays software, and says why."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.serialization import Encoding

from boundgate.attestation import Answer, Demand, EndorsementRoots, Outcome, Submission, qualifying_data
from boundgate.attestation.kdf import kdfa
from boundgate.attestation.names import name_of
from boundgate.attestation.public_area import read_public
from boundgate.storage import Database
from boundgate.terms import Provenance
from demo_client.tpm import KeyBlobs, TpmError, open_tpm
from tests.attestation.certificates import certificate, without
from tests.attestation.leaky import create_leaky_attestation_key, duplicated
from tests.attestation.rig import Server, TpmClient, demand_of, holder_of
from tests.support.soft_tpm import ATTESTATION_KEY, SoftKey, attest
from tests.support.swtpm import Maker, new_maker, running_tpm


@pytest.fixture
async def server(database: Database, maker: Maker, tpm: str) -> Server:
    made = Server(database, EndorsementRoots.from_pem(maker.root_pem))
    await made.add_user()
    return made


@pytest.fixture
async def client(server: Server, maker: Maker, tpm: str) -> TpmClient:
    """An honest client with a genuine TPM, whose holder turns to lying in each test."""
    made = TpmClient.make(tpm, maker.issuer_der)
    await server.add_family(made.holder)
    return made


async def assert_software(server: Server, outcome: Demand | Outcome, why: str) -> None:
    assert isinstance(outcome, Outcome)
    assert outcome.provenance is Provenance.SOFTWARE
    assert outcome.touch_wanted is None
    assert why in (outcome.reason or "")
    assert await server.recorded() == ("software", outcome.reason)
    assert await server.service.waiting("user-alice") == []


async def test_a_software_key_that_calls_itself_a_tpms(server: Server, client: TpmClient) -> None:
    liar = SoftKey()
    holder = holder_of(liar.public)
    await server.add_family(holder, "liar")
    submission = replace(client.submission, key=liar.public)
    demand = await demand_of(server.service, holder, submission)
    answer = client.answer(demand)
    # The TPM certifies what it holds, and nothing else.
    outcome = await server.service.complete(holder, submission, answer)
    assert "names another key" in (outcome.reason or "")
    assert await server.recorded("liar") == ("software", outcome.reason)
    # A certification by hand would need the TPM's restricted key to sign what looks like a TPM's word.
    forged = attest(name=liar.name, extra_data=qualifying_data(demand.nonce))
    digest = hashes.Hash(hashes.SHA256())
    digest.update(forged)
    with pytest.raises(TpmError), open_tpm(client.tcti) as tpm:
        tpm.sign(client.attestation_key, digest.finalize())
    by_hand = replace(answer, certification=forged, signature=liar.sign(forged))
    outcome = await server.service.complete(holder, submission, by_hand)
    assert "not signed by the attestation key" in (outcome.reason or "")


async def test_a_wrong_nonce(server: Server, client: TpmClient) -> None:
    earlier = await demand_of(server.service, client.holder, client.submission)
    demand = await demand_of(server.service, client.holder, client.submission)
    answer = client.answer(demand, nonce=earlier.nonce)
    await assert_software(
        server, await server.service.complete(client.holder, client.submission, answer), "another nonce"
    )
    # The secret of one nonce is none of another's.
    answer = replace(client.answer(earlier), secret=client.activate(demand))
    await assert_software(
        server, await server.service.complete(client.holder, client.submission, answer), "The secret is another"
    )
    for nonce in ("A" * 64, "", earlier.nonce[:-1] + "!"):
        answer = replace(client.answer(demand), nonce=nonce)
        await assert_software(
            server, await server.service.complete(client.holder, client.submission, answer), "The nonce was not given"
        )


@pytest.mark.parametrize("change", [{"user_id": "user-bob"}, {"client_id": "another"}])
async def test_a_nonce_given_to_another_user_or_client(
    server: Server, client: TpmClient, change: dict[str, str]
) -> None:
    other = replace(client.holder, **change)
    demand = await demand_of(server.service, other, client.submission)
    outcome = await server.service.complete(client.holder, client.submission, client.answer(demand))
    await assert_software(server, outcome, "The nonce was not given")


async def test_a_nonce_given_to_another_key(server: Server, client: TpmClient) -> None:
    other = client.with_a_new_key()
    demand = await demand_of(server.service, other.holder, other.submission)
    outcome = await server.service.complete(client.holder, client.submission, client.answer(demand))
    await assert_software(server, outcome, "The nonce was not given")


async def test_a_replayed_nonce(server: Server, client: TpmClient) -> None:
    demand = await demand_of(server.service, client.holder, client.submission)
    answer = client.answer(demand)
    first = await server.service.complete(client.holder, client.submission, answer)
    assert first.touch_wanted
    await server.end_family("family")
    await server.add_family(client.holder, "next")
    again = await server.service.complete(client.holder, client.submission, answer)
    assert again == Outcome(provenance=Provenance.SOFTWARE, reason="The nonce was used before. Begin again.")
    assert await server.recorded("next") == ("software", again.reason)


async def test_an_unrestricted_attestation_key(server: Server, client: TpmClient) -> None:
    with open_tpm(client.tcti) as tpm:
        signs_anything = tpm.create_key()
    submission = replace(client.submission, attestation_key=signs_anything.public)
    await assert_software(server, await server.service.begin(client.holder, submission), "is not restricted")


async def test_another_root(server: Server, client: TpmClient) -> None:
    with new_maker() as unlisted, running_tpm(unlisted) as tcti:
        stranger = TpmClient.make(tcti, unlisted.issuer_der)
        await server.add_family(stranger.holder, "stranger")
        outcome = await server.service.begin(stranger.holder, stranger.submission)
        assert isinstance(outcome, Outcome)
        assert "No valid chain" in (outcome.reason or "")
        assert await server.recorded("stranger") == ("software", outcome.reason)
        submission = replace(client.submission, chain=(unlisted.issuer_der,))
    await assert_software(server, await server.service.begin(client.holder, submission), "No valid chain")


async def test_a_certificate_of_the_same_root_that_is_none_of_an_endorsement_key(
    server: Server, client: TpmClient, maker: Maker
) -> None:
    class Issuer:
        name, key = maker.issuer.subject, maker.issuer_key

    # Its owner has the private key, and would need no TPM to give out the secret.
    own = rsa.generate_private_key(65_537, 2048)
    server_usage = (x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), False)
    for extensions in (
        without(x509.ExtendedKeyUsage),
        (*without(x509.ExtendedKeyUsage), server_usage),
    ):
        der = certificate(Issuer, own.public_key(), extensions).public_bytes(Encoding.DER)
        outcome = await server.service.begin(client.holder, replace(client.submission, certificate=der))
        await assert_software(server, outcome, "not that of an endorsement key")
    # The authority's own certificate is none either.
    outcome = await server.service.begin(client.holder, replace(client.submission, certificate=maker.issuer_der))
    await assert_software(server, outcome, "not that of an endorsement key")


async def test_a_software_attestation_key_beside_a_genuine_certificate(server: Server, client: TpmClient) -> None:
    # Everything here passes a check that only looks: a genuine certificate, right attributes, a right signature.
    signer, key = SoftKey(attributes=ATTESTATION_KEY), SoftKey()
    holder = holder_of(key.public)
    await server.add_family(holder, "liar")
    submission = replace(client.submission, attestation_key=signer.public, key=key.public)
    demand = await demand_of(server.service, holder, submission)
    # The TPM of the certificate does not hold that key, so it does not give out the secret ...
    with open_tpm(client.tcti) as tpm:
        blobs = [tpm.create_attestation_key(), KeyBlobs(signer.public, client.attestation_key.private)]
    for blob in blobs:
        with pytest.raises(TpmError), open_tpm(client.tcti) as tpm:
            tpm.activate_credential(client.certificate, blob, demand.credential_blob, demand.encrypted_seed)
    # ... and nobody guesses it.
    said = attest(name=key.name, extra_data=qualifying_data(demand.nonce))
    for secret in (bytes(32), demand.nonce.encode()[:32], b"kid-0001" + bytes(24), b"", bytes(64)):
        answer = Answer(nonce=demand.nonce, secret=secret, certification=said, signature=signer.sign(said))
        outcome = await server.service.complete(holder, submission, answer)
        assert outcome.reason == "The secret is another: the attestation key is not in the TPM of this certificate."
        assert await server.recorded("liar") == ("software", outcome.reason)


async def test_an_attestation_key_of_another_tpm(
    server: Server, client: TpmClient, maker: Maker, other_tpm: str
) -> None:
    other = TpmClient.make(other_tpm, maker.issuer_der)
    mixed = replace(client.submission, attestation_key=other.attestation_key.public)
    demand = await demand_of(server.service, client.holder, mixed)
    for tcti, key in itertools.product((client.tcti, other_tpm), (client.attestation_key, other.attestation_key)):
        with pytest.raises(TpmError), open_tpm(tcti) as tpm:
            tpm.activate_credential(client.certificate, key, demand.credential_blob, demand.encrypted_seed)
    # The secret of an honest run beside is no help: it is that of another name.
    honest = await demand_of(server.service, client.holder, client.submission)
    answer = replace(client.answer(honest), nonce=demand.nonce)
    outcome = await server.service.complete(client.holder, mixed, answer)
    await assert_software(server, outcome, "The secret is another")


async def test_a_restricted_key_that_is_exported_after_activation(server: Server, client: TpmClient) -> None:
    with open_tpm(client.tcti) as tpm:
        leaky = create_leaky_attestation_key(tpm)
        # This is no idle fear: the TPM gives it out, and a program signs with it whatever it likes.
        outside = SoftKey(duplicated(tpm, leaky))
    assert outside.private.public_key() == read_public(leaky.public, what="key").key
    submission = replace(client.submission, attestation_key=leaky.public)
    outcome = await server.service.begin(client.holder, submission)
    await assert_software(server, outcome, "is not fixedTPM and not fixedParent")
    # With attributes that it has not, it has another name, and the TPM gives nothing out for that.
    prettier = SoftKey(outside.private, attributes=ATTESTATION_KEY)
    submission = replace(client.submission, attestation_key=prettier.public)
    demand = await demand_of(server.service, client.holder, submission)
    assert name_of(read_public(prettier.public, what="key")) != name_of(read_public(leaky.public, what="key"))
    with pytest.raises(TpmError), open_tpm(client.tcti) as tpm:
        tpm.activate_credential(client.certificate, leaky, demand.credential_blob, demand.encrypted_seed)


async def test_whoever_had_the_endorsement_keys_private_half_would_read_the_secret(
    server: Server, client: TpmClient, maker: Maker
) -> None:
    """Why the usage in the certificate matters: the secret of a key in memory is read without any TPM."""

    class Issuer:
        name, key = maker.issuer.subject, maker.issuer_key

    own = rsa.generate_private_key(65_537, 2048)
    der = certificate(Issuer, own.public_key()).public_bytes(Encoding.DER)
    submission = Submission(
        certificate=der,
        chain=(maker.issuer_der,),
        attestation_key=client.attestation_key.public,
        key=client.key.public,
    )
    demand = await demand_of(server.service, client.holder, submission)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), b"IDENTITY\0")
    seed = own.decrypt(demand.encrypted_seed[2:], oaep)
    name = name_of(read_public(client.attestation_key.public, what="key"))
    key = kdfa(hashes.SHA256(), key=seed, label=b"STORAGE", context_u=name, bits=128)
    identity = demand.credential_blob[2 + 2 + 32 :]
    decryptor = Cipher(algorithms.AES(key), CFB(bytes(16))).decryptor()
    secret = (decryptor.update(identity) + decryptor.finalize())[2:]
    with open_tpm(client.tcti) as tpm:
        made = tpm.certify(client.key, client.attestation_key, qualifying_data(demand.nonce))
    answer = Answer(nonce=demand.nonce, secret=secret, certification=made.attest, signature=made.signature)
    assert (await server.service.complete(client.holder, submission, answer)).touch_wanted
