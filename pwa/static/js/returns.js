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

const form = document.getElementById("scanned");
const list = document.getElementById("kept"); // only where parcels come in
const rows = {}; // fact -> its row
const codes = new Set();

document.addEventListener("scan", (event) => {
  event.preventDefault();
  const { raw, code } = event.detail;
  if (code.kind === "badge") return lock();
  event.detail.waitUntil(take(raw));
});

// A radio that is on says nothing of the server: it is asked before a page is left for it. Once a parcel is kept the page stays.
async function take(raw) {
  if (!list?.children.length && (await reach(3000)) === "ours") {
    form.elements.code.value = raw.slice(0, 512);
    return form.submit();
  }
  if (list) return keep(raw.trim().slice(0, 64));
  carryReceipt(raw);
  return location.assign("/returns/alone");
}

async function keep(code) {
  if (codes.has(code)) return tell("again", say("already_kept"), code);
  try {
    const { id } = await journal.append("parcel_back", { code, return: uuid7() });
    codes.add(code);
    show(id, code, say("parcel_kept"));
  } catch {
    return tell("bad", say("not_kept"), say("not_kept_more"));
  }
  tell("ok", say("parcel_kept"), code);
  sync.now();
}

function show(id, name, more) {
  const [row] = clone("t-parcel", { name, more }).children;
  if (rows[id]) rows[id].replaceWith(row);
  else list.append(row);
  rows[id] = row;
}

sync.listen({
  onAnswer({ outcomes }) {
    for (const { id, problem, facts } of outcomes) {
      if (rows[id]) show(id, facts?.number ?? problem.title, say(facts?.number ? "parcel_told" : "parcel_aside"));
    }
  },
});
ready();
