"""What people take back leaves the datasets that runs wrote, and what was told of those runs."""

import logging
import shutil
from pathlib import Path
from typing import Any

from storage import lineage, runs
from storage.database import Database
from training.dataset import Dataset, read_dataset, write_dataset
from training.examples import Example, PairsFileError, Split
from training.findings import write_report
from training.folders import RunFolders

logger = logging.getLogger(__name__)


def forget_in_runs(database: Database, data_folder: Path, pair_id: int) -> list[int]:
    """Take what was erased out of every dataset that a pair was in, and return the runs those belong to.

    Every erased pair of such a run goes at once, so that the next of a thousand finds nothing to do. A ballot about the
    voice that came of the run is void from then on, because its dataset is another.
    """
    with database.reading() as session:
        run_ids = sorted({use.run_id for use in lineage.uses_of(session, [pair_id])})
    for run_id in run_ids:
        _forget_in_run(database, RunFolders(data_folder, run_id))
    return run_ids


def _forget_in_run(database: Database, folders: RunFolders) -> None:
    # The run is locked: nobody begins to work on it, or proposes what came of it, meanwhile.
    with database.writing() as session:
        run = runs.get_run(session, folders.run_id, lock=True)
        erased = {str(pair_id) for pair_id in lineage.erased_of_run(session, run.id)}
        gone = _forget_in_folder(folders.run, erased)
        if told := _told_without(run.result, gone | erased):
            runs.set_result(session, run.id, told)
            if folders.report.exists():
                write_report(folders.report, told)
    logger.info("run %s: %d erased pairs are out of its dataset", run.id, len(erased))


def _forget_in_folder(folder: Path, erased: set[str]) -> set[str]:
    """Rewrite a dataset without the examples of erased pairs and those that quote them, and return the ids of these."""
    for partial in folder.glob(".*.partial"):
        partial.unlink(missing_ok=True)
    try:
        dataset = read_dataset(folder)
    except PairsFileError:
        dataset = None
    if dataset is None:
        # Incomplete or damaged, so of no use, and it may hold anything.
        for part in folder.glob("*.jsonl"):
            part.unlink()
        return set()
    if erased <= set(dataset.erased):
        return set()
    kept = {name: tuple(e for e in part if not _holds(e, erased)) for name, part in dataset.parts.items()}
    write_dataset(folder, Dataset(Split(**kept), dataset.settings, dataset.left_out, tuple(sorted(erased))))
    return {e.id for name, part in dataset.parts.items() for e in part if e not in kept[name]}


def _holds(example: Example, erased: set[str]) -> bool:
    return example.id in erased or not erased.isdisjoint(example.quotes)


def _told_without(result: dict[str, Any], gone: set[str]) -> dict[str, Any] | None:
    """Return what is told of a run without the answers to questions that are gone, or None when it tells of none."""
    samples = result.get("report", {}).get("samples", [])
    kept = [sample for sample in samples if sample.get("id") not in gone]
    return None if len(kept) == len(samples) else {**result, "report": {**result["report"], "samples": kept}}


def discard_adapter(folders: RunFolders) -> None:
    """Remove an adapter that nobody knows of, and what a killed process had half written of one."""
    shutil.rmtree(folders.adapter, ignore_errors=True)
    for partial in folders.adapter.parent.glob(f".{folders.voice}.*.partial"):
        shutil.rmtree(partial, ignore_errors=True)
