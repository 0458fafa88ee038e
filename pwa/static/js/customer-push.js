// A customer hears of an order in this browser: a small worker of its own, an address, and the server told. Refused: undone.
const post = async (path, body) => {
  const answer = await fetch(location.pathname + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(path);
};

// True once the server has the address.
export async function follow(applicationServerKey) {
  const registration = await navigator.serviceWorker.register("/o/sw.js", { type: "module", scope: "/o/", updateViaCache: "none" });
  const active = registration.active ?? (await ready(registration));
  if (!active) return false;
  const before = await registration.pushManager.getSubscription();
  const held = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
  const { endpoint, keys } = held.toJSON();
  try {
    await post("/push", { endpoint, p256dh: keys.p256dh, auth: keys.auth, language: document.documentElement.lang === "en" ? "en" : "fr" });
  } catch (fault) {
    // An address that another order has already is left to it.
    if (!before) await held.unsubscribe();
    throw fault;
  }
  return true;
}

export async function unfollow() {
  const registration = await navigator.serviceWorker.getRegistration("/o/");
  const held = await registration?.pushManager.getSubscription();
  if (held) await post("/push/off", { endpoint: held.endpoint });
}

const ready = ({ installing, waiting }) =>
  new Promise((resolve) => {
    const coming = installing ?? waiting;
    coming?.addEventListener("statechange", () => (coming.state === "activated" || coming.state === "redundant") && resolve(coming.state === "activated" ? coming : null));
    setTimeout(resolve, 8000, null);
  });
