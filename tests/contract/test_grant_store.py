"""What `boundgate.oauth.ports.GrantStore` promises."""

from __future__ import annotations

from dataclasses import replace

import pytest

from boundgate.oauth.model import FamilyEnd, FamilyProof, RefreshView
from boundgate.oauth.ports import CodeOutcome, GrantStore, RotationOutcome
from boundgate.passkeys.ports import PasskeyStore
from boundgate.terms import Provenance
from tests.contract.builders import ALICE, BOB, NOW, digest
from tests.contract.oauth_builders import CLIENT, a_code, a_family, a_refresh, a_service_family

AGAIN = 30.0
CODE, REFRESH = digest("code"), digest("refresh")


@pytest.fixture
def store(grant_stores: tuple[GrantStore, GrantStore]) -> GrantStore:
    return grant_stores[0]


async def begin(store: GrantStore, name: str = "code", refresh: str = "refresh", **fields: object) -> str:
    """A family with one refresh token."""
    family_id = f"family of {name}"
    assert await store.put_code(a_code(name))
    family = a_family(family_id, **fields)
    outcome = await store.redeem_code(digest(name), family, a_refresh(refresh, family_id), now=NOW)
    assert outcome is CodeOutcome.REDEEMED
    return family_id


async def rotate(store: GrantStore, token: str, successor: str, now: float = NOW) -> RotationOutcome:
    return await store.rotate(digest(token), a_refresh(successor, expires_at=NOW + 2000), now=now, again_seconds=AGAIN)


async def end_of(store: GrantStore, family_id: str = "family of code") -> tuple[float | None, FamilyEnd | None]:
    family = await store.family(family_id)
    assert family is not None
    return family.ended_at, family.end_reason


async def test_a_code_comes_back_as_it_was_stored(store: GrantStore) -> None:
    code = a_code(nonce="n", jkt=None)
    assert await store.put_code(code)
    assert await store.code(CODE) == code


async def test_no_code_for_a_client_that_is_gone_or_a_user_without_a_passkey(
    store: GrantStore, passkey_stores: tuple[PasskeyStore, PasskeyStore]
) -> None:
    assert not await store.put_code(a_code(client_id="gone"))
    await passkey_stores[0].remove_all(ALICE)
    assert not await store.put_code(a_code())
    assert await store.code(CODE) is None


async def test_a_code_begins_its_family(store: GrantStore) -> None:
    await begin(store)
    assert await store.family("family of code") == a_family()
    assert await store.refresh_token(REFRESH) == RefreshView(a_refresh(), a_family())
    assert await store.code(CODE) == a_code(used_at=NOW)


async def test_a_code_may_begin_a_family_without_a_refresh_token(store: GrantStore) -> None:
    await store.put_code(a_code())
    assert await store.redeem_code(CODE, a_family(), None, now=NOW) is CodeOutcome.REDEEMED
    assert await store.refresh_token(REFRESH) is None


@pytest.mark.parametrize("later", [0.0, 59.0, 3600.0])
async def test_a_second_use_of_a_code_ends_its_family(store: GrantStore, later: float) -> None:
    await begin(store)
    again = await store.redeem_code(CODE, a_family(), a_refresh("second"), now=NOW + later)
    assert again is CodeOutcome.USED
    assert await end_of(store) == (NOW + later, FamilyEnd.CODE_REUSED)
    assert await store.refresh_token(digest("second")) is None
    assert await store.redeem_code(CODE, a_family(), None, now=NOW + later + 1) is CodeOutcome.USED
    assert await end_of(store) == (NOW + later, FamilyEnd.CODE_REUSED)


@pytest.mark.parametrize("late_by", [0.0, 1.0])
async def test_an_expired_code_begins_nothing(store: GrantStore, late_by: float) -> None:
    await store.put_code(a_code())
    assert await store.redeem_code(CODE, a_family(), None, now=NOW + 60 + late_by) is CodeOutcome.UNKNOWN
    assert await store.family("family of code") is None


async def test_a_code_begins_no_family_but_its_own(store: GrantStore) -> None:
    await store.put_code(a_code())
    assert await store.redeem_code(digest("guess"), a_family(), None, now=NOW) is CodeOutcome.UNKNOWN
    assert await store.redeem_code(CODE, a_family("another"), None, now=NOW) is CodeOutcome.UNKNOWN
    assert await store.redeem_code(CODE, a_family(client_id="gone"), None, now=NOW) is CodeOutcome.UNKNOWN
    assert await store.redeem_code(CODE, a_family(), None, now=NOW) is CodeOutcome.REDEEMED


async def test_a_service_has_one_living_family_for_each_key(store: GrantStore) -> None:
    first = a_service_family("f1")
    assert await store.service_family(first) == first
    assert await store.service_family(a_service_family("f2")) == first
    other_key = a_service_family("f3", jkt="k" * 43)
    assert await store.service_family(other_key) == other_key
    await store.end(["f1"], now=NOW, reason=FamilyEnd.REVOKED)
    assert await store.service_family(a_service_family("f4")) == a_service_family("f4")
    assert await store.service_family(a_service_family("f5", client_id="gone")) is None
    assert await store.family("f5") is None


async def test_a_persons_family_is_never_a_services(store: GrantStore) -> None:
    await begin(store)
    assert await store.service_family(a_service_family("f1")) == a_service_family("f1")


async def test_rotation_puts_the_successor_in_the_place_of_the_token(store: GrantStore) -> None:
    await begin(store)
    assert await rotate(store, "refresh", "second", NOW + 100) is RotationOutcome.ROTATED
    old, new = await store.refresh_token(REFRESH), await store.refresh_token(digest("second"))
    assert old is not None
    assert new is not None
    assert old.token == a_refresh(used_at=NOW + 100, successor_hash=digest("second"))
    assert new.token == a_refresh("second", number=2, expires_at=NOW + 2000)
    assert new.family == a_family(last_proof_at=NOW + 100)


@pytest.mark.parametrize("later", [0.0, 29.0, 30.0])
async def test_the_same_successor_again_while_it_is_unused(store: GrantStore, later: float) -> None:
    await begin(store)
    await rotate(store, "refresh", "second")
    assert await rotate(store, "refresh", "second", NOW + later) is RotationOutcome.AGAIN
    assert await live_tokens(store, "refresh", "second") == ["second"]


async def test_another_successor_takes_the_place_of_the_unused_one(store: GrantStore) -> None:
    await begin(store)
    await rotate(store, "refresh", "second")
    assert await rotate(store, "refresh", "third", NOW + 1) is RotationOutcome.AGAIN
    assert await live_tokens(store, "refresh", "second", "third") == ["third"]
    # The one that was replaced is a used one: within the window it leads on, later it ends the family.
    assert await rotate(store, "second", "fourth", NOW + 2) is RotationOutcome.AGAIN
    assert await live_tokens(store, "refresh", "second", "third", "fourth") == ["fourth"]
    assert await rotate(store, "third", "fifth", NOW + 40) is RotationOutcome.REUSED


async def test_a_used_successor_is_passed_on_and_nothing_changes(store: GrantStore) -> None:
    await begin(store)
    await rotate(store, "refresh", "second")
    await rotate(store, "second", "third", NOW + 1)
    assert await rotate(store, "refresh", "second", NOW + 2) is RotationOutcome.PASSED_ON
    assert await rotate(store, "refresh", "fourth", NOW + 2) is RotationOutcome.PASSED_ON
    assert await live_tokens(store, "refresh", "second", "third", "fourth") == ["third"]
    assert await end_of(store) == (None, None)


async def test_reuse_after_the_window_ends_the_family(store: GrantStore) -> None:
    await begin(store)
    await rotate(store, "refresh", "second")
    assert await rotate(store, "refresh", "second", NOW + 30.1) is RotationOutcome.REUSED
    assert await end_of(store) == (NOW + 30.1, FamilyEnd.REFRESH_REUSED)
    for token in ("refresh", "second"):
        assert await rotate(store, token, "third", NOW + 31) is RotationOutcome.ENDED


async def test_unknown_expired_and_other_families_tokens_change_nothing(store: GrantStore) -> None:
    await begin(store)
    await begin(store, "second code", "of another family")
    assert await rotate(store, "guess", "second") is RotationOutcome.UNKNOWN
    assert await rotate(store, "of another family", "second") is RotationOutcome.UNKNOWN
    assert await rotate(store, "refresh", "second", NOW + 1000) is RotationOutcome.UNKNOWN
    assert await rotate(store, "refresh", "second", NOW + 999) is RotationOutcome.ROTATED


async def test_an_expired_used_token_ends_nothing(store: GrantStore) -> None:
    await begin(store)
    await rotate(store, "refresh", "second")
    assert await rotate(store, "refresh", "third", NOW + 1500) is RotationOutcome.UNKNOWN
    assert await end_of(store) == (None, None)


async def test_a_chain_that_grows_without_end_forgets_its_oldest_links(
    store: GrantStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("boundgate.storage.sql_grants.LINKS_KEPT", 3)
    monkeypatch.setattr("boundgate.storage.sql_grants.FORGET_EACH", 5)
    await begin(store, "other", "other 1")
    await begin(store, refresh="1")
    for number in range(1, 10):
        assert await rotate(store, str(number), str(number + 1)) is RotationOutcome.ROTATED
    kept = [number for number in range(1, 11) if await store.refresh_token(digest(str(number))) is not None]
    assert kept == [7, 8, 9, 10]
    assert await store.refresh_token(digest("other 1")) is not None
    assert await rotate(store, "1", "guess", NOW + 100) is RotationOutcome.UNKNOWN
    assert await end_of(store) == (None, None)


async def test_proofs_advance_and_never_go_back(store: GrantStore) -> None:
    await begin(store)
    await store.record_proofs([FamilyProof("family of code", NOW + 9), FamilyProof("unknown", NOW)])
    await store.record_proofs([FamilyProof("family of code", NOW + 5)])
    await store.record_proofs([])
    assert await store.family("family of code") == a_family(last_proof_at=NOW + 9)
    await store.end(["family of code"], now=NOW + 10, reason=FamilyEnd.REVOKED)
    await store.record_proofs([FamilyProof("family of code", NOW + 11)])
    family = await store.family("family of code")
    assert family is not None
    assert (family.last_proof_at, family.ended_at) == (NOW + 9, NOW + 10)


async def test_what_is_known_of_a_key_is_recorded_in_its_living_families(store: GrantStore) -> None:
    await begin(store)
    await begin(store, "second code", "other", jkt="k" * 43)
    found = await store.set_provenance(
        user_id=ALICE, client_id=CLIENT, jkt="j" * 43, provenance=Provenance.ATTESTED, attestation=None
    )
    assert found == ["family of code"]
    assert await store.family("family of code") == a_family(provenance=Provenance.ATTESTED, attestation=None)
    assert await store.family("family of second code") == a_family("family of second code", jkt="k" * 43)
    for change in ({"user_id": BOB}, {"user_id": None}, {"client_id": "other"}):
        query = {"user_id": ALICE, "client_id": CLIENT, "jkt": "j" * 43} | change
        assert not await store.set_provenance(**query, provenance=Provenance.SOFTWARE, attestation="why")


async def test_end_says_which_it_ended_and_changes_no_earlier_end(store: GrantStore) -> None:
    await begin(store)
    assert await store.end(["family of code", "unknown"], now=NOW, reason=FamilyEnd.REVOKED) == ["family of code"]
    assert await store.end(["family of code"], now=NOW + 1, reason=FamilyEnd.RECOVERED) == []
    assert await store.end([], now=NOW, reason=FamilyEnd.REVOKED) == []
    assert await end_of(store) == (NOW, FamilyEnd.REVOKED)
    assert await rotate(store, "refresh", "second") is RotationOutcome.ENDED


async def test_ending_a_user_ends_codes_that_wait_as_well(store: GrantStore) -> None:
    await begin(store)
    await store.put_code(a_code("waiting"))
    await store.put_code(a_code("of bob", user_id=BOB))
    assert await store.end_user(ALICE, now=NOW, reason=FamilyEnd.RECOVERED) == ["family of code"]
    waiting = await store.redeem_code(digest("waiting"), a_family("family of waiting"), None, now=NOW)
    assert waiting is CodeOutcome.UNKNOWN
    of_bob = a_family("family of of bob", user_id=BOB)
    assert await store.redeem_code(digest("of bob"), of_bob, None, now=NOW) is CodeOutcome.REDEEMED


async def test_live_lists_what_can_still_be_used_newest_first(store: GrantStore) -> None:
    await begin(store, "a", "refresh a", created_at=NOW - 900, last_proof_at=NOW - 900)
    await begin(store, "b", "refresh b", created_at=NOW - 100)
    await begin(store, "c", "refresh c", created_at=NOW)
    await store.put_code(a_code("silent"))
    silent = a_family("family of silent", last_proof_at=NOW - 900)
    await store.redeem_code(digest("silent"), silent, None, now=NOW)
    await store.end(["family of b"], now=NOW, reason=FamilyEnd.REVOKED)

    async def live(now: float) -> list[str]:
        return [family.id for family in await store.live(ALICE, now=now, since_proof=now - 300)]

    assert await live(NOW) == ["family of c", "family of a"]
    assert await live(NOW + 1000) == []
    assert await store.live(BOB, now=NOW, since_proof=0) == []


async def test_prune_forgets_what_is_over_and_nothing_else(store: GrantStore) -> None:
    await begin(store, "ended", "r1")
    await begin(store, "silent", "r2")
    await begin(store, "renewable", "r3")
    await store.rotate(
        digest("r3"), a_refresh("r4", "family of renewable", expires_at=NOW + 9000), now=NOW, again_seconds=AGAIN
    )
    await store.put_code(a_code("waiting"))
    await store.end(["family of ended"], now=NOW + 1, reason=FamilyEnd.REVOKED)
    assert await store.prune(now=NOW + 10, before=NOW - 1) == 0
    assert await store.code(digest("waiting")) is not None
    assert await store.prune(now=NOW + 1000, before=NOW + 900) == 2
    for family_id in ("family of ended", "family of silent"):
        assert await store.family(family_id) is None
    assert await store.family("family of renewable") is not None
    assert await store.code(digest("waiting")) is None
    assert await store.code(digest("silent")) is None
    # A used code is kept while its family is: a second use must find what to end.
    assert await store.code(digest("renewable")) is not None
    assert await store.refresh_token(digest("r3")) is None
    assert await store.refresh_token(digest("r4")) is not None


async def live_tokens(store: GrantStore, *names: str) -> list[str]:
    views = {name: await store.refresh_token(digest(name)) for name in names}
    return [name for name, view in views.items() if view is not None and view.token.used_at is None]


@pytest.mark.parametrize("unknown", ["", "\0", "\ud800", "x" * 100_000, "' OR 1=1 --"])
async def test_unknown_ids_are_no_record(store: GrantStore, unknown: str) -> None:
    raw = unknown.encode("utf-8", "replace")
    assert await store.family(unknown) is None
    assert await store.code(raw) is None
    assert await store.refresh_token(raw) is None
    assert await store.end([unknown], now=NOW, reason=FamilyEnd.REVOKED) == []
    assert await store.live(unknown, now=NOW, since_proof=0) == []


async def test_a_family_is_what_was_stored(store: GrantStore) -> None:
    family = a_service_family("f", scope=frozenset(), attestation=None, provenance=Provenance.ATTESTED)
    await store.service_family(family)
    assert await store.family("f") == replace(family)
