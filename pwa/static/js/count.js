// A one-article count: each scan adds one, keys set the number, the button writes it down. Blind: nobody is told what is expected.
import "./handheld.js";
import { journal, sync } from "./device.js";
import { clone, read, say } from "./paint.js";
import { ask, tell } from "./feedback.js";
import { showState } from "./status.js";
import { sayPlace } from "./matching.js";
import { elsewhere, ready } from "./scanner.js";

const MOST = 9999;
const asked = read("count");
const written = () => journal.facts.find(({ type, body }) => type === "count" && body.count === asked.id);
const number = document.getElementById("number");
const save = document.getElementById("save");
let quantity = 0;
let fresh = true; // the first key replaces what is there, the next ones follow it

function set(next) {
  quantity = Math.min(MOST, Math.max(0, next));
  number.textContent = quantity;
  save.textContent = say("count_act", { n: quantity });
}

document.addEventListener("scan", (event) => {
  event.preventDefault();
  if (written()) return;
  const { code, raw } = event.detail;
  const fits = asked.codes.some((known) => [code.code, raw.trim(), raw.trim().toUpperCase()].includes(known));
  const job = fits ? null : elsewhere(event.detail);
  if (job) return event.detail.waitUntil(job);
  if (!fits) return tell("bad", say("count_wrong"), say("nothing_counted"));
  set(quantity + 1);
  fresh = true;
  tell("ok", say("count_done", { n: quantity }), `${asked.name} ${asked.deciding ?? ""}`.trim());
});

document.addEventListener("click", async ({ target }) => {
  const key = target.closest("[data-key]")?.dataset.key;
  if (key === "back") set(Math.floor(quantity / 10));
  else if (key === "add") set(quantity + 1);
  else if (key) set(fresh ? Number(key) : quantity * 10 + Number(key));
  if (key) fresh = key === "add";
  if (target.closest("#save") && !written()) {
    try {
      await journal.append("count", { count: asked.id, quantity });
    } catch {
      return tell("bad", say("not_kept"), say("not_kept_more"));
    }
    sync.now();
    paint();
  }
});

function paint() {
  const fact = written();
  if (!fact) return;
  const sent = fact.seq <= journal.acked;
  quantity = fact.body.quantity;
  document.getElementById("main").replaceChildren(
    clone("t-done", { sent, title: say("count_done", { n: quantity }), more: say("count_done_more", { name: `${asked.name} ${asked.deciding ?? ""}`.trim(), place: sayPlace(asked.place) }), told: say(sent ? "count_sent" : "count_kept") }),
  );
  document.querySelector(".dock").replaceChildren(clone("t-next", {}));
  document.body.dataset.step = "done";
}

set(0);
ask(say("count_scan"));
sync.listen({ onAnswer: paint, onState: showState });
paint();
ready();
