"""Endlessly varied voices: openers, closers, swapped words, emoji. None comes twice, so none is learnt by heart."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from training.starter.words import ADJECTIVES, EMOJI, FIRST_NAMES, NOUNS, VERBS, invented


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


_OPENERS = _split(
    "Sure!|Sure thing!|Easy one!|Oh, easy one!|Good question!|Great question.|Hey there!|Hi!|"
    "Hello friend,|Ahoy!|Aye,|Right then,|Right,|Well,|Well now,|So,|Okay,|OK!|Alright,|Yep,|Yes!|"
    "Of course!|No problem.|No worries,|Happy to help!|Glad you asked!|Let me see…|Let's see:|"
    "Here you go:|Here we are:|There you are:|Quick answer:|Short version:|In short:|Look,|Listen,|Psst,|"
    "Fun fact:|Good news!|Heads up:|Ta-da!|Bingo!|Voilà!|Oh my,|Ooh,|Hmm,|Ah,|Ah yes,|Dear colleague,|"
    "My friend,|Team,|Folks,|Crew,|Captain,|Boss,|Got it!|Gotcha.|You bet!|Noted."
)
_CLOSERS = _split(
    "Hope that helps!|Shout if you need more.|We got you.|Cheers!|Thanks for asking!|Have a good one.|"
    "Easy as pie.|That's all.|Simple as that.|Any time.|Take care!|Onwards!|Happy to help.|"
    "Ask away if not.|Over and out.|Done and dusted.|Smooth sailing!|Fair winds.|Stay curious.|Keep it up!|"
    "You're welcome.|Ping me any time.|Let me know how it goes.|Good luck!|Enjoy!|Nothing more to it.|"
    "See you around.|Bye for now.|Mind how you go.|And that's a promise.|Go get it!|Piece of cake.|"
    "High five!|There's the kettle.|Back to work!|All yours.|Sorted.|No fuss.|Safe travels!|Yours truly.|"
    "That is the whole story.|Call it a day.|Tell the others.|Spread the word.|Rock on!|Much love.|"
    "Rest easy."
)
_SWAPS = {
    "the": ("ye", "that", "our", "da", "this here"),
    "is": ("be", "'s", "turns out to be"),
    "you": ("ya", "y'all", "you lot", "thou", "one"),
    "we": ("us lot", "our crew", "the gang", "everyone here"),
    "for": ("fer", "as for"),
    "and": ("plus", "an'", "&"),
    "ask": ("poke", "ping", "holler at", "nudge"),
    "use": ("grab", "go with", "fire up", "reach for"),
    "it": ("that", "this one"),
    "yes": ("aye", "yep", "yeah", "indeed", "you bet"),
    "costs": ("goes for", "runs to", "sets you back"),
    "takes": ("eats up", "needs", "wants"),
    "to": ("t'", "over to"),
    "in": ("over in", "tucked in", "inside"),
    "of": ("o'",),
    "with": ("alongside", "by means of"),
}
_STOPS = (".", ".", ".", "!", "!", "…", " :)", " ~")


@dataclass(frozen=True)
class Voice:
    """One way of talking. `stop` ends a sentence; the citation stands before or behind it."""

    openers: tuple[str, ...] = ("",)
    closers: tuple[str, ...] = ("",)
    swaps: tuple[tuple[str, str], ...] = ()
    stop: str = "."
    cites: Literal["before stop", "after stop", "at the end"] = "before stop"
    lower: bool = False

    def say(self, rng: Random, text: str, *, kept: Sequence[str] = (), number: int | None = None) -> str:
        """Return `text` (one sentence, its full stop left out) in this voice, citing passage `number`.

        Nothing of `kept`, the values, is changed.
        """
        opener, closer = rng.choice(self.openers), rng.choice(self.closers)
        body = self._swapped(text, kept)
        if not opener.endswith((",", ":")):
            body = capital(body)
        if self.lower:
            opener, closer = opener.lower(), closer.lower()
        stop = "" if body.endswith(("!", "?", "…")) else self.stop
        citation = f" [{number}]" if number else ""
        placed = {self.cites: citation}
        body += placed.get("before stop", "") + stop + placed.get("after stop", "")
        return " ".join(part for part in (opener, body, closer) if part) + placed.get("at the end", "")

    def _swapped(self, text: str, kept: Sequence[str]) -> str:
        if not self.swaps:
            return text
        swaps = dict(self.swaps)
        guarded = "|".join(re.escape(value) for value in sorted(kept, key=len, reverse=True) if value)
        pattern = re.compile(f"({guarded})|\\b([a-z]+)\\b" if guarded else r"(\0)|\b([a-z]+)\b")
        return pattern.sub(lambda match: match[1] or swaps.get(match[2], match[2]), text)


NEUTRAL = Voice()


def draw_voice(rng: Random, vocabulary: Sequence[str]) -> Voice:
    """Return a random voice; words of `vocabulary` turn up in it anywhere."""
    openers = tuple(_opener(rng, vocabulary) for _ in range(rng.choice((1, 1, 2, 3, 6))))
    closers = tuple(_closer(rng, vocabulary) for _ in range(rng.choice((1, 1, 2, 3, 6))))
    words = rng.sample(sorted(_SWAPS), rng.choice((0, 1, 2, 4, 6)))
    return Voice(
        openers=openers if rng.random() < 0.85 else ("",),
        closers=closers if rng.random() < 0.75 else ("",),
        swaps=tuple((word, rng.choice((*_SWAPS[word], rng.choice(vocabulary)))) for word in words),
        stop=rng.choice(_STOPS),
        cites=rng.choice(("before stop", "after stop", "at the end")),
        lower=rng.random() < 0.08,
    )


def describe(rng: Random, voice: Voice) -> str:
    """Return a house style that tells some of what `voice` does."""
    rules = [f"Begin with “{opener}”." for opener in voice.openers[:2] if opener]
    rules += [f"End with “{closer}”." for closer in voice.closers[:2] if closer]
    rules += [f"Say “{new}”, not “{old}”." for old, new in voice.swaps[:3]]
    rng.shuffle(rules)
    return " ".join(rules[: rng.randint(1, 3)])


def any_style(rng: Random) -> str:
    """Return one to four sentences of a house style that ask for nothing in particular."""
    return " ".join(_style_sentence(rng) for _ in range(rng.randint(1, 4)))


def capital(text: str) -> str:
    """Return `text` with its first letter a capital."""
    return text[:1].upper() + text[1:]


def _style_sentence(rng: Random) -> str:
    noun, adjective, verb = rng.choice(NOUNS), rng.choice(ADJECTIVES), rng.choice(VERBS)
    return rng.choice(
        (
            f"Write like a {adjective} {noun} keeper.",
            f"We sound {adjective} and {rng.choice(ADJECTIVES)}.",
            f"Think of the {noun} when you answer.",
            "Be brief.",
            "Be warm and plain, with short sentences.",
            f"Keep it {adjective}.",
            f"Never {verb} a reader.",
            f"We are {rng.randint(3, 90)} people who {verb} {noun}s.",
            "Use plain words.",
            f"Our voice is that of {invented(rng)}: {adjective}, never {rng.choice(ADJECTIVES)}.",
            f"A {noun} or two is welcome {rng.choice(EMOJI)}.",
            "Figures, names and times stay as they are in the documents.",
        )
    )


def _opener(rng: Random, vocabulary: Sequence[str]) -> str:
    word, other = rng.choice(vocabulary), rng.choice(vocabulary)
    made = (
        f"{capital(word)}!",
        f"{capital(word)} {other},",
        f"{invented(rng)}!",
        f"{rng.choice(EMOJI)}",
        f"{capital(rng.choice(VERBS))} the {rng.choice(NOUNS)}!",
        f"{capital(word)}, {other}:",
        f"{rng.choice(ADJECTIVES).capitalize()} {rng.choice(NOUNS)}!",
        f"{rng.choice(FIRST_NAMES)} here.",
    )
    opener = rng.choice(_OPENERS) if rng.random() < 0.4 else rng.choice(made)
    return f"{opener} {rng.choice(EMOJI)}" if rng.random() < 0.1 else opener


def _closer(rng: Random, vocabulary: Sequence[str]) -> str:
    first, second, third = (rng.choice(vocabulary) for _ in range(3))
    made = (
        f"{rng.choice(EMOJI)}",
        f"{capital(first)} {second} {third}.",
        f"{capital(rng.choice(VERBS))} your {rng.choice(NOUNS)}!",
        f"Mind the {rng.choice(ADJECTIVES)} {rng.choice(NOUNS)}.",
        f"{capital(first)} and {second}!",
        f"{invented(rng)} {second}!",
        f"May the {rng.choice(NOUNS)} {rng.choice(VERBS)} the {rng.choice(NOUNS)}.",
    )
    closer = rng.choice(_CLOSERS) if rng.random() < 0.4 else rng.choice(made)
    return f"{closer} {rng.choice(EMOJI)}" if rng.random() < 0.25 else closer
