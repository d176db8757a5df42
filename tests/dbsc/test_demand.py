"""How a proof is demanded: every combination of facts, against the rules of the contract stated one by one."""

from __future__ import annotations

import itertools

import pytest

from boundgate.dbsc import Arrival, Demand, DemandKind, demand_proof

NOW = 1_800_000_000.0
LIMIT = 4
SITES = [None, "none", "same-origin", "same-site", "cross-site"]
FRESH = [None, "", "d7", "d8"]
NEWEST = [None, NOW, NOW - 10, NOW - 10.001, NOW - 300]
SIGNATURES = [0, LIMIT - 1, LIMIT, LIMIT + 1]
OURS, FOREIGN = {"none", "same-origin"}, {"same-site", "cross-site"}

ARRIVALS = [
    Arrival(
        fetch_site=site, is_document=document, fresh=fresh, presented_mint=mint, newest_mint_at=newest, signatures=count
    )
    for site, document, fresh, mint, newest, count in itertools.product(
        SITES, [True, False], FRESH, [7, 0], NEWEST, SIGNATURES
    )
]


def answer(arrival: Arrival) -> Demand:
    return demand_proof(arrival, now=NOW, signature_limit=LIMIT)


def came_back(arrival: Arrival) -> bool:
    """The empty credential is gone, or says that this very value was sent round already."""
    return arrival.fresh is None or (arrival.fresh == "d7" and arrival.presented_mint == 7)


def below_limit(arrival: Arrival) -> bool:
    return arrival.signatures < LIMIT


def crossed_a_mint(arrival: Arrival) -> bool:
    return arrival.newest_mint_at is not None and NOW - arrival.newest_mint_at <= 10


def where(*conditions: object) -> list[Arrival]:
    return [arrival for arrival in ARRIVALS if all(condition(arrival) for condition in conditions)]  # type: ignore[operator]


def ours(arrival: Arrival) -> bool:
    return arrival.fetch_site in OURS


def foreign(arrival: Arrival) -> bool:
    return arrival.fetch_site in FOREIGN


def first_time(arrival: Arrival) -> bool:
    return not came_back(arrival)


def test_the_table_is_complete() -> None:
    assert len(ARRIVALS) == 5 * 2 * 4 * 2 * 5 * 4
    assert {answer(arrival).kind for arrival in ARRIVALS} == set(DemandKind)


def test_what_is_not_a_browser_is_refused_and_never_redirected() -> None:
    for arrival in where(lambda arrival: arrival.fetch_site is None):
        assert answer(arrival) == Demand(DemandKind.REFUSE)


def test_at_the_limit_every_browser_is_asked_for_a_touch_instead() -> None:
    for arrival in where(lambda arrival: arrival.fetch_site is not None, lambda arrival: not below_limit(arrival)):
        assert answer(arrival) == Demand(DemandKind.STEP_UP)


def test_below_the_limit_nobody_is_asked_for_a_touch() -> None:
    for arrival in where(below_limit):
        assert answer(arrival).kind is not DemandKind.STEP_UP


def test_what_came_back_is_never_redirected_again() -> None:
    for arrival in where(came_back):
        assert answer(arrival).kind is not DemandKind.REDIRECT


def test_what_came_back_to_our_own_pages_is_refused() -> None:
    for arrival in where(came_back, ours, below_limit):
        assert answer(arrival) == Demand(DemandKind.REFUSE)


def test_our_own_requests_are_redirected_the_first_time() -> None:
    for arrival in where(first_time, ours, below_limit):
        assert answer(arrival).kind is DemandKind.REDIRECT


def test_a_redirect_costs_a_signature_unless_a_newer_value_was_minted_within_10_seconds() -> None:
    for arrival in where(first_time, ours, below_limit):
        assert answer(arrival).expire_fresh is not crossed_a_mint(arrival)


def test_a_redirect_without_a_signature_leaves_a_mark_that_stops_the_next_one() -> None:
    for arrival in where(first_time, ours, below_limit, crossed_a_mint):
        mark = answer(arrival).mark_fresh
        assert mark is not None
        again = Arrival(
            fetch_site=arrival.fetch_site,
            is_document=arrival.is_document,
            fresh=mark,
            presented_mint=arrival.presented_mint,
            newest_mint_at=arrival.newest_mint_at,
            signatures=arrival.signatures,
        )
        assert answer(again) == Demand(DemandKind.REFUSE)


def test_a_mark_of_one_value_does_not_stop_another() -> None:
    marks = {answer(arrival).mark_fresh for arrival in where(first_time, ours, below_limit, crossed_a_mint)}
    assert len(marks) == 2


def test_foreign_documents_get_the_page_that_comes_straight_back() -> None:
    for arrival in where(foreign, below_limit, lambda arrival: arrival.is_document):
        assert answer(arrival).kind is DemandKind.INTERSTITIAL


def test_that_page_expires_the_credential_once() -> None:
    for arrival in where(foreign, below_limit, lambda arrival: arrival.is_document):
        assert answer(arrival).expire_fresh is first_time(arrival)


def test_other_foreign_requests_are_refused_and_change_nothing() -> None:
    for arrival in where(foreign, below_limit, lambda arrival: not arrival.is_document):
        assert answer(arrival) == Demand(DemandKind.REFUSE)


def test_a_refusal_never_touches_a_cookie() -> None:
    for arrival in ARRIVALS:
        demand = answer(arrival)
        if demand.kind in {DemandKind.REFUSE, DemandKind.STEP_UP}:
            assert (demand.expire_fresh, demand.mark_fresh) == (False, None)


def test_nothing_both_expires_and_marks_and_only_redirects_mark() -> None:
    for arrival in ARRIVALS:
        demand = answer(arrival)
        assert not (demand.expire_fresh and demand.mark_fresh is not None)
        assert demand.mark_fresh is None or demand.kind is DemandKind.REDIRECT


def test_a_demand_can_only_speak_of_the_empty_credential() -> None:
    assert set(Demand.__dataclass_fields__) == {"kind", "expire_fresh", "mark_fresh"}


def test_a_site_that_is_not_known_is_foreign() -> None:
    for site in ("", "SAME-ORIGIN", "new-kind"):
        arrival = Arrival(
            fetch_site=site, is_document=False, fresh="", presented_mint=7, newest_mint_at=None, signatures=0
        )
        assert answer(arrival) == Demand(DemandKind.REFUSE)


@pytest.mark.parametrize("limit", [1, 4, 5])
def test_the_limit_is_the_one_given(limit: int) -> None:
    for signatures in range(7):
        arrival = Arrival(
            fetch_site="none", is_document=False, fresh="", presented_mint=1, newest_mint_at=None, signatures=signatures
        )
        expected = DemandKind.STEP_UP if signatures >= limit else DemandKind.REDIRECT
        assert demand_proof(arrival, now=NOW, signature_limit=limit).kind is expected


@pytest.mark.parametrize(("age", "expires"), [(-1.0, False), (2.0, False), (2.001, True)])
def test_how_recent_a_mint_is_can_be_set(age: float, expires: bool) -> None:
    arrival = Arrival(
        fetch_site="none", is_document=False, fresh="", presented_mint=1, newest_mint_at=NOW - age, signatures=0
    )
    demand = demand_proof(arrival, now=NOW, signature_limit=4, recent_mint_seconds=2.0)
    assert demand.expire_fresh is expires
