// The list of conversations.

import { avatar } from "./avatar.js";
import { fill, h, icon, iconButton, once } from "./dom.js";
import { openMenu } from "./menu.js";
import { slugOf, titleOf } from "./names.js";

/** Keep `element` a list of what this person may open. */
export function mountSidebar(app, element) {
  const draw = once(() => fill(element, sections(app)));
  app.store.on(["reset", "channel", "channel_gone", "person", "message", "app", "connections"], draw);
  app.on("route", draw);
}

function sections(app) {
  const { store } = app;
  const channels = [...store.channels.values()].sort((a, b) => (a.name ?? "").localeCompare(b.name ?? ""));
  const of = (kind, test = () => true) => channels.filter((channel) => channel.kind === kind && test(channel));
  const withPeople = of("im", (channel) => channel.with !== store.bot?.id && channel.with !== store.me.id);
  return [
    h("div.team", {}, store.team?.name ?? "Workspace"),
    store.bot ? section(store.bot.real_name || store.bot.name, appRows(app)) : null,
    section(
      "Channels",
      of("channel", (channel) => channel.is_member).map((channel) => row(app, channel, "#")),
    ),
    section(
      "Private",
      of("group").map((channel) => row(app, channel, icon("lock"))),
    ),
    section(
      "Direct messages",
      [...withPeople, ...of("mpim")].map((channel) => row(app, channel, avatar(store.person(channel.with), "tiny"))),
      iconButton("plus", "Write to somebody", (event) => choosePerson(app, event.currentTarget)),
    ),
    section(
      "More channels",
      of("channel", (channel) => !channel.is_member).map((channel) => row(app, channel, "#")),
    ),
  ];
}

function section(title, rows, button = null) {
  if (!rows.length && !button) return null;
  return h(
    "section",
    {},
    h("h2", {}, title, button),
    h(
      "ul",
      {},
      rows.map((node) => h("li", {}, node)),
    ),
  );
}

function appRows(app) {
  const { bot } = app.store;
  const direct = app.store.directWith(bot.id);
  const slug = `@${bot.name}`;
  return [
    entry({
      mark: avatar(bot, "tiny"),
      label: "Messages",
      open: () => app.open(slug),
      current: app.route.channel === slug,
      unread: direct?.unread,
    }),
    entry({ mark: icon("home"), label: "Home", open: () => app.open("~home"), current: app.route.channel === "~home" }),
  ];
}

function row(app, channel, mark) {
  const slug = slugOf(channel, app.store);
  return entry({
    mark,
    label: titleOf(channel, app.store).replace(/^#/, ""),
    open: () => app.open(slug),
    current: app.route.channel === slug,
    unread: channel.unread,
    mentions: channel.kind === "im" ? channel.unread : channel.mentions,
    faint: !channel.is_member,
  });
}

function entry({ mark, label, open, current, unread = 0, mentions = 0, faint = false }) {
  const classes = [unread && !current ? ".unread" : "", faint ? ".faint" : ""].join("");
  return h(
    `button.entry${classes}`,
    { type: "button", onclick: open, "aria-current": current ? "page" : null },
    h("span.mark", {}, mark),
    h("span.label", {}, label),
    mentions && !current
      ? h("span.count", { "aria-label": `${mentions} for you` }, mentions)
      : unread && !current
        ? h("span.dot", { "aria-label": "unread" })
        : null,
  );
}

function choosePerson(app, anchor) {
  const others = [...app.store.people.values()].filter((person) => person.id !== app.store.me.id);
  openMenu(
    anchor,
    others.map((person) => ({
      label: person.real_name || person.name,
      note: person.title,
      before: avatar(person, "tiny"),
      run: () => app.open(`@${person.name}`),
    })),
    { label: "Write to", title: "Write to" },
  );
}
