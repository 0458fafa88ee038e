// The returns desk: whatever is scanned goes to the server, which says whose it is. With no network the goods are taken in with a receipt.
import "./handheld.js";
import { sync } from "./device.js";
import { lock } from "./lock.js";
import { ready } from "./scanner.js";
import { carryReceipt } from "./return-carry.js";

const form = document.getElementById("scanned");

document.addEventListener("scan", (event) => {
  event.preventDefault();
  const { raw, code } = event.detail;
  if (code.kind === "badge") return lock();
  if (navigator.onLine === false || sync.state.state === "offline") {
    carryReceipt(raw);
    return location.assign("/returns/alone");
  }
  form.elements.code.value = raw.slice(0, 512);
  form.submit();
});
ready();
