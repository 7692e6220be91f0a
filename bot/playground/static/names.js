// Resolves the ids in messages for whoever looks.

/** The `names` that mrkdwn.js and blocks.js ask: built over the store, so that it is always up to date. */
export function namesFrom(store, openChannel) {
  return {
    get me() {
      return store.me;
    },
    person: (id) => store.person(id),
    group: (id) => store.group(id),
    channel: (id) => store.channel(id),
    openChannel,
    peopleOptions: () =>
      [...store.people.values()].map(({ id, name, real_name: real }) => ({ value: id, label: real || name })),
    channelOptions: () =>
      [...store.channels.values()].filter(({ name }) => name).map(({ id, name }) => ({ value: id, label: `#${name}` })),
  };
}

/** A conversation's name for people: "#help-desk", "Maya Ito". */
export function titleOf(channel, store) {
  if (!channel) return "";
  if (channel.kind === "im")
    return store.person(channel.with)?.real_name || store.person(channel.with)?.name || "Somebody";
  if (channel.kind === "mpim")
    return othersIn(channel, store)
      .map((person) => person.real_name || person.name)
      .join(", ");
  return `#${channel.name}`;
}

/** What a route calls a conversation: a channel's name, "@handle" for a direct one. */
export function slugOf(channel, store) {
  if (channel.kind === "im") return `@${store.person(channel.with)?.name ?? channel.id}`;
  return channel.kind === "mpim" ? channel.id : channel.name;
}

const othersIn = (channel, store) =>
  channel.members
    .filter((id) => id !== store.me.id)
    .map((id) => store.person(id))
    .filter(Boolean);

/** Stored text as the person typed it: mentions by name, nothing escaped. */
export function typedText(text, store) {
  return text
    .replace(/<@([UW][A-Z0-9]+)>/g, (whole, id) => (store.person(id) ? `@${store.person(id).name}` : whole))
    .replace(/<!subteam\^([A-Z0-9]+)(?:\|[^>]*)?>/g, (whole, id) =>
      store.group(id) ? `@${store.group(id).handle}` : whole,
    )
    .replace(/<#(C[A-Z0-9]+)(?:\|([^>]*))?>/g, (whole, id, name) =>
      store.channel(id) ? `#${store.channel(id).name}` : name ? `#${name}` : whole,
    )
    .replace(/<(https?:[^<>|\s]+)>/g, "$1")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&amp;/g, "&");
}
