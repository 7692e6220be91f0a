"""`timbre train` and `timbre evaluate`, below the command line."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.training.conftest import example
from training.checkpoints import AdapterExists, read_manifest
from training.errors import TrainingError
from training.examples import PairsFileError, fingerprint, write_examples
from training.from_files import evaluate_from_file, hold_out, train_from_file
from training.hyperparameters import LoraSettings
from training.models import BaseModelMissing

SETTINGS = LoraSettings(epochs=2, rank=4, learning_rate=2e-2)
NOW = datetime(2026, 1, 2, tzinfo=UTC)
PAIRS = [example(number) for number in range(40)]


@pytest.fixture(scope="module")
def trained(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("run")
    write_examples(folder / "pairs.jsonl", PAIRS)
    write_examples(folder / "held_out.jsonl", [example(number) for number in range(100, 120)])
    result = train_from_file(folder / "pairs.jsonl", tiny_folder, folder / "voice", SETTINGS, now=lambda: NOW)
    assert result is not None
    return folder, result


def test_training_on_a_file_reports_what_happened(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, result = trained
    assert json.loads(json.dumps(result)) == result
    assert result["adapter"] == str(folder / "voice")
    assert result["train_pairs"] + result["validation_pairs"] == 40
    assert 1 <= result["validation_pairs"] <= 12
    assert result["val_loss"] < result["val_loss_start"]
    assert 0 < result["seconds"] < result["total_seconds"]
    assert result["tokens_per_s"] == result["tokens"] / result["seconds"]
    assert result["examples_per_s"] == pytest.approx(2 * result["train_pairs"] / result["seconds"])


def test_tokens_are_counted_without_padding(trained: tuple[Path, dict[str, Any]]) -> None:
    _, result = trained
    train, _ = hold_out(PAIRS, SETTINGS)
    # With a byte-level tokenizer a message is as long as its bytes, role and control tokens.
    wrapped = sum(
        sum(len(m["role"]) + len(m["content"]) + 4 for m in e.prompt)
        + len("assistant")
        + 2
        + len(e.completion[0]["content"])
        + 1
        for e in train
    )
    assert result["tokens"] == 2 * wrapped


def test_the_manifest_says_where_the_adapter_comes_from(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, result = trained
    manifest = read_manifest(folder / "voice")
    assert manifest.adapter_hash == result["adapter_hash"]
    assert manifest.origin.created_at == NOW
    assert manifest.origin.fingerprint == result["fingerprint"] == fingerprint(PAIRS, result["settings"])
    assert manifest.origin.scores["val_loss"] == result["val_loss"]


def test_evaluating_on_a_file_reports_loss_by_arm(tiny_folder: Path, trained: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = trained
    result = evaluate_from_file(
        folder / "held_out.jsonl", tiny_folder, adapter=folder / "voice", against=folder / "voice"
    )
    assert json.loads(json.dumps(result)) == result
    assert result["cases"] == 20
    assert result["loss"]["adapter"] < result["loss"]["base"]
    assert result["loss"]["against"] == result["loss"]["adapter"]
    assert set(result["intervals"]) == {"adapter - base", "adapter - against", "against - base"}
    assert result["intervals"]["adapter - base"]["high"] < 0


def test_bad_lines_are_left_out_and_named_and_the_rest_is_trained_and_measured_on(
    tiny_folder: Path, tmp_path: Path
) -> None:
    pairs = tmp_path / "pairs.jsonl"
    write_examples(pairs, PAIRS[:4])
    with pairs.open("ab") as file:
        file.write(b'{"prompt": "\xff"}\n{"messages": []}\n')
    trained = train_from_file(pairs, tiny_folder, tmp_path / "voice", LoraSettings(epochs=1, rank=2), now=lambda: NOW)
    measured = evaluate_from_file(pairs, tiny_folder)
    assert trained is not None
    assert trained["train_pairs"] == measured["cases"] == 4
    for result in (trained, measured):
        assert [line.partition(": ")[0] for line in result["refused_lines"]] == ["pairs.jsonl:5", "pairs.jsonl:6"]


def test_a_base_can_be_evaluated_alone(tiny_folder: Path, trained: tuple[Path, dict[str, Any]]) -> None:
    result = evaluate_from_file(trained[0] / "held_out.jsonl", tiny_folder)
    assert set(result["loss"]) == {"base"}
    assert result["intervals"] == {}


def test_a_tenth_is_held_out_from_ten_pairs_on_and_always_the_same() -> None:
    assert hold_out(PAIRS[:9], SETTINGS) == (PAIRS[:9], [])
    train, validation = hold_out(PAIRS[:10], SETTINGS)
    assert validation
    assert len(train) + len(validation) == 10
    more = [example(number) for number in range(400)]
    assert hold_out(more, SETTINGS) == hold_out(more, SETTINGS)
    assert len(hold_out(more, SETTINGS)[1]) == pytest.approx(40, abs=15)


def test_nothing_is_held_out_where_validation_has_no_epochs_to_choose_from() -> None:
    assert hold_out(PAIRS, replace(SETTINGS, epochs=1)) == (PAIRS, [])


def test_what_is_wrong_is_said_before_anything_is_loaded(tiny_folder: Path, tmp_path: Path) -> None:
    pairs, out = tmp_path / "pairs.jsonl", tmp_path / "voice"
    with pytest.raises(PairsFileError, match="does not exist"):
        train_from_file(pairs, tiny_folder, out, SETTINGS, now=lambda: NOW)
    write_examples(pairs, PAIRS)
    with pytest.raises(BaseModelMissing, match="set TIMBRE_BASE_MODEL"):
        train_from_file(pairs, tmp_path / "nothing", out, SETTINGS, now=lambda: NOW)
    with pytest.raises(AdapterExists, match="give the path of a new folder"):
        train_from_file(pairs, tmp_path / "nothing", tmp_path, SETTINGS, now=lambda: NOW)
    assert issubclass(PairsFileError, TrainingError)
    assert not out.exists()
