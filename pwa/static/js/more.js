// The page of what is not work: lock the device, or leave it. Whoever leaves hears first what has not gone out yet; it goes out without them.
import "./handheld.js";
import { journal, sync, who } from "./device.js";
import { lock } from "./lock.js";
import { say } from "./paint.js";
import { today } from "./people.js";
import { leave } from "./pin.js";

const form = document.querySelector("[data-sign-out]");
const sheet = document.getElementById("leaving");
const lockButton = document.querySelector("[data-lock]");

// A device that its person could not open again is not locked: they would stand outside.
const mine = (await today()).some(({ staff }) => staff === who?.staff);
lockButton.hidden = !mine;
lockButton.addEventListener("click", lock);

async function go() {
  const online = await fetch(form.action, { method: "POST", redirect: "manual", signal: AbortSignal.timeout(4000) }).then(
    ({ type, ok }) => type === "opaqueredirect" || ok,
    () => false,
  );
  await leave(!online);
  navigator.serviceWorker?.controller?.postMessage({ type: "left" });
  location.assign(online ? "/" : "/shell/unlock");
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!journal.waiting) return go();
  sheet.querySelector("[data-waiting]").textContent = say("leave_waiting", { n: journal.waiting });
  sheet.showModal();
});
sheet.addEventListener("click", ({ target }) => {
  const act = target.closest("[data-leave]")?.dataset.leave;
  if (act === "go") go();
  else if (act === "send") sync.now();
  if (act === "stay" || target === sheet) sheet.close();
});
sync.listen({
  onState({ waiting }) {
    if (!sheet.open) return;
    sheet.querySelector("[data-waiting]").textContent = waiting ? say("leave_waiting", { n: waiting }) : say("leave_none");
  },
});
