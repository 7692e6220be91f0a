// What becomes of what was written: a message, files, or a command.

import { contentOf } from "./files.js";
import { toast } from "./toast.js";

/** Send it to a channel, or to a thread in it. Returns a promise of true when it was taken. */
export async function send(app, { channel, thread, text, broadcast, files = [] }) {
  const to = channel.id ?? `@${app.store.person(channel.with).name}`;
  const place = { channel: to, thread_ts: thread ?? undefined };
  if (files.length) return upload(app, place, text, files);
  if (text.startsWith("/")) return command(app, place, text);
  return Boolean(await app.act("post", { ...place, text, broadcast: broadcast || undefined }));
}

/** Share files, the text with the first of them. A file that is refused is said, and the rest is sent all the same. */
async function upload(app, place, text, files) {
  let isTaken = false;
  for (const file of files) {
    const content = await contentOf(file).catch((error) => app.failed(error));
    if (content === null) continue;
    const body = { ...place, name: file.name, content_base64: content, text: isTaken ? undefined : text };
    const answer = await app.act("upload", body);
    isTaken ||= Boolean(answer);
  }
  return isTaken;
}

async function command(app, place, typed) {
  const [name, ...rest] = typed.split(" ");
  const known = app.store.commands.map((one) => one.command);
  if (!known.includes(name)) {
    toast(`There is no command ${name}.${known.length ? ` Try ${known.join(", ")}.` : ""}`, "error");
    return false;
  }
  return Boolean(await app.act("command", { ...place, command: name, text: rest.join(" ") }));
}
