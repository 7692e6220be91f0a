"""Whether what was read holds the figures of an answer: a passage that is cited for a price has to have that price."""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass

from bot.answering.numerals import as_written, with_dates_in_digits, with_whole_numbers
from training.citing import telling_words
from training.masking import Carried, figures_in
from training.prompt import Passage

_CITED = re.compile(
    r"(?P<code>```[^\0]*?(?:```|\Z)|`[^`\n]+`)"
    r"|(?P<space>\s?)(?P<numbers>(?<![a-zA-Z0-9_])\[\d{1,3}\](?: ?\[\d{1,3}\])*)"
)
# A model may write 40,000 signs without a space: what begins anywhere in a run of them begins at its start only.
_TOKEN = re.compile(r"\S+")
_ADDRESS = re.compile(r"://|www\.|[?&]\w+=")
_CODE = re.compile(r"(?<![^\W\d_])[^\W\d_]+[-_]\d\S*")
_NUMBER = re.compile(r"\d+(?:[.,:/–_-]\d+)*")
_SENTENCE_END = re.compile(r"(?<![.!?…])[.!?…]+[*_)\"”]*\s+|\n")
MIN_WORDS = 2
MOVING = 2
"""Digits from which a figure moves a number: 2 is in many a passage, *two* in every other one."""
TELLING = 3
"""Digits from which a figure is in few passages by chance."""


@dataclass(frozen=True)
class _Held:
    """What a passage holds: looked for once, however often it is cited."""

    carried: Carried
    words: frozenset[str]

    @classmethod
    def by(cls, passage: Passage) -> "_Held":
        text = with_whole_numbers(f"{passage.title}\n{passage.text}")
        return cls(Carried([text]), telling_words(text))


def with_right_numbers(text: str, passages: Sequence[Passage]) -> str:
    """Return `text` with the numbers of passages that have a sentence's figures, where those it cites lack some.

    A number moves only for a figure in digits, two at least, and to the one passage that has all of the sentence's and
    more of its words than what it cites: in doubt it stays. Where several are cited they stay, and it is cited as well.
    `text` cites no passage that there is not.
    """
    held = [_Held.by(passage) for passage in passages]
    end = 0

    def checked(match: re.Match[str]) -> str:
        nonlocal end
        if match["code"]:
            return match[0]
        claim, end = _sentence_before(match.string[end : match.start()]), match.end()
        cited = {int(digits) for digits in re.findall(r"\d+", match["numbers"])}
        number = _better(with_whole_numbers(claim), cited, held)
        if number is None:
            return match[0]
        return f"{match[0] if len(cited) > 1 else match['space']}[{number}]"

    return _CITED.sub(checked, text)


def not_read(text: str, read: Sequence[str]) -> tuple[str, ...]:
    """Return the numbers of an answer, telling ones, that are nowhere in what was read: not of codes and addresses."""
    carried = Carried([with_dates_in_digits(with_whole_numbers(one)) for one in read])
    said = _without_addresses(_CITED.sub(lambda match: " " if match["code"] else match[0], text))
    figures = [figure for figure in figures_in(with_whole_numbers(said)) if _NUMBER.fullmatch(figure)]
    unknown = [figure for figure in figures if _digits(figure) >= TELLING and not carried.has_figure(figure)]
    return tuple(dict.fromkeys(as_written(figure) for figure in unknown))


def _sentence_before(said: str) -> str:
    """Return the last sentence of a text, where its citation stands before or after its full stop."""
    return _SENTENCE_END.split(said.rstrip().rstrip(".!?…"))[-1]


def _without_addresses(said: str) -> str:
    kept = _TOKEN.sub(lambda match: " " if _ADDRESS.search(match[0]) else match[0], said)
    return _CODE.sub(" ", kept)


def _better(claim: str, cited: Set[int], held: Sequence[_Held]) -> int | None:
    """Return the number of the passage that should be cited for a claim instead, if it is clear which."""
    figures = figures_in(claim)
    own = [held[number - 1] for number in cited if number <= len(held)]
    if _have_all(own, [figure for figure in figures if _digits(figure) >= MOVING]):
        return None
    words = telling_words(claim)
    least = max(MIN_WORDS, len(words & frozenset[str]().union(*(one.words for one in own))) + 1)
    better = [
        number
        for number, one in enumerate(held, start=1)
        if number not in cited and len(words & one.words) >= least and _have_all([one], figures)
    ]
    return better[0] if len(better) == 1 else None


def _have_all(held: Sequence[_Held], figures: Sequence[str]) -> bool:
    return all(any(one.carried.has_figure(figure) for one in held) for figure in figures)


def _digits(figure: str) -> int:
    return sum(sign.isdigit() for sign in figure)
