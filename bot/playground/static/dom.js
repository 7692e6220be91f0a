// Builds DOM nodes. Strings always become text nodes: nothing in this page ever parses HTML.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element: h("button.primary", { onclick, title: "Send" }, "Send").
 *
 * `on…` properties become listeners, `style` an object of CSS properties, `data` the dataset, true an empty attribute;
 * null, undefined and false are left out. Children are nodes, strings, numbers, or (nested) lists of them.
 */
export function h(spec, props, ...children) {
  const [tag, ...classes] = spec.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(props ?? {})) setProperty(element, name, value);
  append(element, children);
  return element;
}

function setProperty(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "style") for (const [key, part] of Object.entries(value)) element.style.setProperty(key, part);
  else if (name === "data") Object.assign(element.dataset, value);
  else if (name === "value") element.value = value;
  else element.setAttribute(name, value === true ? "" : String(value));
}

/** Append nodes, strings and lists of them; empty values are skipped. */
export function append(element, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/** Replace everything in `element` by `children`. */
export function fill(element, ...children) {
  element.replaceChildren();
  return append(element, children);
}

/** Make `nodes` the children of `list`, moving as few as possible: what stays keeps its focus and scroll position. */
export function place(list, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, index) => {
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
  });
}

const ICONS = {
  lock: "M6 9V7a4 4 0 0 1 8 0v2M5 9h10v7H5z",
  reply: "M4 5h12v8H9l-4 3v-3H4z",
  smile: "M10 3a7 7 0 1 0 0 14a7 7 0 0 0 0-14M7.5 8v.5M12.5 8v.5M7 11.5c1.5 2.2 4.5 2.2 6 0",
  dots: "M5 10h.01M10 10h.01M15 10h.01",
  send: "M4 10l12-6-4 13-3-5zM9 12l7-8",
  close: "M5 5l10 10M15 5L5 15",
  back: "M12 4l-6 6 6 6",
  theme: "M10 4a6 6 0 1 0 0 12zM10 4a6 6 0 0 1 0 12",
  traffic: "M4 7h11l-3-3M16 13H5l3 3",
  guide: "M10 3a7 7 0 1 0 0 14a7 7 0 0 0 0-14M12.5 7.5l-1.5 3.5-3.5 1.5 1.5-3.5z",
  home: "M4 10l6-6 6 6M6 9v7h8V9",
  down: "M6 8l4 4 4-4",
  at: "M13 10a3 3 0 1 0-6 0a3 3 0 0 0 6 0v1.5a1.8 1.8 0 0 0 3.5 0V10a6.5 6.5 0 1 0-2.5 5",
  people: "M8 10a3 3 0 1 0 0-6a3 3 0 0 0 0 6M3 16c.5-5 9.5-5 10 0M13 4.5a3 3 0 0 1 0 5M14.5 12c1.5.6 2.3 2 2.5 4",
  file: "M6 3h6l3 3v11H6zM12 3v3h3",
  bars: "M4 8v4M7 5.5v9M10 3v14M13 6.5v7M16 8.5v3",
  plus: "M10 4v12M4 10h12",
  keyboard: "M3 6h14v8H3zM6 9h.01M9 9h.01M12 9h.01M14.5 9h.01M7 11.5h6",
  search: "M9 4a5 5 0 1 0 0 10a5 5 0 0 0 0-10M13 13l4 4",
};

/** A line icon, hidden from assistive technology: what it stands in must have a label. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button that shows only an icon; `label` is read aloud and shown on hover. */
export function iconButton(name, label, onclick, className = "") {
  const button = h("button.icon-button", { type: "button", "aria-label": label, title: label, onclick }, icon(name));
  if (className) button.classList.add(...className.split(" "));
  return button;
}

/** Run `draw` once before the next frame, however often it is asked for. Hidden tabs get no frames, hence the timer. */
export function once(draw) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    const run = () => {
      if (!asked) return;
      asked = false;
      draw();
    };
    if (document.hidden) setTimeout(run, 100);
    else requestAnimationFrame(run);
  };
}
