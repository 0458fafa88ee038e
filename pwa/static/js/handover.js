// The hand-over at the counter: every bag is scanned, what must be seen is ticked first, the server's answer comes before the goods leave.
//
// The page gives <script type="application/json" id="handover">:
//   {order, name, works: [id], bags: [{bag: "B:T-104", work}], pass?, letters?, collector?, identity: bool, age: bool, sign_in_id, server_time, done_href}
// and may hold: [data-bag="B:T-104"] rows (data-checked appears), #identity and #age boxes,
// refused articles as <input data-refuse data-work data-line value="0"> with a <select data-reason>.
import { journal, sync } from "./device.js";
import { icon, read, say } from "./paint.js";
import { ask, tell } from "./feedback.js";
import { showState } from "./status.js";
import { play } from "./sound.js";
import { ready } from "./scanner.js";
import "./handheld.js";

const order = read("handover");
const opened = journal.facts.at(-1)?.seq ?? 0; // what was told before this page is another hand-over
const seen = new Set();
const tag = (code) => code.replace(/^B:/, "");
const ticked = (id) => document.getElementById(id)?.checked ?? false;
const left = () => order.bags.filter(({ bag }) => !seen.has(bag));
const unchecked = () => (order.identity && !ticked("identity")) || (order.age && !ticked("age"));
const mine = ({ type, body, seq }) => type === "hand_over" && body.order === order.order && seq > opened;
const under = () => journal.facts.some((fact) => mine(fact) && !fact.refused);

document.addEventListener("scan", (event) => {
  event.preventDefault();
  event.detail.waitUntil(takeScan(event.detail.code));
});
document.addEventListener("change", async () => {
  invite();
  if (!left().length) await finish();
});

// Opening a refusal means it: all units stay, unless a smaller number is chosen; closing takes it back.
for (const refusal of document.querySelectorAll("details.refuse")) {
  const units = refusal.querySelector("[data-refuse]");
  const mean = () => (units.selectedIndex = refusal.open ? units.options.length - 1 : 0);
  refusal.addEventListener("toggle", mean);
  mean();
}

async function takeScan({ kind, code }) {
  if (under()) return tell("again", say("hand_sending"), say("hand_sending_more"));
  if (kind !== "bag") return tell("bad", say("hand_wrong_code"), say("hand_bag_wrong_more", { bags: left().map(({ bag }) => tag(bag)).join(", ") }));
  if (!order.bags.some(({ bag }) => bag === code)) {
    return tell("bad", say("hand_bag_wrong", { name: order.name }), say("hand_bag_wrong_more", { bags: left().map(({ bag }) => tag(bag)).join(", ") }));
  }
  if (seen.has(code)) return tell("again", say("hand_bag_again", { bag: tag(code) }));
  seen.add(code);
  for (const row of document.querySelectorAll(`[data-bag="${CSS.escape(code)}"]`)) {
    row.dataset.checked = "";
    row.querySelector("[data-mark]")?.replaceChildren(icon("saved"));
  }
  tell("ok", say("hand_bag_ok", { bag: tag(code) }), left().length ? say("hand_scan_more", { n: left().length }) : "");
  invite();
  if (!left().length) await finish();
}

function invite() {
  const [next] = left();
  if (unchecked()) ask(say("hand_check"), say("hand_check_more"));
  else if (next) ask(say("hand_scan_bag", { bag: tag(next.bag) }), say("hand_scan_more", { n: left().length }));
}

async function finish() {
  if (under() || unchecked()) return invite();
  const refused = [...document.querySelectorAll("[data-refuse]")]
    .filter(({ value }) => Number(value) > 0)
    .map((field) => ({ work: field.dataset.work, line: field.dataset.line, quantity: Number(field.value), reason: field.closest("[data-refusal]")?.querySelector("[data-reason]")?.value ?? "changed_mind" }));
  await journal.append("hand_over", {
    order: order.order,
    works: order.works,
    ...(order.pass ? { pass: order.pass } : {}),
    ...(order.letters ? { letters: order.letters } : {}),
    bags: order.bags.map(({ bag }) => bag),
    ...(order.identity ? { identity_checked: true } : {}),
    ...(order.age ? { age_checked: true } : {}),
    ...(order.collector ? { collector: order.collector } : {}),
    refused,
  });
  ask(say("hand_sending"), say("hand_sending_more"));
  sync.now();
}

function takeState(state) {
  showState(state);
  if (under() && (state.state === "offline" || state.state === "signed_out")) ask(say("hand_offline"), say("hand_offline_more"));
}

function takeAnswer({ outcomes }) {
  const told = outcomes.find(({ id }) => journal.facts.some((fact) => fact.id === id && mine(fact)));
  if (!told) return;
  if (told.outcome === "refused") {
    seen.clear();
    for (const row of document.querySelectorAll("[data-checked]")) delete row.dataset.checked;
    tell("bad", say("hand_refused"), told.problem?.title ?? "");
    return invite();
  }
  play("done");
  location.assign(order.done_href);
}

invite();
sync.listen({ onAnswer: takeAnswer, onState: takeState });
ready();
