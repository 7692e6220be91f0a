"""Which question a message answers, and what belongs to the answer: by rule, from the messages around it.

In a thread the first message is the question; where it is none (a greeting, an announcement, a bot's, deleted), it is
the last question before the answer by somebody else. Outside threads it is the nearest earlier question in the channel.
Consecutive messages of one author are one answer.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.slack.messages import SlackMessage

LOOK_BACK_MESSAGES = 20
"""Outside threads: how many messages before an answer its question may stand."""
LOOK_BACK_S = 2 * 3600.0
"""Outside threads: how long before an answer its question may have been asked."""
PAUSE_S = 600.0
"""Outside threads: after a longer pause, somebody's next message is something else."""

_NOT_WORDS = re.compile(r"```.*?```|`[^`]*`|<https?://[^>]*>|https?://\S+", re.DOTALL)
_TO_EVERYBODY = re.compile(r"<!(?:channel|here|everyone)\b|(?<!\w)@(?:channel|here|everyone)\b")
_ADDRESSED = re.compile(r"^(?:\s|<@[^>]+>|@[\w.-]+|[,:;!—-])*")
_GREETING = re.compile(
    r"^(?:hi|hey|hello|hiya|morning|good (?:morning|afternoon|evening|day)|greetings|welcome|thanks|thank you|cheers|"
    r"congrat\w*|happy \w+|fyi|ok|okay|\+1|lol)\b(?:\s+(?:all|everyone|everybody|folks|team|there|guys|y'all|people|"
    r"again|[\w'’-]+))?[\s!.,:;)(🙂👋🎉-]*$",
    re.IGNORECASE,
)
_LEAD = r"(?:so |and |but |also |quick question[:,]? |question[:,]? ){0,5}"
# Each part at most a few times: where a greeting could be repeated at will, "hi,hi,hi,…" took for ever.
_ASKS = re.compile(
    rf"^{_LEAD}(?:(?:hi|hey|hello)\b[^.?!]{{0,30}}[,!.—-]{{1,5}} ?)?{_LEAD}"
    r"(?:who|whom|whose|what|what's|when|where|where's|which|why|how|how's|is|are|am|was|were|do|does|did|can|could|"
    r"will|would|should|shall|may|has|have|had|any|anyone|anybody|does anyone|is there|are there|wondering|"
    r"i wonder|i'm wondering|i need help|need help|help with|please help|looking for|i'm looking for|"
    r"tell me|can't seem|i don't know how|i don't understand|not sure (?:how|what|where|why|when|if|whether))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Exchange:
    """A question and the messages that answer it. `in_thread`: people put the one below the other themselves."""

    question: SlackMessage
    answers: tuple[SlackMessage, ...]
    in_thread: bool

    @property
    def text(self) -> str:
        """What the answer says, one message a paragraph."""
        return "\n\n".join(message.text for message in self.answers if message.text.strip())


def is_question(text: str) -> bool:
    """Return whether somebody asks something: with a question mark, or in the words of a question."""
    words = _ADDRESSED.sub("", _NOT_WORDS.sub(" ", text)).strip()
    return "?" in words or bool(_ASKS.match(words))


def is_opening(text: str) -> bool:
    """Return whether a message greets or announces, rather than says something to be answered."""
    if is_question(text):
        return False
    words = _ADDRESSED.sub("", _TO_EVERYBODY.sub("", text)).strip()
    return bool(_TO_EVERYBODY.search(text)) or not words or bool(_GREETING.match(words))


def in_thread(messages: Sequence[SlackMessage], ts: str) -> Exchange | None:
    """Return the exchange that the reply `ts` belongs to, None when it answers nothing.

    `messages`: the thread's messages in order, those that still stand. Its first one may be missing.
    """
    answers = _run(messages, ts)
    if not answers:
        return None
    author, start = answers[0].user_id, answers[0].ts
    before = [m for m in messages if m.ts < start and m.is_said and m.user_id != author and m.text.strip()]
    root = next((m for m in before if not m.is_reply), None)
    if root is not None and is_question(root.text):
        return Exchange(root, answers, in_thread=True)
    asked = next((m for m in reversed(before) if is_question(m.text)), None)
    if asked is None and root is not None and not is_opening(root.text):
        asked = root
    return Exchange(asked, answers, in_thread=True) if asked else None


def in_channel(messages: Sequence[SlackMessage], ts: str) -> Exchange | None:
    """Return the exchange that `ts`, which stands outside threads, belongs to: a guess, for a reviewer to look at.

    `messages`: the channel's top level in order, up to and a little beyond `ts`. The question is the nearest earlier
    one by somebody else, `LOOK_BACK_MESSAGES` and `LOOK_BACK_S` away at most. What asks something is no answer here.
    """
    answers = _run(messages, ts, pause_s=PAUSE_S)
    if not answers or any(message.ts == ts and is_question(message.text) for message in answers):
        return None
    first = answers[0]
    before = [m for m in messages if m.ts < first.ts and float(first.ts) - float(m.ts) <= LOOK_BACK_S]
    for message in reversed(before[-LOOK_BACK_MESSAGES:]):
        if message.is_said and message.user_id != first.user_id and is_question(message.text):
            return Exchange(message, answers, in_thread=False)
    return None


def runs(messages: Sequence[SlackMessage], *, pause_s: float | None = None) -> list[tuple[SlackMessage, ...]]:
    """Return consecutive messages of one author together; a pause longer than `pause_s` parts them.

    What nobody said (a join, a tombstone) neither belongs to a run nor parts one; a bot's message parts.
    """
    grouped: list[list[SlackMessage]] = []
    for message in messages:
        if message.is_notice:
            continue
        last = grouped[-1][-1] if grouped else None
        together = last is not None and last.user_id == message.user_id and last.is_from_bot == message.is_from_bot
        if together and last and pause_s is not None:
            together = float(message.ts) - float(last.ts) <= pause_s
        if together:
            grouped[-1].append(message)
        else:
            grouped.append([message])
    return [tuple(group) for group in grouped]


def without(messages: Sequence[SlackMessage], people: Collection[str]) -> list[SlackMessage]:
    """Return the messages with those of `people` emptied: they still part the answers of others."""
    return [
        message if message.user_id not in people else SlackMessage(message.ts, message.thread_ts, "", "", True)
        for message in messages
    ]


def _run(messages: Sequence[SlackMessage], ts: str, *, pause_s: float | None = None) -> tuple[SlackMessage, ...]:
    """Return the run of an answer that holds `ts`. A thread's first message asks, so it is no part of an answer."""
    for run in runs(messages, pause_s=pause_s):
        if any(message.ts == ts for message in run):
            said = [message for message in run if message.is_said]
            return tuple(said) if any(message.ts == ts for message in said) else ()
    return ()
