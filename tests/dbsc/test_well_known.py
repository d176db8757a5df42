"""The well-known document: written so that Chromium honours it, and read as Chromium reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.dbsc import ConfigurationError, WellKnown, check_federation_allowed, check_registration_allowed
from tests.dbsc.test_document import JSON

SITE, APP = "https://example.test:8443", "https://app.example.test:8443"
PROVIDER, RELYING = "https://idp.example", "https://shop.test"
FIVE = [f"https://app.name{number}.test" for number in range(5)]
DOCUMENT = st.fixed_dictionaries(
    {}, optional={"registering_origins": st.lists(st.text()) | JSON, "relying_origins": JSON, "provider_origin": JSON}
)


def refusals(**members: Any) -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        WellKnown(**{"origin": SITE} | members)
    return [problem.code for problem in refused.value.problems]


def test_a_site_names_who_may_register_for_it() -> None:
    document = WellKnown(origin=SITE, registering_origins=(APP, SITE))
    assert document.body == b'{"registering_origins":["https://app.example.test:8443","https://example.test:8443"]}'
    assert check_registration_allowed(document.body, registering_origin=APP) == []
    (problem,) = check_registration_allowed(document.body, registering_origin="https://evil.example.test:8443")
    assert problem.chrome == "SubdomainRegistrationUnauthorized"


def test_a_provider_and_a_relying_party_name_each_other() -> None:
    provider = WellKnown(origin=PROVIDER, relying_origins=(RELYING,))
    relying = WellKnown(origin=RELYING, provider_origin=PROVIDER)
    assert json.loads(provider.body) == {"relying_origins": [RELYING]}
    assert json.loads(relying.body) == {"provider_origin": PROVIDER}
    both = {"provider_origin": PROVIDER, "relying_origin": RELYING}
    assert check_federation_allowed(provider.body, relying.body, **both) == []
    swapped = check_federation_allowed(relying.body, provider.body, **both)
    assert [problem.chrome for problem in swapped] == [
        "SessionProviderWellKnownHasProviderOrigin",
        "RelyingPartyWellKnownHasRelyingOrigins",
    ]
    strangers = check_federation_allowed("{}", "{}", **both)
    assert [problem.chrome for problem in strangers] == [
        "FederatedNotAuthorizedByProvider",
        "FederatedNotAuthorizedByRelyingParty",
    ]


@pytest.mark.parametrize(
    "body",
    ["", "x", "[]", '{"registering_origins":"x"}', '{"relying_origins":[1]}', '{"provider_origin":null}'],
)
def test_a_document_of_wrong_types_is_malformed_as_a_whole(body: str) -> None:
    (problem,) = check_registration_allowed(body, registering_origin=APP)
    assert problem.chrome == "SubdomainRegistrationWellKnownMalformed"
    found = check_federation_allowed(body, body, provider_origin=PROVIDER, relying_origin=RELYING)
    assert [problem.chrome for problem in found] == [
        "SessionProviderWellKnownMalformed",
        "RelyingPartyWellKnownMalformed",
    ]


def test_a_slash_at_the_end_loses() -> None:
    body = json.dumps({"registering_origins": [f"{APP}/"]})
    (problem,) = check_registration_allowed(body, registering_origin=APP)
    assert problem.chrome == "SubdomainRegistrationUnauthorized"
    with_slash = json.dumps({"provider_origin": f"{PROVIDER}/"})
    provider = WellKnown(origin=PROVIDER, relying_origins=(RELYING,)).body
    (problem,) = check_federation_allowed(provider, with_slash, provider_origin=PROVIDER, relying_origin=RELYING)
    assert problem.chrome == "FederatedNotAuthorizedByRelyingParty"


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({}, "well_known_empty"),
        ({"origin": "example.test", "registering_origins": (APP,)}, "well_known_origin"),
        ({"origin": f"{SITE}/", "registering_origins": (APP,)}, "well_known_origin"),
        ({"origin": "http://example.test", "provider_origin": PROVIDER}, "well_known_origin"),
        ({"registering_origins": (f"{APP}/",)}, "subdomain_registration_unauthorized"),
        ({"registering_origins": ("HTTPS://app.example.test:8443",)}, "subdomain_registration_unauthorized"),
        ({"registering_origins": ("http://app.example.test:8443",)}, "subdomain_registration_unauthorized"),
        ({"registering_origins": ("https://app.other.test:8443",)}, "well_known_other_site"),
        ({"registering_origins": ("https://app.example.test",)}, "well_known_other_port"),
        ({"origin": APP, "registering_origins": (APP,)}, "well_known_not_apex"),
        ({"origin": "https://localhost", "registering_origins": ("https://localhost",)}, "well_known_not_apex"),
        ({"relying_origins": (f"{RELYING}/",)}, "federated_not_authorized_by_provider"),
        ({"provider_origin": f"{PROVIDER}/"}, "federated_not_authorized_by_relying_party"),
        ({"provider_origin": ""}, "federated_not_authorized_by_relying_party"),
        (
            {"provider_origin": PROVIDER, "relying_origins": (RELYING,)},
            "session_provider_well_known_has_provider_origin",
        ),
    ],
)
def test_what_chromium_would_not_honour_is_refused(members: dict[str, Any], code: str) -> None:
    assert refusals(**members)[0] == code


def test_a_provider_serves_five_names_and_no_sixth() -> None:
    same_name = ["https://name0.example", "https://www.name1.co.uk:8443"]
    assert json.loads(WellKnown(origin=PROVIDER, relying_origins=[*FIVE, *same_name]).body)
    codes = refusals(origin=PROVIDER, relying_origins=[*FIVE, "https://sixth.test"])
    assert codes == ["too_many_relying_origin_labels"]


@pytest.mark.parametrize(
    ("listed", "verdict"),
    [
        ([*FIVE[:4], RELYING], None),
        ([*FIVE[:4], RELYING, FIVE[4]], None),
        ([RELYING, *FIVE, "https://sixth.test"], None),
        ([f"https://one.{suffix}" for suffix in ("com", "net", "org", "de", "fr", "io", "ch")] + [RELYING], None),
        ([*FIVE, RELYING], "TooManyRelyingOriginLabels"),
        (FIVE, "FederatedNotAuthorizedByProvider"),
        ([], "FederatedNotAuthorizedByProvider"),
    ],
)
def test_the_names_count_in_their_order_as_chromium_156_counts_them(listed: list[str], verdict: str | None) -> None:
    found = check_federation_allowed(
        json.dumps({"relying_origins": listed}),
        json.dumps({"provider_origin": PROVIDER}),
        provider_origin=PROVIDER,
        relying_origin=RELYING,
    )
    assert [problem.chrome for problem in found] == ([verdict] if verdict else [])


@given(body=st.text() | st.binary() | DOCUMENT.map(json.dumps), other=DOCUMENT.map(json.dumps))
def test_any_document_is_read(body: Any, other: str) -> None:
    assert isinstance(check_registration_allowed(body, registering_origin=APP), list)
    assert isinstance(check_federation_allowed(body, other, provider_origin=PROVIDER, relying_origin=RELYING), list)


@given(origins=st.lists(st.text() | st.sampled_from([APP, SITE, RELYING, f"{APP}/"]), max_size=4), kind=st.booleans())
def test_any_origins_make_a_document_that_is_honoured_or_are_refused(origins: list[str], kind: bool) -> None:
    name = "registering_origins" if kind else "relying_origins"
    try:
        document = WellKnown(origin=SITE, **{name: origins})
    except ConfigurationError:
        return
    assert json.loads(document.body) == {name: origins}
    if kind:
        for origin in origins:
            assert check_registration_allowed(document.body, registering_origin=origin) == []
