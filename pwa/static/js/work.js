// The list of work: live as the server sends it, and the next packs fetched behind it. What is begun where the network has
// just gone is begun from what lies ready on the device.
import { sync } from "./device.js";
import { goOnKeeping } from "./keeping.js";
import "./stream.js";

const TIME_LIMIT_MS = 4000;

// -> where to go, null when the server could not be asked. Rejects when it answered anything but yes.
async function askServer(form) {
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "hx-request": "true" }, signal: AbortSignal.timeout(TIME_LIMIT_MS) });
  } catch {
    return null;
  }
  if (answer.status >= 502 && answer.status <= 504) return null;
  const where = answer.headers.get("hx-redirect");
  if (!where) throw new Error(`not begun (${answer.status})`);
  return where;
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.getAttribute("action") !== "/packs" || event.defaultPrevented) return;
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const away = sync.state.state === "offline";
    const where = (away ? null : await askServer(form)) ?? (await (await import("./beginning.js")).beginNext());
    // Nothing lies ready: the list that needs no network says why, and what to do.
    location.assign(where ?? "/work");
  } catch {
    button.disabled = false;
    form.submit();
  }
});

import("./announcements.js");
(window.requestIdleCallback ?? setTimeout)(() => goOnKeeping());
