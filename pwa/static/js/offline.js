// The page of a page that is not here: says what is kept, and opens the real one as soon as the server answers.
import { journal } from "./device.js";

const ASK_MS = 4000;
const AGAIN_MS = 30000;
const safe = document.getElementById("safe");

function count() {
  const forms = JSON.parse(safe.dataset.kept);
  const n = journal.waiting;
  if (n) safe.textContent = (forms[new Intl.PluralRules(document.documentElement.lang).select(n)] ?? forms.other).replace("{n}", n);
}

async function look() {
  try {
    const answer = await fetch("/sync/ping", { headers: { "x-sync-protocol": "1" }, cache: "no-store", signal: AbortSignal.timeout(ASK_MS) });
    const last = Number(sessionStorage.getItem("opened-again")) || 0;
    // Only our own server's voice counts; and a page that fails again and again is not asked for every few seconds.
    if (answer.headers.get("x-sync-protocol") === "1" && Date.now() - last > AGAIN_MS) {
      sessionStorage.setItem("opened-again", String(Date.now()));
      return location.reload();
    }
  } catch {
    // Still away.
  }
  setTimeout(look, ASK_MS);
}

document.getElementById("kept").hidden = location.pathname === "/work";
document.getElementById("again").href = location.href;
journal.watch(count);
count();
// Opened by its own address it stands for no other page.
if (!location.pathname.startsWith("/shell/")) {
  addEventListener("online", look);
  look();
}
