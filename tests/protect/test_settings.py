"""What browsers would reject, or what would protect nothing, is said when the application starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from boundgate.clock import system_clock, system_random
from boundgate.dbsc import BoundCredential
from boundgate.dbsc.scope import SiteScope
from boundgate.keyring import KeyringError
from boundgate.protect import Cookies, DeviceBound, MemoryStore, Reach, Timing, cookie
from boundgate.protect.keys import macs_from
from boundgate.protect.settings import Paths
from tests.protect.rig import KEY, Rig


def build(**options: Any) -> DeviceBound:
    basics = {"origin": "https://app.example.com", "session_id": cookie("sid"), "key": KEY, "store": MemoryStore()}
    return DeviceBound(**basics | options)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"origin": "https://app.example.com/"}, "path"),
        ({"origin": "http://app.example.com"}, "https|HTTPS|TLS"),
        ({"origin": "app.example.com"}, "origin"),
        ({"protected": ("/dbsc/admin",)}, "cannot be protected"),
        ({"protected": ("/static/reports",), "excluded": ("/static",)}, "cannot be protected"),
        ({"protected": ("/account",), "path": "/account"}, "cannot be protected"),
        ({"protected": ("account",)}, "starts with a slash"),
        ({"path": "/"}, "path must not be /"),
        ({"timing": {"bound_cookie_seconds": 120}}, "120"),
        ({"timing": {"challenge_seconds": 200}}, "challenge"),
        ({"key": b"short"}, "at least 32"),
        ({"key": ()}, "at least 32"),
        ({"reach": Reach(site=SiteScope(shared_with=("app.example.com",)))}, "."),
    ],
)
def test_a_configuration_that_cannot_work_is_refused_with_a_sentence(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        build(**options | ({"timing": Timing(**options["timing"])} if "timing" in options else {}))


def test_a_session_of_the_site_needs_cookies_of_the_site() -> None:
    reach = Reach(
        site=SiteScope(shared_with=("example.com", "other.example.com")), registration_origin="https://app.example.com"
    )
    cookies = Cookies(
        bound=BoundCredential("__Secure-dbsc", domain="example.com"),
        fresh=BoundCredential("__Secure-dbsc-fresh", domain="example.com"),
    )
    built = build(origin="https://example.com", reach=reach, cookies=cookies)
    assert built._engine.origins == {"https://example.com", "https://app.example.com", "https://other.example.com"}


@pytest.mark.parametrize(
    ("path", "guarded"),
    [
        ("/account", True),
        ("/account/", True),
        ("/account/x", True),
        ("/accounts", False),
        ("/ACCOUNT", False),
        ("/", False),
        ("/account/public", False),
        ("/account/public/x", False),
        ("/account/publicity", True),
        ("/dbsc/refresh", False),
    ],
)
def test_a_prefix_ends_at_a_slash(path: str, guarded: bool) -> None:
    paths = Paths(("/account/",), ("/account/public",), "/dbsc")
    assert paths.guards(path) is guarded


def test_all_of_an_application_can_be_protected() -> None:
    paths = Paths(("/",), ("/login",), "/dbsc")
    assert [paths.guards(path) for path in ("/", "/x", "/login", "/loginx", "/dbsc/register")] == [
        True,
        True,
        False,
        True,
        False,
    ]


def test_a_key_file_is_made_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "secret" / "dbsc-keys.json"
    first = macs_from(path, clock=system_clock, random=system_random)
    kid, tag = first.sign(b"x", b"message")
    assert macs_from(path, clock=system_clock, random=system_random).verify(b"x", kid, b"message", tag)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(KeyringError, match="chmod 600"):
        macs_from(path, clock=system_clock, random=system_random)


def test_of_several_keys_the_first_signs_and_all_verify() -> None:
    old, new = b"o" * 32, b"n" * 32
    kid, tag = macs_from(old, clock=system_clock, random=system_random).sign(b"x", b"message")
    both = macs_from((new, old), clock=system_clock, random=system_random)
    assert both.verify(b"x", kid, b"message", tag)
    assert both.sign(b"x", b"message") == macs_from(new, clock=system_clock, random=system_random).sign(
        b"x", b"message"
    )
    assert not macs_from(new, clock=system_clock, random=system_random).verify(b"x", kid, b"message", tag)


async def test_the_endpoints_live_where_they_are_told_to() -> None:
    rig = Rig(path="/auth/dbsc/")
    browser = rig.browser()
    await browser.sign_in()
    assert 'path="/auth/dbsc/register"' in (browser.offer or "")
    assert browser.key is not None
    await rig.close()
