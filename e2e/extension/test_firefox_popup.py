"""The popup in Firefox, over a page: it knows the site before it is switched on, and its switch asks the browser."""

from __future__ import annotations

import json

from e2e.extension.firefox import Firefox
from e2e.extension.firefox_person import FirefoxPerson
from e2e.extension.installed import Installed
from e2e.support.server import ROOT, Server

MESSAGES = json.loads((ROOT / "extension" / "_locales" / "en" / "messages.json").read_text())


def said(name: str) -> str:
    """A text of the extension in English, up to what is filled in."""
    return str(MESSAGES[name]["message"].partition("$")[0])


def test_the_switch_in_the_popup_binds_a_site(firefox: Firefox, extension: Installed, server: Server) -> None:
    someone = FirefoxPerson(firefox, extension, server)
    someone.name = "popup"
    firefox.open(f"{server.origin}/")
    popup = extension.popup()
    assert server.origin.removeprefix("https://") in popup.text()
    assert said("head_off") in popup.text()
    width, _ = popup.size()
    assert width <= 400
    popup.press("#switch")
    firefox.until(lambda: said("head_none") in popup.text(), "the switch does nothing")
    assert extension.allowed() == ["https://localhost/*"]
    popup.close()

    someone.enrol(server.invite(someone.name))
    someone.wait_until("bound")
    popup = extension.popup()
    assert said("head_bound") in popup.text()
    popup.press("#switch")
    firefox.until(lambda: said("off_ask") in popup.text(), popup.text())
    popup.press("#off")
    firefox.until(lambda: said("head_off") in popup.text(), "the site stays on")
    popup.close()
    assert extension.allowed() == []
    assert extension.stored()["keys"] == 0


def test_pages_that_are_no_sites_cannot_be_switched_on(firefox: Firefox, extension: Installed) -> None:
    firefox.open("about:blank")
    popup = extension.popup()
    assert said("head_unsupported") in popup.text()
    popup.close()
