// This device's one journal and its one way to the server, for whatever page is open; who is at the device is kept beside them.
import { bake } from "./fold.js";
import { openJournal } from "./journal.js";
import { startSync } from "./sync.js";
import { keep, recall } from "./store.js";

export const journal = await openJournal();

// The page that the server made names who is signed in; a page out of the cache knows it from the last one.
const { signIn, staff, person, location: store, storeName, language, now } = document.body.dataset;
if (signIn) await keep("who", { sign_in_id: signIn, staff, person, location: store, store_name: storeName, language, since: Date.now() });
if (now) await journal.setClock(now);
export const who = (await recall("who")) ?? null;
export const sync = startSync(journal, { bake });
