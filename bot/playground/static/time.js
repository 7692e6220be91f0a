// Timestamps for people. Slack's `ts` is seconds since 1970 with a counter behind the dot.

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", month: "long", day: "numeric" });
const DAY_WITH_YEAR = new Intl.DateTimeFormat(undefined, { month: "long", day: "numeric", year: "numeric" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const DATE_PARTS = {
  date_num: { year: "numeric", month: "2-digit", day: "2-digit" },
  date: { month: "long", day: "numeric", year: "numeric" },
  date_short: { month: "short", day: "numeric", year: "numeric" },
  date_long: { weekday: "long", month: "long", day: "numeric", year: "numeric" },
  time: { hour: "numeric", minute: "2-digit" },
  time_secs: { hour: "numeric", minute: "2-digit", second: "2-digit" },
};

export const dateOf = (ts) => new Date(Number(ts) * 1000);
export const clock = (ts) => CLOCK.format(dateOf(ts));
export const full = (ts) => FULL.format(dateOf(ts));
export const dayKey = (ts) => dateOf(ts).toDateString();

/** "Today", "Yesterday", "Monday, November 2", or with the year when it is another one. */
export function day(ts, now = new Date()) {
  const date = dateOf(ts);
  const daysAgo = Math.round((startOfDay(now) - startOfDay(date)) / 86_400_000);
  if (daysAgo === 0) return "Today";
  if (daysAgo === 1) return "Yesterday";
  return date.getFullYear() === now.getFullYear() ? DAY.format(date) : DAY_WITH_YEAR.format(date);
}

/** "today at 9:41", "November 2 at 9:41". */
export function ago(ts, now = new Date()) {
  const name = day(ts, now);
  return `${name === "Today" || name === "Yesterday" ? name.toLowerCase() : name} at ${clock(ts)}`;
}

/** Fill in Slack's `<!date^…>` pattern, such as "{date_short} at {time}"; unknown parts stay as they are. */
export function formatDate(seconds, pattern) {
  return pattern.replace(/\{(\w+)\}/g, (whole, name) => {
    const part = DATE_PARTS[name.replace(/_pretty$/, "")];
    if (name === "ago") return ago(seconds);
    return part ? new Intl.DateTimeFormat(undefined, part).format(dateOf(seconds)) : whole;
  });
}

function startOfDay(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate());
}
