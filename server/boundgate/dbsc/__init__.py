"""Device Bound Session Credentials, the W3C protocol, as a server speaks it. Sans-IO.

Plain values in, frozen dataclasses out; clock and randomness are passed in. Nothing here reads a request, sends a
header or touches a database, so it fits under any framework. References are to the draft of 2026-02-17.

The two verbs most users need are `verify_registration_proof` and `verify_refresh_proof`; `Challenges` makes and
redeems what they prove, `Instructions` tells the browser what to keep, `demand_proof` asks for a proof right now.
"""

from boundgate.dbsc.caller import refuse_page_script
from boundgate.dbsc.challenge import Challenges, Macs
from boundgate.dbsc.cookie import BoundValue, seal, unseal
from boundgate.dbsc.credentials import BoundCredential
from boundgate.dbsc.demand import Arrival, Demand, DemandKind, demand_proof
from boundgate.dbsc.endpoints import (
    BoundSessions,
    EndpointAnswer,
    EndpointRequest,
    answer_refresh,
    answer_registration,
)
from boundgate.dbsc.errors import (
    ChallengeStale,
    ConfigurationError,
    DbscError,
    KeyNotVouched,
    KeyRefused,
    PageScript,
    ProofMalformed,
    ProofRefused,
    SessionEnded,
    SessionUnknown,
)
from boundgate.dbsc.federation import Voucher, accept_only, vouch
from boundgate.dbsc.headers import (
    Skipped,
    challenge_for,
    challenges_for,
    read_client,
    read_proof,
    read_session_id,
    read_skipped,
    request_names,
)
from boundgate.dbsc.instructions import Instructions
from boundgate.dbsc.judge import check_answer, check_instructions
from boundgate.dbsc.keys import load_public_key, read_public_key
from boundgate.dbsc.ledger import KnownMint, Ledger, Minted, UsedChallenges, ValidChallenge
from boundgate.dbsc.leniency import LENIENT, STRICT, Leniencies
from boundgate.dbsc.lives import Lives
from boundgate.dbsc.offers import Offer, registration_offer, registration_offers
from boundgate.dbsc.problems import Problem
from boundgate.dbsc.proof import (
    RefreshProof,
    RegistrationProof,
    verify_refresh_proof,
    verify_registration_proof,
)
from boundgate.dbsc.renewal import (
    REFRESH_PURPOSE,
    REGISTER_PURPOSE,
    KeyedSession,
    ProofEndpoints,
    Renewal,
    RenewalRules,
    Renewals,
)
from boundgate.dbsc.scope import Scope, ScopeRule, SiteScope, in_scope
from boundgate.dbsc.standing import Standing, standing_of
from boundgate.dbsc.well_known import WELL_KNOWN_PATH, WellKnown, check_federation_allowed, check_registration_allowed
from boundgate.jose.jwk import ALGORITHMS, PublicKey

__all__ = [
    "ALGORITHMS",
    "LENIENT",
    "REFRESH_PURPOSE",
    "REGISTER_PURPOSE",
    "STRICT",
    "WELL_KNOWN_PATH",
    "Arrival",
    "BoundCredential",
    "BoundSessions",
    "BoundValue",
    "ChallengeStale",
    "Challenges",
    "ConfigurationError",
    "DbscError",
    "Demand",
    "DemandKind",
    "EndpointAnswer",
    "EndpointRequest",
    "Instructions",
    "KeyNotVouched",
    "KeyRefused",
    "KeyedSession",
    "KnownMint",
    "Ledger",
    "Leniencies",
    "Lives",
    "Macs",
    "Minted",
    "Offer",
    "PageScript",
    "Problem",
    "ProofEndpoints",
    "ProofMalformed",
    "ProofRefused",
    "PublicKey",
    "RefreshProof",
    "RegistrationProof",
    "Renewal",
    "RenewalRules",
    "Renewals",
    "Scope",
    "ScopeRule",
    "SessionEnded",
    "SessionUnknown",
    "SiteScope",
    "Skipped",
    "Standing",
    "UsedChallenges",
    "ValidChallenge",
    "Voucher",
    "WellKnown",
    "accept_only",
    "answer_refresh",
    "answer_registration",
    "challenge_for",
    "challenges_for",
    "check_answer",
    "check_federation_allowed",
    "check_instructions",
    "check_registration_allowed",
    "demand_proof",
    "in_scope",
    "load_public_key",
    "read_client",
    "read_proof",
    "read_public_key",
    "read_session_id",
    "read_skipped",
    "refuse_page_script",
    "registration_offer",
    "registration_offers",
    "request_names",
    "seal",
    "standing_of",
    "unseal",
    "verify_refresh_proof",
    "verify_registration_proof",
    "vouch",
]
