// The address says who looks and where: #/maya/help-desk/1767225600.000100 (a thread), …?m=ts (a message in it).

/** Read { person, channel, thread, message, permalink } from an address; what it does not say is null. */
export function readRoute({ pathname, search, hash }) {
  const permalink = /\/archives\/([A-Z0-9]+)\/p(\d{10})(\d{6})$/.exec(pathname);
  if (permalink) {
    const message = `${permalink[2]}.${permalink[3]}`;
    const thread = new URLSearchParams(search).get("thread_ts");
    return { person: null, channel: permalink[1], thread, message, permalink: true };
  }
  const [path, query] = hash.replace(/^#\/?/, "").split("?");
  const [person, channel, thread] = path.split("/").map((part) => decoded(part) || null);
  return {
    person,
    channel: channel ?? null,
    thread: thread ?? null,
    message: new URLSearchParams(query).get("m"),
    permalink: false,
  };
}

/** The hash for a route. */
export function writeRoute({ person, channel, thread, message }) {
  const path = [person, channel, thread].filter(Boolean).map(encodeURIComponent).join("/");
  return `#/${path}${message ? `?m=${message}` : ""}`.replaceAll("%40", "@");
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
