// The app without its worker, by order of the house: what was kept of pages goes, what people did and has not been sent stays.
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(retire()));

async function retire() {
  await Promise.all((await caches.keys()).filter((name) => name.startsWith("comptoir-")).map((name) => caches.delete(name)));
  await registration.navigationPreload?.disable();
  await registration.unregister();
}
