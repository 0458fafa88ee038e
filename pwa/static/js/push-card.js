// Notifications of this device: what is so, what can be done about it, and a test that comes back. Asked for from a tap alone.
// The browser's word and the server's must agree: what the server does not take is undone in the browser.
import { element, icon, say } from "./paint.js";

const READY_MS = 8000;
const TEST_MS = 40_000;
const LOOK_MS = 1000;
const lang = document.documentElement.lang === "en" ? "en" : "fr";
const ios = "standalone" in navigator;
const webview = /; wv\)/.test(navigator.userAgent);
const words = document.querySelector("[data-push]");
const acts = document.querySelector("[data-push-acts]");
let known = {};

const clock = (at, options = { hour: "2-digit", minute: "2-digit" }) => new Intl.DateTimeFormat(lang, options).format(new Date(at));
const day = { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" };
const note = (tone, glyph, what, more = "") => element("p", `note ${tone}`.trim(), icon(glyph), element("span", "", element("b", "", what), more ? ` ${more}` : ""));

function button(key, act, kind = "") {
  const made = Object.assign(element("button", `btn ${kind}`.trim(), say(key)), { type: "button" });
  made.addEventListener("click", () => act());
  return made;
}

function paint(said, ...buttons) {
  words.replaceChildren(said);
  acts.replaceChildren(...buttons);
}

async function call(path, body) {
  const options = body ? { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) } : {};
  const answer = await fetch(path, { ...options, cache: "no-store", signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw Object.assign(new Error(path), { status: answer.status });
  return answer.json();
}

// Why there can be none in this browser; null when there can.
function impossible() {
  if (!isSecureContext) return "insecure";
  if (webview) return "webview";
  if (navigator.serviceWorker && window.PushManager && window.Notification) return null;
  return ios ? "ios" : "other";
}

const worker = () => Promise.race([navigator.serviceWorker.ready, new Promise((_, fail) => setTimeout(fail, READY_MS, new Error("no worker")))]);
const same = (key) => {
  const made = key ? btoa(String.fromCharCode(...new Uint8Array(key))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "") : known.key;
  return made === known.key;
};

export async function show() {
  const why = impossible();
  if (why) return paint(note("", "silent", say("push_none"), say(`push_none_${why}`)));
  try {
    known = await call("/sync/push");
  } catch ({ status }) {
    return paint(note("", status ? "silent" : "off", status ? say("push_none") : say("push_away"), status ? say("push_no_device") : ""), ...(status ? [] : [button("push_again", show)]));
  }
  if (Notification.permission === "denied") return paint(note("warn", "silent", say("push_blocked"), say(`push_blocked_${ios ? "ios" : /Android/.test(navigator.userAgent) ? "android" : "other"}`)));
  const held = await worker().then(
    ({ pushManager }) => pushManager.getSubscription(),
    () => null,
  );
  if (Notification.permission !== "granted" || !held || !known.on || !same(held.options?.applicationServerKey)) return showOff();
  if (known.language !== lang) await tell(held).catch(() => {});
  showOn();
}

const showOff = () => paint(note("", "silent", say("push_off"), say("push_off_more")), button("push_turn_on", turnOn, "main"));

function showOn(said) {
  const shown = known.shown_at ? say("push_shown", { at: clock(known.shown_at, day) }) : say("push_never");
  const state = known.failed_at ? note("warn", "tri", say("push_failed"), shown) : note(known.shown_at ? "ok" : "", known.shown_at ? "sent" : "bell", say("push_on"), shown);
  paint(said ?? state, button("push_try", attempt, "tall"), button("push_turn_off", turnOff, "quiet"));
}

async function tell(held, old) {
  const { endpoint, keys } = held.toJSON();
  known = await call("/sync/push", { endpoint, p256dh: keys.p256dh, auth: keys.auth, language: lang, ...(old && { old }) });
}

// The permission first and at once: some browsers forget the tap after the first wait.
async function turnOn() {
  if ((await Notification.requestPermission()) !== "granted") return show();
  paint(note("", "bell", say("push_looking")));
  let held = null;
  try {
    const { pushManager } = await worker();
    const before = await pushManager.getSubscription();
    // An address made for another key of ours is of no use.
    if (before && !same(before.options?.applicationServerKey)) await before.unsubscribe();
    held = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: known.key });
    await tell(held, before && before.endpoint !== held.endpoint ? before.endpoint : undefined);
    showOn();
  } catch {
    await held?.unsubscribe().catch(() => {});
    paint(note("bad", "tri", say("push_refused"), say("push_refused_more")), button("push_turn_on", turnOn, "main"));
  }
}

async function turnOff() {
  const held = await worker().then(({ pushManager }) => pushManager.getSubscription(), () => null);
  try {
    known = await call("/sync/push/off", {});
    await held?.unsubscribe();
    showOff();
  } catch {
    showOn(note("bad", "tri", say("push_away")));
  }
}

// A real push, by way of the browser's own service: only what comes back as shown counts.
async function attempt() {
  const id = crypto.randomUUID();
  const began = Date.now();
  paint(note("", "bell", say("push_trying")));
  try {
    await call("/sync/push/tests", { id });
    for (let far = {}; Date.now() - began < TEST_MS; far = await call(`/sync/push/tests/${id}`).catch(() => far)) {
      if (far.shown_at) return await arrived(far.shown_at, began);
      if (far.status === "failed" || far.status === "dropped") return missed(far.code === "gone" || far.code === "off" ? "push_gone_more" : "push_not_sent_more");
      await heard(id);
    }
    missed("push_not_arrived_more");
  } catch ({ status }) {
    if (status === 409) return show();
    missed("push_not_sent_more");
  }
}

// Until the worker says that it has shown it, or a second is over.
const heard = (ref) =>
  new Promise((resolve) => {
    const ear = ({ data }) => data?.type === "push-shown" && data.ref === ref && resolve();
    navigator.serviceWorker.addEventListener("message", ear);
    setTimeout(() => (navigator.serviceWorker.removeEventListener("message", ear), resolve()), LOOK_MS);
  });

async function arrived(at, began) {
  known = await call("/sync/push").catch(() => known);
  showOn(note("ok", "sent", say("push_arrived", { at: clock(at, { hour: "2-digit", minute: "2-digit", second: "2-digit" }), n: Math.max(1, Math.round((Date.now() - began) / 1000)) })));
}

async function missed(more) {
  known = await call("/sync/push").catch(() => known);
  const said = note("bad", "tri", say("push_not_arrived"), say(more));
  if (known.on) showOn(said);
  else paint(said, button("push_turn_on", turnOn, "main"));
}
