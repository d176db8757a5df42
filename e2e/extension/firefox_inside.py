"""What only Firefox itself can tell: its cookie jar, and the answers that it got, whoever asked."""

from __future__ import annotations

import time
from typing import Any

from marionette_driver.marionette import Marionette

TRUST = """
  Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB).addCertFromBase64(arguments[0], "CT,,");
"""
# Every answer that the browser gets, whoever asked.
OBSERVE = """
  if (!Services.boundgate) {
    Services.boundgate = [];
    Services.obs.addObserver({observe(subject) {
      const channel = subject.QueryInterface(Ci.nsIHttpChannel);
      const asked = channel.loadInfo.triggeringPrincipal;
      Services.boundgate.push([channel.requestMethod, channel.URI.filePath, channel.responseStatus,
        asked.addonPolicy ? "extension" : "page"]);
    }}, "http-on-examine-response");
  }
"""
JAR = """
  return Services.cookies.cookies.map(({host, name, value, expiry}) => ({host, name, value, expiry}));
"""
# The same cookie with another end; the store's own `expiry` is in milliseconds.
EXPIRE = """
  const [name, at] = arguments;
  for (const c of Services.cookies.cookies.filter(c => c.name === name)) {
    Services.cookies.add(c.host, c.path, c.name, c.value, c.isSecure, c.isHttpOnly, false, at, c.originAttributes,
      c.sameSite, c.schemeMap);
  }
"""


class FirefoxInside:
    """The browser's own process, with every right."""

    _marionette: Marionette

    def chrome(self, script: str, *arguments: Any) -> Any:
        """Evaluate in the browser's own process, with every right."""
        with self._marionette.using_context("chrome"):
            return self._marionette.execute_script(script, list(arguments))

    def chrome_later(self, script: str, *arguments: Any) -> Any:
        """The same for a script whose last argument takes its result."""
        with self._marionette.using_context("chrome"):
            return self._marionette.execute_async_script(script, list(arguments))

    def answers(self) -> list[tuple[str, str, int, str]]:
        """Every answer since the start or `reset`: method, path, status, and whether a page or the extension asked."""
        return [
            (method, path, status, asker) for method, path, status, asker in self.chrome("return Services.boundgate")
        ]

    def cookies(self) -> dict[str, dict[str, Any]]:
        """The whole jar, HttpOnly or not."""
        return {cookie["name"]: cookie for cookie in self.chrome(JAR)}

    def delete_cookie(self, name: str) -> None:
        """Take one cookie out of the jar."""
        script = "for (const c of Services.cookies.cookies.filter(c => c.name === arguments[0])) "
        self.chrome(script + "Services.cookies.remove(c.host, c.name, c.path, c.originAttributes)", name)

    def clear_cookies(self) -> None:
        """Empty the jar, as the browser's settings do."""
        clear = "const [done] = arguments; "
        clear += "Services.clearData.deleteData(Ci.nsIClearDataService.CLEAR_COOKIES, () => done())"
        self.chrome_later(clear)

    def expire_cookie(self, name: str, seconds: float) -> None:
        """Let a cookie end so many seconds from now."""
        self.chrome(EXPIRE, name, int((time.time() + seconds) * 1000))
