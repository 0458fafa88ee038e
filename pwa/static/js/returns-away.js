// What came back is carried to its shelf: each scan places one unit, and it is for sale from then on. Also the page of what became of a return.
import "./handheld.js";
import { journal } from "./device.js";
import { read, say } from "./paint.js";
import { tell } from "./feedback.js";
import { elsewhere, ready } from "./scanner.js";

const { rows } = read("away");
const placed = new Set();
const credit = document.getElementById("credit");
const told = JSON.parse(sessionStorage.getItem(`credit-${location.pathname}`) ?? "null");

// Somebody pays on their phone: the page shows itself again once another word is true.
const paying = document.getElementById("paying");
async function look() {
  const answer = await fetch(paying.dataset.paying, { headers: { accept: "application/json" }, redirect: "error", signal: AbortSignal.timeout(4000) }).then((told) => told.json()).catch(() => null);
  const typing = paying.contains(document.activeElement) && document.activeElement.tagName === "INPUT";
  if (answer?.state && answer.state !== paying.dataset.state && !typing) location.reload();
}
if (paying) setInterval(() => document.hidden || look(), 2000);

// Said once, on the device that asked for it.
if (credit && told) {
  credit.querySelector("[data-code]").textContent = told.code;
  const qr = credit.querySelector("svg.qr");
  qr.setAttribute("viewBox", `0 0 ${told.side} ${told.side}`);
  qr.firstElementChild.setAttribute("d", told.path);
  credit.querySelector("[data-print]").addEventListener("click", () => print());
  credit.hidden = false;
}

document.addEventListener("scan", (event) => {
  event.preventDefault();
  event.detail.waitUntil(take(event.detail));
});

async function take(detail) {
  const { code: scanned, raw } = detail;
  const wanted = [scanned.code, raw.trim(), raw.trim().toUpperCase()];
  const fits = rows.filter(({ key, codes }) => !placed.has(key) && codes.some((known) => wanted.includes(known)));
  const row = fits.find(({ to, blocked }) => to === "shelf" && !blocked);
  if (!row) {
    const job = fits.length ? null : elsewhere(detail);
    if (job) return job;
    if (fits.some(({ blocked }) => blocked)) return tell("bad", say("away_recalled"), say("nothing_counted"));
    return tell("bad", say(fits.length ? "away_not_shelf" : "away_not_here"), say("nothing_counted"));
  }
  try {
    await journal.append("put_away", { code: raw.trim().slice(0, 512), return: row.rma });
  } catch {
    return tell("bad", say("not_kept"), say("not_kept_more"));
  }
  placed.add(row.key);
  document.getElementById(`a-${row.key}`)?.remove();
  for (const list of document.querySelectorAll("[data-away-rows]")) if (!list.children.length) list.remove();
  const left = rows.some(({ key, to, blocked }) => to === "shelf" && !blocked && !placed.has(key));
  tell("ok", row.name, say(left ? "away_done" : "all_placed"), left ? "ok" : "done");
}
ready();
