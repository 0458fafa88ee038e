// The counter while the server answers: this device asks for the counter and its shelf, so that it can go on without one.
import "./handheld.js";
import { clock, goOnAsking } from "./counter-store.js";
import { clone, say } from "./paint.js";

const slot = document.getElementById("lease");
const form = slot?.querySelector("form input[name=id]")?.value;

// The words and the tap change only when another device holds it than the page says.
goOnAsking(({ may, why, holder, until }) => {
  if (!slot || (why !== "mine" && why !== "other")) return;
  const words = { holder, time: clock(until) };
  const made = clone(may ? "t-mine" : "t-other", { what: say(`lease_${why}`, words), more: say("lease_taken_more", words) });
  if (form && !may) made.querySelector("input[name=id]").value = form;
  slot.replaceChildren(made);
});
