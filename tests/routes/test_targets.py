"""Redirects of a request to itself: the target goes back as it came, whatever it holds."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from quart.wrappers import Response

from tests.support.site import Site, SoftBrowser

TARGETS = (
    "/v1/models/a%0Ab",
    "/v1/models/a%0D%0ASet-Cookie:%20x=y",
    "/v1/models/%E2%82%AC",
    "/v1/models/a%3Fb",
    "/v1/models/a%23b",
    "/v1/models/a%25b",
    "/v1/models/%FF%FE",
    "/v1/models?x=%FF",
    "/v1/models?a=b?",
    "/v1/models?next=%2F%2Fevil.example&q=[1]",
)


async def at(site: Site, target: str, **headers: str) -> Response:
    """A GET whose target stands in the scope as a server puts it there: the test client would decode it."""
    path, _, query = target.partition("?")
    scope = {"client": ("203.0.113.9", 40000), "raw_path": path.encode(), "query_string": query.encode()}
    client = site.app.test_client(use_cookies=False)
    response: Response = await client.get(
        unquote(path), headers={"Host": "localhost:8443"} | headers, scheme="https", scope_base=scope
    )
    return response


@pytest.mark.parametrize("target", TARGETS)
async def test_another_name_of_this_machine_is_sent_to_the_very_same_target(site: Site, target: str) -> None:
    response = await at(site, target, Host="127.0.0.1:8443")
    assert (response.status_code, response.headers["Location"]) == (308, f"https://localhost:8443{target}")


@pytest.mark.parametrize("target", TARGETS)
async def test_a_demand_sends_to_the_very_same_target(site: Site, owner: SoftBrowser, target: str) -> None:
    jar = "; ".join(f"{name}={value}" for name, (value, _) in owner.jar.items())
    response = await at(site, target, Cookie=jar, **{"Sec-Fetch-Site": "same-origin"})
    assert (response.status_code, response.headers["Location"]) == (307, target)


async def test_no_target_leads_to_another_host(site: Site) -> None:
    for target in ("//evil.example/x", "https://evil.example/x", "@evil.example/x", "*"):
        response = await at(site, target, Host="127.0.0.1:8443")
        assert response.headers["Location"].startswith("https://localhost:8443/")
        assert not response.headers["Location"].startswith("https://localhost:8443//")
