"""What `boundgate.sessions.ports.SessionStore` promises."""

from __future__ import annotations

from dataclasses import replace

import pytest

from boundgate.passkeys.ports import PasskeyStore
from boundgate.sessions.model import ProofRecord
from boundgate.sessions.ports import BindOutcome, SessionStore
from boundgate.terms import EndReason
from tests.contract.builders import ALICE, BOB, NOW, a_binding, a_session, an_offer, digest

OFFER = digest("offer s1")


@pytest.fixture
def store(session_stores: tuple[SessionStore, SessionStore]) -> SessionStore:
    return session_stores[0]


async def sign_in(store: SessionStore, session_id: str = "s1", **fields: object) -> None:
    session = a_session(session_id, **fields)
    await store.create(session, an_offer(session_id), ending=[], reason=EndReason.REPLACED)


async def test_view_returns_what_create_stored(store: SessionStore) -> None:
    await sign_in(store)
    view = await store.view("s1")
    assert view is not None
    assert view.session == a_session()
    assert view.binding is None


async def test_view_shows_the_name_that_the_user_has_now(store: SessionStore) -> None:
    await sign_in(store, user_id=BOB, user_name="whatever the caller thought")
    view = await store.view("s1")
    assert view is not None
    assert view.session.user_name == "bob"


async def test_view_by_login_finds_the_same(store: SessionStore) -> None:
    await sign_in(store, "s1")
    await sign_in(store, "s2")
    assert await store.view_by_login(digest("login s2")) == await store.view("s2")


@pytest.mark.parametrize("unknown", ["", "s", "S1", "s1 ", "s1\0", "\ud800", "x" * 100_000, "' OR 1=1 --"])
async def test_unknown_ids_are_no_record(store: SessionStore, unknown: str) -> None:
    await sign_in(store)
    assert await store.view(unknown) is None
    assert await store.view_by_login(unknown.encode("utf-8", "replace")) is None
    assert await store.offer_session(unknown.encode("utf-8", "replace")) is None
    assert await store.end([unknown], now=NOW, reason=EndReason.SIGNED_OUT) == []


async def test_create_ends_the_named_sessions_and_says_which(store: SessionStore) -> None:
    for session_id in ("s1", "s2", "s3"):
        await sign_in(store, session_id)
    await store.end(["s3"], now=NOW, reason=EndReason.SIGNED_OUT)
    new = a_session("s4", created_at=NOW + 60)
    ended = await store.create(new, an_offer("s4"), ending=["s1", "s3", "unknown"], reason=EndReason.REPLACED)
    assert ended == ["s1"]
    states = {}
    for session_id in ("s1", "s2", "s3", "s4"):
        view = await store.view(session_id)
        assert view is not None
        states[session_id] = view.session.ended_at, view.session.ended_reason
    assert states["s1"] == (NOW + 60, EndReason.REPLACED)
    assert states["s2"] == (None, None)
    assert states["s3"] == (NOW, EndReason.SIGNED_OUT)
    assert states["s4"] == (None, None)


async def test_offer_session_knows_offers_open_expired_and_taken(store: SessionStore) -> None:
    await sign_in(store)
    assert await store.offer_session(OFFER) == "s1"
    await store.bind(OFFER, a_binding(), now=NOW)
    assert await store.offer_session(OFFER) == "s1"
    assert await store.offer_session(digest("another")) is None


async def test_bind_stores_the_binding(store: SessionStore) -> None:
    await sign_in(store)
    assert await store.bind(OFFER, a_binding(), now=NOW) is BindOutcome.BOUND
    view = await store.view("s1")
    assert view is not None
    assert view.binding == a_binding()


async def test_the_same_key_again_changes_nothing(store: SessionStore) -> None:
    await sign_in(store)
    await store.bind(OFFER, a_binding(), now=NOW)
    again = a_binding(last_mint=9, bound_at=NOW + 5)
    assert await store.bind(OFFER, again, now=NOW + 5) is BindOutcome.SAME_KEY
    view = await store.view("s1")
    assert view is not None
    assert view.binding == a_binding()


async def test_the_first_key_wins_and_another_one_only_marks_the_binding_contested(store: SessionStore) -> None:
    await sign_in(store)
    await store.bind(OFFER, a_binding(key="first"), now=NOW)
    assert await store.bind(OFFER, a_binding(key="second"), now=NOW + 1) is BindOutcome.OTHER_KEY
    view = await store.view("s1")
    assert view is not None
    assert view.binding == replace(a_binding(key="first"), contested_at=NOW + 1)


async def test_a_failed_attempt_leaves_the_offer_as_it_was(store: SessionStore) -> None:
    await sign_in(store)
    assert await store.bind(digest("guess"), a_binding(), now=NOW) is BindOutcome.NO_OFFER
    assert await store.bind(OFFER, a_binding(), now=NOW + 29.9) is BindOutcome.BOUND


@pytest.mark.parametrize("late_by", [0.0, 1.0])
async def test_an_expired_offer_binds_nothing(store: SessionStore, late_by: float) -> None:
    await sign_in(store)
    assert await store.bind(OFFER, a_binding(), now=NOW + 30 + late_by) is BindOutcome.NO_OFFER
    view = await store.view("s1")
    assert view is not None
    assert view.binding is None


async def test_another_key_marks_nothing_where_it_is_not_to_contest(store: SessionStore) -> None:
    await sign_in(store)
    await store.bind(OFFER, a_binding(key="first"), now=NOW)
    second = a_binding(key="second")
    assert await store.bind(OFFER, second, now=NOW + 1, contesting=False) is BindOutcome.OTHER_KEY
    view = await store.view("s1")
    assert view is not None
    assert view.binding == a_binding(key="first")


async def test_an_expired_offer_contests_nothing(store: SessionStore) -> None:
    await sign_in(store)
    await store.bind(OFFER, a_binding(), now=NOW)
    assert await store.bind(OFFER, a_binding(key="second"), now=NOW + 31) is BindOutcome.NO_OFFER
    view = await store.view("s1")
    assert view is not None
    assert view.binding == a_binding()


async def test_an_offer_binds_no_session_but_its_own(store: SessionStore) -> None:
    await sign_in(store, "s1")
    await sign_in(store, "s2")
    assert await store.bind(OFFER, a_binding("s2"), now=NOW) is BindOutcome.NO_OFFER
    for session_id in ("s1", "s2"):
        view = await store.view(session_id)
        assert view is not None
        assert view.binding is None


async def test_ending_a_session_makes_its_untaken_offer_untakeable(store: SessionStore) -> None:
    await sign_in(store, "s1")
    await sign_in(store, "s2")
    await store.end(["s1"], now=NOW, reason=EndReason.SIGNED_OUT)
    assert await store.bind(OFFER, a_binding(), now=NOW) is BindOutcome.NO_OFFER
    await store.end_user(ALICE, now=NOW, reason=EndReason.RECOVERED)
    assert await store.bind(digest("offer s2"), a_binding("s2"), now=NOW) is BindOutcome.NO_OFFER


async def test_record_proofs_advances_and_never_goes_back(store: SessionStore) -> None:
    await sign_in(store)
    await store.bind(OFFER, a_binding(), now=NOW)
    batch = [ProofRecord("s1", NOW + 20, 3), ProofRecord("s1", NOW + 10, 2), ProofRecord("unknown", NOW, 7)]
    await store.record_proofs(batch)
    await store.record_proofs([ProofRecord("s1", NOW + 5, 1)])
    await store.record_proofs([])
    view = await store.view("s1")
    assert view is not None
    assert view.binding == a_binding(last_proof_at=NOW + 20, last_mint=3)


async def test_a_late_refresh_never_resurrects_an_ended_session(store: SessionStore) -> None:
    await sign_in(store)
    await store.bind(OFFER, a_binding(), now=NOW)
    await store.end(["s1"], now=NOW + 1, reason=EndReason.SIGNED_OUT)
    before = await store.view("s1")
    await store.record_proofs([ProofRecord("s1", NOW + 2, 2)])
    assert before is not None
    assert before.session.ended_at == NOW + 1
    assert await store.view("s1") == before


async def test_record_proofs_never_creates_a_binding(store: SessionStore) -> None:
    await sign_in(store)
    await store.record_proofs([ProofRecord("s1", NOW + 2, 2)])
    view = await store.view("s1")
    assert view is not None
    assert view.binding is None


async def test_record_seen_advances_and_never_goes_back(store: SessionStore) -> None:
    await sign_in(store)
    await store.record_seen([("s1", NOW + 9), ("s1", NOW + 4), ("unknown", NOW)])
    await store.record_seen([("s1", NOW - 1)])
    await store.record_seen([])
    view = await store.view("s1")
    assert view is not None
    assert view.session == a_session(last_seen_at=NOW + 9)


async def test_end_returns_only_what_it_ended_and_the_first_reason_stays(store: SessionStore) -> None:
    await sign_in(store, "s1")
    await sign_in(store, "s2")
    assert await store.end(["s1"], now=NOW + 1, reason=EndReason.SIGNED_OUT) == ["s1"]
    assert await store.end(["s2", "s1", "s1"], now=NOW + 2, reason=EndReason.REPLACED) == ["s2"]
    assert await store.end([], now=NOW, reason=EndReason.REPLACED) == []
    view = await store.view("s1")
    assert view is not None
    assert view.session == a_session(ended_at=NOW + 1, ended_reason=EndReason.SIGNED_OUT)


async def test_end_user_ends_every_session_of_that_user_only(store: SessionStore) -> None:
    await sign_in(store, "s1")
    await sign_in(store, "s2")
    await sign_in(store, "s3", user_id=BOB, user_name="bob")
    assert await store.end_user(ALICE, now=NOW, reason=EndReason.RECOVERED) == ["s1", "s2"]
    bobs = await store.view("s3")
    assert bobs is not None
    assert bobs.session.ended_at is None


async def test_live_lists_newest_first_and_leaves_out_ended_idle_old_and_foreign_ones(store: SessionStore) -> None:
    await sign_in(store, "old", created_at=NOW - 100, last_seen_at=NOW)
    await sign_in(store, "idle", created_at=NOW, last_seen_at=NOW - 100)
    await sign_in(store, "ended")
    await store.end(["ended"], now=NOW, reason=EndReason.SIGNED_OUT)
    await sign_in(store, "foreign", user_id=BOB, user_name="bob")
    for number in (2, 3, 1):
        await sign_in(store, f"live {number}", created_at=NOW + number)
    await store.bind(digest("offer live 2"), a_binding("live 2"), now=NOW)
    views = await store.live(ALICE, now=NOW + 10, since_seen=NOW - 100, since_created=NOW - 100)
    assert [view.session.id for view in views] == ["live 3", "live 2", "live 1"]
    assert views[1].binding == a_binding("live 2")


async def test_junk_in_what_is_only_shown_is_kept_readable_and_short(store: SessionStore) -> None:
    await sign_in(store, user_agent="a\0b\ud800c" + "d" * 100_000)
    view = await store.view("s1")
    assert view is not None
    assert view.session.user_agent.startswith("a\ufffdb\ufffdcddd")
    assert len(view.session.user_agent) == 512


async def test_a_user_without_a_passkey_cannot_be_signed_in(
    store: SessionStore, passkey_stores: tuple[PasskeyStore, PasskeyStore]
) -> None:
    await store.create(a_session("old"), an_offer("old"), ending=[], reason=EndReason.REPLACED)
    await passkey_stores[0].remove_all(ALICE)
    made = await store.create(a_session(), an_offer(), ending=["old"], reason=EndReason.REPLACED)
    assert made is None
    assert await store.view("s1") is None
    old = await store.view("old")
    assert old is not None
    assert old.session.ended_at is None, "nothing was changed"


async def test_pruning_forgets_old_sessions_with_their_keys(store: SessionStore) -> None:
    await store.create(a_session("old", created_at=NOW - 100), an_offer("old"), ending=[], reason=EndReason.REPLACED)
    await store.bind(digest("offer old"), a_binding("old"), now=NOW)
    await store.create(a_session("new"), an_offer("new"), ending=[], reason=EndReason.REPLACED)
    assert await store.prune(before=NOW) == 1
    assert await store.view("old") is None
    assert await store.offer_session(digest("offer old")) is None
    assert await store.view("new") is not None
