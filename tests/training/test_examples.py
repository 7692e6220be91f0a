"""Pairs files: what is read, what is refused and how it says so, and splits that stay."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.conftest import example
from training.examples import (
    Example,
    PairsFileError,
    fingerprint,
    read_examples,
    read_usable,
    split,
    write_examples,
)

PAIR = {
    "prompt": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Where are the keys? 🔑"}],
    "completion": [{"role": "assistant", "content": "On the hook."}],
}
groups = st.lists(st.text(min_size=1, max_size=6), min_size=10, max_size=60, unique=True)


def write(folder: Path, *lines: str | bytes) -> Path:
    path = folder / "pairs.jsonl"
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines))
    return path


def changed(**changes: object) -> str:
    return json.dumps(PAIR | changes)


def answer(text: str) -> str:
    return changed(completion=[{"role": "assistant", "content": text}])


def chat(*messages: dict[str, str]) -> str:
    return json.dumps({"messages": messages})


def grouped(names: list[str]) -> list[Example]:
    return [example(number, group=name) for number, name in enumerate(names)]


def test_pairs_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "pairs.jsonl"
    pairs = [example(1), example(2, "zwei\nZeilen — ünïcödé 🎉\u2028")]
    write_examples(path, pairs)
    assert read_examples(path) == pairs
    assert [file.name for file in path.parent.iterdir()] == ["pairs.jsonl"]


def test_a_file_of_the_trl_kind_is_read_with_ids_made_from_its_content(tmp_path: Path) -> None:
    lines = [json.dumps(PAIR), "", answer("On the shelf.")]
    first, second = read_examples(write(tmp_path, *lines))
    assert first.prompt[1]["content"] == "Where are the keys? 🔑"
    assert first.completion == ({"role": "assistant", "content": "On the hook."},)
    assert first.id != second.id
    assert first.group == second.group, "the same prompt must stay on one side of a split"
    assert [second, first] == read_examples(write(tmp_path, *reversed(lines)))


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = write(tmp_path, b"\xef\xbb\xbf" + json.dumps(PAIR).encode() + b"\r", b"\r")
    assert len(read_examples(path)) == 1


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{not json", "not valid JSON (Expecting property name enclosed in double quotes at column 2)"),
        ("[" * 100_000, "not valid JSON (nested too deeply)"),
        (b'{"prompt": "\xff"}', "not valid UTF-8 (byte 13 of the line)"),
        ("[]", "expected a JSON object, got nothing"),
        ('{"completion": []}', '"prompt" is missing'),
        ('{"prompt": [{"role": "user", "content": "a"}]}', '"completion" is missing'),
        (changed(prompt=[]), '"prompt" must be a list of chat messages, got nothing'),
        (changed(prompt="hello"), '"prompt" must be a list of chat messages, got text'),
        (changed(prompt=["hello"]), '"prompt" must hold chat messages, got text'),
        (changed(prompt=[{"role": "bot", "content": "a"}]), 'has the unknown role "bot"; known are system, user'),
        (changed(prompt=[{"role": "user"}]), '"prompt" has a message whose "content" is null, not text'),
        (changed(prompt=[{"role": "user", "content": "\ud800"}]), "not valid Unicode (half of a surrogate pair)"),
        (changed(prompt=PAIR["completion"]), "the prompt ends with an assistant message"),
        (changed(completion=PAIR["prompt"]), '"completion" must be one assistant message, got system, user'),
        (answer(" \n\t"), "the answer is empty"),
        (answer("x" * 100_000), "the answer is 100000 characters long; at most 20000 can be learnt"),
        (chat({"role": "user", "content": "a"}), "must end with the assistant's answer, not with user"),
        (chat(PAIR["completion"][0]), '"messages" must hold a question before the answer'),
        (chat(), '"messages" must be a list of chat messages, got nothing'),
        (changed(messages=[]), '"messages" stands beside "prompt" or "completion"'),
        (changed(id=7), '"id" must be a non-empty text, got a number'),
        (changed(group=""), '"group" must be a non-empty text, got nothing'),
        (changed(masked="7"), '"masked" must be a list of non-empty texts'),
        (changed(quotes=[""]), '"quotes" must be a list of non-empty texts'),
    ],
)
def test_a_bad_line_is_refused_by_number_in_one_line(tmp_path: Path, line: str | bytes, problem: str) -> None:
    with pytest.raises(PairsFileError) as caught:
        read_examples(write(tmp_path, json.dumps(PAIR), line))
    assert str(caught.value).startswith("pairs.jsonl:2: ")
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_whole_chat_is_the_same_example_as_its_prompt_and_completion(tmp_path: Path) -> None:
    whole = chat(*PAIR["prompt"], *PAIR["completion"])
    apart = json.dumps({"prompt": PAIR["prompt"], "completion": PAIR["completion"]})
    first, second = read_examples(write(tmp_path, whole, apart))
    assert first == second


def test_the_other_bad_lines_are_counted(tmp_path: Path) -> None:
    with pytest.raises(PairsFileError, match=r"pairs.jsonl:1: .* \(and 2 more bad lines\)"):
        read_examples(write(tmp_path, "{", json.dumps(PAIR), "}", "?"))


def test_bad_lines_are_named_one_by_one_and_the_rest_is_read(tmp_path: Path) -> None:
    bad: list[str | bytes] = [
        answer(" "),
        answer("x" * 100_000),
        b'{"prompt": "\xff"}',
        changed(prompt=[{"role": "bot", "content": "a"}]),
    ]
    usable = read_usable(write(tmp_path, json.dumps(PAIR), *bad, json.dumps(PAIR)))
    assert len(usable.examples) == 2
    assert [line.place for line in usable.refused] == [f"pairs.jsonl:{number}" for number in (2, 3, 4, 5)]
    assert [line.problem.split()[0] for line in usable.refused] == ["the", "the", "not", '"prompt"']


def test_a_file_of_bad_lines_is_refused_by_the_first(tmp_path: Path) -> None:
    with pytest.raises(PairsFileError, match=r"pairs.jsonl:1: not valid JSON .* \(and 1 more bad lines\)"):
        read_usable(write(tmp_path, "{", answer("")))


def test_an_empty_file_says_what_belongs_in_it(tmp_path: Path) -> None:
    with pytest.raises(PairsFileError, match=r"pairs.jsonl holds no pairs: write one JSON object a line"):
        read_examples(write(tmp_path, "", " "))


def test_a_missing_file_and_a_folder_say_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(PairsFileError, match=r"nowhere\.jsonl does not exist: give the path"):
        read_examples(tmp_path / "nowhere.jsonl")
    with pytest.raises(PairsFileError, match="is a folder: give the path"):
        read_examples(tmp_path)


def test_the_fingerprint_follows_content_and_settings_but_not_order() -> None:
    pairs = [example(1), example(2)]
    same = fingerprint(pairs, {"rank": 8, "seed": 0})
    assert same == fingerprint(pairs[::-1], {"seed": 0, "rank": 8})
    assert same != fingerprint(pairs, {"rank": 16, "seed": 0})
    assert same != fingerprint([example(1), example(2, "Nay.")], {"rank": 8, "seed": 0})
    assert same != fingerprint(pairs[:1], {"rank": 8, "seed": 0})


@given(groups, st.integers(0, 5))
def test_no_part_of_a_split_is_empty_and_each_example_is_in_one(names: list[str], seed: int) -> None:
    pairs = grouped(names + names[:3])
    parts = split(pairs, seed)
    assert parts.train
    assert parts.validation
    assert parts.test
    assert sorted(e.id for part in (parts.train, parts.validation, parts.test) for e in part) == sorted(
        e.id for e in pairs
    )


@given(groups, st.integers(0, 5))
def test_a_group_stays_on_one_side(names: list[str], seed: int) -> None:
    parts = split(grouped(names * 2), seed)
    sides = [{e.group for e in part} for part in (parts.train, parts.validation, parts.test)]
    assert sum(len(side) for side in sides) == len(names)


@given(groups, groups, st.integers(0, 5))
def test_what_was_trained_on_is_never_validated_on_after_more_was_added(
    names: list[str], more: list[str], seed: int
) -> None:
    before = {e.group for e in split(grouped(names), seed).train}
    after = split(grouped(list(dict.fromkeys(names + more))), seed)
    assert before.isdisjoint(e.group for e in (*after.validation, *after.test))


def test_a_large_split_is_about_80_10_10_and_does_not_move_at_all() -> None:
    before = split([example(n) for n in range(1000)], 0)
    after = split([example(n) for n in range(2000)], 0)
    assert len(before.train) == pytest.approx(800, abs=40)
    assert len(before.test) == pytest.approx(100, abs=30)
    for old, new in ((before.train, after.train), (before.validation, after.validation), (before.test, after.test)):
        assert {e.id for e in old} <= {e.id for e in new}
