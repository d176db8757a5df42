from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.oauth.errors import AuthorizationRefused, OAuthError
from boundgate.oauth.requests import check_request
from tests.oauth.builders import JKT, RULES, a_client, a_request

SHOWN_HERE: dict[str, dict[str, str | None]] = {
    "no redirect URI": {"redirect_uri": None},
    "a redirect URI of nobody": {"redirect_uri": "https://elsewhere.example/cb"},
    "a redirect URI that is longer": {"redirect_uri": "http://127.0.0.1:5000/cb/x"},
    "a state that nobody could send back": {"state": "x" * 3000},
}
SENT_BACK: dict[str, tuple[dict[str, str | None], str]] = {
    "no response type": ({"response_type": None}, "invalid_request"),
    "implicit": ({"response_type": "token"}, "unsupported_response_type"),
    "hybrid": ({"response_type": "code id_token"}, "unsupported_response_type"),
    "none": ({"response_type": "none"}, "unsupported_response_type"),
    "a request object": ({"request": "x.y.z"}, "request_not_supported"),
    "fragment": ({"response_mode": "fragment"}, "invalid_request"),
    "form post": ({"response_mode": "form_post"}, "invalid_request"),
    "prompt none": ({"prompt": "none"}, "interaction_required"),
    "prompt none among others": ({"prompt": "consent none"}, "interaction_required"),
    "no challenge": ({"code_challenge": None}, "invalid_request"),
    "plain": ({"code_challenge_method": "plain"}, "invalid_request"),
    "no method": ({"code_challenge_method": None}, "invalid_request"),
    "a short challenge": ({"code_challenge": "c" * 42}, "invalid_request"),
    "a padded challenge": ({"code_challenge": "c" * 43 + "="}, "invalid_request"),
    "no scope": ({"scope": None}, "invalid_scope"),
    "an unknown scope": ({"scope": "openid console"}, "invalid_scope"),
    "two spaces": ({"scope": "openid  chat"}, "invalid_scope"),
    "a quote": ({"scope": 'openid "chat"'}, "invalid_scope"),
    "a bad thumbprint": ({"dpop_jkt": "x"}, "invalid_request"),
    "another resource": ({"resource": "https://gate.example"}, "invalid_target"),
    "a negative age": ({"max_age": "-1"}, "invalid_request"),
    "an age that is none": ({"max_age": "\N{ARABIC-INDIC DIGIT ONE}"}, "invalid_request"),
    "a long nonce": ({"nonce": "x" * 2000}, "invalid_request"),
}


@pytest.mark.parametrize("case", SHOWN_HERE)
def test_what_is_never_redirected(case: str) -> None:
    with pytest.raises(OAuthError) as caught:
        check_request(a_client(), a_request(**SHOWN_HERE[case]), rules=RULES, proved_jkt=None)
    assert not isinstance(caught.value, AuthorizationRefused)
    assert caught.value.public_code == "invalid_request"


@pytest.mark.parametrize("case", SENT_BACK)
def test_what_the_client_is_told_by_redirection(case: str) -> None:
    change, expected = SENT_BACK[case]
    with pytest.raises(AuthorizationRefused) as caught:
        check_request(a_client(), a_request(**change), rules=RULES, proved_jkt=None)
    assert caught.value.public_code == expected
    assert caught.value.redirect_uri == "http://127.0.0.1:5000/cb"
    assert caught.value.state == "the state"


def test_a_client_without_the_grant_or_the_scope_is_told_so() -> None:
    for change, expected in (
        ({"grants": frozenset({"client_credentials"})}, "unauthorized_client"),
        ({"scopes": frozenset({"chat"})}, "invalid_scope"),
    ):
        with pytest.raises(AuthorizationRefused) as caught:
            check_request(a_client(**change), a_request(), rules=RULES, proved_jkt=None)
        assert caught.value.public_code == expected


def test_a_good_request_is_read() -> None:
    extra = {"nonce": "n", "max_age": "0", "acr_values": "phr phrh", "resource": RULES.resource, "unknown": "x"}
    request = check_request(a_client(), a_request(**extra), rules=RULES, proved_jkt=None)
    assert request.redirect_uri == "http://127.0.0.1:5000/cb"
    assert request.scope == {"openid", "chat"}
    assert (request.state, request.nonce, request.max_age) == ("the state", "n", 0)
    assert request.acr_values == ("phr", "phrh")
    assert request.jkt is None


@pytest.mark.parametrize(
    ("named", "proved", "bound"), [(None, None, None), (JKT, None, JKT), (None, JKT, JKT), (JKT, JKT, JKT)]
)
def test_the_code_is_bound_to_the_key_that_is_named_or_proved(
    named: str | None, proved: str | None, bound: str | None
) -> None:
    request = check_request(a_client(), a_request(dpop_jkt=named), rules=RULES, proved_jkt=proved)
    assert request.jkt == bound


def test_a_named_key_and_a_proved_one_must_agree() -> None:
    with pytest.raises(AuthorizationRefused) as caught:
        check_request(a_client(), a_request(dpop_jkt="k" * 43), rules=RULES, proved_jkt=JKT)
    assert caught.value.public_code == "invalid_request"


@given(st.dictionaries(st.sampled_from([*a_request(), "request", "prompt", "max_age"]), st.text(max_size=60)))
def test_any_parameters_are_checked_or_refused(parameters: dict[str, str]) -> None:
    with contextlib.suppress(OAuthError):
        check_request(a_client(), a_request(**parameters), rules=RULES, proved_jkt=None)
