// The keypad fills the PIN field and sends it at the sixth digit; a badge that is scanned signs in at once.
import { listen } from "./scanner.js";

const form = document.getElementById("pin");
const badge = document.getElementById("badge");

if (form) {
  const field = form.elements.pin;
  const dots = form.querySelector(".dots");
  const keys = document.querySelector("[data-keys]");
  let sent = false;

  const show = () => {
    const count = field.value.length;
    [...dots.children].forEach((dot, place) => dot.classList.toggle("on", place < count));
    dots.setAttribute("aria-label", dots.dataset.label.replace("{n}", count));
    if (count === 6 && !sent) {
      sent = true;
      form.submit();
    }
  };
  const type = (digit) => {
    if (field.value.length < 6) field.value += digit;
    show();
  };
  const rub = () => {
    field.value = field.value.slice(0, -1);
    show();
  };

  form.querySelector("[data-typed]").hidden = true;
  dots.hidden = keys.hidden = false;
  keys.addEventListener("click", (event) => {
    const key = event.target.closest("button");
    if (key?.dataset.digit) type(key.dataset.digit);
    else if (key) rub();
  });
  // A person's own keyboard: one digit at a time, slower than a scanner's burst, which is taken back.
  let last = -1000;
  let typed = "";
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Backspace") rub();
    else if (event.key === "Enter" && field.value.length >= 4 && !event.target.closest("button, a")) form.submit();
    else if (/^[0-9]$/.test(event.key) && event.timeStamp - last > 45 && !/[^0-9]/.test(typed)) type(event.key);
    if (event.timeStamp - last > 150) typed = "";
    typed += event.key.length === 1 ? event.key : "";
    last = event.timeStamp;
  }, { capture: true });
  // A scanner's burst may begin with a digit.
  document.addEventListener("scan", () => (field.value = ""));
  show();
}

listen();
document.addEventListener("scan", (event) => {
  event.preventDefault();
  badge.elements.badge.value = event.detail.raw.slice(0, 80);
  badge.submit();
});
