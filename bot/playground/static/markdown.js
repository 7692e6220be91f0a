// The part of Markdown that a `markdown` block and streamed text use, drawn as DOM nodes.

import { h } from "./dom.js";
import { link, mrkdwn, unescape } from "./mrkdwn.js";
import { emoji } from "./emoji.js";

// Code, bold twice, italic twice, strike, link, Slack's token, emoji, bare link.
const INLINE = new RegExp(
  [
    /`([^`\n]+)`/,
    /\*\*(?=\S)([^*\n]+)\*\*/,
    /__(?=\S)([^_\n]+)__/,
    /(?<![\w*])\*(?=[^\s*])([^*\n]+)\*(?![\w*])/,
    /(?<![\w_])_(?=[^\s_])([^_\n]+)_(?![\w_])/,
    /~~(?=\S)([^~\n]+)~~/,
    /\[([^[\]\n]+)\]\(([^()\s]+)\)/,
    /<([^<>\n]+)>/,
    /:([a-z0-9_+'-]+):/,
    /(https?:\/\/[^\s<>|]*[^\s<>|`.,;:!?)\]'"*_~])/,
  ]
    .map((pattern) => pattern.source)
    .join("|"),
  "g",
);

/** Draw Markdown. Returns a list of nodes; `names` resolves Slack's mentions, as for mrkdwn. */
export function markdown(text, names) {
  const lines = String(text ?? "").split("\n");
  const nodes = [];
  for (let at = 0; at < lines.length;) {
    const block = BLOCKS.find(({ starts }) => starts.test(lines[at])) ?? PARAGRAPH;
    const end = block.end(lines, at);
    nodes.push(block.draw(lines.slice(at, end), names));
    at = end;
  }
  return nodes.filter(Boolean);
}

const whileMatching = (pattern) => (lines, at) => {
  let end = at + 1;
  while (end < lines.length && pattern.test(lines[end])) end += 1;
  return end;
};
const oneLine = (_lines, at) => at + 1;

const FENCE = /^\s*```/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const RULE = /^\s*(?:-{3,}|\*{3,}|_{3,})\s*$/;
const QUOTE = /^\s*>\s?/;
const ROW = /^\s*\|.*\|\s*$/;
const ITEM = /^(\s*)(?:[-*+]|(\d+)[.)])\s+(.*)$/;

const BLOCKS = [
  {
    starts: FENCE,
    end: endOfFence,
    draw: (lines) => h("pre", {}, unescape(lines.slice(1, FENCE.test(lines.at(-1)) ? -1 : undefined).join("\n"))),
  },
  { starts: HEADING, end: oneLine, draw: heading },
  { starts: RULE, end: oneLine, draw: () => h("hr") },
  {
    starts: QUOTE,
    end: whileMatching(QUOTE),
    draw: (lines, names) =>
      h("blockquote", {}, markdown(lines.map((line) => line.replace(QUOTE, "")).join("\n"), names)),
  },
  { starts: ROW, end: whileMatching(ROW), draw: table },
  { starts: ITEM, end: whileMatching(/^\s*(?:[-*+]|\d+[.)])\s+|^\s{2,}\S/), draw: list },
];
const STARTS_BLOCK = new RegExp(BLOCKS.map(({ starts }) => `(?:${starts.source})`).join("|"));
const PARAGRAPH = { end: endOfParagraph, draw: paragraph };

function endOfFence(lines, at) {
  const close = lines.findIndex((line, index) => index > at && FENCE.test(line));
  return close < 0 ? lines.length : close + 1;
}

function endOfParagraph(lines, at) {
  let end = at + 1;
  if (!lines[at].trim()) return end;
  while (end < lines.length && lines[end].trim() && !STARTS_BLOCK.test(lines[end])) end += 1;
  return end;
}

function heading([line], names) {
  const [, marks, text] = HEADING.exec(line);
  return h(`h${Math.min(marks.length + 2, 6)}`, {}, spans(text, names));
}

function paragraph(lines, names) {
  if (!lines.some((line) => line.trim())) return null;
  return h(
    "p",
    {},
    lines.map((line, index) => [index ? h("br") : null, spans(line, names)]),
  );
}

function table(lines, names) {
  const rows = lines.map((line) =>
    line
      .trim()
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
  const ruled = rows[1]?.every((cell) => /^:?-+:?$/.test(cell));
  const align = (index) => (ruled && /-:$/.test(rows[1][index] ?? "") ? "end" : null);
  const draw = (tag) => (cells) =>
    h(
      "tr",
      {},
      cells.map((cell, index) => h(tag, { "data-align": align(index) }, spans(cell, names))),
    );
  if (!ruled) return h("div.table-box", {}, h("table", {}, h("tbody", {}, rows.map(draw("td")))));
  return h(
    "div.table-box",
    {},
    h("table", {}, h("thead", {}, draw("th")(rows[0])), h("tbody", {}, rows.slice(2).map(draw("td")))),
  );
}

function list(lines, names) {
  const first = ITEM.exec(lines[0]);
  const depth = first[1].length;
  const items = [];
  for (const line of lines) {
    const item = ITEM.exec(line);
    if (item && item[1].length <= depth + 1) items.push({ text: item[3], below: [] });
    else items.at(-1).below.push(line.slice(Math.min(depth + 2, line.search(/\S/))));
  }
  const draw = ({ text, below }) =>
    h("li", {}, spans(text, names), below.length ? markdown(below.join("\n"), names) : null);
  return h(first[2] ? "ol" : "ul", { start: first[2] ?? null }, items.map(draw));
}

function spans(text, names) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > end) nodes.push(unescape(text.slice(end, match.index)));
    nodes.push(span(match, names));
    end = match.index + match[0].length;
  }
  nodes.push(unescape(text.slice(end)));
  return nodes;
}

function span(match, names) {
  const [whole, code, bold, bold2, italic, italic2, strike, label, target, token, name, url] = match;
  if (code !== undefined) return h("code", {}, unescape(code));
  if (bold ?? bold2) return h("strong", {}, spans(bold ?? bold2, names));
  if (italic ?? italic2) return h("em", {}, spans(italic ?? italic2, names));
  if (strike !== undefined) return h("s", {}, spans(strike, names));
  if (label !== undefined) return link(unescape(target), unescape(label));
  if (token !== undefined) return mrkdwn(whole, names);
  if (name !== undefined) return emoji(name) ?? whole;
  return link(unescape(url), unescape(url));
}
