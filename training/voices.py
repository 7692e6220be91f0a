"""The model server as promotion sees it: a voice is loaded there, and heard before it is used."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from storage.adapters import Adapter
from training.checkpoints import AdapterIncomplete, read_manifest
from training.dataset import read_dataset
from training.folders import RunFolders
from training.prompt import Message
from training.refusals import VoiceNotLoaded

PROBES = 3
"""Held-out questions on which a voice must differ from the one in use at least once."""


class VoiceServerError(Exception):
    """The model server could not do as it was asked; the message says why."""


class VoiceServer(Protocol):
    """Loads voices and lets them speak. Both raise `VoiceServerError`."""

    def load(self, name: str, folder: Path) -> None:
        """Put an adapter beside the base model; done already, there is nothing to do."""

    def complete(self, model: str, messages: Sequence[Message]) -> str:
        """Return the most likely answer of a voice, or of the base model."""


def load_unchanged(server: VoiceServer, adapter: Adapter) -> None:
    """Load `adapter` if its files are those that were trained. Raises `VoiceNotLoaded`."""
    folder = Path(adapter.path)
    try:
        unchanged = read_manifest(folder).adapter_hash == adapter.sha256
    except AdapterIncomplete as err:
        raise VoiceNotLoaded(str(err)) from err
    if not unchanged:
        raise VoiceNotLoaded(f"the files of {adapter.name} are not those that were trained")
    try:
        server.load(adapter.name, folder)
    except VoiceServerError as err:
        raise VoiceNotLoaded(str(err)) from err


def probe(server: VoiceServer, candidate: Adapter, *, against: str) -> None:
    """Ask both voices the same held-out questions: an adapter that was not really loaded answers as the other one does.

    Raises `VoiceNotLoaded` when the candidate has nothing to say, or nothing else than `against`.
    """
    dataset = read_dataset(RunFolders.of(candidate).run)
    prompts = [example.prompt for example in dataset.split.test[:PROBES]] if dataset else []
    try:
        for prompt in prompts:
            answer = server.complete(candidate.name, prompt)
            if not answer.strip():
                raise VoiceNotLoaded(f"{candidate.name} gave an empty answer")
            if server.complete(against, prompt) != answer:
                return
    except VoiceServerError as err:
        raise VoiceNotLoaded(str(err)) from err
    raise VoiceNotLoaded(f"{candidate.name} answers exactly like {against}")
