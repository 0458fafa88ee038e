// Every associate page: the scanner listens, sound is ready after the first tap, dials keep time, the journal goes to the server,
// and the device locks itself. A scan that no part of the page takes goes to POST /scan, which answers with the place to go.
import { listen } from "./scanner.js";
import { unlock } from "./sound.js";
import { setServerTime, start } from "./dials.js";
import { listen as listenToTheme } from "./theme.js";
import { start as startStatus } from "./status.js";
import { start as startLock } from "./lock.js";
import { element, icon, say } from "./paint.js";

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

try {
  const { journal, sync, who } = await import("./device.js");
  startStatus(sync);
  startLock(journal, who);
} catch (fault) {
  // A device that cannot keep anything must not look as if it could.
  console.warn("the device cannot write", fault);
  document.getElementById("main")?.prepend(element("p", "note bad", icon("tri"), element("span", "", element("b", "", say("cannot_keep")), ` ${say("cannot_keep_more")}`)));
}
