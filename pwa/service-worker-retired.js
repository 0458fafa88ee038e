// The app without its worker, by order of the house: what was kept of pages goes, what people did and has not been sent stays.
addEventListener("install", (event) => event.waitUntil(leave()));
addEventListener("message", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(retire()));

// At once where the browser lets it, else as soon as a page asks or all are closed: no page needs what follows.
async function leave() {
  await clear();
  await skipWaiting();
}

const clear = async () => Promise.all((await caches.keys()).filter((name) => name.startsWith("comptoir-")).map((name) => caches.delete(name)));

async function retire() {
  await clear();
  await registration.navigationPreload?.disable();
  await registration.unregister();
}
