"""`boundgate clients` over real services: what is printed where, and what is registered."""

from __future__ import annotations

import asyncio
import json

import pytest

from boundgate.app import open_services
from boundgate.cli import run
from boundgate.oauth.clients import Registration
from boundgate.settings import load_settings
from tests.support.dpop import ProgramKey

CALLBACK = "http://127.0.0.1/callback"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A data directory that a server has run on."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("boundgate.logging_setup.configure_logging", lambda _format: None)
    beside(lambda services: services.enrolment.invite("alice"))


def beside(act):
    async def within():
        async with open_services(load_settings(), beside=True) as services:
            return await act(services)

    return asyncio.run(within())


def add(*words):
    assert run(["clients", "add", *words]) == 0


def printed(capfd, *words):
    capfd.readouterr()
    assert run(["clients", *words]) == 0
    return capfd.readouterr()


def registered():
    return beside(lambda services: services.oauth.registry.clients())


def test_a_program_is_registered_for_everybody_and_its_id_alone_is_printed(capfd):
    shown = printed(capfd, "add", "Notebook", "--redirect-uri", CALLBACK, "--redirect-uri", "com.example.app:/cb")
    (client,) = registered()
    assert shown.out == f"{client.id}\n"
    assert (client.name, client.owner_id, client.published, client.kind) == ("Notebook", None, True, "public")
    assert client.redirect_uris == (CALLBACK, "com.example.app:/cb")
    assert client.scopes == {"openid", "models", "chat", "offline_access"}
    assert "everybody" in shown.err


def test_a_service_brings_its_public_keys_and_acts_for_itself(tmp_path):
    key = ProgramKey("service")
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [key.jwk | {"kid": "1", "use": "sig"}]}))
    add("Nightly", "--jwks", "keys.json")
    (client,) = registered()
    assert (client.kind, client.grants, client.redirect_uris) == ("confidential", {"client_credentials"}, ())
    assert (client.jwks, client.scopes) == ((key.canonical,), {"models", "chat"})


def test_a_program_with_a_server_of_its_own_has_both(tmp_path):
    (tmp_path / "key.json").write_text(json.dumps(ProgramKey("web").jwk))
    add("Web", "--jwks", "key.json", "--redirect-uri", "https://app.example/cb", "--scope", "chat")
    (client,) = registered()
    assert (client.kind, client.scopes) == ("confidential", {"chat"})
    assert client.grants == {"authorization_code", "refresh_token"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        ("{", "not valid JSON"),
        ("[]", "not a JSON object"),
        ("{}", "no key set"),
        ('{"keys": []}', "no key set"),
        ('{"keys": ["x"]}', "no key set"),
        ('{"kty": "RSA", "n": "AQAB", "e": "AQAB"}', "P-256"),
        ('{"kty": "oct", "k": "c2VjcmV0"}', "private members"),
    ],
)
def test_keys_that_cannot_be_used_are_refused_and_never_shown(content, said, tmp_path, capfd):
    if content is not None:
        (tmp_path / "keys.json").write_text(content)
    assert run(["clients", "add", "Nightly", "--jwks", "keys.json"]) == 1
    shown = capfd.readouterr()
    assert (shown.out, said in shown.err) == ("", True)
    assert "c2VjcmV0" not in shown.err
    assert registered() == []


def test_a_private_key_is_refused(tmp_path, capfd):
    (tmp_path / "keys.json").write_text(json.dumps(ProgramKey("service").jwk | {"d": "c2VjcmV0c2VjcmV0"}))
    assert run(["clients", "add", "Nightly", "--jwks", "keys.json"]) == 1
    assert "private" in capfd.readouterr().err


@pytest.mark.parametrize("words", [["Notebook"], ["Notebook", "--redirect-uri", "http://localhost/x"], [""]])
def test_what_cannot_be_registered_is_refused_with_a_sentence(words, capfd):
    assert run(["clients", "add", *words]) == 1
    assert capfd.readouterr().err.startswith("boundgate: ")


def test_the_list_says_whom_each_works_for(capfd):
    add("Notebook", "--redirect-uri", CALLBACK)
    add("Draft", "--redirect-uri", CALLBACK, "--no-publish")
    register_alices()
    out = printed(capfd, "list").out
    assert [word in out for word in ("everybody", "nobody: not published", "alice alone")] == [True] * 3
    listed = json.loads(printed(capfd, "list", "--json").out)
    assert [(each["name"], each["made_by"], each["published"]) for each in listed] == [
        ("Notebook", None, True),
        ("Draft", None, False),
        ("[b]Mine[/b]", "alice", False),
    ]


def register_alices():
    async def act(services):
        alice = await services.store.user_by_name("alice")
        registration = Registration(name="[b]Mine[/b]", redirect_uris=[CALLBACK])
        return await services.oauth.registry.register(registration, owner_id=alice.id)

    return beside(act)


def test_an_empty_list_says_what_comes_first(capfd):
    shown = printed(capfd, "list")
    assert (shown.out, "clients add" in shown.err) == ("", True)


def test_show_says_everything_and_takes_names_as_they_are(capfd):
    client = register_alices()
    out = printed(capfd, "show", client.id).out
    assert [word in out for word in (client.id, "[b]Mine[/b]", "alice alone", CALLBACK, "offline_access")] == [True] * 5
    assert json.loads(printed(capfd, "show", client.id, "--json").out)["client_id"] == client.id


def test_publishing_and_taking_it_back(capfd):
    client = register_alices()
    printed(capfd, "publish", client.id)
    assert registered()[0].published
    assert "everybody (made by alice)" in printed(capfd, "show", client.id).out
    printed(capfd, "unpublish", client.id)
    assert not registered()[0].published


def test_a_removed_program_is_gone(capfd):
    client = register_alices()
    printed(capfd, "remove", client.id)
    assert registered() == []


@pytest.mark.parametrize("command", ["show", "publish", "unpublish", "remove"])
def test_an_unknown_id_is_an_error(command, capfd):
    assert run(["clients", command, "nobody"]) == 1
    assert "There is no such client" in capfd.readouterr().err


@pytest.mark.parametrize("words", [["list"], ["show", "x"], ["publish", "x"], ["unpublish", "x"], ["remove", "x"]])
def test_a_directory_on_which_no_server_ran_is_refused_and_not_made(words, tmp_path, capfd):
    assert run(["clients", *words, "--data-dir", "mistyped"]) == 1
    assert "no server has run on mistyped yet" in capfd.readouterr().err
    assert not (tmp_path / "mistyped").exists()
