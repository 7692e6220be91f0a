// Round initials for people, a rounded square with a waveform for the bot.

import { h, icon } from "./dom.js";

export function avatar(person, size = "") {
  const shape = size ? `span.avatar.${size}` : "span.avatar";
  if (!person) return h(shape, { "aria-hidden": "true" }, "?");
  if (person.is_bot) return h(`${shape}.bot`, { "aria-hidden": "true" }, icon("bars"));
  return h(shape, { "aria-hidden": "true", style: { "--person": safeColor(person.color) } }, initials(person));
}

function initials(person) {
  const words = (person.real_name || person.name || "?").trim().split(/\s+/);
  return [words[0], words.length > 1 ? words.at(-1) : ""]
    .map((word) => [...word][0] ?? "")
    .join("")
    .toUpperCase();
}

const safeColor = (color) => (/^#[0-9a-f]{6}$/i.test(color ?? "") ? color : "#5b6770");
