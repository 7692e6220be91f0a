// Block Kit's interactive elements: buttons, menus, inputs.

import { h, icon } from "./dom.js";
import { plainText, text } from "./blocks.js";
import { pictureOf } from "./files.js";
import { openMenu } from "./menu.js";

/** Draw one element of `block`; see blocks.js for `ctx`. */
export function drawElement(element, block, ctx) {
  const draw = ELEMENTS[element?.type];
  return draw ? draw(element, block, ctx) : h("span.faint", {}, `(${element?.type ?? "nothing"})`);
}

const ELEMENTS = {
  button,
  feedback_buttons: feedback,
  icon_button: (element, block, ctx) =>
    h(
      "button.chip",
      { type: "button", onclick: (event) => press(event, element, block, ctx) },
      icon("close"),
      plainText(element.text),
    ),
  image: (element) => pictureOf(element),
  overflow: (element, block, ctx) =>
    h(
      "button.icon-button",
      {
        type: "button",
        "aria-label": "More",
        onclick: (event) =>
          openMenu(
            event.currentTarget,
            element.options.map((option) => ({
              label: plainText(option.text),
              run: () => ctx.press(element, block, option.value),
            })),
          ),
      },
      icon("dots"),
    ),
  static_select: (element, block, ctx) => select(element, block, ctx, optionsOf(element)),
  external_select: (element, block, ctx) => select(element, block, ctx, optionsOf(element)),
  users_select: (element, block, ctx) => select(element, block, ctx, ctx.names.peopleOptions(), element.initial_user),
  conversations_select: (element, block, ctx) =>
    select(element, block, ctx, ctx.names.channelOptions(), element.initial_conversation),
  channels_select: (element, block, ctx) =>
    select(element, block, ctx, ctx.names.channelOptions(), element.initial_channel),
  multi_static_select: (element, block, ctx) => choices(element, block, ctx, optionsOf(element), chosenValues(element)),
  multi_users_select: (element, block, ctx) =>
    choices(element, block, ctx, ctx.names.peopleOptions(), element.initial_users ?? []),
  multi_conversations_select: (element, block, ctx) =>
    choices(element, block, ctx, ctx.names.channelOptions(), element.initial_conversations ?? []),
  multi_channels_select: (element, block, ctx) =>
    choices(element, block, ctx, ctx.names.channelOptions(), element.initial_channels ?? []),
  checkboxes: (element, block, ctx) => choices(element, block, ctx, optionsOf(element), chosenValues(element)),
  radio_buttons: radios,
  plain_text_input: typed,
  email_text_input: (element, block, ctx) => typed(element, block, ctx, "email"),
  url_text_input: (element, block, ctx) => typed(element, block, ctx, "url"),
  number_input: (element, block, ctx) => typed(element, block, ctx, "number"),
  datepicker: (element, block, ctx) => typed({ ...element, initial_value: element.initial_date }, block, ctx, "date"),
  datetimepicker: instant,
  rich_text_input: (element, block, ctx) => typed({ ...element, initial_value: "", multiline: true }, block, ctx),
  timepicker: (element, block, ctx) => typed({ ...element, initial_value: element.initial_time }, block, ctx, "time"),
};

function button(element, block, ctx) {
  const style = ["primary", "danger"].includes(element.style) ? element.style : "";
  const onclick = (event) => {
    if (/^https?:/i.test(element.url ?? "")) window.open(element.url, "_blank", "noopener,noreferrer");
    return press(event, element, block, ctx);
  };
  return h(
    `button.button${style ? `.${style}` : ""}`,
    { type: "button", "aria-label": element.accessibility_label, onclick },
    plainText(element.text),
  );
}

/** Tell the bot; until it acknowledged, the button shows that it was pressed. */
async function press(event, element, block, ctx, value) {
  const pressed = event.currentTarget;
  pressed.disabled = true;
  pressed.classList.add("is-busy");
  try {
    await ctx.press(element, block, value);
  } finally {
    pressed.disabled = false;
    pressed.classList.remove("is-busy");
  }
}

/** Two thumbs. Slack tells nobody which was pressed last, so the page remembers it for the one who pressed. */
function feedback(element, block, ctx) {
  const key = element.action_id;
  const sides = [
    ["positive_button", "👍"],
    ["negative_button", "👎"],
  ].filter(([side]) => element[side]);
  const buttons = sides.map(([side, thumb]) => {
    const { text: label, value, accessibility_label: spoken } = element[side];
    const onclick = async (event) => {
      ctx.memory.set(key, value);
      buttons.forEach((other) => other.setAttribute("aria-pressed", String(other === event.currentTarget)));
      await press(event, element, block, ctx, value);
    };
    const pressed = String(ctx.memory.get(key) === value);
    return h(
      "button.chip",
      {
        type: "button",
        "aria-label": spoken ?? plainText(label),
        title: plainText(label),
        "aria-pressed": pressed,
        onclick,
      },
      thumb,
      h("span.chip-label", {}, plainText(label)),
    );
  });
  return h("span.feedback", { role: "group", "aria-label": "Was this helpful?" }, buttons);
}

const optionsOf = (element) =>
  [...(element.options ?? []), ...(element.option_groups ?? []).flatMap((group) => group.options)].map((option) => ({
    label: plainText(option.text),
    value: option.value,
    text: option.text,
    description: option.description,
  }));
const chosenValues = (element) => (element.initial_options ?? []).map((option) => option.value);

function select(element, block, ctx, options, initial = element.initial_option?.value) {
  const none = h("option", { value: "" }, plainText(element.placeholder) || "Choose…");
  const node = h(
    "select",
    {},
    none,
    options.map(({ label, value }) => h("option", { value }, label)),
  );
  node.value = initial ?? "";
  if (!node.value) none.selected = true;
  return control(node, () => node.value, element, block, ctx);
}

function choices(element, block, ctx, options, initial) {
  const boxes = options.map((option) =>
    h("input", { type: "checkbox", value: option.value, checked: initial.includes(option.value) }),
  );
  const node = h(
    "div.choices",
    { role: "group" },
    options.map((option, index) => choice(boxes[index], option, ctx)),
  );
  return control(node, () => boxes.filter((box) => box.checked).map((box) => box.value), element, block, ctx);
}

let groups = 0; // radio buttons exclude each other by name, so each group needs its own

function radios(element, block, ctx) {
  groups += 1;
  const name = `radio-${groups}`;
  const options = optionsOf(element);
  const initial = element.initial_option?.value;
  const dots = options.map((option) =>
    h("input", { type: "radio", name, value: option.value, checked: initial === option.value }),
  );
  const node = h(
    "div.choices",
    { role: "radiogroup" },
    options.map((option, index) => choice(dots[index], option, ctx)),
  );
  return control(node, () => dots.find((dot) => dot.checked)?.value ?? "", element, block, ctx);
}

function choice(box, option, ctx) {
  const label = option.text ? text(option.text, ctx.names) : option.label;
  return h(
    "label.choice",
    {},
    box,
    h("span", {}, label, option.description ? h("span.hint", {}, text(option.description, ctx.names)) : null),
  );
}

function typed(element, block, ctx, type = "text") {
  const props = {
    placeholder: plainText(element.placeholder) || null,
    maxlength: element.max_length,
    minlength: element.min_length,
    min: element.min_value,
    max: element.max_value,
  };
  const node = element.multiline
    ? h("textarea", { ...props, rows: 5 })
    : h("input", { ...props, type, autocomplete: "off", step: element.is_decimal_allowed ? "any" : null });
  node.value = element.initial_value ?? "";
  if (element.focus_on_load) node.autofocus = true;
  return control(node, () => node.value, element, block, ctx);
}

/** A moment, in seconds since 1970; the browser's field speaks local time. */
function instant(element, block, ctx) {
  const node = h("input", { type: "datetime-local" });
  if (element.initial_date_time) node.value = localMinute(new Date(element.initial_date_time * 1000));
  return control(
    node,
    () => (node.value ? Math.round(new Date(node.value).getTime() / 1000) : ""),
    element,
    block,
    ctx,
  );
}

const localMinute = (date) => new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

/** An input is read when its form is submitted; outside an `input` block each change is told to the bot at once. */
function control(node, read, element, block, ctx) {
  ctx.register?.(block.block_id, element.action_id, read);
  node.dataset.field = `${block.block_id} ${element.action_id}`;
  if (block.type !== "input" || block.dispatch_action)
    node.addEventListener("change", () => ctx.press(element, block, read()));
  return node;
}
