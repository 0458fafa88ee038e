// The packing table as a list. Served, it keeps the next works for a time without network; with none, it shows those that are kept.
import "./handheld.js";
import { journal, sync } from "./device.js";
import { setServerTime, tick } from "./dials.js";
import { fold, toPack } from "./packing-fold.js";
import { clone, element, say } from "./paint.js";
import { reach } from "./reach.js";
import { held, keepStations } from "./stations.js";

const LOOK_MS = 4000;
const AGAIN_MS = 20000; // a page that comes out of the cache again and again is not asked for every few seconds
const board = document.getElementById("board"); // the served list has none

function row(station) {
  const open = toPack(station.data, fold(station.data, journal));
  const units = station.data.lines.reduce((sum, { quantity, packed }) => sum + quantity - packed, 0);
  const tote = station.tote ? [say("tote", { n: station.tote })] : [];
  const words = [...(open ? [...tote, say("units", { n: units })] : [say("closed_here")]), station.number].join(", ");
  const made = clone("t-row", { href: `/packing/${station.id}`, name: station.customer, words, open });
  made.querySelector(".dial").dataset.until = station.promise_at;
  return made;
}

async function paint() {
  const stations = await held();
  const list = element("ol", "list", ...stations.map(row));
  board.replaceChildren(...(stations.length ? [clone("t-head", { n: String(stations.length) }), list, clone("t-how", {})] : [clone("t-none", {})]));
  document.body.dataset.kept = stations.length;
  tick();
}

// The live list comes by itself, after what is kept has been sent.
async function look() {
  if (!document.hidden && (await reach()) === "ours") {
    sync.now();
    const last = Number(sessionStorage.getItem("packing-again")) || 0;
    if (!journal.waiting && Date.now() - last > AGAIN_MS) {
      sessionStorage.setItem("packing-again", String(Date.now()));
      return location.reload();
    }
  }
  setTimeout(look, LOOK_MS);
}

if (board) {
  setServerTime(new Date(Date.now() + journal.offset).toISOString());
  await paint();
  sync.ping();
  sync.listen({ onJournal: paint });
  if (location.pathname === "/packing") {
    addEventListener("online", look);
    setTimeout(look, LOOK_MS);
  }
} else if (isSecureContext) keepStations().then((kept) => kept && (document.body.dataset.keeps = kept.length));
