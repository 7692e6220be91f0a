"""Whether what was read holds the figures of an answer: a passage that is cited for a price has to have that price."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from training.citing import telling_words
from training.masking import Carried, figures_in
from training.prompt import Passage

_CITED = re.compile(
    r"(?P<code>```[^\0]*?(?:```|\Z)|`[^`\n]+`)|(?P<space>\s?)(?P<numbers>(?<![a-zA-Z0-9_])(?:\[\d{1,3}\])+)"
)
# A model may write 40,000 signs without a space: what begins anywhere in a run of them begins at its start only.
_TOKEN = re.compile(r"\S+")
_ADDRESS = re.compile(r"://|www\.|[?&]\w+=")
_CODE = re.compile(r"(?<![^\W\d_])[^\W\d_]+[-_]\d\S*")
_NUMBER = re.compile(r"\d+(?:[.,:/–-]\d+)*")
_SENTENCE_END = re.compile(r"(?<![.!?…])[.!?…]+[*_)\"”]*\s+|\n")
MIN_WORDS = 2
TELLING = 3
"""Digits from which a figure is in few passages by chance."""


@dataclass(frozen=True)
class _Held:
    """What a passage holds: looked for once, however often it is cited."""

    carried: Carried
    words: frozenset[str]

    @classmethod
    def by(cls, passage: Passage) -> "_Held":
        text = f"{passage.title}\n{passage.text}"
        return cls(Carried([text]), telling_words(text))


def with_right_numbers(text: str, passages: Sequence[Passage]) -> str:
    """Return `text` with the numbers of passages that have a sentence's figures, where those it cites lack some.

    A number moves only to the one passage that has them all and more of the sentence's words than what it cites: in
    doubt it stays. `text` cites no passage that there is not.
    """
    held = [_Held.by(passage) for passage in passages]
    end = 0

    def checked(match: re.Match[str]) -> str:
        nonlocal end
        if match["code"]:
            return match[0]
        claim, end = _sentence_before(match.string[end : match.start()]), match.end()
        number = _better(claim, [int(digits) for digits in re.findall(r"\d+", match["numbers"])], held)
        return f"{match['space']}[{number}]" if number else match[0]

    return _CITED.sub(checked, text)


def not_read(text: str, read: Sequence[str]) -> tuple[str, ...]:
    """Return the numbers of an answer, telling ones, that are nowhere in what was read: not of codes and addresses."""
    carried = Carried(read)
    said = _without_addresses(_CITED.sub(lambda match: " " if match["code"] else match[0], text))
    unknown = [figure for figure in figures_in(said) if _NUMBER.fullmatch(figure) and _is_telling(figure)]
    return tuple(dict.fromkeys(figure for figure in unknown if not carried.has_figure(figure)))


def _sentence_before(said: str) -> str:
    """Return the last sentence of a text, where its citation stands before or after its full stop."""
    return _SENTENCE_END.split(said.rstrip().rstrip(".!?…"))[-1]


def _without_addresses(said: str) -> str:
    kept = _TOKEN.sub(lambda match: " " if _ADDRESS.search(match[0]) else match[0], said)
    return _CODE.sub(" ", kept)


def _better(claim: str, cited: Sequence[int], held: Sequence[_Held]) -> int | None:
    """Return the number of the passage that should be cited for a claim instead, if it is clear which."""
    figures = figures_in(claim)
    own = [held[number - 1] for number in set(cited) if number <= len(held)]
    if not figures or _have_all(own, figures):
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


def _is_telling(figure: str) -> bool:
    return sum(sign.isdigit() for sign in figure) >= TELLING
