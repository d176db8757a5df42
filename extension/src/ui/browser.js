// @ts-check

/**
 * What the pages use of the browser, and no more.
 *
 * @typedef {{url?: string, incognito?: boolean, cookieStoreId?: string}} Tab
 * @typedef {{addListener(listener: (message: any, sender: unknown) => void): void}} Messages
 * @typedef {{
 *   i18n: {getMessage(key: string, values?: string[]): string, getUILanguage(): string},
 *   runtime: {sendMessage(message: object): Promise<any>, getURL(path: string): string, onMessage: Messages,
 *     openOptionsPage(): Promise<void>},
 *   permissions: {request(asked: {origins: string[]}): Promise<boolean>, remove(given: {origins: string[]}): Promise<boolean>},
 *   tabs: {query(which: {active: boolean, currentWindow: boolean}): Promise<Tab[]>,
 *     create(tab: {url: string}): Promise<unknown>},
 * }} Browser
 */

const scope = /** @type {{browser?: Browser, chrome?: Browser}} */ (/** @type {unknown} */ (globalThis));

/** The browser's interface under either of its names. */
export const browser = /** @type {Browser} */ (scope.browser ?? scope.chrome);
