// Where the facts are: an amber note once when the network is gone, a red one when somebody must sign in; never a modal.
import { element, icon, say } from "./paint.js";

const PILLS = { sent: ["sent", "ok"], sending: ["saved", "ok"], offline: ["off", "warn"], signed_out: ["tri", "bad"], refused: ["tri", "bad"] };

export function showState({ state, waiting, since }) {
  document.body.dataset.sending = state;
  const notes = document.getElementById("notes");
  const minutes = since ? Math.floor((Date.now() - since) / 60000) : 0;
  const key = `${state} ${waiting} ${minutes}`;
  const pill = document.querySelector(".sync[data-sync]");
  if (pill) {
    const [glyph, tone] = PILLS[state];
    const words = waiting ? say("state_saving", { n: waiting }) : say(state === "refused" ? "state_refused" : "state_sent");
    pill.replaceChildren(element("span", `pill ${waiting && state === "sent" ? "ok" : tone}`, icon(glyph), words));
  }
  if (!notes || notes.dataset.key === key) return;
  notes.dataset.key = key;
  if (state === "offline") {
    const words = minutes ? say("offline", { n: minutes }) : say("offline_now");
    notes.replaceChildren(element("p", "note warn", icon("off"), element("span", "", element("b", "", words), ` ${say("offline_more")}`)));
  } else if (state === "signed_out") {
    const link = Object.assign(element("a", "btn", say("sign_in")), { href: "/sign-in", target: "_blank", rel: "opener" });
    notes.replaceChildren(element("div", "note bad", icon("tri"), element("span", "", element("b", "", say("signed_out", { n: waiting })), ` ${say("signed_out_more")}`), link));
  } else if (state !== "sending") notes.replaceChildren();
  notes.hidden = !notes.childElementCount;
}
