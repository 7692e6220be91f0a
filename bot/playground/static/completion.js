// What could be meant by the word before the caret: a person, a group, a channel, an emoji, a command.

import { emoji, emojiNames } from "./emoji.js";

const LIMIT = 8;

/** Return { start, items: [{ label, hint, insert }] } for the text before the caret; no items when nothing fits. */
export function complete(before, store, members = []) {
  for (const [pattern, suggest] of SUGGESTERS) {
    const match = pattern.exec(before);
    if (match)
      return {
        start: before.length - match[1].length,
        items: suggest(match[1].toLowerCase(), store, members, match).slice(0, LIMIT),
      };
  }
  return { start: before.length, items: [] };
}

const SUGGESTERS = [
  [/^(\/[\w-]*)$/, commands],
  [/^\/[\w-]+ ([\w-]*)$/, subcommands],
  [/(?:^|[\s(])(@[\w.-]*)$/, people],
  [/(?:^|[\s(])(#[\w-]*)$/, channels],
  [/(?:^|\s)(:[a-z0-9_+]{2,})$/, emojis],
];

function commands(typed, store) {
  return store.commands
    .filter(({ command }) => command.startsWith(typed))
    .map(({ command, description, usage_hint: usage }) => ({
      label: command,
      hint: [usage, description].filter(Boolean).join(" · "),
      insert: `${command} `,
    }));
}

/** The words of a usage hint such as "[ask|retrain|help]". */
function subcommands(typed, store, _members, match) {
  const command = store.commands.find((one) => match[0].startsWith(`${one.command} `));
  const words = (command?.usage_hint ?? "").split(/[^\w-]+/).filter(Boolean);
  return words
    .filter((word) => word.startsWith(typed) && word !== typed)
    .map((word) => ({ label: word, hint: `${command.command} ${word}`, insert: word }));
}

function people(typed, store, members) {
  const part = typed.slice(1);
  const fits = (...names) =>
    names.some((name) =>
      (name ?? "")
        .toLowerCase()
        .split(/\s+/)
        .some((word) => word.startsWith(part)),
    );
  const found = [...store.people.values()]
    .filter((person) => fits(person.name, person.real_name))
    .map((person) => ({
      label: `@${person.name}`,
      hint: person.real_name,
      insert: `@${person.name} `,
      person,
      rank: person.is_bot ? 0 : members.includes(person.id) ? 1 : 2,
    }));
  const groups = [...store.groups.values()]
    .filter((group) => fits(group.handle, group.name))
    .map((group) => ({
      label: `@${group.handle}`,
      hint: `${group.name}, ${group.members.length} people`,
      insert: `@${group.handle} `,
      rank: 2,
    }));
  return [...found, ...groups].sort((a, b) => a.rank - b.rank || a.label.localeCompare(b.label));
}

function channels(typed, store) {
  return [...store.channels.values()]
    .filter(({ name }) => name?.startsWith(typed.slice(1)))
    .map(({ name, topic, purpose }) => ({
      label: `#${name}`,
      hint: topic || purpose || "",
      insert: `#${name} `,
    }));
}

function emojis(typed) {
  return emojiNames(typed.slice(1), LIMIT).map((name) => ({
    label: `${emoji(name)} :${name}:`,
    hint: "",
    insert: `${emoji(name)} `,
  }));
}
