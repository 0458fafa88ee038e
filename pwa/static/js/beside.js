// What would be a page of its own opens beside this one where there is room: the same address, the same forms, Back and Escape close it.
// Anything unforeseen (no network, signed out, an answer that is no sheet) opens the page itself, as without a script.
const ROOM = matchMedia("(width >= 60rem)");
let sheet;
let asked;

function made() {
  sheet = Object.assign(document.createElement("dialog"), { id: "beside", className: "sheet side" });
  sheet.setAttribute("aria-labelledby", "beside-title");
  document.body.append(sheet);
  sheet.addEventListener("click", (event) => {
    if (event.target === sheet || event.target.closest("[data-close]")) (event.preventDefault(), sheet.close());
  });
  sheet.addEventListener("submit", submit);
  // Another destination shows its effect at once; the focus stays on it.
  sheet.addEventListener("change", ({ target }) => target.type === "radio" && target.form.requestSubmit());
  // Closed by whatever: the address is that of the page behind again.
  sheet.addEventListener("close", () => (asked?.abort(), sheet.replaceChildren(), history.state?.beside && history.back()));
  return sheet;
}

async function load(href, sent) {
  asked?.abort();
  asked = new AbortController();
  const answer = await fetch(href, { ...sent, headers: { "HX-Request": "true" }, signal: asked.signal });
  const on = answer.headers.get("hx-redirect");
  if (on) return load(on);
  const text = await answer.text();
  // What was sent and could not be done has no address of its own.
  const at = sent?.method ? location.href : answer.url;
  return text.includes('id="beside-title"') ? { text, at } : Promise.reject(new Error("no sheet"));
}

function show({ text, at }, focus) {
  sheet ??= made();
  sheet.innerHTML = text;
  window.htmx?.process(sheet);
  if (history.state?.beside) history.replaceState({ beside: true }, "", at);
  else history.pushState({ beside: true }, "", at);
  if (!sheet.open) sheet.showModal();
  sheet.scrollTop = 0;
  (sheet.querySelector(focus) ?? sheet.querySelector("#beside-title")).focus();
}

async function open(href, focus = "#beside-title") {
  try {
    show(await load(href), focus);
  } catch (error) {
    if (error.name !== "AbortError") location.assign(href);
  }
}

async function submit(event) {
  const form = event.target;
  const fields = new URLSearchParams(new FormData(form, event.submitter));
  const doing = form.method === "post";
  event.preventDefault();
  if (form.getAttribute("aria-busy")) return;
  form.setAttribute("aria-busy", "true");
  try {
    show(await load(doing ? form.action : `${form.action}?${fields}`, doing ? { method: "POST", body: fields } : {}), doing ? ".undo button, [role=status], [role=alert]" : event.submitter ? "#effect-head" : ":checked");
  } catch (error) {
    // Each form carries its id: sent twice, it acts once.
    if (error.name !== "AbortError") form.submit();
  }
}

export function listen() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-beside], #beside .filters a");
    if (!link || !ROOM.matches || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    // Another act: the focus stays among them, on the one that was chosen.
    open(link.href, link.closest(".filters") ? ".filters [aria-current]" : undefined);
  });
  addEventListener("popstate", () => {
    if (history.state?.beside) open(location.href);
    else if (sheet?.open) sheet.close();
  });
}
