// A manager hears of alerts in this browser: a worker of its own below /manager/, asked for from a tap alone. Refused: undone.
// The browser's word and the server's must agree: an address that one of them no longer has is said, and a tap makes a new one.
const card = document.querySelector("[data-push]");
const said = card?.querySelector("[data-push-said]");
const on = card?.querySelector("[data-push-on]");
const off = card?.querySelector("[data-push-off]");
const plain = said?.textContent;
const ios = "standalone" in navigator;
let key = "";

async function post(path, body) {
  const answer = await fetch(`/manager/push${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(path);
  return answer.json();
}

function paint(told, words) {
  card.hidden = false;
  said.textContent = words ?? (told ? card.dataset.on : plain);
  on.hidden = told;
  off.hidden = !told;
}

// What cannot be changed here has no button.
function close(words) {
  paint(false, words);
  on.hidden = true;
}

const held = async () => (await navigator.serviceWorker.getRegistration("/manager/"))?.pushManager.getSubscription();
const same = (made) => !made || btoa(String.fromCharCode(...new Uint8Array(made))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "") === key;

async function show() {
  if (Notification.permission === "denied") return close(card.dataset.blocked);
  const mine = await held();
  const known = await post("/state", mine ? { endpoint: mine.endpoint } : {});
  key = known.key;
  const told = known.on && same(mine?.options?.applicationServerKey);
  paint(told, mine && !told ? card.dataset.lapsed : undefined);
}

const active = ({ installing, waiting, active: now }) =>
  new Promise((resolve) => {
    if (now) return resolve();
    (installing ?? waiting)?.addEventListener("statechange", ({ target }) => target.state === "activated" && resolve());
    setTimeout(resolve, 8000);
  });

// The permission first and at once: some browsers forget the tap after the first wait.
async function turnOn() {
  if ((await Notification.requestPermission()) !== "granted") return show();
  let made = null;
  try {
    const registration = await navigator.serviceWorker.register("/manager/sw.js", { type: "module", scope: "/manager/", updateViaCache: "none" });
    await active(registration);
    // An address that the server does not have may be dead at its push service too, and a browser would give it again.
    const old = await registration.pushManager.getSubscription();
    await old?.unsubscribe();
    made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    const { endpoint, keys } = made.toJSON();
    await post("", { endpoint, p256dh: keys.p256dh, auth: keys.auth, language: document.documentElement.lang === "en" ? "en" : "fr", ...(old && { old: old.endpoint }) });
    document.querySelector("[data-push-lost]")?.remove();
    paint(true);
  } catch {
    await made?.unsubscribe().catch(() => {});
    paint(false, card.dataset.refused);
  }
}

async function turnOff() {
  try {
    const mine = await held();
    await post("/off", mine ? { endpoint: mine.endpoint } : {});
    await mine?.unsubscribe();
    paint(false);
  } catch {
    paint(true, card.dataset.refused);
  }
}

if (card && isSecureContext && navigator.serviceWorker && window.PushManager && window.Notification) {
  on.addEventListener("click", turnOn);
  off.addEventListener("click", turnOff);
  show().catch(() => {});
} else if (card) close(ios ? card.dataset.ios : card.dataset.none);
