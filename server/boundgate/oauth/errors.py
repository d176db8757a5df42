"""What the authorization server refuses, by the codes of the standards.

    BoundgateError
    └── OAuthError                     400  RFC 6749 §5.2
        ├── InvalidRequest             400  a parameter is missing, twice, or unreadable
        ├── InvalidClient              401  unknown client, or authentication failed
        ├── InvalidGrant               400  the code, token or key does not fit
        │   └── FamilyEnded            400  it was used before, and what came of it is over
        ├── UnauthorizedClient         400  the client is not registered for this
        ├── UnsupportedGrantType       400
        ├── UnsupportedResponseType    400
        ├── InvalidScope               400
        ├── InvalidTarget              400  RFC 8707 §2
        ├── AccessDenied               403  the user, or a rule, says no
        ├── InvalidToken               401  RFC 6750 §3.1, RFC 9449 §7.1
        ├── InsufficientScope          403  RFC 6750 §3.1
        ├── TooManyRequests            429  RFC 9126 §2.3: too many that proved nothing came from one network
        ├── TemporarilyUnavailable     503  there is no room for one more
        └── AuthorizationRefused       302  one of the above that the client may be told by redirection

The body is `{"error": public_code, "error_description": detail}`. `detail` never quotes what was sent.
"""

from __future__ import annotations

from boundgate.errors import BoundgateError
from boundgate.oauth.model import FamilyEnd


class OAuthError(BoundgateError):
    """Base of all: `public_code` is the OAuth `error`, `status` that of a direct answer."""

    code = "invalid_request"
    status = 400


class InvalidRequest(OAuthError):
    code = "invalid_request"


class InvalidClient(OAuthError):
    code = "invalid_client"
    status = 401


class InvalidGrant(OAuthError):
    code = "invalid_grant"


class FamilyEnded(InvalidGrant):
    """A code or a refresh token came a second time, and its family has been ended.

    Args:
        family_id, user_id: whose; for the record of it.
        reason: what came twice.
    """

    def __init__(self, detail: str, *, family_id: str, user_id: str | None, reason: FamilyEnd) -> None:
        super().__init__(detail)
        self.family_id, self.user_id, self.reason = family_id, user_id, reason


class UnauthorizedClient(OAuthError):
    code = "unauthorized_client"


class UnsupportedGrantType(OAuthError):
    code = "unsupported_grant_type"


class UnsupportedResponseType(OAuthError):
    code = "unsupported_response_type"


class InvalidScope(OAuthError):
    code = "invalid_scope"


class InvalidTarget(OAuthError):
    code = "invalid_target"


class AccessDenied(OAuthError):
    code = "access_denied"
    status = 403


class InvalidToken(OAuthError):
    code = "invalid_token"
    status = 401


class InsufficientScope(OAuthError):
    code = "insufficient_scope"
    status = 403


class TooManyRequests(OAuthError):
    """Args:
    retry_after_seconds: until the next one is answered.
    """

    code = "temporarily_unavailable"
    status = 429

    def __init__(self, *, retry_after_seconds: int) -> None:
        super().__init__(f"Too many requests came from your network. Try again in {retry_after_seconds} s.")
        self.retry_after_seconds = retry_after_seconds


class TemporarilyUnavailable(OAuthError):
    code = "temporarily_unavailable"
    status = 503


class AuthorizationRefused(OAuthError):
    """An error that goes to the client through the browser (RFC 6749 §4.1.2.1).

    Raised only after the client and its redirect URI have been checked; anything before that stays on this site, or
    this server would send browsers wherever a stranger likes.

    Args:
        cause: what is wrong.
        redirect_uri: a registered one of the client.
        state: as the client sent it.
    """

    status = 302

    def __init__(self, cause: OAuthError, *, redirect_uri: str, state: str | None) -> None:
        super().__init__(cause.detail, code=cause.public_code, param=cause.param)
        self.redirect_uri = redirect_uri
        self.state = state
