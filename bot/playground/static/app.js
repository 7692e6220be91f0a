// What the page's parts share: who looks, where, and what acting means.

import { act, chooseTeam } from "./api.js";
import { plainText, text as textObject } from "./blocks.js";
import { ask, askText } from "./dialogs.js";
import { closeMenu } from "./menu.js";
import { namesFrom, slugOf, typedText } from "./names.js";
import { ROLES, roleOf } from "./roles.js";
import { readRoute, writeRoute } from "./route.js";
import { Store } from "./store.js";
import { toast } from "./toast.js";

const READ_AFTER_MS = 400; // how long a conversation is looked at before it counts as read

export class App {
  route = { person: null, channel: null, thread: null };
  #events = new EventTarget();
  #memories = new Map();
  #reveal = null;
  #marks = new Map();

  constructor() {
    this.store = new Store();
    this.names = namesFrom(this.store, (id) => this.open(slugOf(this.store.channel(id), this.store)));
  }

  on(type, react) {
    this.#events.addEventListener(type, (event) => react(event.detail));
  }

  tell(type, detail) {
    this.#events.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** Act as the person who looks. Returns the answer, or null when it was refused and the person was told why. */
  async act(call, body) {
    const at = Date.now() / 1000;
    try {
      const answer = await act(call, { user: this.store.me.id, ...body });
      this.tell("did", { call, body, answer, at });
      return answer;
    } catch (error) {
      return this.failed(error);
    }
  }

  failed(error) {
    toast(error.message, "error");
    return null;
  }

  /** What was chosen in a message or view and is stored nowhere else. */
  memory(key) {
    if (!this.#memories.has(key)) this.#memories.set(key, new Map());
    return this.#memories.get(key);
  }

  /** Press an interactive element; one with a `confirm` asks first. */
  async press(element, body) {
    if (element.confirm && !(await this.#confirmed(element.confirm))) return null;
    return this.act("click", { ...body, wait: true });
  }

  #confirmed({ title, text, confirm, deny, style }) {
    return ask({
      title: plainText(title),
      text: textObject(text, this.names),
      confirm: plainText(confirm),
      deny: plainText(deny),
      danger: style === "danger",
    });
  }

  reacted(message, name) {
    const { me } = this.store;
    return (message.reactions ?? []).some((reaction) => reaction.name === name && reaction.users.includes(me.id));
  }

  toggleReaction(message, name) {
    return this.react(message, name, !this.reacted(message, name));
  }

  react(message, name, wanted) {
    if (this.reacted(message, name) === wanted) return null;
    return this.act(wanted ? "react" : "unreact", { channel: message.channel, ts: message.ts, name });
  }

  async edit(message) {
    const before = typedText(message.text, this.store);
    const text = await askText({ title: "Edit message", text: before });
    if (text && text !== before) await this.act("edit", { channel: message.channel, ts: message.ts, text });
  }

  /** Edit the last message of mine in the conversation that a composer belongs to. */
  editLast(key) {
    const [, channel, thread] = key.split(" ");
    const messages = this.store.timeline(channel, thread || null)?.messages ?? [];
    const last = messages.findLast(
      (message) => message.user === this.store.me.id && !message.is_ephemeral && !message.subtype,
    );
    if (last) this.edit(last);
  }

  async remove(message, where) {
    const sure = await ask({
      title: "Delete this message?",
      text: `It disappears from ${where} for everybody.`,
      confirm: "Delete",
      danger: true,
    });
    if (sure) await this.act("delete", { channel: message.channel, ts: message.ts });
  }

  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      toast("Copied");
    } catch {
      toast("The browser did not let the page copy.", "error");
    }
  }

  copyLink(message) {
    const slug = slugOf(this.store.channel(message.channel), this.store);
    const route = { person: this.store.me.name, channel: slug, thread: message.thread_ts ?? null, message: message.ts };
    return this.copy(new URL(writeRoute(route), location.href).href);
  }

  /** The conversation that a route's word names; a direct one that nobody has written in yet has no id. */
  channelOf(slug) {
    if (!slug?.startsWith("@")) return this.store.channelNamed(slug);
    const person = this.store.personNamed(slug.slice(1));
    if (!person) return undefined;
    return (
      this.store.directWith(person.id) ?? {
        id: null,
        kind: "im",
        with: person.id,
        name: "",
        is_member: true,
        members: [],
        unread: 0,
      }
    );
  }

  open(channel) {
    return this.goTo({ channel });
  }

  openThread(message) {
    const root = message.thread_ts ?? message.ts;
    this.goTo({ channel: slugOf(this.store.channel(message.channel), this.store), thread: root });
  }

  closeThread() {
    this.goTo({ channel: this.route.channel });
  }

  /** Go to a conversation, and in it to a thread or a message. */
  async goTo({ channel, thread = null, message = null, pane = thread ? "thread" : "main" }) {
    closeMenu();
    const person = this.store.me.name;
    this.route = {
      person,
      channel: channel === "~home" || this.channelOf(channel) ? channel : this.#firstChannel(),
      thread,
    };
    this.#reveal = message ?? null;
    const hash = writeRoute(this.route);
    if (location.hash !== hash) history.pushState(null, "", `/${hash}`);
    this.showPane(pane);
    if (channel?.startsWith("@") && this.store.bot?.name === channel.slice(1))
      await this.act("open_home", { tab: "messages" });
    this.tell("route");
    document.title = `${this.route.channel ?? ""} · Timbre playground`;
    document.body.classList.toggle("has-thread", Boolean(thread));
  }

  /** The message to scroll to, once. */
  takeReveal(inThread) {
    const wanted = Boolean(this.route.thread) === inThread ? this.#reveal : null;
    if (wanted) this.#reveal = null;
    return wanted;
  }

  #firstChannel() {
    const channels = [...this.store.channels.values()].filter((channel) => channel.is_member && channel.name);
    return (
      (
        channels.find((channel) => channel.name === this.store.guide?.channel) ??
        channels.find((channel) => channel.name === "help-desk") ??
        channels[0]
      )?.name ?? null
    );
  }

  /** Look as somebody else, at the same place or at `route`. */
  async become(name, route = this.route) {
    const before = this.store.me?.id;
    try {
      await this.store.become(name);
    } catch (error) {
      return this.failed(error);
    }
    const { me, groups } = this.store;
    if (me.id !== before) toast(`You are now ${me.real_name || me.name} (${ROLES[roleOf(me, groups.values())].label})`);
    sessionStorage.setItem("timbre-person", name);
    return this.goTo(route);
  }

  async changeTeam(id) {
    chooseTeam(id);
    sessionStorage.setItem("timbre-team", id);
    sessionStorage.removeItem("timbre-person");
    await this.store.become(null);
    await this.goTo({ channel: null });
  }

  /** On a phone one pane shows at a time. */
  showPane(pane) {
    document.body.dataset.pane = pane;
  }

  markRead(id) {
    const channel = this.store.channel(id);
    if (!channel?.unread || this.#marks.has(id)) return;
    const me = this.store.me;
    const mark = () => {
      this.#marks.delete(id);
      if (this.store.me === me) this.act("mark", { channel: id });
    };
    this.#marks.set(id, setTimeout(mark, READ_AFTER_MS));
  }

  /** Start from what the address says, or from where this tab was. */
  async start() {
    const route = readRoute(location);
    chooseTeam(sessionStorage.getItem("timbre-team"));
    const person = route.person ?? sessionStorage.getItem("timbre-person");
    await this.store.become(person).catch(() => {
      chooseTeam(null); // another playground stood here when this tab remembered who and where
      return this.store.become(null);
    });
    if (!this.store.me) return this.#waitForPeople();
    if (route.permalink)
      Object.assign(route, { channel: slugOf(this.store.channel(route.channel) ?? { name: null }, this.store) });
    return this.goTo(route);
  }

  /** Nobody lives here yet: look again until a seed came. */
  #waitForPeople() {
    document.querySelector("#main .empty").textContent =
      "This workspace is empty. Seed it: POST /control/seed (see docs/playground.md), or run “timbre demo”.";
    setTimeout(() => this.start(), 1500);
  }
}
