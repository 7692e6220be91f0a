// A short message on the bar, one at a time, read aloud, gone after a while: there it covers nothing that is read.

import { h } from "./dom.js";

export function toast(text, kind = "info") {
  const node = h(`div.toast.${kind}`, {}, text);
  document.getElementById("toasts").replaceChildren(node);
  setTimeout(() => node.remove(), kind === "error" ? 8000 : 4000);
}
