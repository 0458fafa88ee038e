// An associate at an open pack: looks at what the screen asks for, mostly does it, sometimes errs. Every tone is told to the
// outside with the facts that the journal holds by then: what was heard must never be lost.
// {seed, scans, tags, careful} -> {scans, taps, step, silent}
// With {pass, bags} it stands at the counter's page of one order instead: the pass, then every bag, and the goods leave.
async ({ seed, scans, tags, careful = false, pass = "", bags = [] }) => {
  const { journal } = await globalThis.__module("device");
  const { fold } = await globalThis.__module("fold");
  const pack = pass ? null : await (async () => {
    const db = await new Promise((resolve) => (indexedDB.open("comptoir").onsuccess = ({ target }) => resolve(target.result)));
    const asked = db.transaction("packs").objectStore("packs").get(location.pathname.split("/").at(-1));
    return await new Promise((resolve) => (asked.onsuccess = () => (db.close(), resolve(asked.result))));
  })();

  let state = seed >>> 0;
  const dice = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const any = (list) => list[Math.floor(dice() * list.length)];
  const $ = (what) => document.querySelector(what);
  const shown = (node) => node && node.getClientRects().length > 0;

  const told = new Set(journal.facts.map(({ id }) => id));
  const done = { scans: 0, taps: 0, step: "", silent: [] };
  let act = "";
  let hear = null;
  const listen = ({ detail }) => {
    const fresh = journal.facts.filter(({ id }) => !told.has(id));
    fresh.forEach(({ id }) => told.add(id));
    globalThis.__beep(JSON.stringify({ tone: detail, act, facts: fresh.map(({ seq, id, type, body, pack_id }) => ({ seq, id, type, body, pack_id })) }));
    hear?.(detail);
  };
  document.addEventListener("tone", listen);

  // Do something and wait for its tone; fifteen seconds without one are remembered.
  const until = async (what, work, wanted = null) => {
    act = what;
    const heard = new Promise((resolve) => (hear = (tone) => (!wanted || tone === wanted) && resolve(tone)));
    work();
    const tone = await Promise.race([heard, globalThis.__wait(15000).then(() => null)]);
    hear = null;
    // The tone comes before the screen: look at it once it is painted.
    await globalThis.__wait(0);
    if (tone === null) done.silent.push(what);
    return tone;
  };
  const scan = (what, code, wanted) => {
    done.scans++;
    const type = () => [...code, "Enter"].forEach((key) => document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })));
    return until(`scan ${what} ${code}`, type, wanted);
  };
  const tap = (what, node) => {
    done.taps++;
    return until(`tap ${what}`, () => node.click());
  };
  // Opens a sheet and waits until it shows what is looked for; what it needs may be loaded only now.
  const look = async (node, wanted) => {
    node.click();
    for (let wait = 0; wait < 500 && wanted && !($("#sheet").open && $(wanted)); wait++) await globalThis.__wait(10);
    await globalThis.__wait(0);
  };

  if (pass) {
    await scan("pass", pass);
    for (const bag of bags.slice(0, -1)) await scan("bag to hand over", bag);
    await scan("last bag to hand over", bags.at(-1), "done");
    document.removeEventListener("tone", listen);
    done.step = document.body.dataset.step;
    return done;
  }

  const printed = (line) => {
    const code = any(line.codes.filter((known) => /^[0-9]{14}$/.test(known))) ?? line.sku;
    return code.replace(/^0/, "");
  };
  const spots = pack.works.flatMap((work) => work.lines.map((line) => ({ work, line })));
  const theirs = new Set(spots.flatMap(({ line }) => line.codes));
  const strange = Object.keys(pack.known ?? {}).filter((code) => /^[0-9]{14}$/.test(code) && !theirs.has(code));
  const places = (pack.places ?? []).map((place) => `L:${place.replace(/^L:/, "").replaceAll(" ", "")}`);

  while (done.scans < scans) {
    const facts = journal.factsOf(pack.id);
    const view = fold(pack, facts, journal.acked);
    done.step = document.body.dataset.step;
    if (done.step === "done") break;
    const roll = dice();
    if (done.step === "stage") {
      const work = view.works.find(({ next }) => next === "stage");
      if (!work) break;
      if (!careful && roll < 0.06) await scan("a place that is none", "L:ZZ99");
      else if (!careful && roll < 0.1) await scan("a place too early", any(places));
      await scan("bag", `B:${tags}${work.id.slice(-6)}`);
      if (!careful && dice() < 0.2) await scan("second bag", `B:${tags}${work.id.slice(-6)}-2`);
      await scan("place", any(places));
      if (!careful && dice() < 0.12 && shown($("#undo [data-act=undo]"))) {
        await tap("undo of the shelf", $("#undo [data-act=undo]"));
        if (document.body.dataset.step === "stage") await scan("place again", any(places));
      }
      continue;
    }
    if (!view.current) break;
    const now = (spot) => view.works.find(({ id }) => id === spot.work.id).lines.find(({ line }) => line === spot.line.line);
    const open = spots.filter((spot) => now(spot).remaining);
    const full = spots.filter((spot) => !now(spot).remaining && !now(spot).short);
    const current = spots.find(({ work, line }) => work.id === view.current.work && line.line === view.current.line);
    if (!open.length) break;
    // A careful hand keeps to the last two lines of the walk, and takes nothing back.
    if (careful) await scan("article", printed(any(open.slice(-2)).line));
    else if (roll < 0.6) await scan("article", printed(current.line));
    else if (roll < 0.72) await scan("another line's article", printed(any(open).line));
    else if (roll < 0.77 && strange.length) await scan("wrong article", any(strange).replace(/^0/, ""));
    else if (roll < 0.82 && full.length) await scan("one too many", printed(any(full).line));
    else if (roll < 0.84) await scan("unknown code", `X-${Math.floor(dice() * 1e6)}-?`);
    else if (roll < 0.86) await scan("bag early", `B:${tags}${view.current.work.slice(-6)}`);
    else if (roll < 0.9 && shown($("[data-act=find]"))) {
      await look($("[data-act=find]"), "#short-form [name=reason]");
      if (dice() < 0.5 && $("[data-act=fewer]")) await look($("[data-act=fewer]"));
      const reasons = [...document.querySelectorAll("#short-form [name=reason]")];
      any(reasons).checked = true;
      await tap("short", $("[data-act=report]"));
    } else if (roll < 0.93 && shown($("[data-act=find]"))) {
      await look($("[data-act=find]"), "#short-form [name=reason]");
      if (shown($("[data-act=park]"))) await tap("look again", $("[data-act=park]"));
      else await look($("[data-act=close]"));
    } else if (roll < 0.97 && shown($("[data-act=undo]"))) await tap("undo", $("[data-act=undo]"));
    else if (shown($("#acts [data-act=list]"))) {
      await look($("#acts [data-act=list]"), "#sheet [data-act=close]");
      const back = [...document.querySelectorAll("#sheet [data-act=back]")].filter(shown);
      if (back.length) await tap("undo from the list", any(back));
      else await look($("#sheet [data-act=close]"));
    }
  }
  document.removeEventListener("tone", listen);
  await globalThis.__wait(0);
  done.step = document.body.dataset.step;
  return done;
};
