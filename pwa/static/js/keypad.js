// The keys of a PIN: six dots, ten digits, one way back. Fingers and a person's own keyboard fill the field; a scanner's burst does not.

export function keypad(form, keys, enter) {
  const field = form.elements.pin;
  const dots = form.querySelector(".dots");
  let sent = false;

  const show = () => {
    const count = field.value.length;
    [...dots.children].forEach((dot, place) => dot.classList.toggle("on", place < count));
    dots.setAttribute("aria-label", dots.dataset.label.replace("{n}", count));
    if (count === 6) finish();
  };
  const finish = () => {
    if (sent) return;
    sent = true;
    enter(field.value);
  };
  const clear = () => {
    field.value = "";
    sent = false;
    show();
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
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.value.length >= 4) finish();
  });
  // One digit at a time, slower than a scanner's burst, which is taken back.
  let last = -1000;
  let typed = "";
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Backspace") rub();
    else if (event.key === "Enter" && field.value.length >= 4 && !event.target.closest("button, a")) finish();
    else if (/^[0-9]$/.test(event.key) && event.timeStamp - last > 45 && !/[^0-9]/.test(typed)) type(event.key);
    if (event.timeStamp - last > 150) typed = "";
    typed += event.key.length === 1 ? event.key : "";
    last = event.timeStamp;
  }, { capture: true });
  // A scanner's burst may begin with a digit.
  document.addEventListener("scan", () => (field.value = ""));
  show();
  return { clear };
}
