// What a store asks for: each scan fills the next row, the same article again is one more. The server knows what a code is.
import "./handheld.js";
import { say } from "./paint.js";
import { tell } from "./feedback.js";
import { elsewhere, ready } from "./scanner.js";

const rows = [...document.querySelectorAll(".pair.coded")].map((pair) => [pair.querySelector("[name=code]"), pair.querySelector("[name=quantity]")]);

function take(detail) {
  const job = elsewhere(detail);
  if (job) return job;
  const code = detail.raw.trim().replace(/^~/, "");
  const same = rows.find(([field]) => field.value.trim() === code);
  const free = same ?? rows.find(([field]) => !field.value.trim());
  if (!free) return tell("again", say("scan_full"), say("scan_full_more"));
  const [field, number] = free;
  field.value = code;
  number.value = String((Number(number.value) || 0) + 1);
  const more = field.closest("details");
  if (more) more.open = true;
  tell("ok", say("scanned", { n: Number(number.value) }), code);
}

document.addEventListener("scan", (event) => {
  event.preventDefault();
  event.detail.waitUntil(Promise.resolve(take(event.detail)));
});
ready();
