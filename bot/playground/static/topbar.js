// The bar on top: what this is, whether Timbre is there, who you are.

import { avatar } from "./avatar.js";
import { fill, h, icon, iconButton, once } from "./dom.js";
import { openMenu } from "./menu.js";
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
    "aria-haspopup": "menu",
    onclick: (event) => choosePerson(app, event.currentTarget),
  });
  const team = h("select.team-select", {
    "aria-label": "Workspace",
    hidden: true,
    onchange: () => app.changeTeam(team.value),
  });
  const theme = iconButton("theme", "Theme", () => {});
  mountTheme(theme);
  fill(
    element,
    brand,
    status,
    h("div.spacer"),
    team,
    labelled("guide", "Guide", () => app.toggleGuide()),
    labelled("traffic", "Traffic", () => app.toggleInspector()),
    iconButton("keyboard", "Keyboard", () => app.showKeys(), "desk-only"),
    theme,
    person,
  );
  const draw = once(() => {
    drawStatus(app.store, status);
    drawPerson(app.store, person);
    drawTeams(app.store, team);
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
      : ["off", `${name} is not connected: start it with “timbre bot”`];
  status.dataset.state = state;
  fill(status, h("span.lamp"), h("span.connection-text", {}, text));
  status.title = text;
}

function drawPerson(store, button) {
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
