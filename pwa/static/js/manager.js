// Every manager page: dials keep time by the server's clock, the theme can be chosen, what is live is connected.
import { listen as besides } from "./beside.js";
import { setServerTime, start } from "./dials.js";
import { listen as lives } from "./live-page.js";
import { listen } from "./theme.js";

setServerTime(document.body.dataset.now);
listen();
besides();
lives();
start();

// What lies below the first screen is laid out piece by piece, between what a hand may want.
const idle = window.requestIdleCallback ?? setTimeout;
const later = [...document.querySelectorAll(".later")];
const near = () => (later.shift()?.classList.add("near"), later.length && idle(near));
idle(near);

// What hangs on a wall is printed from where it is read.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// htmx looks for its attributes in a timer that it sets when it is loaded. Where its part for streams takes longer to come (a first
// visit), it finds nothing to connect and never looks again: by the next timer we know.
setTimeout(() => {
  for (const one of document.querySelectorAll("[hx-sse\\:connect]")) if (!one._htmx) window.htmx?.process(one);
});
