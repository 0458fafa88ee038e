// Before any script of a page: the device's clock can be moved, and waiting is short.
(() => {
  globalThis.__ahead ??= 0;
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...given) {
      if (given.length) super(...given);
      else super(Real.now() + globalThis.__ahead);
    }
    static now() {
      return Real.now() + globalThis.__ahead;
    }
  };
  const wait = globalThis.setTimeout.bind(globalThis);
  globalThis.__wait = (ms) => new Promise((resolve) => wait(resolve, ms));
  // A second exactly is how long the scanner's prefix waits for its end, and typing is not sped up.
  globalThis.setTimeout = (work, ms = 0, ...given) => wait(work, ms >= 500 && ms !== 1000 ? ms / __LAPSE__ : ms, ...given);
  // The page's own modules: the same journal, not another one.
  globalThis.__module = async (name) => {
    const core = performance.getEntriesByType("resource").map((entry) => entry.name).find((url) => /\/static\/js\/core\.[0-9a-f]{12}\.js/.test(url));
    return await (await import(core))[`$${name}`]();
  };
  // An older browser has no Web Locks: two tabs may then drain at once, and the server has to cope.
  if (!__PLAIN_LOCKS__) Object.defineProperty(Navigator.prototype, "locks", { get: () => undefined });
})();
