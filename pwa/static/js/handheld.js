// Every associate page: the scanner listens, sound is ready after the first tap, dials keep time, the journal goes to the server,
// and the device locks itself. A scan that no part of the page takes opens the job it stands for (resolve.js).
import { listen, ready } from "./scanner.js";
import { settings, settle as settleSettings } from "./settings.js";
import { unlock } from "./sound.js";
import { setServerTime, start } from "./dials.js";
import { start as startStatus } from "./status.js";

const BEHIND_MS = 1500; // what is not needed to work comes after the page

// A picture that this device does not keep leaves its place empty.
document.addEventListener("error", ({ target }) => target.src && (target.hidden = true), true);
listen();
unlock();
setServerTime(document.body.dataset.now);
start();

// The camera offers itself where no scanner was heard for half a day.
const heard = Date.now() - (Number(localStorage.getItem("wedge_at")) || 0) < 12 * 3600 * 1000;
const band = document.querySelector(".dock > .band") && !document.body.hasAttribute("data-no-camera");
if (band && (settings.camera === "always" || (settings.camera === "auto" && !heard))) import("./camera-button.js").then(({ offerCamera }) => offerCamera());

if (!document.body.hasAttribute("data-own-scans")) {
  document.addEventListener("scan", (event) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    event.detail.waitUntil(import("./resolve.js").then(({ openJob }) => openJob(event.detail)));
  });
  ready();
}

try {
  const { journal, sync, who } = await import("./device.js");
  startStatus(sync, "unlock" in document.body.dataset ? null : who);
  settleSettings();
  // A device that is locked stays so; one that is not can wait with its lock until the page works.
  const lockAfter = (ms) => setTimeout(() => import("./lock.js").then(({ start: startLock }) => startLock(journal, who), () => lockAfter(10 * BEHIND_MS)), ms);
  lockAfter(localStorage.getItem("locked") ? 0 : BEHIND_MS);
} catch (fault) {
  console.warn("this device keeps nothing", fault); // device.js has said it on the page
}
