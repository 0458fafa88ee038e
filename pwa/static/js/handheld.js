// Every associate page: the scanner listens, sound is ready after the first tap, dials keep time.
// A scan that no part of the page takes goes to POST /scan, which answers with the place to go.
import { listen } from "./scanner.js";
import { unlock, play } from "./sound.js";
import { setServerTime, start } from "./dials.js";
import { listen as listenToTheme } from "./theme.js";

listen();
unlock();
listenToTheme();
setServerTime(document.body.dataset.now);
start();

if (!document.body.hasAttribute("data-own-scans")) {
  document.addEventListener("scan", (event) => {
    if (event.defaultPrevented) return;
    const form = document.createElement("form");
    form.method = "post";
    form.action = "/scan";
    const field = Object.assign(document.createElement("input"), { type: "hidden", name: "code", value: event.detail.raw.slice(0, 512) });
    form.append(field);
    document.body.append(form);
    form.submit();
  });
}

// The server names the tone that goes with new rows: <li data-tone="arrived">.
document.addEventListener("htmx:after:swap", () => {
  const fresh = document.querySelector("[data-tone]:not([data-heard])");
  for (const node of document.querySelectorAll("[data-tone]")) node.dataset.heard = "";
  if (fresh) play(fresh.dataset.tone);
});
