"""Looks at a base model's folder without loading it: needs no torch, so a missing one is told of at once."""

from pathlib import Path

from training.errors import TrainingError


class BaseModelMissing(TrainingError):  # noqa: N818 - the name says what is the case
    """No base model under that name; the message says what to set."""


def base_folder(name_or_folder: str | Path) -> Path | None:
    """Return the folder of a base model, or None when the name is a hub id.

    Raises BaseModelMissing when it is neither, or the folder lacks what a model is read from.
    """
    name = str(name_or_folder)
    folder = Path(name).expanduser()
    if folder.is_dir():
        _check(folder)
        return folder
    if folder.exists() or _looks_like_a_path(name):
        raise BaseModelMissing(f"no base model folder at {name}: set TIMBRE_BASE_MODEL to a model's folder or hub id")
    return None


def _check(folder: Path) -> None:
    if not (folder / "config.json").is_file():
        raise BaseModelMissing(f"{folder} is not a model folder, config.json is missing: set TIMBRE_BASE_MODEL to one")
    if not any(folder.glob("*.safetensors")):
        raise BaseModelMissing(
            f"{folder} holds no *.safetensors, all that is read: set TIMBRE_BASE_MODEL to one that does"
        )


def _looks_like_a_path(name: str) -> bool:
    return name.startswith(("/", ".", "~")) or name.count("/") != 1 or "\\" in name
