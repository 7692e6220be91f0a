"""Whether what was read holds the figures of an answer: a passage that is cited for a price has to have that price."""

import re
from collections.abc import Sequence

from training.citing import telling_words
from training.masking import Carried, figures_in
from training.prompt import Passage

_CITED = re.compile(
    r"(?P<code>```[^\0]*?(?:```|\Z)|`[^`\n]+`)|(?P<space>\s?)(?P<numbers>(?<![a-zA-Z0-9_])(?:\[\d{1,3}\])+)"
)
_ADDRESS = re.compile(r"\S*(?:://|www\.|[?&]\w+=)\S*|[^\W\d_]+[-_]\d\S*")
_NUMBER = re.compile(r"\d+(?:[.,:/–-]?\d+)*")
_SENTENCE_END = re.compile(r"[.!?…]+[*_)\"”]*\s+|\n")
MIN_WORDS = 2
TELLING = 3
"""Digits from which a figure is in few passages by chance."""


def with_right_numbers(text: str, passages: Sequence[Passage]) -> str:
    """Return `text` with the numbers of passages that have a sentence's figures, where those it cites lack some.

    A number moves only to the one passage that has them all and more of the sentence's words than what it cites: in
    doubt it stays. `text` cites no passage that there is not.
    """
    end = 0

    def checked(match: re.Match[str]) -> str:
        nonlocal end
        if match["code"]:
            return match[0]
        claim, end = _sentence_before(match.string[end : match.start()]), match.end()
        number = _better(claim, [int(digits) for digits in re.findall(r"\d+", match["numbers"])], passages)
        return f"{match['space']}[{number}]" if number else match[0]

    return _CITED.sub(checked, text)


def not_read(text: str, read: Sequence[str]) -> tuple[str, ...]:
    """Return the numbers of an answer, telling ones, that are nowhere in what was read: not of codes and addresses."""
    carried = Carried(read)
    said = _ADDRESS.sub(" ", _CITED.sub(lambda match: " " if match["code"] else match[0], text))
    unknown = [figure for figure in figures_in(said) if _NUMBER.fullmatch(figure) and _is_telling(figure)]
    return tuple(dict.fromkeys(figure for figure in unknown if not carried.has_figure(figure)))


def _sentence_before(said: str) -> str:
    """Return the last sentence of a text, where its citation stands before or after its full stop."""
    return _SENTENCE_END.split(said.rstrip().rstrip(".!?…"))[-1]


def _better(claim: str, cited: Sequence[int], passages: Sequence[Passage]) -> int | None:
    """Return the number of the passage that should be cited for a claim instead, if it is clear which."""
    figures = figures_in(claim)
    texts = [f"{passage.title}\n{passage.text}" for passage in passages]
    own = "\n".join(texts[number - 1] for number in cited if number <= len(texts))
    if not figures or _has_all(own, figures):
        return None
    words = telling_words(claim)
    least = max(MIN_WORDS, len(words & telling_words(own)) + 1)
    others = [number for number, text in enumerate(texts, start=1) if number not in cited and _has_all(text, figures)]
    better = [number for number in others if len(words & telling_words(texts[number - 1])) >= least]
    return better[0] if len(better) == 1 else None


def _has_all(text: str, figures: Sequence[str]) -> bool:
    carried = Carried([text])
    return all(carried.has_figure(figure) for figure in figures)


def _is_telling(figure: str) -> bool:
    return sum(sign.isdigit() for sign in figure) >= TELLING
