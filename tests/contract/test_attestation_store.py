"""What `boundgate.attestation.ports.AttestationStore` owes, and what families that begin are told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from boundgate.attestation import Attestation, Holder, Recorded, Standing
from boundgate.oauth.families import NOT_ATTESTED
from boundgate.oauth.ports import KeyStanding
from boundgate.storage import Database, SqlAttestationStore
from boundgate.storage.oauth_schema import families
from boundgate.terms import Provenance
from tests.contract.builders import ALICE, BOB, NOW

Stores = tuple[SqlAttestationStore, SqlAttestationStore]
FINGERPRINT, OTHER = "ab" * 32, "cd" * 32
WAITING = "It waits for a touch."


@pytest.fixture
def stores(databases: tuple[Database, Database], people: None) -> Stores:
    return SqlAttestationStore(databases[0]), SqlAttestationStore(databases[1])


@pytest.fixture
async def family(databases: tuple[Database, Database], stores: Stores) -> str:
    """A family of Alice's key."""
    await put_family(databases[0], "f1")
    return "f1"


def an_attestation(**fields: Any) -> Attestation:
    return Attestation(
        **{
            "user_id": ALICE,
            "client_id": "client",
            "jkt": "key",
            "ek_fingerprint": FINGERPRINT,
            "maker": "id:54455354",
            "at": NOW,
        }
        | fields
    )


def holder(**fields: Any) -> Holder:
    return Holder(**{"user_id": ALICE, "client_id": "client", "jkt": "key"} | fields)


async def put_family(database: Database, family_id: str, **fields: Any) -> None:
    row: dict[str, Any] = {
        "id": family_id,
        "client_id": "client",
        "user_id": ALICE,
        "jkt": "key",
        "provenance": "software",
        "attestation": "before",
        "scope": "[]",
        "amr": "[]",
        "created_at": NOW,
        "last_proof_at": NOW,
    }
    async with database.write() as connection:
        await connection.execute(insert(families).values(row | fields))


async def end(database: Database, family_id: str) -> None:
    ended = update(families).where(families.c.id == family_id).values(ended_at=NOW, end_reason="revoked")
    async with database.write() as connection:
        await connection.execute(ended)


async def standing_of(database: Database, family_id: str) -> tuple[str, str | None]:
    query = select(families.c.provenance, families.c.attestation).where(families.c.id == family_id)
    async with database.read() as connection:
        provenance, reason = (await connection.execute(query)).one()
    return provenance, reason


async def test_an_attestation_waits_until_its_tpm_is_accepted(stores: Stores, databases, family: str) -> None:
    assert await stores[0].record(an_attestation(), waiting=WAITING) == Recorded(Standing.WAITS)
    assert await standing_of(databases[1], family) == ("software", WAITING)
    assert await stores[1].waiting(ALICE) == [an_attestation()]
    assert await stores[1].record(an_attestation(at=NOW + 1), waiting=WAITING) == Recorded(Standing.WAITED)
    assert await stores[0].accept(ALICE, FINGERPRINT, at=NOW + 2) == (family,)
    assert await standing_of(databases[1], family) == ("attested", None)
    assert await stores[1].waiting(ALICE) == []
    (known,) = await stores[1].known(ALICE)
    assert (known.ek_fingerprint, known.maker, known.accepted_at) == (FINGERPRINT, "id:54455354", NOW + 2)
    assert await stores[1].known(BOB) == []


async def test_a_known_tpm_raises_every_living_family_of_that_key_and_no_other(
    stores: Stores, databases, family: str
) -> None:
    await stores[0].record(an_attestation(), waiting=WAITING)
    await stores[0].accept(ALICE, FINGERPRINT, at=NOW)
    others = {
        "same": {},
        "ended": {"ended_at": NOW, "end_reason": "revoked"},
        "other key": {"jkt": "another"},
        "other client": {"client_id": "another"},
        "other user": {"user_id": BOB},
        "nobody": {"user_id": None},
    }
    for family_id, fields in others.items():
        await put_family(databases[0], family_id, **fields)
    assert await stores[0].record(an_attestation(at=NOW + 1), waiting=WAITING) == Recorded(Standing.ATTESTED, ("same",))
    for family_id in others:
        expected = ("attested", None) if family_id == "same" else ("software", "before")
        assert await standing_of(databases[0], family_id) == expected


async def test_an_acceptance_is_the_users_own_and_of_one_tpm(stores: Stores, databases, family: str) -> None:
    await put_family(databases[0], "bobs", user_id=BOB)
    await put_family(databases[0], "elsewhere", jkt="another")
    for attestation in (
        an_attestation(),
        an_attestation(user_id=BOB),
        an_attestation(jkt="another", ek_fingerprint=OTHER),
    ):
        await stores[0].record(attestation, waiting=WAITING)
    assert await stores[0].accept(ALICE, FINGERPRINT, at=NOW) == (family,)
    assert await standing_of(databases[0], "bobs") == ("software", WAITING)
    assert await standing_of(databases[0], "elsewhere") == ("software", WAITING)
    assert await stores[0].accept(BOB, OTHER, at=NOW) is None
    assert await stores[0].accept(ALICE, "00" * 32, at=NOW) is None
    assert await stores[0].accept(ALICE, FINGERPRINT, at=NOW) is None


async def test_nothing_is_stored_for_a_key_without_a_living_family(stores: Stores, databases, family: str) -> None:
    assert await stores[0].record(an_attestation(jkt="another"), waiting=WAITING) == Recorded(Standing.GONE)
    await end(databases[0], family)
    assert await stores[0].record(an_attestation(), waiting=WAITING) == Recorded(Standing.GONE)
    assert await stores[0].standing(user_id=ALICE, client_id="client", jkt="key") == KeyStanding(
        Provenance.SOFTWARE, NOT_ATTESTED
    )


async def test_what_waits_for_an_ended_family_waits_no_longer(stores: Stores, databases, family: str) -> None:
    await stores[0].record(an_attestation(), waiting=WAITING)
    await end(databases[0], family)
    assert await stores[0].waiting(ALICE) == []
    assert await stores[0].accept(ALICE, FINGERPRINT, at=NOW) is None
    assert await stores[0].known(ALICE) == []


async def test_a_refusal_is_noted_and_lowers_nothing(stores: Stores, databases, family: str) -> None:
    await stores[0].refuse(holder(), reason="No.")
    assert await standing_of(databases[0], family) == ("software", "No.")
    await put_family(databases[0], "service", user_id=None)
    await stores[0].refuse(holder(user_id=None), reason="Nobody.")
    assert await standing_of(databases[0], "service") == ("software", "Nobody.")
    await stores[0].record(an_attestation(), waiting=WAITING)
    await stores[0].accept(ALICE, FINGERPRINT, at=NOW)
    await stores[0].refuse(holder(), reason="No.")
    assert await standing_of(databases[0], family) == ("attested", None)


async def test_a_family_that_begins_takes_over_what_is_known_of_its_key(stores: Stores, family: str) -> None:
    async def standing(**fields: Any) -> KeyStanding:
        return await stores[1].standing(**{"user_id": ALICE, "client_id": "client", "jkt": "key"} | fields)

    assert (await standing()).provenance is Provenance.SOFTWARE
    await stores[0].record(an_attestation(), waiting=WAITING)
    assert (await standing()) == KeyStanding(Provenance.SOFTWARE, "The key is in a TPM that its user has not accepted.")
    await stores[0].accept(ALICE, FINGERPRINT, at=NOW)
    assert (await standing()) == KeyStanding(Provenance.ATTESTED, None)
    for fields in ({"user_id": BOB}, {"user_id": None}, {"client_id": "another"}, {"jkt": "another"}):
        assert (await standing(**fields)).provenance is Provenance.SOFTWARE


async def test_a_forgotten_tpm_takes_a_new_touch(stores: Stores, databases, family: str) -> None:
    await stores[0].record(an_attestation(), waiting=WAITING)
    await stores[0].accept(ALICE, FINGERPRINT, at=NOW)
    assert not await stores[0].forget(BOB, FINGERPRINT)
    assert await stores[0].forget(ALICE, FINGERPRINT)
    assert not await stores[0].forget(ALICE, FINGERPRINT)
    assert (await stores[0].standing(user_id=ALICE, client_id="client", jkt="key")).provenance is Provenance.SOFTWARE
    assert await standing_of(databases[0], family) == ("attested", None)
    await put_family(databases[0], "next")
    assert (await stores[0].record(an_attestation(), waiting=WAITING)).standing is Standing.WAITS


async def test_a_tpm_that_waits_can_be_turned_away(stores: Stores, family: str) -> None:
    await stores[0].record(an_attestation(), waiting=WAITING)
    assert await stores[0].forget(ALICE, FINGERPRINT)
    assert await stores[0].waiting(ALICE) == []
    assert await stores[0].accept(ALICE, FINGERPRINT, at=NOW) is None


async def test_after_a_recovery_nothing_of_the_user_is_known(stores: Stores, databases, family: str) -> None:
    await put_family(databases[0], "bobs", user_id=BOB)
    for user_id in (ALICE, BOB):
        await stores[0].record(an_attestation(user_id=user_id), waiting=WAITING)
        await stores[0].accept(user_id, FINGERPRINT, at=NOW)
    await stores[0].forget_all(ALICE)
    assert await stores[0].known(ALICE) == []
    assert (await stores[0].standing(user_id=ALICE, client_id="client", jkt="key")).provenance is Provenance.SOFTWARE
    assert (await stores[0].standing(user_id=BOB, client_id="client", jkt="key")).provenance is Provenance.ATTESTED


async def test_old_attestations_are_forgotten_with_the_last_family(stores: Stores, databases, family: str) -> None:
    await stores[0].record(an_attestation(), waiting=WAITING)
    await stores[0].accept(ALICE, FINGERPRINT, at=NOW)
    await stores[0].prune(before=NOW + 1)
    assert (await stores[0].standing(user_id=ALICE, client_id="client", jkt="key")).provenance is Provenance.ATTESTED
    async with databases[0].write() as connection:
        await connection.execute(families.delete())
    await stores[0].prune(before=NOW)
    assert (await stores[0].standing(user_id=ALICE, client_id="client", jkt="key")).provenance is Provenance.ATTESTED
    await stores[0].prune(before=NOW + 1)
    assert (await stores[0].standing(user_id=ALICE, client_id="client", jkt="key")).provenance is Provenance.SOFTWARE


async def test_an_acceptance_beside_attestations_leaves_none_behind(stores: Stores, databases, family: str) -> None:
    await stores[0].record(an_attestation(), waiting=WAITING)
    jkts = [f"key {number}" for number in range(6)]
    for jkt in jkts:
        await put_family(databases[0], jkt, jkt=jkt)
    await asyncio.gather(
        *(
            stores[number % 2].record(replace(an_attestation(), jkt=jkt), waiting=WAITING)
            for number, jkt in enumerate(jkts)
        ),
        stores[1].accept(ALICE, FINGERPRINT, at=NOW),
        stores[0].accept(ALICE, FINGERPRINT, at=NOW),
    )
    assert {await standing_of(databases[0], one) for one in [family, *jkts]} == {("attested", None)}
    assert len(await stores[0].known(ALICE)) == 1
