// Between the handheld's pages and the network. It answers what can be read, never what tells: a POST passes it by, always.
// Pages are not kept as they were seen. With no network a shell document stands in and is filled from this device's store.
import { recall, ask, read } from "./static/js/store.js";
import { openJournal } from "./static/js/journal.js";
import { drainOnce } from "./static/js/sync.js";
import { listen } from "./static/js/push-event.js";

// The server writes this line: every file and document with its digest, named after all their bytes. `later` is kept from a visit on.
const RELEASE = { version: "none", files: [], shells: [], piece: [], later: {}, pages: [], packs_first: false };

const KEPT = `comptoir-app-${RELEASE.version}`;
const FILES = "comptoir-files"; // hashed files that a page asked for and that the release does not name
const PICTURES = "comptoir-pictures";
const BOUNDS = { [FILES]: { entries: 100, bytes: 5e6 }, [PICTURES]: { entries: 300, bytes: 20e6 } };
const SHELL_MS = 2000; // a document that has a shell waits this long for the network
const OFFLINE_MS = 8000; // one that has none: a slow network is better than a page that says no
const HASHED = /^\/static\/.+\.[0-9a-f]{12}\.\w+$/;
const HANDHELD = /^\/(|shell|work|packs|packing|departures|transfers|receiving|printing|counter|returns|scan|put-backs|counts|recalls|adjust|more|exceptions|sign-in|outbox|settings)(\/|$)/;
const AT_WORK = /^\/(packs|packing|departures|counter\/orders)\//;
const PAPER = /\/paper$/;
const OF_THE_OFFICE = /^\/sign-in\/manager/;
const SHELL_OF = [
  [/^\/work$/, "/shell/work"],
  [/^\/packs\/[0-9a-f-]{36}$/, "/shell/pick"],
  [/^\/packing$/, "/shell/packing-table"],
  [/^\/packing\/[0-9a-f-]{36}$/, "/shell/packing"],
  [/^\/counter$/, "/shell/counter"],
  [/^\/counter\/orders\/[0-9a-f-]{36}$/, "/shell/hand-over"],
  [/^\/returns(\/alone|\/orders\/[0-9a-f-]{36})?$/, "/shell/returns"],
  [/^\/returns\/parcels$/, "/shell/return-parcels"],
  [/^\/counts(\/[0-9a-f-]{36})?$/, "/shell/counts"],
  [/^\/recalls$/, "/shell/recalls"],
  [/^\/adjust$/, "/shell/adjust"],
  [/^\/sign-in$/, "/shell/unlock"],
  [/^\/scan$/, "/shell/scan"],
  [/^\/outbox$/, "/outbox"],
  [/^\/settings$/, "/settings"],
  [/^\/scan\/test$/, "/scan/test"],
];

addEventListener("install", (event) => {
  event.waitUntil(Promise.all([fill(), passBy(event)]));
});
addEventListener("activate", (event) => event.waitUntil(begin()));
addEventListener("fetch", (event) => {
  const answer = way(event);
  if (answer) event.respondWith(answer);
  // The browser may have asked ahead for a document that is not needed: let it end in peace.
  if (event.request.mode === "navigate") event.waitUntil(Promise.resolve(event.preloadResponse).catch(() => {}));
});
addEventListener("message", (event) => {
  if (event.data === "claim") event.waitUntil(clients.claim());
  if (event.data === "take-over") event.waitUntil(takeOver(event.source));
  if (RELEASE.later[event.data?.keep]) event.waitUntil(keepLater(event.data.keep).catch(() => {}));
});
addEventListener("sync", (event) => {
  if (event.tag === "drain") event.waitUntil(drain());
});
listen({ quiet });

// The whole release or nothing: a file that is missing, cut or of somebody else's making leaves the old worker in force.
async function fill() {
  const first = !(await caches.keys()).some((name) => name.startsWith("comptoir-app-"));
  const cache = await caches.open(KEPT);
  try {
    if (first) await unpack(cache).catch(() => {});
    await Promise.all([...RELEASE.files.map(([url, integrity]) => keepFile(cache, url, integrity)), ...RELEASE.shells.map(([url, integrity]) => keepDocument(cache, url, integrity))]);
    await Promise.all(RELEASE.pages.map((url) => keepPage(cache, url)));
    // What was kept of the release before from a visit on is kept of this one too.
    for (const [name, { shells }] of Object.entries(RELEASE.later)) if (await caches.match(shells[0][0], { ignoreVary: true })) await keepLater(name, cache);
  } catch (fault) {
    await caches.delete(KEPT);
    throw fault;
  }
}

// Where the browser can be told: what tells, and what goes on for hours, does not even come by here. A stream that did
// would hold an old worker in force for as long as the page is open.
async function passBy(event) {
  if (!event.addRoutes || !self.URLPattern) return;
  const past = (condition) => ({ condition, source: "network" });
  const paths = ["/*/stream", "/sync/*"].map((pathname) => past({ urlPattern: new URLPattern({ pathname }) }));
  await event.addRoutes([past({ requestMethod: "POST" }), ...paths]).catch(() => {});
}

// A device that has nothing yet is brought everything in one piece. If that cannot be had, one by one will do.
async function unpack(cache) {
  const [url, integrity] = RELEASE.piece;
  const held = await (await whole(await fetch(url, { integrity, credentials: "omit" }), url)).json();
  await Promise.all(Object.entries(held).map(([each, [headers, text]]) => cache.put(each, new Response(text, { headers }))));
}

async function keepFile(cache, url, integrity) {
  if (await cache.match(url, { ignoreVary: true })) return;
  // An address never changes its bytes: what an older release holds need not travel again.
  const held = await caches.match(url, { ignoreVary: true });
  await cache.put(url, held ?? (await whole(await fetch(url, { integrity, credentials: "omit" }), url)));
}

async function keepDocument(cache, url, integrity) {
  if (await cache.match(url, { ignoreVary: true })) return;
  await cache.put(url, await whole(await fetch(url, { integrity, credentials: "omit", cache: "no-store" }), url));
}

// Scripts first: where its documents are, everything is.
async function keepLater(name, into = null) {
  const cache = into ?? (await caches.open(KEPT));
  const { files, shells } = RELEASE.later[name];
  if ((await Promise.all(shells.map(([url]) => cache.match(url, { ignoreVary: true })))).every(Boolean)) return;
  await Promise.all(files.map(([url, integrity]) => keepFile(cache, url, integrity)));
  await Promise.all(shells.map(([url, integrity]) => keepDocument(cache, url, integrity)));
}

// A page that holds nobody's name, in each language. If it cannot be had it is not kept; the offline page stands in.
async function keepPage(cache, url) {
  const [path, language] = url.split("?language=");
  const response = await fetch(path, { headers: { "accept-language": language }, cache: "no-store" });
  if (response.ok && !response.redirected) await cache.put(url, response);
}

async function whole(response, url) {
  if (!response.ok || response.redirected) throw new Error(`${url} is not there (${response.status})`);
  return response;
}

async function begin() {
  const known = [KEPT, FILES, PICTURES];
  await Promise.all((await caches.keys()).filter((name) => name.startsWith("comptoir-") && !known.includes(name)).map((name) => caches.delete(name)));
  await registration.navigationPreload?.enable();
  // Every page that is asked for says which version asks: stores see which of their devices lag behind.
  await registration.navigationPreload?.setHeaderValue(RELEASE.version);
  await clients.claim();
}

// A page lets the new version in; not under the hands of somebody who picks or hands over in another window.
async function takeOver(source) {
  const open = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const busy = open.some(({ id, url, visibilityState }) => id !== source?.id && visibilityState === "visible" && AT_WORK.test(new URL(url).pathname));
  if (!busy) await skipWaiting();
}

// How one request is answered; null leaves it to the browser.
function way(event) {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return null;
  if (HASHED.test(pathname)) return firstKept(event, pathname.startsWith("/static/pictures/") ? PICTURES : FILES);
  if (!HANDHELD.test(pathname) || OF_THE_OFFICE.test(pathname) || PAPER.test(pathname)) return null;
  if (request.mode === "navigate") return documentOf(event, pathname);
  if (/event-stream/.test(request.headers.get("accept") ?? "")) return null;
  if (request.headers.get("hx-request") === "true") return piece(event);
  return null;
}

async function firstKept(event, name) {
  const held = await caches.match(event.request.url, { ignoreVary: true });
  if (held) return held;
  const response = await fetch(event.request);
  if (response.ok && !response.redirected) event.waitUntil(keepBounded(name, event.request.url, response.clone()));
  return response;
}

async function documentOf(event, pathname) {
  if (pathname.startsWith("/shell/")) return (await kept(pathname)) ?? fetch(event.request);
  const shell = SHELL_OF.find(([path]) => path.test(pathname))?.[1];
  if (shell === "/shell/pick" && RELEASE.packs_first && (await holds(pathname.slice(7)))) {
    const held = await kept(shell);
    if (held) return held;
  }
  const later = RELEASE.later[shell?.slice(7)] && shell.slice(7);
  const missing = later && !(await kept(shell));
  try {
    const response = await fromNetwork(event, shell && !missing ? SHELL_MS : OFFLINE_MS);
    if (missing && response.ok && !response.redirected) event.waitUntil(keepLater(later).catch(() => {}));
    return response;
  } catch {
    if (pathname === "/") return Response.redirect("/work");
    const filled = shell !== "/shell/packing" || (await atTable(pathname.slice(9)));
    return (shell && filled && (await kept(shell))) || (await kept("/shell/offline")) || Response.error();
  }
}

async function piece(event) {
  try {
    return await fromNetwork(event, SHELL_MS);
  } catch {
    // The page keeps what it shows.
    return new Response("", { status: 504, headers: { "hx-reswap": "none", "hx-trigger": "out-of-reach", "cache-control": "no-store" } });
  }
}

// The network's answer, if it comes in time and from the app itself, not from a proxy that stands before a stopped one.
async function fromNetwork(event, limit) {
  const asked = (async () => (await event.preloadResponse) ?? fetch(event.request))();
  event.waitUntil(asked.catch(() => {}));
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(reject, limit, new Error("late"))));
  try {
    const response = await Promise.race([asked, late]);
    if (response.status >= 502 && response.status <= 504) throw new Error("away");
    return response;
  } finally {
    clearTimeout(timer);
  }
}

// A kept document in the language of whoever is at the device.
async function kept(path) {
  const cache = await caches.open(KEPT);
  const told = await recall("who").catch(() => null);
  const lang = told?.language ?? (navigator.language.startsWith("fr") ? "fr" : "en");
  return (await cache.match(`${path}?language=${lang}`, { ignoreVary: true })) ?? (await cache.match(`${path}?language=fr`, { ignoreVary: true }));
}

const holds = (pack) => read(["packs"], ({ packs }) => ask(packs.getKey(pack))).catch(() => undefined);

const atTable = (work) => recall("stations").then((held) => Boolean(held?.[work])).catch(() => false);

// Bounded caches, oldest out first. A cache does not tell sizes, so each entry carries its own.
let keeping = Promise.resolve();
function keepBounded(name, url, response) {
  keeping = keeping.then(() => put(name, url, response)).catch(() => {});
  return keeping;
}

async function put(name, url, response) {
  const { entries, bytes } = BOUNDS[name];
  const body = await response.blob();
  const headers = { "content-type": response.headers.get("content-type") ?? "", "x-content-type-options": "nosniff", "x-bytes": String(body.size) };
  const cache = await caches.open(name);
  await cache.put(url, new Response(body, { headers }));
  const all = await cache.keys();
  const sizes = await Promise.all(all.map(async (key) => Number((await cache.match(key))?.headers.get("x-bytes") ?? 0)));
  let sum = sizes.reduce((total, size) => total + size, 0);
  for (let at = 0; at < all.length - 1 && (all.length - at > entries || sum > bytes); at++) {
    sum -= sizes[at];
    await cache.delete(all[at]);
  }
}

// As on the pages: nothing sounds while the device is muted, nor in its quiet hours, which may go past midnight.
async function quiet() {
  const { volume = 2, quiet_from: from, quiet_to: to } = (await recall("settings")) ?? {};
  const now = new Date().toTimeString().slice(0, 5);
  const inside = from && to && (from <= to ? now >= from && now < to : now >= from || now < to);
  return !volume || Boolean(inside);
}

// The browser says that the network is back. An open page sends by itself; with none open, this does. A page that is just
// closing hears nothing any more and may hold the lock for a moment: it is looked for twice, and the lock is waited for.
let journal = null;
async function drain() {
  for (let looks = 0; looks < 2; looks++) {
    const open = await clients.matchAll({ type: "window" });
    if (!open.length) return drainHere();
    open.forEach((client) => client.postMessage("drain"));
    await new Promise((done) => setTimeout(done, looks ? 0 : 1000));
  }
}

async function drainHere() {
  journal ??= await openJournal();
  await navigator.locks.request("comptoir-drain", async () => {
    let next = "more";
    for (let batches = 0; next === "more" && journal.waiting && batches < 40; batches++) ({ next } = await drainOnce(journal));
    if (next === "offline") throw new Error("not yet"); // the browser tries again later
  });
}
