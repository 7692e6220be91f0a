// App Home: the bot's own tab, drawn from the view that it published for this person.

import { drawBlocks } from "./blocks.js";
import { fill, h, iconButton } from "./dom.js";

/** Open the Home tab in `element` and tell the bot. Returns the function that draws it again. */
export function drawHome(app, element) {
  const { store } = app;
  const name = store.bot?.real_name || "Timbre";
  const body = h("div.home");
  fill(
    element,
    h(
      "header.pane-head",
      {},
      iconButton("back", "Conversations", () => app.showPane("sidebar"), "phone-only"),
      h("div.pane-title", {}, h("h1", {}, name), h("p.topic", {}, "Home")),
    ),
    h("div.scroller", { tabindex: "0" }, body),
  );
  const draw = () => body.isConnected && fill(body, content(app, name));
  draw();
  app.act("open_home", { tab: "home" }).then((answer) => {
    // What the bot published in the meantime is newer than the answer.
    store.home ??= answer?.view;
    draw();
  });
  return draw;
}

function content(app, name) {
  const view = app.store.home;
  if (!view)
    return h(
      "div.empty",
      {},
      h("h2", {}, "Nothing here yet"),
      h("p", {}, `${name} has published no home page yet.`),
    );
  const ctx = {
    names: app.names,
    memory: app.memory(view.id),
    press: (element, block, value) =>
      app.press(element, { view_id: view.id, action_id: element.action_id, block_id: block.block_id, value }),
  };
  return drawBlocks(view.blocks, ctx);
}
