// What each unit gets: one choice for all, or, once somebody asks for it, a choice for each. And what was not with it.
export const wishOf = (state, unit) => (state.apart ? (unit.wish ?? state.wish) : state.wish);

const inHand = (state) => state.units.filter(({ missing }) => !missing);

// Somebody takes other goods instead.
export const exchanges = (state) => (state.units.length ? inHand(state).some((unit) => wishOf(state, unit) === "exchange") : state.wish === "exchange");

// A refund is for whoever bought it: not for a gift, and not where nobody knows who that was.
export const choices = (page, gift) => ["refund", "exchange", "credit"].filter((wish) => (wish !== "refund" || (!gift && page.kind !== "blind")) && (wish !== "exchange" || page.kind === "blind" || page.order || page.rma));

// What the server is told of units that are settled apart, by their number in the return or their place among those in hand.
export const apart = (state) => (state.apart ? inHand(state).flatMap((unit, at) => (wishOf(state, unit) === state.wish ? [] : [{ n: unit.n ?? at + 1, wish: wishOf(state, unit) }])) : []);

// Everything is there unless a tap says otherwise.
export const lacking = (unit) => (unit.of.asked ?? []).filter(({ code }) => unit.absent?.includes(code));

export function toggle(unit, code) {
  const before = unit.absent ?? [];
  unit.absent = before.includes(code) ? before.filter((one) => one !== code) : [...before, code];
}
