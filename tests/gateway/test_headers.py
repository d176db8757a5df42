from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from boundgate.gateway.headers import PASSED_HEADERS, passed_headers


def test_only_listed_headers_pass_under_the_names_that_callers_see():
    received = [
        ("Content-Type", "application/json"),
        ("X-Request-Id", "req_1"),
        ("x-request-id", "req_2"),
        ("Retry-After", "3"),
        ("OpenAI-Processing-Ms", "12"),
        ("OpenAI-Organization", "acme"),
        ("openai-project", "proj_1"),
        ("Set-Cookie", "a=b"),
        ("Authorization", "Bearer x"),
        ("Server", "cloud"),
        ("x-ratelimit-remaining-requests", "1"),
    ]
    assert dict(passed_headers(received)) == {
        "x-upstream-request-id": "req_1",
        "retry-after": "3",
        "openai-processing-ms": "12",
    }


def test_values_that_could_be_something_else_do_not_pass():
    for value in ("", "a\r\nset-cookie: b=c", "ü", "x" * 200, "<script>"):
        assert passed_headers([("x-request-id", value)]) == ()


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([*PASSED_HEADERS, "set-cookie"]) | st.text(), st.text())))
def test_whatever_is_received_only_known_names_and_printable_ascii_pass(received):
    for name, value in passed_headers(received):
        assert name in PASSED_HEADERS.values()
        assert value.isascii()
        assert value.isprintable()
