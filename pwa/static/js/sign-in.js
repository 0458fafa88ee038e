// The keypad fills the PIN field and sends it at the sixth digit; a badge that is scanned signs in at once.
// What opens this device with no network later is worked out here, and waits for the server's yes (pin.js).
import { keypad } from "./keypad.js";
import { listen, ready } from "./scanner.js";
import { stage, unstage } from "./pin.js";
import { reach } from "./reach.js";
import { start } from "./status.js";

const ASK_MS = 3000;
const STAGE_MS = 4000; // nobody waits longer at the door for what only a day without network needs

const form = document.getElementById("pin");
const badge = document.getElementById("badge");

// Whoever comes, the former person's facts go on to the server.
import("./device.js").then(({ sync }) => start(sync)).catch(() => {});
unstage();

async function send(which, kind, of, secret) {
  // A device that cannot work it out or keep it signs in all the same; it needs the network to be unlocked, then.
  const late = new Promise((done) => setTimeout(done, STAGE_MS));
  const [way] = await Promise.all([reach(ASK_MS), Promise.race([stage(kind, of, secret).catch(() => {}), late])]);
  // No network: the lock says who can open this device without, and that a new sign-in needs it.
  if (way === "none" || way === "stranger") {
    unstage();
    return location.replace(`/shell/unlock${of ? `?who=${of}` : ""}`);
  }
  which.submit();
}

if (form) keypad(form, document.querySelector("[data-keys]"), (pin) => send(form, "pin", form.elements.who.value, pin));
listen();
document.addEventListener("scan", (event) => {
  event.preventDefault();
  const { code, raw } = event.detail;
  const said = (code.kind === "badge" ? code.code : raw.trim()).slice(0, 80);
  badge.elements.badge.value = said;
  event.detail.waitUntil(send(badge, "badge", null, said));
});
ready();
