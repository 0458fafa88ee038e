// Brings the journal to the server: one batch at a time, in order, again and again until it is acknowledged.
// Only an answer that speaks our protocol counts; a captive portal's friendly page does not. Nothing is ever dropped.

const BATCH = 50;
const FIRST_MS = 1000;
const LONGEST_MS = 30000;
const TIME_LIMIT_MS = 8000;

// onAnswer(answer) after every acknowledged batch; onState({state, waiting, since}) when the pill must change.
// state: sent, sending, offline, signed_out, refused
export function startSync({ journal, url = "/sync/events", onAnswer = () => {}, onState = () => {} }) {
  let timer = 0;
  let running = false;
  let delay = 0;
  let size = BATCH;
  let state = "sent";
  let since = null;

  const show = (next) => {
    if (next === "offline" || next === "signed_out") since ??= Date.now();
    else if (next !== "sending") since = null;
    state = next === "sending" && since ? state : next;
    onState({ state, waiting: journal.waiting, since });
  };
  const later = (ms) => {
    clearTimeout(timer);
    timer = setTimeout(drain, ms);
  };
  const backOff = (wait) => {
    delay = Math.min(LONGEST_MS, Math.max(FIRST_MS, delay * 2));
    later(wait ?? delay * (0.5 + Math.random()));
  };

  async function post() {
    const body = JSON.stringify({ v: 1, journal_id: journal.id, events: journal.unsent(size) });
    const response = await fetch(url, {
      method: "POST",
      body,
      keepalive: body.length < 60000,
      redirect: "error",
      signal: AbortSignal.timeout(TIME_LIMIT_MS),
      headers: { "content-type": "application/json", accept: "application/json", "x-sync-protocol": "1" },
    });
    const ours = response.headers.get("x-sync-protocol") === "1" && /json/.test(response.headers.get("content-type") ?? "");
    return { status: response.status, wait: Number(response.headers.get("retry-after")) * 1000, answer: ours ? await response.json() : null };
  }

  async function drain() {
    if (running || !journal.waiting) return;
    running = true;
    show("sending");
    try {
      const { status, wait, answer } = await post();
      if (status === 200 && Number.isInteger(answer?.acked_through) && Array.isArray(answer.outcomes)) {
        const before = journal.acked;
        journal.ack(answer.acked_through, answer.outcomes);
        size = BATCH;
        delay = 0;
        show(answer.outcomes.some(({ outcome }) => outcome === "refused") ? "refused" : journal.waiting ? "sending" : "sent");
        onAnswer(answer);
        // An answer that moves nothing would be asked again for ever: slow down instead.
        if (journal.waiting) journal.acked > before ? later(0) : backOff();
      } else if (status === 401) {
        show("signed_out");
        later(LONGEST_MS);
      } else if (status === 409 && journal.expect(answer?.expected_seq)) {
        backOff(delay ? undefined : 0);
      } else {
        if (status === 400 || status === 413 || status === 422) size = Math.max(1, size >> 1);
        show("offline");
        backOff(wait > 0 ? Math.min(wait, LONGEST_MS) : undefined);
      }
    } catch {
      show("offline");
      backOff();
    } finally {
      running = false;
    }
  }

  const now = () => {
    delay = 0;
    later(0);
  };
  addEventListener("online", now);
  addEventListener("pageshow", now);
  document.addEventListener("visibilitychange", now);
  // Whoever leaves while the network is there loses nothing: the last batch outlives the page. Without it, we ask first.
  addEventListener("beforeunload", (event) => {
    if (journal.waiting && since) event.preventDefault();
  });
  addEventListener("pagehide", () => {
    if (journal.waiting) post().catch(() => {});
  });
  return {
    now,
    // A fact was added: tell the pill, send soon (together with what the same second brings).
    soon() {
      onState({ state: since ? state : "sending", waiting: journal.waiting, since });
      if (!running && !delay) later(120);
    },
  };
}
