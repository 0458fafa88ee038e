// In a customer's service worker: a page that shows a pass stays readable with no network. Nothing else is kept.
// The network always comes first; what is kept is shown only when it cannot be had, and goes away with the pass.
const CACHE = "comptoir-pass";
const PAGE = /^\/o\/[0-9A-HJKMNP-TV-Z]{26}$/;
const PATIENCE = 6000;
const MOST = 60;

export function keepPasses() {
  addEventListener("activate", (event) => event.waitUntil(clients.claim()));
  addEventListener("fetch", (event) => {
    const { request } = event;
    const { origin, pathname } = new URL(request.url);
    if (request.method !== "GET" || origin !== location.origin) return;
    if (PAGE.test(pathname)) event.respondWith(page(event, pathname));
    else if (pathname.startsWith("/static/")) event.respondWith(piece(request, pathname));
  });
}

async function page(event, path) {
  const cache = await caches.open(CACHE);
  const kept = event.request.mode === "navigate" ? await cache.match(path) : undefined;
  const asked = fetch(event.request).then(async (answer) => {
    if (answer.headers.get("x-pass") === "shown") await cache.put(path, answer.clone());
    else if (answer.status < 500) await cache.delete(path);
    return answer;
  });
  if (!kept) return asked;
  event.waitUntil(asked.catch(() => {}));
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, kept));
  return Promise.race([asked.then((answer) => (answer.status < 500 ? answer : kept), () => kept), late]);
}

// Pieces have the digest of their content in their address: one that is there is the right one.
async function piece(request, path) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(path);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) {
    await cache.put(path, answer.clone());
    const held = (await cache.keys()).filter(({ url }) => new URL(url).pathname.startsWith("/static/"));
    await Promise.all(held.slice(0, Math.max(0, held.length - MOST)).map((old) => cache.delete(old)));
  }
  return answer;
}
