"""The licence that a base model states, wherever it does."""

import json
import shutil
from pathlib import Path

import pytest

from training.base_licence import base_licence


@pytest.fixture
def folder(tiny_folder: Path, tmp_path: Path) -> Path:
    shutil.copytree(tiny_folder, tmp_path / "base")
    return tmp_path / "base"


def test_a_base_that_states_no_licence_has_none(folder: Path) -> None:
    assert base_licence(folder) is None
    (folder / "README.md").write_text("# A model\n\nlicense: mentioned, but not in the front matter\n")
    assert base_licence(folder) is None


@pytest.mark.parametrize(
    ("front_matter", "licence"),
    [
        ("license: apache-2.0", "apache-2.0"),
        ("license: [mit, cc-by-4.0]", "mit, cc-by-4.0"),
        ("license: other\nlicense_name: llama3.1", "llama3.1"),
        ("license: other\nlicense_link: https://example.com/terms", "https://example.com/terms"),
        ("license: other", "other"),
        ("license: |\n  two\n  lines", "two lines"),
    ],
)
def test_the_card_s_front_matter_tells_the_licence(folder: Path, front_matter: str, licence: str) -> None:
    (folder / "README.md").write_text(f"---\nlanguage: en\n{front_matter}\n---\n# A model\n")
    assert base_licence(folder) == licence


def test_the_configuration_tells_it_where_the_card_does_not(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"license": "gemma"}))
    assert base_licence(folder) == "gemma"
    (folder / "README.md").write_text("---\nlicense: mit\n---\n")
    assert base_licence(folder) == "mit"


@pytest.mark.parametrize("card", [b"---\nlicense: [\n---\n", b"---\n- a list\n---\n", b"---\nlicense: \xff\n---\n"])
def test_a_card_that_cannot_be_read_states_nothing(folder: Path, card: bytes) -> None:
    (folder / "README.md").write_bytes(card)
    assert base_licence(folder) is None


def test_a_hub_model_whose_card_is_out_of_reach_states_nothing() -> None:
    assert base_licence("nobody/nothing") is None
