"""What can be wrong with a proof. Both are RFC 9449's own codes, and no sentence quotes what was sent.

    DpopError (boundgate.errors.BoundgateError)
    ├── InvalidDpopProof      401  `invalid_dpop_proof`: a check of RFC 9449 §4.3 failed (§7.1)
    └── UseDpopNonce          401  `use_dpop_nonce`: try again with the nonce that is sent along (§9)

The token endpoint answers 400 (RFC 9449 §5, §8), a resource 401 (§7.1, §9).
"""

from __future__ import annotations

from boundgate.errors import BoundgateError, Disposition


class DpopError(BoundgateError):
    """Base.

    Args:
        jkt: thumbprint of the key that has signed the refused proof, for a nonce that it may try next; None where no
            signature verified.
    """

    code = "invalid_dpop_proof"
    status = 401

    def __init__(self, detail: str, *, jkt: str | None = None) -> None:
        super().__init__(detail)
        self.jkt = jkt


class InvalidDpopProof(DpopError):
    code = "invalid_dpop_proof"


class UseDpopNonce(DpopError):
    code = "use_dpop_nonce"
    disposition = Disposition.RETRY
