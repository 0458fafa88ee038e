// Another person's badge was scanned: one tap changes hands, and what opens the device later with no network is worked out on the way.
import "./handheld.js";
import { stage } from "./pin.js";

const form = document.querySelector("[data-change]");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  await stage("badge", null, form.elements.badge.value.trim()).catch(() => {});
  form.submit();
});
