// The one box for any code: what is typed goes the way of what is scanned, kept jobs first, then the server, else a clear word.
import "./handheld.js";
import { submit } from "./scanner.js";

const form = document.querySelector("[data-typed]");

const apart = () => navigator.onLine === false || document.body.dataset.sending === "offline";

form.addEventListener("submit", (event) => {
  // With a network the page's own form is the way; the document kept for the time without has none.
  if (form.method === "post" && !apart()) return;
  event.preventDefault();
  const field = form.elements.code;
  if (field.value.trim()) submit(field.value.trim(), { via: "typed" });
  field.select();
});
