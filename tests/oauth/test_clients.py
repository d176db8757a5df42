from __future__ import annotations

from typing import Any

import pytest

from boundgate.errors import Conflict, NotFound
from boundgate.oauth.authorize import require_use
from boundgate.oauth.clients import CLIENTS_PER_USER, ClientRegistry, Registration
from boundgate.oauth.errors import AccessDenied, InvalidRequest
from boundgate.oauth.model import Client, ClientKind
from tests.oauth.builders import a_client
from tests.support.dpop import ProgramKey
from tests.support.keys import FakeClock, counting_random

KEY = ProgramKey("identity").canonical


class Clients:
    """The part of `ClientStore` that the registry uses."""

    def __init__(self) -> None:
        self.kept: dict[str, Client] = {}

    async def client(self, client_id: str) -> Client | None:
        return self.kept.get(client_id)

    async def add_client(self, client: Client, *, limit: int | None = None) -> bool:
        owned = [one for one in self.kept.values() if client.owner_id and one.owner_id == client.owner_id]
        if limit is not None and len(owned) >= limit:
            return False
        self.kept[client.id] = client
        return True

    async def publish_client(self, client_id: str, *, published: bool, now: float) -> list[str] | None:
        return [] if client_id in self.kept else None

    async def remove_client(self, client_id: str, *, now: float) -> list[str] | None:
        return ["a family"] if self.kept.pop(client_id, None) else None


@pytest.fixture
def ended() -> list[str]:
    return []


@pytest.fixture
def registry(ended: list[str]) -> ClientRegistry:
    store: Any = Clients()
    return ClientRegistry(store=store, clock=FakeClock(), random=counting_random(), on_ended=ended.extend)


def registration(**fields: Any) -> Registration:
    return Registration(**{"name": "Program", "redirect_uris": ["http://127.0.0.1/cb"]} | fields)


def service(**fields: Any) -> Registration:
    return Registration(
        **{"name": "Service", "jwks": [KEY], "scopes": ["chat"], "grants": ["client_credentials"]} | fields
    )


async def test_a_program_without_a_key_is_public(registry: ClientRegistry) -> None:
    client = await registry.register(registration(name="  Cafe\u0301 "), owner_id="alice")
    assert (client.kind, client.owner_id, client.published) == (ClientKind.PUBLIC, "alice", False)
    assert client.name == "Café"
    assert len(client.id.removeprefix("app-")) == 22
    assert await registry.client(client.id) == client


async def test_a_program_with_a_key_is_confidential_and_its_key_is_kept_in_one_form(registry: ClientRegistry) -> None:
    spelled = KEY.replace("{", '{ "use": "sig", "kid": "mine", ')
    client = await registry.register(service(jwks=[spelled, KEY]), owner_id=None, published=True)
    assert client.kind is ClientKind.CONFIDENTIAL
    assert client.jwks == (KEY,)
    assert client.published


BAD: dict[str, Registration] = {
    "no name": registration(name=" "),
    "a long name": registration(name="x" * 65),
    "a name that turns the text": registration(name="a\u202eb"),
    "a name with a line end": registration(name="a\nb"),
    "no redirect URI": registration(redirect_uris=[]),
    "a bad redirect URI": registration(redirect_uris=["http://app.example/"]),
    "many redirect URIs": registration(redirect_uris=[f"https://app.example/{n}" for n in range(11)]),
    "an unknown scope": registration(scopes=["console"]),
    "no scope": registration(scopes=[]),
    "an unknown grant": registration(grants=["password"]),
    "no grant": registration(grants=[]),
    "refresh alone": registration(grants=["refresh_token"], redirect_uris=[]),
    "a public service": registration(grants=["client_credentials"], redirect_uris=[]),
    "a service for persons": service(scopes=["openid"]),
    "a service with a redirect URI": service(redirect_uris=["https://app.example/cb"]),
    "a key that is no JSON": service(jwks=["x"]),
    "a key that is none": service(jwks=["{}"]),
    "a private key": service(jwks=[KEY.replace("{", '{"d":"AAAA",')]),
    "an RSA key": service(jwks=['{"kty":"RSA","n":"AQAB","e":"AQAB"}']),
    "a symmetric key": service(jwks=['{"kty":"oct","k":"AAAA"}']),
    "a long key": service(jwks=[" " * 3000]),
    "many keys": service(jwks=[KEY] * 6),
}


@pytest.mark.parametrize("case", BAD)
async def test_what_cannot_be_registered(registry: ClientRegistry, case: str) -> None:
    with pytest.raises(InvalidRequest):
        registry.check(BAD[case])
    with pytest.raises(InvalidRequest) as caught:
        await registry.register(BAD[case], owner_id="alice")
    assert caught.value.param


async def test_a_user_has_so_many_clients_and_no_more(registry: ClientRegistry) -> None:
    for _ in range(CLIENTS_PER_USER):
        await registry.register(registration(), owner_id="alice")
    with pytest.raises(Conflict):
        await registry.register(registration(), owner_id="alice")
    await registry.register(registration(), owner_id="bob")


async def test_a_client_is_removed_by_its_owner_or_an_operator(registry: ClientRegistry, ended: list[str]) -> None:
    first, second = [await registry.register(registration(), owner_id="alice") for _ in range(2)]
    with pytest.raises(NotFound):
        await registry.remove(first.id, owner_id="bob")
    assert ended == []
    await registry.remove(first.id, owner_id="alice")
    await registry.remove(second.id)
    assert ended == ["a family", "a family"]
    for act in (registry.remove, registry.publish, registry.client):
        with pytest.raises(NotFound):
            await act(first.id)


@pytest.mark.parametrize(
    ("owner", "published", "user", "may"),
    [
        ("alice", False, "alice", True),
        ("alice", False, "bob", False),
        ("alice", True, "bob", True),
        (None, False, "alice", False),
        (None, False, "", False),
        (None, True, "alice", True),
    ],
)
def test_a_client_works_for_its_owner_until_it_is_published(
    owner: str | None, published: bool, user: str, may: bool
) -> None:
    client = a_client(owner_id=owner, published=published)
    if may:
        require_use(client, user)
        return
    with pytest.raises(AccessDenied) as caught:
        require_use(client, user)
    assert caught.value.public_code == "client_not_published"
