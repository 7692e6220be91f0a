// A list of messages, newest at the bottom: a channel's top level, or one thread.

import { h, once, place } from "./dom.js";
import { messageKeyPressed } from "./keys.js";
import { Rows } from "./rows.js";

const NEAR_PX = 80; // this close to an end counts as being there
const WINDOW = 120; // messages drawn at once, however many are known
const MARGIN = 20; // messages drawn at least above the one that is being read
const STEP = 50; // how far the window moves

export class Conversation {
  #app;
  #channel;
  #thread;
  #rows;
  #list = h("div.rows");
  #jump;
  #last = null; // the newest message known
  #until = null; // the last message drawn (its timestamp); null follows the conversation's end
  #atEnd = true;
  #atTop = 0; // where the scroller stood when it was last put at its end
  #current = null; // the message that Tab reaches; arrow keys lead to the others
  node;

  /**
   * Show `channel` (its state), or the thread `thread` in it. `empty` is shown while there is no message, `leave` takes
   * the keyboard's focus from the list.
   */
  constructor(app, channel, { thread = null, empty, leave }) {
    this.#app = app;
    this.#channel = channel.id;
    this.#thread = thread;
    this.#rows = new Rows(app, { thread, seen: channel.unread ? channel.last_read : null });
    this.empty = empty;
    this.#jump = h("button.jump", { type: "button", hidden: true, onclick: () => this.toEnd() }, "New messages ↓");
    this.scroller = h(
      "div.scroller",
      {
        role: "log",
        "aria-label": thread ? "Messages in this thread" : "Messages",
        onscroll: () => this.#scrolled(),
        onkeydown: (event) => messageKeyPressed(event, this.#list, { edit: (ts) => this.#edit(ts), leave }),
        onfocusin: (event) => this.#reached(event.target.closest(".message")),
      },
      this.#list,
    );
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
    this.#rows.forget();
    this.redraw();
  }

  /** Draw a message again although it did not change: its thread's status did. */
  forgetMessage(ts) {
    this.#rows.forget(ts);
    this.redraw();
  }

  /** Mark the message whose thread stands open beside this list. */
  markOpen(thread) {
    this.#rows.markOpen(thread);
  }

  close() {
    this.observer.disconnect();
  }

  toEnd() {
    this.#atEnd = true;
    if (this.#until !== null) {
      this.#until = null;
      this.draw();
    }
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.#atTop = this.scroller.scrollTop;
    this.#jump.hidden = true;
  }

  /** Scroll to a message and light it up for a moment; older messages are loaded until it is there. */
  async reveal(ts) {
    if (!this.#thread) await this.#app.store.loadBack(this.#channel, ts);
    const messages = this.#app.store.timeline(this.#channel, this.#thread)?.messages ?? [];
    const at = messages.findIndex((message) => message.ts === ts);
    if (at < 0) return;
    this.#showUntil(at + WINDOW / 2, messages);
    this.#atEnd = false;
    this.draw();
    const row = this.#rows.get(ts).node;
    row.scrollIntoView({ block: row.offsetHeight > this.scroller.clientHeight / 2 ? "start" : "center" });
    row.classList.remove("revealed");
    void row.offsetWidth; // lay it out between, or a second reveal would not light it up again
    row.classList.add("revealed");
    row.focus({ preventScroll: true });
  }

  draw() {
    const timeline = this.#app.store.timeline(this.#channel, this.#thread);
    if (!timeline || !this.node.isConnected) return;
    if (this.#atEnd && !this.#thread) this.#app.store.trim(this.#channel);
    const { messages } = timeline;
    const anchor = this.#atEnd ? null : this.#anchor();
    this.#hold(anchor, messages);
    const end = this.#endIn(messages);
    const start = Math.max(0, end - WINDOW);
    const focus = this.#focus();
    place(this.#list, this.#nodes(timeline, start, end));
    this.#refocus(focus);
    this.#keepPlace(anchor, messages);
    this.#reached(this.#rows.get(this.#current)?.node ?? this.#rows.get(messages[end - 1]?.ts)?.node);
  }

  /** Make `row` the one that Tab reaches. */
  #reached(row) {
    if (!row) return;
    for (const other of this.#list.querySelectorAll(".message[tabindex='0']")) other.tabIndex = -1;
    row.tabIndex = 0;
    if (row.contains(document.activeElement)) this.#current = row.dataset.ts;
  }

  #edit(ts) {
    const message = this.#rows.get(ts)?.message;
    if (message?.user === this.#app.store.me.id && !message.is_ephemeral && !message.subtype) this.#app.edit(message);
  }

  #endIn(messages) {
    const at = this.#until === null ? -1 : messages.findLastIndex((message) => message.ts === this.#until);
    return at < 0 ? messages.length : at + 1;
  }

  /** Let the window end before the message at `end`, or follow the conversation when that is its end. */
  #showUntil(end, messages) {
    this.#until = end >= messages.length ? null : messages[Math.max(end, Math.min(WINDOW, messages.length)) - 1].ts;
  }

  /** The window follows what comes, but never so far that it leaves the message that is being read. */
  #hold(anchor, messages) {
    if (!anchor || this.#until !== null) return;
    const at = messages.findLastIndex((message) => message.ts === anchor.ts);
    if (at >= 0 && at < messages.length - WINDOW + MARGIN) this.#showUntil(at + WINDOW - MARGIN, messages);
  }

  async #moveUp() {
    const timeline = this.#app.store.timeline(this.#channel, this.#thread);
    if (!timeline || this.moving) return;
    this.moving = true;
    try {
      if (!this.#thread && this.#endIn(timeline.messages) - WINDOW < STEP)
        await this.#app.store.loadOlder(this.#channel);
    } finally {
      this.moving = false;
    }
    const end = this.#endIn(timeline.messages);
    if (end > WINDOW) this.#showUntil(end - STEP, timeline.messages);
    this.draw();
  }

  #moveDown() {
    const messages = this.#app.store.timeline(this.#channel, this.#thread)?.messages ?? [];
    this.#showUntil(this.#endIn(messages) + STEP, messages);
    this.draw();
  }

  /** Which button of which message has the keyboard's focus: drawing the message again must not lose it. */
  #focus() {
    const active = document.activeElement;
    const row = active?.closest(".message");
    return row && this.#list.contains(row) ? { active, ts: row.dataset.ts } : null;
  }

  #refocus(focus) {
    const row = this.#rows.get(focus?.ts)?.node;
    if (!row || focus.active.isConnected) return;
    const label = focus.active.getAttribute("aria-label");
    const same = label && row.querySelector(`[aria-label="${CSS.escape(label)}"]`);
    row.focus({ preventScroll: true }); // a message shows its buttons, and lets them have the focus, while it has it
    same?.focus({ preventScroll: true });
  }

  /** The topmost message in sight and where it stands. */
  #anchor() {
    const top = this.scroller.getBoundingClientRect().top;
    const row = [...this.#list.querySelectorAll(".message")].find((node) => node.getBoundingClientRect().bottom > top);
    return row ? { ts: row.dataset.ts, offset: row.getBoundingClientRect().top } : null;
  }

  #nodes({ messages, hasMore }, start, end) {
    const older = hasMore || start > 0 ? this.#older : null;
    const nodes = [older, messages.length ? null : this.#emptyNode, ...this.#rows.draw(messages, start, end)];
    return nodes.filter(Boolean);
  }

  get #older() {
    return h(
      "p.older",
      {},
      h("button.button.small", { type: "button", onclick: () => this.#moveUp() }, "Older messages"),
    );
  }

  get #emptyNode() {
    return h("div.empty", {}, this.empty());
  }

  #keepPlace(anchor, messages) {
    const newest = messages.at(-1)?.ts ?? null;
    const stays = this.#rows.get(anchor?.ts)?.node;
    if (this.#atEnd) this.#followEnd(newest);
    else if (stays) this.scroller.scrollTop += stays.getBoundingClientRect().top - anchor.offset;
    if (!this.#atEnd && this.#last && newest !== this.#last) this.#jump.hidden = false;
    this.#last = newest;
    if (this.#atEnd && !document.hidden) this.#app.markRead(this.#channel);
  }

  /** Go to the end, or to the beginning of a message that just came and is too tall to be seen whole. */
  #followEnd(newest) {
    this.toEnd();
    const row = this.#rows.get(newest)?.node;
    if (!this.#last || newest === this.#last || !row || row.offsetHeight <= this.scroller.clientHeight) return;
    this.#atEnd = false;
    row.scrollIntoView({ block: "start" });
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const atBottom = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    // Nobody scrolled up: the text became longer below, as it does when a thread opens beside it. The end stays in sight.
    if (this.#atEnd && !atBottom && scrollTop >= this.#atTop) return this.toEnd();
    this.#atEnd = atBottom && this.#until === null;
    if (this.#atEnd && !this.#jump.hidden) {
      this.#jump.hidden = true;
      this.#app.markRead(this.#channel);
    }
    if (atBottom && this.#until !== null) this.#moveDown();
    else if (scrollTop < NEAR_PX && scrollHeight > clientHeight) this.#moveUp();
  }
}
