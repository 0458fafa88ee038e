// Sort while picking: which tote the unit in the hand goes into, and whether it went there.
import { say } from "./paint.js";
import { tell } from "./feedback.js";
import { on } from "./pick-pack.js";

// A store whose totes have labels wants them scanned: until then no other scan counts.
export function mayGoOn() {
  const { putting } = on;
  if (putting && on.pack.scan_totes) {
    tell("bad", say("put_first", putting), say("put_first_more"));
    return false;
  }
  on.putting = null;
  return true;
}

export function takeTote(tote) {
  const { putting } = on;
  if (!putting) return tell("again", say("is_tote", { tote }), say("is_tote_more"));
  if (putting.tote !== tote) return tell("bad", say("put_wrong", { tote }), say("put_wrong_more", { right: putting.tote }));
  on.putting = null;
  tell("ok", say("put_done", { tote }), "", "done");
}
