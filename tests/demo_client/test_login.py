"""Logging in: what is asked, what is checked about the answers, what the browser sees."""

from __future__ import annotations

import contextlib
import socket
import threading
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from demo_client.errors import ClientError, NotAServer, Refused, Unreachable
from demo_client.keys.file import FileKey
from demo_client.login import Plan, log_in
from demo_client.loopback import Loopback
from demo_client.metadata import checked_server, metadata_url
from tests.demo_client.conftest import Visitor, logged_in
from tests.demo_client.fake_server import CLIENT_ID, USER, Denied


def test_a_login_is_kept_with_what_the_server_said(fake, store):
    login = logged_in(fake, store)
    assert store.login() == login
    assert (login.subject, login.server, login.scope) == (USER, fake.origin, "openid models chat offline_access")
    (family,) = fake.families
    assert family.jkt == login.thumbprint


def test_only_client_and_request_uri_travel_through_the_browser(fake, store):
    seen = []
    handle = fake.handle

    def watch(method, url, headers, body):
        seen.append(url)
        return handle(method, url, headers, body)

    fake.handle = watch
    logged_in(fake, store)
    (authorize,) = [url for url in seen if "/oauth/authorize" in url]
    assert set(dict(parse_qsl(urlsplit(authorize).query))) == {"client_id", "request_uri"}


def test_the_code_does_not_stay_in_the_address_bar_and_the_last_page_says_what_to_do(fake, store):
    store.save_key(FileKey.create(), now=0)
    visitor = Visitor(fake)
    plan = Plan(server=fake.origin, client_id=CLIENT_ID)
    shown = []
    log_in(
        plan,
        store,
        store.require_key(),
        show=shown.append,
        open_browser=visitor.open,
        transport=fake.transport(),
        seconds=10,
    )
    visitor.done()
    assert [page.status_code for page in visitor.pages] == [303, 303, 303, 200]
    assert visitor.pages[2].headers["Location"] == "/done"
    assert "close this tab" in visitor.pages[3].text
    for page in visitor.pages[2:]:
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
    assert shown[0].startswith("http://127.0.0.1:")


def test_declining_is_said_and_changes_nothing(fake, store):
    fake.decline = True
    with pytest.raises(Refused, match="The user declined") as refused:
        logged_in(fake, store)
    assert refused.value.code == "access_denied"
    assert store.login() is None


def test_an_answer_of_another_issuer_is_not_redeemed(fake, store):
    fake.issuer_in_answer = "https://attacker.example"
    with pytest.raises(NotAServer, match="another server"):
        logged_in(fake, store)
    assert fake.count("/oauth/token") == 0


def test_an_error_of_another_issuer_is_not_believed_either(fake, store):
    fake.issuer_in_answer, fake.decline = "https://attacker.example", True
    with pytest.raises(NotAServer, match="another server"):
        logged_in(fake, store)


def test_a_token_that_is_not_bound_to_the_key_is_not_used(fake, store):
    fake.token_type = "Bearer"
    with pytest.raises(NotAServer, match="not bound to the key"):
        logged_in(fake, store)
    assert store.login() is None


def test_an_id_token_of_another_request_is_refused(fake, store, monkeypatch):
    redeem = fake._redeem

    def swapped(form, jkt):
        fake._codes[form["code"]]["nonce"] = "another's"
        return redeem(form, jkt)

    monkeypatch.setattr(fake, "_redeem", swapped)
    with pytest.raises(NotAServer, match="id_token"):
        logged_in(fake, store)


def test_an_unknown_client_is_told_how_to_register(fake, store, monkeypatch):
    monkeypatch.setattr("tests.demo_client.fake_server.CLIENT_ID", "other")
    store.save_key(FileKey.create(), now=0)
    visitor = Visitor(fake)
    plan = Plan(server=fake.origin, client_id="demo")
    with pytest.raises(Refused) as refused:
        log_in(
            plan,
            store,
            store.require_key(),
            show=lambda _: None,
            open_browser=visitor.open,
            transport=fake.transport(),
            seconds=10,
        )
    assert "boundgate clients add" in refused.value.hint
    visitor.done()
    assert visitor.pages[-1].status_code == 502
    assert "no such client" in visitor.pages[-1].text


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        ({"issuer": "https://attacker.example"}, "another issuer"),
        ({"code_challenge_methods_supported": ["plain"]}, "S256"),
        ({"dpop_signing_alg_values_supported": ["RS256"]}, "ES256"),
        ({"token_endpoint": "http://gate.example/token"}, "token_endpoint"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "authorization_endpoint"),
        ({"pushed_authorization_request_endpoint": None}, "pushed_authorization_request_endpoint"),
    ],
)
def test_metadata_that_cannot_be_trusted_is_refused_before_anything_is_asked(fake, store, extra, sentence):
    fake.metadata_extra = extra
    with pytest.raises(NotAServer, match=sentence):
        logged_in(fake, store)
    assert [path for _, path in fake.requests if not path.startswith("/.well-known/")] == []


def test_a_resource_that_calls_itself_something_else_is_refused(fake, store):
    here, fake.origin = fake.origin, "http://127.0.0.1:8"
    store.save_key(FileKey.create(), now=0)
    with pytest.raises(NotAServer, match="another resource") as refused:
        log_in(
            Plan(server=here, client_id=CLIENT_ID),
            store,
            store.require_key(),
            show=print,
            open_browser=print,
            transport=fake.transport(),
        )
    assert "--server" in refused.value.hint


def test_a_server_without_oauth_is_said(fake, store, monkeypatch):
    def missing(*_):
        raise Denied(404, "not_found")

    monkeypatch.setattr(fake, "_get_well_known_oauth_protected_resource_v1", missing)
    with pytest.raises(NotAServer, match="answered 404"):
        logged_in(fake, store)


@pytest.mark.parametrize(
    "text", ["gate.example", "http://gate.example", "https://", "https://h/v1", "https://u@h", "https://h:x", "ftp://h"]
)
def test_an_address_that_is_none_or_insecure_is_refused(text):
    with pytest.raises(NotAServer):
        checked_server(text)


@pytest.mark.parametrize("text", ["https://Gate.Example:8443/", "http://localhost:1", "http://127.0.0.1:1"])
def test_an_origin_is_taken_in_lower_case_without_its_slash(text):
    assert checked_server(text) == text.lower().rstrip("/")


def test_the_well_known_part_stands_between_host_and_path():
    assert metadata_url("https://h/tenant") == "https://h/.well-known/oauth-authorization-server/tenant"


def test_no_server_is_said_with_its_name(store):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    store.save_key(FileKey.create(), now=0)
    with pytest.raises(Unreachable, match=f"no connection to 127.0.0.1:{port}"):
        log_in(
            Plan(server=f"http://127.0.0.1:{port}", client_id="x"),
            store,
            store.require_key(),
            show=print,
            open_browser=print,
        )


# The listener


@contextlib.contextmanager
def listening():
    listener = Loopback(lambda uri: (f"https://gate.example/authorize?to={uri}", "state-1"))
    try:
        yield listener
    finally:
        listener.close()


def test_it_listens_on_this_machine_alone():
    with listening() as listener:
        assert listener._server.server_address[0] == "127.0.0.1"
        assert listener.redirect_uri.startswith("http://127.0.0.1:")


def test_a_wrong_state_is_refused_and_the_right_answer_still_counts():
    with listening() as listener:
        assert httpx.get(listener.link).status_code == 303
        for query in ("state=wrong&code=stolen", "code=stolen", "", "state=&code=x"):
            assert httpx.get(f"{listener.redirect_uri}?{query}").status_code == 400
        assert httpx.get(f"{listener.redirect_uri}?state=state-1&code=right").status_code == 303
        assert httpx.get(f"{listener.redirect_uri}?state=state-1&code=late").status_code == 303
        threading.Thread(target=httpx.get, args=(f"{listener.origin}/done",)).start()
        assert listener.wait(10)["code"] == "right"


def test_an_answer_before_any_question_is_refused():
    with listening() as listener:
        assert httpx.get(f"{listener.redirect_uri}?state=state-1&code=x").status_code == 400


def test_a_name_that_points_here_does_not_reach_it():
    with listening() as listener:
        port = listener.origin.rpartition(":")[2]
        for host in (f"evil.example:{port}", f"localhost:{port}", "127.0.0.1", ""):
            assert httpx.get(listener.link, headers={"Host": host}).status_code in {400, 421}


@pytest.mark.parametrize("path", ["/", "/favicon.ico", "/start/", "/start/guess", "/done"])
def test_there_is_nothing_else(path):
    with listening() as listener:
        assert httpx.get(listener.origin + path).status_code == 404


def test_a_silent_connection_does_not_hold_up_the_answer():
    with listening() as listener, socket.create_connection(("127.0.0.1", int(listener.origin.rpartition(":")[2]))):
        assert httpx.get(listener.link, timeout=2).status_code == 303


def test_nobody_in_the_browser_is_said():
    with listening() as listener, pytest.raises(ClientError, match="nobody answered"):
        listener.wait(0.05)
