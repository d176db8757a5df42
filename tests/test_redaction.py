"""The last line of defence: nothing that looks like a credential passes into a log."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.redaction import HIDDEN, redact, redact_text

tokens = st.binary(min_size=32, max_size=48).map(lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode())
jwts = st.tuples(tokens, tokens).map(lambda parts: f"eyJhbGciOiJFUzI1NiJ9.{parts[0]}.{parts[1]}")
plain = st.text(alphabet=st.characters(codec="ascii", categories=["L", "Nd", "Zs"]), max_size=20)


@given(token=tokens, before=plain, after=plain)
def test_a_link_token_after_enrol_never_passes(token, before, after):
    assert token not in redact_text(f"{before} https://localhost:8443/enrol#{token} {after}")


@given(jwt=jwts, before=plain, after=plain)
def test_a_jwt_never_passes_wherever_it_stands(jwt, before, after):
    assert jwt.split(".")[2] not in redact_text(f"{before} {jwt} {after}")


@given(token=tokens)
@pytest.mark.parametrize(
    "shape",
    [
        "Authorization: DPoP {}",
        "authorization={}",
        "'Authorization', 'Bearer {}'",
        "Cookie: a=b; __Host-bg-login={}; c=d",
        "__Host-bg-bound={}; Path=/",
        "set-cookie: __Host-bg-fresh={}",
        "Secure-Session-Response: {}",
        "refresh_token={}",
        "GET /callback?code={}&state=x",
        "code_verifier={}&redirect_uri=http",
        "'client_assertion': '{}'",
        "request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A{}",
        "urn:ietf:params:oauth:request_uri:{}",
        '"client_secret": "{}"',
        "postgresql+asyncpg://gate:{}@db/boundgate",
        "sk-{}",
    ],
)
def test_a_credential_in_running_text_never_passes(shape, token):
    assert token not in redact_text(shape.format(token))


@given(token=tokens)
@pytest.mark.parametrize(
    "field", ["token", "login_token", "secret", "upstream_api_key", "credential", "Cookie", "authorization", "DPoP"]
)
def test_a_field_with_a_telling_name_never_shows_its_value(field, token):
    for value in (token, token.encode(), [token], {"x": token}, {field: token}, [(field, token)]):
        assert token not in json.dumps(redact({field: value}))


@given(token=tokens)
def test_header_pairs_of_an_asgi_scope_are_recognised(token):
    scope = {"headers": [(b"cookie", f"x={token}".encode()), (b"authorization", token.encode()), (b"host", b"gate")]}
    shown = json.dumps(redact(scope))
    assert token not in shown
    assert "gate" in shown


@given(token=tokens)
def test_an_object_is_shown_by_its_redacted_repr(token):
    class Thing:
        def __repr__(self):
            return f"<Thing token={token!r}>"

    assert redact(Thing()) == f"<Thing token='{HIDDEN}'>"


def test_a_nest_too_deep_to_look_into_is_hidden():
    nest = "innermost"
    for _ in range(12):
        nest = {"inner": nest}
    assert "innermost" not in json.dumps(redact(nest))


def test_what_is_public_stays_readable():
    event = {
        "event": "session bound",
        "key_thumbprint": "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
        "session_hash": "0f" * 16,
        "latency_ms": 1.5,
        "model": "gpt-5.2-mini",
        "address": "2001:db8::1",
        "path": "/v1/chat/completions",
        "retry": None,
        "ok": True,
    }
    assert redact(event) == event


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=20,
)


@given(value=json_values, field=st.text())
def test_any_value_can_be_redacted_and_then_written_as_json(value, field):
    json.dumps(redact(value, field=field))
