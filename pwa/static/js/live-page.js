// A page that moves by itself says when it does not any more, and reads out what changed: politely, and once a minute at most.
const SILENT = 50_000;
const EACH = 60_000;

export function listen() {
  const live = document.querySelector("[hx-sse\\:connect]");
  if (!live) return;
  const note = document.getElementById("not-live");
  const status = document.getElementById("said-live");
  let heard = Date.now();
  let told = said();
  let toldAt = Date.now();

  const lost = () => {
    if (!note.hidden) return;
    note.hidden = false;
    status.textContent = note.textContent;
  };
  document.addEventListener("htmx:sse:error", ({ detail }) => {
    // Signed out, or not theirs any more: the page comes back as who they are now.
    if ([401, 403, 404].includes(detail.status)) location.reload();
    else lost();
  });
  document.addEventListener("htmx:sse:after:message", () => {
    heard = Date.now();
    if (!note.hidden) (note.hidden = true), (status.textContent = "");
  });
  // A line that fell asleep ends by no error: it is cut, and htmx tries anew; what never came to be connected it would not.
  const again = () => {
    heard = Date.now();
    if (live._htmx?.sse) live._htmx.sse.reader?.cancel();
    else window.htmx?.ajax("GET", live.getAttribute("hx-sse:connect"), { source: live });
  };
  addEventListener("offline", lost);
  addEventListener("online", again);
  document.addEventListener("visibilitychange", () => (heard = Date.now()));
  setInterval(() => {
    if (document.hidden) return;
    if (Date.now() - heard > SILENT) {
      lost();
      return again();
    }
    const now = said();
    if (now === told || Date.now() - toldAt < EACH) return;
    [told, toldAt, status.textContent] = [now, Date.now(), now];
  }, 5_000);
}

// What matters most on the page, in a breath.
function said() {
  return [...document.querySelectorAll("[data-say]")].map((one) => `${one.dataset.say} ${one.textContent}`.trim()).join(", ");
}
