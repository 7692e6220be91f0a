// The files that wait in a composer to be sent.

import { fill, h, icon, iconButton } from "./dom.js";
import { LIMIT, sizeText } from "./files.js";
import { toast } from "./toast.js";

const waiting = new Map(); // draft's key to its files: they survive a look at another channel

export class Attachments {
  #key;
  #changed;
  #input = h("input", { type: "file", multiple: true, hidden: true, "aria-label": "Files", onchange: () => this.#chosen() });
  #list = h("ul.attached", { "aria-label": "Files to send", hidden: true });

  /** `key` names the draft; `changed` is called whenever a file came or went. */
  constructor(key, changed) {
    this.#key = key;
    this.#changed = changed;
    this.node = h("div", {}, this.#input, this.#list);
    this.#draw();
  }

  get files() {
    return waiting.get(this.#key) ?? [];
  }

  choose() {
    this.#input.click();
  }

  /** Let `files` wait to be sent; what can't be sent is refused with a reason. Says whether there was any. */
  add(files) {
    const given = [...(files ?? [])];
    const fits = given.filter((file) => file.size > 0 && file.size <= LIMIT);
    for (const file of given.filter((other) => !fits.includes(other)))
      toast(`${file.name} is ${file.size ? "over 20 MB" : "empty"}, so it can’t be sent.`, "error");
    this.put([...this.files, ...fits]);
    return given.length > 0;
  }

  put(files) {
    if (files.length) waiting.set(this.#key, files);
    else waiting.delete(this.#key);
    this.#draw();
    this.#changed();
  }

  #chosen() {
    this.add(this.#input.files);
    this.#input.value = "";
  }

  #draw() {
    this.#list.hidden = !this.files.length;
    fill(
      this.#list,
      this.files.map((file) =>
        h(
          "li.chip",
          {},
          icon("file"),
          h("span", {}, file.name, " ", h("span.faint", {}, sizeText(file.size))),
          iconButton("close", `Leave out ${file.name}`, () => this.put(this.files.filter((other) => other !== file))),
        ),
      ),
    );
  }
}
