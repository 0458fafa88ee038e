// The end of a pack: where its bags are, which parcels go on to the packing table, and what comes next.
import { clone, element, say } from "./paint.js";
import { on, placeName } from "./pick-pack.js";

const FEW = 2;
const $ = (id) => document.getElementById(id);

// `paintBar(title, work)` paints the head of the page.
export function paintDone(paintBar) {
  const { pack, view } = on;
  const single = pack.works.length === 1 ? pack.works[0] : null;
  const picked = view.works.flatMap(({ lines }) => lines).reduce((sum, line) => sum + line.picked, 0);
  const short = view.works.flatMap(({ lines }) => lines).reduce((sum, line) => sum + line.short, 0);
  const places = [...new Set(view.works.flatMap(({ bags: placed }) => placed.map(({ place }) => placeName(place ?? ""))))];
  // The names of a large cart would fill the screen, and nobody reads them.
  const many = pack.works.length > FEW;
  const names = pack.works.map(({ collector }) => collector).join(", ");
  const sent = view.unsent === 0;
  const pickup = pack.works.filter(({ kind }) => (kind ?? "pickup") === "pickup");
  const away = pack.works.length && pack.works.every(({ kind }) => kind === "transfer");
  const parcels = pack.works.filter(({ id, kind }) => kind === "ship" && view.works.find((work) => work.id === id).lines.some((line) => line.picked));
  const totes = parcels.map(({ tote }) => tote).filter(Boolean).sort((a, b) => a - b);
  const nothing = !pack.works.length;
  const values = view.released
    ? { title: say("released"), more: say("released_more"), sent }
    : {
        title: nothing ? say("nothing_left") : places.length > FEW ? say("staged_many", { n: places.length }) : places.length ? say("staged", { place: places.join(", ") }) : picked && away ? say("laid_away") : parcels.length ? say("picked_parcels", { n: parcels.length }) : say("staged_none"),
        more: nothing ? say("nothing_left_more") : picked && away ? say("laid_away_more") : picked ? (many ? say("many_more", { orders: pack.works.length, n: picked }) : say("staged_more", { name: names, n: picked })) : say("staged_none_more", { name: names }),
        sent,
        told: picked && pickup.length && places.length ? (pickup.length > FEW ? say(sent ? "told_many" : "told_many_when_sent", { n: pickup.length }) : say(sent ? "told" : "told_when_sent", { name: pickup.map(({ collector }) => collector).join(", ") })) : "",
        parcels: totes.length ? say("to_pack_totes", { n: totes.length, totes: totes.join(", ") }) : parcels.length ? say("to_pack") : "",
        partly: picked && short ? say("partly", { n: short }) : "",
      };
  paintBar(say(view.released || nothing ? "title" : "done_title"), view.released ? null : single);
  $("dial").hidden = true;
  $("ticks").hidden = view.released || nothing;
  $("view").replaceChildren(clone("t-done", values));
  const next = Object.assign(element("a", "btn main", pack.next?.text ?? say("back_to_work")), { href: pack.next?.href ?? "/work" });
  $("acts").replaceChildren(next);
}
