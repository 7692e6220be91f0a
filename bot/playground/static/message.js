// One message: who, when, what, and what can be done with it.

import { avatar } from "./avatar.js";
import { drawBlocks } from "./blocks.js";
import { h, icon, iconButton } from "./dom.js";
import { emojiText } from "./emoji.js";
import { drawFile } from "./files.js";
import { openMenu } from "./menu.js";
import { mrkdwn } from "./mrkdwn.js";
import { titleOf, typedText } from "./names.js";
import { openPicker } from "./picker.js";
import { ROLES, roleOf } from "./roles.js";
import { ago, clock, full } from "./time.js";

const NEWS = /^(?:channel|group)_(?:join|leave|name|archive|unarchive|convert_to_private|convert_to_public)$/;
const QUICK = ["white_check_mark", "x", "eyes"];

/** Draw `message`. `compact` leaves out the author, `inThread` the summary of replies. */
export function drawMessage(message, app, { compact = false, inThread = false } = {}) {
  const author = app.store.person(message.user);
  if (NEWS.test(message.subtype)) return notice(message, author, app);
  const isForMe = message.user !== app.store.me.id && app.store.names(message, app.store.me);
  const classes = [compact ? ".compact" : "", message.is_ephemeral ? ".ephemeral" : "", isCard(message) ? ".card" : "", isForMe ? ".mentions-me" : ""];
  const label = `${nameOf(author)}, ${ago(message.ts)}`;
  return h(
    `article.message${classes.join("")}`,
    { data: { ts: message.ts }, "aria-label": label, tabindex: "-1" },
    h(
      "div.gutter",
      {},
      compact
        ? h("time.faint", { title: full(message.ts) }, clock(message.ts).replace(/\s?[AP]M$/i, ""))
        : avatar(author),
    ),
    h(
      "div.content",
      {},
      message.is_ephemeral ? h("p.only-you", {}, "Only visible to you") : null,
      message.subtype === "thread_broadcast" && !inThread ? h("p.only-you", {}, "Replied to a thread") : null,
      message.pinned_to ? h("p.only-you", {}, "Pinned") : null,
      compact ? null : head(message, author, app),
      h("div.body", {}, body(message, app)),
      reactions(message, app),
      inThread ? null : threadSummary(message, app),
    ),
    message.subtype === "tombstone" ? null : toolbar(message, app, inThread),
  );
}

const isCard = (message) => message.blocks?.some((block) => block.type === "actions");

const nameOf = (author) => author?.real_name || author?.name || "Somebody";

/** A quiet line about the channel. What Slack writes of joining begins with who joined, the rest leaves that out. */
function notice(message, author, app) {
  const said = message.text.replace(/^<@[^>]+> has /, "");
  return h(
    "article.message.notice",
    { data: { ts: message.ts }, tabindex: "-1" },
    h("div.gutter"),
    h("div.content.faint", {}, `${nameOf(author)} `, mrkdwn(said, app.names)),
  );
}

function head(message, author, app) {
  const role = author && !author.is_bot ? roleOf(author, app.store.groups.values()) : "member";
  return h(
    "div.message-head",
    {},
    h("span.author", { title: author?.title || null }, nameOf(author)),
    author?.is_bot ? h("span.badge", {}, "APP") : null,
    role === "member" ? null : h("span.role", { title: ROLES[role].may }, ROLES[role].label),
    h("time.faint", { title: full(message.ts) }, clock(message.ts)),
  );
}

function body(message, app) {
  if (message.subtype === "tombstone") return h("p.faint", {}, "This message was deleted.");
  const ctx = contextOf(message, app);
  const drawn = message.blocks?.length
    ? drawBlocks(message.blocks, ctx)
    : [h("div.text", {}, mrkdwn(message.text, app.names))];
  return [
    drawn,
    (message.attachments ?? []).map((attachment) => drawAttachment(attachment, ctx)),
    (message.files ?? []).map(drawFile),
    message.streaming ? h("span.caret", { "aria-label": "still writing" }) : null,
    message.edited ? h("span.faint.edited", { title: full(message.edited.ts) }, "(edited)") : null,
    message.failed ? h("p.error", {}, "Timbre did not answer this in time.") : null,
  ];
}

function contextOf(message, app) {
  const at = { channel: message.channel, ts: message.ts };
  return {
    names: app.names,
    memory: app.memory(`${message.channel}:${message.ts}`),
    press: (element, block, value) =>
      app.press(element, { ...at, action_id: element.action_id, block_id: block.block_id, value }),
  };
}

function drawAttachment(attachment, ctx) {
  const color = /^#?[0-9a-f]{6}$/i.test(attachment.color ?? "") ? `#${attachment.color.replace("#", "")}` : null;
  return h(
    "div.attachment",
    { style: color ? { "border-color": color } : {} },
    attachment.pretext ? h("p", {}, mrkdwn(attachment.pretext, ctx.names)) : null,
    attachment.title ? h("strong", {}, attachment.title) : null,
    attachment.blocks
      ? drawBlocks(attachment.blocks, ctx)
      : h("div.text", {}, mrkdwn(attachment.text ?? attachment.fallback, ctx.names)),
    attachment.footer ? h("p.faint", {}, attachment.footer) : null,
  );
}

function reactions(message, app) {
  if (!message.reactions?.length) return null;
  const chips = message.reactions.map(({ name, users, count }) => {
    const mine = users.includes(app.store.me.id);
    const who = users.map((id) => nameOf(app.store.person(id))).join(", ");
    const toggle = () => app.react(message, name, !mine);
    return h(
      "button.reaction",
      { type: "button", "aria-pressed": String(mine), title: `${who} :${name}:`, onclick: toggle },
      h("span", {}, emojiText(name)),
      h("span.count", {}, count ?? users.length),
    );
  });
  const add = iconButton(
    "smile",
    "Add a reaction",
    (event) => openPicker(event.currentTarget, (name) => app.react(message, name, true)),
    "reaction-add",
  );
  return h("div.reactions", {}, chips, add);
}

function threadSummary(message, app) {
  const thinking = app.store.status(message.channel, message.ts)?.status;
  if (!message.reply_count && !thinking) return null;
  const faces = (message.reply_users ?? []).slice(0, 4).map((id) => avatar(app.store.person(id), "tiny"));
  return h(
    "button.thread-summary",
    { type: "button", onclick: () => app.openThread(message) },
    faces,
    h(
      "span.link",
      {},
      message.reply_count ? `${message.reply_count} ${message.reply_count === 1 ? "reply" : "replies"}` : "Thread",
    ),
    thinking
      ? h("span.faint", {}, `${nameOf(app.store.bot)} ${thinking}`)
      : message.latest_reply
        ? h("span.faint", {}, `last reply ${ago(message.latest_reply)}`)
        : null,
  );
}

function toolbar(message, app, inThread) {
  if (message.is_ephemeral) {
    return h(
      "div.toolbar",
      { role: "group", "aria-label": "Message actions" },
      iconButton("close", "Dismiss", () => app.act("dismiss", { channel: message.channel, ts: message.ts })),
    );
  }
  const quick = QUICK.map((name) =>
    h(
      "button.icon-button",
      {
        type: "button",
        title: `React :${name}:`,
        "aria-label": `React ${name.replaceAll("_", " ")}`,
        onclick: () => app.toggleReaction(message, name),
      },
      emojiText(name),
    ),
  );
  return h(
    "div.toolbar",
    { role: "group", "aria-label": "Message actions" },
    quick,
    does(
      "react",
      iconButton("smile", "Add a reaction", (event) =>
        openPicker(event.currentTarget, (name) => app.react(message, name, true)),
      ),
    ),
    inThread ? null : does("thread", iconButton("reply", "Reply in thread", () => app.openThread(message))),
    does(
      "menu",
      iconButton("dots", "More actions", (event) =>
        openMenu(event.currentTarget, actionsOf(message, app), { label: "Message actions" }),
      ),
    ),
  );
}

/** Mark what a button does, for the key that presses it. */
function does(what, button) {
  button.dataset.does = what;
  return button;
}

function actionsOf(message, app) {
  const at = { channel: message.channel, ts: message.ts };
  const mine = message.user === app.store.me.id;
  const shortcuts = app.store.shortcuts
    .filter((shortcut) => shortcut.type !== "global")
    .map((shortcut) => ({
      label: shortcut.name,
      note: nameOf(app.store.bot),
      run: () => app.act("shortcut", { ...at, callback_id: shortcut.callback_id }),
    }));
  return [
    ...shortcuts,
    shortcuts.length ? null : undefined,
    { label: "Copy link", run: () => app.copyLink(message) },
    { label: "Copy text", run: () => app.copy(typedText(message.text ?? "", app.store)) },
    mine ? { label: "Edit", run: () => app.edit(message) } : undefined,
    mine || app.store.me.is_admin
      ? {
          label: "Delete",
          danger: true,
          run: () => app.remove(message, titleOf(app.store.channel(message.channel), app.store)),
        }
      : undefined,
  ].filter((item) => item !== undefined);
}
