"""Numbers in an answer point at passages that were given, or go."""

import pytest

from bot.answering.citations import check_citations


@pytest.mark.parametrize(
    ("written", "kept", "cited"),
    [
        ("In the tin [1].", "In the tin [1].", [1]),
        ("In the tin [2]. By the door [1][2].", "In the tin [2]. By the door [1][2].", [2, 1]),
        ("In the tin [4].", "In the tin.", []),
        ("In the tin [0][-1][1].", "In the tin[-1][1].", [1]),
        ("In the tin [1, 2].", "In the tin [1][2].", [1, 2]),
        ("In the tin [1,9].", "In the tin [1].", [1]),
        ("A list[0] of tins", "A list of tins", []),
        ("[1]", "[1]", [1]),
        ("[7]", "", []),
        ("  In the tin.\n", "In the tin.", []),
        ("", "", []),
        ("`tins[0]` [1]", "`tins[0]` [1]", [1]),
        ("```\ntins[0]\n``` [9]", "```\ntins[0]\n```", []),
    ],
)
def test_citations_that_point_nowhere_are_taken_out(written: str, kept: str, cited: list[int]) -> None:
    assert check_citations(written, passages=3) == (kept, cited)
