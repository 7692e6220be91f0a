// Where a person writes: Enter sends, Shift+Enter breaks the line, @ # : and / offer what could follow.

import { Attachments } from "./attachments.js";
import { avatar } from "./avatar.js";
import { complete } from "./completion.js";
import { fill, h, iconButton } from "./dom.js";
import { openMenu } from "./menu.js";

const drafts = new Map();
let composers = 0; // numbers the lists, for aria-controls

export class Composer {
  #app;
  #key;
  #members;
  #items = [];
  #start = 0;
  #at = 0;

  /**
   * `send(text, files)` returns a promise of true when they were taken. `key` names the draft; `members` are offered
   * first; `shortcuts()` gives the app's own entries for the menu behind the plus.
   */
  constructor(app, { key, placeholder, send, members = [], extra = null, shortcuts = () => [] }) {
    composers += 1;
    this.#app = app;
    this.#key = key;
    this.#members = members;
    this.send = send;
    this.list = h("div.completions", {
      id: `completions-${composers}`,
      role: "listbox",
      "aria-label": "Suggestions",
      hidden: true,
    });
    this.input = h("textarea", {
      rows: 1,
      placeholder,
      "aria-label": placeholder,
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-controls": this.list.id,
      "aria-expanded": "false",
      onkeydown: (event) => this.#keyPressed(event),
      oninput: () => this.#changed(),
      onclick: () => this.#suggest(),
      onblur: () => this.#hide(),
      onpaste: (event) => this.attached.add(event.clipboardData?.files) && event.preventDefault(),
    });
    this.attached = new Attachments(key, () => this.#fit());
    this.input.value = drafts.get(key) ?? "";
    this.button = iconButton("send", "Send", () => this.#send(), "send");
    const plus = iconButton("plus", "Attach a file, or a shortcut", (event) => this.#offer(event.currentTarget, shortcuts()));
    const at = iconButton("at", "Mention somebody", () => this.#insert("@"));
    const bar = h("div.composer-bar", {}, plus, at, extra, this.button);
    this.node = h(
      "div.composer",
      { ondragover: (event) => event.preventDefault(), ondrop: (event) => this.#dropped(event) },
      this.list,
      h("div.composer-box", {}, this.input, this.attached.node, bar),
    );
    this.#fit();
  }

  focus() {
    this.input.focus();
  }

  /** Replace the draft, put the caret at its end. */
  write(text) {
    this.input.value = text;
    this.#changed({ suggest: false });
    this.input.focus();
    this.input.setSelectionRange(text.length, text.length);
  }

  #offer(anchor, shortcuts) {
    if (!shortcuts.length) return this.attached.choose();
    const attach = { label: "Attach a file", run: () => this.attached.choose() };
    return openMenu(anchor, [attach, null, ...shortcuts], { label: "Add" });
  }

  #dropped(event) {
    event.preventDefault();
    this.attached.add(event.dataTransfer?.files);
    this.input.focus();
  }

  #insert(text) {
    const { selectionStart: start, selectionEnd: end, value } = this.input;
    const space = start > 0 && !/\s$/.test(value.slice(0, start)) ? " " : "";
    this.input.setRangeText(space + text, start, end, "end");
    this.input.focus();
    this.#changed();
  }

  #changed({ suggest = true } = {}) {
    if (this.input.value) drafts.set(this.#key, this.input.value);
    else drafts.delete(this.#key);
    this.#fit();
    if (suggest) this.#suggest();
    else this.#hide();
  }

  #fit() {
    this.button.disabled = !this.input.value.trim() && !this.attached.files.length;
    this.input.style.setProperty("height", "auto");
    if (this.input.scrollHeight) this.input.style.setProperty("height", `${Math.min(this.input.scrollHeight, 220)}px`);
  }

  async #send() {
    const text = this.input.value.trim();
    const { files } = this.attached;
    if ((!text && !files.length) || this.sending) return;
    this.sending = true;
    this.write("");
    this.attached.put([]);
    const taken = await this.send(text, files);
    this.sending = false;
    if (taken) return;
    if (!this.input.value) this.write(text);
    this.attached.put([...files, ...this.attached.files]);
  }

  #suggest() {
    const before = this.input.value.slice(0, this.input.selectionStart);
    const { start, items } = complete(before, this.#app.store, this.#members);
    this.#items = items;
    this.#start = start;
    this.#at = 0;
    this.#show();
  }

  #show() {
    const open = this.#items.length > 0;
    this.list.hidden = !open;
    this.input.setAttribute("aria-expanded", String(open));
    fill(
      this.list,
      this.#items.map((item, index) => this.#option(item, index)),
    );
    if (open) this.input.setAttribute("aria-activedescendant", `${this.list.id}-${this.#at}`);
    else this.input.removeAttribute("aria-activedescendant");
    this.list.children[this.#at]?.scrollIntoView({ block: "nearest" });
  }

  #option(item, index) {
    // mousedown, not click: the text field must keep its focus.
    const onmousedown = (event) => {
      event.preventDefault();
      this.#take(index);
    };
    return h(
      "div.completion",
      { id: `${this.list.id}-${index}`, role: "option", "aria-selected": String(index === this.#at), onmousedown },
      item.person ? avatar(item.person, "tiny") : null,
      h("strong", {}, item.label),
      h("span.faint", {}, item.hint),
    );
  }

  #hide() {
    this.#items = [];
    this.#show();
  }

  #take(index) {
    this.input.setRangeText(this.#items[index].insert, this.#start, this.input.selectionStart, "end");
    this.#changed();
  }

  #keyPressed(event) {
    if (event.isComposing) return;
    const offered = this.#items.length;
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (offered && moves[event.key]) {
      this.#at = (this.#at + moves[event.key] + offered) % offered;
      this.#show();
    } else if (offered && (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey))) {
      this.#take(this.#at);
    } else if (offered && event.key === "Escape") {
      event.stopPropagation();
      this.#hide();
    } else if (event.key === "Enter" && !event.shiftKey) {
      this.#send();
    } else if (event.key === "ArrowUp" && !this.input.value) {
      this.#app.editLast(this.#key);
    } else {
      return;
    }
    event.preventDefault();
  }
}
