// Brings the journal to the server: one batch at a time, in order, again and again until it is acknowledged, by one tab only.
// Only an answer that speaks our protocol counts; a captive portal's friendly page does not. Nothing is ever dropped.
import { understood } from "./journal.js";
import { recall } from "./store.js";

const BATCH = 50;
const SOON_MS = 120;
const FIRST_MS = 1000;
const LONGEST_MS = 30000;
const TIME_LIMIT_MS = 8000;
const PING_MS = 30000;
const PROTOCOL = { "x-sync-protocol": "1", accept: "application/json" };

const locked = (work) => (navigator.locks ? navigator.locks.request("comptoir-drain", { ifAvailable: true }, (lock) => (lock ? work() : "elsewhere")) : work());

// One request. -> {status, wait, answer}: `answer` is null unless it is really our server that speaks.
async function call(url, body) {
  const response = await fetch(url, {
    ...(body ? { method: "POST", body, keepalive: body.length < 60000, headers: { ...PROTOCOL, "content-type": "application/json" } } : { headers: PROTOCOL }),
    redirect: "error",
    cache: "no-store",
    signal: AbortSignal.timeout(TIME_LIMIT_MS),
  });
  const ours = response.headers.get("x-sync-protocol") === "1" && /json/.test(response.headers.get("content-type") ?? "");
  return { status: response.status, wait: Number(response.headers.get("retry-after")) * 1000 || 0, answer: ours ? await response.json() : null };
}

// What an answer means for the journal. -> {next: "more" | "later" | "signed_out" | "offline" | "update", wait?, answer?}
export async function drainOnce(journal, { size = BATCH, url = "/sync/events" } = {}) {
  const events = journal.unsent(size);
  const id = journal.id;
  const { status, wait, answer } = await call(url, JSON.stringify({ v: 1, journal_id: id, ...(journal.follows ? { follows: journal.follows } : {}), events }));
  if (status === 200 && understood(answer)) {
    const before = journal.acked;
    await journal.ack(answer, id);
    // An answer that moves nothing would be asked again for ever: slow down instead.
    return { next: journal.acked > before ? "more" : "later", answer };
  }
  if (status === 401 && answer) return { next: "signed_out" };
  if (status === 426 && answer) return { next: "update" };
  if (status === 409 && answer?.code === "device_clone") return await journal.rarely("beginAnew"), { next: "more" };
  if (status === 409 && Number.isInteger(answer?.expected_seq)) {
    if (!(await journal.expect(answer.expected_seq))) await journal.rarely("beginAnew");
    return { next: "more" };
  }
  if (answer && (status === 400 || status === 413 || status === 422)) return { next: "smaller" };
  return { next: "offline", wait };
}

// Facts in one batch: fewer where a device is told so (a line so thin that a long body never gets through).
async function mostAtOnce() {
  const told = await recall("batch").catch(() => null);
  return Number.isInteger(told) && told > 0 ? Math.min(told, BATCH) : BATCH;
}

// state: sent, sending, offline, signed_out, update, refused
export function startSync(journal) {
  const listeners = new Set();
  let timer = 0;
  let running = false;
  let delay = 0;
  let most = BATCH;
  let size = 0;
  let state = journal.waiting ? "sending" : "sent";
  let since = null; // from when on the server was out of reach

  const told = () => ({ state, waiting: journal.waiting, since, oldest: journal.oldest });
  const say = (kind, detail) => listeners.forEach((listener) => listener[kind]?.(detail));
  const show = (next) => {
    if (next === "offline" || next === "signed_out" || next === "update") since ??= Date.now();
    else if (next !== "sending") since = null;
    state = next === "sending" && since ? state : next;
    say("onState", told());
  };
  const later = (ms) => {
    clearTimeout(timer);
    timer = setTimeout(drain, ms);
  };
  const backOff = (wait) => {
    delay = Math.min(LONGEST_MS, Math.max(FIRST_MS, delay * 2));
    later(wait ? Math.min(wait, LONGEST_MS) : delay * (0.5 + Math.random()));
  };

  async function drain() {
    if (running || !journal.waiting) return;
    running = true;
    show("sending");
    try {
      size ||= most = await mostAtOnce();
      const done = await locked(() => drainOnce(journal, { size }));
      if (done === "elsewhere") {
        // Another tab is at it; it tells us what it hears.
        later(FIRST_MS);
      } else if (done.next === "more") {
        size = most;
        delay = 0;
        show(done.answer?.outcomes.some(({ outcome, again }) => outcome === "refused" && !again) ? "refused" : journal.waiting ? "sending" : "sent");
        if (done.answer) say("onAnswer", done.answer);
        if (journal.waiting) later(0);
      } else if (done.next === "smaller" && size > 1) {
        size >>= 1;
        later(0);
      } else if (done.next === "signed_out" || done.next === "update") {
        show(done.next);
        later(LONGEST_MS);
      } else {
        show(done.next === "later" ? "sending" : "offline");
        backOff(done.wait);
      }
    } catch {
      show("offline");
      backOff();
    } finally {
      running = false;
    }
  }

  // Whether the server can be reached, asked only while nothing else tells.
  async function ping() {
    if (document.hidden || running || journal.waiting) return;
    try {
      const { status, answer } = await call("/sync/ping");
      if (answer?.now) await journal.setClock(answer.now);
      show(answer?.pong ? "sent" : status === 401 && answer ? "signed_out" : "offline");
    } catch {
      show("offline");
    }
  }

  const now = () => {
    delay = 0;
    if (journal.waiting) later(0);
    else if (since) ping();
  };
  addEventListener("online", now);
  addEventListener("offline", () => show("offline"));
  addEventListener("pageshow", now);
  document.addEventListener("visibilitychange", () => document.hidden || now());
  navigator.serviceWorker?.addEventListener("message", ({ data }) => data === "drain" && now());
  setInterval(ping, PING_MS);
  journal.watch((why, detail) => {
    if (why === "acked" && !journal.waiting && !running) show("sent");
    else if (journal.waiting && !since) show("sending");
    else say("onState", told());
    say("onJournal", { why, ...detail });
    if (journal.waiting && !running && !delay) later(SOON_MS);
  });
  if (journal.waiting) later(0);

  return {
    now,
    // Told later, unless something else is told before.
    hold: later,
    get state() {
      return told();
    },
    // {onAnswer(answer), onState({state, waiting, since, oldest}), onJournal({why})}
    listen(listener) {
      listeners.add(listener);
      listener.onState?.(told());
      return () => listeners.delete(listener);
    },
    ping,
  };
}
