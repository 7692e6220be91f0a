// A small menu beside a button: arrow keys move, Escape closes and gives the focus back.

import { h } from "./dom.js";

let close = () => {};

/** Close whatever menu is open. */
export const closeMenu = () => close();

/** Open a list of { label, run, danger?, note?, current? } (null: a line) at `anchor`. */
export function openMenu(anchor, items, { label = "Menu", title = null } = {}) {
  const buttons = items.map((item) => item && itemButton(item));
  const node = h(
    "div.popover.menu",
    { role: "menu", "aria-label": label },
    title ? h("div.menu-title", {}, title) : null,
    buttons.map((button) => button ?? h("hr")),
  );
  return openPopover(anchor, node, { step: 1 });
}

function itemButton({ label, run, danger, note, before }) {
  const onclick = () => {
    close();
    run();
  };
  const shape = danger ? "button.menu-item.danger" : "button.menu-item";
  return h(
    shape,
    { type: "button", role: "menuitem", onclick },
    before ?? null,
    h("span", {}, label, note ? h("span.hint", {}, note) : null),
  );
}

/**
 * Show `node` at `anchor`. Arrow keys move between its buttons; in a grid, `step` is how many stand in a row.
 * Returns the function that closes it.
 */
export function openPopover(anchor, node, { step = 1, focus = true } = {}) {
  close();
  (anchor.closest("dialog") ?? document.body).append(node);
  place(node, anchor);
  const onKey = (event) => keyPressed(event, node, step);
  const onPointer = (event) => {
    if (!node.contains(event.target) && !anchor.contains(event.target)) close();
  };
  node.addEventListener("keydown", onKey);
  document.addEventListener("pointerdown", onPointer, true);
  anchor.setAttribute("aria-expanded", "true");
  close = () => {
    close = () => {};
    document.removeEventListener("pointerdown", onPointer, true);
    // The focus goes back first: what shows a menu's button only while it is open must not hide it before that.
    if (node.contains(document.activeElement) && anchor.isConnected) anchor.focus();
    anchor.setAttribute("aria-expanded", "false");
    node.remove();
  };
  if (focus) buttonsOf(node)[0]?.focus();
  return () => close();
}

const buttonsOf = (node) => [...node.querySelectorAll("button, a[href], input")];

function keyPressed(event, node, step) {
  const moves = { ArrowDown: step, ArrowUp: -step, ArrowRight: step > 1 ? 1 : 0, ArrowLeft: step > 1 ? -1 : 0 };
  if (event.key === "Escape") {
    event.stopPropagation();
    event.preventDefault();
    close();
  } else if (event.key === "Tab") {
    close();
  } else if (moves[event.key]) {
    event.preventDefault();
    const buttons = buttonsOf(node);
    const at = buttons.indexOf(document.activeElement) + moves[event.key];
    if (at >= 0 && at < buttons.length) buttons[at].focus();
    else if (step === 1) buttons.at(at < 0 ? -1 : 0).focus();
  } else if (step === 1 && /^[\p{L}\p{N}]$/u.test(event.key)) {
    nextThatStarts(buttonsOf(node), event.key)?.focus();
  }
}

/** The next entry after the one in focus whose name starts with what was typed. */
function nextThatStarts(buttons, letter) {
  const at = buttons.indexOf(document.activeElement) + 1;
  const name = (button) => (button.querySelector(":scope > span:last-child") ?? button).textContent.trim().toLowerCase();
  return [...buttons.slice(at), ...buttons.slice(0, at)].find((button) => name(button).startsWith(letter.toLowerCase()));
}

/**
 * Put `node` below `anchor`, or above it (and the box it writes in) where there is no room below: over the anchor's own
 * pane, from whichever of its edges the anchor is nearer to, and inside the window.
 */
function place(node, anchor) {
  const gap = 6;
  const box = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = node;
  const below = box.bottom + gap + height <= innerHeight;
  const pane = anchor.closest(".pane, .sidebar")?.getBoundingClientRect() ?? { left: 0, right: innerWidth };
  const isLeft = box.left + box.right < pane.left + pane.right;
  const left = Math.min(Math.max(gap, isLeft ? box.left : box.right - width), innerWidth - width - gap);
  const above = anchor.closest(".composer-box")?.getBoundingClientRect() ?? box;
  const top = below ? box.bottom + gap : Math.max(gap, above.top - gap - height);
  node.style.setProperty("left", `${Math.max(gap, left)}px`);
  node.style.setProperty("top", `${top}px`);
}
