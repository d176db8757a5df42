"""What a passkey assertion may be made for. Each is worth that act, on its target, by one session, once."""

from __future__ import annotations

PASSKEY_ADD = "passkey.add"
PASSKEY_REMOVE = "passkey.remove"
SESSION_END = "session.end"
SIGN_OUT = "sign_out"
AUTHORIZE = "oauth.authorize"
"""Allow a program what it asks for; the target is the request's own id."""
CLIENT_ADD = "client.add"
CLIENT_REMOVE = "client.remove"
AUTHORIZATION_END = "authorization.end"
TPM_ACCEPT = "tpm.accept"
"""Have keys in this TPM count as attested; the target is its endorsement key's fingerprint."""
TPM_FORGET = "tpm.forget"
OUTSIDE_LINK = "outside.link"
"""Begin sign-ins with an account elsewhere; the target is its issuer and subject."""
OUTSIDE_REMOVE = "outside.remove"

ON_REQUEST = frozenset(
    {
        *(PASSKEY_ADD, PASSKEY_REMOVE, SESSION_END, SIGN_OUT),
        *(AUTHORIZE, CLIENT_REMOVE, AUTHORIZATION_END, TPM_ACCEPT, TPM_FORGET),
        *(OUTSIDE_LINK, OUTSIDE_REMOVE),
    }
)
"""Those that `/account/confirm` gives options for; the others have an address that first looks at what is asked."""
