"""Showing the server that the key is in a TPM: two round trips, in which only a real TPM can answer.

The server wraps a secret for the TPM of the endorsement certificate and for one attestation key in it. A TPM gives the
secret out only if it holds both, and that attestation key then certifies the key of the tokens.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from demo_client.answers import api_refusal, json_object, plain, sending
from demo_client.errors import ClientError, KeyUnusable, NotAServer
from demo_client.jose import b64url, from_b64url
from demo_client.session import Session

if TYPE_CHECKING:
    from demo_client.keys.tpm import TpmKey
    from demo_client.tpm import EndorsementCertificate, KeyBlobs

BEGIN, ACTIVATE = "/oauth/attestation", "/oauth/attestation/activate"
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the server makes of the key.

    Args:
        provenance: `attested`, else `software`.
        reason: why it is not attested.
    """

    provenance: str
    reason: str | None
    accept_at: str | None = None
    """Where the user can accept this TPM with a passkey, if that is all that is missing."""


def attest(session: Session, key: TpmKey, chain: Sequence[bytes] = ()) -> Verdict:
    """Have the key attested, with the first endorsement certificate that the server accepts.

    Args:
        session: whose key it is.
        key: in a TPM.
        chain: certificates (DER) between the TPM's and its maker's root.

    Raises:
        ClientError: the server or the TPM cannot be asked. A refusal is a Verdict.
    """
    from demo_client.keys.tpm import opened  # noqa: PLC0415 - an extra

    with opened(key.tcti) as tpm:
        certificates, attestation_key = tpm.endorsement_certificates(), tpm.create_attestation_key()
    if not certificates:
        raise KeyUnusable("this TPM holds no endorsement certificate, so nothing can be shown about it.")
    verdict = Verdict(provenance="software", reason=None)
    for certificate in certificates:
        verdict = _with(session, key, certificate, attestation_key, chain)
        if verdict.provenance != "software" or verdict.accept_at:
            break
    return verdict


def read_chain(pem: bytes) -> list[bytes]:
    """The certificates of a PEM file, as DER. Raises ClientError."""
    try:
        found = [x509.load_pem_x509_certificate(block).public_bytes(Encoding.DER) for block in _PEM.findall(pem)]
    except ValueError:
        found = []
    if not found:
        raise ClientError("the file of --chain holds no certificate.", "It is PEM, from the TPM's maker.")
    return found


def _with(
    session: Session,
    key: TpmKey,
    certificate: EndorsementCertificate,
    attestation_key: KeyBlobs,
    chain: Sequence[bytes],
) -> Verdict:
    from demo_client.keys.tpm import opened  # noqa: PLC0415

    submission = {
        "ek_certificate": b64url(certificate.der),
        "ek_chain": [b64url(der) for der in chain],
        "attestation_key": b64url(attestation_key.public),
        "key": b64url(key.blobs.public),
    }
    demand = _post(session, BEGIN, submission)
    if "nonce" not in demand:
        return _verdict(demand)
    nonce, blob, seed = _demanded(demand)
    with opened(key.tcti) as tpm:
        secret = tpm.activate_credential(certificate, attestation_key, blob, seed)
        # Some TPMs take no more than 50 octets of qualifying data, so it is the nonce's hash.
        certified = tpm.certify(key.blobs, attestation_key, hashlib.sha256(nonce.encode()).digest())
    answer = {
        "nonce": nonce,
        "secret": b64url(secret),
        "certification": b64url(certified.attest),
        "signature": b64url(certified.signature),
    }
    return _verdict(_post(session, ACTIVATE, submission | answer))


def _post(session: Session, path: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
    url = f"{session.login.server}{path}"
    with sending(url):
        response = session.http.post(url, json=document, auth=session.auth)
    if response.status_code not in {200, 201}:
        raise api_refusal(response)
    return json_object(response)


def _demanded(demand: Mapping[str, Any]) -> tuple[str, bytes, bytes]:
    try:
        return str(demand["nonce"]), from_b64url(demand["credential_blob"]), from_b64url(demand["encrypted_seed"])
    except (KeyError, ValueError, TypeError):
        raise NotAServer("the server's challenge for the TPM cannot be read.") from None


def _verdict(document: Mapping[str, Any]) -> Verdict:
    reason, place = document.get("reason"), document.get("account_uri")
    return Verdict(
        provenance=plain(str(document.get("provenance", "software"))),
        reason=None if reason is None else plain(str(reason)),
        accept_at=plain(str(place)) if place and document.get("touch_wanted") else None,
    )


def lines(verdict: Verdict) -> Iterator[str]:
    """What a person is told."""
    if verdict.provenance == "attested":
        yield "The server has verified that this key cannot leave a TPM of a listed maker: it is attested."
    else:
        yield f"The server treats this key as {verdict.provenance}: {verdict.reason or 'it gave no reason.'}"
        if verdict.accept_at:
            yield f"  Accept it at {verdict.accept_at}"
