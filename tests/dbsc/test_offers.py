"""Offers: written so that a browser acts on them, or not at all."""

from __future__ import annotations

from typing import Any

import http_sf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.dbsc import ConfigurationError, Offer, Voucher, registration_offer, registration_offers
from tests.support.soft_browser import SoftOffer, read_offers

SF_STRING = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=80)
VOUCHER = Voucher(key_thumbprint="A" * 43, session_id="sid-1", provider_url="https://idp.example/any")


@given(path=SF_STRING, challenge=SF_STRING, authorization=st.none() | st.just("") | SF_STRING)
def test_a_browser_reads_back_the_offer_that_was_written(path: str, challenge: str, authorization: str | None) -> None:
    header = registration_offer(
        algorithms=("ES256", "RS256"), path=path, challenge=challenge, authorization=authorization
    )
    assert read_offers(header) == [SoftOffer(("ES256", "RS256"), path, challenge, authorization)]


def test_the_offer_keeps_the_order_of_preference() -> None:
    header = registration_offer(algorithms=["RS256", "ES256"], path="/r", challenge="c", authorization="a")
    assert header.startswith("(RS256 ES256);")


def test_several_offers_stand_in_one_header() -> None:
    one, other = Offer(path="/r1", challenge="c1"), Offer(path="/r2", challenge="c2", algorithms=("RS256",))
    assert registration_offers(one, other) == f"{one.value}, {other.value}"
    assert [offer.path for offer in read_offers(registration_offers(one, other))] == ["/r1", "/r2"]


def test_a_federated_offer_names_key_session_and_provider() -> None:
    members: Any = http_sf.parse(Offer(path="/r", challenge="c", voucher=VOUCHER).value.encode(), tltype="list")
    ((_, parameters),) = members
    assert parameters == {
        "path": "/r",
        "challenge": "c",
        "provider_key": "A" * 43,
        "provider_session_id": "sid-1",
        "provider_url": "https://idp.example/any",
    }


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"challenge": ""}, "offer_without_challenge"),
        ({"path": ""}, "offer_without_path"),
        ({"algorithms": ()}, "offer_algorithms"),
        ({"algorithms": ("PS256",)}, "offer_algorithms"),
        ({"algorithms": ("ES256", "none")}, "offer_algorithms"),
        ({"path": "/\u00e9"}, "offer_not_ascii"),
        ({"challenge": "a\nb"}, "offer_not_ascii"),
        ({"authorization": "\x7f"}, "offer_not_ascii"),
    ],
)
def test_an_offer_that_no_browser_would_act_on_is_refused(changed: dict[str, Any], code: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        Offer(**{"path": "/r", "challenge": "c"} | changed)
    assert [problem.code for problem in refused.value.problems] == [code]


def test_one_time_values_are_not_shown() -> None:
    shown = repr(Offer(path="/r", challenge="challenge-1", authorization="authorization-1"))
    assert "challenge-1" not in shown
    assert "authorization-1" not in shown


@given(path=st.text(), challenge=st.text(), authorization=st.none() | st.text())
def test_any_offer_is_written_or_refused(path: str, challenge: str, authorization: str | None) -> None:
    try:
        offer = Offer(path=path, challenge=challenge, authorization=authorization)
    except ConfigurationError:
        return
    assert read_offers(offer.value) == [SoftOffer(("ES256", "RS256"), path, challenge, authorization)]
