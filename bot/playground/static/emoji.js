// The emoji this page can draw, by Slack's shortcodes. Others are shown as :name:.

const TABLE = {
  white_check_mark: "✅", x: "❌", thumbsup: "👍", "+1": "👍", thumbsdown: "👎", "-1": "👎", eyes: "👀", tada: "🎉",
  heart: "❤️", pray: "🙏", clap: "👏", raised_hands: "🙌", rocket: "🚀", fire: "🔥", bulb: "💡", thinking_face: "🤔",
  smile: "😄", slightly_smiling_face: "🙂", grinning: "😀", joy: "😂", wink: "😉", blush: "😊", sweat_smile: "😅",
  cry: "😢", sob: "😭", open_mouth: "😮", sunglasses: "😎", partying_face: "🥳", hugging_face: "🤗", shrug: "🤷",
  wave: "👋", muscle: "💪", ok_hand: "👌", point_right: "👉", point_up: "☝️", point_down: "👇", handshake: "🤝",
  hourglass: "⌛", hourglass_flowing_sand: "⏳", stopwatch: "⏱️", alarm_clock: "⏰", calendar: "📅", date: "📅",
  warning: "⚠️", rotating_light: "🚨", no_entry: "⛔", no_entry_sign: "🚫", question: "❓", grey_question: "❔",
  exclamation: "❗", heavy_check_mark: "✔️", ballot_box_with_check: "☑️", heavy_multiplication_x: "✖️", bangbang: "‼️",
  information_source: "ℹ️", speech_balloon: "💬", thought_balloon: "💭", mega: "📣", loudspeaker: "📢", bell: "🔔",
  bar_chart: "📊", chart_with_upwards_trend: "📈", chart_with_downwards_trend: "📉", scales: "⚖️", balance_scale: "⚖️",
  test_tube: "🧪", microscope: "🔬", robot_face: "🤖", brain: "🧠", gear: "⚙️", wrench: "🔧", hammer: "🔨",
  hammer_and_wrench: "🛠️", toolbox: "🧰", paintbrush: "🖌️", art: "🎨", memo: "📝", pencil: "📝", pencil2: "✏️",
  books: "📚", book: "📖", bookmark: "🔖", link: "🔗", paperclip: "📎", page_facing_up: "📄", file_folder: "📁",
  package: "📦", mailbox: "📫", email: "📧", inbox_tray: "📥", outbox_tray: "📤", key: "🔑", lock: "🔒", unlock: "🔓",
  closed_lock_with_key: "🔐", shield: "🛡️", mag: "🔍", pushpin: "📌", round_pushpin: "📍", wastebasket: "🗑️",
  arrows_counterclockwise: "🔄", repeat: "🔁", rewind: "⏪", leftwards_arrow_with_hook: "↩️", arrow_right: "➡️",
  arrow_left: "⬅️", arrow_up: "⬆️", arrow_down: "⬇️", arrow_upper_right: "↗️", new: "🆕", ok: "🆗", sparkles: "✨",
  star: "⭐", star2: "🌟", zap: "⚡", "100": "💯", trophy: "🏆", medal: "🏅", crown: "👑", gift: "🎁", balloon: "🎈",
  musical_note: "🎵", notes: "🎶", microphone: "🎤", studio_microphone: "🎙️", headphones: "🎧", sound: "🔉",
  loud_sound: "🔊", speaker: "🔈", radio: "📻", violin: "🎻", guitar: "🎸", musical_keyboard: "🎹", bells: "🔔",
  coffee: "☕", tea: "🍵", cake: "🍰", cookie: "🍪", pizza: "🍕", beers: "🍻", apple: "🍎", bread: "🍞", soup: "🍲",
  sun_with_face: "🌞", sunny: "☀️", cloud: "☁️", rain_cloud: "🌧️", snowflake: "❄️", rainbow: "🌈", ocean: "🌊",
  seedling: "🌱", herb: "🌿", four_leaf_clover: "🍀", evergreen_tree: "🌲", deciduous_tree: "🌳", maple_leaf: "🍁",
  cat: "🐱", dog: "🐶", otter: "🦦", duck: "🦆", bird: "🐦", owl: "🦉", fish: "🐟", whale: "🐳", octopus: "🐙",
  bee: "🐝", snail: "🐌", turtle: "🐢", fox_face: "🦊", bear: "🐻", penguin: "🐧", crab: "🦀",
  anchor: "⚓", boat: "⛵", sailboat: "⛵", ship: "🚢", canoe: "🛶", compass: "🧭", lighthouse: "🗼", umbrella: "☔",
  house: "🏠", office: "🏢", car: "🚗", truck: "🚚", bike: "🚲", airplane: "✈️", train: "🚆", moneybag: "💰",
  dollar: "💵", credit_card: "💳", receipt: "🧾", computer: "💻", phone: "☎️", iphone: "📱", printer: "🖨️", bug: "🐛",
  red_circle: "🔴", large_orange_circle: "🟠", large_yellow_circle: "🟡", large_green_circle: "🟢",
  large_blue_circle: "🔵", large_purple_circle: "🟣", white_circle: "⚪", black_circle: "⚫", green_heart: "💚",
  blue_heart: "💙", yellow_heart: "💛", purple_heart: "💜", one: "1️⃣", two: "2️⃣", three: "3️⃣", four: "4️⃣", five: "5️⃣",
  a: "🅰️", b: "🅱️", face_with_monocle: "🧐", nerd_face: "🤓", sleeping: "😴", ghost: "👻", skull: "💀", see_no_evil: "🙈",
};

/** What the picker offers, the reactions that mean something to Timbre first. */
export const PICKER = [
  "white_check_mark", "x", "thumbsup", "thumbsdown", "eyes", "tada", "heart", "pray", "clap", "raised_hands", "rocket", "fire",
  "bulb", "thinking_face", "smile", "joy", "blush", "open_mouth", "cry", "wave", "muscle", "100", "sparkles", "star",
  "warning", "question", "hourglass_flowing_sand", "memo", "books", "wrench", "coffee", "cake", "anchor", "sailboat", "otter", "octopus",
];

/** The character for a shortcode (a skin tone is ignored), or null. */
export function emoji(name) {
  const base = name.split("::")[0];
  return Object.hasOwn(TABLE, base) ? TABLE[base] : null;
}

/** What to show for a shortcode: the character, or :name:. */
export const emojiText = (name) => emoji(name) ?? `:${name}:`;

/** Shortcodes that hold `part`, those that start with it first. */
export function emojiNames(part, limit = 8) {
  const found = Object.keys(TABLE).filter((name) => name.includes(part));
  return found.sort((a, b) => Number(b.startsWith(part)) - Number(a.startsWith(part))).slice(0, limit);
}
