"""What a client asks of a TPM 2.0, through tpm2-pytss: keys that cannot leave it, and the proof of that.

Each `open_tpm` is one connection and each operation leaves no object behind: a TPM without a resource manager has three
places, and a simulator serves one connection at a time. Keys are kept outside as blobs that this TPM alone can load.

    with open_tpm("device:/dev/tpmrm0") as tpm:
        key = tpm.create_key()
        signature = tpm.sign(key, sha256(message).digest())
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

# Its libraries write every answer of the TPM that is no success to standard error, expected ones included.
os.environ.setdefault("TSS2_LOG", "all+none")

from tpm2_pytss import ESAPI, TSS2_Exception
from tpm2_pytss.constants import (
    ESYS_TR,
    TPM2_ALG,
    TPM2_CAP,
    TPM2_RH,
    TPM2_SE,
    TPM2_ST,
    TPMA_OBJECT,
)
from tpm2_pytss.types import (
    TPM2B_DATA,
    TPM2B_DIGEST,
    TPM2B_ENCRYPTED_SECRET,
    TPM2B_ID_OBJECT,
    TPM2B_PRIVATE,
    TPM2B_PUBLIC,
    TPM2B_SENSITIVE_CREATE,
    TPMT_SIG_SCHEME,
    TPMT_SYM_DEF,
    TPMT_TK_HASHCHECK,
)
from tpm2_pytss.utils import NVReadEK, create_ek_template

_STAYS = TPMA_OBJECT.FIXEDTPM | TPMA_OBJECT.FIXEDPARENT | TPMA_OBJECT.SENSITIVEDATAORIGIN
_OWN = _STAYS | TPMA_OBJECT.USERWITHAUTH | TPMA_OBJECT.NODA | TPMA_OBJECT.SIGN_ENCRYPT
# TCG EK Credential Profile §2.2.1.4 and §2.2.1.5: where certificates are, and what goes with each.
_CERTIFICATES = {
    0x01C00002: "EK-RSA2048",
    0x01C0000A: "EK-ECC256",
    0x01C00012: "EK-HIGH-RSA2048",
    0x01C00014: "EK-HIGH-ECC256",
    0x01C00016: "EK-HIGH-ECC384",
}
_FIRST_INDEX, _FIRST_PERSISTENT = 0x01C00000, 0x81010000
_LISTED_AT_ONCE = 64
_P256_OCTETS = 32


class TpmError(Exception):
    """The TPM cannot be used, or refused. The message is for people."""


@dataclass(frozen=True, slots=True)
class KeyBlobs:
    """A key outside the TPM: worth nothing to anybody but that TPM."""

    public: bytes
    """TPM2B_PUBLIC."""
    private: bytes = field(repr=False)
    """TPM2B_PRIVATE, encrypted by the TPM."""

    @property
    def point(self) -> tuple[int, int]:
        """x and y of a key on P-256."""
        try:
            area, read = TPM2B_PUBLIC.unmarshal(self.public)
        except TSS2_Exception:
            raise TpmError("The stored key cannot be read.") from None
        if read != len(self.public) or area.publicArea.type != TPM2_ALG.ECC:
            raise TpmError("The stored key is no key of a TPM on P-256.")
        point = area.publicArea.unique.ecc
        return int.from_bytes(bytes(point.x)), int.from_bytes(bytes(point.y))


@dataclass(frozen=True, slots=True)
class EndorsementCertificate:
    """The certificate of an endorsement key, as its maker put it into the TPM."""

    template: str
    """Of the key, by tpm2-pytss's names."""
    der: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Certified:
    """What TPM2_Certify returned."""

    attest: bytes
    """TPMS_ATTEST."""
    signature: bytes
    """TPMT_SIGNATURE."""


@contextmanager
def open_tpm(tcti: str) -> Iterator[Tpm]:
    """One connection to a TPM.

    Args:
        tcti: such as `device:/dev/tpmrm0`, or `swtpm:path=/path/to/socket`.

    Raises:
        TpmError: it cannot be reached, or refuses what is asked of it in between.
    """
    try:
        with ESAPI(tcti) as context:
            yield Tpm(context)
    except TSS2_Exception as error:
        raise TpmError(f"The TPM at {tcti} cannot be used: {error}.") from None


class Tpm:
    """An open TPM. Every method may raise TpmError."""

    def __init__(self, context: ESAPI) -> None:
        self._context = context

    def create_key(self) -> KeyBlobs:
        """A key for ES256 that this TPM makes and never gives out."""
        return self._create("ecc256:ecdsa-sha256:null", _OWN)

    def create_attestation_key(self) -> KeyBlobs:
        """A restricted key: among what looks like a TPM's own words it signs only what this TPM said."""
        return self._create("ecc256:ecdsa-sha256:null", _OWN | TPMA_OBJECT.RESTRICTED)

    def sign(self, key: KeyBlobs, digest: bytes) -> bytes:
        """An ES256 signature (RFC 7518 §3.4: r and s, 32 octets each) of what has this SHA-256 digest."""
        with self._loaded(key) as (handle,):
            ticket = TPMT_TK_HASHCHECK(tag=TPM2_ST.HASHCHECK, hierarchy=TPM2_RH.NULL)
            scheme = TPMT_SIG_SCHEME(scheme=TPM2_ALG.NULL)
            signed = self._context.sign(handle, TPM2B_DIGEST(digest), scheme, ticket)
        # `signed` owns the memory that its parts point into. Either may come shorter, without its leading zeros.
        ecdsa = signed.signature.ecdsa
        return b"".join(bytes(part).rjust(_P256_OCTETS, b"\0") for part in (ecdsa.signatureR, ecdsa.signatureS))

    def endorsement_certificates(self) -> list[EndorsementCertificate]:
        """The certificates of endorsement keys that this TPM holds; empty for one that was never endorsed."""
        read = NVReadEK(self._context)
        held = [index for index in self._handles(_FIRST_INDEX) if index in _CERTIFICATES]
        # The space for a certificate is often larger than the certificate.
        return [EndorsementCertificate(_CERTIFICATES[index], _der(bytes(read(index)))) for index in held]

    def activate_credential(
        self, certificate: EndorsementCertificate, attestation_key: KeyBlobs, blob: bytes, encrypted_seed: bytes
    ) -> bytes:
        """The secret that was wrapped for this TPM and that attestation key (TPM2_ActivateCredential).

        Args:
            certificate: of the endorsement key that it was wrapped for.
            blob: TPM2B_ID_OBJECT.
            encrypted_seed: TPM2B_ENCRYPTED_SECRET.
        """
        credential, _ = TPM2B_ID_OBJECT.unmarshal(blob)
        seed, _ = TPM2B_ENCRYPTED_SECRET.unmarshal(encrypted_seed)
        with (
            self._loaded(attestation_key) as (own,),
            self._endorsement_key(certificate.template) as endorsement_key,
            self._authorized(endorsement_key) as session,
        ):
            return bytes(
                self._context.activate_credential(
                    own, endorsement_key, credential, seed, session1=ESYS_TR.PASSWORD, session2=session
                )
            )

    def certify(self, key: KeyBlobs, attestation_key: KeyBlobs, qualifying_data: bytes) -> Certified:
        """Have the attestation key sign that this TPM holds the key (TPM2_Certify)."""
        with self._loaded(key, attestation_key) as (handle, signer):
            scheme = TPMT_SIG_SCHEME(scheme=TPM2_ALG.NULL)
            attest, signature = self._context.certify(handle, signer, TPM2B_DATA(qualifying_data), scheme)
        return Certified(bytes(attest), signature.marshal())

    def _create(self, template: str, attributes: TPMA_OBJECT) -> KeyBlobs:
        with self._parent() as parent:
            area = TPM2B_PUBLIC.parse(template, objectAttributes=attributes)
            private, public, *_ = self._context.create(parent, TPM2B_SENSITIVE_CREATE(), area)
        return KeyBlobs(public.marshal(), private.marshal())

    @contextmanager
    def _parent(self) -> Iterator[ESYS_TR]:
        # The same key every time, made from the TPM's seed.
        handle, *_ = self._context.create_primary(TPM2B_SENSITIVE_CREATE(), "ecc")
        try:
            yield handle
        finally:
            self._context.flush_context(handle)

    @contextmanager
    def _loaded(self, *keys: KeyBlobs) -> Iterator[list[ESYS_TR]]:
        with ExitStack() as stack:
            handles = []
            with self._parent() as parent:
                for key in keys:
                    private, _ = TPM2B_PRIVATE.unmarshal(key.private)
                    public, _ = TPM2B_PUBLIC.unmarshal(key.public)
                    handles.append(self._context.load(parent, private, public))
                    stack.callback(self._context.flush_context, handles[-1])
            yield handles

    @contextmanager
    def _endorsement_key(self, template: str) -> Iterator[ESYS_TR]:
        _, area = create_ek_template(template, NVReadEK(self._context))
        for persistent in self._handles(_FIRST_PERSISTENT):
            handle = self._context.tr_from_tpmpublic(persistent)
            held, *_ = self._context.read_public(handle)
            if _same_template(held.publicArea, area.publicArea):
                yield handle
                return
        made, *_ = self._context.create_primary(TPM2B_SENSITIVE_CREATE(), area, primary_handle=ESYS_TR.RH_ENDORSEMENT)
        try:
            yield made
        finally:
            self._context.flush_context(made)

    @contextmanager
    def _authorized(self, endorsement_key: ESYS_TR) -> Iterator[ESYS_TR]:
        held, *_ = self._context.read_public(endorsement_key)
        if held.publicArea.objectAttributes & TPMA_OBJECT.USERWITHAUTH:
            yield ESYS_TR.PASSWORD
            return
        # EK Credential Profile §B.6.2, policy A: whoever may use the endorsement hierarchy may use its keys.
        session = self._context.start_auth_session(
            ESYS_TR.NONE, ESYS_TR.NONE, TPM2_SE.POLICY, TPMT_SYM_DEF(algorithm=TPM2_ALG.NULL), TPM2_ALG.SHA256
        )
        try:
            self._context.policy_secret(ESYS_TR.RH_ENDORSEMENT, session, b"", b"", b"", 0)
            yield session
        finally:
            self._context.flush_context(session)

    def _handles(self, first: int) -> list[int]:
        """The TPM's handles of the same kind as `first`, from there on."""
        _, listed = self._context.get_capability(TPM2_CAP.HANDLES, first, _LISTED_AT_ONCE)
        return [int(handle) for handle in listed.data.handles if int(handle) >> 24 == first >> 24]


def _same_template(held: Any, wanted: Any) -> bool:
    return bool(
        held.type == wanted.type
        and held.nameAlg == wanted.nameAlg
        and held.objectAttributes == wanted.objectAttributes
        and bytes(held.authPolicy) == bytes(wanted.authPolicy)
        and held.parameters.marshal(held.type) == wanted.parameters.marshal(wanted.type)
    )


def _der(octets: bytes) -> bytes:
    """The certificate without what follows it: X.690 §8.1.3 tells its length."""
    if len(octets) < 4 or octets[0] != 0x30 or octets[1] != 0x82:
        return octets
    return octets[: 4 + int.from_bytes(octets[2:4])]
