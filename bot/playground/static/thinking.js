// "Timbre is thinking…", with what it says it is busy with in turn.

import { h } from "./dom.js";

const EACH_MS = 2500;

/** Draw a status of the app `name`; it takes turns by itself for as long as it is shown. */
export function thinking(name, { status, loading_messages: busy = [] }) {
  const text = h("span", {}, `${name} ${status}`);
  const now = h("span.faint", {}, busy[0] ?? "");
  let turn = 0;
  const timer = setInterval(() => {
    if (!now.isConnected) return clearInterval(timer);
    turn += 1;
    if (busy.length) now.textContent = busy[turn % busy.length];
  }, EACH_MS);
  return h("p.thinking", { role: "status" }, h("span.wave", { "aria-hidden": "true" }, h("i"), h("i"), h("i")), text, " ", now);
}
