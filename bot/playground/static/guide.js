// Five steps through the loop for somebody who is here for the first time.

import { fill, h, iconButton, once } from "./dom.js";
import { isWaiting, lookForReport, planReview, REVIEW_CHANNEL } from "./guide_places.js";
import { APPROVING, ASKING, ASKING_AGAIN, DECIDING, stepAt, STEPS, TRAINING } from "./guide_steps.js";
import { slugOf } from "./names.js";
import { isReviewer } from "./roles.js";

const KEY = "timbre-guide";
const LOOK_EVERY_MS = 3000; // for the report
const REFUSED_AFTER_S = 20; // a training that is taken is announced sooner

/** Show the guide in `element` until it is dismissed; returns a function that opens and closes it. */
export function mountGuide(app, element) {
  const guide = new Guide(app, element);
  app.on("did", (what) => guide.did(what));
  app.on("route", () => guide.arrived());
  app.store.on(["reset", "app"], () => guide.prepare());
  app.store.on("message", ({ message }) => guide.heard(message));
  app.store.on("message_changed", ({ message }) => guide.changed(message));
  document.addEventListener("input", () => guide.draw());
  setInterval(() => guide.look(), LOOK_EVERY_MS);
  return () => guide.toggle();
}

const CARRIED_OUT_AFTER_MS = 20_000; // a decision that is taken changes its report sooner
const FRESH = {
  step: 0,
  done: [],
  asked: [],
  since: null,
  ended: false,
  evaluating: false,
  report: null,
  pressed: null, // the report that was decided on and does not say so yet
  rejected: false,
  over: false, // somebody has been through this workspace before
};

class Guide {
  #app;
  #element;
  #state;
  #isNew; // nothing is remembered of a guide in this browser
  #drawn = null; // what stands there, to leave a button alone that somebody is about to press

  constructor(app, element) {
    this.#app = app;
    this.#element = element;
    // What may have changed over a reload is looked up again: the answer and the report may have come in between.
    const before = remembered();
    this.#isNew = !before;
    this.#state = { hidden: false, ...structuredClone(FRESH), ...before, sent: false, report: null, pressed: null };
    if (this.#state.step > ASKING_AGAIN) Object.assign(this.#state, structuredClone(FRESH));
    this.draw = once(() => this.#draw());
  }

  toggle() {
    const state = this.#state;
    state.hidden = !state.hidden;
    if (!state.hidden && state.step > ASKING_AGAIN) Object.assign(state, structuredClone(FRESH));
    this.prepare();
  }

  /** Somebody acted in the page. */
  did(what) {
    const { call, body, answer, at } = what;
    const state = this.#state;
    const step = stepDone(what, this.#app);
    if (step === APPROVING) this.#finish(step);
    if (step === DECIDING) this.#pressed(body);
    if (call === "command" && /^retrain\b/.test(body.text))
      Object.assign(state, { since: at - 1, ended: false, evaluating: false, startedIn: this.#app.store.channel(body.channel)?.name });
    if (isQuestion(what, this.#app) && state.step >= ASKING) {
      state.sent = !state.asked.some((thread) => thread?.ts === answer.message.ts);
      if (!state.hidden) this.#app.openThread({ ...answer.message, channel: answer.channel });
    }
    this.draw();
  }

  arrived() {
    if (this.#app.route.thread && this.#state.step === 0) this.#finish(0);
    this.draw();
  }

  /** A message came: it may be the answer, or the report. */
  heard(message) {
    const { store } = this.#app;
    if (message.user !== store.bot?.id) return;
    if (store.channel(message.channel)?.name === REVIEW_CHANNEL) this.look();
    const { thread_ts: ts, channel } = message;
    const { step, asked } = this.#state;
    if (!ts || ts === message.ts || ![ASKING, ASKING_AGAIN].includes(step)) return;
    if (asked.some((thread) => thread?.ts === ts)) return;
    const place = { channel: slugOf(store.channel(channel), store), thread: ts, ts };
    if (step === ASKING) this.#state.asked = [place];
    else asked[1] = place;
    this.#state.sent = false;
    this.#finish(step);
  }

  #pressed({ channel, ts, action_id: action }) {
    Object.assign(this.#state, { pressed: ts, rejected: /reject/.test(action) });
    // The report may have changed before the press was answered.
    const report = this.#app.store.timeline(channel)?.messages.find((message) => message.ts === ts);
    if (report) this.changed(report);
    setTimeout(() => this.#notCarriedOut(ts), CARRIED_OUT_AFTER_MS);
  }

  #notCarriedOut(ts) {
    if (this.#state.pressed === ts) Object.assign(this.#state, { pressed: null, report: ts });
    this.draw();
  }

  /** A message changed: it may be the report, decided on. */
  changed(message) {
    if (message.ts !== this.#state.pressed || isWaiting(message)) return;
    Object.assign(this.#state, { pressed: null, report: null });
    this.#finish(DECIDING);
  }

  /** Look whether the report came that this step waits for. */
  async look() {
    const state = this.#state;
    const waits = (state.step === TRAINING && state.since) || (state.step === DECIDING && !state.report && !state.pressed);
    if (state.hidden || !waits || !this.#app.store.me) return;
    const { since } = state;
    // The playground may be away for a moment; the next look asks again.
    const found = await lookForReport(this.#app, state.step === TRAINING ? since : null).catch(() => null);
    if (!found || since !== state.since) return;
    state.evaluating = found.evaluating;
    // Progress is told where training was asked for, and only the review channel is looked at.
    const told = state.startedIn === REVIEW_CHANNEL;
    const refused = told && found.silent && since && Date.now() / 1000 - since > REFUSED_AFTER_S;
    if (found.report) this.#reported(found.report);
    else if (state.step === TRAINING && (found.ended || refused)) Object.assign(state, { since: null, ended: true });
    this.draw();
  }

  #reported(report) {
    Object.assign(this.#state, { report, since: null });
    if (this.#state.step === TRAINING) this.#finish(TRAINING);
  }

  /** Find out what the step's words need to know, then show it. */
  async prepare() {
    this.draw();
    const state = this.#state;
    if (this.#isNew && this.#app.store.me && this.#app.store.guide) {
      this.#isNew = false;
      const found = await lookForReport(this.#app, null).catch(() => null);
      state.over = state.step === 0 && Boolean(found?.decided);
      this.draw();
    }
    if (state.hidden || state.step !== APPROVING || !this.#app.store.me) return;
    state.review = await planReview(this.#app, state.thread).catch(() => null);
    this.draw();
  }

  #finish(step) {
    const state = this.#state;
    if (!state.done.includes(step)) state.done.push(step);
    if (state.step === step) this.#choose(step + 1);
    this.draw();
  }

  #choose(step) {
    Object.assign(this.#state, { step, sent: false, over: false });
    this.look();
    this.prepare();
  }

  async #go(act) {
    await Promise.resolve(act(this.#app, this.#state)).catch((error) => this.#app.failed(error));
    this.draw();
  }

  #draw() {
    const state = this.#state;
    const element = this.#element;
    element.hidden = state.hidden || !this.#app.store.me || !this.#app.store.guide;
    localStorage.setItem(KEY, JSON.stringify(state));
    if (element.hidden) return;
    const step = stepAt(state);
    const view = step.view(this.#app, state);
    const words = JSON.stringify([state.step, state.done, view]);
    if (words === this.#drawn) return;
    this.#drawn = words;
    const hadFocus = element.contains(document.activeElement);
    fill(element, this.#content(step, view));
    if (hadFocus) (element.querySelector(".guide-go:enabled") ?? element.querySelector("[aria-current]"))?.focus();
  }

  #content(step, { text, button, busy, more }) {
    const press = (label, act) => {
      const onclick = () => this.#go(act);
      return label ? h("button.button.primary.guide-go", { type: "button", disabled: busy, onclick }, label) : null;
    };
    return [
      h("ol.guide-steps", {}, STEPS.map(({ title }, index) => this.#item(title, index))),
      h("div.guide-now", { role: "status" }, h("strong", {}, step.title), h("span", {}, text)),
      press(button, step.go),
      press(more, step.goMore),
      iconButton("close", "Close the guide", () => this.toggle()),
    ];
  }

  #item(title, index) {
    const done = this.#state.done.includes(index);
    const current = index === this.#state.step;
    const choose = () => this.#choose(index);
    return h(
      "li",
      {},
      h(
        `button.guide-step${done ? ".done" : ""}`,
        { type: "button", "aria-current": current ? "step" : null, onclick: choose, title },
        h("span.guide-number", {}, done ? "✓" : index + 1),
        h("span.guide-name", {}, title),
      ),
    );
  }
}

/** Is it a new question to the bot? Its thread is where the answer will be. */
const isQuestion = ({ call, body }, app) =>
  call === "post" && !body.thread_ts && body.text.includes(`@${app.store.bot?.name}`);

/** Which step somebody just did by acting, or null. Asking and training are done when what was asked for came. */
function stepDone({ call, body }, app) {
  const { store } = app;
  if (call === "react" && body.name === "white_check_mark" && isReviewer(store.me, store.groups.values()))
    return APPROVING;
  const isDecision = call === "click" && body.ts && /approve|reject/.test(body.action_id);
  return isDecision && store.channel(body.channel)?.name === REVIEW_CHANNEL ? DECIDING : null;
}

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(KEY));
  } catch {
    return null;
  }
}
