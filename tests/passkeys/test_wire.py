from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.errors import BadRequest, TooLarge
from boundgate.passkeys.wire import (
    CREDENTIAL_MAX_CHARACTERS,
    decode_base64url,
    encode_base64url,
    parse_assertion,
    parse_client_data,
    parse_registration,
)

PARSERS = pytest.mark.parametrize("parse", [parse_registration, parse_assertion])
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
CLIENT_DATA = {"type": "webauthn.get", "challenge": "YWJj", "origin": "https://gate.example", "crossOrigin": False}


def client_data(**changes: Any) -> bytes:
    return json.dumps(CLIENT_DATA | changes).encode()


def assertion(**changes: Any) -> dict[str, Any]:
    response = {"clientDataJSON": encode_base64url(client_data()), "authenticatorData": "AAAA", "signature": "AAAA"}
    return {"id": "AQID", "rawId": "AQID", "type": "public-key", "response": response} | changes


def test_a_browsers_assertion_is_read():
    answer = parse_assertion(json.dumps(assertion()))
    assert answer.credential_id == b"\x01\x02\x03"
    assert answer.client_data.challenge == "abc"
    assert answer.user_handle is None


def test_transports_are_kept_once_and_other_values_dropped():
    response = assertion()["response"] | {"attestationObject": "AAAA", "transports": ["usb", 7, "usb", None, "nfc"]}
    assert parse_registration(json.dumps(assertion(response=response))).transports == ("usb", "nfc")


@PARSERS
@given(text=st.text())
def test_any_text_gives_a_declared_error(parse, text):
    with pytest.raises(BadRequest):
        parse(text)


@PARSERS
@given(value=JSON_VALUES)
def test_any_json_gives_a_declared_error(parse, value):
    with pytest.raises(BadRequest):
        parse(json.dumps(value))


@PARSERS
@given(
    changes=st.dictionaries(st.sampled_from(["id", "rawId", "type", "response"]), JSON_VALUES),
    inner=st.dictionaries(
        st.sampled_from(["clientDataJSON", "authenticatorData", "signature", "attestationObject", "userHandle"]),
        JSON_VALUES | st.binary().map(encode_base64url),
    ),
)
def test_right_shape_with_wrong_values_gives_a_declared_error_or_an_answer(parse, changes, inner):
    credential = assertion()
    credential["response"] |= inner
    with suppress(BadRequest):
        parse(json.dumps(credential | changes))


@given(raw=st.binary() | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_as_client_data_give_a_declared_error(raw):
    with pytest.raises(BadRequest):
        parse_client_data(raw)


@given(changes=st.dictionaries(st.sampled_from([*CLIENT_DATA, "topOrigin"]), JSON_VALUES, min_size=1))
def test_client_data_with_wrong_values_gives_a_declared_error_or_a_reading(changes):
    try:
        data = parse_client_data(client_data(**changes))
    except BadRequest:
        return
    assert data.cross_origin is (changes.get("crossOrigin") is True or "topOrigin" in changes)


@PARSERS
@pytest.mark.parametrize(
    "text",
    [
        "",
        json.dumps(assertion(clientExtensionResults=float("nan"))),
        "[" * 60_000,
        '{"a":' * 10_000,
        "1" * 5_000,
        "NaN",
        '{"id": Infinity}',
        '{"type":"public-key","type":"public-key"}',
        '"\\ud800"',
    ],
    ids=[
        "empty",
        "nan-in-a-credential",
        "deep-array",
        "deep-object",
        "huge-number",
        "nan",
        "infinity",
        "member-twice",
        "surrogate",
    ],
)
def test_hostile_json_is_a_bad_request(parse, text):
    with pytest.raises(BadRequest):
        parse(text)


@PARSERS
def test_an_answer_longer_than_any_real_one_is_too_large(parse):
    with pytest.raises(TooLarge):
        parse(" " * (CREDENTIAL_MAX_CHARACTERS + 1))


@pytest.mark.parametrize("text", ["AQI=", "A", "AQ\n", "AQ==", "A+/A", "\uff21\uff31", 7, None, ["AQ"]])
def test_only_unpadded_base64url_is_read(text):
    with pytest.raises(BadRequest) as caught:
        decode_base64url(text, param="id")
    assert caught.value.param == "id"


@given(st.binary())
def test_base64url_goes_round(value):
    assert decode_base64url(encode_base64url(value), param="id") == value


def test_two_different_ids_are_refused():
    with pytest.raises(BadRequest):
        parse_assertion(json.dumps(assertion(rawId="AQIE")))


def test_unknown_members_of_the_client_data_are_passed_over():
    assert parse_client_data(client_data(other_keys_can_be_added_here="x")).challenge == "abc"


def test_a_member_of_the_client_data_that_stands_twice_is_refused():
    twice = client_data()[:-1] + b',"challenge":"YWJj"}'
    with pytest.raises(BadRequest):
        parse_client_data(twice)


@pytest.mark.parametrize("changes", [{"crossOrigin": True}, {"topOrigin": "https://evil.example"}, {"topOrigin": None}])
def test_a_frame_of_another_site_is_noticed(changes):
    assert parse_client_data(client_data(**changes)).cross_origin


@pytest.mark.parametrize("changes", [{"crossOrigin": "true"}, {"challenge": "_w"}, {"origin": None}, {"type": 1}])
def test_client_data_of_wrong_types_is_refused(changes):
    with pytest.raises(BadRequest):
        parse_client_data(client_data(**changes))
