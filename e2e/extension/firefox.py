"""A real Firefox of one's own: a profile that outlives restarts, extensions from packages, and what only the browser
itself can tell: its cookie jar, its event pages, the answers that it got."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import psutil
from marionette_driver.addons import Addons
from marionette_driver.by import By
from marionette_driver.errors import StaleElementException
from marionette_driver.marionette import Marionette
from marionette_driver.webauthn import WebAuthn

from e2e.extension.firefox_inside import OBSERVE, TRUST, FirefoxInside

T = TypeVar("T")

PATIENCE_SECONDS = 15.0
PREFERENCES = {
    # ESR honours it: a package that nobody has signed stays installed over a restart, as one from the store does.
    "xpinstall.signatures.required": False,
    # The browser's own question about an optional permission is answered with yes; the click in the page is real.
    "extensions.webextOptionalPermissionPrompts": False,
    "security.webauth.webauthn_enable_softtoken": True,
    "security.webauth.webauthn_enable_usbtoken": False,
}
CAPABILITIES = {"moz:webdriverClick": True}
AUTHENTICATOR = {
    "protocol": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserConsenting": True,
    "isUserVerified": True,
}
# `window.fetch` is the page's own, seen through the sandbox.
FETCH = """
  const [path, options, done] = arguments;
  window.fetch(path, options).then(
    async response => done({status: response.status, redirected: response.redirected, text: await response.text()}),
    error => done({status: 0, redirected: false, text: String(error)}));
"""
LOOK = """
  return [document.body?.innerText.slice(0, 600), document.visibilityState, document.hasFocus()];
"""


@contextmanager
def _leaving_sockets() -> Iterator[None]:
    """The driver tries the port until it answers, and closes none of the sockets with which it did."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield


class Firefox(FirefoxInside):
    """One browser.

    Args:
        path: the program.
        ca_file: whose certificates it accepts, as if the user had imported it.
    """

    def __init__(self, path: str, ca_file: Path) -> None:
        self._ca = "".join(ca_file.read_text().strip().splitlines()[1:-1])
        # Profiles and the log. The log is never /dev/null: the driver removes the file before it writes, and root may.
        self._place = Path(tempfile.mkdtemp(prefix="firefox-"))
        self._authenticator: str | None = None
        with _leaving_sockets():
            self._marionette = Marionette(
                bin=path,
                headless=True,
                gecko_log=str(self._place / "gecko.log"),
                workspace=str(self._place),
                port=0,
                socket_timeout=60,
                prefs=PREFERENCES,
            )
            self._marionette.start_session(CAPABILITIES)
        self._settle()

    def _settle(self) -> None:
        self._marionette.timeout.script = PATIENCE_SECONDS
        self.chrome(TRUST, self._ca)
        self.chrome(OBSERVE)

    def restart(self) -> None:
        """Leave and come back with the same profile, as a person does; ends on an empty page."""
        with _leaving_sockets():
            self._marionette.quit(in_app=True)
            self._marionette.start_session(CAPABILITIES)
        self._authenticator = None
        self._settle()

    def quit(self) -> None:
        """Leave for good; the profile goes too."""
        with _leaving_sockets():
            self._marionette.quit(in_app=True)
            self._marionette.cleanup()
        shutil.rmtree(self._place)
        # Or they try to remove it once more when the interpreter ends, and cannot import any more what that takes.
        for kept in (self._marionette.instance.profile, self._marionette.instance.runner.profile):
            kept.restore = False

    # What pages see

    def open(self, url: str) -> None:
        """Go to a page in this tab and wait until it is loaded."""
        self._marionette.navigate(url)

    @property
    def url(self) -> str:
        return str(self._marionette.get_url())

    @property
    def title(self) -> str:
        return str(self._marionette.title)

    def run(self, script: str, *arguments: Any) -> Any:
        """Evaluate the body of a synchronous function beside the page (its own objects: `window.wrappedJSObject`)."""
        return self._marionette.execute_script(script, list(arguments))

    def fetch(self, path: str, **options: Any) -> dict[str, Any]:
        """The page's own `fetch`: status, redirected, text."""
        found: dict[str, Any] = self.later(FETCH, path, options)
        return found

    def later(self, script: str, *arguments: Any) -> Any:
        """Evaluate the body of a function whose last argument takes its result."""
        return self._marionette.execute_async_script(script, list(arguments))

    def element(self, xpath: str) -> Any:
        """An element, as soon as it is there and shown."""
        return self.until(lambda: self._shown(xpath), f"no {xpath} at {self.url}")

    def click(self, xpath: str) -> None:
        """Click an element as soon as it can be."""
        self.until(lambda: self._clicked(xpath), f"{xpath} cannot be clicked at {self.url}")

    # A page may draw an element anew between two questions about it: the first one is then as good as not there.

    def _shown(self, xpath: str) -> Any:
        with suppress(StaleElementException):
            found = self._marionette.find_elements(By.XPATH, xpath)
            return next((element for element in found if element.is_displayed()), None)
        return None

    def _clicked(self, xpath: str) -> bool:
        with suppress(StaleElementException):
            if (found := self._shown(xpath)) is not None and found.is_enabled():
                found.click()
                return True
        return False

    def until(self, condition: Callable[[], T], otherwise: str | Callable[[], str] = "it did not happen") -> T:
        """Wait until this is truthy and return it; `otherwise` is what is said where it never is."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (found := condition()):
            assert time.monotonic() < deadline, otherwise if isinstance(otherwise, str) else otherwise()
            time.sleep(0.05)
        return found

    def shown(self) -> str:
        """The address of this tab, what its page says, and whether the browser thinks that a person looks at it."""
        words, seen, focused = self.run(LOOK)
        selected = self.chrome("return gBrowser.selectedBrowser.currentURI.spec")
        return f"{self.url} says {words!r} ({seen}, focus: {focused}; the tab that is selected: {selected})"

    def new_authenticator(self) -> None:
        """One empty virtual authenticator, and no other; its user consents at once.

        Several would share what is created between them by chance. One that has two passkeys for a host then waits for
        somebody to choose.
        """
        if self._authenticator is not None:
            WebAuthn(self._marionette).remove_virtual_authenticator(self._authenticator)
        self._authenticator = WebAuthn(self._marionette).add_virtual_authenticator(AUTHENTICATOR)

    def screenshot(self, path: Path) -> None:
        """Keep what the tab shows."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(self._marionette.screenshot(full=False)))

    @contextmanager
    def new_tab(self) -> Iterator[None]:
        """Work in a tab of one's own, and come back."""
        before = self._marionette.current_window_handle
        self._marionette.switch_to_window(self._marionette.open(type="tab")["handle"])
        try:
            yield
        finally:
            self._marionette.close()
            self._marionette.switch_to_window(before)

    def close_others(self) -> None:
        """Close every tab but this one."""
        keep = self._marionette.current_window_handle
        for handle in set(self._marionette.window_handles) - {keep}:
            self._marionette.switch_to_window(handle)
            self._marionette.close()
        self._marionette.switch_to_window(keep)

    @property
    def tabs(self) -> int:
        """How many there are."""
        return len(self._marionette.window_handles)

    def reset(self) -> None:
        """One empty tab; no cookies, storage or permissions of earlier pages."""
        self.close_others()
        self.open("about:blank")
        clear = (
            "const [done] = arguments; Services.clearData.deleteData(Ci.nsIClearDataService.CLEAR_ALL, () => done())"
        )
        self.chrome_later(clear)
        self.chrome("Services.boundgate.length = 0")

    @contextmanager
    def asleep(self) -> Iterator[None]:
        """Every process of the browser stands still, as in a computer whose lid is closed."""
        root = psutil.Process(self._marionette.process_id)
        processes = [root, *root.children(recursive=True)]
        for process in processes:
            os.kill(process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                os.kill(process.pid, signal.SIGCONT)

    def install(self, package: Path) -> str:
        """Install a package to stay; returns the extension's id."""
        return str(Addons(self._marionette).install(str(package)))

    def uninstall(self, extension_id: str) -> None:
        """Remove an extension, with everything it has stored."""
        # Its pages are closed, and the browser with its last tab.
        self.open("about:blank")
        Addons(self._marionette).uninstall(extension_id)
