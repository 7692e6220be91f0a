// Puts the page together.

import { App } from "./app.js";
import { mountGuide } from "./guide.js";
import { mountInspector } from "./inspector.js";
import { mountKeys } from "./keys.js";
import { mountModals } from "./modal.js";
import { slugOf } from "./names.js";
import { mountMain, mountThread } from "./panes.js";
import { readRoute } from "./route.js";
import { mountSidebar } from "./sidebar.js";
import { mountTopbar } from "./topbar.js";

function followLinks(app) {
  // Permalinks to this workspace open in the page instead of leaving it.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const route = readRoute(new URL(link.href));
    if (!route.permalink || !app.store.channel(route.channel)) return;
    event.preventDefault();
    app.goTo({ ...route, channel: slugOf(app.store.channel(route.channel), app.store) });
  });
  addEventListener("popstate", () => {
    const { person, ...route } = readRoute(location);
    if (person && person !== app.store.me.name) app.become(person, route);
    else app.goTo(route);
  });
  addEventListener("keydown", (event) => {
    if (
      event.key === "Escape" &&
      !event.defaultPrevented &&
      app.route.thread &&
      !document.querySelector("dialog[open]")
    )
      app.closeThread();
  });
}

const app = new App();
const element = (id) => document.getElementById(id);
app.showKeys = mountKeys();
mountTopbar(app, element("topbar"));
mountSidebar(app, element("sidebar"));
mountMain(app, element("main"));
mountThread(app, element("thread"));
mountModals(app);
app.toggleInspector = mountInspector(app, element("inspector"));
app.toggleGuide = mountGuide(app, element("guide"));
followLinks(app);
app.start().catch((error) => app.failed(error));
