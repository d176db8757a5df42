"""DBSC's own requests, read from a log with the members that Chromium 156 writes."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.doctor.net_log import read_net_log

TYPES = {
    "URL_REQUEST_START_JOB": 1,
    "HTTP_TRANSACTION_SEND_REQUEST_HEADERS": 2,
    "HTTP_TRANSACTION_HTTP2_SEND_REQUEST_HEADERS": 3,
    "HTTP_TRANSACTION_READ_RESPONSE_HEADERS": 4,
    "URL_REQUEST_JOB_FILTERED_BYTES_READ": 5,
    "COOKIE_INCLUSION_STATUS": 6,
    "DBSC_REGISTRATION_REQUEST": 7,
    "DBSC_REFRESH_REQUEST": 8,
}
URL = "https://app.example.test/dbsc/refresh"


def event(kind, source, time=0, /, **params):
    return {"type": TYPES[kind], "source": {"id": source, "type": 1}, "time": str(time), "params": params}


def octets(data):
    return {"byte_count": len(data), "bytes": base64.b64encode(data).decode()}


def log(*events):
    return json.dumps({"constants": {"logEventTypes": TYPES}, "events": events})


REFRESH = [
    event("DBSC_REFRESH_REQUEST", 1, source_dependency={"id": 2, "type": 1}),
    event("URL_REQUEST_START_JOB", 2, url=URL, method="POST"),
    event(
        "HTTP_TRANSACTION_SEND_REQUEST_HEADERS",
        2,
        10,
        headers=["Host: app.example.test", "Secure-Session-Response: a.b.c"],
    ),
    event(
        "HTTP_TRANSACTION_READ_RESPONSE_HEADERS",
        2,
        headers=["HTTP/1.1 200 OK", "Set-Cookie: a=1", "Set-Cookie: b=2: 3"],
    ),
    event("COOKIE_INCLUSION_STATUS", 2, name="a", operation="store", status="INCLUDE, DO_NOT_WARN, NO_EXEMPTION"),
    event("COOKIE_INCLUSION_STATUS", 2, name="b", operation="store", status="EXCLUDE_INVALID_PREFIX, DO_NOT_WARN, X"),
    event("URL_REQUEST_JOB_FILTERED_BYTES_READ", 2, **octets(b'{"a":')),
    event("URL_REQUEST_JOB_FILTERED_BYTES_READ", 2, **octets(b"1}")),
]


@pytest.fixture
def file(tmp_path):
    return tmp_path / "log.json"


def test_a_refresh_is_read_with_everything_that_passed(file):
    file.write_text(log(*REFRESH))
    (exchange,) = read_net_log(file)
    assert (exchange.purpose, exchange.url, exchange.status, exchange.body) == ("refresh", URL, 200, b'{"a":1}')
    assert exchange.sent_value("secure-session-response") == "a.b.c"
    assert exchange.sent_value("cookie") is None
    assert exchange.received_all("set-cookie") == ["a=1", "b=2: 3"]
    assert exchange.refused_cookies == (("b", "EXCLUDE_INVALID_PREFIX"),)


def test_the_well_known_document_is_told_from_the_registration_that_asked_for_it(file):
    url = "https://example.test/.well-known/device-bound-sessions"
    asked = [
        event("DBSC_REGISTRATION_REQUEST", 1, source_dependency={"id": 4, "type": 1}),
        event("URL_REQUEST_START_JOB", 4, url=url),
        event("HTTP_TRANSACTION_SEND_REQUEST_HEADERS", 4, headers=["Host: example.test"]),
    ]
    file.write_text(log(*asked))
    assert [exchange.purpose for exchange in read_net_log(file)] == ["well_known"]


def test_ordinary_requests_are_left_out(file):
    file.write_text(log(*REFRESH[1:]))
    assert read_net_log(file) == ()


def test_requests_come_in_the_order_in_which_they_were_sent(file):
    second = [
        event("DBSC_REGISTRATION_REQUEST", 1, source_dependency={"id": 3, "type": 1}),
        event("URL_REQUEST_START_JOB", 3, url="https://app.example.test/dbsc/register"),
        event("HTTP_TRANSACTION_HTTP2_SEND_REQUEST_HEADERS", 3, 5, headers=[":method: POST", "origin: https://x.test"]),
    ]
    file.write_text(log(*REFRESH, *second))
    registration, refresh = read_net_log(file)
    assert (registration.purpose, refresh.purpose) == ("registration", "refresh")
    assert registration.sent == (("origin", "https://x.test"),)
    assert registration.status is None


def test_each_redirect_is_an_exchange_of_its_own(file):
    file.write_text(log(*REFRESH, *REFRESH[2:4]))
    assert len(read_net_log(file)) == 2


def test_a_log_that_a_killed_browser_left_is_read_as_far_as_it_goes(file):
    file.write_text(log(*REFRESH).removesuffix("]}") + ",\n")
    assert len(read_net_log(file)) == 1


def test_no_log_is_no_exchange(file):
    assert read_net_log(file) == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(text=st.text(max_size=200))
def test_no_text_makes_it_fail(text, tmp_path_factory):
    file = tmp_path_factory.mktemp("log") / "log.json"
    file.write_text(text, errors="replace")
    assert read_net_log(file) == ()


@given(value=JSON)
def test_no_json_makes_it_fail(value, tmp_path_factory):
    file = tmp_path_factory.mktemp("log") / "log.json"
    file.write_text(json.dumps(value))
    assert read_net_log(file) == ()
