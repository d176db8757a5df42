"""Sign-in that begins elsewhere, in a real browser: at somebody else's provider, a hostile one, another Boundgate."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from boundgate.oauth.model import OutsideLink
from boundgate.services import open_services
from boundgate.settings import load_settings
from e2e.support.names import unique
from e2e.support.person import LOGIN, Person
from e2e.support.provider import Provider, serving
from e2e.support.secrets import Secrets, leaks
from e2e.support.server import Server, in_thread
from e2e.test_pages import NARROW, OVERFLOW, complaints

SECRET = "a-client-secret-of-the-run-0123456789"


@dataclass
class House:
    """A Boundgate that lets people begin at three providers."""

    server: Server
    acme: Provider
    hostile: Provider


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, tls_dir: Path, server: Server, secrets: Secrets) -> Iterator[House]:
    data_dir = tmp_path_factory.mktemp("house")
    shutil.copytree(tls_dir, data_dir / "tls")
    secret_file = tmp_path_factory.mktemp("secret") / "acme"
    secret_file.write_text(SECRET)
    with serving(tls_dir) as acme, serving(tls_dir) as hostile, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(tls_dir / "ca.pem"))
        here = Server(data_dir)
        callback = here.origin + "/sign-in/outside/{}/callback"
        client_id = server.command("clients", "add", "House", "--redirect-uri", callback.format("boundgate")).strip()
        providers = {
            "acme": {"name": "Acme ID", "issuer": acme.issuer, "client_id": "house"},
            "hostile": {"name": "Cheap ID", "issuer": hostile.issuer, "client_id": "house"},
            "boundgate": {"name": "Another Boundgate", "issuer": server.origin, "client_id": client_id},
        }
        providers["acme"]["client_secret_file"] = str(secret_file)
        here.configure(outside_providers=json.dumps(providers))
        acme.register("house", callback.format("acme"), secret=SECRET)
        hostile.register("house", callback.format("hostile"), secret=None)
        here.start()
        yield House(here, acme, hostile)
        assert here.stop() == 0
        issued = {SECRET, *acme.issued, *hostile.issued}
        assert issued > {SECRET}
        assert list(leaks(here, secrets.found | issued)) == [], "a secret lies where it must not"


def resident(person: Callable[..., Person], house: House, name: str = "alice") -> Person:
    """Somebody enrolled at the house, whom its provider knows by a subject of their own."""
    someone = person(at=house.server)
    someone.name = unique(name)
    someone.enrol(house.server.invite(someone.name))
    someone.wait_until("bound")
    house.acme.subject = f"subject of {someone.name}"
    return someone


def link(someone: Person, house: House) -> None:
    page = someone.page
    page.goto(f"{house.server.origin}/account")
    page.get_by_role("button", name="Link an account of Acme ID").click()
    expect(page.get_by_text("Link this account of Acme ID?")).to_be_visible()
    page.get_by_role("button", name="Link with passkey").click()
    expect(page.get_by_text("The account of Acme ID is linked.")).to_be_visible()


def begin(page: Page, house: House, name: str = "Acme ID") -> None:
    page.goto(house.server.origin)
    page.get_by_role("button", name=f"Continue with {name}").click()


def fits(page: Page) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(OVERFLOW) <= 0
    assert page.evaluate("() => document.querySelectorAll('h1').length") == 1


def test_an_account_is_linked_by_a_touch_and_then_leads_to_the_passkey(
    person: Callable[..., Person], house: House
) -> None:
    alice = resident(person, house)
    page = alice.page
    said = complaints(page)
    page.set_viewport_size(NARROW)
    page.goto(f"{house.server.origin}/account")
    page.get_by_role("button", name="Link an account of Acme ID").click()
    page.wait_for_url("**/account#outside")
    expect(page.get_by_text(house.acme.subject)).to_be_visible()
    fits(page)
    assert house.server.rows("SELECT 1 FROM oauth_outside_links WHERE subject = ?", house.acme.subject) == []
    page.get_by_role("button", name="Link with passkey").click()
    expect(page.get_by_text("The account of Acme ID is linked.")).to_be_visible()
    alice.sign_out()
    fits(page)
    page.get_by_role("button", name="Continue with Acme ID").click()
    page.wait_for_url(f"{house.server.origin}/sign-in/outside")
    expect(page.get_by_text(f"Acme ID says that you are {alice.name}.")).to_be_visible()
    assert alice.session()["state"] == "signed_out"
    assert alice.cookie(LOGIN) is None
    fits(page)
    page.get_by_role("button", name="Sign in with passkey").click()
    page.wait_for_url(f"{house.server.origin}/playground")
    alice.wait_until("bound")
    page.goto(f"{house.server.origin}/account")
    page.get_by_role("button", name=f"Unlink {house.acme.subject} at Acme ID").click()
    expect(page.get_by_text("The account of Acme ID is unlinked.")).to_be_visible()
    alice.page.goto(f"{house.server.origin}/playground")
    alice.sign_out()
    begin(page, house)
    expect(page.get_by_role("heading", name="This account is not linked")).to_be_visible()
    fits(page)
    assert said == []


def test_a_relayed_login_stops_at_the_cookie_and_in_any_event_at_the_passkey(
    person: Callable[..., Person], house: House
) -> None:
    mallory = resident(person, house, "mallory")
    link(mallory, house)
    mallory.page.goto(f"{house.server.origin}/playground")
    mallory.sign_out()
    caught: list[str] = []

    def hold(url: str) -> str:
        caught.append(house.acme.authorize(url))
        return f"{house.acme.issuer}/held"

    house.acme.onward = hold
    begin(mallory.page, house)
    mallory.page.wait_for_url("**/held")
    house.acme.onward = None
    victim = resident(person, house, "victim")
    victim.page.goto(caught[0])
    expect(victim.page.get_by_role("heading", name="This was not begun here")).to_be_visible()
    victim.page.goto(f"{house.server.origin}/playground")
    assert victim.session()["state"] == "bound", "nothing has changed for the victim"
    # And with everything that belongs to it, cookie included, as somebody who reads the victim's jar has it.
    link(victim, house)
    victim.page.goto(f"{house.server.origin}/playground")
    victim.sign_out()
    begin(victim.page, house)
    victim.page.wait_for_url(f"{house.server.origin}/sign-in/outside")
    mallory.context.add_cookies([cookie for cookie in victim.context.cookies() if "outside" in cookie["name"]])
    mallory.page.goto(f"{house.server.origin}/sign-in/outside")
    expect(mallory.page.get_by_text(f"Acme ID says that you are {victim.name}.")).to_be_visible()
    mallory.page.get_by_role("button", name="Sign in with passkey").click()
    expect(mallory.page.locator("#status")).to_contain_text("Nothing was changed")
    assert mallory.session()["state"] == "signed_out"


def test_a_mix_up_of_two_providers_is_refused(person: Callable[..., Person], house: House) -> None:
    alice = resident(person, house)
    link(alice, house)
    alice.page.goto(f"{house.server.origin}/playground")
    alice.sign_out()

    def to_the_honest_one(url: str) -> str:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        mine = asked | {"redirect_uri": f"{house.server.origin}/sign-in/outside/acme/callback"}
        return f"{house.acme.issuer}/authorize?{urlencode(mine)}"

    house.hostile.onward = to_the_honest_one
    house.hostile.asked.clear()
    house.acme.asked.clear()
    begin(alice.page, house, "Cheap ID")
    expect(alice.page.get_by_role("heading", name="Two providers were mixed up")).to_be_visible()
    assert ("POST", "/token") not in house.hostile.asked + house.acme.asked, "nobody got the code"
    assert alice.session()["state"] == "signed_out"


def test_a_boundgate_is_a_provider_for_another(
    person: Callable[..., Person], plain_browser: Browser, house: House, server: Server
) -> None:
    """Both are at localhost, so their cookies are one jar: whoever signs in here is signed out there."""
    alice = person(at=house.server, using=plain_browser)
    alice.name = unique("alice")
    alice.enrol(house.server.invite(alice.name))
    name = unique("alice elsewhere")
    link_by_hand(house, alice.name, server, invited(alice, server, name))
    begin(alice.page, house, "Another Boundgate")
    expect(alice.page.get_by_role("heading", name="Allow “House” to act for you?")).to_be_visible()
    alice.page.get_by_role("button", name="Allow with passkey").click()
    alice.page.wait_for_url(f"{house.server.origin}/sign-in/outside")
    expect(alice.page.get_by_text(f"Another Boundgate says that you are {alice.name}.")).to_be_visible()
    alice.page.get_by_role("button", name="Sign in with passkey").click()
    alice.page.wait_for_url(f"{house.server.origin}/playground")
    assert house.server.recorded("outside.sign_in")[-1] == "identified"


def invited(someone: Person, server: Server, name: str) -> str:
    """Enrol at another server; gives the user id there."""
    url = server.invite(name)
    someone.page.goto(url)
    someone.page.get_by_role("button", name="Create passkey").click()
    someone.page.wait_for_url(f"{server.origin}/playground")
    ((user_id,),) = server.rows("SELECT id FROM users WHERE name = ?", name)
    return str(user_id)


def link_by_hand(house: House, name: str, elsewhere: Server, subject: str) -> None:
    async def write() -> None:
        settings = load_settings(data_dir=house.server.data_dir, public_origin=house.server.origin)
        async with open_services(settings) as services:
            user = await services.store.user_by_name(name)
            assert user is not None
            link = OutsideLink(issuer=elsewhere.origin, subject=subject, user_id=user.id, linked_at=0.0)
            assert await services.oauth.store.add_outside_link(link)

    in_thread(write())
