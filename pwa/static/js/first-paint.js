// Before the first paint: text size, hand and theme as this device likes them, also on a page that was kept long ago.
// Not a module on purpose: it runs before anything is drawn, and reads the mirror that settings.js writes.
(() => {
  try {
    const { hand, text, theme, wedge } = JSON.parse(localStorage.getItem("settings")) ?? {};
    const root = document.documentElement;
    if (hand) root.dataset.hand = hand;
    if (text) root.dataset.text = text;
    if (theme) root.dataset.theme = theme;
    if (wedge) root.dataset.wedge = wedge;
  } catch {
    // Nothing kept, or nothing may be kept: as the page came.
  }
})();
