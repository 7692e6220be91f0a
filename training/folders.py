"""Where a run keeps its files under the data folder."""

from dataclasses import dataclass
from pathlib import Path

from storage.adapters import Adapter


@dataclass(frozen=True)
class RunFolders:
    """The paths of one run. Nothing here has to exist."""

    data_folder: Path
    run_id: int

    @classmethod
    def of(cls, adapter: Adapter) -> "RunFolders":
        """Return the paths of the run that made `adapter`, wherever its data folder was at that time."""
        return cls(Path(adapter.path).parents[1], adapter.run_id)

    @property
    def run(self) -> Path:
        """The dataset, the log and the child's configuration."""
        return self.data_folder / "runs" / str(self.run_id)

    @property
    def log(self) -> Path:
        """What went wrong, in detail; never message text."""
        return self.run / "log.txt"

    @property
    def checkpoint(self) -> Path:
        """Where a killed attempt's successor goes on; gone when the run is over."""
        return self.run / "checkpoint.pt"

    @property
    def voice(self) -> str:
        """The adapter's name. A run's id is never used again, so neither is the name."""
        return f"voice-{self.run_id}"

    @property
    def adapter(self) -> Path:
        return self.data_folder / "adapters" / self.voice

    @property
    def report(self) -> Path:
        return self.adapter / "report.json"


def remove_checkpoint(path: Path) -> None:
    """Remove a run's checkpoint, and what a killed process had half written of it."""
    path.unlink(missing_ok=True)
    for partial in path.parent.glob(f".{path.name}.*.partial"):
        partial.unlink(missing_ok=True)
