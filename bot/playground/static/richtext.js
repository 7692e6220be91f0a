// Slack's rich_text blocks.

import { h } from "./dom.js";
import { emojiText } from "./emoji.js";
import { channelMention, groupMention, link, mention } from "./mrkdwn.js";
import { formatDate } from "./time.js";

/** Draw a rich_text block's parts. */
export function richText(block, names) {
  return (block.elements ?? []).map((part) => PARTS[part.type]?.(part, names) ?? null);
}

const PARTS = {
  rich_text_section: (part, names) => h("div.rich-section", {}, runs(part, names)),
  rich_text_quote: (part, names) => h("blockquote", {}, runs(part, names)),
  rich_text_preformatted: (part, names) => h("pre", {}, runs(part, names)),
  rich_text_list: (part, names) =>
    h(
      part.style === "ordered" ? "ol" : "ul",
      { style: { "--indent": part.indent ?? 0 }, start: part.offset ? part.offset + 1 : null },
      (part.elements ?? []).map((item) => h("li", {}, runs(item, names))),
    ),
};

const runs = (part, names) => (part.elements ?? []).map((run) => styled(drawRun(run, names), run.style));

function drawRun(run, names) {
  const draw = RUNS[run.type];
  return draw ? draw(run, names) : document.createTextNode(run.text ?? run.fallback ?? "");
}

const RUNS = {
  text: (run) => h("span", {}, run.text),
  link: (run) => link(run.url, run.text || run.url),
  user: (run, names) => mention(run.user_id, names),
  usergroup: (run, names) => groupMention(run.usergroup_id, names),
  channel: (run, names) => channelMention(run.channel_id, names),
  emoji: (run) => h("span.emoji", { title: `:${run.name}:` }, emojiText(run.name)),
  broadcast: (run) => h("span.mention.is-me", {}, `@${run.range}`),
  date: (run) => h("span", {}, formatDate(run.timestamp, run.format)),
  color: (run) => h("code", {}, run.value),
};

const STYLES = { bold: "strong", italic: "em", strike: "s", code: "code", underline: "u" };

function styled(node, style) {
  return Object.keys(STYLES).reduce((inner, name) => (style?.[name] ? h(STYLES[name], {}, inner) : inner), node);
}
