"""Device Bound Session Credentials, the W3C protocol, as a server speaks it. Sans-IO.

Plain values in, frozen dataclasses out; clock and randomness are passed in. Nothing here reads a request, sends a
header or touches a database, so it fits under any framework. References are to the draft of 2026-02-17.

The two verbs most users need are `verify_registration_proof` and `verify_refresh_proof`; `Challenges` makes and
redeems what they prove, `Instructions` tells the browser what to keep, `demand_proof` asks for a proof right now.
"""

from boundgate.dbsc.caller import refuse_page_script
from boundgate.dbsc.challenge import Challenges, Macs, UsedChallenges, ValidChallenge
from boundgate.dbsc.cookie import BoundValue, seal, unseal
from boundgate.dbsc.demand import Arrival, Demand, DemandKind, demand_proof
from boundgate.dbsc.errors import (
    ChallengeStale,
    DbscError,
    KeyRefused,
    PageScript,
    ProofMalformed,
    ProofRefused,
    SessionUnknown,
)
from boundgate.dbsc.headers import (
    Skipped,
    challenge_for,
    read_proof,
    read_session_id,
    read_skipped,
    registration_offer,
)
from boundgate.dbsc.instructions import BoundCredential, Instructions
from boundgate.dbsc.jwk import ALGORITHMS, PublicKey, load_public_key, read_public_key
from boundgate.dbsc.proof import (
    RefreshProof,
    RegistrationProof,
    verify_refresh_proof,
    verify_registration_proof,
)

__all__ = [
    "ALGORITHMS",
    "Arrival",
    "BoundCredential",
    "BoundValue",
    "ChallengeStale",
    "Challenges",
    "DbscError",
    "Demand",
    "DemandKind",
    "Instructions",
    "KeyRefused",
    "Macs",
    "PageScript",
    "ProofMalformed",
    "ProofRefused",
    "PublicKey",
    "RefreshProof",
    "RegistrationProof",
    "SessionUnknown",
    "Skipped",
    "UsedChallenges",
    "ValidChallenge",
    "challenge_for",
    "demand_proof",
    "load_public_key",
    "read_proof",
    "read_public_key",
    "read_session_id",
    "read_skipped",
    "refuse_page_script",
    "registration_offer",
    "seal",
    "unseal",
    "verify_refresh_proof",
    "verify_registration_proof",
]
