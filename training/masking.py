"""Finds what an answer tells that its prompt does not: figures and names. They are left out of what is learnt.

Facts come from retrieval. A price that was right when an answer was approved, and that no passage tells any more, would
otherwise be in the weights for good.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import reduce

_URL = re.compile(r"https?://[^\s<>|]+|(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_FIGURE = re.compile(r"(?<!\w)[^\W\d_]*\d+(?:[.,:/–-]?\w+)*")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_NO_FACT = re.compile(
    r"\[\d{1,3}\]"  # a citation
    r"|\[[A-Z]+_\d+\]"  # a placeholder of what was redacted
    r"|:[a-z0-9_+-]+:"  # an emoji
    r"|^[ \t]*\d{1,2}[.)](?=\s)",  # the number of a step
    re.MULTILINE,
)
_SENTENCE_START = re.compile(r"(?:^|[.!?:;…\n>\"“”(*_•—–-])[\s*_\"“(>]*$")
_SMALL = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_TEENS = ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SPELLED = {
    **{word: str(value) for value, word in enumerate([*_SMALL, *_TEENS], start=2)},
    **{word: str(value * 10) for value, word in enumerate(_TENS, start=2)},
    "dozen": "12",
    "hundred": "100",
    "thousand": "1000",
}
_MOST_CAPITALS = 0.2
"""Where more of the words within sentences begin with a capital, as German nouns do, capitals tell no names."""
_HABIT_SHARE = 0.05
_HABIT_ANSWERS = 5


def names_in(texts: Iterable[str]) -> frozenset[str]:
    """Return the words, in lower case, that are names by how `texts` write them: with a capital within a sentence.

    A word that stands in lower case anywhere is none, and neither is one with a capital at the start of sentences only:
    *Ahoy* is a greeting. Where most nouns have a capital none is told from a name, and none is returned.
    """
    capital: list[str] = []
    lower: set[str] = set()
    within = 0
    for text in texts:
        for word, starts_sentence in _words(text):
            within += not starts_sentence
            if word[0].islower():
                lower.add(word.lower())
            elif not starts_sentence or any(letter.isupper() for letter in word[1:]):
                capital.append(word.lower())
    if within and len(capital) > _MOST_CAPITALS * within:
        return frozenset()
    return frozenset(word for word in capital if len(word) > 1) - lower


def said_by_habit(answers: Collection[str], names: frozenset[str]) -> frozenset[str]:
    """Return those of `names` that a twentieth of the answers, five at least, have in the same three words.

    "Bung the otter approves" under every tenth answer is no fact that could go stale, but a part of the voice.
    """
    found: Counter[tuple[str, ...]] = Counter()
    for answer in set(answers):
        words = [word.lower() for word, _ in _words(answer)]
        found.update({phrase for phrase in zip(words, words[1:], words[2:], strict=False) if names & set(phrase)})
    often = max(_HABIT_ANSWERS, _HABIT_SHARE * len(answers))
    return frozenset(word for phrase, count in found.items() if count >= often for word in phrase) & names


def not_carried(answer: str, carriers: Sequence[str], names: frozenset[str]) -> tuple[str, ...]:
    """Return the figures, names and addresses in `answer` that are in none of `carriers`, each once, as they stand.

    `carriers`: what its prompt says, without the numbers of the passages. `names`: what `names_in` found.
    """
    said = _NO_FACT.sub(lambda match: " " * len(match[0]), answer)
    carried = Carried(carriers)
    found = [match[0].rstrip(".,;:!?)") for match in _URL.finditer(said)]
    unknown = [url for url in found if not carried.has_text(url)]
    rest = reduce(lambda text, url: text.replace(url, " "), found, said)
    unknown += [figure for figure in _figures(rest) if not carried.has_figure(figure)]
    unknown += [word for word, _ in _words(rest) if word.lower() in names and not carried.has_word(word)]
    return tuple(dict.fromkeys(unknown))


def figures_in(text: str) -> list[str]:
    """Return the figures that a text tells, numbers in words too: not citations, placeholders, or numbers of steps."""
    return _figures(_URL.sub(" ", _NO_FACT.sub(" ", text)))


class Carried:
    """What texts hold, in whatever form they write it."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._text = "\n".join(texts).lower()
        self._words = {word.lower() for word, _ in _words(self._text)}
        figures = _figures(self._text)
        self._runs = {run for figure in figures for run in _runs(figure)}
        self._whole = {"".join(_runs(figure)) for figure in figures}

    def has_text(self, text: str) -> bool:
        return text.lower() in self._text

    def has_word(self, word: str) -> bool:
        return word.lower() in self._words

    def has_figure(self, figure: str) -> bool:
        """Return whether a figure is there in whatever form: 1,400 as 1400, 10am as 10 o'clock, two as 2."""
        runs = _runs(figure)
        return "".join(runs) in self._whole or all(run in self._runs for run in runs)


def _figures(text: str) -> list[str]:
    spelled = [word for word, _ in _words(text) if word.lower() in _SPELLED]
    return [match[0] for match in _FIGURE.finditer(text)] + spelled


def _runs(figure: str) -> list[str]:
    return [_SPELLED[figure.lower()]] if figure.lower() in _SPELLED else re.findall(r"\d+", figure)


def _words(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each word without its possessive ending, and whether a sentence starts with it."""
    for match in _WORD.finditer(text):
        word = re.sub(r"['’]s?$", "", match[0])
        # What I do is nobody's name.
        if word and not re.match(r"I(?:['’]|$)", word):
            yield word, bool(_SENTENCE_START.search(text[max(0, match.start() - 12) : match.start()]))
