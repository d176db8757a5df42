"""The popup of the toolbar's button as a person opens it: over a page, in a panel, with a real press of the mouse."""

from __future__ import annotations

from e2e.extension.firefox import Firefox

_POPUP = """
  const [id, done] = [arguments[0], arguments[arguments.length - 1]];
  const {extension} = WebExtensionPolicy.getByID(id);
  const {ExtensionParent} = ChromeUtils.importESModule("resource://gre/modules/ExtensionParent.sys.mjs");
  const window = Services.wm.getMostRecentWindow("navigator:browser");
  const turn = () => new Promise(resolve => window.setTimeout(resolve, 50));
  const shown = () => [...extension.views].find(view => view.viewType === "popup")?.xulBrowser;
  const inside = (script, ...given) => shown().browsingContext.currentWindowGlobal.getActor("MarionetteCommands")
    .executeScript(script, given, {sandboxName: "default", newSandbox: true, timeout: 5000});
"""
_OPEN = """
  (async () => {
    ExtensionParent.apiManager.global.browserActionFor(extension).triggerAction(window);
    while (!shown()?.getBoundingClientRect().width) await turn();
    while (await inside("return document.querySelector('main').hasAttribute('aria-busy')")) await turn();
    // The panel takes the size of what is in it, in steps.
    for (let before = -1; before !== shown().getBoundingClientRect().height; await turn(), await turn())
      before = shown().getBoundingClientRect().height;
  })().then(done);
"""
_TEXT = 'inside("return document.body.innerText").then(done);'
_SIZE = """
  const {width, height} = shown().getBoundingClientRect();
  done([width, height]);
"""
# The event is the window's own, and goes through it into the panel, so that the page has a user's activation.
_PRESS = """
  const place = "const {x, y, width, height} = document.querySelector(arguments[0]).getBoundingClientRect();"
    + "return [x + width / 2, y + height / 2]";
  inside(place, arguments[1]).then(([x, y]) => {
    const {left, top} = shown().getBoundingClientRect();
    for (const type of ["mousemove", "mousedown", "mouseup"])
      window.synthesizeMouseEvent(type, left + x, top + y, {button: 0, clickCount: 1});
    done();
  });
"""
_CLOSE = """
  (async () => {
    shown()?.closest("panel")?.hidePopup();
    while (shown()) await turn();
  })().then(done);
"""


class FirefoxPopup:
    """Opens in the constructor, over the tab that is shown.

    Args:
        firefox: the browser.
        extension_id: whose button is pressed.
    """

    def __init__(self, firefox: Firefox, extension_id: str) -> None:
        self._firefox, self._id = firefox, extension_id
        firefox.chrome_later(_POPUP + _OPEN, extension_id)

    def text(self) -> str:
        """What it says."""
        return str(self._firefox.chrome_later(_POPUP + _TEXT, self._id))

    def size(self) -> tuple[float, float]:
        """Width and height of the panel's page in pixels."""
        width, height = self._firefox.chrome_later(_POPUP + _SIZE, self._id)
        return width, height

    def press(self, selector: str) -> None:
        """Press the mouse in the middle of an element."""
        self._firefox.chrome_later(_POPUP + _PRESS, self._id, selector)

    def close(self) -> None:
        """Close the panel."""
        self._firefox.chrome_later(_POPUP + _CLOSE, self._id)
