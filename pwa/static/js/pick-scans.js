// What a scan means while somebody picks: an article of the pack, one too many, the wrong one, or a code for another moment.
import { printable } from "./codes.js";
import { say } from "./paint.js";
import { settle, tell } from "./feedback.js";
import { lineOf, match } from "./matching.js";
import { elsewhere } from "./scanner.js";
import { on, probe, record, toteOf, UNDO_MS } from "./pick-pack.js";
import { mayGoOn, takeTote } from "./pick-totes.js";
import { play } from "./sound.js";

const bags = () => import("./pick-staging.js");
const sheet = document.getElementById("sheet");

export async function takeScan({ code, raw }) {
  if (on.view.released) return;
  // The device could not write: the scan may show that it can again, and counts then.
  if (on.broken && !(await probe())) return tell("bad", say("not_kept"), say("not_kept_more"));
  on.versus = null;
  if (code.kind === "tote") return takeTote(Number(code.code.slice(2)));
  if (!mayGoOn()) return;
  const goods = code.kind === "gtin" || code.kind === "sku" || code.reason === "in_store";
  if (goods) await takeArticle(code, raw);
  else if (code.kind === "bag") await (await bags()).takeBag(code.code);
  else if (code.kind === "place") await (await bags()).takePlace(code.code);
  else if (code.kind === "sscc") tell("bad", say("not_here"), say("nothing_counted"));
  // A pass, a badge, another label: the pack is on disk and waits; that job opens.
  else if (code.kind !== "unknown") await elsewhere({ code, raw });
  else await takeUnknown(raw);
}

async function takeArticle(code, raw) {
  const found = match(on.pack, on.view, code, raw);
  if (found.kind === "count" && found.line.blocked) {
    sheet.close();
    tell("bad", say("recalled"), say("recalled_more"));
  } else if (found.kind === "count") {
    const spot = { work: found.work.id, line: found.line.line };
    const before = on.view.current;
    const fact = await record("pick", { ...spot, quantity: 1, code: printable(raw) });
    const now = lineOf(on.view, spot);
    const whole = now.remaining === 0;
    sheet.close();
    on.undoable = { fact, text: "", until: Date.now() + UNDO_MS / 2 };
    const elsewhere = before && (before.line !== spot.line || before.work !== spot.work);
    const tote = toteOf(spot.work);
    if (tote && whole) on.putting = { ...spot, tote, fact };
    const words = tote ? say("put_in", { tote }) : say("counted", { n: now.picked, total: now.quantity });
    tell("ok", words, elsewhere || whole || tote ? `${found.line.name} ${found.line.deciding ?? ""}`.trim() : say("kept"), whole ? "done" : "ok");
  } else if (found.kind === "again") {
    const now = lineOf(on.view, { work: found.work.id, line: found.line.line });
    tell("again", say("again"), say("again_more", { total: now.quantity, n: now.picked }));
  } else if (found.kind === "wrong" && on.view.current) {
    on.versus = found.hand;
    sheet.close();
    settle();
    play("wrong");
  } else if (code.kind === "gtin") {
    tell("bad", say("unknown_article"), say("unknown_article_more", { end: code.code.slice(-4) }));
  } else await takeUnknown(raw);
}

async function takeUnknown(raw) {
  await record("unknown_code", { code: printable(raw), screen: "pick" });
  tell("bad", say("unknown"), say("unknown_more"));
}
