// Block Kit: each block becomes DOM nodes.

import { h } from "./dom.js";
import { drawElement } from "./elements.js";
import { emojiText } from "./emoji.js";
import { pictureOf } from "./files.js";
import { markdown } from "./markdown.js";
import { mrkdwn } from "./mrkdwn.js";
import { richText } from "./richtext.js";

/**
 * Draw a list of blocks.
 *
 * `ctx` is what they live in: { names, press(element, block, value), register?(block_id, action_id, read), errors?, memory }.
 * `names` resolves ids (see mrkdwn.js), `press` tells the bot, `register` collects a form's inputs, `memory` remembers choices.
 */
export function drawBlocks(blocks, ctx) {
  return (blocks ?? []).map((block) => {
    const draw = BLOCKS[block.type] ?? unknown;
    return h(`div.block.block-${/^\w+$/.test(block.type) ? block.type : "unknown"}`, {}, draw(block, ctx));
  });
}

/** Draw a text object: mrkdwn, or plain text with its emoji. */
export function text(object, names) {
  if (!object) return [];
  if (typeof object === "string") return [object];
  return object.type === "mrkdwn" ? mrkdwn(object.text, names) : [plainText(object)];
}

/** A plain_text object's text, its emoji shortcodes drawn. */
export const plainText = (object) =>
  (object?.text ?? "").replace(/:([a-z0-9_+'-]+):/g, (_whole, name) => emojiText(name));

const BLOCKS = {
  header: (block) => h("h3", {}, plainText(block.text)),
  divider: () => h("hr"),
  section,
  context: (block, ctx) =>
    h(
      "div.context",
      {},
      (block.elements ?? []).map((part) => contextPart(part, ctx)),
    ),
  actions: (block, ctx) => h("div.actions", {}, drawAll(block, ctx)),
  context_actions: (block, ctx) => h("div.actions.quiet", {}, drawAll(block, ctx)),
  image: (block) =>
    h(
      "figure",
      {},
      block.title ? h("figcaption", {}, plainText(block.title)) : null,
      pictureOf(block),
    ),
  markdown: (block, ctx) => h("div.markdown", {}, markdown(block.text, ctx.names)),
  rich_text: (block, ctx) => richText(block, ctx.names),
  table,
  input,
  alert: (block, ctx) => h("div.alert", { role: "note", "data-level": block.level }, text(block.text, ctx.names)),
  file: (block) => h("p.faint", {}, `File ${block.external_id ?? ""}`),
};

const drawAll = (block, ctx) => (block.elements ?? []).map((element) => drawElement(element, block, ctx));

function section(block, ctx) {
  const fields = (block.fields ?? []).map((field) => h("div.field", {}, text(field, ctx.names)));
  return [
    h(
      "div.section-body",
      {},
      block.text ? h("div.section-text", {}, text(block.text, ctx.names)) : null,
      fields.length ? h("div.fields", {}, fields) : null,
    ),
    block.accessory ? h("div.accessory", {}, drawElement(block.accessory, block, ctx)) : null,
  ];
}

function contextPart(part, ctx) {
  if (part.type === "image") return pictureOf(part, "context-image");
  return h("span", {}, text(part, ctx.names));
}

function table(block, ctx) {
  const rows = block.rows ?? [];
  const columns = block.column_settings ?? [];
  const cell = (tag) => (content, index) =>
    h(
      tag,
      {
        "data-align": columns[index]?.align ?? (isNumeric(rows, index) ? "right" : null),
        "data-wrap": columns[index]?.is_wrapped || null,
      },
      cellContent(content, ctx),
    );
  const row = (tag) => (cells) => h("tr", {}, cells.map(cell(tag)));
  return h(
    "div.table-box",
    { tabindex: "0", role: "group", "aria-label": "Table" },
    h("table", {}, h("thead", {}, rows.slice(0, 1).map(row("th"))), h("tbody", {}, rows.slice(1).map(row("td")))),
  );
}

function cellContent(cell, ctx) {
  if (cell.type === "rich_text") return richText(cell, ctx.names);
  return plainText({ text: String(cell.text ?? cell.value ?? "") });
}

/** Columns of figures are set flush right, so that they can be compared. */
function isNumeric(rows, index) {
  const cells = rows.slice(1).map((row) => row[index]);
  return (
    cells.length > 0 && cells.every((cell) => /^[\s\d.,%+−–±/()-]*$/.test(flatText(cell)) && /\d/.test(flatText(cell)))
  );
}

const flatText = (node) => (node ? (node.text ?? (node.elements ?? []).map(flatText).join("")) : "").toString();

function input(block, ctx) {
  const error = ctx.errors?.[block.block_id];
  const control = drawElement(block.element, block, ctx);
  const id = `input-${block.block_id}`;
  const target = control.matches?.("input,select,textarea")
    ? control
    : control.querySelector?.("input,select,textarea");
  if (target && !target.id) target.id = id;
  if (error && target) {
    target.setAttribute("aria-invalid", "true");
    target.setAttribute("aria-describedby", `${id}-error`);
  }
  return [
    h(
      "label",
      { for: target?.id ?? null },
      plainText(block.label),
      block.optional ? h("span.faint", {}, " (optional)") : null,
    ),
    control,
    block.hint ? h("p.hint", {}, plainText(block.hint)) : null,
    error ? h("p.error", { id: `${id}-error`, role: "alert" }, error) : null,
  ];
}

function unknown(block) {
  return h("p.faint", {}, `The playground cannot draw a block of the type “${block.type}”.`);
}
