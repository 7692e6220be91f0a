// Where the guide leads: people by what they may do, and threads worth reading or reviewing.

import { look } from "./api.js";
import { typedText } from "./names.js";
import { isReviewer } from "./roles.js";

export const REVIEW_CHANNEL = "timbre-review";
const LOOKED_AT = 12; // threads looked through for one that waits for a reviewer
const EVALUATING = /Training run \d+: evaluating/;
const ENDED = /Training run \d+ (failed|was cancelled)/;

const people = (app) => [...app.store.people.values()].filter((person) => !person.is_bot);
const reviewers = (app) =>
  people(app).filter((person) => isReviewer(person, app.store.groups.values()) && !person.is_admin);
const plainPeople = (app) =>
  people(app).filter((person) => !person.is_admin && !isReviewer(person, app.store.groups.values()));
const openChannels = (app) =>
  [...app.store.channels.values()].filter(
    ({ kind, is_member: member, name }) => kind === "channel" && member && name !== REVIEW_CHANNEL,
  );


export const isMine = (person, app) => person.id === app.store.me.id;
/** The one of them who looks already, or else the first. */
const oneOf = (persons, app) => persons.find((person) => isMine(person, app)) ?? persons[0] ?? app.store.me;

/** Whom to be for a step; nobody changes who may do it already. */
export const someoneWho = {
  askedIn: (app, state) =>
    app.store.channelNamed(app.store.guide?.channel ?? state.thread?.channel) ?? openChannels(app)[0],
  asks(app, state) {
    const members = this.askedIn(app, state)?.members ?? [];
    return oneOf(
      plainPeople(app).filter((person) => members.includes(person.id)),
      app,
    );
  },
  trains: (app) =>
    oneOf(
      people(app).filter((person) => person.is_admin),
      app,
    ),
  reviews: (app) => oneOf(reviewers(app), app),
};

async function threads(app) {
  const asked = app.store.guide?.channel;
  const channels = openChannels(app).sort(
    (a, b) =>
      Number(b.name === asked) - Number(a.name === asked) ||
      Number(b.name === "help-desk") - Number(a.name === "help-desk"),
  );
  for (const channel of channels) {
    const { messages } = await look("messages", { channel: channel.id, as: app.store.me.id, limit: 50 });
    const found = messages.filter((message) => message.reply_count).reverse();
    if (found.length) return found.map((message) => ({ message, channel }));
  }
  return [];
}

const named = ({ message, channel }, authors = []) => ({
  channel: channel.name,
  ts: message.ts,
  members: channel.members,
  authors,
});

export async function threadToRead(app) {
  const [first] = await threads(app);
  return first ? named(first) : null;
}

/** A thread with a reply that no reviewer has decided on yet, the one just read if it is such a one. */
async function threadToReview(app, read) {
  const found = await threads(app);
  found.sort((a, b) => Number(b.message.ts === read?.ts) - Number(a.message.ts === read?.ts));
  let fallback = null;
  for (const thread of found.slice(0, LOOKED_AT)) {
    const { messages } = await look("messages", {
      channel: thread.channel.id,
      thread_ts: thread.message.ts,
      as: app.store.me.id,
      limit: 1000,
    });
    const replies = messages.slice(1).filter((reply) => reply.user !== app.store.bot?.id);
    if (!replies.length) continue;
    const candidate = {
      ...named(
        thread,
        replies.map((reply) => reply.user),
      ),
      reply: replies[0].ts,
    };
    fallback ??= candidate;
    const decided = replies.some((reply) =>
      reply.reactions?.some(({ name }) => ["white_check_mark", "x"].includes(name)),
    );
    if (!decided) return candidate;
  }
  return fallback;
}

/** Which reply to review, and a reviewer who reads it and did not write it; null when there is no reply. */
export async function planReview(app, read) {
  const thread = await threadToReview(app, read);
  if (!thread) return null;
  const able = reviewers(app).filter(
    (person) => !thread.authors.includes(person.id) && thread.members.includes(person.id),
  );
  return { thread, reviewer: able.length ? oneOf(able, app) : someoneWho.reviews(app) };
}

const isReport = (message) => message.blocks?.[0]?.type === "header" && /voice/i.test(message.blocks[0].text?.text);

/** Does a report wait for a decision? Once it is decided its buttons are gone. */
export const isWaiting = (message) => isReport(message) && message.blocks.some((block) => block.type === "actions");

/**
 * Since then: the newest report that waits for a decision, whether one was decided, whether training ended without one,
 * is being evaluated, or said nothing.
 */
export async function lookForReport(app, since) {
  const reviewer = someoneWho.reviews(app);
  const channel = app.store.channelNamed(REVIEW_CHANNEL)?.id ?? REVIEW_CHANNEL;
  const { messages } = await look("messages", { channel, as: reviewer.id, limit: 50 });
  const recent = messages.filter((message) => message.user === app.store.bot?.id && Number(message.ts) > (since ?? 0));
  const report = recent.findLast(isWaiting);
  const ended = !report && recent.some(({ text }) => ENDED.test(text));
  const evaluating = recent.some(({ text }) => EVALUATING.test(text));
  const decided = recent.some((message) => isReport(message) && !isWaiting(message));
  return { report: report?.ts ?? null, decided, ended, evaluating, silent: !recent.length };
}

export async function questionOf(app, thread) {
  const channel = thread && app.store.channelNamed(thread.channel);
  if (!channel) return null;
  const { messages } = await look("messages", {
    channel: channel.id,
    thread_ts: thread.ts,
    as: app.store.me.id,
    limit: 1000,
  });
  return messages[0] ? typedText(messages[0].text, app.store).split("\n")[0] : null;
}
