// In a service worker: a push becomes a notification, a tap on it opens the page it is about, a new address of the browser is told.
// Whatever comes is shown, even what cannot be read: a browser takes the permission away from who stays silent.
const JSON_HEAD = { "content-type": "application/json" };
const post = (url, body) => fetch(url, { method: "POST", headers: JSON_HEAD, body: JSON.stringify(body), credentials: "same-origin" });
const readable = (data) => {
  try {
    return data?.json() ?? {};
  } catch {
    return {};
  }
};

// `quiet()` tells whether this is an hour at which nothing sounds; `renew` is where a browser whose old address is not known says its new
// one: a device does, for it is known by its cookie. A person asks again with a tap.
export function listen({ quiet = async () => false, renew = "/sync/push" } = {}) {
  addEventListener("push", (event) => event.waitUntil(show(readable(event.data), quiet)));
  addEventListener("notificationclick", (event) => {
    event.notification.close();
    event.waitUntil(go(event.notification.data?.path));
  });
  addEventListener("pushsubscriptionchange", (event) => event.waitUntil(follow(event, renew)));
}

async function show({ ref, title = "Comptoir", body = "", path = "/", topic = "comptoir", lang = "" }, quiet) {
  const silent = await quiet().catch(() => false);
  await registration.showNotification(title, { body, lang, tag: topic, renotify: !silent, silent, icon: "/static/icons/app-192.png", badge: "/static/icons/shortcut-work.png", data: { path, ref } });
  if (!ref) return;
  const open = await clients.matchAll({ type: "window", includeUncontrolled: true });
  for (const client of open) client.postMessage({ type: "push-shown", ref });
  // The network brought the push; if it is gone again, the next push tells.
  await post("/push/shown", { ref }).catch(() => {});
}

// A window of ours comes to the front and goes there; where none is open, or it will not go, a new one opens.
async function go(asked) {
  const url = new URL(String(asked ?? "/"), location.origin);
  const path = url.origin === location.origin ? url.href : location.origin;
  const open = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = open.find((client) => client.url === path) ?? open.find((client) => client.focused) ?? open[0];
  if (!there) return clients.openWindow(path);
  const front = await there.focus().catch(() => there);
  if (there.url === path) return front;
  return (await front.navigate(path).catch(() => null)) ?? clients.openWindow(path);
}

async function follow({ oldSubscription, newSubscription }, renew) {
  const old = oldSubscription?.endpoint;
  if (!old && !renew) return;
  let now = newSubscription ?? (await registration.pushManager.getSubscription());
  if (!now) {
    const applicationServerKey = oldSubscription?.options?.applicationServerKey ?? (renew && (await keyOf(renew)));
    if (applicationServerKey) now = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
  }
  if (!now) return;
  const { endpoint, keys } = now.toJSON();
  const told = { endpoint, p256dh: keys.p256dh, auth: keys.auth };
  // A device is known by its cookie, so it may say so without the old address; anybody else names it.
  if (old) await post("/push/moved", { ...told, old });
  else await post(renew, { ...told, language: navigator.language.startsWith("fr") ? "fr" : "en" });
}

const keyOf = (path) => fetch(path, { credentials: "same-origin" }).then((answer) => (answer.ok ? answer.json() : {})).then(({ key }) => key);
