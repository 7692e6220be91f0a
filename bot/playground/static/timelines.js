// The loaded parts of conversations: a channel's top level, or one thread.

const KEPT = 2000; // messages held of a channel that is followed at its end

export class Timelines {
  #held = new Map();

  clear() {
    this.#held.clear();
  }

  /** { messages (oldest first), hasMore (older ones), loading }, or null when nothing of it was loaded. */
  get(channel, thread = null) {
    return this.#held.get(keyOf(channel, thread)) ?? null;
  }

  /** Hold what was loaded of a conversation. */
  set(channel, thread, messages, hasMore) {
    this.#held.set(keyOf(channel, thread), { messages, hasMore, loading: false });
  }

  /** Add a new message to each loaded conversation that shows it. */
  put(message) {
    const thread = this.get(message.channel, message.thread_ts ?? message.ts);
    if (thread) insert(thread.messages, message);
    const channel = isTopLevel(message) ? this.get(message.channel) : null;
    if (channel) insert(channel.messages, message);
  }

  /** Replace a message that changed. */
  replace(message) {
    this.#each(message.channel, (messages) => {
      const at = messages.findIndex((other) => other.ts === message.ts);
      if (at >= 0) messages[at] = message;
    });
  }

  /** Remove a message that was deleted. */
  drop(channel, ts) {
    this.#each(channel, (messages) => {
      const at = messages.findIndex((message) => message.ts === ts);
      if (at >= 0) messages.splice(at, 1);
    });
  }

  /** Forget all but a channel's newest messages; its reader follows its end. */
  trim(channel) {
    const timeline = this.get(channel);
    if (!timeline || timeline.messages.length <= KEPT) return;
    timeline.messages = timeline.messages.slice(-KEPT / 2);
    timeline.hasMore = true;
  }

  #each(channel, change) {
    for (const [key, timeline] of this.#held) if (key.startsWith(`${channel}:`)) change(timeline.messages);
  }
}

/** Does a message stand in its channel, not only in a thread? */
export const isTopLevel = (message) =>
  !message.thread_ts || message.thread_ts === message.ts || message.subtype === "thread_broadcast";

const keyOf = (channel, thread) => `${channel}:${thread ?? ""}`;

/** Insert by timestamp: a message that came late still stands in its place, and one that came twice stands once. */
function insert(messages, message) {
  let at = messages.length;
  while (at > 0 && Number(messages[at - 1].ts) > Number(message.ts)) at -= 1;
  if (at > 0 && messages[at - 1].ts === message.ts) messages[at - 1] = message;
  else messages.splice(at, 0, message);
}
