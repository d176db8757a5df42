"""Errors of the protocol.

    DbscError (boundgate.errors.BoundgateError)
    ├── ProofMalformed      the header or the JWT cannot be read
    ├── KeyRefused          the JWK is not a key that this server accepts
    ├── ProofRefused        readable, but it does not prove what it must
    │   ├── KeyNotVouched   a federated registration with another key than the provider's
    │   └── ChallengeStale  unknown, used or expired challenge: benign, the browser tries again
    ├── PageScript          sent by a script, not by the browser itself
    └── SessionUnknown      no such bound session: the browser should forget it
        └── SessionEnded    it was one, and is over: the browser is told so in its own words

The disposition says what an endpoint does about a *refresh*: `RETRY` is 403 with a new challenge, which can never
harm the owner; `TERMINATE` is another 4xx, on which a browser drops the session (DBSC §8.10; Chromium
`PersistentHttpError`). A registration is answered once and never retried.
"""

from __future__ import annotations

from collections.abc import Sequence

from boundgate.dbsc.problems import Problem
from boundgate.errors import BoundgateError, Disposition


class ConfigurationError(ValueError):
    """A configuration that Chromium would refuse, or that would do harm or nothing there. Raised at start-up only.

    Args:
        problems: all that is wrong with it, the gravest first.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class DbscError(BoundgateError):
    code = "dbsc_error"
    status = 400


class ProofMalformed(DbscError):
    code = "proof_malformed"
    status = 400
    disposition = Disposition.RETRY


class KeyRefused(DbscError):
    code = "key_refused"
    status = 400
    disposition = Disposition.RETRY


class ProofRefused(DbscError):
    code = "proof_refused"
    status = 403
    disposition = Disposition.RETRY


class KeyNotVouched(ProofRefused):
    code = "key_not_vouched"


class ChallengeStale(ProofRefused):
    code = "challenge_stale"


class PageScript(DbscError):
    code = "page_script"
    status = 403
    disposition = Disposition.REJECT


class SessionUnknown(DbscError):
    code = "session_unknown"
    status = 404
    disposition = Disposition.TERMINATE


class SessionEnded(SessionUnknown):
    code = "session_ended"
    status = 410
