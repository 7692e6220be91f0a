"""Numbers in brackets in an answer must point at passages that were given."""

import re
from collections.abc import Sequence

from training.citing import supporting_passage
from training.prompt import Passage

# Code comes first: what looks like a citation in it is an index.
CITATION = re.compile(r"(?P<code>```[^\0]*?(?:```|\Z)|`[^`\n]+`)|(\s?)\[(\d+(?:\s*,\s*\d+)*)\]")


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
        numbers = [number for number in map(int, match[3].split(",")) if 1 <= number <= passages]
        cited.extend(number for number in dict.fromkeys(numbers) if number not in cited)
        return match[2] + "".join(f"[{number}]" for number in numbers) if numbers else ""

    return CITATION.sub(keep, text).strip(), cited
