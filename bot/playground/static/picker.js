// The small emoji picker for reactions.

import { h } from "./dom.js";
import { emoji, PICKER } from "./emoji.js";
import { openPopover } from "./menu.js";

const COLUMNS = 9;

/** Open the picker at `anchor`; `choose` gets the shortcode. */
export function openPicker(anchor, choose) {
  const pick = (name) => () => {
    close();
    choose(name);
  };
  const button = (name) =>
    h(
      "button.emoji-button",
      { type: "button", title: `:${name}:`, "aria-label": name.replaceAll("_", " "), onclick: pick(name) },
      emoji(name),
    );
  const node = h(
    "div.popover.picker",
    { role: "dialog", "aria-label": "Pick a reaction" },
    h("div.picker-grid", {}, PICKER.map(button)),
    h("p.hint", {}, "A reviewer’s ✅ approves an answer, ❌ rejects it."),
  );
  const close = openPopover(anchor, node, { step: COLUMNS });
}
