// The app around a handheld's pages: it registers the worker after load, and brings updates and installing when there is
// something to do. It never stands in a page's way: without a worker the pages work as before, as long as there is network.
const worker = isSecureContext ? navigator.serviceWorker : undefined;
const CHECK_MS = 10 * 60 * 1000;
let offer = null; // the browser's own question whether to install, kept for a tap
let registration = null;
let checked = Date.now();

addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  offer = event;
  coach();
});
addEventListener("load", begin);
document.addEventListener("submit", keepForm);
document.addEventListener("click", protect, { once: true });

async function begin() {
  registration = (await worker?.register("/sw.js", { type: "module", updateViaCache: "none" }).catch(() => null)) ?? null;
  if (registration) {
    watch();
    // A page that was on its way while the first worker took over was not there to be claimed.
    worker.ready.then(({ active }) => worker.controller || active.postMessage("claim"));
    const update = () => registration.waiting && worker.controller && import("./update.js").then(({ ask }) => ask(registration));
    registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", update));
    update();
  }
  const device = await import("./device.js").catch(() => null);
  coach(!device);
  if (device) listen(device);
}

// A page that stays open for hours asks now and then; a page that another one updated goes along when nobody looks.
function watch() {
  let controlled = Boolean(worker.controller);
  worker.addEventListener("controllerchange", () => {
    if (controlled) import("./update.js").then(({ changed }) => changed());
    controlled = true;
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || Date.now() - checked < CHECK_MS) return;
    checked = Date.now();
    registration.update().catch(() => {});
  });
}

// The browser may wake the worker when the network is back, even with no page open: a bonus, nothing relies on it. Asked for when
// this page can not send by itself; an event that waits in the worker would hold a new version back.
function listen({ journal, sync }) {
  let asked = false;
  const wake = () => {
    if (!journal.waiting) asked = false;
    else if (!asked && (document.hidden || navigator.onLine === false)) {
      asked = true;
      registration?.sync?.register("drain").catch(() => {});
    }
  };
  journal.watch(wake);
  document.addEventListener("visibilitychange", wake);
  wake();
  sync.listen({ onState: ({ state }) => state === "update" && registration && import("./update.js").then(({ need }) => need(registration)) });
}

// Where the page has a place for it: what this browser can do here, and how the app is installed.
let unwritable = false;
function coach(cannotWrite = unwritable) {
  unwritable = cannotWrite;
  if (document.readyState === "complete" && document.getElementById("install")) {
    import("./coach.js").then(({ show }) => show({ offer, worker: Boolean(registration), unwritable, taken: () => (offer = null) }));
  }
}

// With the network surely gone a form would only lose the page: say so, and leave what was typed where it is.
function keepForm(event) {
  if (event.defaultPrevented || navigator.onLine || event.target.method !== "post") return;
  event.preventDefault();
  const said = document.getElementById("form-offline")?.content.cloneNode(true);
  document.querySelector("[data-form-offline]")?.remove();
  if (!said) return;
  said.firstElementChild.dataset.formOffline = "";
  document.querySelector("main")?.prepend(said);
}

// Asked from a tap, once in a session: what waits on this device is not to be cleaned away.
async function protect() {
  if (sessionStorage.getItem("asked-to-keep") || !navigator.storage?.persist || (await navigator.storage.persisted())) return;
  sessionStorage.setItem("asked-to-keep", "yes");
  await navigator.storage.persist();
}
