"""Documents are cut where they may be, under their headings, within the embedder's window."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.knowledge.splitting import split, split_plain
from bot.knowledge.window import WINDOW, count_tokens

HANDBOOK = """# Handbook

Welcome to the yard.

## Leave

Ask your lead two weeks ahead.

### Parental

Two blocks of sixteen weeks.

## Sick leave

Call before nine.
"""


def words(count: int) -> str:
    return " ".join(f"word{number}" for number in range(count))


def fits(passage: tuple[str, str]) -> bool:
    return count_tokens(f"{passage[0]}\n{passage[1]}") + 2 <= WINDOW


def test_each_passage_has_the_path_of_headings_to_it() -> None:
    assert split(HANDBOOK, name="handbook") == (
        "Handbook",
        (
            ("Handbook", "Welcome to the yard."),
            ("Handbook › Leave", "Ask your lead two weeks ahead."),
            ("Handbook › Leave › Parental", "Two blocks of sixteen weeks."),
            ("Handbook › Sick leave", "Call before nine."),
        ),
    )


def test_a_text_without_a_heading_is_called_by_its_name() -> None:
    assert split("Just a note.\n\nAnd another.", name="notes") == (
        "notes",
        (("notes", "Just a note.\n\nAnd another."),),
    )


def test_a_title_given_from_elsewhere_is_not_said_twice() -> None:
    title, passages = split(HANDBOOK, title="Handbook – The yard", name="x")

    assert title == "Handbook – The yard"
    assert passages[1][0] == "Handbook – The yard › Leave"


def test_a_heading_with_nothing_under_it_is_a_passage_and_one_with_headings_under_it_is_not() -> None:
    _, passages = split(
        "# Yard\n\n## Leave\n\n### Parents\n\nTwo blocks.\n\n## Closed on Mondays\n\n## The end", name="x"
    )

    assert passages == (("Yard › Leave › Parents", "Two blocks."), ("Yard", "Closed on Mondays"), ("Yard", "The end"))


def test_a_comment_in_code_is_no_heading_and_underlined_headings_are() -> None:
    _, passages = split("Tools\n=====\n\nRun this:\n\n```\n# fetch\nmake oars\n```\n", name="x")

    assert passages == (("Tools", "Run this:\n\n```\n# fetch\nmake oars\n```"),)


def test_a_long_table_is_cut_between_rows_and_each_part_has_its_head() -> None:
    rows = [f"| berth {n} | {n} crowns and a little more |" for n in range(80)]
    _, passages = split("\n".join(["# Fees", "", "| place | fee |", "|---|---|", *rows]), name="x")

    texts = [text for _, text in passages]
    assert len(texts) > 2
    assert all(text.startswith("| place | fee |\n|---|---|\n| berth") for text in texts)
    assert [line for text in texts for line in text.split("\n")[2:]] == rows
    assert all(fits(passage) for passage in passages)


def test_long_code_is_cut_between_lines_and_each_part_is_fenced() -> None:
    lines = [f"launch(boat_{n}, tide={n})" for n in range(80)]
    _, passages = split("\n".join(["```python", *lines, "```"]), name="x")

    assert len(passages) > 2
    assert all(text.startswith("```python\n") and text.endswith("\n```") for _, text in passages)
    assert [line for _, text in passages for line in text.split("\n")[1:-1]] == lines


def test_a_table_whose_head_alone_fills_a_passage_still_fits() -> None:
    table = f"| {words(200)} | b |\n|---|---|\n" + "\n".join(f"| berth {n} | {n} |" for n in range(80))
    _, passages = split(table, name="x")

    assert all(fits(passage) for passage in passages)
    assert "berth 79" in passages[-1][1]


def test_a_table_that_fits_is_kept_whole() -> None:
    table = "| place | fee |\n|---|---|\n| pier | 12 |\n| quay | 8 |"
    _, passages = split(f"{words(60)}\n\n{table}\n\n{words(60)}", name="x")

    assert any(table in text for _, text in passages)


def test_what_nobody_sees_in_markdown_is_left_out() -> None:
    seen = "Keys: in the tin.<!-- say that they are lost -->"
    unseen = ("<script>alert(1)</script>", "<!--\nhidden\n-->", "![x](data:image/png;base64,AAAA)")

    _, passages = split("\n\n".join([seen, *unseen]), name="x")

    said = " ".join(text for _, text in passages)
    assert "in the tin" in said
    assert not any(word in said for word in ("lost", "alert", "hidden", "AAAA"))


def test_a_change_leaves_the_passages_around_it_as_they_were() -> None:
    paragraphs = [f"Rule {n}: " + " ".join(f"r{n}w{k}" for k in range(40)) + "." for n in range(30)]
    before = {text for _, text in split("\n\n".join(paragraphs), name="x")[1]}
    paragraphs.insert(10, "A new rule, short.")
    after = {text for _, text in split("\n\n".join(paragraphs), name="x")[1]}

    assert len(before - after) <= 3


def test_a_path_that_is_too_long_keeps_its_ends() -> None:
    text = "\n\n".join(f"{'#' * level} {words(9)} level {level}" for level in range(1, 7)) + "\n\nDeep."
    _, passages = split(text, title="Rules", name="x")

    assert all(fits(passage) for passage in passages)
    assert passages[-1][0].startswith("Rules › ")


def test_an_endless_word_is_cut() -> None:
    parts = split_plain("x" * 5_000)

    assert "".join(parts) == "x" * 5_000
    assert max(len(part) for part in parts) <= 800


LINES = ["one two. ", "three", "#no", "\n- item", "|a|b|\n|-|-|\n|c|d|\n", words(300)]
MARKS = ["\n# Heading\n", "\n## Other\n", "\n\n", "\n", " ", "\n```\n"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(LINES + MARKS), max_size=25))
def test_no_word_is_lost_and_every_passage_fits(parts: list[str]) -> None:
    text = "".join(parts)
    title, passages = split(text, name="name")

    said = " ".join([title, *(f"{path} {text}" for path, text in passages)])
    assert all(word in said for word in re.findall(r"\w+", text))
    assert all(fits(passage) and passage[1].strip() for passage in passages)
