// Dials keep time by the server's clock: promises empty, waits fill, undo runs out. One repaint every few seconds.

let offset = 0;
export const setServerTime = (iso) => (offset = iso ? Date.parse(iso) - Date.now() : 0);
export const serverNow = () => Date.now() + offset;

const pad = (n) => String(n).padStart(2, "0");
const clock = (seconds) => `${Math.floor(seconds / 60)}:${pad(seconds % 60)}`;

// seconds left to a promise -> [class, arc of 60, figure, unit]
export function promise(left) {
  const minutes = Math.floor(left / 60);
  const late = Math.floor(-left / 60);
  if (left < 0) return late < 100 ? ["late", 0, `+${late}`, "min"] : ["late", 0, `+${Math.floor(late / 60)}`, "h"];
  const tone = left < 900 ? "soon" : "";
  if (minutes < 90) return [tone, Math.min(60, minutes), String(minutes), "min"];
  return minutes < 2880 ? [tone, 60, String(Math.floor((minutes + 30) / 60)), "h"] : [tone, 60, String(Math.floor(minutes / 1440)), document.documentElement.lang === "en" ? "d" : "j"];
}

function paint(dial, [tone, arc, figure, unit]) {
  dial.classList.toggle("soon", tone === "soon");
  dial.classList.toggle("late", tone === "late");
  const ring = dial.querySelector(".arc");
  if (ring) ring.setAttribute("stroke-dasharray", `${arc} 60`);
  dial.querySelector("svg").toggleAttribute("hidden", tone === "late");
  const figures = dial.querySelector(":scope > span");
  const words = `${figure}${unit}`;
  if (figures.textContent === words) return;
  figures.textContent = figure;
  if (unit) figures.append(Object.assign(document.createElement("small"), { textContent: unit }));
}

export function tick(root = document) {
  const now = serverNow();
  for (const dial of root.querySelectorAll("[data-until]")) paint(dial, promise((Date.parse(dial.dataset.until) - now) / 1000));
  for (const dial of root.querySelectorAll("[data-since]")) {
    const waited = Math.max(0, Math.floor((now - Date.parse(dial.dataset.since)) / 1000));
    const [figure, unit] = waited < 600 ? [clock(waited), ""] : waited < 6000 ? [String(Math.floor(waited / 60)), "min"] : [String(Math.floor(waited / 3600)), "h"];
    paint(dial, ["", Math.min(60, Math.floor(waited / 4)), figure, unit]);
  }
  for (const dial of root.querySelectorAll("[data-undo-until]")) {
    const left = Math.floor((Date.parse(dial.dataset.undoUntil) - now) / 1000);
    if (left <= 0) dial.closest(".undo").hidden = true;
    else paint(dial, ["", Math.ceil((60 * left) / dial.dataset.total), clock(left), ""]);
  }
}

export function start() {
  const wants = () => !document.hidden && document.querySelector("[data-until], [data-since], [data-undo-until]");
  setInterval(() => wants() && tick(), 1000);
  document.addEventListener("visibilitychange", () => wants() && tick());
}
