// A list of messages, newest at the bottom: a channel's top level, or one thread.

import { h, once } from "./dom.js";
import { drawMessage } from "./message.js";
import { day, dayKey, full } from "./time.js";

const GROUPED_S = 300; // messages of one author within this many seconds stand together
const NEAR_PX = 80; // this close to an end counts as being there

export class Conversation {
  #app;
  #channel;
  #thread;
  #rows = new Map(); // ts to { message, flags, node }
  #list = h("div.rows");
  #jump;
  #last = null; // the newest message drawn
  #atEnd = true;
  #open = null; // the thread that stands open beside this list
  #seen; // everything up to this timestamp was read when the conversation was opened
  node;

  /** Show `channel` (its state), or the thread `thread` in it; `empty` is shown while there is no message. */
  constructor(app, channel, { thread = null, empty }) {
    this.#app = app;
    this.#channel = channel.id;
    this.#thread = thread;
    this.#seen = channel.unread ? channel.last_read : null;
    this.empty = empty;
    this.#jump = h("button.jump", { type: "button", hidden: true, onclick: () => this.toEnd() }, "New messages ↓");
    this.scroller = h("div.scroller", { tabindex: "0", role: "log", "aria-label": thread ? "Messages in this thread" : "Messages", onscroll: () => this.#scrolled() }, this.#list);
    this.node = h("div.conversation", {}, this.scroller, this.#jump);
    this.redraw = once(() => this.draw());
    // Pictures and fonts change heights after a draw; who reads the end stays at the end.
    this.observer = new ResizeObserver(() => this.#atEnd && this.toEnd());
    this.observer.observe(this.#list);
    this.observer.observe(this.scroller);
  }

  shows(channel, thread) {
    return this.#channel === channel && (this.#thread === null || this.#thread === thread);
  }

  /** Forget how messages were drawn: names or roles changed. */
  forget() {
    this.#rows.clear();
    this.redraw();
  }

  /** Draw a message again although it did not change: its thread's status did. */
  forgetMessage(ts) {
    this.#rows.delete(ts);
    this.redraw();
  }

  /** Mark the message whose thread stands open beside this list. */
  markOpen(thread) {
    this.#open = thread;
    for (const row of this.#list.querySelectorAll(".message")) row.classList.toggle("is-open", row.dataset.ts === thread);
  }

  close() {
    this.observer.disconnect();
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.#atEnd = true;
    this.#jump.hidden = true;
  }

  /** Scroll to a message and light it up for a moment. */
  reveal(ts) {
    const row = this.#list.querySelector(`[data-ts="${CSS.escape(ts)}"]`);
    if (!row) return false;
    this.#atEnd = false;
    row.scrollIntoView({ block: "center" });
    row.classList.add("revealed");
    row.focus({ preventScroll: true });
    return true;
  }

  draw() {
    const timeline = this.#app.store.timeline(this.#channel, this.#thread);
    if (!timeline || !this.node.isConnected) return;
    if (this.#atEnd && !this.#thread) this.#app.store.trim(this.#channel);
    const before = { height: this.scroller.scrollHeight, first: this.#list.querySelector(".message")?.dataset.ts, last: this.#last };
    place(this.#list, this.#nodes(timeline));
    this.#keepPlace(before, timeline);
  }

  #nodes(timeline) {
    const { messages, hasMore } = timeline;
    const nodes = [hasMore ? this.#older : null, messages.length ? null : this.#emptyNode];
    let previous = null;
    const live = new Set();
    for (const message of messages) {
      nodes.push(...this.#divider(message, previous, messages), this.#row(message, previous));
      live.add(message.ts);
      previous = message;
    }
    for (const ts of this.#rows.keys()) if (!live.has(ts)) this.#rows.delete(ts);
    this.#last = previous?.ts ?? null;
    return nodes.filter(Boolean);
  }

  get #older() {
    return h("p.older", {}, h("button.button.small", { type: "button", onclick: () => this.#app.store.loadOlder(this.#channel) }, "Older messages"));
  }

  get #emptyNode() {
    return h("div.empty", {}, this.empty());
  }

  #divider(message, previous, messages) {
    const dividers = [];
    if (this.#thread && previous === messages[0] && messages.length > 1) {
      const count = messages.length - 1;
      dividers.push(h("div.divider", {}, h("span", {}, `${count} ${count === 1 ? "reply" : "replies"}`)));
    } else if (!this.#thread && (!previous || dayKey(previous.ts) !== dayKey(message.ts))) {
      dividers.push(h("div.divider", { role: "separator", title: full(message.ts) }, h("span", {}, day(message.ts))));
    }
    if (!this.#thread && this.#seen && previous && Number(previous.ts) <= Number(this.#seen) && Number(message.ts) > Number(this.#seen)) {
      dividers.push(h("div.divider.new", { role: "separator" }, h("span", {}, "New")));
    }
    return dividers;
  }

  #row(message, previous) {
    const compact = Boolean(previous) && follows(message, previous) && !(this.#thread && previous.ts === this.#thread);
    const known = this.#rows.get(message.ts);
    if (known && known.message === message && known.compact === compact) return known.node;
    const node = drawMessage(message, this.#app, { compact, inThread: this.#thread !== null });
    node.classList.toggle("is-open", message.ts === this.#open);
    this.#rows.set(message.ts, { message, compact, node });
    return node;
  }

  #keepPlace(before, { messages }) {
    if (this.#atEnd) this.toEnd();
    else if (before.first && messages[0]?.ts !== before.first) this.scroller.scrollTop += this.scroller.scrollHeight - before.height;
    else if (before.last && this.#last !== before.last) this.#jump.hidden = false;
    if (this.#atEnd && !document.hidden) this.#app.markRead(this.#channel);
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.#atEnd = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    if (this.#atEnd && !this.#jump.hidden) {
      this.#jump.hidden = true;
      this.#app.markRead(this.#channel);
    }
    if (scrollTop < NEAR_PX && !this.#thread) this.#app.store.loadOlder(this.#channel);
  }
}

function follows(message, previous) {
  return (
    message.user === previous.user && !message.subtype && !previous.subtype && !previous.is_ephemeral === !message.is_ephemeral &&
    !previous.reply_count && Number(message.ts) - Number(previous.ts) < GROUPED_S && dayKey(message.ts) === dayKey(previous.ts)
  );
}

/** Make `nodes` the children of `list`, moving as few as possible: what stays keeps its focus and scroll position. */
function place(list, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, index) => {
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
  });
}
