// Put-backs: each scan carries one unit back to its shelf; the row counts down and leaves the list when it is done.
import "./handheld.js";
import { journal, sync } from "./device.js";
import { read, say } from "./paint.js";
import { ask, tell } from "./feedback.js";
import { showState } from "./status.js";
import { elsewhere, ready } from "./scanner.js";

const given = read("put-backs");
sync.listen({ onState: showState });
const rows = given.rows.map((row) => ({ ...row }));

document.addEventListener("scan", (event) => {
  event.preventDefault();
  event.detail.waitUntil(take(event.detail));
});

async function take(detail) {
  const { code, raw } = detail;
  const wanted = [code.code, raw.trim(), raw.trim().toUpperCase()];
  const row = rows.find(({ left, codes }) => left > 0 && codes.some((known) => wanted.includes(known)));
  const job = row ? null : elsewhere(detail);
  if (job) return job;
  if (!row) return tell("bad", say("unknown_article"), say("nothing_counted"));
  try {
    await journal.append("put_back", { put_back: row.id, quantity: 1, code: raw });
  } catch {
    return tell("bad", say("not_kept"), say("not_kept_more"));
  }
  row.left -= 1;
  const place = document.getElementById(`p-${row.id}`);
  place.querySelector("[data-left]").textContent = row.left;
  if (!row.left) place.remove();
  tell("ok", say("counted_other", { name: row.name }));
  if (!rows.some(({ left }) => left > 0)) ask(say("counted_other", { name: row.name }), "");
}
ready();
