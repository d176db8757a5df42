// @ts-check

const NAME = "boundgate";
const VERSION = 1;
const STORES = { sessions: ["site", "id"], offers: "key", notes: "origin" };

/** @type {Promise<IDBDatabase> | null} */
let database = null;

/**
 * One kind of records in IndexedDB, which alone can keep keys that cannot be extracted.
 *
 * @template T
 * @param {keyof typeof STORES} store
 * @returns {import("./types.js").Disk<T>}
 */
export function disk(store) {
  const keyPath = STORES[store];
  /** @param {any} value */
  const keyOf = (value) => (Array.isArray(keyPath) ? keyPath.map((part) => value[part]) : value[keyPath]);
  return {
    all: () => run(store, "readonly", (objects) => objects.getAll()),
    put: (value) => run(store, "readwrite", (objects) => objects.put(value)),
    remove: (value) => run(store, "readwrite", (objects) => objects.delete(keyOf(value))),
  };
}

/**
 * @param {string} store
 * @param {IDBTransactionMode} mode
 * @param {(objects: IDBObjectStore) => IDBRequest} act
 * @returns {Promise<any>} what the request found, once it is on disk
 */
async function run(store, mode, act) {
  database ??= open();
  const transaction = (await database).transaction(store, mode, { durability: "strict" });
  const request = act(transaction.objectStore(store));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
  });
}

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(STORES)) request.result.createObjectStore(name, { keyPath });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
