"""The bodies of both trips: JSON, octets as base64url without padding."""

from __future__ import annotations

from typing import Any

from boundgate import strict_json
from boundgate.attestation.chain import CERTIFICATE_MOST_OCTETS, CHAIN_MOST
from boundgate.attestation.model import Answer, Demand, Outcome, Submission
from boundgate.attestation.public_area import LONGEST as PUBLIC_MOST
from boundgate.attestation.structures import LONGEST as STRUCTURE_MOST
from boundgate.errors import BadRequest
from boundgate.jose import base64url

ATTESTATION_PATH = "/oauth/attestation"
ACTIVATE_PATH = "/oauth/attestation/activate"

_SUBMISSION = frozenset({"ek_certificate", "ek_chain", "attestation_key", "key"})
_ANSWER = frozenset({"nonce", "secret", "certification", "signature"})
_NONCE_MOST = 128
_SECRET_MOST = 64


def read_submission(body: bytes) -> Submission:
    """The first trip's body. Raises BadRequest."""
    return _submission(_members(body, _SUBMISSION))


def read_answer(body: bytes) -> tuple[Submission, Answer]:
    """The second trip's body: the first's members, and what the TPM answered. Raises BadRequest."""
    members = _members(body, _SUBMISSION | _ANSWER)
    nonce = members.get("nonce")
    if not isinstance(nonce, str) or len(nonce) > _NONCE_MOST or not nonce.isascii():
        raise BadRequest('The body needs the text member "nonce".', param="nonce")
    return _submission(members), Answer(
        nonce=nonce,
        secret=_octets(members, "secret", most=_SECRET_MOST),
        certification=_octets(members, "certification", most=STRUCTURE_MOST),
        signature=_octets(members, "signature", most=STRUCTURE_MOST),
    )


def demand_members(demand: Demand) -> dict[str, str]:
    """The first trip's answer."""
    return {
        "nonce": demand.nonce,
        "credential_blob": base64url.encode(demand.credential_blob),
        "encrypted_seed": base64url.encode(demand.encrypted_seed),
    }


def outcome_members(outcome: Outcome) -> dict[str, str]:
    """The answer to either trip once it is decided."""
    members = {"provenance": outcome.provenance.value}
    if outcome.reason is not None:
        members["reason"] = outcome.reason
    if outcome.touch_wanted is not None:
        members["touch_wanted"] = outcome.touch_wanted
    return members


def _members(body: bytes, known: frozenset[str]) -> dict[str, Any]:
    try:
        members = strict_json.loads_object(body, max_depth=4)
    except strict_json.StrictJSONError as error:
        raise BadRequest(f"The body is {error}.") from None
    for name in members:
        if name not in known:
            raise BadRequest("The body has a member that this address does not know.", param=name[:64])
    return members


def _submission(members: dict[str, Any]) -> Submission:
    chain = members.get("ek_chain", [])
    if not isinstance(chain, list) or len(chain) > CHAIN_MOST:
        raise BadRequest(f'The member "ek_chain" must be an array of at most {CHAIN_MOST} texts.', param="ek_chain")
    return Submission(
        certificate=_octets(members, "ek_certificate", most=CERTIFICATE_MOST_OCTETS),
        chain=tuple(_octets({"ek_chain": one}, "ek_chain", most=CERTIFICATE_MOST_OCTETS) for one in chain),
        attestation_key=_octets(members, "attestation_key", most=PUBLIC_MOST),
        key=_octets(members, "key", most=PUBLIC_MOST),
    )


def _octets(members: dict[str, Any], name: str, *, most: int) -> bytes:
    value = members.get(name)
    # Base64 takes four characters for three octets.
    octets = base64url.decode(value) if isinstance(value, str) and len(value) <= most * 4 // 3 + 2 else None
    if not octets or len(octets) > most:
        raise BadRequest(f'The member "{name}" must be base64url of at most {most} octets.', param=name)
    return octets
