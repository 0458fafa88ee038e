// Day, night, or as the device says; kept in a cookie so that the server paints it right from the first byte.

export function setTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  document.cookie = `theme=${theme || ""}; path=/; max-age=${theme ? 31536000 : 0}; samesite=lax`;
}

export function listen() {
  document.addEventListener("change", ({ target }) => {
    if (target.matches?.("[data-theme-choice]")) setTheme(target.value);
  });
}
