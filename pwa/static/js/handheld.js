// Every associate page: the scanner listens, sound is ready after the first tap, dials keep time, the journal goes to the server,
// and the device locks itself. A scan that no part of the page takes opens the job it stands for (resolve.js).
import { offerCamera } from "./camera-button.js";
import { listen } from "./scanner.js";
import { settle as settleSettings } from "./settings.js";
import { unlock } from "./sound.js";
import { setServerTime, start } from "./dials.js";
import { start as startStatus } from "./status.js";
import { start as startLock } from "./lock.js";
import { element, icon, say } from "./paint.js";

listen();
unlock();
setServerTime(document.body.dataset.now);
start();

offerCamera();

if (!document.body.hasAttribute("data-own-scans")) {
  document.addEventListener("scan", (event) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    event.detail.waitUntil(import("./resolve.js").then(({ openJob }) => openJob(event.detail)));
  });
}

try {
  const { journal, sync, who } = await import("./device.js");
  startStatus(sync, "unlock" in document.body.dataset ? null : who);
  startLock(journal, who);
  settleSettings();
} catch (fault) {
  // A device that cannot keep anything must not look as if it could.
  console.warn("the device cannot write", fault);
  document.getElementById("main")?.prepend(element("p", "note bad", icon("tri"), element("span", "", element("b", "", say("cannot_keep")), ` ${say("cannot_keep_more")}`)));
}
