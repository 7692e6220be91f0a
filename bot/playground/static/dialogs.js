// Dialogs: a question with two answers, and a small form for one text.

import { h } from "./dom.js";

/** Ask; resolves to true when confirmed. */
export function ask({ title, text, confirm = "OK", deny = "Cancel", danger = false }) {
  return new Promise((resolve) => {
    const yes = h(
      `button.button.${danger ? "danger" : "primary"}`,
      { type: "button", onclick: () => finish(true) },
      confirm,
    );
    const no = h("button.button", { type: "button", onclick: () => finish(false) }, deny);
    const node = h(
      "dialog.dialog.question",
      { "aria-label": title, onclose: () => finish(false) },
      h("h2", {}, title),
      h("div.dialog-body", {}, text),
      h("div.dialog-foot", {}, no, yes),
    );
    let done = false;
    const finish = (answer) => {
      if (done) return;
      done = true;
      node.close();
      node.remove();
      resolve(answer);
    };
    document.body.append(node);
    node.showModal();
    yes.focus();
  });
}

/** Let a person change a text; resolves to the text, or null when cancelled. */
export function askText({ title, text, confirm = "Save" }) {
  return new Promise((resolve) => {
    let done = false;
    const finish = (answer) => {
      if (done) return;
      done = true;
      node.close();
      node.remove();
      resolve(answer);
    };
    const onkeydown = (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        finish(field.value.trim());
      }
    };
    const field = h("textarea", { rows: 4, "aria-label": title, onkeydown });
    field.value = text;
    const node = h(
      "dialog.dialog",
      { "aria-label": title, onclose: () => finish(null) },
      h("h2", {}, title),
      h("div.dialog-body", {}, field),
      h(
        "div.dialog-foot",
        {},
        h("button.button", { type: "button", onclick: () => finish(null) }, "Cancel"),
        h("button.button.primary", { type: "button", onclick: () => finish(field.value.trim()) }, confirm),
      ),
    );
    document.body.append(node);
    node.showModal();
    field.focus();
  });
}
