"""An approval is bound to what people were shown: adapter, dataset, report, and the voice it was compared with."""

from hashlib import sha256
from pathlib import Path

from storage.adapters import Adapter, LiveVoice
from storage.ballots import Ballot
from training.checkpoints import AdapterIncomplete, read_manifest
from training.dataset import read_dataset
from training.examples import PairsFileError
from training.folders import RunFolders


def changes_since(ballot: Ballot, candidate: Adapter, live: LiveVoice) -> str | None:
    """Return what is different from when `ballot` was opened, in words that follow "void:", or None.

    Every file is read and hashed again.
    """
    folders = RunFolders.of(candidate)
    if live.version != ballot.live_version:
        return "another voice went live since it was opened"
    if _is_erased_from(folders.run):
        return f"an answer that {candidate.name} learnt from, or was tested on, was erased"
    if _adapter_sha256(Path(candidate.path)) != ballot.adapter_sha256:
        return f"the files of {candidate.name} are not those that were evaluated"
    if _report_sha256(folders.report) != ballot.report_sha256:
        return f"the report of {candidate.name} is not the one that was shown"
    if _dataset_sha256(folders.run) != ballot.dataset_sha256:
        return f"the dataset of run {candidate.run_id} is not the one it learnt from"
    return None


def _adapter_sha256(folder: Path) -> str | None:
    try:
        return read_manifest(folder).adapter_hash
    except AdapterIncomplete:
        return None


def _report_sha256(path: Path) -> str | None:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def _is_erased_from(folder: Path) -> bool:
    try:
        dataset = read_dataset(folder)
    except PairsFileError:
        return False
    return dataset is not None and bool(dataset.erased)


def _dataset_sha256(folder: Path) -> str | None:
    try:
        dataset = read_dataset(folder)
    except PairsFileError:
        return None
    return dataset.sha256 if dataset else None
