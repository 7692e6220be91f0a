// The bar on top: what this is, whether Timbre is there, who you are.

import { avatar } from "./avatar.js";
import { fill, h, icon, iconButton, once } from "./dom.js";
import { openMenu, openPopover } from "./menu.js";
import { ROLES, roleOf } from "./roles.js";
import { mountTheme } from "./theme.js";

export function mountTopbar(app, element) {
  const brand = h(
    "div.brand",
    {},
    h("span.logo", {}, icon("bars")),
    h("strong", {}, "Timbre"),
    h("span.sub", {}, "playground"),
  );
  const status = h("div.connection", { role: "status" });
  const person = h("button.person-button", {
    type: "button",
    hidden: true, // until it is known who looks
    "aria-haspopup": "menu",
    onclick: (event) => choosePerson(app, event.currentTarget),
  });
  const team = h("select.team-select", {
    "aria-label": "Workspace",
    hidden: true,
    onchange: () => app.changeTeam(team.value),
  });
  const guide = labelled("guide", "Guide", () => app.toggleGuide());
  const theme = iconButton("theme", "Theme", () => {});
  mountTheme(theme);
  fill(
    element,
    brand,
    status,
    h("div.spacer"),
    team,
    guide,
    labelled("traffic", "Traffic", () => app.toggleInspector()),
    iconButton("keyboard", "Keyboard", () => app.showKeys(), "desk-only"),
    theme,
    person,
  );
  const draw = once(() => {
    drawStatus(app.store, status);
    drawPerson(app.store, person);
    drawTeams(app.store, team);
    guide.hidden = !app.store.guide;
  });
  app.store.on(["reset", "connections", "app", "person", "user_group"], draw);
}

const labelled = (name, label, onclick) =>
  h(
    "button.icon-button.labelled",
    { type: "button", onclick, "aria-label": label },
    icon(name),
    h("span.button-label", {}, label),
  );

function drawStatus(store, status) {
  const name = store.bot?.real_name || "Timbre";
  const [state, text] = !store.online
    ? ["off", "Reconnecting to the playground…"]
    : store.connections
      ? ["on", `${name} is listening`]
      : ["off", store.guide ? `${name} is not connected: start it with “timbre bot”` : "No bot is connected"];
  status.dataset.state = state;
  const isUnknown = store.online && !store.connections && !store.guide;
  fill(
    status,
    h("span.lamp"),
    h("span.connection-text", {}, text),
    isUnknown
      ? h("button.how", { type: "button", onclick: (event) => showHow(event.currentTarget) }, "How to connect one")
      : null,
  );
  status.title = text;
}

/** What a bot of one's own has to be told, as far as the page knows: tokens may have been chosen at the start. */
function showHow(anchor) {
  const line = (name, value) => h("p.how-line", {}, h("span.hint", {}, name), h("code", {}, value));
  const node = h(
    "div.popover.how-to",
    { role: "dialog", "aria-label": "How to connect a bot", tabindex: "-1" },
    h("strong", {}, "Connect a bot of your own"),
    line("Slack’s address (base_url)", `${location.origin}/api/`),
    line("Bot token", "xoxb-playground"),
    line("App token, for Socket Mode", "xapp-playground"),
    line("Signing secret, for HTTP mode", "playground-signing-secret"),
    h("p.hint", {}, "docs/playground.md begins with a bot of ten lines."),
  );
  openPopover(anchor, node);
}

function drawPerson(store, button) {
  button.hidden = !store.me;
  if (!store.me) return;
  const role = roleOf(store.me, store.groups.values());
  button.setAttribute(
    "aria-label",
    `You are ${store.me.real_name || store.me.name}, ${ROLES[role].label}. Be somebody else`,
  );
  button.title = ROLES[role].may;
  fill(
    button,
    avatar(store.me, "small"),
    h("span.person-name", {}, h("span.hint", {}, "You are"), store.me.real_name || store.me.name),
    h(`span.role.role-${role}`, {}, ROLES[role].label),
    icon("down"),
  );
}

function drawTeams(store, select) {
  select.hidden = store.teams.length < 2;
  fill(
    select,
    store.teams.map((team) => h("option", { value: team.id, selected: team.id === store.team?.id }, team.name)),
  );
}

function choosePerson(app, anchor) {
  const { store } = app;
  const people = [...store.people.values()].filter((person) => !person.is_bot);
  const order = Object.keys(ROLES);
  const items = order.flatMap((role) =>
    people
      .filter((person) => roleOf(person, store.groups.values()) === role)
      .map((person) => ({
        before: avatar(person, "small"),
        label: [person.real_name || person.name, " ", h(`span.role.role-${role}`, {}, ROLES[role].label)],
        note: person.id === store.me.id ? `${person.title || ROLES[role].label} · you` : person.title,
        run: () => app.become(person.name),
      })),
  );
  openMenu(anchor, items, { label: "Be somebody else", title: roleKey() });
}

const roleKey = () => [
  h("strong", {}, "Be somebody else"),
  Object.entries(ROLES).map(([role, { label, may }]) =>
    h("p", {}, h(`span.role.role-${role}`, {}, label), h("span.hint", {}, may)),
  ),
];
