// The messages of a conversation as nodes, with what stands between them: days, the number of replies, what is new.

import { h } from "./dom.js";
import { drawMessage } from "./message.js";
import { day, dayKey, full } from "./time.js";

const GROUPED_S = 300; // messages of one author within this many seconds stand together

export class Rows {
  #app;
  #thread;
  #seen;
  #open = null; // the thread that stands open beside the list
  #held = new Map(); // ts to { message, compact, node }

  /** `thread` is the one that is shown, or null; everything up to the timestamp `seen` was read before. */
  constructor(app, { thread, seen }) {
    this.#app = app;
    this.#thread = thread;
    this.#seen = seen;
  }

  /** { message, node } of a message that is drawn. */
  get(ts) {
    return this.#held.get(ts);
  }

  /** Forget how a message was drawn, or all of them: names, roles or a status changed. */
  forget(ts = null) {
    if (ts === null) this.#held.clear();
    else this.#held.delete(ts);
  }

  /** Mark the message whose thread stands open. */
  markOpen(thread) {
    this.#open = thread;
    for (const [ts, { node }] of this.#held) node.classList.toggle("is-open", ts === thread);
  }

  /** The nodes of `messages` from `start` to `end`; what did not change keeps its node, the rest is forgotten. */
  draw(messages, start, end) {
    const nodes = [];
    let previous = messages[start - 1] ?? null;
    const live = new Set();
    for (const message of messages.slice(start, end)) {
      nodes.push(...this.#divider(message, previous, messages), this.#row(message, previous));
      live.add(message.ts);
      previous = message;
    }
    for (const ts of this.#held.keys()) if (!live.has(ts)) this.#held.delete(ts);
    return nodes;
  }

  #divider(message, previous, messages) {
    const dividers = [];
    if (this.#thread && previous === messages[0] && messages.length > 1) {
      const count = messages.length - 1;
      dividers.push(h("div.divider", {}, h("span", {}, `${count} ${count === 1 ? "reply" : "replies"}`)));
    } else if (!this.#thread && (!previous || dayKey(previous.ts) !== dayKey(message.ts))) {
      dividers.push(h("div.divider", { role: "separator", title: full(message.ts) }, h("span", {}, day(message.ts))));
    }
    if (
      !this.#thread &&
      this.#seen &&
      previous &&
      Number(previous.ts) <= Number(this.#seen) &&
      Number(message.ts) > Number(this.#seen)
    ) {
      dividers.push(h("div.divider.new", { role: "separator" }, h("span", {}, "New")));
    }
    return dividers;
  }

  #row(message, previous) {
    const compact = Boolean(previous) && follows(message, previous) && !(this.#thread && previous.ts === this.#thread);
    const known = this.#held.get(message.ts);
    if (known && known.message === message && known.compact === compact) return known.node;
    const node = drawMessage(message, this.#app, { compact, inThread: this.#thread !== null });
    node.classList.toggle("is-open", message.ts === this.#open);
    this.#held.set(message.ts, { message, compact, node });
    return node;
  }
}

function follows(message, previous) {
  return (
    message.user === previous.user &&
    !message.subtype &&
    !previous.subtype &&
    !previous.is_ephemeral === !message.is_ephemeral &&
    !previous.reply_count &&
    message.blocks?.[0]?.type !== "header" && // a report of its own, not the last message going on
    Number(message.ts) - Number(previous.ts) < GROUPED_S &&
    dayKey(message.ts) === dayKey(previous.ts)
  );
}
