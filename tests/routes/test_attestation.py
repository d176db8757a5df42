"""A whole server, a client whose key is in a TPM, and the touch between `software` and `attested`."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from quart.wrappers import Response

from boundgate.attestation import qualifying_data
from demo_client.tpm import EndorsementCertificate, KeyBlobs, open_tpm
from tests.support.dpop import ProgramKey, signing_input
from tests.support.keys import FakeClock, b64u
from tests.support.oauth import Program, members, program_of
from tests.support.site import ORIGIN, Site, SoftBrowser, running_site
from tests.support.swtpm import Maker

BEGIN, ACTIVATE = "/oauth/attestation", "/oauth/attestation/activate"


class TpmProgramKey(ProgramKey):
    """A program's key in a TPM, with an attestation key beside it."""

    def __init__(self, tcti: str, issuer: bytes) -> None:
        self.tcti, self.issuer = tcti, issuer
        with open_tpm(tcti) as tpm:
            self.blobs: KeyBlobs = tpm.create_key()
            self.attestation_key: KeyBlobs = tpm.create_attestation_key()
            self.certificate: EndorsementCertificate = tpm.endorsement_certificates()[0]
        x, y = (b64u(value.to_bytes(32)) for value in self.blobs.point)
        self._publish({"kty": "EC", "crv": "P-256", "x": x, "y": y})

    def jws(self, header: Mapping[str, Any], claims: Mapping[str, Any] | bytes) -> str:
        signed = signing_input(header, claims)
        with open_tpm(self.tcti) as tpm:
            return f"{signed}.{b64u(tpm.sign(self.blobs, hashlib.sha256(signed.encode()).digest()))}"

    def submission(self) -> dict[str, Any]:
        return {
            "ek_certificate": b64u(self.certificate.der),
            "ek_chain": [b64u(self.issuer)],
            "attestation_key": b64u(self.attestation_key.public),
            "key": b64u(self.blobs.public),
        }

    def answer(self, demand: dict[str, str]) -> dict[str, str]:
        import base64

        blob, seed = (base64.urlsafe_b64decode(demand[name] + "==") for name in ("credential_blob", "encrypted_seed"))
        with open_tpm(self.tcti) as tpm:
            secret = tpm.activate_credential(self.certificate, self.attestation_key, blob, seed)
            made = tpm.certify(self.blobs, self.attestation_key, qualifying_data(demand["nonce"]))
        return {
            "nonce": demand["nonce"],
            "secret": b64u(secret),
            "certification": b64u(made.attest),
            "signature": b64u(made.signature),
        }


@pytest.fixture
async def site(tmp_path: Path, maker: Maker, tpm: str) -> AsyncIterator[Site]:
    """A server that lists the maker, at the time at which its certificates are valid."""
    roots = tmp_path / "roots.pem"
    roots.write_bytes(maker.root_pem)
    async with running_site(tmp_path / "data", clock=FakeClock(time.time()), attestation_roots_file=roots) as running:
        yield running


@pytest.fixture
async def owner(site: Site) -> SoftBrowser:
    return await site.owner()


@pytest.fixture
async def program(site: Site, owner: SoftBrowser, maker: Maker, tpm: str) -> Program:
    user = await site.services.store.user_by_name("alice")
    assert user is not None
    made = await program_of(site, user.id)
    made.key = TpmProgramKey(tpm, maker.issuer_der)
    return made


async def post(program: Program, path: str, content: bytes, **headers: str) -> Response:
    """One POST of JSON, exactly so."""
    response: Response = await program.site.app.test_client(use_cookies=False).post(
        path,
        headers={"Host": "localhost:8443", "Content-Type": "application/json", **headers},
        data=content,
        scheme="https",
        scope_base={"client": ("127.0.0.1", 40000)},
    )
    program.nonce = response.headers.get("DPoP-Nonce", program.nonce)
    return response


async def call(program: Program, token: str, path: str, body: Any, **proof: Any) -> Response:
    """One call with the token and a proof of its key, tried again once with the nonce that is asked for."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    for _ in range(2):
        made = program.proof(path, token=token, **proof)
        response = await post(program, path, content, Authorization=f"DPoP {token}", DPoP=made)
        if (await members(response)).get("error") != "use_dpop_nonce":
            break
    return response


async def attest(program: Program, token: str) -> dict[str, Any]:
    key = program.key
    assert isinstance(key, TpmProgramKey)
    demand = await members(await call(program, token, BEGIN, key.submission()))
    if "nonce" not in demand:
        return demand
    return await members(await call(program, token, ACTIVATE, key.submission() | key.answer(demand)))


async def provenances(program: Program) -> set[tuple[str, str | None]]:
    owner_id = program.client.owner_id or ""
    return {(one.provenance, one.attestation) for one in await program.site.services.oauth.families.live(owner_id)}


async def test_a_key_in_a_new_tpm_becomes_attested_by_a_touch(program: Program, owner: SoftBrowser) -> None:
    token = (await program.tokens())["access_token"]
    told = await attest(program, token)
    assert told["provenance"] == "software"
    assert told["account_uri"] == f"{ORIGIN}/account"
    assert await provenances(program) == {("software", told["reason"])}
    page = await (await owner.page("/account")).get_data(as_text=True)
    assert told["touch_wanted"] in page
    assert "Waits for you" in page
    assert "new for your account" in page
    fingerprint = told["touch_wanted"]
    accepted = await owner.fetch(
        "POST",
        "/account/tpms/accept",
        {"id": fingerprint, "credential": await owner.confirm("tpm.accept", fingerprint)},
    )
    assert accepted.status_code == 200
    assert await provenances(program) == {("attested", None)}
    assert await attest(program, token) == {"provenance": "attested"}
    page = await (await owner.page("/account")).get_data(as_text=True)
    assert "Attested TPM key" in page
    assert "Accepted" in page
    assert "You accepted a TPM" in page


async def test_the_next_login_with_that_key_is_attested_at_once(program: Program, owner: SoftBrowser) -> None:
    told = await attest(program, (await program.tokens())["access_token"])
    fingerprint = told["touch_wanted"]
    credential = await owner.confirm("tpm.accept", fingerprint)
    await owner.fetch("POST", "/account/tpms/accept", {"id": fingerprint, "credential": credential})
    await program.tokens()
    assert await provenances(program) == {("attested", None)}


async def test_calls_see_at_once_what_has_been_accepted(program: Program, owner: SoftBrowser) -> None:
    token = (await program.tokens())["access_token"]
    fingerprint = (await attest(program, token))["touch_wanted"]
    credential = await owner.confirm("tpm.accept", fingerprint)
    await owner.fetch("POST", "/account/tpms/accept", {"id": fingerprint, "credential": credential})
    key = program.key
    nonce = program.nonce
    proof = key.proof(url=f"{ORIGIN}/v1/models", now=program.site.clock(), method="GET", nonce=nonce, token=token)
    client = program.site.app.test_client(use_cookies=False)
    response = await client.get(
        "/v1/models",
        headers={"Host": "localhost:8443", "Authorization": f"DPoP {token}", "DPoP": proof},
        scheme="https",
        scope_base={"client": ("127.0.0.1", 40000)},
    )
    assert response.status_code == 200
    await program.site.services.flush()
    (recorded, *_) = await program.site.services.usage.calls(limit=1)
    assert recorded.provenance == "attested"


async def test_the_touch_is_for_that_tpm_and_that_act(program: Program, owner: SoftBrowser) -> None:
    fingerprint = (await attest(program, (await program.tokens())["access_token"]))["touch_wanted"]
    for act, target in (("tpm.forget", fingerprint), ("tpm.accept", "0" * 64), ("session.end", fingerprint)):
        body = {"id": fingerprint, "credential": await owner.confirm(act, target)}
        assert (await owner.fetch("POST", "/account/tpms/accept", body)).status_code == 401
    assert {provenance for provenance, _ in await provenances(program)} == {"software"}
    other = {"id": "0" * 64, "credential": await owner.confirm("tpm.accept", "0" * 64)}
    assert (await owner.fetch("POST", "/account/tpms/accept", other)).status_code == 404


async def test_a_tpm_can_be_turned_away_and_forgotten(program: Program, owner: SoftBrowser) -> None:
    token = (await program.tokens())["access_token"]
    fingerprint = (await attest(program, token))["touch_wanted"]
    for _ in range(2):
        body = {"id": fingerprint, "credential": await owner.confirm("tpm.forget", fingerprint)}
        response = await owner.fetch("POST", "/account/tpms/forget", body)
    assert response.status_code == 404
    assert fingerprint not in await (await owner.page("/account")).get_data(as_text=True)
    assert (await attest(program, token))["touch_wanted"] == fingerprint


async def test_a_recovery_forgets_the_users_tpms(program: Program, owner: SoftBrowser) -> None:
    fingerprint = (await attest(program, (await program.tokens())["access_token"]))["touch_wanted"]
    credential = await owner.confirm("tpm.accept", fingerprint)
    await owner.fetch("POST", "/account/tpms/accept", {"id": fingerprint, "credential": credential})
    await program.site.services.enrolment.recover("alice")
    assert await program.site.services.attestation.known(program.client.owner_id or "") == []


async def test_a_software_key_stays_software_with_the_reason(program: Program) -> None:
    tpms = program.key
    assert isinstance(tpms, TpmProgramKey)
    program.key = ProgramKey("software")
    token = (await program.tokens())["access_token"]
    told = await members(await call(program, token, BEGIN, tpms.submission()))
    assert told == {"provenance": "software", "reason": "The certified key is not the key of this token."}
    assert await provenances(program) == {("software", told["reason"])}


async def test_without_listed_makers_a_key_stays_software(tmp_path: Path, maker: Maker, tpm: str) -> None:
    async with running_site(tmp_path / "other", clock=FakeClock(time.time())) as site:
        await site.owner()
        user = await site.services.store.user_by_name("alice")
        assert user is not None
        program = await program_of(site, user.id)
        program.key = TpmProgramKey(tpm, maker.issuer_der)
        told = await attest(program, (await program.tokens())["access_token"])
        assert told["provenance"] == "software"
        assert "lists no maker" in told["reason"]


@pytest.mark.parametrize("path", [BEGIN, ACTIVATE])
async def test_nobody_attests_without_a_token_and_a_proof_of_its_key(program: Program, path: str) -> None:
    token = (await program.tokens())["access_token"]
    naked = await post(program, path, b"{}")
    assert naked.status_code == 401
    unproved = await post(program, path, b"{}", Authorization=f"DPoP {token}")
    assert (unproved.status_code, (await members(unproved))["error"]) == (401, "invalid_dpop_proof")
    assert unproved.headers["WWW-Authenticate"].startswith("DPoP ")
    elsewhere = await call(program, token, path, {}, htu=f"{ORIGIN}/oauth/userinfo")
    assert (elsewhere.status_code, (await members(elsewhere))["error"]) == (401, "invalid_dpop_proof")


@pytest.mark.parametrize("path", [BEGIN, ACTIVATE])
@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"surplus":""}', b'{"key":"!"}'])
async def test_a_body_that_cannot_be_read_is_an_invalid_request(program: Program, path: str, body: bytes) -> None:
    response = await call(program, (await program.tokens())["access_token"], path, body)
    assert (response.status_code, (await members(response))["error"]) == (400, "invalid_request")


async def test_attempts_are_on_record_without_what_was_sent(program: Program) -> None:
    token = (await program.tokens())["access_token"]
    await attest(program, token)
    kinds = await program.site.events("oauth.attestation")
    assert kinds == [("oauth.attestation", "demand"), ("oauth.attestation", "software")]


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
async def test_a_file_of_roots_that_cannot_be_used_is_said_at_the_start(tmp_path: Path, content: bytes | None) -> None:
    from boundgate.settings import SettingsError

    roots = tmp_path / "roots.pem"
    if content is not None:
        roots.write_bytes(content)
    with pytest.raises(SettingsError, match="attestation_roots_file"):
        async with running_site(tmp_path / "data", attestation_roots_file=roots):
            pass
