from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.oauth.errors import InvalidRequest
from boundgate.oauth.redirects import check_redirect_uri, match_redirect_uri

GOOD = [
    "https://app.example/callback",
    "https://app.example:8443/callback?tenant=1",
    "https://app.example/",
    "https://xn--bcher-kva.example/cb",
    "http://127.0.0.1/callback",
    "http://127.0.0.1:5000/callback",
    "http://127.0.0.1",
    "http://[::1]/cb",
    "http://[::1]:65535/cb",
    "com.example.app:/callback",
    "com.example.app:callback",
]
BAD = [
    "",
    "/callback",
    "app.example/callback",
    "https://app.example/cb#fragment",
    "https://user@app.example/cb",
    "https://user:word@app.example/cb",
    "https:///cb",
    "https://",
    "https:app.example/cb",
    "HTTPS://app.example/cb",
    "https://App.example/cb",
    "https://app.example:0/cb",
    "https://app.example:99999/cb",
    "https://*.app.example/cb",
    "https://app.example/c b",
    "https://app.example/%zz",
    "https://app.example\\@elsewhere.example/cb",
    "https://bücher.example/cb",
    "http://app.example/cb",
    "http://localhost/cb",
    "http://localhost:5000/cb",
    "http://127.0.0.1.elsewhere.example/cb",
    "http://127.0.0.1:0/cb",
    "http://127.0.0.1:70000/cb",
    "http://127.0.0.1:05000/cb",
    "http://127.0.0.2/cb",
    "http://user@127.0.0.1/cb",
    "http://[::2]/cb",
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "myapp:/cb",
    "com.example.app://host/cb",
    "ftp://app.example/cb",
    "https://app.example/" + "x" * 512,
    "https://app.example/cb\n",
]


@pytest.mark.parametrize("uri", GOOD)
def test_what_may_be_registered(uri: str) -> None:
    assert check_redirect_uri(uri) == uri
    assert match_redirect_uri(uri, registered=[uri])


@pytest.mark.parametrize("uri", BAD)
def test_what_may_not(uri: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        check_redirect_uri(uri)
    assert caught.value.param == "redirect_uris"


@pytest.mark.parametrize(
    "requested",
    [
        "http://127.0.0.1:1/cb",
        "http://127.0.0.1:65535/cb",
        "http://127.0.0.1/cb",
    ],
)
@pytest.mark.parametrize("registered", ["http://127.0.0.1/cb", "http://127.0.0.1:5000/cb"])
def test_any_port_of_a_registered_loopback_address_matches(requested: str, registered: str) -> None:
    assert match_redirect_uri(requested, registered=["https://app.example/", registered])


@pytest.mark.parametrize(
    "requested",
    [
        "http://127.0.0.1:1/cb/",
        "http://127.0.0.1:1/CB",
        "http://127.0.0.1:1/cb?x=1",
        "http://127.0.0.1:1/",
        "http://127.0.0.1:1",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:+5000/cb",
        "http://127.0.0.1:5000/cb#",
        "http://127.0.0.1:5000@elsewhere.example/cb",
        "http://[::1]:5000/cb",
        "http://localhost:5000/cb",
        "https://127.0.0.1:5000/cb",
        "HTTP://127.0.0.1:5000/cb",
        "http://127.0.0.1:\N{ARABIC-INDIC DIGIT FIVE}000/cb",
    ],
)
def test_nothing_but_the_port_may_differ(requested: str) -> None:
    assert not match_redirect_uri(requested, registered=["http://127.0.0.1/cb"])


@pytest.mark.parametrize(
    "requested",
    [
        "https://app.example/cb/",
        "https://app.example/cb?x=1",
        "https://app.example:443/cb",
        "https://app.example:8443/cb",
        "https://APP.example/cb",
        "https://app.example/%63b",
        "https://app.example/x/../cb",
        "https://app.example.elsewhere.example/cb",
        "",
    ],
)
def test_everything_else_is_compared_as_text(requested: str) -> None:
    assert not match_redirect_uri(requested, registered=["https://app.example/cb"])


@given(st.text(max_size=80) | st.from_regex(r"https?://[a-z0-9.\[\]:@/?#%-]{0,40}", fullmatch=True))
def test_any_text_is_registered_or_refused_and_matches_only_itself(uri: str) -> None:
    try:
        check_redirect_uri(uri)
    except InvalidRequest:
        assert not match_redirect_uri(uri, registered=GOOD) or uri in GOOD
        return
    assert uri.isascii()
    assert "#" not in uri
    assert match_redirect_uri(uri, registered=[uri])
