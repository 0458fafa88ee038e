// The keypad fills the PIN field and sends it at the sixth digit; a badge that is scanned signs in at once.
// What opens this device with no network later is worked out here, and waits for the server's yes (pin.js).
import { keypad } from "./keypad.js";
import { listen, ready } from "./scanner.js";
import { stage, unstage } from "./pin.js";
import { start } from "./status.js";

const form = document.getElementById("pin");
const badge = document.getElementById("badge");

// Whoever comes, the former person's facts go on to the server.
import("./device.js").then(({ sync }) => start(sync)).catch(() => {});
unstage();

async function send(which, kind, of, secret) {
  // A device that cannot work it out or keep it signs in all the same; it needs the network to be unlocked, then.
  await stage(kind, of, secret).catch(() => {});
  which.submit();
}

if (form) keypad(form, document.querySelector("[data-keys]"), (pin) => send(form, "pin", form.elements.who.value, pin));
listen();
document.addEventListener("scan", (event) => {
  event.preventDefault();
  const raw = event.detail.raw.slice(0, 80);
  badge.elements.badge.value = raw;
  event.detail.waitUntil(send(badge, "badge", null, raw.trim()));
});
ready();
