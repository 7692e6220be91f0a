// The raw traffic between the playground and the bot, frame by frame.

import { fill, h, icon, iconButton, once } from "./dom.js";

const SHOWN = 200;

/** Make `element` a drawer of frames; returns a function that opens and closes it. */
export function mountInspector(app, element) {
  const filter = h("input", {
    type: "search",
    placeholder: "Filter by name",
    "aria-label": "Filter",
    oninput: () => draw(),
  });
  const list = h("div.frames", { tabindex: "0" });
  const toggle = async () => {
    element.hidden = !element.hidden;
    if (element.hidden) await app.store.watchTraffic(false);
    else {
      await app.store.watchTraffic(true).catch((error) => app.failed(error));
      filter.focus();
    }
  };
  fill(
    element,
    h(
      "header.pane-head",
      {},
      h("div.pane-title", {}, h("h1", {}, "Raw traffic"), h("p.topic", {}, "What Slack and the bot say to each other")),
      h("div.spacer"),
      filter,
      iconButton("close", "Close", toggle),
    ),
    list,
  );
  const rows = new WeakMap();
  const row = (frame) => rows.get(frame) ?? rows.set(frame, drawFrame(frame)).get(frame);
  const draw = once(() => {
    if (element.hidden) return;
    const wanted = filter.value.trim().toLowerCase();
    const frames = app.store.frames
      .filter((frame) => !wanted || frame.name.toLowerCase().includes(wanted))
      .slice(-SHOWN)
      .reverse();
    fill(
      list,
      frames.length
        ? frames.map(row)
        : h("p.empty", {}, wanted ? "Nothing matches." : "Nothing yet. Mention Timbre in a channel and watch."),
    );
  });
  app.store.on("traffic", draw);
  element.addEventListener("keydown", (event) => event.key === "Escape" && toggle());
  return toggle;
}

function drawFrame(frame) {
  const toBot = frame.direction === "to_bot";
  const failed = frame.status >= 400 || frame.answer?.ok === false;
  const details = h(
    "details.frame",
    { ontoggle: () => details.open && details.children.length === 1 && details.append(json(frame)) },
    h(
      "summary",
      {},
      h("time.faint", {}, clock(frame.at)),
      h(
        `span.direction.${toBot ? "to-bot" : "from-bot"}`,
        { title: toBot ? "to the bot" : "from the bot" },
        toBot ? "→ bot" : "← bot",
      ),
      h("strong", {}, frame.name),
      failed ? h("span.error", {}, frame.answer?.error ?? frame.status) : null,
      h("span.spacer"),
      h("span.faint", {}, frame.kind, frame.ms === undefined ? "" : ` · ${Math.round(frame.ms * 10) / 10} ms`),
    ),
  );
  return details;
}

const json = (frame) =>
  h(
    "div.frame-body",
    {},
    h("h3", {}, icon("traffic"), frame.direction === "to_bot" ? "Sent" : "Request"),
    h("pre", {}, JSON.stringify(frame.body, null, 2)),
    frame.answer === undefined ? null : [h("h3", {}, "Answer"), h("pre", {}, JSON.stringify(frame.answer, null, 2))],
  );

const clock = (seconds) => new Date(seconds * 1000).toISOString().slice(11, 23);
