// @ts-check
// Between the page's fetch and the extension: one verb, about this page's own origin. A page that sends it itself gets
// what it would get anyway, a refresh.
(() => {
  const api = /** @type {any} */ (globalThis)["chrome"];
  // Pages that were open before get this by hand, perhaps twice, or after an update that has cut off the first one.
  if (!document.dispatchEvent(new CustomEvent("boundgate-bridge", { cancelable: true }))) return;
  document.addEventListener("boundgate-bridge", (event) => {
    if (isConnected()) event.preventDefault();
  });

  document.addEventListener("boundgate-refused", (event) => {
    if (!isConnected()) return;
    const [id, url] = String(/** @type {CustomEvent} */ (event).detail).split(" ", 2);
    void recover(url ?? "").then((recovered) => {
      document.dispatchEvent(new CustomEvent("boundgate-answer", { detail: `${id} ${recovered ? 1 : 0}` }));
    });
  });

  /** @returns {boolean} whether the extension is still there */
  function isConnected() {
    return api.runtime?.id !== undefined;
  }

  /**
   * @param {string} url
   * @param {number} [tries]
   * @returns {Promise<boolean>}
   */
  async function recover(url, tries = 2) {
    try {
      return (await api.runtime.sendMessage({ verb: "recover", url }))?.recovered === true;
    } catch {
      // The background was ended in the middle, and another one answers; or the extension is gone from under this page.
      return tries > 1 && recover(url, tries - 1);
    }
  }
})();
