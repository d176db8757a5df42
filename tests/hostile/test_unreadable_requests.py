"""Requests that the framework itself cannot read: refused like any other, recorded, and no fault of the server."""

from __future__ import annotations

import json

import pytest

from tests.support.asgi import request
from tests.support.site import Site

STRANGER = ("198.51.100.7", 40_000)


@pytest.mark.parametrize("host", [b"o" * 64, b"\xe9" * 64, b"a..b", b"xn--\xe9", b"\xff\xfe", b"@", b"a" * 5000])
async def test_a_host_that_is_no_name_is_misdirected(site: Site, host: bytes) -> None:
    answer = await request(site.app, "GET", "/session", headers=[(b"host", host)], client=STRANGER)
    assert (answer.status, json.loads(answer.body)["code"]) == (421, "misdirected_request")
    assert [outcome for _, outcome in await site.events()] == ["misdirected_request"]


@pytest.mark.parametrize("query", ["a=\xe9", "\xff", "%ff=%"])
async def test_a_query_in_no_encoding_is_passed_over(site: Site, query: str) -> None:
    headers = [(b"host", b"localhost:8443")]
    answer = await request(site.app, "GET", f"/session?{query}", headers=headers, client=STRANGER)
    assert (answer.status, json.loads(answer.body)["state"]) == (200, "signed_out")
