"""The extension's pages without the extension: the real texts, icons and pages over a background that only answers.

What the background says, and what the browser would say when it is asked for a permission, is up to the test.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page

from e2e.extension.ui.checks import complaints
from extension.contents import ROOT

ORIGIN, HOST = "https://ai.example.com", "ai.example.com"
THUMBPRINT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
STATES = ("off", "none", "waiting", "bound", "unreachable", "native", "taken", "ended")
MINUTE = 60_000

_BACKGROUND = """
globalThis.sites = {};
globalThis.asked = [];
globalThis.silent = false;
const off = origin => ({origin, host: new URL(origin).host, enabled: false, permitted: false, supported: true,
  state: "off", key: null, sessions: [], note: null});
const acts = {
  enable: site => ({...site, enabled: true, permitted: true, state: "none"}),
  // It learns only later that the browser's permission is gone.
  disable: site => ({...off(site.origin), permitted: true}),
  forget: (site, {sessionId}) => {
    const sessions = site.sessions.filter(({id}) => id !== sessionId);
    return sessions.length ? {...site, sessions} : {...site, sessions, state: "ended", key: null};
  },
  renew: site => ({...site, state: "bound"}),
};
chrome.runtime.onMessage.addListener((message, sender, respond) => {
  asked.push(message);
  if (silent) return respond(undefined);
  if (message.verb === "sites") return respond(Object.values(sites));
  const origin = message.origin ?? new URL(message.url).origin;
  const site = sites[origin] ?? off(origin);
  if (message.verb === "status") return respond(site);
  sites[origin] = acts[message.verb](site, message);
  return respond(sites[origin]);
});
"""
_ANNOUNCE = """
site => { sites[site.origin] = site; return chrome.runtime.sendMessage({verb: "changed", origin: site.origin}); }
"""
# What a page would ask of the browser itself. `window.event` is there only while an event is being handled.
_BROWSER = """
globalThis.requests = []; globalThis.removals = [];
chrome.permissions.request = asked => {
  requests.push({...asked, during: globalThis.event?.type ?? null});
  return Promise.resolve(GRANT);
};
chrome.permissions.remove = given => { removals.push(given); return Promise.resolve(REMOVABLE); };
chrome.tabs.query = () => Promise.resolve([TAB]);
"""


def build(target: Path, locale: str) -> Path:
    """An unpacked extension for Chromium in one language, with the real policy and pages and a stubbed background."""
    for folder in ("icons", f"_locales/{locale}", "src/ui"):
        shutil.copytree(ROOT / folder, target / folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    real = json.loads((ROOT / "manifest.chromium.json").read_text(encoding="utf-8"))
    kept = ("manifest_version", "name", "version", "description", "icons", "action", "options_ui")
    manifest = {name: real[name] for name in (*kept, "content_security_policy")}
    manifest |= {"default_locale": locale, "background": {"service_worker": "background.js"}, "permissions": ["tabs"]}
    (target / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (target / "background.js").write_text(_BACKGROUND, encoding="utf-8")
    return target


def session(number: int = 1, **news: Any) -> dict[str, Any]:
    """One key, made two hours ago and renewed a minute ago."""
    now = time.time() * 1000
    times = {"since": now - 120 * MINUTE - number, "lastRenewal": now - MINUTE - 1, "nextRenewal": now + 3.5 * MINUTE}
    scope = {"origin": ORIGIN, "includeSite": False}
    return {"id": f"session-{number}", "thumbprint": THUMBPRINT, "scope": scope, **times, **news}


def status(state: str, **news: Any) -> dict[str, Any]:
    """A site as the background would tell of it in this state."""
    on = state != "off"
    keyed = state in {"bound", "unreachable"}
    notes = {"unreachable": "NetError", "native": "second_key", "taken": "second_key", "ended": "SignedOut"}
    key = "software" if keyed else "browser" if state == "native" else None
    note = {"code": notes[state], "at": time.time() * 1000 - 2 * MINUTE} if state in notes else None
    site = {"origin": ORIGIN, "host": HOST, "enabled": on, "permitted": on, "supported": True, "state": state}
    return site | {"key": key, "sessions": [session()] if keyed else [], "note": note} | news


class Pages:
    """The pages of such an extension in one browser.

    Args:
        context: a browser with the extension of `build` in it.
    """

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        workers = context.service_workers
        self._worker = workers[0] if workers else context.wait_for_event("serviceworker")
        self._complaints: list[list[str]] = []
        self.base = f"{self._worker.url.rsplit('/', 1)[0]}/src/ui"

    def tell(self, *sites: Mapping[str, Any], silent: bool = False) -> None:
        """What the background knows from now on."""
        known = {site["origin"]: site for site in sites}
        script = "([known, quiet]) => { sites = known; silent = quiet; asked.length = 0; }"
        self._worker.evaluate(script, [known, silent])

    def announce(self, site: Mapping[str, Any]) -> None:
        """The background learns something, and says so."""
        self._worker.evaluate(_ANNOUNCE, dict(site))

    def asked(self, *verbs: str) -> list[dict[str, Any]]:
        """The messages with these verbs that the pages have sent."""
        found: list[dict[str, Any]] = self._worker.evaluate("() => asked")
        return [message for message in found if message["verb"] in verbs]

    def open(
        self, name: str, *, grant: bool = True, managed: bool = False, tab: Mapping[str, Any] | None = None
    ) -> Page:
        """`popup`, `options` or `welcome` in a new tab; the popup over a page of the site."""
        page = self._context.new_page()
        self._complaints.append(complaints(page))
        over = json.dumps({"url": f"{ORIGIN}/chat", "incognito": False} if tab is None else dict(tab))
        page.add_init_script(
            _BROWSER.replace("GRANT", json.dumps(grant))
            .replace("REMOVABLE", json.dumps(not managed))
            .replace("TAB", over)
        )
        page.set_viewport_size({"width": 320, "height": 600} if name == "popup" else {"width": 1120, "height": 840})
        page.goto(f"{self.base}/{name}.html")
        page.wait_for_function("() => document.documentElement.lang && !document.querySelector('[aria-busy]')")
        return page

    def close(self) -> list[str]:
        """Close every page; the browser stays. Returns what it complained of since the last time."""
        for page in self._context.pages[1:]:
            page.close()
        found = [text for said in self._complaints for text in said]
        self._complaints.clear()
        return found
