// @ts-check
// In the page's own world: a fetch that is refused with 401 is asked for once more after a refresh. Whatever else
// happens is as if this were not here.
(() => {
  const LIMIT_MS = 25_000;
  // Kept before the page can change them.
  const { document, location, fetch, Request, URL, CustomEvent, Promise, Proxy, Reflect, String, setTimeout } =
    globalThis;
  const listen = document.addEventListener.bind(document);
  const forget = document.removeEventListener.bind(document);
  const dispatch = document.dispatchEvent.bind(document);
  let last = 0;
  // Pages that were open before get it by hand, and perhaps twice.
  if (!dispatch(new CustomEvent("boundgate-fetch", { cancelable: true }))) return;
  listen("boundgate-fetch", (event) => event.preventDefault());

  globalThis.fetch = new Proxy(fetch, {
    apply(target, self, args) {
      const spare = copy(args);
      const first = Reflect.apply(target, self, args);
      return spare === null ? first : first.then((/** @type {Response} */ response) => again(response, spare));
    },
  });

  /**
   * @param {unknown[]} args  of `fetch`
   * @returns {Request | null} the same request, to be sent later; null where it cannot or need not be
   */
  function copy([input, init]) {
    const options = /** @type {RequestInit | undefined} */ (init);
    // A stream can be read once only.
    if (options?.body instanceof ReadableStream) return null;
    try {
      const source = input instanceof Request ? input.clone() : String(input);
      const request = new Request(source, options);
      const own = new URL(request.url).origin === location.origin;
      return own && request.credentials !== "omit" ? request : null;
    } catch {
      // The page's own call says what is wrong with it.
      return null;
    }
  }

  /**
   * @param {Response} response
   * @param {Request} spare
   * @returns {Promise<Response>}
   */
  async function again(response, spare) {
    if (response.status !== 401 || new URL(response.url || spare.url).origin !== location.origin) return response;
    if (!(await recovered(response.url || spare.url, spare.signal))) return response;
    return fetch(spare);
  }

  /**
   * @param {string} url
   * @param {AbortSignal} signal
   * @returns {Promise<boolean>} at once where the page gives up: the second request then fails as it should
   */
  function recovered(url, signal) {
    last += 1;
    const id = `${last}`;
    return new Promise((resolve) => {
      /** @param {Event} event */
      const answer = (event) => {
        const [whose, yes] = String(/** @type {CustomEvent} */ (event).detail).split(" ");
        if (whose === id) settle(yes === "1");
      };
      /** @param {boolean} yes */
      const settle = (yes) => {
        forget("boundgate-answer", answer);
        resolve(yes);
      };
      listen("boundgate-answer", answer);
      signal.addEventListener("abort", () => settle(true), { once: true });
      setTimeout(() => settle(false), LIMIT_MS);
      dispatch(new CustomEvent("boundgate-refused", { detail: `${id} ${url}` }));
    });
  }
})();
