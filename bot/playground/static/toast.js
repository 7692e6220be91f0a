// A short message at the bottom of the page, read aloud, gone after a while.

import { h } from "./dom.js";

export function toast(text, kind = "info") {
  const node = h(`div.toast.${kind}`, {}, text);
  document.getElementById("toasts").append(node);
  setTimeout(() => node.remove(), kind === "error" ? 8000 : 4000);
}
