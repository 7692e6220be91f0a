// The list of conversations.

import { avatar } from "./avatar.js";
import { h, icon, iconButton, once, place } from "./dom.js";
import { moveWithin } from "./keys.js";
import { openMenu } from "./menu.js";
import { slugOf, titleOf } from "./names.js";

/** Keep `element` a list of what this person may open. */
export function mountSidebar(app, element) {
  const kept = new Kept();
  const draw = once(() => place(element, sections(app, kept)));
  app.store.on("reset", () => kept.clear());
  app.store.on(["reset", "channel", "channel_gone", "person", "message", "app", "connections"], draw);
  app.on("route", draw);
  element.addEventListener("keydown", (event) => moveWithin(event, element, ".entry"));
}

/** Nodes by name, made anew only when what they show changed: one that is focused or about to be clicked stays. */
class Kept {
  #nodes = new Map();

  clear() {
    this.#nodes.clear();
  }

  get(name, shown, make) {
    const seen = JSON.stringify(shown);
    const known = this.#nodes.get(name);
    if (known?.seen === seen) return known.node;
    const node = make();
    if (known?.node.contains(document.activeElement)) setTimeout(() => node.focus());
    this.#nodes.set(name, { seen, node });
    return node;
  }
}

function sections(app, kept) {
  const { store } = app;
  const channels = [...store.channels.values()].sort((a, b) => (a.name ?? "").localeCompare(b.name ?? ""));
  const of = (kind, test = () => true) => channels.filter((channel) => channel.kind === kind && test(channel));
  const withPeople = of("im", (channel) => channel.with !== store.bot?.id && channel.with !== store.me?.id);
  const rows = (list) => list.map((channel) => row(app, kept, channel));
  const write = () => iconButton("plus", "Write to somebody", (event) => choosePerson(app, event.currentTarget));
  return [
    kept.get("team", store.team?.name, () => h("div.team", {}, store.team?.name ?? "Workspace")),
    store.bot ? section(kept, "app", "Apps", appRows(app, kept)) : null,
    section(kept, "joined", "Channels", rows(of("channel", (channel) => channel.is_member))),
    section(kept, "private", "Private channels", rows(of("group"))),
    section(kept, "direct", "Direct messages", rows([...withPeople, ...of("mpim")]), write),
    section(kept, "more", "More channels", rows(of("channel", (channel) => !channel.is_member))),
  ].filter(Boolean);
}

function section(kept, name, title, rows, button = null) {
  if (!rows.length && !button) return null;
  const node = kept.get(`section ${name}`, title, () =>
    h("section", {}, h("h2", {}, title, button?.()), h("ul", { "aria-label": title })),
  );
  place(node.querySelector("ul"), rows);
  return node;
}

function appRows(app, kept) {
  const { bot } = app.store;
  const name = bot.real_name || bot.name;
  const slug = `@${bot.name}`;
  const unread = app.store.directWith(bot.id)?.unread;
  return [
    entry(app, kept, { slug, mark: () => avatar(bot, "tiny"), label: name, unread, mentions: unread }),
    entry(app, kept, { slug: "~home", mark: () => icon("home"), label: `${name}’s home` }),
  ];
}

function row(app, kept, channel) {
  const { store } = app;
  const isDirect = channel.kind === "im" || channel.kind === "mpim";
  const mark = () =>
    isDirect ? avatar(store.person(channel.with), "tiny") : channel.kind === "group" ? icon("lock") : "#";
  return entry(app, kept, {
    slug: slugOf(channel, store),
    mark,
    label: titleOf(channel, store).replace(/^#/, ""),
    unread: channel.unread,
    mentions: isDirect ? channel.unread : channel.mentions,
  });
}

function entry(app, kept, { slug, mark, label, unread = 0, mentions = 0 }) {
  const isCurrent = app.route.channel === slug;
  const isUnread = unread > 0 && !isCurrent;
  const count = isUnread ? mentions : 0;
  return kept.get(`entry ${slug}`, [label, isCurrent, isUnread, count], () => {
    const sign = count
      ? h("span.count", { "aria-label": `${count} for you` }, count > 99 ? "99+" : count)
      : isUnread && h("span.dot", { role: "img", "aria-label": "unread" });
    const button = h(
      `button.entry${isUnread ? ".unread" : ""}`,
      { type: "button", onclick: () => app.open(slug), "aria-current": isCurrent ? "page" : null },
      h("span.mark", {}, mark()),
      h("span.label", {}, label),
      sign,
    );
    const item = h("li", {}, button);
    item.focus = () => button.focus();
    return item;
  });
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
