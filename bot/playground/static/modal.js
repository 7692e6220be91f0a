// Modals that the bot opens. The last one opened is on top; closing it shows the one below.

import { drawBlocks, plainText } from "./blocks.js";
import { fill, h, iconButton } from "./dom.js";

export function mountModals(app) {
  const dialog = h("dialog.dialog.modal", { oncancel: (event) => cancel(event) });
  document.body.append(dialog);
  let shown = null;
  const typed = new Map(); // what was typed so far in each open view, by its id
  const cancel = (event) => {
    event.preventDefault();
    if (shown) app.act("close", { view_id: shown.id });
  };
  const draw = () => {
    const view = app.store.views.at(-1) ?? null;
    if (view === shown) return;
    if (shown) typed.set(shown.id, valuesIn(dialog));
    shown = view;
    if (!view) {
      typed.clear();
      dialog.close();
      return;
    }
    dialog.setAttribute("aria-label", plainText(view.title));
    show(view);
  };
  const show = (view) => {
    fill(dialog, form(app, view, refuse));
    restore(dialog, typed.get(view.id));
    if (!dialog.open) dialog.showModal();
    dialog
      .querySelector("[aria-invalid], [autofocus], .dialog-body input, .dialog-body textarea, .dialog-body select")
      ?.focus();
  };
  const refuse = (view, errors) => {
    typed.set(view.id, valuesIn(dialog));
    show({ ...view, errors });
  };
  app.store.on(["reset", "view_opened", "view_updated", "view_closed"], draw);
}

function form(app, view, refuse) {
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
    const values = {};
    for (const [block, action, read] of reads) (values[block] ??= {})[action] = read();
    const errors = missing(view, values);
    if (Object.keys(errors).length) refuse(view, errors);
    else submit(app, view, values, event.currentTarget);
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

// As in Slack, the bot never gets to see a form in which a required input is empty.
function missing(view, values) {
  const required = view.blocks.filter((block) => block.type === "input" && !block.optional);
  // A number (a date and time) is text as well; a list of nothing is empty text.
  const empty = required.filter(({ block_id, element }) => !String(values[block_id]?.[element.action_id] ?? ""));
  return Object.fromEntries(empty.map((block) => [block.block_id, "This is a required field."]));
}

async function submit(app, view, values, node) {
  const button = node.querySelector("[type=submit]");
  button?.classList.add("is-busy");
  await app.act("submit", { view_id: view.id, values, wait: true });
  button?.classList.remove("is-busy");
}

// What was typed survives an update of its view (its errors are shown, say) and a view pushed on top of it. An input is
// known by its block and action, as in Slack: one that got another id starts anew.
const fieldsIn = (control) =>
  control.matches("input, textarea, select") ? [control] : [...control.querySelectorAll("input, textarea, select")];

const valuesIn = (dialog) =>
  new Map(
    [...dialog.querySelectorAll("[data-field]")].map((control) => [
      control.dataset.field,
      fieldsIn(control).map(({ value, checked }) => ({ value, checked })),
    ]),
  );

function restore(dialog, typed) {
  for (const control of dialog.querySelectorAll("[data-field]")) {
    const before = typed?.get(control.dataset.field);
    const fields = fieldsIn(control);
    if (before?.length === fields.length) fields.forEach((field, index) => restoreField(field, before[index]));
  }
}

function restoreField(field, { value, checked }) {
  if (["checkbox", "radio"].includes(field.type)) field.checked = checked && field.value === value;
  else field.value = value;
}
