// What each step of the guide says, what its button does, and whom one becomes for it.
//
// `view` returns what stands there now: a text, and a button's label where there is something to press. A button that
// is `busy` shows what is being waited for.

import { isMine, planReview, questionOf, REVIEW_CHANNEL, someoneWho, threadToRead } from "./guide_places.js";
import { isReviewer } from "./roles.js";

// Where the steps stand in the list below.
export const APPROVING = 1;
export const ASKING = 2;
export const TRAINING = 3;
export const DECIDING = 4;
export const ASKING_AGAIN = 5;

const nameOf = (person) => person.real_name || person.name;
const becoming = (person, app) => (isMine(person, app) ? "" : `You become ${nameOf(person)}. `);
const orBecome = (person, app, label) => (isMine(person, app) ? label : `Become ${nameOf(person)}`);

const isTouched = () => matchMedia("(hover: none)").matches;
const pointing = () => (isTouched() ? "Tap the reply" : "Point at the reply, or tab to it");
const sending = () => (isTouched() ? "send it with the arrow" : "send it with Enter");

const commandOf = (app) => `${app.store.commands[0]?.command ?? "/timbre"} retrain`;
const botOf = (app) => `@${app.store.bot?.name ?? "timbre"}`;
const draftOf = (app) => app.main.composer?.input.value.trim() ?? "";
const waits = (app, start) => draftOf(app).startsWith(start);

export const STEPS = [
  {
    title: "Read a thread",
    view: () => ({
      text: "Welcome. People here ask and answer each other, and Timbre learns its voice from the answers they approve.",
      button: "Open a thread",
    }),
    go: readThread,
  },
  { title: "Approve an answer", view: approving, go: reviewThread },
  {
    title: "Ask Timbre",
    view: (app, state) => asking(app, state, "The answer comes in its thread, with sources."),
    go: ask,
  },
  { title: "Train a voice", view: training, go: retrain },
  { title: "Decide", view: deciding, go: decide },
];
const AGAIN = {
  title: "Ask again",
  view: (app, state) =>
    asking(
      app,
      state,
      state.rejected ? "The voice was rejected, so Timbre answers as before." : "Hear the same facts in the new voice.",
    ),
  go: ask,
};
const BEEN_THROUGH = {
  title: "Done before",
  view: () => ({
    text: `A voice was decided on here before: see #${REVIEW_CHANNEL}. Ask Timbre something, or go through the steps anew.`,
    button: "Start anew",
  }),
  go: (_app, state) => Object.assign(state, { step: 0, over: false }),
};
const CLOSING = {
  title: "Done",
  view: (app, state) => ({
    text:
      "That was the loop: approve, train, decide, ask again. Read the two answers in their two threads, " +
      "then try your own question. The README says how to use Timbre in a real Slack.",
    button: state.asked[0] ? "Read the first answer" : null,
    more: state.asked[0] && state.asked[1] ? "Read the second answer" : null,
  }),
  go: (app, state) => app.goTo(state.asked[0]),
  goMore: (app, state) => app.goTo(state.asked[1]),
};

export const stepAt = (state) => state.over ? BEEN_THROUGH : [...STEPS, AGAIN][state.step] ?? CLOSING;

function approving(app, state) {
  const { me, groups } = app.store;
  const reviewer = state.review?.reviewer ?? (isReviewer(me, groups.values()) ? me : someoneWho.reviews(app));
  if (isMine(reviewer, app))
    return {
      text:
        `You are ${nameOf(me)}, a reviewer. ${pointing()}, and its buttons appear: press ✅ ` +
        "if it is right and sounds like your team.",
      button: "Show me an answer",
    };
  return {
    text: `Reviewers mark good answers with ✅: Timbre then answers from them, as from documents, and learns its voice from nothing else. ${becoming(reviewer, app)}`,
    button: orBecome(reviewer, app, "Show me an answer"),
  };
}

function asking(app, state, outcome) {
  if (state.sent) return { text: `Your question is sent. ${outcome}`, button: "Timbre is answering…", busy: true };
  if (waits(app, botOf(app))) return { text: `Your question waits in the composer: ${sending()}. ${outcome}` };
  const person = someoneWho.asks(app, state);
  const question = state.step === ASKING ? "a question" : "the same question";
  return {
    text: `${becoming(person, app)}The button puts ${question} into the composer, for you to send. ${outcome}`,
    button: orBecome(person, app, `Write ${question}`),
  };
}

function training(app, state) {
  if (state.since)
    return {
      text: state.evaluating
        ? `Trained. The new voice now answers questions it has not seen, beside the one in use; then the report comes.`
        : `Timbre fine-tunes on every approved answer and then measures the new voice: some minutes on a laptop. ` +
          `#${REVIEW_CHANNEL} shows how far it is, and the report comes there.`,
      button: state.evaluating ? "Evaluating…" : "Training…",
      busy: true,
    };
  const command = commandOf(app);
  if (waits(app, command)) return { text: `${command} waits in the composer: ${sending()}.` };
  const person = someoneWho.trains(app);
  const before = state.ended
    ? "No report came of it: Timbre says why in the channel. "
    : "Admins start training. ";
  return {
    text: `${before}${becoming(person, app)}The button puts ${command} into the composer, for you to send.`,
    button: orBecome(person, app, "Write the command"),
  };
}

function deciding(app, state) {
  if (state.pressed)
    return { text: "You have decided. The report says so in a moment.", button: "Timbre carries it out…", busy: true };
  if (!state.report)
    return {
      text: `Training's report comes to #${REVIEW_CHANNEL}. None waits there yet.`,
      button: "No report yet",
      busy: true,
    };
  const person = someoneWho.reviews(app);
  if (isMine(person, app) && app.route.channel === REVIEW_CHANNEL)
    return {
      text: "Read the comparison, then press Approve under it: from that moment Timbre speaks in the new voice.",
      button: "Show the report",
    };
  return {
    text: `The report is in #${REVIEW_CHANNEL}, for reviewers to decide on. ${becoming(person, app)}`,
    button: orBecome(person, app, "Open the report"),
  };
}

async function readThread(app, state) {
  const thread = await threadToRead(app);
  if (!thread) throw new Error("There is no thread yet. Ask something in a channel and answer it as somebody else.");
  state.thread = thread;
  await app.goTo({ channel: thread.channel, thread: thread.ts });
}

async function reviewThread(app, state) {
  state.review = await planReview(app, state.thread);
  if (!state.review)
    throw new Error("There is no answer to approve yet. Ask something in a channel and answer it as somebody else.");
  const { thread, reviewer } = state.review;
  state.thread = thread;
  await as(app, reviewer, { channel: thread.channel, thread: thread.ts, message: thread.reply });
}

async function ask(app, state) {
  const channel = someoneWho.askedIn(app, state);
  state.question ??= app.store.guide?.question ?? (await questionOf(app, state.thread)) ?? "how do we do this here?";
  await as(app, someoneWho.asks(app, state), { channel: channel.name });
  app.main.prefill(`${botOf(app)} ${state.question}`);
}

async function retrain(app) {
  const channel = app.store.channelNamed(REVIEW_CHANNEL) ?? someoneWho.askedIn(app, {});
  await as(app, someoneWho.trains(app), { channel: channel.name });
  app.main.prefill(commandOf(app));
}

function decide(app, state) {
  return as(app, someoneWho.reviews(app), { channel: REVIEW_CHANNEL, message: state.report });
}

function as(app, person, route) {
  return isMine(person, app) ? app.goTo(route) : app.become(person.name, route);
}
