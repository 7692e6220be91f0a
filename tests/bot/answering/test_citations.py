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
        ("A list[0] of tins", "A list[0] of tins", []),
        ("It is in tins[5].", "It is in tins[5].", []),
        ("It is in the tin[2].", "It is in the tin[2].", [2]),
        ("In the tin [1-9].", "In the tin [1][2][3].", [1, 2, 3]),
        ("In the tin [1–2].", "In the tin [1][2].", [1, 2]),
        ("In the tin [7-9].", "In the tin.", []),
        ("In the tin [7; 8].", "In the tin.", []),
        ("In the tin [1; 3].", "In the tin [1][3].", [1, 3]),
        ("In the tin [7 and 8].", "In the tin.", []),
        ("In the tin [1, 2, and 3].", "In the tin [1][2][3].", [1, 2, 3]),
        ("In the tin [Passage 7].", "In the tin.", []),
        ("In the tin [Passage 2].", "In the tin [2].", [2]),
        ("In the tin [passages 1 and 2].", "In the tin [1][2].", [1, 2]),
        ("In the tin [^7].", "In the tin.", []),
        ("In the tin [^3].", "In the tin [3].", [3]),
        ("In the tin 【7】.", "In the tin.", []),
        ("In the tin【2†source】.", "In the tin[2].", [2]),
        ("在锡罐里[7]。", "在锡罐里。", []),
        (f"In the tin [{'9' * 5_000}].", "In the tin.", []),
        (f"In the tin [1-{'9' * 5_000}].", "In the tin [1][2][3].", [1, 2, 3]),
        ("Ring [the bell] twice [x].", "Ring [the bell] twice [x].", []),
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
