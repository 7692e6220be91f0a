// The two panes of a conversation: a channel, and a thread beside it.

import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { append, fill, h, icon, iconButton, once, place } from "./dom.js";
import { drawHome } from "./home.js";
import { titleOf } from "./names.js";
import { send } from "./sending.js";
import { thinking } from "./thinking.js";

/** Keep `element` showing the channel that the route names. */
export function mountMain(app, element) {
  const pane = new Pane(app, element);
  const show = () => pane.show();
  app.on("route", show);
  app.store.on("reset", () => pane.show({ anew: true }));
  app.store.on(["channel", "channel_gone"], () => pane.channelChanged());
  app.main = pane;
}

/** Keep `element` showing the thread that the route names, hidden when it names none. */
export function mountThread(app, element) {
  const pane = new Pane(app, element, { isThread: true });
  const show = () => pane.show();
  app.on("route", show);
  app.store.on("reset", () => pane.show({ anew: true }));
  app.thread = pane;
}

// Where there is room, and so no keyboard on the screen, one can write at once in what was opened.
const WIDE = matchMedia("(min-width: 761px)");

class Pane {
  #shown = null;

  constructor(app, element, { isThread = false } = {}) {
    this.app = app;
    this.element = element;
    this.isThread = isThread;
    this.notices = h("div.notices");
    this.foot = h("div.pane-foot");
    this.drawFoot = once(() => this.#drawNotices());
    this.head = h("header.pane-head");
    this.#listen();
  }

  #listen() {
    const { store } = this.app;
    const changed = ({ channel, message }) => {
      if (this.list?.shows(channel, this.isThread ? (message?.thread_ts ?? message?.ts) : null)) this.list.redraw();
    };
    store.on(["message", "message_changed"], changed);
    store.on(
      ["message_deleted", "timeline"],
      ({ channel }) => this.list?.shows(channel, this.list.thread ?? null) && this.list.redraw(),
    );
    store.on("home", () => this.drawHome?.());
    store.on(["person", "user_group", "app"], () => this.list?.forget());
    store.on(["status", "prompts", "connections"], (item) => {
      if (item.thread_ts) this.list?.forgetMessage(item.thread_ts);
      this.drawFoot();
    });
  }

  /** Draw what the route names, unless it is there already. */
  show({ anew = false } = {}) {
    const { route, store } = this.app;
    if (!store.me) return;
    const channel = this.app.channelOf(route.channel);
    const thread = this.isThread ? route.thread : null;
    const key = `${store.me.id} ${channel?.id ?? route.channel} ${thread}`;
    if (!this.isThread) this.list?.markOpen(route.thread);
    if (key === this.#shown && !anew) return this.#revealWanted();
    const hadFocus = this.element.contains(document.activeElement);
    this.#shown = key;
    this.list?.close();
    this.list = this.composer = null;
    if (this.isThread) this.element.hidden = !thread;
    if (this.isThread && !thread && hadFocus && WIDE.matches) this.app.main.composer?.focus();
    if (this.isThread && !thread) return;
    this.drawHome = null;
    if (route.channel === "~home") this.drawHome = drawHome(this.app, this.element);
    else if (!channel)
      fill(
        this.element,
        h("div.empty", {}, h("h2", {}, "There is no such conversation"), h("p", {}, "Choose one on the left.")),
      );
    else this.#open(channel, thread);
    if (WIDE.matches && (hadFocus || !anew)) this.composer?.focus();
  }

  channelChanged() {
    const channel = this.app.channelOf(this.app.route.channel);
    if (!channel && !this.isThread && this.app.route.channel !== "~home") this.app.open(null);
    else if (channel?.id && channel.id !== this.channel?.id) this.show();
    else if (channel && this.list) this.#refresh(channel);
  }

  /** Put a text into the composer, for the person to send. */
  prefill(text) {
    this.composer?.write(text);
  }

  #open(channel, thread) {
    const { app } = this;
    this.channel = channel;
    this.list = new Conversation(app, channel, {
      thread,
      empty: () => emptyState(app, channel, thread),
      leave: () => this.composer?.focus(),
    });
    this.list.thread = thread;
    if (!this.isThread) this.list.markOpen(app.route.thread);
    this.composer = this.#composer(channel, thread);
    fill(this.element, this.head, this.list.node, this.foot);
    this.#refresh(channel);
    if (channel.id)
      app.store.load(channel.id, thread).then(
        () => this.#revealWanted(),
        (error) => app.failed(error),
      );
    else fill(this.list.scroller, h("div.empty", {}, emptyState(app, channel, thread)));
  }

  #revealWanted() {
    if (!this.list) return;
    this.list.draw();
    // Before its messages are here there is nothing to reveal; it is asked again then.
    if (!this.app.store.timeline(this.channel.id, this.isThread ? this.app.route.thread : null)) return;
    const wanted = this.app.takeReveal(this.isThread);
    if (wanted) this.list.reveal(wanted).catch((error) => this.app.failed(error));
  }

  #refresh(channel) {
    this.channel = channel;
    fill(this.head, this.isThread ? threadHead(this.app, channel) : channelHead(this.app, channel));
    // Who writes at this moment keeps the caret: the composer is not put in again.
    place(this.foot, [this.notices, channel.is_member ? this.composer.node : joinBar(this.app, channel)]);
    this.#drawNotices();
  }

  #composer(channel, thread) {
    const { app } = this;
    const title = titleOf(channel, app.store);
    const also = thread && channel.kind !== "im" ? h("input", { type: "checkbox" }) : null;
    const broadcast = () => also?.checked ?? false;
    return new Composer(app, {
      key: `${app.store.me.id} ${channel.id ?? `@${channel.with}`} ${thread ?? ""}`,
      placeholder: thread ? "Reply…" : `Message ${title}`,
      members: channel.members,
      extra: also
        ? h("label.also", {}, also, `Also to ${title}`)
        : h("span.composer-hint", {}, "@ mention · / command · Enter sends"),
      send: (text, files) => send(app, { channel, thread, text, files, broadcast: broadcast() }),
      shortcuts: () => globalShortcuts(app),
    });
  }

  #drawNotices() {
    if (!this.channel?.id || !this.notices.isConnected) return fill(this.notices);
    const { store } = this.app;
    const status = store.status(this.channel.id, this.app.route.thread && this.isThread ? this.app.route.thread : "");
    const prompts = store.prompts(this.channel.id, this.isThread ? this.app.route.thread : "");
    const name = store.bot?.real_name || "Timbre";
    return fill(
      this.notices,
      prompts?.prompts?.length ? suggestions(prompts, (text) => this.prefill(text)) : null,
      status?.status ? thinking(name, status) : null,
    );
  }
}

const globalShortcuts = (app) =>
  app.store.shortcuts
    .filter(({ type }) => type === "global")
    .map(({ name, callback_id: id }) => ({
      label: name,
      note: app.store.bot?.real_name,
      run: () => app.act("shortcut", { callback_id: id }),
    }));

function suggestions({ title, prompts }, choose) {
  return h(
    "div.suggestions",
    {},
    title ? h("span.faint", {}, title) : null,
    prompts.map((prompt) => h("button.chip", { type: "button", onclick: () => choose(prompt.message) }, prompt.title)),
  );
}

function channelHead(app, channel) {
  const { store } = app;
  const people = channel.members?.length ?? 0;
  const botMissing = store.bot && channel.kind !== "im" && channel.is_member && !channel.members.includes(store.bot.id);
  const title = titleOf(channel, store);
  return [
    iconButton("back", "Conversations", () => app.showPane("sidebar"), "phone-only"),
    h(
      "div.pane-title",
      {},
      h("h1", {}, channel.kind === "group" ? [icon("lock"), title.replace(/^#/, "")] : title),
      h("p.topic", {}, topicOf(channel, store)),
    ),
    h("div.spacer"),
    botMissing
      ? h(
          "button.button.small",
          { type: "button", onclick: () => app.act("invite", { channel: channel.id, invitee: store.bot.name }) },
          `Invite ${store.bot.real_name || store.bot.name}`,
        )
      : null,
    channel.kind === "im" ? null : h("span.members", { title: membersOf(channel, store) }, icon("people"), people),
  ];
}

const topicOf = (channel, store) =>
  channel.kind === "im" ? (store.person(channel.with)?.title ?? "") : channel.topic || channel.purpose || "";
const membersOf = (channel, store) => channel.members.map((id) => store.person(id)?.real_name ?? id).join(", ");

function threadHead(app, channel) {
  return [
    iconButton("back", "Back to the channel", () => app.closeThread(), "phone-only"),
    h("div.pane-title", {}, h("h1", {}, "Thread"), h("p.topic", {}, titleOf(channel, app.store))),
    h("div.spacer"),
    iconButton("close", "Close thread", () => app.closeThread(), "desk-only"),
  ];
}

function joinBar(app, channel) {
  return h(
    "div.join-bar",
    {},
    h("span", {}, "You are not in ", h("strong", {}, titleOf(channel, app.store)), " yet."),
    h("button.button.primary", { type: "button", onclick: () => app.act("join", { channel: channel.id }) }, "Join"),
  );
}

function emptyState(app, channel, thread) {
  const { bot } = app.store;
  if (thread) return [h("p", {}, "This thread has no messages that you may see.")];
  if (channel.with && channel.with === bot?.id) {
    return [
      h("h2", {}, `Ask ${bot.real_name || bot.name} something`),
      h("p", {}, "It answers from approved answers and documents, with its sources, in the team’s voice."),
    ];
  }
  const intro = append(h("p"), [
    "Say something, or ask ",
    h("span.mention", {}, `@${bot?.name ?? "timbre"}`),
    " a question.",
  ]);
  return [h("h2", {}, `This is the start of ${titleOf(channel, app.store)}`), intro];
}
