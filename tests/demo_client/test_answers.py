"""What a server says, on its way to a terminal."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo_client.answers import api_refusal, clock_skew, json_object, plain, printable, refusal, sending
from demo_client.errors import ClientError, LoginEnded, NotAServer, Unreachable

REQUEST = httpx.Request("GET", "https://gate.example/v1/models")


def answer(status, **given):
    return httpx.Response(status, request=REQUEST, **given)


@given(text=st.text())
def test_nothing_that_steers_a_terminal_comes_through(text):
    shown = plain(text)
    assert all(char.isprintable() for char in shown), repr(shown)
    assert len(shown) <= 301


@pytest.mark.parametrize("text", ["\x1b[2J", "\x9b31m", "a\u202eb", "\r", "\x07", "\u200b"])
def test_control_characters_are_taken_out(text):
    assert set(plain(text)) & set(text) <= set("[2J31mab")


def test_what_looks_like_a_token_is_taken_out():
    token = f"{'a' * 30}.{'b' * 30}.{'c' * 30}"
    assert token not in plain(f"the token {token} has expired")
    assert "d" * 43 not in plain("d" * 43)


def test_a_thumbprint_that_was_asked_for_is_shown_and_a_signed_token_still_is_not():
    assert printable("d" * 43) == "d" * 43
    assert "b" * 30 not in printable(f"{'a' * 30}.{'b' * 30}.{'c' * 30}")


@pytest.mark.parametrize(
    ("document", "code", "sentence"),
    [
        ({"error": {"code": "model_not_found", "message": "No such model."}}, "model_not_found", "No such model."),
        ({"error": "invalid_request", "error_description": "No."}, "invalid_request", "No."),
        ({"title": "Not Found", "detail": "Nothing here."}, "Not Found", "Nothing here."),
        ({}, "HTTP 418", "the server gave no reason."),
        ({"error": 5}, "5", "the server gave no reason."),
    ],
)
def test_every_form_of_refusal_becomes_a_sentence(document, code, sentence):
    found = api_refusal(answer(418, json=document))
    assert (found.code, str(found)) == (code, f"{code}: {sentence}")


@pytest.mark.parametrize("code", ["invalid_token", "session_revoked"])
def test_an_ended_login_says_how_to_begin_another(code):
    found = refusal(code, "Ended.", 401)
    assert isinstance(found, LoginEnded)
    assert "login" in found.hint


@pytest.mark.parametrize("content", [b"<html>", b"[]", b"\xff", b"[" * 100_000])
def test_an_answer_that_is_no_json_object_is_said(content):
    with pytest.raises(NotAServer, match=r"gate\.example answered 200"):
        json_object(answer(200, content=content))


def test_a_clock_that_is_wrong_is_named_when_a_proof_is_refused():
    dated = answer(401, json={"error": "invalid_dpop_proof"}, headers={"Date": "Wed, 25 Nov 2020 10:00:00 GMT"})
    assert "clock" in api_refusal(dated).hint
    assert clock_skew(dated, lambda: 1606298400.0 + 10) is None
    assert clock_skew(dated, lambda: 1606298400.0 + 90) == 90
    assert clock_skew(answer(401)) is None
    assert clock_skew(answer(401, headers={"Date": "yesterday"})) is None


@pytest.mark.parametrize(
    ("raised", "sentence", "hint"),
    [
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"), "not trusted", "--ca-file"),
        (httpx.ConnectError("refused"), "no connection", "--server"),
        (httpx.ReadTimeout("slow"), "in time", "again"),
        (httpx.RemoteProtocolError("cut"), "no connection", "--server"),
    ],
)
def test_what_fails_on_the_way_is_a_sentence_and_a_hint(raised, sentence, hint):
    with pytest.raises(Unreachable, match=sentence) as found, sending("https://gate.example/x"):
        raise raised
    assert hint in found.value.hint


def test_a_lost_answer_is_swallowed_only_where_it_is_sent_again():
    with sending("https://h", again=True):
        raise httpx.ReadError("lost")
    with pytest.raises(ClientError), sending("https://h"):
        raise httpx.ReadError("lost")
