// Light, dark, or as the system is.

const KEY = "timbre-theme";
const NEXT = { auto: "light", light: "dark", dark: "auto" };
const SAID = { auto: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };

/** Make `button` go through the themes and remember the choice. */
export function mountTheme(button) {
  show(remembered(), button);
  button.addEventListener("click", () => {
    const theme = NEXT[remembered()];
    localStorage.setItem(KEY, theme);
    show(theme, button);
  });
}

const remembered = () => (Object.hasOwn(NEXT, localStorage.getItem(KEY) ?? "") ? localStorage.getItem(KEY) : "auto");

function show(theme, button) {
  document.documentElement.dataset.theme = theme;
  button.title = SAID[theme];
  button.setAttribute("aria-label", SAID[theme]);
}
