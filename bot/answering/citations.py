"""Numbers in brackets in an answer must point at passages that were given."""

import re

CITATION = re.compile(r"\s?\[(\d+)\]")


def check_citations(text: str, *, passages: int) -> tuple[str, list[int]]:
    """Return `text` without citations that point nowhere, and the numbers that are cited, in order of appearance."""
    cited: list[int] = []

    def keep(match: re.Match[str]) -> str:
        number = int(match[1])
        if not 1 <= number <= passages:
            return ""
        if number not in cited:
            cited.append(number)
        return match[0]

    return CITATION.sub(keep, text).strip(), cited
