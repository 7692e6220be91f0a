// The keyboard: from pane to pane, from message to message, and what a key does to the message in focus.

import { fill, h, iconButton } from "./dom.js";

const REGIONS = [
  ["#guide", ".guide-go:enabled, [aria-current]"],
  ["#sidebar", "[aria-current], .entry"],
  ["#main .scroller", ".message[tabindex='0'], button"],
  ["#main .pane-foot", "textarea, button"],
  ["#thread .scroller", ".message[tabindex='0']"],
  ["#thread .pane-foot", "textarea"],
  ["#inspector", "input"],
  ["#topbar", ".person-button"],
];
const MOVES = { ArrowDown: 1, ArrowUp: -1 };
const HELP = [
  ["F6", "the next part of the page; Shift+F6 the one before"],
  ["↑ ↓", "from message to message, from channel to channel"],
  ["Home End", "the first and the last message shown"],
  ["Enter or T", "open the message’s thread"],
  ["R", "react to the message"],
  ["E", "edit it, when it is yours"],
  ["M", "its menu"],
  ["Tab", "into the message: its buttons, links and reactions"],
  ["Esc", "back to the composer; close what is open"],
  ["Enter", "in the composer: send. Shift+Enter breaks the line, ↑ edits your last message"],
  ["@ # : /", "in the composer: people, channels, emoji, commands"],
  ["A … Z", "in a menu: the next entry that starts so"],
  ["?", "this list"],
];

/** Listen for the keys that work everywhere; returns the function that shows them all. */
export function mountKeys() {
  const dialog = h("dialog.dialog", { "aria-label": "Keyboard" });
  fill(
    dialog,
    h("div.dialog-head", {}, h("h2", {}, "Keyboard"), iconButton("close", "Close", () => dialog.close())),
    h("dl.dialog-body.keys", {}, HELP.map(([keys, what]) => h("div", {}, h("dt", {}, h("kbd", {}, keys)), h("dd", {}, what)))),
  );
  document.body.append(dialog);
  const show = () => dialog.showModal();
  addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "F6") moveRegion(event.shiftKey ? -1 : 1);
    else if (event.key === "?" && !isTyping(event.target)) show();
    else return;
    event.preventDefault();
  });
  return show;
}

const isTyping = (node) => Boolean(node.closest?.("input, textarea, select"));

function moveRegion(step) {
  const shown = REGIONS.map(([part, inside]) => [document.querySelector(part), inside]).filter(
    ([part, inside]) => part?.checkVisibility() && part.querySelector(inside),
  );
  const at = shown.findIndex(([part]) => part.contains(document.activeElement));
  const [part, inside] = shown[at < 0 ? 0 : (at + step + shown.length) % shown.length];
  part.querySelector(inside).focus();
}

/** Arrow keys move between the elements that match `selector` in `list`. Says whether the key was one of them. */
export function moveWithin(event, list, selector) {
  const nodes = [...list.querySelectorAll(selector)];
  const at = nodes.indexOf(event.target);
  const to = { Home: 0, End: nodes.length - 1 }[event.key] ?? (MOVES[event.key] ? at + MOVES[event.key] : null);
  if (at < 0 || to === null) return false;
  event.preventDefault();
  nodes[to]?.focus();
  nodes[to]?.scrollIntoView({ block: "nearest" });
  return true;
}

const PRESSES = {
  Enter: ".thread-summary, [data-does='thread']",
  t: ".thread-summary, [data-does='thread']",
  r: "[data-does='react']",
  m: "[data-does='menu']",
};

/** What a key does in a list of messages. `edit(ts)` edits one, `leave()` gives the focus to the composer. */
export function messageKeyPressed(event, list, { edit, leave }) {
  const row = event.target.closest(".message");
  if (!row || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "Escape" && !event.defaultPrevented) {
    event.preventDefault();
    return event.target === row ? leave() : row.focus();
  }
  if (event.target !== row || moveWithin(event, list, ".message")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const pressed = PRESSES[key] && row.querySelector(PRESSES[key]);
  if (pressed) pressed.click();
  else if (key === "e") edit(row.dataset.ts);
  else return;
  event.preventDefault();
}
