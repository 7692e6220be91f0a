"""Numbers in brackets in an answer must point at passages that were given."""

import re

CITATION = re.compile(r"(\s?)\[(\d+(?:\s*,\s*\d+)*)\]")


def check_citations(text: str, *, passages: int) -> tuple[str, list[int]]:
    """Return `text` without citations that point nowhere, and the numbers that are cited, in order of appearance."""
    cited: list[int] = []

    def keep(match: re.Match[str]) -> str:
        numbers = [number for number in map(int, match[2].split(",")) if 1 <= number <= passages]
        cited.extend(number for number in dict.fromkeys(numbers) if number not in cited)
        return match[1] + "".join(f"[{number}]" for number in numbers) if numbers else ""

    return CITATION.sub(keep, text).strip(), cited
