// What this browser can do with no network, in words, and how the app gets onto the home screen.
// On the work list: what is switched off, and once an invitation. Under More: all of it, always.
import { keep, recall } from "./store.js";

const ios = "standalone" in navigator;
const installed = matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;

// `offer` is the browser's own question, `worker` whether pages open with no network, `unwritable` that nothing can be kept.
export async function show({ offer, worker, unwritable, taken }) {
  const place = document.getElementById("install");
  const all = "all" in place.dataset;
  const rows = [];
  if (!isSecureContext) rows.push(row("app-no-secure"));
  else if (unwritable) rows.push(row("app-no-store"));
  else if (!worker) rows.push(row("app-no-worker"));
  if (all && worker) rows.push(row((await complete()) ? "app-ready" : "app-filling"), ...(await protection()));
  const invited = all || (!rows.length && !(await recall("install").catch(() => null))?.later);
  if (installed) all && rows.push(row("app-installed"));
  else if (invited && worker) rows.push(...invitation(offer, all, taken));
  place.replaceChildren(...rows);
  place.hidden = !rows.length;
  (place.closest("[data-with-install]") ?? place).hidden = !rows.length;
}

const row = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

async function complete() {
  const { active } = (await navigator.serviceWorker.getRegistration()) ?? {};
  return active?.state === "activated";
}

async function protection() {
  if (!navigator.storage?.persisted) return [];
  if (await navigator.storage.persisted()) return [row("app-kept")];
  const made = row("app-not-kept");
  made.querySelector("button").addEventListener("click", async () => (await navigator.storage.persist()) && made.replaceWith(row("app-kept")));
  return [made];
}

function invitation(offer, all, taken) {
  const kind = offer ? "app-install" : ios ? "app-ios" : all ? "app-menu" : null;
  if (!kind) return [];
  const made = row(kind);
  made.querySelector("[data-install]")?.addEventListener("click", async () => {
    const { outcome } = await (await offer.prompt(), offer.userChoice);
    taken();
    if (outcome === "accepted") made.replaceWith(row("app-installed"));
    else made.remove();
  });
  const later = made.querySelector("[data-later]");
  if (all) later?.remove();
  later?.addEventListener("click", async () => {
    made.remove();
    await keep("install", { later: Date.now() });
  });
  return [made];
}
