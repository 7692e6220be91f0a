// Modals that the bot opens. The last one opened is on top; closing it shows the one below.

import { drawBlocks, plainText } from "./blocks.js";
import { fill, h, iconButton } from "./dom.js";

export function mountModals(app) {
  const dialog = h("dialog.dialog.modal", { oncancel: (event) => cancel(event) });
  document.body.append(dialog);
  let shown = null;
  const cancel = (event) => {
    event.preventDefault();
    if (shown) app.act("close", { view_id: shown.id });
  };
  const draw = () => {
    const view = app.store.views.at(-1) ?? null;
    if (view === shown) return;
    const typed = view && shown && view.id === shown.id ? valuesIn(dialog) : [];
    shown = view;
    if (!view) {
      dialog.close();
      return;
    }
    dialog.setAttribute("aria-label", plainText(view.title));
    fill(dialog, form(app, view));
    restore(dialog, typed);
    if (!dialog.open) dialog.showModal();
    dialog
      .querySelector("[aria-invalid], [autofocus], .dialog-body input, .dialog-body textarea, .dialog-body select")
      ?.focus();
  };
  app.store.on(["reset", "view_opened", "view_updated", "view_closed"], draw);
}

function form(app, view) {
  const reads = [];
  const ctx = {
    names: app.names,
    errors: view.errors ?? {},
    memory: app.memory(view.id),
    register: (block, action, read) => reads.push([block, action, read]),
    press: (element, block, value) =>
      app.press(element, { view_id: view.id, action_id: element.action_id, block_id: block.block_id, value }),
  };
  const onsubmit = (event) => {
    event.preventDefault();
    submit(app, view, reads, event.currentTarget);
  };
  return h(
    "form",
    { novalidate: true, onsubmit },
    h(
      "div.dialog-head",
      {},
      h("h2", {}, plainText(view.title)),
      iconButton("close", "Close", () => app.act("close", { view_id: view.id })),
    ),
    h("div.dialog-body", {}, drawBlocks(view.blocks, ctx)),
    h(
      "div.dialog-foot",
      {},
      h(
        "button.button",
        { type: "button", onclick: () => app.act("close", { view_id: view.id }) },
        plainText(view.close) || "Cancel",
      ),
      view.submit ? h("button.button.primary", { type: "submit" }, plainText(view.submit)) : null,
    ),
  );
}

async function submit(app, view, reads, node) {
  const values = {};
  for (const [block, action, read] of reads) (values[block] ??= {})[action] = read();
  const button = node.querySelector("[type=submit]");
  button?.classList.add("is-busy");
  await app.act("submit", { view_id: view.id, values, wait: true });
  button?.classList.remove("is-busy");
}

/** What was typed so far survives an update of the same view (its errors are shown, say). */
const fieldsIn = (dialog) => [
  ...dialog.querySelectorAll(".dialog-body input, .dialog-body textarea, .dialog-body select"),
];
const valuesIn = (dialog) =>
  fieldsIn(dialog).map((field) => ({ value: field.value, checked: field.checked, type: field.type }));

function restore(dialog, typed) {
  const fields = fieldsIn(dialog);
  if (fields.length !== typed.length) return;
  fields.forEach((field, index) => {
    if (field.type !== typed[index].type) return;
    if (["checkbox", "radio"].includes(field.type)) field.checked = typed[index].checked;
    else field.value = typed[index].value;
  });
}
