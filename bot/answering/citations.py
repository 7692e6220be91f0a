"""Numbers in brackets in an answer must point at passages that were given."""

import re
from collections.abc import Sequence

from training.citing import supporting_passage
from training.prompt import Passage

# Code comes first: what looks like a citation in it is an index.
_NUMBER = r"(?:(?:passages?|sources?|no\.)\s*|[\^#]\s*)?\d+"
_BETWEEN = r"\s*(?:,\s*and|[,;&/–-]|and|to)\s*"
CITATION = re.compile(
    rf"(?P<code>```[^\0]*?(?:```|\Z)|`[^`\n]+`)|(\s?)[\[【](?P<cited>{_NUMBER}(?:{_BETWEEN}{_NUMBER})*)(?:†[^\]】]*)?[\]】]",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(\d+)\s*(?:[–-]|to)\s*\D*?(\d+)|(\d+)", re.IGNORECASE)


def is_supported(text: str, passages: Sequence[Passage]) -> bool:
    """Return whether a passage holds enough of what `text` says."""
    return supporting_passage(text, passages) is not None


def without_citations(text: str) -> str:
    """Return `text` without its citations."""
    return check_citations(text, passages=0)[0]


def check_citations(text: str, *, passages: int) -> tuple[str, list[int]]:
    """Return `text` without citations that point nowhere, and the numbers that are cited, in order of appearance."""
    cited: list[int] = []

    def keep(match: re.Match[str]) -> str:
        if match["code"]:
            return match["code"]
        numbers = [number for number in _numbers(match["cited"], passages) if 1 <= number <= passages]
        if not numbers and _is_index(match):
            return match[0]
        cited.extend(number for number in dict.fromkeys(numbers) if number not in cited)
        return match[2] + "".join(f"[{number}]" for number in numbers) if numbers else ""

    return CITATION.sub(keep, text).strip(), cited


def _numbers(written: str, passages: int) -> list[int]:
    """Return the numbers in brackets, a range as those of it that a passage can have."""
    numbers: list[int] = []
    for first, last, alone in _RANGE.findall(written):
        start, end = (_number(first), _number(last)) if first else (_number(alone), _number(alone))
        numbers += range(max(start, 1), min(end, passages) + 1)
    return list(dict.fromkeys(numbers))


def _number(digits: str) -> int:
    # Python refuses to read numbers of thousands of digits, and no passage has one of ten.
    return int(digits[:9])


def _is_index(match: re.Match[str]) -> bool:
    """Return whether the brackets belong to a name before them: `tins[7]` is code, even without marks around it."""
    before = match.string[match.start() - 1] if match.start() else ""
    return not match[2] and before.isascii() and (before.isalnum() or before == "_") and match["cited"].isdigit()
