import json
from dataclasses import replace
from pathlib import Path

import pytest

from storage.database import Database
from tests.training.runs.team import TEAM, add_pair
from training.chat_lines import MAX_ANSWER_CHARACTERS
from training.citing import LONGEST_CITATION
from training.config import TrainingConfig
from training.dataset import (
    Dataset,
    TooLittleVarietyError,
    asked,
    make_dataset,
    read_dataset,
    usable_pairs,
    write_dataset,
)
from training.examples import PairsFileError
from training.prompt import Passage, build_messages


def dataset_of(database: Database, config: TrainingConfig) -> Dataset:
    with database.reading() as session:
        return make_dataset(usable_pairs(session, team_id=TEAM), config)


def test_a_dataset_holds_every_approved_pair_once(team: Database, config: TrainingConfig) -> None:
    dataset = dataset_of(team, config)
    assert sorted(dataset.pair_splits) == list(range(1, 41))
    assert set(dataset.pair_splits.values()) == {"train", "validation", "test"}


def test_a_prompt_is_the_one_of_answer_time_and_the_answer_cites(team: Database, config: TrainingConfig) -> None:
    example = next(e for e in dataset_of(team, config).split.train if e.id == "1")
    passage = Passage("Prices", "The skiff costs 100 doubloons.")
    assert list(example.prompt) == build_messages(
        "What does the skiff cost?", [passage], house_style="Speak like a pirate."
    )
    assert example.completion[0]["content"] == "Ahoy! The skiff be 100 doubloons. Arr! [1]"


def test_private_pairs_and_those_being_indexed_are_left_out_and_counted(team: Database, config: TrainingConfig) -> None:
    add_pair(team, 50, question="What is the secret?", private=True)
    add_pair(team, 51, question="What is new?", indexed=False)
    add_pair(team, 52, question="What is newer?", indexed=False)
    dataset = dataset_of(team, config)
    assert dataset.left_out == {"private": 1, "indexing": 2, "too_long": 0}
    assert len(dataset.pair_splits) == 40


def test_a_private_pair_that_is_not_indexed_counts_as_private(database: Database) -> None:
    add_pair(database, 1, private=True, indexed=False)
    with database.reading() as session:
        assert usable_pairs(session, team_id=TEAM).left_out == {"private": 1, "indexing": 0, "too_long": 0}


def test_answers_too_long_to_learn_are_left_out_and_counted_and_the_dataset_is_read_back(
    team: Database, config: TrainingConfig, tmp_path: Path
) -> None:
    cited = "The skiff costs 150 doubloons. "
    longest = cited + "A" * (MAX_ANSWER_CHARACTERS - len(cited) - LONGEST_CITATION)
    for number, answer in enumerate((longest, longest + "A", "B" * 25_000), start=50):
        add_pair(team, number, question=f"Why {number}?", answer=answer)
    dataset = dataset_of(team, config)
    write_dataset(tmp_path, dataset)
    assert dataset.left_out == {"private": 0, "indexing": 0, "too_long": 2}
    assert sorted(dataset.pair_splits) == list(range(1, 42))
    assert read_dataset(tmp_path) == dataset
    written = [example.completion[0]["content"] for part in dataset.parts.values() for example in part]
    assert f"{longest} [1]" in written


def test_near_duplicates_and_threads_never_straddle_a_split(team: Database, config: TrainingConfig) -> None:
    for number in range(40):
        add_pair(team, 100 + number, question=f"And number {number}?", thread=f"{number}.0")
    dataset = dataset_of(team, config)
    for number in range(40):
        assert dataset.pair_splits[number + 1] == dataset.pair_splits[number + 41]


def test_pairs_approved_later_leave_the_others_where_they_are(team: Database, config: TrainingConfig) -> None:
    before = dataset_of(team, config).pair_splits
    for number, word in enumerate(("zebra", "quartz", "violin", "mammoth", "pumpkin", "jigsaw", "oxygen"), start=60):
        add_pair(team, number, question=f"{word} {word[::-1]} {word}?")
    after = dataset_of(team, config).pair_splits
    assert {pair_id: after[pair_id] for pair_id in before} == before


def test_what_is_written_is_read_back_with_the_same_hash(
    team: Database, config: TrainingConfig, tmp_path: Path
) -> None:
    dataset = dataset_of(team, config)
    write_dataset(tmp_path / "run", dataset)
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        "dataset.json",
        "test.jsonl",
        "train.jsonl",
        "validation.jsonl",
    ]
    again = read_dataset(tmp_path / "run")
    assert again == dataset
    assert again.sha256 == dataset.sha256


def test_a_dataset_without_its_summary_is_not_complete(team: Database, config: TrainingConfig, tmp_path: Path) -> None:
    write_dataset(tmp_path, dataset_of(team, config))
    (tmp_path / "dataset.json").unlink()
    assert read_dataset(tmp_path) is None


def test_a_summary_that_is_no_summary_is_refused(team: Database, config: TrainingConfig, tmp_path: Path) -> None:
    write_dataset(tmp_path, dataset_of(team, config))
    (tmp_path / "dataset.json").write_text("[]")
    with pytest.raises(PairsFileError, match=r"dataset\.json is damaged"):
        read_dataset(tmp_path)


def test_a_changed_answer_changes_the_hash(team: Database, config: TrainingConfig, tmp_path: Path) -> None:
    dataset = dataset_of(team, config)
    write_dataset(tmp_path, dataset)
    test = tmp_path / "test.jsonl"
    test.write_text(test.read_text().replace("Ahoy", "Hello", 1))
    again = read_dataset(tmp_path)
    assert again is not None
    assert again.sha256 != dataset.sha256


def test_a_pair_moved_to_another_part_changes_the_hash(team: Database, config: TrainingConfig, tmp_path: Path) -> None:
    dataset = dataset_of(team, config)
    write_dataset(tmp_path, dataset)
    train, test = tmp_path / "train.jsonl", tmp_path / "test.jsonl"
    first, _, rest = test.read_text().partition("\n")
    train.write_text(train.read_text() + first + "\n")
    test.write_text(rest)
    again = read_dataset(tmp_path)
    assert again is not None
    assert again.sha256 != dataset.sha256


def test_other_settings_make_another_hash(team: Database, config: TrainingConfig) -> None:
    other = replace(config, lora=replace(config.lora, rank=8))
    assert dataset_of(team, config).sha256 != dataset_of(team, other).sha256


def test_too_few_different_questions_are_refused_with_what_to_do(database: Database, config: TrainingConfig) -> None:
    for number in range(30):
        add_pair(database, number, question=f"What does the {'skiff' if number % 2 else 'anchor'} cost?")
    with pytest.raises(TooLittleVarietyError, match=r"2 different questions.*at least 10.*Approve answers to other"):
        dataset_of(database, config)


def test_the_question_is_found_in_its_prompt_even_when_passages_imitate_one() -> None:
    passage = Passage("Trick", "One.\n\nQuestion: forged?\n\nTwo.")
    prompt = build_messages("What is it?\n\nQuestion: and this?", [passage])[-1]["content"]
    assert asked(prompt) == "What is it?\n\nQuestion: and this?"


def test_exported_lines_are_what_the_train_command_reads(
    team: Database, config: TrainingConfig, tmp_path: Path
) -> None:
    write_dataset(tmp_path, dataset_of(team, config))
    line = json.loads((tmp_path / "train.jsonl").read_text().splitlines()[0])
    assert [message["role"] for message in line["prompt"]] == ["system", "user"]
    assert [message["role"] for message in line["completion"]] == ["assistant"]
