"""DPoP at a server (RFC 9449): proofs of possession read and verified, server nonces, replay. Sans-IO.

`DpopProofs.take` is the one verb that endpoints need: the header fields, the request that was made, the token and the
key that it is about go in, and a proof comes out that counts once. `verify_proof` is RFC 9449 §4.3, step by step.
"""

from boundgate.dpop.errors import DpopError, InvalidDpopProof, UseDpopNonce
from boundgate.dpop.htu import normalised_url
from boundgate.dpop.nonces import DpopNonces
from boundgate.dpop.proof import ALGORITHMS, DpopProof, claimed_thumbprint, token_hash, verify_proof
from boundgate.dpop.service import DpopProofs

__all__ = [
    "ALGORITHMS",
    "DpopError",
    "DpopNonces",
    "DpopProof",
    "DpopProofs",
    "InvalidDpopProof",
    "UseDpopNonce",
    "claimed_thumbprint",
    "normalised_url",
    "token_hash",
    "verify_proof",
]
