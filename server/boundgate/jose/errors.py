"""What can be wrong with a JWS or a key. Protocols above turn these into errors of their own.

JoseError (boundgate.errors.BoundgateError)
├── JwsMalformed      the text is no compact JWS of JSON objects
├── JwsRefused        readable, but its header or its signature does not hold
└── JwkRefused        the JWK is not a key that may be used
"""

from __future__ import annotations

from boundgate.errors import BoundgateError, Disposition


class JoseError(BoundgateError):
    code = "jose_error"
    status = 400
    disposition = Disposition.RETRY


class JwsMalformed(JoseError):
    code = "jws_malformed"


class JwsRefused(JoseError):
    code = "jws_refused"


class JwkRefused(JoseError):
    code = "jwk_refused"
