// The pick screen: scans and taps become facts, the fold of pack and facts is painted; it needs no network for any of it.
import "./handheld.js";
import { journal, sync } from "./device.js";
import { say } from "./paint.js";
import { settle, tell } from "./feedback.js";
import { lineOf } from "./matching.js";
import { serverNow, setServerTime } from "./dials.js";
import { facts, keepBound, named, NotKept, on, open, record, UNDO_MS, workOf } from "./pick-pack.js";
import { takeAnswer, takePack } from "./pick-answers.js";
import { paint, row } from "./pick-painting.js";
import { takeScan } from "./pick-scans.js";
import { play } from "./sound.js";
import { ready, submit } from "./scanner.js";
import { mayRest, stayAwake } from "./wake.js";

const BEHIND_MS = 1000; // what is not needed to scan comes after the page
const sheets = () => import("./pick-sheets.js");
const keeping = () => import("./keeping.js");
const sheet = document.getElementById("sheet");

// A write that failed has been said already, and nothing was counted.
const quietly = (work) =>
  work.catch((fault) => {
    if (!(fault instanceof NotKept)) throw fault;
  });
const undoable = (fact, text) => (on.undoable = { fact, text, until: Date.now() + UNDO_MS });

const acts = {
  close: () => sheet.close(),
  find: async () => on.view.current && (await sheets()).openShort(),
  list: async () => (await sheets()).openList(row),
  fewer: async () => (await sheets()).countMissing(-1),
  more: async () => (await sheets()).countMissing(1),
  seen: () => on.asides.shift(),
  put: () => (on.putting = null),
  async report() {
    await (await sheets()).report();
    sheet.close();
    play("ok");
  },
  async recalled() {
    await (await sheets()).tellMissing(lineOf(on.view, on.view.current).remaining, "not_sellable", "recalled_done");
    play("ok");
  },
  async park() {
    undoable(await record("look_again", { ...on.view.current }), say("parked_done"));
    sheet.close();
    play("ok");
  },
  async release() {
    sheet.close();
    await record("release", { pack: on.pack.id });
    sync.now();
  },
  undo: () => (on.putting ?? on.undoable) && takeBack((on.putting ?? on.undoable).fact),
  back: ({ fact }) => takeBack(facts().find(({ id }) => id === fact)),
};

async function takeBack(fact) {
  const line = fact.body.line && workOf(fact.body.work)?.lines.find(({ line }) => line === fact.body.line);
  // All bags of one shelf go back together, as they went there.
  const taken = new Set(facts().filter(({ type }) => type === "undo").map(({ body }) => body.event));
  const twins = fact.type === "stage" ? facts().filter(({ id, type, body }) => type === "stage" && body.work === fact.body.work && !taken.has(id)) : [fact];
  for (const twin of twins) await record("undo", { event: twin.id });
  if (fact.type === "stage") {
    on.bound[fact.body.work] = twins.map(({ body }) => body.bag);
    await keepBound();
  }
  on.undoable = on.putting = null;
  if (sheet.open) sheet.close();
  tell("again", line ? say("undone", { what: named(line) }) : say("undone_plain"), "", "ok");
}

let kept = false;
function repaint() {
  paint();
  const done = document.body.dataset.step === "done";
  if (done) mayRest();
  else stayAwake();
  // The walk is over: the next one comes while there is a network.
  if (done && !kept && !on.view.unsent) {
    kept = true;
    keeping().then(({ keep }) => keep(), () => {});
  }
}

function listen() {
  document.addEventListener("scan", (event) => {
    event.preventDefault();
    event.detail.waitUntil(quietly(takeScan(event.detail)).then(repaint));
  });
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest("[data-act]");
    if (!button || !acts[button.dataset.act]) return;
    await quietly((async () => acts[button.dataset.act](button.dataset))());
    on.versus = null;
    repaint();
  });
  sheet.addEventListener("click", (event) => event.target === sheet && sheet.close());
  document.addEventListener("writes", () => (settle(), repaint()));
  setInterval(() => {
    if (!on.undoable || on.undoable.until > Date.now()) return;
    on.undoable = null;
    repaint();
  }, 500);
  sync.listen({
    onAnswer: (answer) => takeAnswer(answer).then(repaint),
    onJournal: ({ why }) => why === "appended" || repaint(),
  });
}

if (await open()) {
  if (!document.body.dataset.now) setServerTime(new Date(Date.now() + journal.offset).toISOString());
  // A pack may hold facts of an earlier hour: nothing is unsent then, and the walk goes on where it stood.
  if (serverNow() > Date.parse(on.pack.lease_until ?? "9999-12-31T00:00:00Z")) settle();
  listen();
  repaint();
  ready();
  // An article that was scanned on another page has opened this one: it counts here.
  if (location.hash.startsWith("#scan=")) {
    const raw = decodeURIComponent(location.hash.slice(6));
    history.replaceState(null, "", location.pathname);
    submit(raw);
  }
  // The sheets, bags and end, the pictures of the whole walk and the next packs come now, while there is a network.
  setTimeout(async () => {
    try {
      await Promise.all([sheets(), import("./pick-staging.js"), import("./pick-done.js")]);
      const { fetchPictures, goOnKeeping } = await keeping();
      fetchPictures([on.pack]);
      goOnKeeping(() => takePack().then(repaint));
    } catch {
      // Out of reach just now: what is needed is asked for again by then.
    }
  }, BEHIND_MS);
} else location.replace("/work");
