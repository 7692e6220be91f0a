"""What the documents say about the code is so."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.main import get_command

from bot.cli import app
from bot.settings import PREFIX, Settings
from training.starter import STARTER

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def shown(default: object) -> str:
    value = default.get_secret_value() if isinstance(default, SecretStr) else default
    if str(value) == str(STARTER):
        return "the starter model"
    return "" if value in ("", None) else f"`{value}`"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_a_document_links_to_exists(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)\)", document.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (document.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("name", Settings.model_fields)
def test_the_readme_lists_every_setting_with_its_default_and_meaning(name: str) -> None:
    field = Settings.model_fields[name]
    assert f"| `{PREFIX}{name.upper()}` | {shown(field.default)} | {field.description} |" in README


def test_the_readme_lists_every_setting_once_and_no_other() -> None:
    listed = re.findall(rf"^\| `{PREFIX}([A-Z_]+)`", README, re.MULTILINE)
    assert sorted(listed) == sorted(name.upper() for name in Settings.model_fields)


def test_the_readme_names_every_command() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]  # typer returns a Group
    assert [name for name in commands if not re.search(rf"\b{name}\b", README)] == []


def test_the_readme_leads_to_every_document() -> None:
    assert [path.name for path in (ROOT / "docs").glob("*.md") if f"](docs/{path.name})" not in README] == []


def test_every_picture_is_shown_and_small() -> None:
    pictures = sorted((ROOT / "docs" / "images").glob("*.png"))
    text = "".join(document.read_text(encoding="utf-8") for document in DOCUMENTS)
    assert [picture.name for picture in pictures if f"images/{picture.name}" not in text] == []
    assert {picture.name: size for picture in pictures if (size := picture.stat().st_size) > 120_000} == {}
