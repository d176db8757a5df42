"""Why a key is not attested.

    BoundgateError
    └── NotAttested            400  the key stays `software`; the sentence says why
        └── StructureRefused   400  a TPM structure that cannot be read

Whoever asked for an attestation sees the sentence, and so does the owner of the key.
"""

from __future__ import annotations

from boundgate.errors import BoundgateError


class NotAttested(BoundgateError):
    """An attestation that does not show what it must. The key is then as good as a software key, and no worse."""

    code = "not_attested"
    status = 400


class StructureRefused(NotAttested):
    """Octets that are not the TPM structure that they should be."""
