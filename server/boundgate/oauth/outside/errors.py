"""What may go wrong between a browser, a provider and us. None of it starts a session or changes a link.

BoundgateError
└── OutsideError               502
    ├── OutsideUnreachable     502  no answer, or none in time
    ├── OutsideUnacceptable    502  an answer that the standards forbid to believe
    ├── OutsideRefused         502  the provider reports an error
    ├── OutsideDenied          403  the person, or the provider, said no
    ├── OutsideElsewhere       403  not begun in this browser
    ├── OutsideMixedUp         403  another provider's answer
    ├── OutsideUnlinked        403  nobody here has linked that account
    ├── OutsideStale           410  too late
    └── OutsideReplayed        410  used before
"""

from __future__ import annotations

from boundgate.errors import BoundgateError


class OutsideError(BoundgateError):
    code = "outside_refused"
    status = 502


class OutsideUnreachable(OutsideError):
    code = "outside_unreachable"


class OutsideUnacceptable(OutsideError):
    code = "outside_unacceptable"


class OutsideRefused(OutsideError):
    code = "outside_refused"


class OutsideDenied(OutsideError):
    code = "outside_denied"
    status = 403


class OutsideElsewhere(OutsideError):
    code = "outside_elsewhere"
    status = 403

    def __init__(self) -> None:
        super().__init__(
            "This answer of a sign-in provider does not belong to anything that this browser has begun and not yet "
            "finished. If a link brought you here, somebody else made it: close this page. Otherwise begin again."
        )


class OutsideMixedUp(OutsideError):
    code = "outside_mixed_up"
    status = 403

    def __init__(self) -> None:
        super().__init__(
            "The answer came from another sign-in provider than the one that was asked, as it does when one of them "
            "tries to get what another one issued. Nothing was sent to either. Tell your operator."
        )


class OutsideUnlinked(OutsideError):
    code = "outside_unlinked"
    status = 403


class OutsideStale(OutsideError):
    code = "outside_stale"
    status = 410

    def __init__(self) -> None:
        super().__init__("More than ten minutes have passed since this was begun. Begin again.")


class OutsideReplayed(OutsideError):
    code = "outside_replayed"
    status = 410

    def __init__(self) -> None:
        super().__init__("This answer of a sign-in provider was used before; each counts once. Begin again.")
