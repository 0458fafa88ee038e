// The returns desk: whatever is scanned goes to the server, which says whose it is. With no network the goods are taken in with a receipt,
// and a parcel is kept by its number until the server can say whose it is.
import "./handheld.js";
import { journal, sync } from "./device.js";
import { uuid7 } from "./journal.js";
import { clone, say } from "./paint.js";
import { tell } from "./feedback.js";
import { lock } from "./lock.js";
import { reach } from "./reach.js";
import { ready } from "./scanner.js";
import { carryReceipt } from "./return-carry.js";

const PATIENCE_MS = 3000;
const form = document.getElementById("scanned");
const typed = document.getElementById("code")?.form;
const ofParcels = "parcels" in document.body.dataset;
const kept = new Map(); // fact -> {code, told}
// A radio that is on says nothing of the server: it is asked before a page is left for it.
const answers = async () => navigator.onLine !== false && sync.state.state !== "offline" && (await reach(PATIENCE_MS)) === "ours";

document.addEventListener("scan", (event) => {
  event.preventDefault();
  const { raw, code } = event.detail;
  if (code.kind === "badge") return lock();
  event.detail.waitUntil(take(raw));
});

async function take(raw) {
  if (ofParcels && kept.size) return keep(raw);
  if (await answers()) {
    form.elements.code.value = raw.slice(0, 512);
    return form.submit();
  }
  if (ofParcels) return keep(raw);
  carryReceipt(raw);
  return location.assign("/returns/alone");
}

if (ofParcels) {
  typed?.addEventListener("submit", (event) => {
    event.preventDefault();
    const { code } = typed.elements;
    if (code.value.trim()) take(code.value);
    code.value = "";
  });
  sync.listen({
    onAnswer({ outcomes }) {
      for (const { id, outcome, facts, problem } of outcomes) if (kept.has(id)) kept.get(id).told = outcome === "applied" ? facts : { problem };
      paint();
    },
  });
}

// Once one is kept the page stays what it is until it is opened anew: nothing that was scanned goes out of sight.
async function keep(raw) {
  const code = raw.trim().slice(0, 64);
  if (!code) return;
  if ([...kept.values()].some((one) => one.code === code)) return tell("again", say("already_kept"), code);
  try {
    const { id } = await journal.append("parcel_back", { code, return: uuid7() });
    kept.set(id, { code, told: null });
  } catch {
    return tell("bad", say("not_kept"), say("not_kept_more"));
  }
  tell("ok", say("parcel_kept"), code);
  sync.now();
  paint();
}

function paint() {
  const rows = [...kept.values()].map(({ code, told }) => {
    if (!told) return clone("t-parcel", { name: code, more: say("parcel_kept") });
    if (told.problem) return clone("t-parcel", { name: code, more: `${told.problem.title}. ${told.problem.next}` });
    return clone("t-parcel", { name: say("parcel_told", told), more: say("parcel_told_more") });
  });
  document.getElementById("kept").hidden = rows.length === 0;
  document.getElementById("kept").replaceChildren(...rows);
}
ready();
