// The store's list as it is now: the server sends it whole at each change. Out of sight it rests; back again it asks for all of it.
import "./handheld.js";
import { announce } from "./feedback.js";

const FIRST_MS = 1000;
const LONGEST_MS = 15000;
const board = document.querySelector("[data-stream]");
// The server names the tone that goes with a new row: <li id data-tone="arrived">. Each is heard once.
const heard = new Set([...board.querySelectorAll("[data-tone]")].map(({ id }) => id));
let source = null;
let delay = FIRST_MS;
let timer = 0;

function swap(html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  for (const part of fresh.content.querySelectorAll("template[data-for]")) {
    document.getElementById(part.dataset.for).replaceChildren(part.content);
    part.remove();
  }
  // Whoever reads the list by keyboard stays where they were.
  const at = board.contains(document.activeElement) && document.activeElement.getAttribute("href");
  board.replaceChildren(fresh.content);
  if (at) board.querySelector(`a[href="${CSS.escape(at)}"]`)?.focus({ preventScroll: true });
  const news = [...board.querySelectorAll("[data-tone]")].filter(({ id }) => !heard.has(id));
  if (news.length) announce(news[0].dataset.tone);
  for (const { id } of news) heard.add(id);
}

function connect(again) {
  clearTimeout(timer);
  source?.close();
  source = null;
  if (document.hidden) return;
  source = new EventSource(`${board.dataset.stream}${again ? "?again=true" : ""}`);
  source.onopen = () => (delay = FIRST_MS);
  source.onmessage = ({ data }) => swap(data);
  source.onerror = () => {
    source?.close();
    timer = setTimeout(() => connect(true), delay * (0.5 + Math.random()));
    delay = Math.min(LONGEST_MS, delay * 2);
  };
}

document.addEventListener("visibilitychange", () => connect(true));
addEventListener("online", () => connect(true));
addEventListener("pagehide", () => source?.close());
addEventListener("pageshow", ({ persisted }) => persisted && connect(true));
connect(false);
