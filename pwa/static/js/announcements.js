// What managers announce to this store's devices. An urgent one stands on top until somebody says that it was read; the others stand
// behind whoever waits. Saying so is a fact like any other: it counts at once, and is sent when there is a network.
import { journal, sync } from "./device.js";
import { serverNow } from "./dials.js";
import { tell } from "./feedback.js";
import { clone, element, read, say } from "./paint.js";
import { keep, recall } from "./store.js";

const LOOK_MS = 30000; // what has run out goes by itself
const board = document.getElementById("board");
const source = document.getElementById("announcements-data");
const loud = document.getElementById("announced");
const calm = element("div", "stack");
let held = await given();

const isRead = ({ id, edition, read }) => read || journal.facts.some(({ type, body }) => type === "read" && body.announcement === id && body.edition >= edition);

// The server's word where there is one, else what this device keeps of it.
async function given() {
  const told = read("announcements-data");
  if (told) keep("announcements", told).catch(() => {});
  return told ?? (await recall("announcements").catch(() => null)) ?? null;
}

function card(row) {
  const made = clone("t-announcement", { text: row.text, urgent: row.urgent, corrected: row.corrected, until: row.until_said });
  made.querySelector("button").dataset.read = row.id;
  return made;
}

function paint() {
  const open = (held?.rows ?? []).filter((row) => Date.parse(row.until) > serverNow() && !isRead(row));
  for (const place of [loud, calm]) {
    const rows = open.filter(({ urgent }) => urgent === (place === loud));
    const key = JSON.stringify(rows);
    if (place.dataset.key === key) continue;
    place.dataset.key = key;
    place.hidden = !rows.length;
    place.replaceChildren(...rows.map(card));
  }
  settle();
}

// The list is drawn anew now and then; a customer who waits stays first in it.
function settle() {
  if (calm.parentNode === board) return;
  const last = [...board.children].findLast((one) => one.matches("[data-tone]") || one.querySelector("[data-tone]"));
  if (last) last.after(calm);
  else board.prepend(calm);
}

document.addEventListener("click", async ({ target }) => {
  const id = target.closest("[data-read]")?.dataset.read;
  const row = id && held.rows.find((one) => one.id === id);
  if (!row) return;
  try {
    await journal.append("read", { announcement: id, edition: row.edition });
  } catch {
    return tell("bad", say("cannot_keep"), say("cannot_keep_more"));
  }
  sync.now();
  paint();
  (document.querySelector("[data-read]") ?? document.querySelector("h1")).focus();
});

new MutationObserver(settle).observe(board, { childList: true });
if (source) {
  new MutationObserver(async () => {
    const known = new Set(held?.rows.map(({ id, edition }) => `${id} ${edition}`));
    held = await given();
    const fresh = held.rows.find(({ id, edition, urgent, read }) => urgent && !read && !known.has(`${id} ${edition}`));
    if (fresh) tell("told", loud.dataset.said, "");
    paint();
  }).observe(source, { childList: true });
}
journal.watch(paint);
setInterval(paint, LOOK_MS);
paint();
