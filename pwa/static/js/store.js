// What this device keeps when the page is gone: the journal, packs, the counter's shelf, who is at the device.
// One database, additive versions only: an update of the app must never be the reason why a fact is lost.

const NAME = "comptoir";
const VERSION = 1;
const STORES = {
  meta: null, // key -> value: journal, who, people, counter, settings, contact
  ev: "seq", // the journal's facts
  packs: "id", // work packs, each with the last fact that its counts hold
  dead: "id", // facts that the server refused, until a person has seen them
};
let opened = null;

export function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(STORES)) {
        if (!request.result.objectStoreNames.contains(name)) request.result.createObjectStore(name, keyPath ? { keyPath } : undefined);
      }
    };
    request.onsuccess = () => {
      const db = request.result;
      // Another tab brings a newer app: let it, and open again when we need it.
      db.onversionchange = () => (db.close(), (opened = null));
      db.onclose = () => (opened = null);
      resolve(db);
    };
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("store is blocked by an older page"));
  });
  opened.catch(() => (opened = null));
  return opened;
}

export const ask = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function commit(tx) {
  try {
    tx.commit?.();
  } catch {
    // It has ended by itself.
  }
}

// Run `work({meta, ev, ...})` in one transaction; the promise keeps its word: resolved = on disk, rejected = nothing changed.
// `work` may only wait for `ask(...)` of its own stores, else the transaction ends under it.
async function transact(names, mode, work, options) {
  const db = await open();
  const tx = db.transaction(names, mode, options);
  const ended = new Promise((resolve, reject) => {
    tx.oncomplete = () => resolve();
    tx.onabort = tx.onerror = () => reject(tx.error ?? new Error("the device could not write"));
  });
  ended.catch(() => {});
  let value;
  try {
    value = await work(Object.fromEntries(names.map((name) => [name, tx.objectStore(name)])));
    // All is asked for: no need to wait for the answers, and a page that is left now takes nothing with it.
    if (mode === "readwrite") commit(tx);
  } catch (fault) {
    try {
      tx.abort();
    } catch {
      // It has ended by itself.
    }
    throw fault;
  }
  await ended;
  return value;
}

export const read = (names, work) => transact(names, "readonly", work);
export const write = (names, work) => transact(names, "readwrite", work, { durability: "strict" });

export const recall = (key) => read(["meta"], ({ meta }) => ask(meta.get(key)));
export const keep = (key, value) => write(["meta"], ({ meta }) => void meta.put(value, key));
