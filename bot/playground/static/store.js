// What this page knows of the workspace, as one person sees it, kept up to date by the live feed.

import { follow, look } from "./api.js";
import { roleOf } from "./roles.js";
import { isTopLevel, Timelines } from "./timelines.js";

const PAGE = 50; // messages asked for at once

export class Store extends EventTarget {
  me = null;
  team = null;
  teams = [];
  bot = null;
  people = new Map();
  groups = new Map();
  channels = new Map();
  commands = [];
  shortcuts = [];
  guide = null;
  connections = 0;
  online = false;
  views = [];
  home = null;
  frames = [];
  #statuses = new Map();
  #prompts = new Map();
  #timelines = new Timelines();
  #feed = null;
  #traffic = false;

  /** Look at the workspace as `person` (id or name; null: whoever the playground offers). Forgets what was known. */
  async become(person) {
    this.#feed?.close();
    let state = await look("state", { as: person });
    const somebody = person ? null : newcomer(state);
    if (somebody) state = await look("state", { as: somebody.id });
    this.#timelines.clear();
    this.#take(state);
    this.views = this.me ? (await look("views", { as: this.me.id })).views : [];
    this.#follow(state.cursor);
    this.tell("reset");
  }

  /** Also receive raw frames, or stop receiving them. */
  async watchTraffic(wanted) {
    this.#traffic = wanted;
    if (wanted) this.frames = (await look("traffic", { limit: 200 })).frames;
    const cursor = this.#feed?.cursor();
    this.#feed?.close();
    this.#follow(cursor);
    this.tell("traffic");
  }

  tell(type, detail = {}) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  on(types, react) {
    for (const type of [types].flat()) this.addEventListener(type, (event) => react(event.detail));
  }

  person(id) {
    return this.people.get(id);
  }

  group(id) {
    return this.groups.get(id);
  }

  channel(id) {
    return this.channels.get(id);
  }

  channelNamed(name) {
    return [...this.channels.values()].find((channel) => channel.name === name || channel.id === name);
  }

  personNamed(name) {
    return [...this.people.values()].find((person) => person.name === name || person.id === name);
  }

  /** The direct conversation with a person, if there is one yet. */
  directWith(id) {
    return [...this.channels.values()].find((channel) => channel.kind === "im" && channel.with === id);
  }

  status(channel, thread) {
    return this.#statuses.get(`${channel}:${thread ?? ""}`);
  }

  prompts(channel, thread) {
    return this.#prompts.get(`${channel}:${thread ?? ""}`);
  }

  /** The loaded part of a conversation, null before `load`; see timelines.js. */
  timeline(channel, thread = null) {
    return this.#timelines.get(channel, thread);
  }

  /** Load a conversation's newest messages unless they are here. */
  async load(channel, thread = null) {
    if (this.timeline(channel, thread)) return;
    const me = this.me;
    const page = await look("messages", { channel, as: me.id, thread_ts: thread, limit: thread ? 1000 : PAGE });
    if (this.me !== me) return;
    this.#timelines.set(channel, thread, page.messages, page.has_more);
    this.tell("timeline", { channel, thread });
  }

  /** Load the page of messages before the first one held. */
  async loadOlder(channel, limit = PAGE) {
    const timeline = this.timeline(channel);
    if (!timeline?.hasMore || timeline.loading) return;
    timeline.loading = true;
    try {
      const page = await look("messages", { channel, as: this.me.id, before: timeline.messages[0]?.ts, limit });
      timeline.messages = [...page.messages, ...timeline.messages];
      timeline.hasMore = page.has_more;
    } finally {
      timeline.loading = false;
    }
    this.tell("timeline", { channel, thread: null });
  }

  /** Load older pages until the message with this timestamp is here. */
  async loadBack(channel, ts) {
    const timeline = this.timeline(channel);
    while (timeline?.hasMore && !timeline.loading && Number(timeline.messages[0].ts) > Number(ts)) {
      await this.loadOlder(channel, 1000);
    }
  }

  /** Hold no more of a channel than its reader, who follows its end, needs. */
  trim(channel) {
    this.#timelines.trim(channel);
  }

  /** Does a message mention this person, or a group they are in? */
  names(message, person) {
    const text = message.text ?? "";
    const groups = [...this.groups.values()].filter((group) => group.members.includes(person.id));
    return text.includes(`<@${person.id}>`) || groups.some((group) => text.includes(`<!subteam^${group.id}`));
  }

  #take(state) {
    Object.assign(this, {
      me: state.me,
      team: state.team,
      teams: state.teams ?? [],
      bot: state.bot,
      commands: state.commands,
      shortcuts: state.shortcuts,
      connections: state.connections,
      guide: state.guide ?? null,
      home: null,
    });
    this.people = byId(state.people);
    this.groups = byId(state.user_groups);
    this.channels = byId(state.channels);
    this.#statuses = new Map(state.statuses.map((item) => [placeOf(item), item]));
    this.#prompts = new Map(state.prompts.map((item) => [placeOf(item), item]));
  }

  #follow(after) {
    const reload = () => this.become(this.me?.id).catch(() => setTimeout(reload, 2000));
    this.#feed = follow({
      as: this.me?.id,
      after,
      traffic: this.#traffic,
      onItem: (item) => (item.type === "reset" ? reload() : this.apply(item)),
      onOpen: () => this.#setOnline(true),
      onDrop: () => this.#setOnline(false),
      onLost: () => setTimeout(reload, 2000),
    });
  }

  #setOnline(online) {
    this.online = online;
    this.tell("connections");
  }

  /** Take in one item of the live feed. */
  apply(item) {
    const take = this.#takers[item.type];
    if (!take) return;
    take(item);
    this.tell(item.type, item);
  }

  #takers = {
    message: ({ message }) => {
      this.#timelines.put(message);
      this.#countUnread(message);
    },
    message_changed: ({ message }) => this.#timelines.replace(message),
    message_deleted: ({ channel, ts }) => this.#timelines.drop(channel, ts),
    channel: ({ channel }) => this.channels.set(channel.id, channel),
    channel_gone: ({ channel }) => this.channels.delete(channel),
    person: ({ person }) => {
      this.people.set(person.id, person);
      if (this.me?.id === person.id) this.me = { ...this.me, ...person };
    },
    user_group: ({ user_group: group }) => this.groups.set(group.id, group),
    app: ({ bot, commands, shortcuts }) => Object.assign(this, { bot, commands, shortcuts }),
    view_opened: ({ view }) => this.#putView(view),
    view_updated: ({ view }) => this.#putView(view),
    view_closed: ({ view_id: id }) => (this.views = this.views.filter((view) => view.id !== id)),
    home: ({ view }) => (this.home = view),
    status: (item) => this.#statuses.set(placeOf(item), item),
    prompts: (item) => this.#prompts.set(placeOf(item), item),
    connections: ({ connections }) => (this.connections = connections),
    traffic: ({ frame }) => this.#putFrame(frame),
  };

  /** The feed tells of a channel when it is read, not at each message: count as the playground does. */
  #countUnread(message) {
    const channel = this.channels.get(message.channel);
    if (!channel?.is_member || message.user === this.me?.id || !isTopLevel(message)) return;
    if (Number(message.ts) <= Number(channel.latest ?? 0)) return; // the channel came with it counted already
    const mentions = channel.mentions + Number(channel.kind === "im" || this.names(message, this.me));
    this.channels.set(channel.id, { ...channel, unread: channel.unread + 1, mentions, latest: message.ts });
  }

  #putView(view) {
    const at = this.views.findIndex((other) => other.id === view.id);
    if (at >= 0) this.views[at] = view;
    else this.views.push(view);
  }

  #putFrame(frame) {
    if (frame.seq <= (this.frames.at(-1)?.seq ?? 0)) return; // it came with the first look already
    this.frames.push(frame);
    if (this.frames.length > 1000) this.frames.splice(0, 500);
  }
}

/** Who to be on a first visit: a plain member, in as many channels as anybody, sees the place as most people do. */
function newcomer({ people, user_groups: groups, channels }) {
  const joined = (person) => channels.filter((channel) => channel.members.includes(person.id)).length;
  const plain = (person) => Number(roleOf(person, groups) === "member");
  return (
    people.filter((person) => !person.is_bot).sort((a, b) => plain(b) - plain(a) || joined(b) - joined(a))[0] ?? null
  );
}

const placeOf = ({ channel, thread_ts: thread }) => `${channel}:${thread ?? ""}`;
const byId = (items) => new Map(items.map((item) => [item.id, item]));
