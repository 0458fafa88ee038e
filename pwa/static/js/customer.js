// Looks whether the page would say something else by now, and only then shows it anew. Works alone; the page needs no script.
const EVERY = location.pathname === "/demo/phone" ? 3_000 : 10_000;
const shown = () => document.querySelector("[data-version]")?.dataset.version;
const offline = document.querySelector("[data-offline]");
const busy = () => document.activeElement?.matches("input, textarea") || [...document.querySelectorAll("input:not([type=hidden])")].some((field) => field.value !== field.defaultValue);

async function look() {
  if (document.visibilityState !== "visible" || busy()) return;
  try {
    const answer = await fetch(location.pathname, { headers: { accept: "text/html" }, cache: "no-store", signal: AbortSignal.timeout(4000) });
    if (!answer.ok) return;
    offline?.toggleAttribute("hidden", true);
    const version = /data-version="([0-9a-f]+)"/.exec(await answer.text())?.[1];
    if (version && version !== shown() && !busy()) location.reload();
  } catch {
    // No network: the pass on the page stays good, the next look comes by itself.
    offline?.toggleAttribute("hidden", false);
  }
}

setInterval(look, EVERY);
document.addEventListener("visibilitychange", look);

// A pass opens with no network too: a small worker keeps this page, and the pieces that it is drawn with.
if (document.querySelector(".pass") && isSecureContext && navigator.serviceWorker) {
  const keep = async () => {
    if (!navigator.serviceWorker.controller) return;
    const pieces = performance.getEntriesByType("resource").map(({ name }) => new URL(name)).filter(({ pathname }) => pathname.startsWith("/static/"));
    await Promise.all(pieces.map((url) => fetch(url.href).catch(() => {})));
    await look();
    document.body.dataset.kept = "";
  };
  navigator.serviceWorker.addEventListener("controllerchange", keep);
  navigator.serviceWorker.register("/o/sw.js", { type: "module", scope: "/o/", updateViaCache: "none" }).then(keep, () => {});
}

// Notifications are an extra, where the browser has them; the rest is fetched on a tap. The permission is asked for within the tap.
const push = document.querySelector("[data-push]");
if (push && isSecureContext && navigator.serviceWorker && window.PushManager && window.Notification) {
  const [on, off, told, not] = ["on", "off", "told", "not"].map((name) => push.querySelector(`[data-${name}]`));
  const show = (state) => {
    on.hidden = state === "told";
    off.hidden = told.hidden = state !== "told";
    not.hidden = state !== "not";
    localStorage.setItem("told", state === "told" ? push.dataset.order : "");
  };
  if (localStorage.getItem("told") === push.dataset.order && Notification.permission === "granted") show("told");
  push.hidden = false;
  on.addEventListener("click", async () => {
    const allowed = (await Notification.requestPermission()) === "granted";
    show(allowed && (await import("./customer-push.js").then(({ follow }) => follow(push.dataset.push)).catch(() => false)) ? "told" : "not");
  });
  off.addEventListener("click", () => import("./customer-push.js").then(({ unfollow }) => unfollow()).then(() => show(""), () => {}));
}
