"""Who sent this proof: the browser, an extension, an older browser, or a page's script."""

from __future__ import annotations

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.dbsc import PageScript, refuse_page_script

OURS = "https://gateway.example:8443"
WEB_SITES = ["same-origin", "same-site", "cross-site"]
SCRIPT_MODES = ["cors", "same-origin", "navigate", "websocket"]
FOREIGN = ["https://gateway.example", "https://gateway.example:8443/", "http://gateway.example:8443",
           "https://evil.gateway.example:8443", "https://EVIL.example", "HTTPS://gateway.example:8443",
           "http://", "http://[", "https://[::1", "https://ex\u2100.example", "https:gateway"]  # fmt: skip


def refused(mode: str | None, site: str | None, origin: str | None) -> bool:
    try:
        refuse_page_script(fetch_mode=mode, fetch_site=site, origin=origin, expected_origins={OURS})
    except PageScript as error:
        return bool(error.detail)
    return False


@pytest.mark.parametrize("site", ["same-origin", "same-site"])
@pytest.mark.parametrize("origin", [OURS, None])
def test_the_browsers_own_request_is_accepted(site: str, origin: str | None) -> None:
    assert not refused("no-cors", site, origin)


def test_a_browser_before_156_that_says_nothing_is_accepted() -> None:
    assert not refused(None, None, None)
    assert not refused(None, None, OURS)


EXTENSION_IN_CHROMIUM = ("cors", "none", "chrome-extension://hmbcccaeobkbhjbcpcmgkpnbaepnaefb")
EXTENSION_IN_FIREFOX = ("cors", "same-origin", "moz-extension://4bd9ba48-b0b0-4f7a-9a0f-1d8a0d3a6c8a")


@pytest.mark.parametrize("said", [EXTENSION_IN_CHROMIUM, EXTENSION_IN_FIREFOX])
def test_an_extensions_own_request_is_accepted(said: tuple[str, str, str]) -> None:
    assert not refused(*said)


@pytest.mark.parametrize("origin", ["chrome-extension://abcdefgh", "moz-extension://1-2-3", None])
def test_an_extension_speaks_for_itself(origin: str | None) -> None:
    assert not refused("cors", "none", origin)


@pytest.mark.parametrize("mode", SCRIPT_MODES)
@pytest.mark.parametrize("site", [*WEB_SITES, None])
@pytest.mark.parametrize("origin", [*EXTENSION_IN_CHROMIUM[2:], *EXTENSION_IN_FIREFOX[2:]])
def test_every_other_combination_with_an_extensions_origin_is_refused(mode: str, site: str | None, origin: str) -> None:
    assert refused(mode, site, origin) is ((mode, site, origin) != EXTENSION_IN_FIREFOX)


@pytest.mark.parametrize(
    "origin",
    [OURS, "null", None, "moz-extension.evil.example", "https://moz-extension.example", "moz_extension://1", "",
     "safari-web-extension://1", "chrome-extension://abcdefgh"],
)  # fmt: skip
def test_in_firefox_nothing_but_its_own_extensions_scheme_excuses_a_script(origin: str | None) -> None:
    assert refused("cors", "same-origin", origin)


def test_a_script_of_our_own_page_is_refused_in_every_mode_that_can_set_the_header() -> None:
    for mode, site, origin in itertools.product(SCRIPT_MODES, [*WEB_SITES, None], [OURS, None]):
        assert refused(mode, site, origin), (mode, site, origin)


@pytest.mark.parametrize("site", ["", "new-kind-of-site", "None", "SAME-ORIGIN"])
def test_a_site_that_is_not_known_excuses_no_script(site: str) -> None:
    assert refused("cors", site, OURS)


@pytest.mark.parametrize("mode", ["", "NO-CORS", "new-mode"])
def test_a_mode_that_is_not_known_is_a_script(mode: str) -> None:
    assert refused(mode, "same-origin", OURS)


@pytest.mark.parametrize("origin", [*FOREIGN, "null"])
def test_a_page_of_another_origin_is_refused_whatever_else_it_says(origin: str) -> None:
    for mode, site in itertools.product(["no-cors", "cors", None], [*WEB_SITES, "none", None]):
        assert refused(mode, site, origin), (mode, site, origin)


@given(
    mode=st.none() | st.sampled_from(["no-cors", *SCRIPT_MODES]) | st.text(),
    site=st.none() | st.sampled_from([*WEB_SITES, "none"]) | st.text(),
    origin=st.none() | st.text() | st.from_regex(r"(https?|moz-extension)://[^a]{0,20}"),
)
def test_any_values_are_accepted_or_refused(mode: str | None, site: str | None, origin: str | None) -> None:
    with contextlib.suppress(PageScript):
        refuse_page_script(fetch_mode=mode, fetch_site=site, origin=origin, expected_origins={OURS})
        in_firefox = (mode, site) == ("cors", "same-origin") and (origin or "").lower().startswith("moz-extension")
        assert mode in {None, "no-cors"} or site == "none" or in_firefox
        assert origin is None or origin == OURS or not origin.lower().startswith(("http:", "https:"))
        assert origin != "null"
