"""What a base model says of its licence."""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from huggingface_hub import hf_hub_download
from huggingface_hub.repocard import metadata_load
from yaml import YAMLError

from training.base_folder import base_folder

logger = logging.getLogger(__name__)

_LONGEST = 100
_ETAG_SECONDS = 5.0


def base_licence(name_or_folder: str | Path, *, revision: str | None = None) -> str | None:
    """Return the licence that a base's card or configuration states, or None when neither does or can be read.

    The card of a hub id is downloaded unless it is on this machine.
    """
    folder = base_folder(name_or_folder)
    card = folder / "README.md" if folder else _download(str(name_or_folder), revision)
    stated = _stated(_front_matter(card)) if card else None
    return stated or (_stated(_configuration(folder / "config.json")) if folder else None)


def _stated(data: Mapping[str, Any]) -> str | None:
    """Return the licence as hubs write it: one or several ids, and a name of its own for any other."""
    licence = data.get("license")
    if licence == "other":
        licence = data.get("license_name") or data.get("license_link") or licence
    words = [str(one) for one in licence] if isinstance(licence, list) else [str(licence or "")]
    return " ".join(", ".join(words).split())[:_LONGEST] or None


def _front_matter(card: Path) -> Mapping[str, Any]:
    try:
        return metadata_load(card) or {}
    except (OSError, ValueError, YAMLError):
        return {}


def _configuration(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _download(name: str, revision: str | None) -> Path | None:
    try:
        return Path(hf_hub_download(name, "README.md", revision=revision, etag_timeout=_ETAG_SECONDS))
    except Exception as err:  # noqa: BLE001 - the hub fails in many ways, and none is worth a trained adapter
        logger.info("the card of %s can't be read: %s", name, type(err).__name__)
        return None
