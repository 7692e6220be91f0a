// Slack's mrkdwn, drawn as DOM nodes. A message can never become HTML: every piece of it ends in a text node.

import { h } from "./dom.js";
import { emoji } from "./emoji.js";
import { formatDate } from "./time.js";

// Alternatives exclude each other's first characters, so that matching stays linear in the text.
const INSIDE = (mark) => `((?:\`[^\`\\n]+\`|<[^<>\\n]+>|[^${mark}\\n\`<])+)`;
const STYLED = (mark) => `(?<![\\w${mark}])\\${mark}(?=[^\\s${mark}])${INSIDE(mark)}(?<=\\S)\\${mark}(?![\\w${mark}])`;
const INLINE = new RegExp(
  [
    "`([^`\\n]+)`",
    "<([^<>\\n]+)>",
    STYLED("*"),
    STYLED("_"),
    STYLED("~"),
    ":([a-z0-9_+'-]+(?:::skin-tone-[2-6])?):",
    "(https?:\\/\\/[^\\s<>|`]*[^\\s<>|`.,;:!?)\\]'\"*_~])",
  ].join("|"),
  "g",
);
const STYLE_TAGS = ["strong", "em", "s"];
const SAFE_LINK = /^(?:https?|mailto|tel):/i;

/** Undo Slack's escaping of &, < and >. */
export const unescape = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

/**
 * Draw `text` with its blocks: quotes, code and lines. Returns a list of nodes.
 *
 * `names` resolves ids: { person(id), group(id), channel(id), openPerson(id), openChannel(id), me }.
 */
export function mrkdwn(text, names) {
  return String(text ?? "")
    .split(/```\n?([^]*?)\n?```\n?/)
    .flatMap((part, index) => (index % 2 ? [h("pre", {}, unescape(part))] : quotesAndLines(part, names)));
}

/** Draw one line's worth of mrkdwn: no quotes, no code blocks. */
export function inline(text, names) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > end) nodes.push(plain(text.slice(end, match.index)));
    nodes.push(drawn(match, names));
    end = match.index + match[0].length;
  }
  if (end < text.length) nodes.push(plain(text.slice(end)));
  return nodes;
}

/** A link that leaves the page, or plain text when its scheme is not one a link may have. */
export function link(url, label) {
  if (!SAFE_LINK.test(url)) return h("span", {}, label);
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label);
}

/** A mention of a person: `@name`, highlighted when it is the reader. */
export function mention(id, names) {
  const person = names.person(id);
  const label = person ? `@${person.real_name || person.name}` : "@unknown";
  const mine = names.me?.id === id ? ".is-me" : "";
  return h(`span.mention${mine}`, { title: person?.title || null }, label);
}

/** A mention of a user group; highlighted when the reader is in it. */
export function groupMention(id, names, fallback) {
  const group = names.group(id);
  const mine = group?.members.includes(names.me?.id) ? ".is-me" : "";
  return h(`span.mention${mine}`, {}, group ? `@${group.handle}` : fallback || "@group");
}

/** A channel's name that opens the channel. */
export function channelMention(id, names, fallback) {
  const channel = names.channel(id);
  if (!channel) return h("span.mention", {}, fallback ? `#${fallback}` : "#private-channel");
  return h("button.mention", { type: "button", onclick: () => names.openChannel(id) }, `#${channel.name}`);
}

function drawn(match, names) {
  const [whole, code, token, bold, italic, strike, name, url] = match;
  if (code !== undefined) return h("code", {}, unescape(code));
  if (token !== undefined) return angle(token, names);
  const styled = [bold, italic, strike].findIndex((inner) => inner !== undefined);
  if (styled >= 0) return h(STYLE_TAGS[styled], {}, inline([bold, italic, strike][styled], names));
  if (name !== undefined)
    return emoji(name) ? h("span.emoji", { title: whole, role: "img" }, emoji(name)) : plain(whole);
  return link(unescape(url), unescape(url));
}

function angle(token, names) {
  const [target, label] = splitOnce(token, "|");
  const rest = target.slice(1);
  if (target.startsWith("@")) return mention(rest, names);
  if (target.startsWith("#")) return channelMention(rest, names, label);
  if (target.startsWith("!subteam^")) return groupMention(target.slice(9), names, label);
  if (target.startsWith("!date^")) return dated(target, label);
  if (target.startsWith("!")) return h("span.mention.is-me", {}, `@${label || rest}`.replace("@@", "@"));
  if (!SAFE_LINK.test(target)) return plain(`<${token}>`);
  return link(unescape(target), unescape(label || target.replace(/^mailto:/, "")));
}

function dated(target, label) {
  const [, seconds, pattern, url] = target.split("^");
  const text = /^\d+$/.test(seconds) && pattern ? formatDate(seconds, pattern) : unescape(label ?? "");
  return url ? link(unescape(url), text) : h("span", {}, text);
}

function quotesAndLines(text, names) {
  const nodes = [];
  let quote = null;
  const lines = text.split("\n");
  lines.forEach((line, index) => {
    const quoted = /^(?:&gt;|>) ?/.exec(line);
    if (quoted) {
      if (quote) quote.append(h("br"));
      else nodes.push((quote = h("blockquote")));
      quote.append(...inline(line.slice(quoted[0].length), names));
      return;
    }
    quote = null;
    nodes.push(...inline(line, names));
    if (index < lines.length - 1 && !/^(?:&gt;|>)/.test(lines[index + 1])) nodes.push(h("br"));
  });
  return nodes;
}

const plain = (text) => document.createTextNode(unescape(text));

function splitOnce(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
