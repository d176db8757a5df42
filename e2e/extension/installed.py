"""The companion extension as it is installed in a Firefox: its pages, its keys, its icon, its event page."""

from __future__ import annotations

import json
import time
from typing import Any

from e2e.extension.firefox import PATIENCE_SECONDS, Firefox
from e2e.extension.firefox_popup import FirefoxPopup

POLICY = "const extension = WebExtensionPolicy.getByID(arguments[0]).extension;"
ACTION = """
  const {ExtensionParent} = ChromeUtils.importESModule("resource://gre/modules/ExtensionParent.sys.mjs");
  const action = ExtensionParent.apiManager.global.browserActionFor(extension).action;
  const window = Services.wm.getMostRecentWindow("navigator:browser");
  const icon = action.getProperty(window.gBrowser.selectedTab, "icon");
  return {title: action.getProperty(window.gBrowser.selectedTab, "title"), icon: JSON.stringify(icon)};
"""
# Every record of every store of the extension, and how many private keys are among them that nobody can export.
STORED = """
  const [done] = arguments;
  const page = window.wrappedJSObject;
  const asked = request => new Promise((yes, no) => {
    request.onsuccess = () => yes(request.result); request.onerror = no;
  });
  const keys = value => {
    const kind = Object.prototype.toString.call(value);
    if (kind === "[object CryptoKey]") return value.type === "private" && !value.extractable ? 1 : 0;
    return value && kind === "[object Object]" ? Object.values(value).reduce((sum, inner) => sum + keys(inner), 0) : 0;
  };
  (async () => {
    let records = 0, found = 0;
    for (const {name} of await indexedDB.databases()) {
      const db = await asked(indexedDB.open(name));
      for (const store of db.objectStoreNames) {
        const all = await asked(db.transaction(store).objectStore(store).getAll());
        records += all.length;
        found += all.reduce((sum, value) => sum + keys(value), 0);
      }
      db.close();
    }
    return {records, keys: found};
  })().then(done, error => done(String(error)));
"""
ASK = """
  const [message, done] = arguments;
  const page = window.wrappedJSObject;
  page.browser.runtime.sendMessage(page.JSON.parse(message)).then(
    answer => done(page.JSON.stringify(answer)), error => done(JSON.stringify({error: String(error)})));
"""


class Installed:
    """The extension in one browser.

    Args:
        firefox: the browser.
        extension_id: what the installation returned.
    """

    def __init__(self, firefox: Firefox, extension_id: str) -> None:
        self._firefox, self._id = firefox, extension_id

    def page(self, name: str) -> str:
        """The address of one of its pages: `options`, `popup` or `welcome`."""
        host = self._firefox.chrome(f"{POLICY} return extension.policy.mozExtensionHostname", self._id)
        return f"moz-extension://{host}/src/ui/{name}.html"

    def popup(self) -> FirefoxPopup:
        """Press its button in the toolbar."""
        return FirefoxPopup(self._firefox, self._id)

    def allowed(self) -> list[str]:
        """Match patterns of the sites that the browser lets it see."""
        script = f"{POLICY} return extension.policy.allowedOrigins.patterns.map(pattern => pattern.pattern)"
        return [pattern for pattern in self._firefox.chrome(script, self._id) if pattern.startswith("http")]

    def revoke(self) -> None:
        """Take every site away from it, as about:addons does."""
        take = """
          const [id, origins, done] = arguments;
          const {ExtensionPermissions} = ChromeUtils.importESModule("resource://gre/modules/ExtensionPermissions.sys.mjs");
          const {extension} = WebExtensionPolicy.getByID(id);
          ExtensionPermissions.remove(id, {permissions: [], origins}, extension).then(() => done());
        """
        self._firefox.chrome_later(take, self._id, self.allowed())

    def action(self) -> dict[str, str]:
        """Title and icon of the toolbar's button for the tab that is shown."""
        found: dict[str, str] = self._firefox.chrome(POLICY + ACTION, self._id)
        return found

    def wait_for_icon(self, state: str) -> None:
        """Wait until the button shows this state."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while f"/{state}-" not in (shown := self.action())["icon"]:
            assert time.monotonic() < deadline, f"the icon does not become {state}: {shown}"
            time.sleep(0.05)

    def kill_event_page(self) -> None:
        """End the event page, as the browser does after half a minute without work. The next event starts another."""
        self._firefox.until(lambda: self._background() == "running", "the event page does not start")
        kill = """
          const before = extension.backgroundContext;
          extension.terminateBackground({disableResetIdleForTest: true})
            .then(() => arguments[1](before !== extension.backgroundContext));
        """
        assert self._firefox.chrome_later(POLICY + kill, self._id)

    def _background(self) -> str:
        return str(self._firefox.chrome(f"{POLICY} return extension.backgroundState", self._id))

    def stored(self) -> dict[str, int]:
        """How many records are in its IndexedDB, and how many private keys."""
        with self._firefox.new_tab():
            self._firefox.open(self.page("welcome"))
            found = self._firefox.later(STORED)
        assert isinstance(found, dict), found
        return found

    def ask(self, verb: str, **more: Any) -> Any:
        """Send the background a message as one of its own pages does."""
        with self._firefox.new_tab():
            self._firefox.open(self.page("welcome"))
            return json.loads(self._firefox.later(ASK, json.dumps({"verb": verb} | more)))
