// Fills a <template> of the page: text by data-t, nodes by data-slot, pictures by data-src, links by data-href;
// data-if removes what is not so.
// Everything goes in as text; nothing here makes markup out of data.

export function clone(id, values) {
  const made = document.getElementById(id).content.cloneNode(true);
  for (const node of made.querySelectorAll("[data-if]")) {
    const name = node.dataset.if;
    if (name[0] === "!" ? values[name.slice(1)] : !values[name]) node.remove();
  }
  for (const node of made.querySelectorAll("[data-t]")) node.textContent = values[node.dataset.t] ?? "";
  for (const node of made.querySelectorAll("[data-src]")) node.setAttribute("src", pictureUrl(values[node.dataset.src]));
  for (const node of made.querySelectorAll("[data-href]")) node.setAttribute("href", values[node.dataset.href]);
  for (const node of made.querySelectorAll("[data-slot]")) node.replaceChildren(...[values[node.dataset.slot]].flat(2).filter(Boolean));
  return made;
}

const pictureUrl = (key) => (key?.startsWith("/") ? key : `/static/pictures/${encodeURIComponent(key || "_none")}.svg`);

let sprite = "";
export function icon(name, size = "") {
  sprite ||= document.querySelector("use").getAttribute("href").split("#")[0];
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", `i ${size}`.trim());
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

export function element(tag, className = "", ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

// The sentences of the page in the reader's language; {n} picks the plural and is filled in.
const block = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "{}");
const texts = { ...block("device-texts"), ...block("texts") };
const plural = new Intl.PluralRules(document.documentElement.lang || "fr");
export function say(key, args = {}) {
  let text = texts[key] ?? key;
  if (typeof text === "object") text = text[plural.select(args.n ?? 1)] ?? text.other;
  return text.replace(/\{(\w+)\}/g, (all, name) => args[name] ?? all);
}

export const read = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");
