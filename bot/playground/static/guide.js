// Five steps through the loop for somebody who is here for the first time.

import { look } from "./api.js";
import { fill, h, iconButton, once } from "./dom.js";
import {
  openChannels,
  plainPeople,
  questionOf,
  REVIEW_CHANNEL,
  reviewers,
  threadToRead,
  threadToReview,
} from "./guide_places.js";
import { isReviewer } from "./roles.js";
import { toast } from "./toast.js";

const KEY = "timbre-guide";
const ASKING = 2; // the step of asking; it is done when the answer came

const STEPS = [
  {
    title: "Read a thread",
    button: "Open a thread",
    go: readThread,
    text: () =>
      "Welcome. People here ask and answer each other, and Timbre learns its voice from the answers they approve.",
  },
  {
    title: "Approve an answer",
    button: (app) => (isReviewer(app.store.me, app.store.groups.values()) ? "Show me an answer" : "Be a reviewer"),
    go: reviewThread,
    text: (app) =>
      isReviewer(app.store.me, app.store.groups.values())
        ? "You are a reviewer now. React ✅ to the reply that is right and sounds like your team."
        : "Reviewers mark good answers with ✅. Only what they approve is ever used.",
  },
  {
    title: "Ask Timbre",
    button: "Ask a question",
    go: askTimbre,
    text: () => "Send the question that is waiting in the composer. The answer comes in its thread, with sources.",
  },
  {
    title: "Train a voice",
    button: "Be an admin",
    go: retrain,
    text: () => "Send /timbre retrain. Timbre fine-tunes on every approved answer; it takes a minute or two.",
  },
  {
    title: "Decide",
    button: "Open the report",
    go: decide,
    text: () =>
      `The comparison arrives in #${REVIEW_CHANNEL}. Read it as a reviewer, then approve: ` +
      "from that moment Timbre speaks in the new voice.",
  },
];
const END = {
  title: "Ask again",
  button: "Ask the same question",
  go: askTimbre,
  text: () => "That was the whole loop. Ask the same question again and hear the difference.",
};

/** Show the guide in `element` until it is dismissed; returns a function that opens and closes it. */
export function mountGuide(app, element) {
  const state = { hidden: false, step: 0, done: [], ...remembered() };
  const save = () => localStorage.setItem(KEY, JSON.stringify(state));
  const draw = once(() => {
    element.hidden = state.hidden;
    if (!state.hidden) fill(element, content(app, state, { choose, hide, go }));
    save();
  });
  const choose = (step) => {
    state.step = step;
    draw();
  };
  const hide = () => {
    state.hidden = !state.hidden;
    if (!state.hidden && state.step >= STEPS.length) Object.assign(state, { step: 0, done: [] });
    draw();
  };
  const go = async () => {
    await stepAt(state)
      .go(app, state)
      .catch((error) => app.failed(error));
    draw();
  };
  const finish = (step) => {
    if (!state.done.includes(step)) state.done.push(step);
    if (state.step === step) state.step = step + 1;
    draw();
  };
  app.on("did", (what) => {
    const step = stepDone(what, app);
    if (step !== null) finish(step);
    if (!state.hidden && isQuestion(what, app) && state.step >= ASKING)
      app.openThread({ ...what.answer.message, channel: what.answer.channel });
  });
  app.store.on("message", ({ message }) => {
    const isAnswer = message.user === app.store.bot?.id && message.thread_ts && message.thread_ts !== message.ts;
    if (isAnswer && state.step === ASKING) finish(ASKING);
  });
  app.on("route", () => app.route.thread && state.step === 0 && finish(0));
  app.store.on("reset", draw);
  return hide;
}

const stepAt = (state) => STEPS[state.step] ?? END;

/** Is it a new question to the bot? Its thread is where the answer will be. */
const isQuestion = ({ call, body }, app) =>
  call === "post" && !body.thread_ts && body.text.includes(`@${app.store.bot?.name}`);

/** Which step somebody just did by acting, or null. */
function stepDone({ call, body }, app) {
  const { store } = app;
  if (call === "react" && body.name === "white_check_mark" && isReviewer(store.me, store.groups.values())) return 1;
  if (call === "command" && /^retrain\b/.test(body.text)) return 3;
  if (call === "click" && body.ts && store.channel(body.channel)?.name === REVIEW_CHANNEL) return 4;
  return null;
}

function content(app, state, { choose, hide, go }) {
  const step = stepAt(state);
  const item = ({ title }, index) => {
    const done = state.done.includes(index);
    const current = index === state.step;
    return h(
      "li",
      {},
      h(
        `button.guide-step${done ? ".done" : ""}`,
        { type: "button", "aria-current": current ? "step" : null, onclick: () => choose(index), title },
        h("span.guide-number", {}, done ? "✓" : index + 1),
        h("span.guide-name", {}, title),
      ),
    );
  };
  return [
    h("ol.guide-steps", {}, STEPS.map(item)),
    h("div.guide-now", {}, h("strong", {}, step.title), h("span", {}, step.text(app))),
    h(
      "button.button.primary.guide-go",
      { type: "button", onclick: go },
      typeof step.button === "string" ? step.button : step.button(app),
    ),
    iconButton("close", "Close the guide", hide),
  ];
}

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

async function readThread(app, state) {
  const thread = await threadToRead(app);
  if (!thread) throw new Error("There is no thread yet. Ask something in a channel and answer it as somebody else.");
  state.thread = thread;
  await app.goTo({ channel: thread.channel, thread: thread.ts });
}

async function reviewThread(app, state) {
  const thread = await threadToReview(app, state.thread);
  if (!thread)
    throw new Error("There is no answer to approve yet. Ask something in a channel and answer it as somebody else.");
  state.thread = thread;
  const reviewer =
    reviewers(app).find((person) => !thread.authors.includes(person.id) && thread.members.includes(person.id)) ??
    reviewers(app)[0];
  const route = { channel: thread.channel, thread: thread.ts, message: thread.reply };
  if (reviewer) await app.become(reviewer.name, route);
  else await app.goTo(route);
}

async function askTimbre(app, state) {
  const { store } = app;
  const channel = store.channelNamed(store.guide?.channel ?? state.thread?.channel) ?? openChannels(app)[0];
  const asker = plainPeople(app).find((person) => channel.members.includes(person.id)) ?? store.me;
  state.question ??= store.guide?.question ?? (await questionOf(app, state.thread)) ?? "how do we do this here?";
  await app.become(asker.name, { channel: channel.name });
  app.main.prefill(`@${store.bot?.name ?? "timbre"} ${state.question}`);
}

async function retrain(app) {
  const admin = [...app.store.people.values()].find((person) => person.is_admin && !person.is_bot) ?? app.store.me;
  const channel = app.store.channelNamed(REVIEW_CHANNEL) ?? openChannels(app)[0];
  await app.become(admin.name, { channel: channel.name });
  app.main.prefill(`${app.store.commands[0]?.command ?? "/timbre"} retrain`);
}

async function decide(app) {
  const reviewer = reviewers(app)[0] ?? app.store.me;
  const channel = app.store.channelNamed(REVIEW_CHANNEL);
  const { messages } = await look("messages", { channel: channel.id, as: reviewer.id, limit: 50 });
  const report = messages.findLast((message) => message.blocks?.some((block) => block.type === "actions"));
  await app.become(reviewer.name, { channel: REVIEW_CHANNEL, message: report?.ts });
  if (!report) toast("The report is not here yet. It arrives in this channel when training has ended.");
}
