// Where the guide leads: people by what they may do, and threads worth reading or reviewing.

import { look } from "./api.js";
import { typedText } from "./names.js";
import { isReviewer } from "./roles.js";

export const REVIEW_CHANNEL = "timbre-review";
const LOOKED_AT = 12; // threads looked through for one that waits for a reviewer

const people = (app) => [...app.store.people.values()].filter((person) => !person.is_bot);
export const reviewers = (app) =>
  people(app).filter((person) => isReviewer(person, app.store.groups.values()) && !person.is_admin);
export const plainPeople = (app) =>
  people(app).filter((person) => !person.is_admin && !isReviewer(person, app.store.groups.values()));
export const openChannels = (app) =>
  [...app.store.channels.values()].filter(
    ({ kind, is_member: member, name }) => kind === "channel" && member && name !== REVIEW_CHANNEL,
  );

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
export async function threadToReview(app, read) {
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
