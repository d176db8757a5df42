"""Whether a key lives in a TPM 2.0 of a listed maker: two round trips, sans-IO.

    roots = EndorsementRoots.from_pem(bundle)                       none: nothing is attested
    service = AttestationService(roots=roots, store=..., nonces=..., macs=..., notices=..., clock=..., random=...)
    demand = await service.begin(holder, submission)                MakeCredential over the attestation key's name
    outcome = await service.complete(holder, submission, answer)    the secret, and TPM2_Certify of the key

`attested` means "cannot leave a TPM of a listed maker". It does not mean "is this user's device", nor that the machine
around the TPM is in order. Everything else is `software`, with a sentence that says why.

Section numbers are those of the TCG TPM 2.0 Library 1.59 (part 1: architecture, part 2: structures, part 3: commands)
and of the TCG EK Credential Profile 2.5.
"""

from boundgate.attestation.chain import EndorsementRoots, RootsError
from boundgate.attestation.errors import NotAttested, StructureRefused
from boundgate.attestation.model import Answer, Attestation, Demand, Holder, KnownTpm, Outcome, Submission
from boundgate.attestation.ports import AttestationStore, Notices, Recorded, Standing
from boundgate.attestation.service import NONCE_SECONDS, AttestationService, qualifying_data

__all__ = [
    "NONCE_SECONDS",
    "Answer",
    "Attestation",
    "AttestationService",
    "AttestationStore",
    "Demand",
    "EndorsementRoots",
    "Holder",
    "KnownTpm",
    "NotAttested",
    "Notices",
    "Outcome",
    "Recorded",
    "RootsError",
    "Standing",
    "StructureRefused",
    "Submission",
    "qualifying_data",
]
